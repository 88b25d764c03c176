"""The one error that bad input raises; the command line turns it into a message and exit code 2."""


class DataError(ValueError):
    """Data on disk is not what it should be.

    The message names the file (or folder) and says what was expected there.
    """

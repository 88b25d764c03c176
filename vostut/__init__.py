"""Video object segmentation, taught and reproduced: the package behind the book.

The rooms stand in the order of the book, and each imports only from those before it:
``video`` -> ``datasets`` -> ``metrics`` -> ``networks`` -> ``training`` -> ``methods`` -> ``benchmark``.
``plot`` draws what ``video`` holds; ``cli`` is the command line.
"""

__version__ = "0.1.0"

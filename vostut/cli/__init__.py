"""The command line: ``vostut COMMAND``; each file here adds the commands of one subject."""

from __future__ import annotations

import argparse
import io
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from vostut import __version__
from vostut.cli import choose, download, export, ledger, mark, reproduce, run, scoring, segment, train
from vostut.cli.options import path
from vostut.errors import DataError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code: 0 done, 2 bad input, 130 interrupted.

    A reader that closes the pipe, as ``| head`` does, stops nothing: the command goes on to its end.
    """
    with _steady("stdout"), _steady("stderr"), _plain_warnings():
        options = make_parser().parse_args(arguments)
        try:
            code = options.run(options)
            sys.stdout.flush()
            return code
        except DataError as error:
            print(f"vostut: {error}", file=sys.stderr)
        except OSError as error:
            print(f"vostut: {error.filename or 'a file'}: {error.strerror or error}", file=sys.stderr)
        except MemoryError as error:
            print(f"vostut: not enough memory ({error})", file=sys.stderr)
        except KeyboardInterrupt:
            print("vostut: interrupted", file=sys.stderr)
            return 130
        return 2


class _Output(io.FileIO):
    """Where a standard stream goes; once its reader has closed the pipe, nowhere."""

    def write(self, data: Any) -> int:
        try:
            return super().write(data)
        except BrokenPipeError:
            return memoryview(data).nbytes
        except OSError as error:
            error.filename = "the output"
            raise


@contextmanager
def _steady(name: str) -> Iterator[None]:
    """Within this, a standard stream survives a closed pipe, and characters that a terminal does not have.

    One that a notebook or a test has put in its place is left as it is.
    """
    given = getattr(sys, name)
    if given is None or given is not getattr(sys, f"__{name}__"):
        yield
        return
    given.flush()
    buffer = io.BufferedWriter(_Output(given.fileno(), "w", closefd=False))
    lines = given.line_buffering
    steady = io.TextIOWrapper(buffer, given.encoding, "backslashreplace", line_buffering=lines)
    setattr(sys, name, steady)
    try:
        yield
    finally:
        with suppress(OSError):
            steady.flush()
        setattr(sys, name, given)


@contextmanager
def _plain_warnings() -> Iterator[None]:
    """Within this, a warning is its message alone, without a line of code."""
    usual = warnings.formatwarning
    warnings.formatwarning = lambda message, *_: f"vostut: {message}\n"
    try:
        yield
    finally:
        warnings.formatwarning = usual


def make_parser() -> argparse.ArgumentParser:
    """The parser of all commands; what it parsed has a function ``run``."""
    parser = argparse.ArgumentParser(prog="vostut", description="Video object segmentation on DAVIS.")
    parser.add_argument("--version", action="version", version=f"vostut {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for part in (scoring, train, run, choose, reproduce, ledger, mark, segment, download, export):
        part.add_commands(commands)

    cutouts = commands.add_parser("cutouts", help="write the moving cutouts to a folder")
    cutouts.add_argument("root", type=path, help="the folder to write, in the DAVIS layout")
    cutouts.set_defaults(run=_cutouts)
    return parser


def _cutouts(options: argparse.Namespace) -> int:
    from vostut import cutouts

    cutouts.generate(options.root)
    print(f"wrote {len(cutouts.CUTOUTS)} videos to {options.root}")
    return 0

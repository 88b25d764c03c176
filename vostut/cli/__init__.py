"""The command line: ``vostut COMMAND``; each file here adds the commands of one subject."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from vostut import __version__
from vostut.cli import download, ledger, reproduce, run, scoring, segment, train
from vostut.errors import DataError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code: 0 done, 2 bad input, 130 interrupted."""
    options = make_parser().parse_args(arguments)
    try:
        return options.run(options)
    except DataError as error:
        print(f"vostut: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"vostut: {error.filename or 'a file'}: {error.strerror or error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("vostut: interrupted", file=sys.stderr)
        return 130


def make_parser() -> argparse.ArgumentParser:
    """The parser of all commands; what it parsed has a function ``run``."""
    parser = argparse.ArgumentParser(prog="vostut", description="Video object segmentation on DAVIS.")
    parser.add_argument("--version", action="version", version=f"vostut {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for part in (scoring, train, run, reproduce, ledger, segment, download):
        part.add_commands(commands)

    cutouts = commands.add_parser("cutouts", help="write the moving cutouts to a folder")
    cutouts.add_argument("root", type=Path, help="the folder to write, in the DAVIS layout")
    cutouts.set_defaults(run=_cutouts)
    return parser


def _cutouts(options: argparse.Namespace) -> int:
    from vostut import cutouts

    cutouts.generate(options.root)
    print(f"wrote {len(cutouts.CUTOUTS)} videos to {options.root}")
    return 0

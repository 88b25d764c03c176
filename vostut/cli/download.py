"""``vostut download``: fetch a data set, check it and unpack it."""

from __future__ import annotations

import argparse
import re
import sys

from vostut.cli.options import named, path
from vostut.data.archives import ARCHIVES


def add_commands(commands: argparse._SubParsersAction) -> None:
    """Add the command to the parser."""
    get = commands.add_parser("download", help="fetch DAVIS-2016, DAVIS-2017 or GyGO")
    get.add_argument("name", choices=list(ARCHIVES), help="the data set to get")
    get.add_argument("--root", type=path, default="data", help="folder for all data sets (default: ./data)")
    get.add_argument("--mirror", type=named, metavar="URL", help="try this address first")
    get.add_argument("--sha256", type=_sum, metavar="SUM", help="check this sum rather than the known one")
    get.add_argument(
        "--archive", type=path, metavar="FILE", help="unpack this archive, fetched by other means"
    )
    get.add_argument("--dry-run", action="store_true", help="only say what would be done")
    get.add_argument("--keep-archive", action="store_true", help="do not delete the fetched archive")
    get.set_defaults(run=_run)


def _sum(text: str) -> str:
    if not re.fullmatch(r"[0-9a-fA-F]{64}", text):
        raise argparse.ArgumentTypeError(f"{text!r} (expected 64 hexadecimal digits)")
    return text


def _run(options: argparse.Namespace) -> int:
    from vostut.data.download import fetch

    names = ("mirror", "sha256", "archive", "dry_run", "keep_archive")
    try:
        fetch(options.name, options.root, **{name: getattr(options, name) for name in names})
    except KeyboardInterrupt:
        print("\nStopped. Run the same command again to go on from here.", file=sys.stderr)
        raise
    return 0

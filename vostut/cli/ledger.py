"""``vostut ledger``: hold the recorded numbers against the masks and against the papers."""

from __future__ import annotations

import argparse
from pathlib import Path

from vostut.cli.numbers import processes
from vostut.cli.options import make_dataset, path
from vostut.errors import DataError

ROWS = Path("ledger")
CLAIMS = ROWS / "claims" / "davis2016.json"
LEADERBOARD = Path("book") / "_data" / "leaderboard.json"


def add_commands(commands: argparse._SubParsersAction) -> None:
    """Add the commands to the parser."""
    ledger = commands.add_parser("ledger", help="check recorded numbers, and compare them with the papers'")
    parts = ledger.add_subparsers(required=True, metavar="WHAT")

    verify = parts.add_parser("verify", help="score a run's stored masks again and compare with its row")
    verify.add_argument("row", type=path, help="a JSON file of the ledger")
    verify.add_argument("folder", metavar="run", type=path, help="the folder of the run, with its masks")
    verify.add_argument(
        "--davis", type=path, metavar="ROOT", help="the data set's folder (default: the variable DAVIS)"
    )
    verify.add_argument("--jobs", type=processes, default=1)
    verify.set_defaults(run=_verify)

    claims = parts.add_parser("claims", help="published numbers beside ours, with a verdict each")
    claims.add_argument("--ledger", type=path, default=ROWS, help=f"default: {ROWS}")
    claims.add_argument("--claims", type=path, default=CLAIMS, help=f"default: {CLAIMS}")
    claims.add_argument("--leaderboard", type=path, default=LEADERBOARD, help=f"default: {LEADERBOARD}")
    claims.add_argument("--write", action="store_true", help="write the answers into the file of claims")
    claims.set_defaults(run=_claims)


def _verify(options: argparse.Namespace) -> int:
    from vostut.reproduction.ledger import read_row
    from vostut.reproduction.verify import verify

    row = read_row(options.row)
    options.dataset, options.split, options.sequences = _named(row["data"])
    lines = verify(row, options.folder, make_dataset(options), options.jobs)
    for line in lines:
        print(line)
    print(
        f"{row['name']}: {f'{len(lines)} values differ' if lines else 'every value is what its masks give'}"
    )
    return 1 if lines else 0


def _named(data: str) -> tuple[str, str, None]:
    """``"DAVIS-2016 val"`` as the options of a data set."""
    name, split = data.rsplit(" ", 1)
    kinds = {"moving cutouts": "cutouts", "DAVIS layout": "layout"}
    return kinds.get(name, name.lower().replace("-", "")), split, None


def _claims(options: argparse.Namespace) -> int:
    from vostut.files import read_json
    from vostut.reproduction.claims import claim_entry, read_claims, write_claims
    from vostut.reproduction.ledger import read_ledger

    rows, claims, board = (
        read_ledger(options.ledger),
        read_claims(options.claims),
        read_json(options.leaderboard),
    )
    try:
        entries = [claim_entry(claim, rows, board) for claim in claims]
    except (AttributeError, KeyError, TypeError) as error:
        raise DataError(f"{options.leaderboard}: not the scores of a leaderboard ({error!r})") from error
    if options.write:
        write_claims(claims, rows, board, options.claims)
    print("| claim | measure | data | published | re-scored | backbone | ours | verdict | Lite | verdict |")
    print("|---|---|---|--:|--:|---|--:|---|--:|---|")
    for entry in entries:
        published, rescored, ours, lite = (
            f"{value:.1f}" if value is not None else ""
            for value in (entry["published"], entry["rescored"], entry["ours"], entry["lite"]["ours"])
        )
        cells = [entry["words"], entry["metric"], entry["data"], published, rescored, entry["backbone"]]
        cells += [ours, entry["verdict"], lite, entry["lite"]["verdict"]]
        print(f"| {' | '.join(cells)} |")
    if options.write:
        print(f"\nwrote {options.claims}")
    return 0

"""Check MaskTrack's still images, or say where they are: see data_scripts/README.md, or run with --help."""

import argparse
from pathlib import Path

from vostut.data.still_sets import check_stills


def main() -> int:
    """Check each set in the folder; 0 if all are right, 2 if one is not."""
    parser = argparse.ArgumentParser(description="Check the still images that MaskTrack is trained on.")
    parser.add_argument(
        "root", nargs="?", type=Path, default=Path("data/stills"), help="default: data/stills"
    )
    root, wrong = parser.parse_args().root, 0
    for wanted, trouble in check_stills(root):
        print(f"{wanted.name}: {trouble or f'right, {wanted.content}'}")
        if trouble:
            wrong += 1
            print(f"  from     {wanted.page}\n      or   github.com/{wanted.copy}")
            print(f"  into     {root / wanted.name}, as {wanted.layout}")
        print(f"  terms    {wanted.terms}")
    if not wrong:
        print(f"To train on them: vostut train masktrack --stills {root} --out FOLDER")
    return 2 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())

"""Bring the README up to date: its picture and its tables. ``python book/readme.py``."""

from __future__ import annotations

import json
import re
from pathlib import Path

import cv2
import numpy as np

from vostut import cutouts
from vostut.evaluation import OFFICIAL_VAL
from vostut.evaluation.tables import markdown_table
from vostut.plot import overlay
from vostut.reproduction import labels
from vostut.reproduction.labels import PUBLISHED, Result, command_of
from vostut.reproduction.ledger import read_ledger

NAMES = ("horse-trot", "astronaut-drift", "cat-lookout", "coffee-slide")
MOMENTS = (0.0, 0.35, 0.7, 1.0)
GAP = 6
BOOK = Path(__file__).resolve().parent
README = BOOK.parent / "README.md"


def main() -> None:
    """Draw the picture, and write the tables between their marks."""
    draw()
    text = README.read_text(encoding="utf-8")
    for mark, content in (("scores", table()), ("results", results())):
        text = re.sub(rf"(?<=<!-- {mark} -->\n).*?(?=<!-- end -->)", content, text, count=1, flags=re.DOTALL)
    README.write_text(text, encoding="utf-8")


def table() -> str:
    """The recorded scores, with the official value in brackets, as Markdown."""
    recorded = json.loads((BOOK / "_data" / "leaderboard.json").read_text(encoding="utf-8"))
    head = ["Method", *(f"{m} {s}" for m in "JF" for s in ("mean", "recall", "decay")), "T"]
    rows = []
    for name in sorted(recorded, key=lambda m: -recorded[m]["J"]["mean"]):
        row, official = recorded[name], OFFICIAL_VAL[name]
        pairs = [
            (row[m][s], getattr(official, m)._asdict()[s]) for m in "JF" for s in ("mean", "recall", "decay")
        ]
        pairs.append((row["T"]["mean"], official.T))
        rows.append([official.title, *(f"{ours:.3f} ({theirs:.3f})" for ours, theirs in pairs)])
    return markdown_table(head, rows) + "\n"


def results() -> str:
    """Our own runs over the validation split, from the ledger, below the published values."""
    ledger = read_ledger(BOOK.parent / "ledger")
    rows = []
    for method, (key, made) in PUBLISHED.items():
        official = OFFICIAL_VAL[key]
        numbers = (f"{100 * value:.1f}" for value in (official.J.mean, official.F.mean, official.T))
        rows.append([f"**{method}, published**: {made}", *numbers, "", "", ""])
        rows += [_line(method, line) for line in labels.results(ledger, method)]
    head = ["", "J mean", "F mean", "T", "hours", "row of the ledger", "command that makes it"]
    return markdown_table(head, rows, left=(0, 5, 6)) + "\n"


def _line(method: str, line: Result) -> list[str]:
    """One recipe, with its seeds."""
    hours = np.mean([row["seconds"]["all videos"] for row in line.rows]) / 3600
    links = ", ".join(
        f"[{_short(row['name'], k)}](ledger/{row['name']}.json)" for k, row in enumerate(line.rows)
    )
    first, *more = [command_of(row) for row in line.rows]
    seeds = "".join(f", `{re.search(r'--seed [0-9]+', command)[0]}`" for command in more)
    command = f"`{first}`{f', also with{seeds[1:]}' if seeds else ''}"
    cells = [line.cell(metric) for metric in "JFT"]
    return [f"{method}: {line.label}; {line.seeds}", *cells, f"{hours:.1f}", links, command]


def _short(name: str, position: int) -> str:
    """A row's name; of the further seeds, the seed alone."""
    return re.search(r"seed-[0-9]+", name)[0] if position else name


def draw() -> None:
    """Four videos, one a row, at four moments each; the given first mask alone is filled."""
    data = cutouts.load("trainval")
    rows = []
    for name in NAMES:
        video = data[name]
        row = []
        for k, moment in enumerate(MOMENTS):
            t = round(moment * (len(video) - 1))
            row.append(overlay(video.frames[t], video.masks[t], alpha=0.5 if k == 0 else 0.0, outline=2))
        rows.append(_join(row, axis=1))
    picture = _join(rows, axis=0)
    path = BOOK / "_static" / "cutouts.jpg"
    cv2.imwrite(str(path), picture[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 85])
    print(f"wrote {path.name}: {picture.shape[1]} x {picture.shape[0]}, {path.stat().st_size / 1e3:.0f} kB")


def _join(parts: list[np.ndarray], axis: int) -> np.ndarray:
    """Put images side by side with a white gap between them."""
    shape = list(parts[0].shape)
    shape[axis] = GAP
    gap = np.full(shape, 255, np.uint8)
    joined = [part for image in parts for part in (image, gap)]
    return np.concatenate(joined[:-1], axis=axis)


if __name__ == "__main__":
    main()

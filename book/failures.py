"""Record the masks of a failure that the text names, so that chapters can show it.

    python book/failures.py book/_data/failures.json drift-chicane 1,8,40 \\
        "OSVOS=runs/osvos/masks" "MaskTrack=runs/mt/masks" "MaskTrack, with flow=runs/mt/masks-flow"

The folders are those of ``vostut run``. Only our own masks are kept, as small PNG files in text; the frames
that they belong to are the data set's, and are read from a copy where there is one.
"""

from __future__ import annotations

import base64
import json
import sys
from pathlib import Path

import cv2

from vostut.files import write_json
from vostut.images import read_mask


def as_text(mask) -> str:
    """A mask as a PNG of 1 bit a pixel, in base64."""
    png = cv2.imencode(".png", mask.astype("uint8") * 255, [cv2.IMWRITE_PNG_BILEVEL, 1])[1]
    return base64.b64encode(png.tobytes()).decode()


def main(out: str, video: str, moments: str, *runs: str) -> None:
    """Add the masks of one video to the list of failures."""
    frames = [int(moment) for moment in moments.split(",")]
    masks = {}
    for run in runs:
        method, folder = run.split("=", 1)
        files = [Path(folder) / video / f"{t:05d}.png" for t in frames]
        masks[method] = [as_text(read_mask(file)) for file in files]
    path = Path(out)
    recorded = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    recorded[video] = {"frames": frames, "masks": masks}
    write_json(path, recorded)


if __name__ == "__main__":
    main(*sys.argv[1:])

"""Data sets and results small enough to work out by hand: squares that move."""

from __future__ import annotations

import io
import signal
import zipfile
from pathlib import Path

import numpy as np
from PIL import Image

from vostut.images import PALETTE, write_mask


def moving_square(t: int, size: tuple[int, int] = (48, 64)) -> np.ndarray:
    """A mask with a 16 x 16 square that moves two pixels to the right in each frame."""
    mask = np.zeros(size, bool)
    mask[16:32, 8 + 2 * t : 24 + 2 * t] = True
    return mask


def write_davis(root: Path, sequences: dict[str, int], resolution: str = "480p") -> Path:
    """A tiny data set in the DAVIS layout: each sequence is a moving square with so many frames."""
    for name, n_frames in sequences.items():
        for t in range(n_frames):
            mask = moving_square(t)
            frame = np.where(mask[..., None], (230, 160, 0), (40, 60, 90)).astype(np.uint8)
            for folder, image, suffix in (("JPEGImages", frame, "jpg"), ("Annotations", mask * 255, "png")):
                path = root / folder / resolution / name / f"{t:05d}.{suffix}"
                path.parent.mkdir(parents=True, exist_ok=True)
                Image.fromarray(image.astype(np.uint8)).save(path)
    sets = root / "ImageSets" / resolution / "val.txt"
    sets.parent.mkdir(parents=True, exist_ok=True)
    sets.write_text("".join(f"{name}\n" for name in sequences), encoding="utf-8")
    return root


def write_clip(
    root: Path, n_frames: int, size: tuple[int, int], corner: tuple[int, int], first: int = 0
) -> tuple[Path, Path]:
    """A folder of frames in which a square of 20 x 20 moves to the right, and the mask of the first.

    ``corner`` is the square's (top, left) in the first frame, ``first`` that frame's number.
    """
    folder, (top, left) = root / "frames", corner
    folder.mkdir()
    for t in range(n_frames):
        frame = np.full((*size, 3), 40, np.uint8)
        frame[top : top + 20, left + 4 * t : left + 20 + 4 * t] = (230, 160, 0)
        Image.fromarray(frame).save(folder / f"{t + first:05d}.png")
    mask = np.zeros(size, bool)
    mask[top : top + 20, left : left + 20] = True
    write_mask(root / "first.png", mask)
    return folder, root / "first.png"


def mask_png(mask: np.ndarray, encoding: str = "0/255") -> bytes:
    if encoding == "palette":
        image = Image.fromarray(mask.astype(np.uint8), "P")
        image.putpalette(PALETTE.tobytes())
    else:
        image = Image.fromarray(mask.astype(np.uint8) * (1 if encoding == "0/1" else 255))
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def result_members(prefix: str = "", encoding: str = "0/255") -> dict[str, bytes]:
    """Perfect masks for the sequences of the fixture tiny_davis."""
    return {
        f"{prefix}{name}/{t:05d}.png": mask_png(moving_square(t), encoding)
        for name, n in (("left", 8), ("right", 6))
        for t in range(n)
    }


def write_zip(path, members):
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def write_folder(path, members):
    for name, data in members.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(data)
    return path


def heed_interrupts():
    """For a child process: Ctrl-C ends it, even where the tests run in the background, which ignores it."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)

"""Where the real data lies, if it is there; small data sets to break, if it is not."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

REPOSITORY = Path(__file__).resolve().parent.parent
REAL_DAVIS = Path(os.environ.get("DAVIS") or REPOSITORY.parent / "shared" / "davis2016" / "DAVIS")


def _real(path: Path, what: str) -> Path:
    if not path.is_dir():
        pytest.skip(f"{what} not found at {path} (set the environment variable DAVIS)")
    return path


@pytest.fixture(scope="session")
def davis_root() -> Path:
    """The folder DAVIS with JPEGImages, Annotations and ImageSets."""
    return _real(REAL_DAVIS, "DAVIS-2016")


@pytest.fixture(scope="session")
def results_root() -> Path:
    """Published methods' masks as zip files: DAVIS/../results."""
    return _real(REAL_DAVIS.parent / "results", "published result masks")


@pytest.fixture(scope="session")
def official_root() -> Path:
    """The benchmark's own tables as CSV files: DAVIS/../official."""
    return _real(REAL_DAVIS.parent / "official", "official tables")


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
    sets.write_text("".join(f"{name}\n" for name in sequences))
    return root


@pytest.fixture
def tiny_davis(tmp_path: Path) -> Path:
    """Two sequences of 8 and 6 frames of 48 x 64 pixels."""
    return write_davis(tmp_path / "DAVIS", {"left": 8, "right": 6})


@pytest.fixture(scope="session")
def browser():
    """Headless Chromium, the system's own."""
    program = shutil.which("chromium") or shutil.which("google-chrome")
    if program is None:
        pytest.skip("no chromium or google-chrome on the PATH")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        chromium = playwright.chromium.launch(executable_path=program, args=flags)
        yield chromium
        chromium.close()

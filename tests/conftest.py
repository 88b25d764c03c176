"""Where the real data lies, if it is there; small data sets to break, if it is not."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

os.environ.setdefault("GOMP_SPINCOUNT", "1000")  # before PyTorch: or a busy machine slows it thirtyfold
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # the processes share the cores already

import numpy as np
import pytest
from hypothesis import settings
from small_data import write_davis

from vostut.images import write_mask

settings.register_profile("steady", deadline=None)  # a busy machine is slow, not wrong
settings.load_profile("steady")

REPOSITORY = Path(__file__).resolve().parent.parent
REAL_DAVIS = Path(os.environ.get("DAVIS") or REPOSITORY.parent / "shared" / "davis2016" / "DAVIS")


def pytest_addoption(parser: pytest.Parser) -> None:
    """``pytest --all`` is what ``make test-all`` runs."""
    parser.addoption("--all", action="store_true", help="also run the slow tests, and build the book")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave the slow tests to ``--all``."""
    if config.getoption("--all"):
        return
    slow = [item for item in items if item.get_closest_marker("slow")]
    config.hook.pytest_deselected(items=slow)
    items[:] = [item for item in items if item not in slow]


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


@pytest.fixture(scope="session")
def untrained(tmp_path_factory) -> Path:
    """An OSVOS network on Lite with random weights, as a checkpoint."""
    import torch

    from vostut.learning import lite
    from vostut.learning.checkpoints import save_network
    from vostut.osvos import OSVOSNet

    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("parent") / "parent.safetensors"
    save_network(path, OSVOSNet(lite()), {"backbone": "lite"})
    return path


@pytest.fixture
def tiny_davis(tmp_path: Path) -> Path:
    """Two sequences of 8 and 6 frames of 48 x 64 pixels."""
    return write_davis(tmp_path / "DAVIS", {"left": 8, "right": 6})


@pytest.fixture
def two_objects(tmp_path):
    """A DAVIS-2017 data set with one sequence of two objects, and the ids of its frames."""
    root = write_davis(tmp_path / "DAVIS", {"pair": 5})
    ids = np.zeros((48, 64), np.uint8)
    ids[5:20, 5:25], ids[25:40, 30:60] = 1, 2
    for t in range(5):
        write_mask(root / f"Annotations/480p/pair/{t:05d}.png", ids)
    (root / "ImageSets/2017").mkdir()
    (root / "ImageSets/2017/val.txt").write_text("pair\n")
    return root, ids


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

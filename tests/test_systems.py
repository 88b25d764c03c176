"""Linux, macOS and Windows: processes that are spawned, ends of lines, names that each system takes."""

from __future__ import annotations

import ast
import json
import pickle
import subprocess
import sys
from pathlib import Path, PureWindowsPath

import numpy as np
import pytest
from small_data import result_members, write_davis, write_zip

from vostut.cli import main
from vostut.learning import Augmentation
from vostut.learning.samples import Samples, image_alone
from vostut.masktrack.deform import Deformation
from vostut.masktrack.inputs import rough_mask_input

REPOSITORY = Path(__file__).resolve().parents[1]
TEXT = (".csv", ".json", ".jsonl", ".txt")

SPAWNED = """
import multiprocessing, sys

def main():
    from joblib.externals.loky.backend import context as joblib_context
    from loky.backend import context
    multiprocessing.set_start_method("spawn")
    for each in (context, joblib_context):
        each.set_start_method("spawn", force=True)
    from vostut.cli import main
    data, masks, out = sys.argv[1:]
    assert main(COMMAND) == 0

if __name__ == "__main__":
    main()
"""
EVALUATE = SPAWNED.replace(
    "COMMAND", '["evaluate", masks, "--davis", data, "--jobs", "2", "--metrics", "J,F"]'
)
RUN = SPAWNED.replace("COMMAND", '["run", "copy", "--davis", data, "--jobs", "2", "--out", out]')

WITHOUT_A_GUARD = """
import sys
from vostut.data import open_layout
from vostut.evaluation import evaluate
data, masks, _ = sys.argv[1:]
print("J", evaluate(masks, open_layout(data, "val"), metrics=["J"], jobs=2).statistics("J").mean)
"""


@pytest.fixture
def listing():
    """The tracked files, as (mode, path)."""
    done = subprocess.run(
        ["git", "ls-files", "-s", "-z"], cwd=REPOSITORY, capture_output=True, encoding="utf-8"
    )
    if done.returncode:
        pytest.skip("not a clone")
    entries = [entry.split("\t") for entry in done.stdout.split("\0") if entry]
    return [(fields.split()[0], path) for fields, path in entries]


@pytest.mark.parametrize(
    ("program", "words"),
    [
        pytest.param(EVALUATE, ("all", "1.000"), id="evaluate"),
        pytest.param(RUN, ("all",), id="run", marks=pytest.mark.slow),  # each process imports PyTorch
        pytest.param(WITHOUT_A_GUARD, ("J 1.0",), id="a script without a guard"),
    ],
)
def test_jobs_where_processes_are_spawned(program, words, tmp_path):
    """As on Windows and macOS, where a process begins anew and imports what it needs."""
    folder = tmp_path / "größer, 视频"
    root = write_davis(folder / "DAVIS", {"left": 8, "right": 6})
    masks = write_zip(folder / "perfect masks.zip", result_members())
    script = folder / "a script.py"
    script.write_text(program, encoding="utf-8")
    command = [sys.executable, script, root, masks, folder / "a run"]
    done = subprocess.run(command, cwd=folder, capture_output=True, encoding="utf-8", timeout=1200)
    assert done.returncode == 0, done.stderr
    assert all(word in done.stdout for word in words)


def test_a_cluster_s_workers_are_spawned():
    dask = pytest.importorskip("dask")
    pytest.importorskip("distributed")
    assert dask.config.get("distributed.worker.multiprocessing-method") == "spawn"


@pytest.mark.parametrize(
    "prepare", [image_alone, rough_mask_input(Deformation())], ids=["OSVOS", "MaskTrack"]
)
def test_samples_go_to_spawned_workers_and_stay_the_same(prepare):
    """``--workers`` sends the data set to processes that know nothing; a closure would not arrive."""
    mask = np.zeros((48, 64), bool)
    mask[10:30, 20:40] = True
    still = np.full((48, 64, 3), 90, np.uint8), mask
    samples = Samples([still], 48, Augmentation(), 0, prepare)
    sent = pickle.loads(pickle.dumps(samples))
    for here, there in zip(samples[3, 0], sent[3, 0], strict=True):
        np.testing.assert_array_equal(here, there)


def test_data_with_ends_of_lines_as_windows_has_them(tmp_path, capsys):
    """Split files that were saved on Windows, and a run whose records a checkout has changed."""
    root, run, row = write_davis(tmp_path / "DAVIS", {"left": 5}), tmp_path / "run", tmp_path / "row.json"
    split = next((root / "ImageSets").rglob("val.txt"))
    split.write_bytes(b"left\r\n\r\n")
    data = ["--davis", str(root)]
    assert main(["run", "copy", *data, "--out", str(run), "--record", str(row)]) == 0
    for path in (row, *(path for path in run.rglob("*") if path.suffix in TEXT)):
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert main(["run", "copy", *data, "--out", str(run)]) == 0  # goes on with it
    assert main(["ledger", "verify", str(row), str(run), *data]) == 0
    assert json.loads(row.read_text(encoding="utf-8"))["score"]["sequences"].keys() == {"left"}


def test_every_clone_has_the_same_bytes(listing):
    """Git leaves text as it is on every system, and no file brings other ends of lines."""
    assert "\n* text=auto eol=lf\n" in (REPOSITORY / ".gitattributes").read_text(encoding="utf-8")
    for _, path in listing:
        file = REPOSITORY / path
        if file.is_file() and b"\0" not in (content := file.read_bytes()):
            assert b"\r\n" not in content, path


def test_names_that_every_system_takes(listing):
    """Windows keeps names such as ``aux.py`` for itself, and allows 260 characters for a whole path."""
    for mode, path in listing:
        assert mode in ("100644", "100755"), f"{path}: a link, or another repository"
        assert len(path) < 100, path
        for part in PureWindowsPath(path).parts:
            assert not part.endswith((".", " ")), path
            assert part.split(".")[0].upper() not in RESERVED, path


RESERVED = {"CON", "PRN", "AUX", "NUL", *(f"{name}{i}" for name in ("COM", "LPT") for i in range(1, 10))}


def test_nothing_needs_links_or_forks():
    """Windows gives links to administrators only, and has no fork."""
    absent = {"symlink", "symlink_to", "hardlink_to", "link_to", "fork", "forkpty"}
    folders = (REPOSITORY / name for name in ("vostut", "course", "data_scripts"))
    for path in (path for folder in folders for path in folder.rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        used = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
        assert not used & absent, path

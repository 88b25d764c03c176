"""Folders as people have them: with spaces, with letters of any script, with names that differ in case."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from small_data import write_davis

from vostut import cutouts
from vostut.cli import main

PLACES = ("with two  spaces", "Größe – naïve", "视频 分割", "50% of [this] & 'that'")


@pytest.mark.parametrize("place", PLACES)
def test_a_run_in_any_folder(place, tmp_path, capsys):
    """Names go through the split files, the run's folder, the ledger's row and the masks' labels."""
    root = write_davis(tmp_path / place / "DAVIS", {"left side": 4, "größer": 4})
    run, row = tmp_path / place / "the run", tmp_path / place / "row.json"
    data = ["--davis", str(root)]
    assert main(["run", "copy", *data, "--out", str(run), "--record", str(row)]) == 0
    assert sorted(path.name for path in (run / "masks").iterdir()) == ["größer", "left side"]
    assert json.loads(row.read_text(encoding="utf-8"))["score"]["sequences"].keys() == {"left side", "größer"}
    capsys.readouterr()
    assert main(["evaluate", str(run / "masks"), *data]) == 0
    assert "größer" in capsys.readouterr().out


@pytest.mark.parametrize("place", PLACES[:3])
def test_a_new_process_in_such_a_folder(place, tmp_path):
    """The folder is where the command stands, and its output an ASCII terminal of another language."""
    (tmp_path / place).mkdir()
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "LC_ALL": "C", "PYTHONUTF8": "0"}
    done = subprocess.run(
        [sys.executable, "-m", "vostut", "evaluate", "nothing here", "--dataset", "cutouts"],
        cwd=tmp_path / place,
        env=environment,
        capture_output=True,
    )
    assert done.returncode == 2
    assert b"nothing here" in done.stderr
    assert b"Traceback" not in done.stderr


def test_the_cutouts_names_differ_in_more_than_case():
    """macOS and Windows do not tell HORSE from horse."""
    names = [name.casefold() for split in ("train", "val") for name in cutouts.load(split)]
    assert len(set(names)) == len(names)
    tracked = subprocess.run(
        ["git", "ls-files"], cwd=Path(__file__).resolve().parents[1], capture_output=True, text=True
    )
    files = tracked.stdout.splitlines()
    assert len({name.casefold() for name in files}) == len(files)
    assert [name for name in files if set(name) & set('<>:"|?*\\')] == []

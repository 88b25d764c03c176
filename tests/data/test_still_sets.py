"""MaskTrack's still images are found, completed and compared; what is missing or wrong is named."""

import runpy
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from vostut.data import still_sets
from vostut.data.still_sets import STILL_SETS, check_stills
from vostut.data.stills import Stills, fingerprint

SCRIPT = Path(__file__).parents[2] / "data_scripts" / "get_stills.py"


def save(path, value):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.full((4, 5), value, np.uint8)).save(path)


@pytest.fixture
def root(tmp_path, monkeypatch):
    """One pair for each set, with its sum for the expected one; SOD's photograph still lies in BSDS500."""
    pairs = {}
    for i, wanted in enumerate(STILL_SETS):
        photograph, mask = (tmp_path / wanted.name / part for part in ("images/7.jpg", "masks/7.png"))
        save(photograph, 10 * i)
        save(mask, 255)
        pairs[wanted.name] = [(photograph, mask)]
    tiny = tuple(s._replace(content=fingerprint(Stills(pairs[s.name]))) for s in STILL_SETS)
    monkeypatch.setattr(still_sets, "STILL_SETS", tiny)
    source = tmp_path / "BSDS500" / "data" / "images" / "train"
    source.mkdir(parents=True)
    (tmp_path / "SOD" / "images" / "7.jpg").rename(source / "7.jpg")
    save(source / "8.jpg", 0)
    return tmp_path


def test_there_are_2649_pairs():
    assert sum(int(s.content.split()[0]) for s in STILL_SETS) == 2649


def test_right_copies_are_right_and_sods_photographs_are_copied(root):
    assert {wanted.name: trouble for wanted, trouble in check_stills(root)} == {
        "ECSSD": "", "PASCAL-S": "", "SOD": "", "DUTS-TR": ""
    }  # fmt: skip
    assert [path.name for path in (root / "SOD" / "images").iterdir()] == ["7.jpg"]


def test_what_is_missing_or_wrong_is_named(root):
    save(root / "ECSSD" / "images" / "7.jpg", 99)
    (root / "DUTS-TR" / "masks" / "7.png").unlink()
    (root / "PASCAL-S").rename(root / "elsewhere")
    found = {wanted.name: trouble for wanted, trouble in check_stills(root)}
    assert found["ECSSD"].startswith("found 1 images, sha256 ")
    assert "no pairs" in found["DUTS-TR"]
    assert found["PASCAL-S"] == "not there"
    assert found["SOD"] == ""


@pytest.mark.parametrize(("complete", "code"), [(True, 0), (False, 2)])
def test_the_script_says_where_to_get_what_is_missing(complete, code, root, monkeypatch, capsys):
    if not complete:
        (root / "ECSSD").rename(root / "elsewhere")
    monkeypatch.setattr(sys, "argv", ["get_stills.py", str(root)])
    with pytest.raises(SystemExit) as end:
        runpy.run_path(str(SCRIPT), run_name="__main__")
    assert end.value.code == code
    said = capsys.readouterr().out
    assert (STILL_SETS[0].page in said) == (not complete)
    assert ("--stills" in said) == complete
    assert all(s.terms in said for s in STILL_SETS)

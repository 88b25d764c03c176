"""The moving cutouts on disk: whole or not at all, and the same bytes everywhere."""

from __future__ import annotations

import dataclasses
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from vostut import cutouts
from vostut.cutouts import CUTOUTS, CUTOUTS_SPLITS, SEVERAL, render, store
from vostut.errors import DataError


@pytest.fixture(scope="module")
def stored(tmp_path_factory) -> Path:
    """A generated data set with scenes of a quarter of the size and a third of the length."""
    root = tmp_path_factory.mktemp("cutouts") / "set"
    with pytest.MonkeyPatch.context() as patch:
        shrink(patch)
        cutouts.generate(root)
    return root


def shrink(patch: pytest.MonkeyPatch) -> None:
    small = lambda scenes: tuple(dataclasses.replace(s, size=(60, 107), frames=4) for s in scenes)  # noqa: E731
    patch.setattr(store, "CUTOUTS", small(CUTOUTS))
    patch.setattr(store, "SEVERAL", small(SEVERAL))


@pytest.fixture
def small_scenes(monkeypatch):
    shrink(monkeypatch)


@pytest.mark.usefixtures("small_scenes")
def test_what_is_read_is_what_was_rendered(stored):
    data = cutouts.load("trainval", root=stored)
    assert (data.name, data.split, len(data)) == ("moving cutouts", "trainval", 10)
    for s in store.CUTOUTS:
        video, truth = data[s.name], render(s)
        assert (len(video), video.size, video.fps) == (4, (60, 107), 12)
        assert video.attributes == s.knobs.attributes()
        assert np.array_equal(np.asarray(video.masks), np.asarray(truth.masks))
        assert np.asarray(video.masks).dtype == bool
        assert np.abs(video.frames[2].astype(int) - truth.frames[2]).mean() < 4  # JPEG
        assert np.array_equal(video.flow[1], truth.flow[1])


@pytest.mark.usefixtures("small_scenes")
def test_several_objects_on_disk(stored):
    data = cutouts.load("val", several=True, root=stored)
    assert list(data) == [s.name for s in SEVERAL]
    for s in store.SEVERAL:
        assert np.array_equal(data[s.name].masks[1], render(s).masks[1])
        assert data[s.name].masks[1].dtype == np.uint8


def test_the_layout_is_that_of_davis(stored):
    sets = stored / "ImageSets" / "240p"
    for split in ("train", "val", "trainval"):
        assert (sets / f"{split}.txt").read_text().split() == list(CUTOUTS_SPLITS[split])
    names = sorted(s.name for s in CUTOUTS + SEVERAL)
    for kind, suffix in (("JPEGImages", "jpg"), ("Annotations", "png")):
        assert sorted(p.name for p in (stored / kind / "240p").iterdir()) == names
        files = sorted(p.name for p in (stored / kind / "240p" / "cat-lookout").iterdir())
        assert files == [f"{t:05d}.{suffix}" for t in range(4)]
    assert [p.name for p in stored.parent.iterdir()] == [stored.name]


def test_an_unknown_split(stored):
    with pytest.raises(DataError, match="train, val, trainval"):
        cutouts.load("test", root=stored)


def test_the_cache_folder_can_be_chosen(monkeypatch, tmp_path):
    monkeypatch.setenv("VOSTUT_CACHE", str(tmp_path))
    assert cutouts.cache_root().parent == tmp_path
    assert cutouts.cache_root().name.startswith("cutouts-")
    monkeypatch.delenv("VOSTUT_CACHE")
    assert "vostut" in str(cutouts.cache_root())


@pytest.mark.usefixtures("small_scenes")
def test_a_missing_data_set_is_generated(monkeypatch, tmp_path):
    monkeypatch.setenv("VOSTUT_CACHE", str(tmp_path / "new" / "cache"))
    assert len(cutouts.load("train")) == 4
    assert cutouts.cache_root().is_dir()


@pytest.mark.usefixtures("small_scenes")
def test_other_files_are_not_touched(tmp_path):
    (tmp_path / "mine.txt").write_text("precious")
    with pytest.raises(DataError, match="already there"):
        cutouts.generate(tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["mine.txt"]


def test_a_data_set_of_another_version_is_refused(tmp_path):
    (tmp_path / store.VERSION).write_text("0123456789ab")
    with pytest.raises(DataError, match="another version"):
        cutouts.load("val", root=tmp_path)


@pytest.mark.usefixtures("small_scenes")
def test_a_failure_leaves_nothing(monkeypatch, tmp_path):
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(store, "write_mask", stop)
    with pytest.raises(KeyboardInterrupt):
        cutouts.generate(tmp_path / "set")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("small_scenes")
def test_the_slower_of_two_keeps_what_is_there(stored, monkeypatch, tmp_path):
    root = tmp_path / "set"
    original = store._write_all

    def overtaken(draft: Path) -> None:
        original(draft)
        original(root)  # another process finishes first

    monkeypatch.setattr(store, "_write_all", overtaken)
    cutouts.generate(root)
    assert [p.name for p in tmp_path.iterdir()] == ["set"]
    assert len(cutouts.load("val", root=root)) == 6


GENERATE = """
import dataclasses, sys
from vostut.cutouts import store
small = lambda scenes: tuple(dataclasses.replace(s, size=(60, 107), frames=4) for s in scenes)
store.CUTOUTS, store.SEVERAL = small(store.CUTOUTS), small(store.SEVERAL)
store.generate(sys.argv[1])
"""


def start(root: Path) -> subprocess.Popen:
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).resolve().parents[2])}
    return subprocess.Popen([sys.executable, "-c", GENERATE, str(root)], env=environment)


def test_a_killed_process_leaves_no_half_data_set_and_two_at_once_both_succeed(stored, tmp_path):
    root = tmp_path / "set"
    killed = start(root)
    end = time.monotonic() + 30
    while not list(tmp_path.glob(".set.*/JPEGImages/240p/*")) and time.monotonic() < end:
        time.sleep(0.01)
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    assert not root.exists()
    both = [start(root), start(root)]
    assert [process.wait(60) for process in both] == [0, 0]
    mine, theirs = (
        {p.relative_to(r): p.read_bytes() for r in [r] for p in r.rglob("*.*")} for r in (root, stored)
    )
    assert mine == theirs  # the same bytes in another process, too

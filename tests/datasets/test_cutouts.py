"""The moving cutouts: what is drawn is what the masks and the flow say, and every knob does its work."""

from __future__ import annotations

import dataclasses
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import cv2
import numpy as np
import pytest

from vostut.datasets import cutouts
from vostut.datasets.cutouts import (
    CODES,
    CREDITS,
    CUTOUTS,
    CUTOUTS_SPLITS,
    SEVERAL,
    Knobs,
    Scene,
    render,
    store,
)
from vostut.datasets.cutouts.motion import Motion
from vostut.datasets.cutouts.photographs import photograph
from vostut.datasets.cutouts.render import owners
from vostut.errors import DataError
from vostut.video import Video

SMALL = (120, 214)  # half the default size: a quarter of the time


def scene(
    objects: tuple[str, ...] = ("coffee",), background: str = "tiles", frames: int = 24, **knobs
) -> Scene:
    return Scene("test", objects, background, frames, SMALL, Knobs(**knobs), seed=2)


def areas(video: Video) -> np.ndarray:
    return np.array([np.count_nonzero(mask) for mask in video.masks])


def sharpness(image: np.ndarray) -> float:
    return float(cv2.Laplacian(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), cv2.CV_64F).var())


def centres(video: Video) -> np.ndarray:
    return np.array([np.argwhere(mask).mean(0) for mask in video.masks])


def pull_back(next_image: np.ndarray, flow: np.ndarray) -> np.ndarray:
    """Frame t + 1, looked up where the pixels of frame t have moved."""
    y, x = np.mgrid[: flow.shape[0], : flow.shape[1]].astype(np.float32)
    return cv2.remap(
        next_image, x + flow[..., 0], y + flow[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )


def stays_visible(video: Video, t: int) -> np.ndarray:
    """Pixels of frame t whose surface is in the frame and belongs to the same layer at t + 1, well inside."""
    flow, now, then = video.flow[t], video.masks[t].astype(np.uint8), video.masks[t + 1].astype(np.uint8)
    y, x = np.mgrid[: flow.shape[0], : flow.shape[1]].astype(np.float32)
    x, y = x + flow[..., 0], y + flow[..., 1]
    inside = (x >= 1) & (y >= 1) & (x <= flow.shape[1] - 2) & (y <= flow.shape[0] - 2)
    return inside & (now == np.round(pull_back(then, flow)))


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


# --- scenes ---------------------------------------------------------------------------------------


def test_ten_scenes_in_two_splits():
    names = [s.name for s in CUTOUTS]
    assert len(set(names)) == 10
    assert (len(CUTOUTS_SPLITS["train"]), len(CUTOUTS_SPLITS["val"])) == (4, 6)
    assert sorted(CUTOUTS_SPLITS["trainval"]) == sorted(names)
    assert all(24 <= s.frames <= 36 and s.size == (240, 428) for s in CUTOUTS + SEVERAL)
    assert len({s.objects for s in CUTOUTS}) == 10
    assert all(re.fullmatch(r"[a-z]+-[a-z]+", s.name) for s in CUTOUTS + SEVERAL)
    assert all(2 <= len(s.objects) <= 3 for s in SEVERAL)


def test_every_attribute_appears_at_least_twice():
    marked = [code for s in CUTOUTS for code in s.knobs.attributes()]
    assert {code: marked.count(code) for code in CODES.values() if marked.count(code) < 2} == {}


@pytest.mark.parametrize("s", CUTOUTS, ids=lambda s: s.name)
def test_the_first_mask_shows_the_object(s):
    share = render(s).masks[0].mean()
    assert 0.03 < share < 0.4


def test_every_photograph_is_there_and_credited():
    for name in CREDITS:
        image = photograph(name)
        assert image.dtype == np.uint8
        assert image.ndim == 3
    with pytest.raises(DataError, match="lena"):
        photograph("lena")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"objects": ("dog",)}, "dog"),
        ({"objects": ()}, "no objects"),
        ({"background": "office"}, "office"),
        ({"frames": 0}, "0 frames"),
    ],
)
def test_a_scene_that_cannot_be(change, message):
    with pytest.raises(DataError, match=message):
        dataclasses.replace(scene(), **change)


# --- knobs ----------------------------------------------------------------------------------------


def test_knobs_name_their_attributes():
    assert Knobs().attributes() == frozenset()
    assert Knobs(occlusion=1, low_resolution=0.5, deformation=0.1).attributes() == {"OCC", "LR"}
    assert Knobs(**dict.fromkeys(CODES, 1.0)).attributes() == set(CODES.values())


@pytest.mark.parametrize("value", [-0.1, 1.5, float("nan")])
@pytest.mark.parametrize("knob", CODES)
def test_a_knob_out_of_range(knob, value):
    with pytest.raises(DataError, match=knob):
        Knobs(**{knob: value})


@pytest.mark.parametrize("knob", ["motion_blur", "appearance_change", "background_clutter", "low_resolution"])
def test_knobs_of_appearance_leave_masks_and_flow_alone(knob):
    easy, hard = render(scene(frames=20)), render(scene(frames=20, **{knob: 1.0}))
    for t in (0, 9, 18):
        assert np.array_equal(easy.masks[t], hard.masks[t])
        assert np.array_equal(easy.flow[t], hard.flow[t])
    assert np.abs(easy.frames[12].astype(int) - hard.frames[12]).mean() > 1.5


def test_occlusion_hides_the_object_for_a_while_but_not_at_the_start():
    easy, hard = render(scene()), render(scene(occlusion=1.0))
    assert np.array_equal(easy.masks[0], hard.masks[0])
    share = areas(hard) / areas(easy)
    assert share.min() < 0.35
    assert np.median(share) > 0.8
    assert all(not (h & ~e).any() for h, e in zip(hard.masks, easy.masks, strict=True))


def test_fast_motion_travels_faster_on_the_same_path():
    step = [
        np.linalg.norm(np.diff(centres(render(scene(fast_motion=k))), axis=0), axis=1).mean() for k in (0, 1)
    ]
    assert step[1] > 2.5 * step[0]
    assert np.array_equal(render(scene()).masks[0], render(scene(fast_motion=1.0)).masks[0])


def test_motion_blur_blurs():
    easy, hard = render(scene()), render(scene(motion_blur=1.0))
    assert sharpness(hard.frames[10]) < 0.8 * sharpness(easy.frames[10])


def test_scale_variation_changes_the_area():
    easy, hard = areas(render(scene())), areas(render(scene(scale_variation=1.0)))
    assert easy.max() / easy.min() < 1.1
    assert hard.max() / hard.min() > 4


def test_deformation_bends_the_outline_and_keeps_the_area():
    easy, hard = render(scene()), render(scene(deformation=1.0))
    a, b = easy.masks[8], hard.masks[8]
    assert (a & b).sum() / (a | b).sum() < 0.93
    assert areas(hard) == pytest.approx(areas(easy), rel=0.04)  # shears keep areas


def test_camera_shake_moves_the_background():
    easy, hard = render(scene()).flow, render(scene(camera_shake=1.0)).flow
    speed = [np.mean([np.abs(flow[f][:10]).mean() for f in range(8)]) for flow in (easy, hard)]
    assert speed[1] > 3 * speed[0]


def test_appearance_change_darkens_the_object():
    video = render(scene(appearance_change=1.0))
    first, late = (video.frames[t][video.masks[t]].mean() for t in (0, 16))
    assert late < 0.6 * first


def test_background_clutter_brings_the_background_close_to_the_object():
    def distance(knob: float) -> float:
        video = render(scene(background_clutter=knob))
        lab = cv2.cvtColor(video.frames[0], cv2.COLOR_RGB2LAB).astype(float)
        mask = video.masks[0]
        return float(np.linalg.norm(lab[mask].mean(0) - lab[~mask].mean(0)))

    assert distance(1.0) < 0.5 * distance(0.0)


def test_out_of_view_takes_the_object_away_and_back():
    hard = areas(render(scene(out_of_view=1.0)))
    assert hard[0] == areas(render(scene()))[0]
    assert (hard == 0).sum() >= 2
    assert hard[-1] > 0
    half = areas(render(scene(out_of_view=0.75)))
    assert 0 < half.min() < 0.8 * half[0]


def test_low_resolution_takes_detail_away():
    easy, hard = render(scene()), render(scene(low_resolution=1.0))
    assert sharpness(hard.frames[5]) < 0.2 * sharpness(easy.frames[5])
    assert hard.frames[5].shape == easy.frames[5].shape


# --- masks and flow -------------------------------------------------------------------------------


def test_the_same_scene_gives_the_same_bytes():
    s = dataclasses.replace(CUTOUTS[5], size=SMALL)
    first, second = render(s), render(s)
    assert first.frames[3].tobytes() == second.frames[3].tobytes()
    assert second.flow[2].tobytes() == first.flow[2].tobytes()
    assert first.masks[3].tobytes() == second.masks[3].tobytes()
    other = render(dataclasses.replace(s, seed=99))
    assert first.frames[3].tobytes() != other.frames[3].tobytes()


def test_a_frame_does_not_depend_on_what_was_asked_before():
    late = render(scene(occlusion=0.5, motion_blur=0.3)).frames[7]
    assert np.array_equal(list(render(scene(occlusion=0.5, motion_blur=0.3)).frames)[7], late)


MOVING = [
    scene(("coffee",), "tiles"),
    scene(("shuttle",), "clouds", fast_motion=0.5, scale_variation=1.0),
    scene(("cat",), "garden", deformation=1.0, camera_shake=0.6),
    scene(("planet", "drachm"), "launch-pad", camera_shake=1.0),
    scene(("asteroid",), "desert", out_of_view=0.5, occlusion=1.0),
]


def push_forward(mask: np.ndarray, flow: np.ndarray) -> np.ndarray:
    """Where the pixels of a mask of frame t are in frame t + 1, gaps between them closed."""
    y, x = np.nonzero(mask)
    x, y = (np.round(v + flow[mask][:, c]).astype(int) for c, v in enumerate((x, y)))
    h, w = mask.shape
    inside = (x >= 0) & (y >= 0) & (x < w) & (y < h)
    out = np.zeros(mask.shape, np.uint8)
    out[y[inside], x[inside]] = 1
    return cv2.morphologyEx(out, cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8)) > 0


@pytest.mark.parametrize("s", MOVING, ids=lambda s: "-".join(s.objects))
@pytest.mark.parametrize("t", [0, 13])
def test_flow_carries_masks_to_the_next_frame(s, t):
    s = dataclasses.replace(s, size=(480, 856))  # so that whole pixels are small
    flow, now, then = render(s).flow[t], owners(Motion(s), t), owners(Motion(s), t + 1)
    assert (flow.dtype, flow.shape) == (np.float32, (480, 856, 2))
    margin = np.zeros(now.shape, bool)
    margin[40:-40, 40:-40] = True  # near the frame's border, parts come into view
    for i in range(1, len(s.objects) + 1):
        carried = push_forward(now == i, flow)
        assert (then[carried] >= i).mean() > 0.99  # it is there, or something is in front of it
        a, b = carried & (then <= i) & margin, (then == i) & margin
        assert (a & b).sum() > 0.98 * (a | b).sum()


@pytest.mark.parametrize("s", MOVING, ids=lambda s: "-".join(s.objects))
def test_flow_explains_the_next_frame(s):
    s = dataclasses.replace(s, size=(240, 428))
    video = render(s)
    for t in (0, 9):
        seen = cv2.erode(stays_visible(video, t).astype(np.uint8), np.ones((5, 5))) > 0
        warped = pull_back(video.frames[t + 1], video.flow[t])
        error = np.abs(warped.astype(float) - video.frames[t])[seen].mean()
        still = np.abs(video.frames[t + 1].astype(float) - video.frames[t])[seen].mean()
        assert error < 5  # grey levels of 255: what resampling costs
        assert error < 0.5 * still


def test_masks_go_through_the_middle_of_the_edge():
    """A fully covered pixel shows the object, an uncovered one the background."""
    with_object = render(dataclasses.replace(scene(("planet",), "clouds"), size=(240, 428)))
    frame, mask = with_object.frames[0].astype(int), with_object.masks[0].astype(np.uint8)
    red = frame[..., 0] - frame[..., 2]
    inside, outside = cv2.erode(mask, np.ones((5, 5))) > 0, cv2.dilate(mask, np.ones((5, 5))) == 0
    assert red[inside].mean() > 40
    assert red[outside].mean() < 0


def test_several_objects_have_ids_in_drawing_order():
    video = render(dataclasses.replace(SEVERAL[0], size=SMALL))
    mask = video.masks[0]
    assert mask.dtype == np.uint8
    assert np.unique(mask).tolist() == [0, 1, 2, 3]
    assert render(scene()).masks[0].dtype == bool
    stacked = render(scene(("planet", "drachm"), "stars")).masks[0]
    assert set(np.unique(stacked)) == {0, 1, 2}


# --- on disk --------------------------------------------------------------------------------------


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
from vostut.datasets.cutouts import store
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

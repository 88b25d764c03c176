"""Late objects, sparse truth, first masks only, a folder for each object: what counts."""

import shutil

import numpy as np
import pytest
from PIL import Image

from vostut.data import open_dataset
from vostut.errors import DataError
from vostut.evaluation import SavedMasks, evaluate
from vostut.images import write_mask
from vostut.layout import open_layout


def world(n_frames, late=3):
    """Object 1 moves from the start, object 2 appears in frame ``late``."""
    ids = np.zeros((n_frames, 48, 64), np.uint8)
    for t in range(n_frames):
        ids[t, 4:20, 2 + 2 * t : 18 + 2 * t] = 1
        if t >= late:
            ids[t, 26:44, 40 - t : 58 - t] = 2
    return ids


def save(folder, ids, names=None):
    for name, mask in zip(names or [f"{t:05d}" for t in range(len(ids))], ids, strict=True):
        write_mask(folder / f"{name}.png", mask)


def layout(root, ids, step=1, frames=True):
    """One sequence, with a truth for every ``step``-th frame."""
    for t, mask in enumerate(ids):
        if t % step == 0:
            write_mask(root / f"Annotations/480p/clip/{t:05d}.png", mask)
        if frames:
            path = root / f"JPEGImages/480p/clip/{t:05d}.jpg"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(np.zeros((48, 64, 3), np.uint8)).save(path)
    path = root / "ImageSets/480p/val.txt"
    path.parent.mkdir(parents=True)
    path.write_text("clip\n")
    return root


def by_peer(truth, masks):
    """J and F of each object by vos-benchmark, in [0, 1]."""
    peer = pytest.importorskip("vos_benchmark.benchmark", reason="the peer vos-benchmark is not installed")
    *_, (objects,) = peer.benchmark([str(truth)], [str(masks)], num_processes=1, verbose=False)
    j, f = objects["clip"]
    return {f"clip_{i}": (j[i] / 100, f[i] / 100) for i in j}


def ours(score):
    return {name: tuple(s.statistics(m).mean for m in "JF") for name, s in score.sequences.items()}


def assert_equal(ours, peer):
    assert set(ours) == set(peer)
    for name, values in peer.items():
        assert ours[name] == pytest.approx(values, abs=1e-12)


@pytest.mark.parametrize("found", ["perfect", "shifted", "too early", "never"])
def test_a_late_object_counts_from_where_it_appears(tmp_path, found):
    truth = world(8)
    masks = np.roll(truth, 1, axis=2) if found != "perfect" else truth.copy()
    if found == "too early":
        masks[2, 26:30, 40:44] = 2
    if found == "never":
        masks[masks == 2] = 0
    save(tmp_path / "r/clip", masks)
    data = open_layout(layout(tmp_path / "D", truth), "val", several=True)
    score = evaluate(tmp_path / "r", data, metrics=("J", "F"))
    assert len(score.sequences["clip_2"].J) == {"too early": 5}.get(found, 4)
    assert (ours(score)["clip_2"][0] == 1) == (found == "perfect")
    assert (ours(score)["clip_2"][0] == 0) == (found == "never")
    assert_equal(ours(score), by_peer(tmp_path / "D/Annotations/480p", tmp_path / "r"))


def test_an_object_of_the_first_frame_counts_in_all(tmp_path):
    """As in davis2017-evaluation: it is right where neither shows it. vos-benchmark leaves that out."""
    truth = world(8, late=0)
    truth[1:4][truth[1:4] == 2] = 0
    save(tmp_path / "r/clip", truth)
    score = evaluate(tmp_path / "r", open_layout(layout(tmp_path / "D", truth), "val", several=True))
    assert score.sequences["clip_2"].J.tolist() == [1] * 6


@pytest.mark.parametrize("frames", [True, False], ids=["frames", "no frames"])
def test_truth_for_every_fifth_frame(tmp_path, frames):
    truth = world(31, late=7)
    save(tmp_path / "r/clip", np.roll(truth, 1, axis=1))
    data = open_layout(layout(tmp_path / "D", truth, 5, frames), "val", several=True)
    score = evaluate(tmp_path / "r", data, metrics=("J", "F"))
    assert score.n_frames == 5  # 5, 10, 15, 20, 25
    assert ("Only frames with a ground truth count." in score.protocol) == frames
    assert_equal(ours(score), by_peer(tmp_path / "D/Annotations/480p", tmp_path / "r"))
    if frames:
        with pytest.raises(DataError, match="clip: T compares neighbouring frames"):
            evaluate(tmp_path / "r", data)


def test_what_is_not_public_and_what_is_lost_is_said(tmp_path):
    truth = world(12)
    save(tmp_path / "r/clip", truth)
    root = layout(tmp_path / "D", truth)
    folder = root / "Annotations/480p/clip"
    for t in (3, 7):
        (folder / f"{t:05d}.png").unlink()
    data = open_layout(root, "val", several=True)
    with pytest.raises(DataError, match=r"clip/00003\.png: missing .expected a mask for all 12 frames"):
        evaluate(tmp_path / "r", data, metrics=("J",))
    for t in (1, 2, 4, 5, 6, 8, 9, 10, 11):
        (folder / f"{t:05d}.png").unlink()
    data = open_layout(root, "val", several=True)
    assert data["clip"].masks[0].any()  # what a method needs is there
    with pytest.raises(DataError, match="no public truth for clip: 1 of 12 frames have a mask"):
        evaluate(tmp_path / "r", data, metrics=("J",))
    # YouTube-VOS has each object's first mask only: at no regular step.
    save(folder, truth[[3, 7, 8]], ["00003", "00007", "00008"])
    with pytest.raises(DataError, match=r"clip/00001\.png: missing .* at a regular step; 4 have one"):
        evaluate(tmp_path / "r", open_layout(root, "val", several=True), metrics=("J",))


def per_object(folder, ids, first=1, skip_before=True):
    for i in (1, 2):
        for t, mask in enumerate(ids):
            if (ids[: t + 1] == i).any() or not skip_before:
                path = folder / f"{i - 1 + first:03d}" / f"{t:05d}.png"
                path.parent.mkdir(parents=True, exist_ok=True)
                Image.fromarray((mask == i) * np.uint8(255)).save(path)


@pytest.mark.parametrize("in_truth", [False, True])
@pytest.mark.parametrize("first", [0, 1])
@pytest.mark.parametrize("skip", [False, True])
def test_a_folder_for_each_object(tmp_path, in_truth, first, skip):
    truth, masks = world(8), np.roll(world(8), 1, axis=2)
    root = layout(tmp_path / "D", truth)
    save(tmp_path / "r/clip", masks)
    expected = evaluate(tmp_path / "r", open_layout(root, "val", several=True), metrics=("J", "F"))
    per_object(tmp_path / "q/clip", masks, first, skip)
    if in_truth:
        shutil.rmtree(root / "Annotations/480p/clip")
        per_object(root / "Annotations/480p/clip", truth, first, skip)
    data = open_layout(root, "val", several=True)
    if first == 0 and not in_truth:
        with pytest.raises(DataError, match=r"clip has an object 0 .expected 1, 2, ...\)"):
            evaluate(tmp_path / "q", data, metrics=("J", "F"))
        return
    assert ours(evaluate(tmp_path / "q", data, metrics=("J", "F"))) == ours(expected)


def test_folders_of_objects_may_overlap_in_masks_not_in_the_truth(tmp_path):
    truth = world(8, late=0)
    root = layout(tmp_path / "D", truth)
    everywhere = np.ones((8, 48, 64), np.uint8)
    per_object(tmp_path / "q/clip", everywhere)
    per_object(tmp_path / "q/clip", everywhere * 2)
    score = evaluate(tmp_path / "q", open_layout(root, "val", several=True), metrics=("J", "F"))
    assert ours(score)["clip_1"][0] == pytest.approx(256 / 3072)
    assert ours(score)["clip_2"][0] == pytest.approx(324 / 3072)
    shutil.copytree(tmp_path / "q/clip", root / "Annotations/480p/clip", dirs_exist_ok=True)
    for path in (root / "Annotations/480p/clip").glob("*.png"):
        path.unlink()
    with pytest.raises(DataError, match=r"002/0000\d\.png: overlaps another object"):
        evaluate(tmp_path / "q", open_layout(root, "val", several=True), metrics=("J",))


def test_one_folder_is_one_object_and_two_are_not(tmp_path):
    truth = np.minimum(world(8), 1)
    data = open_layout(layout(tmp_path / "D", truth), "val")
    per_object(tmp_path / "q/clip", truth)
    assert evaluate(tmp_path / "q", data, metrics=("J",)).statistics("J").mean == 1
    per_object(tmp_path / "q/clip", world(8, late=0))
    with pytest.raises(DataError, match="clip has folders of 2 objects .expected one object; --several"):
        evaluate(tmp_path / "q", data, metrics=("J",))
    merged = evaluate(tmp_path / "q", data, metrics=("J",), merge=True)
    assert 0 < merged.statistics("J").mean < 1
    (tmp_path / "q/clip/001/00004.png").unlink()
    with pytest.raises(DataError, match=r"clip/00004\.png of object 1 is missing"):
        SavedMasks(tmp_path / "q", ("clip",)).check_complete(data["clip"], range(1, 7))


def test_an_empty_truth_is_an_error(tmp_path):
    truth = np.zeros((6, 48, 64), np.uint8)
    save(tmp_path / "r/clip", truth)
    data = open_layout(layout(tmp_path / "D", truth), "val", several=True)
    for way in ({}, {"unsupervised": True}):
        with pytest.raises(DataError, match="clip: .*ground truth shows no object"):
            evaluate(tmp_path / "r", data, metrics=("J",), **way)


def test_options_that_do_not_fit_a_data_set(tmp_path):
    for kind, options in (("davis2016", "several"), ("gygo", "several"), ("gygo", "unsupervised")):
        with pytest.raises(DataError, match=f"{kind} has "):
            open_dataset(kind, tmp_path, **{options: True})

"""What the page "Try it" makes of a box, and what a reader takes home from it."""

from __future__ import annotations

import json
import zipfile
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image, ImageSequence

from vostut import cutouts
from vostut.cli import main
from vostut.images import read_mask, write_mask
from vostut.masktrack import MaskTrack, lite_masktrack, masktrack_recipe
from vostut.masktrack.deform import box
from vostut.metrics import region_similarity
from vostut.osvos import lite_parent
from vostut.osvos.export import THRESHOLD, LinearHeads, features_of, train_heads, variants

CLIP, FRAMES, STEPS = "horse-trot", 4, 6  # as the fixture short_assets cuts them


@pytest.fixture
def video():
    """The clip as the page has it, cut to few frames."""
    whole = cutouts.load("val")[CLIP]
    return [whole.frames[t] for t in range(FRAMES)], [whole.masks[t] for t in range(FRAMES)]


def by_masktrack(frames, first):
    recipe = replace(masktrack_recipe("laptop", "lite"), steps=0, height=240)
    return list(MaskTrack(lite_masktrack(), recipe).segment(frames, first))


def by_osvos(frames, first):
    """The page's algorithm in PyTorch, with as many steps as the page takes here."""
    network = lite_parent()
    heads = LinearHeads(network)
    train_heads(heads, [features_of(network, *pair) for pair in variants(frames[0], first)], STEPS)
    features = [features_of(network, frame, first)[0] for frame in frames[1:]]
    logits = [heads(of, first.shape)[0, 0].detach().numpy() for of in features]
    return [first, *(logit > np.log(THRESHOLD / (1 - THRESHOLD)) for logit in logits)]


def run(tool, method):
    tool.press(method)
    tool.press("Segment the clip")
    tool.wait("status.startsWith('Done') || trouble")
    assert tool.trouble() == ""
    shape = tool.state("[state.clip.height, state.clip.width]")
    flat = tool.state(f"state.results.get('{method.lower()}').masks.map(m => Array.from(m))")
    return [np.array(mask, bool).reshape(shape) for mask in flat]


def test_a_box_marks_an_object_for_both_methods(open_tool, short_assets, video):
    """From a box the page computes what Python computes, and MaskTrack finds the object in it."""
    frames, truth = video
    tool = open_tool(script=(short_assets / "page.js").as_uri(), viewport={"width": 900, "height": 1400})
    tool.take(CLIP)
    tool.press("Clear")
    tool.press("Box")
    boxed = box(truth[0])
    (top, left), (bottom, right) = np.argwhere(boxed)[[0, -1]].tolist()
    tool.drag((left, top), (right, bottom))
    for method, python in {"MaskTrack": by_masktrack, "OSVOS": by_osvos}.items():
        found = run(tool, method)
        np.testing.assert_array_equal(found[0], boxed)
        for ours, theirs in zip(found, python(frames, boxed), strict=True):
            assert region_similarity(ours, theirs) > 0.98
        if method == "MaskTrack":
            assert region_similarity(found[1], truth[1]) > region_similarity(boxed, truth[1]) + 0.3
    assert tool.page.problems == []


def test_the_zip_is_what_evaluate_takes_and_the_animation_plays(
    open_tool, short_assets, video, tmp_path, capsys
):
    frames, truth = video
    tool = open_tool(script=(short_assets / "page.js").as_uri())
    tool.take(CLIP)
    masks = run(tool, "MaskTrack")
    shown = float(tool.status().split("Mean J: ")[1].rstrip("."))
    for button, name in (("Save the masks (zip)", "masks.zip"), ("Save an animation (WebP)", "film.webp")):
        with tool.page.expect_download() as download:
            tool.press(button)
        assert download.value.suggested_filename == f"{CLIP}-masktrack.{name.split('.')[1]}"
        download.value.save_as(tmp_path / name)
    assert tool.page.problems == []

    root = tmp_path / "data"
    for t in range(FRAMES):
        write_mask(root / "Annotations" / "240p" / CLIP / f"{t:05d}.png", truth[t])
        picture = root / "JPEGImages" / "240p" / CLIP / f"{t:05d}.jpg"
        picture.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(frames[t]).save(picture)
    (root / "ImageSets" / "240p").mkdir(parents=True)
    (root / "ImageSets" / "240p" / "val.txt").write_text(CLIP)
    command = ["evaluate", tmp_path / "masks.zip", "--dataset", "layout", "--davis", root, "--metrics", "J",
               "--resolution", "240p", "--strict", "--out", tmp_path / "scores.json"]  # fmt: skip
    assert main([str(word) for word in command]) == 0
    score = json.loads((tmp_path / "scores.json").read_text())
    assert score["J"]["mean"] == pytest.approx(shown, abs=5.1e-4)
    assert capsys.readouterr().err == ""
    with zipfile.ZipFile(tmp_path / "masks.zip") as archive:
        assert archive.namelist() == [f"{CLIP}/{t:05d}.png" for t in range(FRAMES)]
        archive.extractall(tmp_path)
    for t, mask in enumerate(masks):
        np.testing.assert_array_equal(read_mask(tmp_path / CLIP / f"{t:05d}.png"), mask)

    with Image.open(tmp_path / "film.webp") as film:
        assert (film.n_frames, film.size) == (FRAMES, (2 * 428, 2 * 240))
        pictures = [
            np.asarray(one.convert("RGB").resize((428, 240)), int) for one in ImageSequence.Iterator(film)
        ]
    for picture, frame, mask in zip(pictures, frames, masks, strict=True):
        assert film.info["duration"] == round(1000 / 12)
        outside = np.abs(picture - frame).mean(2)[~mask].mean()
        assert outside < 12
        assert (picture[..., 2] - frame[..., 2].astype(int))[mask].mean() > 20  # the tint is blue

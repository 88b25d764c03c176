"""The first page's one screen: four videos that move, and what came out of the reproduction."""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Mapping, Sequence
from typing import Any

import cv2
import numpy as np
from PIL import Image

from vostut.evaluation import OFFICIAL_VAL
from vostut.evaluation.tables import html_table
from vostut.masktrack import MaskTrack, lite_masktrack, masktrack_recipe
from vostut.plot import SKY, overlay
from vostut.reproduction.ledger import whole_runs
from vostut.video import Video

WIDTH = 304
GAP = 6
PICTURES = 24
PER_SECOND = 10


def moving_overlay(videos: Sequence[Video], alt: str) -> str:
    """Four videos, each with the masks that MaskTrack finds from the first one, as one looping picture.

    Where the reader asked for less motion, the middle frame stands still instead.

    Args:
        videos: four of them.
        alt: what the picture shows, in words.
    """
    tiles = [_tiles(video) for video in videos]
    frames = [_mosaic([column[i] for column in tiles]) for i in range(PICTURES)]
    frames += frames[-2:0:-1]  # back again, so that nothing jumps
    still = _uri(frames[PICTURES // 2 : PICTURES // 2 + 1])
    return (
        f'<picture><source media="(prefers-reduced-motion: reduce)" srcset="{still}" />'
        f'<img src="{_uri(frames)}" alt="{html.escape(alt)}" width="{frames[0].shape[1]}" '
        f'height="{frames[0].shape[0]}" /></picture>'
    )


def _tiles(video: Video) -> list[np.ndarray]:
    """A video's frames with MaskTrack's masks over them, small, so many as the picture shows."""
    recipe = masktrack_recipe("quick", "lite")
    masks = list(MaskTrack(lite_masktrack(), recipe).segment(video.frames, video.masks[0] > 0))
    height = round(WIDTH * 9 / 16)
    tiles = []
    for t in np.linspace(0, len(video) - 1, PICTURES).round().astype(int):
        frame, mask = video.frames[int(t)], masks[int(t)]
        small = cv2.resize(frame, (WIDTH, height), interpolation=cv2.INTER_AREA)
        ids = cv2.resize(mask.astype(np.uint8), (WIDTH, height), interpolation=cv2.INTER_NEAREST) > 0
        tiles.append(overlay(small, ids, SKY))
    return tiles


def _mosaic(tiles: Sequence[np.ndarray]) -> np.ndarray:
    """Two by two, on white."""
    height, width = tiles[0].shape[:2]
    picture = np.full((2 * height + GAP, 2 * width + GAP, 3), 255, np.uint8)
    for k, tile in enumerate(tiles):
        top, left = (k // 2) * (height + GAP), (k % 2) * (width + GAP)
        picture[top : top + height, left : left + width] = tile
    return picture


def _uri(frames: Sequence[np.ndarray]) -> str:
    """Pictures as one animated WebP."""
    images = [Image.fromarray(frame) for frame in frames]
    buffer = io.BytesIO()
    images[0].save(
        buffer,
        "WEBP",
        save_all=True,
        append_images=images[1:],
        duration=1000 // PER_SECOND,
        loop=0,
        quality=62,
        method=4,
    )
    return "data:image/webp;base64," + base64.b64encode(buffer.getvalue()).decode()


def results(rows: Mapping[str, dict[str, Any]]) -> str:
    """A table: each method as published, and our best run, in percent over the 20 validation videos."""
    lines = []
    for method, key in (("OSVOS", "osvos"), ("MaskTrack", "msk")):
        official = OFFICIAL_VAL[key]
        numbers = (official.J.mean, official.F.mean, official.T)
        lines.append([f"{method}, published", *(f"{100 * value:.1f}" for value in numbers)])
        best = whole_runs(dict(rows), method)[0]["score"]
        lines.append([f"{method}, this book", *(f"{100 * best[m]['mean']:.1f}" for m in "JFT")])
    return html_table(("DAVIS-2016 val", "J", "F", "T"), lines, classes="scores")


def one_screen(videos: Sequence[Video], rows: Mapping[str, dict[str, Any]], alt: str) -> str:
    """The moving overlay beside the table, and a sentence below each."""
    found = "The first mask is given. MaskTrack found the others on a CPU while this page was built."
    gaps = 'Percent; T: lower is better. <a href="reproduction.html">Chapter 6</a> explains each gap.'
    return (
        f'<div class="landing"><figure>{moving_overlay(videos, alt)}<figcaption>{found}</figcaption></figure>'
        f"<figure>{results(rows)}<figcaption>{gaps}</figcaption></figure></div>"
    )

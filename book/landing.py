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
from vostut.reproduction.labels import PUBLISHED, Result, headline, results
from vostut.video import Video

WIDTH = 304
GAP = 6
PICTURES = 24
PER_SECOND = 10

CONTOURS = (
    'The stored contour maps are those of <a href="https://github.com/MathLee/EOR-VOS">EOR-VOS</a>, made by '
    "others with a network like OSVOS's own."
)


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
    """Two by two, as RGBA; nothing is between them, so that any page's ground shows."""
    height, width = tiles[0].shape[:2]
    solid = np.full((height, width), 255, np.uint8)
    picture = np.full((2 * height + GAP, 2 * width + GAP, 4), (255, 255, 255, 0), np.uint8)
    for k, tile in enumerate(tiles):
        top, left = (k // 2) * (height + GAP), (k % 2) * (width + GAP)
        picture[top : top + height, left : left + width] = np.dstack([tile, solid])
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


def table(rows: Mapping[str, dict[str, Any]]) -> str:
    """Each method as published, here on the article's network, and here on our own; percent."""
    lines = []
    for method, (key, made) in PUBLISHED.items():
        official = OFFICIAL_VAL[key]
        numbers = (official.J.mean, official.F.mean, official.T)
        cells = [f"<strong>{100 * value:.1f}</strong>" for value in numbers]
        lines.append([f"<strong>{method}, published</strong>: {made}", *cells])
        for whose, line in zip(
            ("here, on the article's network", "here, on our own"),
            headline(results(rows, method)),
            strict=True,
        ):
            label = f"{whose}: {html.escape(line.label)}, {line.seeds}"
            lines.append([label, *(_cell(line, metric) for metric in "JFT")])
    return html_table(("DAVIS-2016 val", "J", "F", "T"), lines, classes="scores")


def _cell(line: Result, metric: str) -> str:
    """A mean, with the deviation over seeds below it in small."""
    mean, *spread = line.cell(metric).split("\u00a0", 1)
    return mean + "".join(f'<span class="official">{text}</span>' for text in spread)


def one_screen(videos: Sequence[Video], rows: Mapping[str, dict[str, Any]], alt: str) -> str:
    """The moving overlay beside the table, and a sentence below each."""
    found = (
        "The first mask is given. MaskTrack on this book's small network found the others on a CPU, while "
        "this page was built."
    )
    gaps = (
        "Percent, mean over the 20 validation videos; bold: as published; T: lower is better; "
        "±: standard deviation over seeds. "
        f'{CONTOURS} <a href="reproduction.html">Chapter 7</a> examines each gap.'
    )
    return (
        f'<div class="landing"><figure>{moving_overlay(videos, alt)}<figcaption>{found}</figcaption></figure>'
        f"<figure>{table(rows)}<figcaption>{gaps}</figcaption></figure></div>"
    )

"""A small video to play, and a page to put HTML on."""

from __future__ import annotations

import numpy as np
import pytest

from vostut.video import Video


@pytest.fixture(scope="module")
def small_video() -> Video:
    """Six frames of 120 x 200: a bright disk that moves to the right over a gradient."""
    y, x = np.mgrid[:120, :200]
    masks = [(y - 60) ** 2 + (x - 50 - 12 * t) ** 2 < 30**2 for t in range(6)]
    ground = np.dstack([x, y, 200 - x]).astype(np.uint8)
    frames = [np.where(m[..., None], (230, 160, 30), ground).astype(np.uint8) for m in masks]
    return Video("disk", frames, masks, fps=10)


@pytest.fixture
def show(browser, tmp_path):
    """Open HTML snippets as one page without network; its errors are collected in ``page.problems``."""
    contexts = []

    def show_(*snippets, **options):
        path = tmp_path / "page.html"
        path.write_text("<!doctype html><title>t</title><body>" + "\n".join(snippets))
        context = browser.new_context(offline=True, viewport={"width": 900, "height": 900}, **options)
        contexts.append(context)
        page = context.new_page()
        page.problems = []
        page.on("console", lambda m: page.problems.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: page.problems.append(str(error)))
        page.goto(path.as_uri())
        return page

    yield show_
    for context in contexts:
        context.close()

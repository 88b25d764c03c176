"""What the page *Try it* needs, and how far it agrees with PyTorch: seconds, memory, and J on the cutouts.

Run ``python book/tryit.py`` first, then ``python benchmarks/tryit.py book/_data/tryit.json``. The system's
Chromium opens the page from a folder, without a network, and segments the validation cutouts by both methods.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import Page, sync_playwright

from vostut import cutouts
from vostut.masktrack import MaskTrack, lite_masktrack, masktrack_recipe
from vostut.metrics import region_similarity
from vostut.osvos import lite_parent
from vostut.osvos.export import segment_by_heads
from vostut.reproduction.hardware import describe_hardware

ASSETS = Path(__file__).resolve().parent.parent / "book" / "_static" / "tryit" / "assets"
METHODS = {"osvos": "OSVOS", "masktrack": "MaskTrack"}
PAGE = """<!doctype html><html lang="en"><title>Try it</title><body>
<div id="tryit" class="vostut vostut-tryit"></div><script src="{}"></script>"""
RESULT = """method => {
  const { J, seconds, trained, masks } = document.querySelector("#tryit").tryit.state.results.get(method);
  return { J, seconds, trained, frames: masks.length }; }"""
PATIENCE = 900_000  # milliseconds, on a machine that does other things, too


def in_the_page(page: Page, name: str, method: str) -> dict[str, Any]:
    """Segment a cutout in the page: J of each frame, seconds, seconds of training."""
    page.get_by_role("button", name=METHODS[method], exact=True).click()
    page.get_by_role("button", name="Segment the clip").click()
    done = "document.querySelector('.t-status').textContent.startsWith('Done')"
    page.wait_for_function(f"{done} || !document.querySelector('.t-trouble').hidden", timeout=PATIENCE)
    trouble = page.locator(".t-trouble").inner_text()
    if trouble:
        raise RuntimeError(f"{name}, {method}: {trouble}")
    return page.evaluate(RESULT, method)


def in_python(name: str, method: str) -> list[float]:
    """The same algorithm in PyTorch: J of every frame."""
    video = cutouts.load("val")[name]
    if method == "osvos":
        masks = segment_by_heads(lite_parent(), video.frames, video.masks[0])
    else:
        recipe = replace(masktrack_recipe("laptop", "lite"), steps=0, height=240)
        masks = MaskTrack(lite_masktrack(), recipe).segment(video.frames, video.masks[0])
    return [region_similarity(m, video.masks[t]) for t, m in enumerate(masks)]


def over_the_video(J: list[float]) -> float:
    """Its mean as DAVIS takes it: without the first frame, which is given, and without the last."""
    return float(np.mean(J[1:-1]))


def of_renderers(read: Callable[[Path], float]) -> float:
    """The largest of a number that Chromium's page processes have, each in its folder of /proc."""
    most = 0.0
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if b"--type=renderer" in (folder / "cmdline").read_bytes():
                most = max(most, read(folder))
        except (OSError, IndexError):
            continue
    return most


def peak(folder: Path) -> float:
    """The most memory that a process has had, in bytes."""
    return int((folder / "status").read_text(encoding="utf-8").split("VmHWM:")[1].split()[0]) * 1024


def processor(folder: Path) -> float:
    """Seconds that a process has computed, which do not depend on what else the machine does."""
    fields = (folder / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measure(names: list[str], out: Path) -> None:
    """Measure clip by clip, and write after each."""
    videos: dict[str, Any] = {}
    program = shutil.which("chromium") or shutil.which("google-chrome")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        file = Path(folder) / "page.html"
        file.write_text(PAGE.format((ASSETS / "page.js").as_uri()), encoding="utf-8")
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_context(offline=True).new_page()
        page.goto(file.as_uri())
        for name in names:
            page.get_by_role("button", name=name, exact=True).click()
            page.wait_for_function(
                f"document.querySelector('.t-status').textContent.startsWith('{name}:')", timeout=PATIENCE
            )
            videos[name] = {method: both(page, name, method) for method in METHODS}
            print(name, json.dumps(videos[name]), flush=True)
            out.write_text(json.dumps(described(videos, browser.version), indent=1) + "\n", encoding="utf-8")
        browser.close()


def both(page: Page, name: str, method: str) -> dict[str, Any]:
    """A cutout by a method in the page and in Python."""
    before = of_renderers(processor)
    found = in_the_page(page, name, method)
    return {
        "page": over_the_video(found["J"]), "python": over_the_video(in_python(name, method)),
        "frames": found["frames"], "seconds": found["seconds"], "trained": found["trained"],
        "processor": of_renderers(processor) - before,
    }  # fmt: skip


def described(videos: dict[str, Any], version: str) -> dict[str, Any]:
    """The measurements, with where they were made."""
    sizes = {p.stem: p.stat().st_size for p in sorted(ASSETS.glob("*.bin"))}
    return {
        "browser": f"Chromium {version}", "hardware": describe_hardware(), "load": os.getloadavg()[0],
        "date": time.strftime("%Y-%m-%d"), "memory": of_renderers(peak), "bytes": sizes, "videos": videos,
    }  # fmt: skip


def main() -> int:
    """Measure and write."""
    parser = argparse.ArgumentParser(description="Measure the page Try it.")
    parser.add_argument("out", type=Path)
    parser.add_argument("--clips", type=lambda text: text.split(","), default=list(cutouts.load("val")))
    options = parser.parse_args()
    measure(options.clips, options.out)
    return 0


if __name__ == "__main__":
    sys.exit(main())

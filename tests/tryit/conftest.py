"""The page "Try it" alone, in the system's Chromium, with the network cut off."""

from __future__ import annotations

import base64
import gzip
import json
import shutil
import subprocess
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
ASSETS = REPOSITORY / "book" / "_static" / "tryit" / "assets"
PAGE = """<!doctype html><html lang="en"><title>Try it</title>
<meta name="viewport" content="width=device-width"><link rel="icon" href="data:,"><body>
<main><h1>Try it</h1><div id="tryit" class="vostut vostut-tryit"></div></main>
<script src="{}"></script>"""
PATIENCE = 180_000
FRAMES, STEPS = 4, 6


class Tool:
    """The tool on a page, as a reader works it."""

    def __init__(self, page):
        self.page, self.root = page, page.locator("#tryit")
        self.stage = self.root.locator(".t-marking .v-stage")

    def press(self, name):
        self.page.get_by_role("button", name=name, exact=True).click()

    def status(self):
        return self.page.locator(".t-status").inner_text()

    def trouble(self):
        return self.page.locator(".t-trouble").inner_text()

    def wait(self, condition):
        """Until a condition on ``status``, ``trouble`` and the tool's ``state`` holds."""
        self.page.wait_for_function(
            "condition => { const state = document.querySelector('#tryit').tryit.state, "
            "status = document.querySelector('.t-status').textContent, "
            "trouble = document.querySelector('.t-trouble').textContent; return "
            "new Function('state', 'status', 'trouble', 'return ' + condition)(state, status, trouble); }",
            arg=condition, timeout=PATIENCE,
        )  # fmt: skip

    def take(self, name):
        """One of the cutouts."""
        self.press(name)
        self.wait(f"state.clip?.name === '{name}' || trouble")

    def give(self, *files, pictures=False):
        """Files, as through the chooser: paths, or what Playwright takes instead."""
        self.root.locator("input[type=file]").nth(1 if pictures else 0).set_input_files(list(files))

    def drop(self, *paths):
        """Files and folders, as a hand drops them; in Chromium."""
        zone = self.root.locator(".t-drop")
        zone.scroll_into_view_if_needed()
        box = zone.bounding_box()
        data = {"items": [], "files": [str(path) for path in paths], "dragOperationsMask": 1}
        hand = self.page.context.new_cdp_session(self.page)
        for kind in ("dragEnter", "dragOver", "drop"):
            place = {"x": box["x"] + box["width"] / 2, "y": box["y"] + 9}
            hand.send("Input.dispatchDragEvent", {"type": kind, "data": data} | place)

    def mark(self, share):
        """Mark the upper part of frame 0: a share of its lines."""
        self.page.evaluate(
            "share => { const { state, setMask } = document.querySelector('#tryit').tryit, "
            "n = state.clip.width * state.clip.height; "
            "setMask(Array.from({ length: n }, (_, i) => Number(i < share * n))); }",
            share,
        )

    def marked(self):
        """How many pixels are marked."""
        return self.state("state.tool.mask().reduce((a, b) => a + b, 0)")

    def drag(self, *points):
        """Press, move and let go with the mouse, at pixels of frame 0."""
        self.stage.scroll_into_view_if_needed()
        box = self.stage.bounding_box()
        width, height = self.state("[state.clip.width, state.clip.height]")
        at = [
            (box["x"] + (x + 0.5) / width * box["width"], box["y"] + (y + 0.5) / height * box["height"])
            for x, y in points
        ]
        self.page.mouse.move(*at[0])
        self.page.mouse.down()
        for point in at[1:]:
            self.page.mouse.move(*point, steps=4)
        self.page.mouse.up()

    def state(self, expression):
        return self.page.evaluate(f"(state => {expression})(document.querySelector('#tryit').tryit.state)")


@pytest.fixture
def assets():
    """The folder with the page's parts."""
    if not (ASSETS / "key.txt").is_file():
        pytest.skip("the page's parts are not there (python book/tryit.py)")
    return ASSETS


@pytest.fixture
def short_assets(assets, tmp_path):
    """The page's parts, but with ``FRAMES`` frames of each clip, and ``STEPS`` steps of training."""

    def cut(name, change):
        content = json.loads(gzip.decompress((assets / f"{name}.bin").read_bytes()))
        packed = gzip.compress(json.dumps(content | change(content)).encode())
        text = base64.b64encode(packed).decode()
        (folder / f"{name}.bin").write_bytes(packed)
        (folder / f"{name}.js").write_text(f'vostutAsset("{name}", "{text}");')

    folder = tmp_path / "short"
    folder.mkdir()
    for clip in assets.glob("clip-*.bin"):
        cut(clip.stem, lambda clip: {key: clip[key][:FRAMES] for key in ("stems", "frames", "masks")})
    cut("osvos_heads", lambda heads: {"steps": STEPS})
    for file in assets.iterdir():
        if not (folder / file.name).exists():
            (folder / file.name).symlink_to(file)
    return folder


@pytest.fixture
def page_of():
    """A page with the tool, from the address of its script."""
    return PAGE.format


@pytest.fixture
def served(assets, page_of, tmp_path):
    """The address of the page on a server."""
    (tmp_path / "assets").symlink_to(assets)
    (tmp_path / "served.html").write_text(page_of("assets/page.js"))
    handler = partial(SimpleHTTPRequestHandler, directory=tmp_path)
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    handler.func.log_message = lambda *_: None
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/served.html"
    server.shutdown()


@pytest.fixture
def ffmpeg():
    """Run ffmpeg; what the page has to read is what cameras write, so PyAV alone is no witness."""
    program = shutil.which("ffmpeg")
    if program is None:
        pytest.skip("no ffmpeg on the PATH")
    return lambda *words: subprocess.run([program, "-v", "error", "-y", *map(str, words)], check=True)


@pytest.fixture
def lying_clip(ffmpeg, tmp_path):
    """Two seconds from a phone held upright: a lying picture, and beside it that it is to be turned."""
    ffmpeg("-f", "lavfi", "-i", "color=white:s=1280x720:r=30:d=2,drawbox=w=640:color=black:t=fill,"
           "drawbox=h=90:color=gray:t=fill", "-pix_fmt", "yuv420p", tmp_path / "lying.mp4")  # fmt: skip
    ffmpeg("-i", tmp_path / "lying.mp4", "-c", "copy", "-metadata:s:v", "rotate=90", tmp_path / "phone.mp4")
    return tmp_path / "phone.mp4"


@pytest.fixture
def open_tool(browser, assets, tmp_path):
    """Open the tool; ``script`` is the address of its script, by default that of the built one.

    ``before`` is a script that changes the browser first.
    """
    contexts = []

    def open_(script=None, address=None, before="", **options):
        path = tmp_path / "page.html"
        path.write_text(PAGE.format(script or (assets / "page.js").as_uri()))
        context = browser.new_context(
            **{"offline": True, "viewport": {"width": 900, "height": 1000}} | options
        )
        contexts.append(context)
        page = context.new_page()
        page.add_init_script(before)
        page.problems, page.loaded = [], []
        page.on("console", lambda m: page.problems.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: page.problems.append(str(error)))
        page.on("request", lambda request: page.loaded.append(request.url.split("/")[-1]))
        page.goto(address or path.as_uri())
        return Tool(page)

    yield open_
    for context in contexts:
        context.close()

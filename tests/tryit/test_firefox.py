"""The page "Try it" in Firefox: the same clips, the same masks, the same files."""

from __future__ import annotations

import base64
import json
import shutil
import socket
import subprocess
import time
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from vostut import cutouts
from vostut.masktrack import MaskTrack, lite_masktrack, masktrack_recipe
from vostut.metrics import region_similarity

CLIP = "horse-trot"
STATUS = "document.querySelector('.t-status').textContent"
TROUBLE = "document.querySelector('.t-trouble').textContent"
STATE = "document.querySelector('#tryit').tryit.state"
DROP = """const hand = new DataTransfer();
for (const [name, type, content] of {})
  hand.items.add(new File([Uint8Array.from(atob(content), c => c.charCodeAt(0))], name, {{ type }}));
const event = new DragEvent("drop", {{ dataTransfer: hand, cancelable: true }});
document.querySelector(".t-drop").dispatchEvent(event);"""
PRESS = "[...document.querySelectorAll('button')].find(b => b.textContent === {!r}).click()"


class Firefox:
    """A headless Firefox with a new profile, by its own remote protocol, Marionette: no driver beside it.

    Args:
        program: its path.
        profile: an empty folder; downloads go there, too.
        port: that it listens on, on this machine alone.
    """

    def __init__(self, program: str, profile: Path, port: int):
        preferences = {"marionette.port": port, "browser.shell.checkDefaultBrowser": False}
        preferences |= {"browser.download.folderList": 2, "browser.download.dir": str(profile)}
        lines = [
            f"user_pref({json.dumps(name)}, {json.dumps(value)});" for name, value in preferences.items()
        ]
        (profile / "user.js").write_text("\n".join(lines))
        command = [program, "--headless", "--marionette", "--no-remote", "--profile", str(profile)]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.number, self.profile = 0, profile
        self.stream = self._connect(port).makefile("rwb")
        self._read()  # it says who it is
        self.ask("WebDriver:NewSession", {})

    def _connect(self, port: int) -> socket.socket:
        for _ in range(240):
            try:
                return socket.create_connection(("127.0.0.1", port), timeout=600)
            except OSError:
                time.sleep(0.5)
        raise TimeoutError("Firefox does not answer")

    def _read(self) -> Any:
        digits = b""
        while (character := self.stream.read(1)) != b":":
            digits += character
        return json.loads(self.stream.read(int(digits)))

    def ask(self, command: str, arguments: dict[str, Any]) -> Any:
        """Send a command, wait for its answer."""
        self.number += 1
        message = json.dumps([0, self.number, command, arguments]).encode()
        self.stream.write(b"%d:%s" % (len(message), message))
        self.stream.flush()
        _, _, error, answer = self._read()
        if error:
            raise RuntimeError(f"{command}: {error['message']}")
        return answer.get("value") if isinstance(answer, dict) and "value" in answer else answer

    def go(self, address: str) -> None:
        """Open a page."""
        self.ask("WebDriver:Navigate", {"url": address})

    def run(self, script: str) -> Any:
        """What a script returns, inside the page."""
        return self.ask("WebDriver:ExecuteScript", {"script": script, "args": [], "sandbox": None})

    def wait(self, script: str, seconds: float = 300) -> Any:
        """Ask again until a script returns something."""
        end = time.monotonic() + seconds
        while not (found := self.run(script)):
            if time.monotonic() > end:
                raise TimeoutError(script)
            time.sleep(0.5)
        return found

    def close(self) -> None:
        """End it."""
        self.process.terminate()
        self.process.wait(60)


@pytest.fixture(scope="module")
def firefox(tmp_path_factory):
    program = shutil.which("firefox-esr") or shutil.which("firefox")
    if program is None:
        pytest.skip("no firefox-esr or firefox on the PATH")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    program = Firefox(program, tmp_path_factory.mktemp("profile"), port)
    yield program
    program.close()


@pytest.fixture
def opened(firefox, short_assets, page_of, tmp_path):
    """Firefox, with the page opened from a folder."""
    (tmp_path / "page.html").write_text(page_of((short_assets / "page.js").as_uri()))
    firefox.go((tmp_path / "page.html").as_uri())
    return firefox


def drop(firefox, *files):
    """Drop files of a type each, such as (path, "image/png"), and wait for what comes of it."""
    coded = [(f.name, kind, base64.b64encode(f.read_bytes()).decode()) for f, kind in files]
    firefox.run(f"{STATE}.clip = null; {DROP.format(json.dumps(coded))}")
    firefox.wait(f"return {STATE}.clip || {TROUBLE}")
    return firefox.run(f"return {STATE}.clip && [{', '.join(f'{STATE}.clip.{k}' for k in KEYS)}]")


KEYS = ("name", "width", "height", "frames.length")


def test_firefox_takes_what_is_dropped(opened, lying_clip, tmp_path):
    files = [tmp_path / f"shot{t}.png" for t in (9, 10, 11)]
    for t, file in enumerate(files):
        Image.fromarray(np.full((300, 200, 3), 50 * t, np.uint8)).save(file)
    assert drop(opened, *((file, "image/png") for file in reversed(files))) == ["clip", 200, 300, 3]
    assert opened.run(f"return {STATE}.clip.stems") == ["shot9", "shot10", "shot11"]
    found = drop(opened, (lying_clip, "video/mp4"))
    trouble = opened.run(f"return {TROUBLE}")
    codec = "no video that this browser can play" not in trouble  # Firefox may be built without H.264
    assert found == (["phone", 240, 427, 24] if codec else None)
    assert drop(opened, (files[0], "video/mp4")) is None
    assert "no video that this browser can play" in opened.run(f"return {TROUBLE}")


def test_firefox_segments_and_saves_from_a_folder(opened):
    video = cutouts.load("val")[CLIP]
    opened.run(PRESS.format(CLIP))
    opened.wait(f"return {STATUS}.startsWith('{CLIP}:') || {TROUBLE}")
    opened.run(PRESS.format("MaskTrack"))
    opened.run(PRESS.format("Segment the clip"))
    opened.wait(f"return {STATUS}.startsWith('Done') || {TROUBLE}")
    assert opened.run(f"return {TROUBLE}") == ""
    found = opened.run(f"return {STATE}.results.get('masktrack').masks.map(m => Array.from(m))")
    recipe = replace(masktrack_recipe("laptop", "lite"), steps=0, height=240)
    expected = MaskTrack(lite_masktrack(), recipe).segment(video.frames, video.masks[0])
    for ours, theirs in zip(found, islice(expected, len(found)), strict=True):
        assert region_similarity(np.array(ours, bool).reshape(theirs.shape), theirs) > 0.98
    opened.run(PRESS.format("Save an animation (WebP)"))
    opened.wait(f"return {STATUS}.startsWith('The animation is') || {TROUBLE}")
    film = opened.profile / f"{CLIP}-masktrack.webp"
    for _ in range(60):  # it is written after the page has handed it over
        if film.is_file() and film.stat().st_size:
            break
        time.sleep(0.5)
    with Image.open(film) as pictures:
        assert pictures.n_frames == len(found)

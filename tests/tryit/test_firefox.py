"""The page "Try it" in Firefox: the same masks."""

from __future__ import annotations

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

from vostut import cutouts
from vostut.masktrack import MaskTrack, lite_masktrack, masktrack_recipe
from vostut.metrics import region_similarity

CLIP = "horse-trot"
PRESS = "[...document.querySelectorAll('button')].find(b => b.textContent === {!r}).click()"


class Firefox:
    """A headless Firefox with a new profile, by its own remote protocol, Marionette: no driver beside it.

    Args:
        program: its path.
        profile: an empty folder.
        port: that it listens on, on this machine alone.
    """

    def __init__(self, program: str, profile: Path, port: int):
        preferences = {"marionette.port": port, "browser.shell.checkDefaultBrowser": False}
        lines = [
            f"user_pref({json.dumps(name)}, {json.dumps(value)});" for name, value in preferences.items()
        ]
        (profile / "user.js").write_text("\n".join(lines))
        command = [program, "--headless", "--marionette", "--no-remote", "--profile", str(profile)]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.number = 0
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


@pytest.fixture
def firefox(tmp_path):
    program = shutil.which("firefox-esr") or shutil.which("firefox")
    if program is None:
        pytest.skip("no firefox-esr or firefox on the PATH")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    profile = tmp_path / "profile"
    profile.mkdir()
    program = Firefox(program, profile, port)
    yield program
    program.close()


def test_firefox_segments_from_a_folder(firefox, assets, page_of, tmp_path):
    page, video = tmp_path / "page.html", cutouts.load("val")[CLIP]
    page.write_text(page_of((assets / "page.js").as_uri()))
    firefox.go(page.as_uri())
    status = "document.querySelector('.t-status').textContent"
    trouble = "document.querySelector('.t-trouble').textContent"
    firefox.run(PRESS.format(CLIP))
    firefox.wait(f"return {status}.startsWith('{CLIP}:') || {trouble}")
    firefox.run(PRESS.format("MaskTrack"))
    firefox.run(PRESS.format("Segment the clip"))
    firefox.wait(f"return {status}.includes('frame 3 ') || {status}.includes('frame 4 ') || {trouble}")
    firefox.run(PRESS.format("Stop"))
    firefox.wait(f"return {status}.startsWith('Stopped') || {trouble}")
    assert firefox.run(f"return {trouble}") == ""
    masks = "document.querySelector('#tryit').tryit.state.results.get('masktrack').masks"
    found = firefox.run(f"return {masks}.slice(0, 3).map(m => Array.from(m))")
    recipe = replace(masktrack_recipe("laptop", "lite"), steps=0, height=240)
    expected = MaskTrack(lite_masktrack(), recipe).segment(video.frames, video.masks[0])
    for ours, theirs in zip(found, islice(expected, 3), strict=True):
        assert region_similarity(np.array(ours, bool).reshape(theirs.shape), theirs) > 0.98

"""The painting tool in a live JupyterLab: what is painted in the browser is a mask in Python, and back."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
import venv
from pathlib import Path

import nbformat
import numpy as np
import pytest
from installing import install
from nbformat.v4 import new_code_cell, new_notebook

CELLS = (
    """import hashlib
import numpy as np
from vostut.plot.paint import PaintWidget

truth = np.zeros((120, 200), bool)
truth[40:80, 60:140] = True
frame = np.where(truth[..., None], 220, 60).astype(np.uint8).repeat(3, axis=2)
widget = PaintWidget(frame, truth)
widget""",
    """digest = hashlib.sha256(widget.mask_bytes).hexdigest()
print("painted", widget.mask.sum(), digest, widget.scores["J"])""",
    """widget.mask = truth
print("repainted", widget.scores)""",
)

NOTEBOOK = "window.jupyterapp?.shell.currentWidget"
KERNEL = f"{NOTEBOOK}?.sessionContext?.session?.kernel"
CONNECTED = f"{KERNEL}?.connectionStatus === 'connected' && {KERNEL}.status === 'idle'"
RUN = f"""async (number) => {{
    const notebook = {NOTEBOOK};
    notebook.content.activeCellIndex = number;
    await window.jupyterapp.commands.execute("notebook:run-cell");
}}"""


@pytest.fixture(scope="module")
def lab_program(tmp_path_factory):
    """JupyterLab: the one on the PATH, or else a new one. Kernel and widgets are this environment's own."""
    if (there := shutil.which("jupyter-lab")) is not None:
        return there
    folder = tmp_path_factory.mktemp("lab")
    venv.create(folder / "venv", with_pip=True)
    programs = folder / "venv" / ("Scripts" if os.name == "nt" else "bin")
    pip = [programs / "python", "-m", "pip", "install", "-q", "--no-compile", "jupyterlab>=4"]
    install(pip, timeout=1800)
    return programs / "jupyter-lab"


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


@pytest.fixture
def lab(lab_program, tmp_path):
    """The address of a notebook that is open in JupyterLab."""
    kernel = tmp_path / "share" / "kernels" / "vostut"
    kernel.mkdir(parents=True)
    command = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    about = {"argv": command, "display_name": "vostut", "language": "python"}
    (kernel / "kernel.json").write_text(json.dumps(about))
    notebook = new_notebook(
        cells=[new_code_cell(source) for source in CELLS],
        metadata={"kernelspec": {"name": "vostut", "display_name": "vostut", "language": "python"}},
    )
    work = tmp_path / "work"
    work.mkdir()
    nbformat.write(notebook, work / "paint.ipynb")
    shared = [tmp_path / "share", Path(sys.prefix) / "share" / "jupyter"]
    own = {"JUPYTER_PATH": os.pathsep.join(map(str, shared))} | {
        name: str(tmp_path / name)
        for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR")
    }
    port = free_port()
    options = [
        "--no-browser",
        "--allow-root",
        "--ip=127.0.0.1",
        f"--port={port}",
        "--ServerApp.port_retries=0",
    ]
    options += ["--IdentityProvider.token=", f"--ServerApp.root_dir={work}", "--LabApp.news_url="]
    options += ["--LabApp.expose_app_in_browser=True"]  # or a test could only look at the page and guess
    with (tmp_path / "log.txt").open("w") as log:
        server = subprocess.Popen([lab_program, *options], env=os.environ | own, stdout=log, stderr=log)
        try:
            wait_for(f"http://127.0.0.1:{port}/api/status", server)
            yield f"http://127.0.0.1:{port}/lab/tree/paint.ipynb"
        finally:
            server.terminate()
            server.wait(30)


def wait_for(address, server):
    """Until the server answers."""
    for _ in range(180):
        assert server.poll() is None, "JupyterLab ended"
        try:
            return urllib.request.urlopen(address, timeout=5).close()
        except OSError:
            time.sleep(1)
    raise TimeoutError(address)


@pytest.mark.slow
def test_painting_in_jupyterlab_reaches_python(lab, browser):
    page = browser.new_page(viewport={"width": 1300, "height": 1400})
    page.set_default_timeout(120_000)
    page.goto(lab)
    page.wait_for_function(CONNECTED)

    def run(number):
        """Run one cell, and wait for its number: what is sent while the kernel connects is dropped."""
        page.evaluate(RUN, number)
        prompt = page.locator(".jp-CodeCell .jp-InputPrompt").nth(number)
        prompt.filter(has_text=re.compile(r"\[\d+\]:")).wait_for()

    run(0)
    root = page.locator(".vostut-paint")
    root.locator("canvas").first.wait_for()
    box = root.locator("canvas").first.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x - 40, y)
    page.mouse.down()
    page.mouse.move(x + 40, y, steps=6)
    page.mouse.up()
    painted = np.array(root.evaluate("e => Array.from(e.vostut.getMask())"), bool)
    shown = root.evaluate("e => e.vostut.scores()")
    assert painted.any()
    run(1)
    said = page.get_by_text(re.compile("^painted ")).last.inner_text().split()
    assert said[1:3] == [str(painted.sum()), hashlib.sha256(painted.tobytes()).hexdigest()]
    assert float(said[3]) == pytest.approx(shown["J"], abs=1e-12)
    run(2)
    assert "1.0" in page.get_by_text(re.compile("^repainted ")).last.inner_text()
    page.wait_for_function("document.querySelector('.vostut-paint').vostut.scores().J === 1")
    page.close()

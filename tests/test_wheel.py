"""The wheel alone, without extras and outside the repository, does what the README shows."""

import os
import subprocess
import sys
import venv
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from small_data import result_members, write_davis, write_zip

REPOSITORY = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def vostut(tmp_path_factory):
    """The command, from a wheel in an environment of its own."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", folder, REPOSITORY]
    subprocess.run(build, check=True, timeout=300)
    venv.create(folder / "venv", with_pip=True)
    programs = folder / "venv" / ("Scripts" if os.name == "nt" else "bin")
    wheel = next(folder.glob("vostut-*.whl"))
    subprocess.run([programs / "python", "-m", "pip", "install", "-q", wheel], check=True, timeout=1500)
    return programs / "vostut"


def run(vostut, *arguments, cwd):
    kept = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "DAVIS", "VOSTUT_WEIGHTS")}
    command = [vostut, *map(str, arguments)]
    return subprocess.run(command, cwd=cwd, env=kept, capture_output=True, text=True, timeout=900)


@pytest.mark.slow
def test_an_installed_wheel_evaluates_segments_and_reproduces(vostut, tmp_path):
    root = write_davis(tmp_path / "DAVIS", {"left": 8, "right": 6})
    masks = write_zip(tmp_path / "perfect.zip", result_members())
    done = run(vostut, "evaluate", masks, "--davis", root, "--metrics", "J,F", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "1.000" in done.stdout

    frames, mask = tmp_path / "clip", np.zeros((48, 64), np.uint8)
    frames.mkdir()
    mask[10:30, 20:40] = 255
    Image.fromarray(mask).save(tmp_path / "first.png")
    for t in range(3):
        picture = np.roll(np.where(mask[..., None] > 0, 220, 60).astype(np.uint8), 2 * t, axis=1)
        Image.fromarray(np.broadcast_to(picture, (48, 64, 3))).save(frames / f"{t:05d}.jpg")
    clip = ("clip", "--mask", "first.png", "--preset", "quick", "--steps", "2", "--out", "out.mp4")
    done = run(vostut, "segment", "osvos", *clip, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "out.mp4").stat().st_size > 500

    quick = ("--profile", "quick", "--sequences", "horse-trot", "--out", "mine")
    done = run(vostut, "reproduce", *quick, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "horse-trot" in (tmp_path / "mine" / "report.html").read_text()

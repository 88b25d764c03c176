"""What a command writes is not lost, and replaces nothing that it reads; a bad value is named."""

import hashlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from small_data import heed_interrupts, result_members, write_clip, write_folder

from vostut.cli import main
from vostut.cli.options import path
from vostut.images import read_mask, write_mask
from vostut.video import open_frames, write_video

CLAIMS = Path(__file__).parents[2] / "ledger" / "claims" / "davis2016.json"


@pytest.fixture
def clip(tmp_path):
    """A folder of 6 frames from 00003 on, the mask of the first, and what `segment` takes for them."""
    return write_clip(tmp_path, 6, (48, 64), (10, 8), first=3)


def segment(video, mask, parent, out, masks, *more):
    return main(
        ["segment", "osvos", str(video), "--mask", str(mask), "--out", str(out), "--masks", str(masks),
         "--parent", str(parent), "--preset", "quick", "--steps", "1", "--device", "cpu", *map(str, more)]
    )  # fmt: skip


def names(folder):
    return sorted(there.name for there in folder.iterdir())


def digest(folder):
    return {p: hashlib.md5(p.read_bytes()).hexdigest() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_what_a_failed_command_has_finished_is_kept(clip, untrained, tmp_path, capsys):
    (clip[0] / "00007.png").write_bytes(b"broken")
    masks = tmp_path / "masks"
    assert segment(*clip, untrained, tmp_path / "o.mp4", masks) == 2
    assert "00007.png" in capsys.readouterr().err
    assert names(masks) == ["00003.png", "00004.png", "00005.png", "00006.png"]
    assert len(open_frames(tmp_path / "o.mp4")) == 4
    assert not list(tmp_path.glob(".*"))


def test_an_output_never_replaces_an_input(clip, untrained, tmp_path, capsys):
    frames, first = clip
    video = tmp_path / "in.mp4"
    write_video(video, iter(open_frames(frames)))
    (tmp_path / "link.mp4").symlink_to(video)
    (tmp_path / "beside").mkdir()
    (tmp_path / "beside" / "00004.png").symlink_to(frames / "00004.png")
    (tmp_path / "of_first").mkdir()
    mask = tmp_path / "of_first" / "00003.png"
    mask.write_bytes(first.read_bytes())
    before = digest(tmp_path)
    new = tmp_path / "new.mp4"
    for source, given, out, masks in (
        (video, first, video, tmp_path / "m"),
        (video, first, tmp_path / "link.mp4", tmp_path / "m"),
        (frames, first, new, frames),
        (frames, first, new, tmp_path / "beside"),
        (frames, mask, new, mask.parent),
    ):
        assert segment(source, given, untrained, out, masks) == 2
        assert "is read by this command" in capsys.readouterr().err
        assert digest(tmp_path) == before


def test_masks_of_another_video_are_not_mixed_with_new_ones(clip, untrained, tmp_path, capsys):
    masks = tmp_path / "masks"
    assert segment(*clip, untrained, tmp_path / "o.mp4", masks) == 0
    assert segment(*clip, untrained, tmp_path / "o.mp4", masks) == 0  # the same masks once more
    (masks / "._00003.png").write_bytes(b"\0\5\x16\7")
    (clip[0] / "00008.png").write_bytes(b"broken")
    assert segment(*clip, untrained, tmp_path / "o.mp4", masks) == 2
    assert "00008.png" not in names(masks)  # the earlier call's
    write_mask(masks / "00009.png", np.ones((48, 64), bool))
    capsys.readouterr()
    before = digest(masks)
    assert segment(*clip, untrained, tmp_path / "o.mp4", masks) == 2
    assert "holds 00009.png already" in capsys.readouterr().err
    assert digest(masks) == before


def test_masks_are_found_by_evaluate_under_their_frames_names(clip, untrained, tmp_path, capsys):
    frames = clip[0]
    assert segment(*clip, untrained, tmp_path / "o.mp4", tmp_path / "results" / "clip") == 0
    root = tmp_path / "DAVIS"
    for folder in ("JPEGImages", "Annotations"):
        (root / folder / "480p").mkdir(parents=True)
    (root / "ImageSets" / "480p").mkdir(parents=True)
    (root / "ImageSets" / "480p" / "val.txt").write_text("clip\n")
    frames.rename(root / "JPEGImages" / "480p" / "clip")
    for t in range(3, 9):
        write_mask(
            root / f"Annotations/480p/clip/{t:05d}.png",
            read_mask(tmp_path / "results" / "clip" / f"{t:05d}.png"),
        )
    data = ["--davis", str(root), "--dataset", "layout", "--metrics", "J", "--jobs", "1"]
    assert main(["evaluate", str(tmp_path / "results"), *data]) == 0
    assert "1.000" in capsys.readouterr().out


SEGMENT = "segment osvos v.mp4 --mask m.png --out o.mp4"
RUN = "run osvos --dataset cutouts --out r"


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (f"{SEGMENT} --seed -1", "--seed: '-1' (expected a whole number of at least 0"),
        (f"{SEGMENT} --threads 99999999999", "and at most 1024"),
        (f"{SEGMENT} --fps 0", "--fps: '0' (expected a number of frames from 0.01 to 1000)"),
        (f"{SEGMENT} --fps nan", "--fps: 'nan'"),
        (f"{SEGMENT} --zoom nan,1", "0.1 <= low <= high <= 10"),
        (f"{SEGMENT} --rate 0", "--rate: '0' (expected a learning rate above 0, and at most 1)"),
        (f"{SEGMENT} --rate fast", "--rate: 'fast' (expected a learning rate"),
        (f"{SEGMENT} --steps ²", "--steps: '²' (expected a whole number of at least 1"),
        (f"{SEGMENT} --precision fp16", "--precision: invalid choice: 'fp16'"),
        (f"{SEGMENT} --masks ", "--masks: '' (expected a name)"),
        (f"{RUN} --budgets 5,0", "--budgets: '0' (expected a whole number of at least 1"),
        (f"{RUN} --record ", "--record: '' (expected a name)"),
        ("train osvos --out ", "--out: '' (expected a name)"),
        ("train osvos --out t --workers -1", "--workers: '-1'"),
        ("download gygo --sha256 abc", "--sha256: 'abc' (expected 64 hexadecimal digits)"),
        ("cutouts ", "'' (expected a name)"),
    ],
)
def test_a_bad_value_is_named_with_its_range(command, words, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit, match="2"):
        main(command.split(" "))
    assert words in capsys.readouterr().err
    assert names(tmp_path) == []


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (f"{RUN} --preset quick --steps 4 --budgets 2,9", "--budgets: 9 (expected 1 to 4"),
        (f"{RUN} --preset quick --budgets 2 --online", "--budgets: the network changes while the video runs"),
        ("run copy --dataset cutouts --out r --budgets 2", "--budgets: there is no fine-tuning"),
        ("run copy --dataset cutouts --out r --device cuda", "--device cuda: PyTorch finds no GPU"),
        ("reproduce --profile quick --methods copy --device cuda --out r", "--device cuda: PyTorch finds no"),
        (f"{SEGMENT} --device cuda", "--device cuda: PyTorch finds no GPU"),
        ("train osvos --dataset cutouts --nodes 2 --out r", "--nodes 2: nothing has started the other"),
        ("ledger claims --ledger . --claims c.json --leaderboard b.json", "c.json: "),
    ],
)
def test_what_cannot_be_done_is_said_before_anything_is_written(
    command, words, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    for name in ("RANK", "NODE_RANK", "SLURM_NTASKS"):
        monkeypatch.delenv(name, raising=False)
    assert main(command.split()) == 2
    assert words in capsys.readouterr().err
    assert names(tmp_path) == []


def test_a_run_whose_plan_is_no_json_is_named(tmp_path, capsys):
    (tmp_path / "run.json").write_text("")
    assert main(["run", "copy", "--dataset", "cutouts", "--out", str(tmp_path)]) == 2
    assert "run.json: not JSON" in capsys.readouterr().err


def test_scores_of_something_else_are_no_leaderboard(tmp_path, capsys):
    board = tmp_path / "b.json"
    for text in ("[1]", '{"osvos": 3}', "{"):
        board.write_text(text)
        claims = ["ledger", "claims", "--claims", str(CLAIMS), "--ledger", str(tmp_path / "none")]
        (tmp_path / "none").mkdir(exist_ok=True)
        assert main([*claims, "--leaderboard", str(board)]) == 2
        assert "b.json: not" in capsys.readouterr().err


def vostut(tail, **environment):
    """The command line in a shell, without a terminal."""
    line = f"set -o pipefail; {sys.executable} -m vostut {tail}"
    return subprocess.run(
        ["bash", "-c", line], capture_output=True, text=True, env={**os.environ, **environment}
    )


def test_a_reader_that_leaves_and_a_terminal_without_letters_stop_nothing(tiny_davis, tmp_path):
    results = write_folder(tmp_path / "results", result_members())
    score = f"evaluate {results} --davis {tiny_davis} --metrics J --jobs 1"
    done = vostut(f"{score} --out {tmp_path / 'ü.json'} | true", PYTHONIOENCODING="ascii")
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "ü.json").exists()
    done = vostut(f"{score} --out {tmp_path / 'ü.json'}", PYTHONIOENCODING="ascii")
    assert done.returncode == 0
    assert r"\xfc.json" in done.stdout
    done = vostut(f"{score} > /dev/full")
    assert (done.returncode, done.stderr) == (2, "vostut: the output: No space left on device\n")


def test_a_warning_is_one_plain_line(tmp_path, clip, untrained):
    frames, first = clip
    Image.new("RGB", (64, 48)).save(frames / "mask.jpg")
    (frames / "00004.png").write_bytes(b"")
    done = vostut(
        f"segment osvos {frames} --mask {first} --parent {untrained} --preset quick --steps 1 --device cpu"
        f" --out {tmp_path / 'o.mp4'}"
    )
    assert done.returncode == 2
    warning, error = done.stderr.splitlines()  # and no progress bar, as this is not a terminal
    assert warning == f"vostut: {frames}: mask.jpg is not of the frames' kind, and is passed over"
    assert error.startswith(f"vostut: {frames / '00004.png'}: ")


def test_an_interrupted_command_keeps_what_it_has_finished(tmp_path, clip, untrained):
    frames, first = clip
    for t in range(9, 2000):
        (frames / f"{t:05d}.png").symlink_to(frames / "00003.png")
    options = (
        f"--mask {first} --parent {untrained} --preset quick --steps 1 --device cpu --masks m --out o.mp4"
    )
    process = subprocess.Popen(
        [sys.executable, "-m", "vostut", "segment", "osvos", str(frames), *options.split()],
        cwd=tmp_path, env={**os.environ, "PYTHONPATH": os.getcwd()}, stderr=subprocess.PIPE, text=True,
        preexec_fn=heed_interrupts,
    )  # fmt: skip
    while process.poll() is None and len(list((tmp_path / "m").glob("*.png"))) < 5:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    assert process.communicate()[1] == "vostut: interrupted\n"
    assert process.returncode == 130
    written = len(list((tmp_path / "m").glob("*.png")))
    assert 5 <= written < 1997
    assert written - 1 <= len(open_frames(tmp_path / "o.mp4")) <= written


def test_a_name_is_not_empty():
    assert path("x").name == "x"


def test_a_budget_beyond_an_early_stop_is_the_network_that_stopped(
    tiny_davis, untrained, tmp_path, monkeypatch, capsys
):
    from dataclasses import replace

    from vostut.osvos import OSVOS

    def stopped(self, frame, mask, plain=OSVOS.fine_tune):
        self.recipe = replace(self.recipe, steps=2)
        return plain(self, frame, mask)

    monkeypatch.setattr(OSVOS, "fine_tune", stopped)
    command = f"run osvos --dataset layout --davis {tiny_davis} --sequences left --parent {untrained}"
    options = f"--preset quick --steps 4 --budgets 1,3 --device cpu --out {tmp_path / 'run'}"
    assert main([*command.split(), *options.split(), "--record", str(tmp_path / "row.json")]) == 0
    assert {"row-budget-1.json", "row-budget-3.json", "row.json"} <= set(names(tmp_path))
    at_end, beyond = (tmp_path / "run" / name / "left" for name in ("probabilities", "probabilities-after-3"))
    assert list(digest(at_end).values()) == list(digest(beyond).values())

"""``vostut reproduce``: one command, stopped and resumed, on processes and on a cluster."""

import json
import os
import signal
import sys
import threading
import time
from errno import ENOSPC
from pathlib import Path

import numpy as np
import pytest

from vostut.cli import main
from vostut.images import read_rgb
from vostut.masktrack import MASKTRACK_LITE
from vostut.osvos import OSVOS_LITE

QUICK = ["reproduce", "--profile", "quick", "--sequences", "horse-trot,cat-lookout", "--threads", "1"]


def masks_of(folder):
    return {p.relative_to(folder): read_rgb(p) for p in sorted((folder / "runs").rglob("*.png"))}


def test_the_baselines_are_scored_and_reported(tmp_path, capsys):
    assert main([*QUICK, "--methods", "copy,warp", "--out", str(tmp_path)]) == 0
    rows = {p.stem: json.loads(p.read_text()) for p in (tmp_path / "ledger").glob("*.json")}
    assert rows["warp"]["score"]["J"]["mean"] > rows["copy"]["score"]["J"]["mean"]
    for page in ("report.md", "report.html"):
        text = (tmp_path / page).read_text()
        assert "warp the last mask by flow" in text
        assert "horse-trot" in text
        assert str(tmp_path / page) in capsys.readouterr().out or page == "report.html"


def test_a_second_call_does_nothing_again(tmp_path):
    command = [*QUICK, "--methods", "warp", "--out", str(tmp_path)]
    assert main(command) == 0
    times = {p: p.stat().st_mtime_ns for p in (tmp_path / "runs").rglob("probabilities/*/*.png")}
    assert len(times) > 20
    (tmp_path / "runs" / "warp" / "sequences" / "horse-trot.json").unlink()  # as if stopped in this video
    assert main(command) == 0
    again = {p: p.stat().st_mtime_ns for p in times}
    assert {p.parent.name for p in times if again[p] != times[p]} == {"horse-trot"}


def test_a_full_disk_is_named_and_nothing_is_lost(tmp_path, monkeypatch, capsys):
    command = [*QUICK, "--methods", "warp", "--out"]
    assert main([*command, str(tmp_path / "whole")]) == 0
    room = [30]

    def write(self, data):
        room[0] -= 1
        if room[0] < 0:
            raise OSError(ENOSPC, "No space left on device")
        return self.open("wb").write(data)

    with monkeypatch.context() as small:
        small.setattr(Path, "write_bytes", write)
        assert main([*command, str(tmp_path / "parts")]) != 0
    assert "the disk is full: make room and run the same command again" in capsys.readouterr().err
    assert main([*command, str(tmp_path / "parts")]) == 0
    whole, parts = (masks_of(tmp_path / name) for name in ("whole", "parts"))
    assert whole.keys() == parts.keys()
    assert all((whole[name] == parts[name]).all() for name in whole)


def test_a_failed_sequence_is_reported_and_the_others_are_scored(tmp_path, tiny_davis, capsys):
    frame = next(iter(sorted((tiny_davis / "JPEGImages").rglob("*.jpg"))))
    broken = frame.parent.name
    frame.with_name("00001.jpg").write_bytes(b"")
    command = ["reproduce", "--dataset", "layout", "--davis", str(tiny_davis), "--methods", "warp"]
    command += ["--out", str(tmp_path / "out")]
    assert main(command) == 1
    assert f"{broken}: " in capsys.readouterr().err
    row = json.loads((tmp_path / "out" / "ledger" / "warp.json").read_text())
    assert row["score"]["sequences"]
    assert broken not in row["score"]["sequences"]
    assert broken in (tmp_path / "out" / "report.md").read_text()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (["--methods", "sam"], "no method is called 'sam'"),
        (["--methods", "osvos", "--osvos", "absent.safetensors"], "absent.safetensors: no such checkpoint"),
        (["--methods", "copy", "--cluster", "tcp://127.0.0.1:1"], "no scheduler answers"),
        (["--methods", "copy", "--sequences", "nobody"], "nobody"),
    ],
)
def test_bad_input_is_named(change, words, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("vostut.reproduction.reproduce.PATIENCE", 1)
    assert main([*QUICK, *change, "--out", str(tmp_path)]) == 2
    assert words in capsys.readouterr().err


@pytest.mark.parametrize("method", ["osvos", "masktrack"])
def test_a_broken_checkpoint_is_named_and_what_is_there_stays(method, tmp_path, capsys):
    whole = {"osvos": OSVOS_LITE, "masktrack": MASKTRACK_LITE}[method].read_bytes()
    broken, out = tmp_path / "broken.safetensors", tmp_path / "out"
    assert main([*QUICK, "--methods", "copy", "--out", str(out)]) == 0
    before = masks_of(out).keys()
    broken.write_bytes(whole[: len(whole) // 2])  # the copying was cut off
    assert main([*QUICK, "--methods", f"copy,{method}", f"--{method}", str(broken), "--out", str(out)]) == 2
    assert f"{broken}: not a readable .safetensors checkpoint" in capsys.readouterr().err
    assert masks_of(out).keys() == before


def test_a_cluster_loses_a_worker_and_nothing_else(tmp_path):
    """Two Dask workers, one of them killed in the middle: the same masks as on this machine alone."""
    distributed = pytest.importorskip("distributed")
    local, far = tmp_path / "local", tmp_path / "far"
    methods = ["--methods", "warp,copy"]
    assert main([*QUICK, *methods, "--out", str(local)]) == 0
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster:
        with distributed.Client(cluster) as client:
            victim = next(iter(client.run(os.getpid).values()))
        killer = threading.Thread(target=_kill_when_work_has_begun, args=(far / "runs", victim))
        killer.start()
        assert main([*QUICK, *methods, "--out", str(far), "--cluster", cluster.scheduler_address]) == 0
        killer.join()
    assert not Path(f"/proc/{victim}").exists() or os.name != "posix"
    here, there = masks_of(local), masks_of(far)
    assert here.keys() == there.keys()
    for name, mask in here.items():
        np.testing.assert_array_equal(mask, there[name], str(name))
    row = json.loads((far / "ledger" / "warp.json").read_text())
    assert row["jobs"] >= 1  # as many as the cluster had workers
    assert all(seconds >= 0 for seconds in row["seconds"].values())


def _kill_when_work_has_begun(folder, victim):
    """Wait for the first image, then kill a worker without a word."""
    until = time.monotonic() + 60
    while time.monotonic() < until and not any(folder.rglob("*.png")):
        time.sleep(0.01)
    os.kill(victim, signal.SIGKILL)


@pytest.mark.parametrize("command", [["reproduce", "--methods", "copy"], ["run", "masktrack"]])
def test_a_missing_crf_is_named_before_anything_is_computed(command, tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "pydensecrf", None)
    place = ["--dataset", "cutouts", "--out", str(tmp_path / "out"), "--crf"]
    assert main([*command, *place]) == 2
    assert "pip install pydensecrf2" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()

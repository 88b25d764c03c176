"""The command line: what it prints, what it writes, and exit code 2 for bad input."""

import json

import numpy as np
import pytest
from small_data import mask_png, result_members, write_zip

from vostut import __version__
from vostut.cli import main


def run(*arguments):
    return main([str(a) for a in arguments])


def test_evaluate_prints_and_writes(tiny_davis, tmp_path, capsys):
    path = write_zip(tmp_path / "m.zip", result_members())
    assert run("evaluate", path, "--davis", tiny_davis, "--jobs", 1, "--out", tmp_path / "s.json") == 0
    assert "val: 2 sequences, 10 frames" in capsys.readouterr().out
    assert json.loads((tmp_path / "s.json").read_text())["J"]["mean"] == 1


def test_leaderboard_of_a_folder_of_zips(tiny_davis, tmp_path, capsys):
    for name in ("osvos", "stm"):
        write_zip(tmp_path / f"{name}.zip", result_members())
    out = tmp_path / "board.json"
    assert (
        run("leaderboard", tmp_path, "--davis", tiny_davis, "--metrics", "J,F", "--jobs", 1, "--out", out)
        == 0
    )
    assert "OSVOS" in capsys.readouterr().out
    assert set(json.loads(out.read_text())) == {"osvos", "stm"}


def test_davis_variable_is_the_default(tiny_davis, tmp_path, monkeypatch):
    path = write_zip(tmp_path / "m.zip", result_members())
    monkeypatch.setenv("DAVIS", str(tiny_davis))
    assert run("evaluate", path, "--metrics", "J", "--jobs", 1) == 0


@pytest.mark.parametrize(
    ("member", "data", "message"),
    [
        ("left/00002.png", b"junk", "left/00002.png: not a PNG"),
        ("left/00002.png", mask_png(np.ones((3, 3), bool)), "3 x 3 pixels (expected 64 x 48"),
        ("left/00002.png", mask_png(np.eye(48, 64))[:-30], "corrupt PNG"),
        ("../x/00000.png", b"", "points outside the archive"),
    ],
    ids=["not a png", "wrong size", "truncated", "zip slip"],
)
def test_bad_input_exits_with_2_and_writes_nothing(tiny_davis, tmp_path, capsys, member, data, message):
    path = write_zip(tmp_path / "m.zip", result_members() | {member: data})
    out = tmp_path / "s.json"
    assert run("evaluate", path, "--davis", tiny_davis, "--jobs", 1, "--out", out) == 2
    captured = capsys.readouterr()
    assert message in captured.err
    assert captured.out == ""
    assert not out.exists()


def test_no_data_named(tmp_path, capsys, monkeypatch):
    monkeypatch.delenv("DAVIS", raising=False)
    path = write_zip(tmp_path / "m.zip", result_members())
    assert run("evaluate", path) == 2
    assert "--davis ROOT" in capsys.readouterr().err


@pytest.mark.parametrize("option", [("--metrics", "J,X"), ("--jobs", "0"), ("--convention", "mine")])
def test_bad_options_exit_with_2(tmp_path, option):
    with pytest.raises(SystemExit, match="2"):
        run("evaluate", tmp_path, *option)


def test_interruption(tiny_davis, tmp_path, monkeypatch, capsys):
    import vostut.evaluation

    def interrupted(*_args, **_options):
        raise KeyboardInterrupt

    monkeypatch.setattr(vostut.evaluation, "evaluate", interrupted)
    assert run("evaluate", tmp_path, "--davis", tiny_davis) == 130
    assert "interrupted" in capsys.readouterr().err


def test_help_and_version(capsys):
    for option in ("--help", "--version"):
        with pytest.raises(SystemExit, match="0"):
            run(option)
    assert f"vostut {__version__}\n" in capsys.readouterr().out


def test_cutouts_are_written_where_asked(tmp_path, monkeypatch, capsys):
    from vostut import cutouts

    monkeypatch.setattr(cutouts, "generate", lambda root: (root / "JPEGImages").mkdir(parents=True))
    assert run("cutouts", tmp_path / "toys") == 0
    assert (tmp_path / "toys" / "JPEGImages").is_dir()
    assert "wrote 10 videos" in capsys.readouterr().out


def test_evaluate_on_the_cutouts(tmp_path, capsys):
    """The embedded data set needs no root; its own masks score 1."""
    from vostut import cutouts
    from vostut.images import write_mask

    for name, video in cutouts.load("val").items():
        for t, mask in enumerate(video.masks):
            write_mask(tmp_path / name / f"{t:05d}.png", mask)
    assert run("evaluate", tmp_path, "--dataset", "cutouts", "--metrics", "J,F", "--jobs", 2) == 0
    assert capsys.readouterr().out.splitlines()[-3].split()[:3] == ["all", "1.000", "1.000"]


@pytest.mark.parametrize("name", ["davis2016", "davis2017", "gygo"])
def test_download_says_what_it_would_fetch(tmp_path, name, capsys):
    assert run("download", name, "--root", tmp_path, "--dry-run") == 0
    assert "http" in "".join(capsys.readouterr())
    assert list(tmp_path.iterdir()) == []

"""``vostut evaluate`` and ``leaderboard``: options, outputs, and what damage and odd encodings do."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image
from small_data import mask_png, moving_square, result_members, write_davis, write_folder, write_zip

from vostut.cli import main
from vostut.images import PALETTE, write_mask
from vostut.metrics import contour_accuracy

N_FUZZ = int(os.environ.get("VOSTUT_FUZZ", "60"))
"""Damaged inputs; a long run sets the variable."""


def run(*arguments):
    return main([str(a) for a in arguments])


def test_csv_has_the_official_columns(tiny_davis, tmp_path, capsys):
    path = write_zip(tmp_path / "m.zip", result_members())
    options = ("--davis", tiny_davis, "--jobs", 1, "--csv", tmp_path / "csv", "--out", tmp_path / "s.json")
    assert run("evaluate", path, *options) == 0
    rows = list(csv.DictReader((tmp_path / "csv/global_results-val.csv").open()))
    assert list(rows[0]) == ["J&F-Mean", "J-Mean", "J-Recall", "J-Decay", "F-Mean", "F-Recall", "F-Decay"]
    rows = list(csv.DictReader((tmp_path / "csv/per-sequence_results-val.csv").open()))
    assert [row["Sequence"] for row in rows] == ["left", "right"]
    assert capsys.readouterr().out.count("wrote ") == 3
    assert run("evaluate", path, *options[:-2], "--metrics", "F") == 2
    assert "--csv: the official tables have J and F" in capsys.readouterr().err


def test_attributes_are_in_the_json(tmp_path):
    root = write_davis(tmp_path / "D", {"bear": 5, "goat": 5})
    members = {f"{n}/{t:05d}.png": mask_png(moving_square(t)) for n in ("bear", "goat") for t in range(5)}
    path = write_zip(tmp_path / "m.zip", members)
    assert run("evaluate", path, "--davis", root, "--jobs", 1, "--out", tmp_path / "s.json") == 0
    attributes = json.loads((tmp_path / "s.json").read_text())["attributes"]
    assert attributes["BC"] == {
        "sequences": 1, "J": {"with": 1.0, "without": 1.0}, "F": {"with": 1.0, "without": 1.0}
    }  # fmt: skip
    assert attributes["DEF"]["sequences"] == 2
    assert attributes["DEF"]["J"]["without"] is None


def test_several_and_merge(two_objects, tmp_path, capsys):
    root, ids = two_objects
    for t in range(5):
        write_mask(tmp_path / f"r/pair/{t:05d}.png", ids)
    options = ("evaluate", tmp_path / "r", "--davis", root, "--dataset", "layout", "--jobs", 1)
    assert run(*options) == 2
    assert "--several keeps them apart; in scoring, --merge takes them as one" in capsys.readouterr().err
    for option, says in (
        ("--several", "Each object was scored"),
        ("--merge", "All objects were taken as one"),
    ):
        assert run(*options, option) == 0
        assert says in capsys.readouterr().out
    assert run(*options, "--unsupervised") == 0
    assert "Proposals were matched" in capsys.readouterr().out
    with pytest.raises(SystemExit, match="2"):
        run(*options, "--several", "--merge")
    assert run(*options[:-4], "--several", "--dataset", "davis2016") == 2


def test_strict_refuses_what_is_remarked_on(tiny_davis, tmp_path, capsys):
    members = {f"frame_{name[-9:]}": data for name, data in result_members().items()}
    members = {name.replace("/", "/frame_"): data for name, data in result_members().items()}
    path = write_zip(tmp_path / "m.zip", members | {"more/00000.png": b""})
    options = ("evaluate", path, "--davis", tiny_davis, "--jobs", 1, "--metrics", "J")
    assert run(*options) == 0
    remarks = capsys.readouterr().err
    assert "not scored, for the data set has no such sequence: more" in remarks
    assert "left/frame_00000.png and others of left belong to frames of the same numbers" in remarks
    assert run(*options, "--strict") == 2
    assert "to be strict" in capsys.readouterr().err


def stretched(t: int) -> np.ndarray:
    mask = np.zeros((48, 64), bool)
    mask[8 : 20 + 5 * (t % 4), 8 + 2 * t : 20 + 2 * t] = True
    return mask


@pytest.mark.parametrize("metrics", ["J", "F", "T", "J,F", "F,T"])
def test_leaderboard_of_any_metric(tiny_davis, tmp_path, metrics, capsys):
    write_zip(tmp_path / "good.zip", result_members())
    bad = {name: mask_png(stretched(t)) for t, name in enumerate(result_members())}
    write_zip(tmp_path / "bad.ZIP", bad)
    options = ("--davis", tiny_davis, "--dataset", "layout", "--jobs", 1, "--metrics", metrics)
    assert run("leaderboard", tmp_path, *options) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()[2:]] == ["good", "bad"]


def test_leaderboard_keeps_the_good_ones(tiny_davis, tmp_path, capsys):
    write_zip(tmp_path / "osvos.zip", result_members())
    write_zip(tmp_path / "broken.zip", {"left/00000.png": b""})
    options = ("--davis", tiny_davis, "--dataset", "layout", "--jobs", 1, "--out", tmp_path / "b.json")
    assert run("leaderboard", tmp_path, *options) == 2
    said = capsys.readouterr()
    assert "broken.zip: no masks for right" in said.err
    assert "0.798" not in said.out  # official numbers are of DAVIS-2016
    assert set(json.loads((tmp_path / "b.json").read_text())) == {"osvos"}
    (tmp_path / "again").mkdir()
    write_zip(tmp_path / "again/osvos.zip", result_members())
    assert run("leaderboard", tmp_path / "osvos.zip", tmp_path / "again/osvos.zip", *options) == 2
    assert "expected a name of its own" in capsys.readouterr().err


def test_what_is_written_survives_a_closed_pipe(tiny_davis, tmp_path):
    path = write_zip(tmp_path / "m.zip", result_members())
    command = [sys.executable, "-m", "vostut", "evaluate", path, "--davis", tiny_davis, "--jobs", 1]
    read, write = os.pipe()
    os.close(read)
    subprocess.run([*map(str, command), "--out", str(tmp_path / "s.json")], stdout=write, stderr=-3)
    os.close(write)
    assert json.loads((tmp_path / "s.json").read_text())["J"]["mean"] == 1


def test_scores_are_shown_if_they_cannot_be_written(tiny_davis, tmp_path, capsys):
    path = write_zip(tmp_path / "m.zip", result_members())
    for command in ("evaluate", "leaderboard"):
        options = ("--davis", tiny_davis, "--jobs", 1, "--metrics", "J", "--out", tmp_path)
        assert run(command, path, *options) == 2
        said = capsys.readouterr()
        assert "1.000" in said.out
        assert str(tmp_path) in said.err


# --- the score does not depend on the encoding, or the input is refused

ENCODINGS = ("0/1", "0/255", "1 bit", "palette", "palette of 0 and 255", "id 7", "LA", "RGB", "2 bits")
NAMES = ("{:05d}.png", "{:06d}.PNG", "frame_{}.png", "{}.png")
PLACES = ("{}", "top/{}", "top/480p/{}", "{}/001")


def encoded(mask: np.ndarray, encoding: str) -> bytes:
    ids, buffer, options = mask.astype(np.uint8), io.BytesIO(), {}
    if encoding in ("0/1", "1 bit"):
        image = Image.fromarray(ids if encoding == "0/1" else mask)
    elif encoding in ("0/255", "LA", "RGB"):
        image = Image.fromarray(ids * 255).convert(encoding if encoding in ("LA", "RGB") else "L")
    else:
        level = {"palette of 0 and 255": 255, "id 7": 7}.get(encoding, 1)
        image = Image.fromarray(ids * np.uint8(level), "P")
        image.putpalette(PALETTE.tobytes()[: 12 if encoding == "2 bits" else 768])
        options = {"bits": 2} if encoding == "2 bits" else {}
    image.save(buffer, "PNG", **options)
    return buffer.getvalue()


@pytest.fixture(scope="module")
def world(tmp_path_factory) -> Path:
    return write_davis(tmp_path_factory.mktemp("world") / "D", {"left": 6, "right": 5})


def shifted(t: int) -> np.ndarray:
    return np.roll(moving_square(t), 1 + t % 2, axis=1)


def scored(source: Path, world: Path, *options: str) -> tuple[int, dict | None]:
    out = source.with_name("score.json")
    out.unlink(missing_ok=True)
    arguments = ("--davis", world, "--dataset", "layout", "--jobs", 1, "--metrics", "J,F", "--out", out)
    code = run("evaluate", source, *arguments, *options)
    return code, json.loads(out.read_text()) if out.exists() else None


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    encodings=st.lists(st.sampled_from(ENCODINGS), min_size=1, max_size=2),
    name=st.sampled_from(NAMES),
    place=st.sampled_from(PLACES),
    zipped=st.booleans(),
    first=st.sampled_from([0, 0, 1]),
)
def test_the_encoding_does_not_change_the_score(world, capsys, encodings, name, place, zipped, first):
    with tempfile.TemporaryDirectory() as folder:
        members = {
            f"{place.format(video)}/{name.format(t + first)}": encoded(
                shifted(t), encodings[t % len(encodings)]
            )
            for video, n in (("left", 6), ("right", 5))
            for t in range(n)
        }
        source = (write_zip if zipped else write_folder)(Path(folder) / ("m.zip" if zipped else "m"), members)
        code, score = scored(source, world)
    said = capsys.readouterr().err
    if first:
        assert code == 2
        assert "is the mask of no frame" in said
    elif code == 2:  # two encodings that contradict each other
        assert len(set(encodings)) == 2
        assert "is 255 the object, or void?" in said or "has the id" in said
    else:
        assert code == 0
        one, two = 15 / 17, 14 / 18  # a square of 16 pixels is shifted by one and by two
        assert score["J"]["mean"] == pytest.approx(((one + two) / 2 + (one + 2 * two) / 3) / 2)
        f = [np.mean([contour_accuracy(shifted(t), moving_square(t)) for t in range(1, n)]) for n in (5, 4)]
        assert score["F"]["mean"] == pytest.approx(np.mean(f))


# --- damage: exit 0 with the right score, or 2; never a traceback, never a wait without end


@pytest.mark.parametrize("kind", ["png", "zip"])
def test_damaged_files_are_refused_or_harmless(world, tmp_path, capsys, kind):
    rng = np.random.default_rng(0)
    codes = {0: 0, 2: 0}
    right = None
    for n in range(N_FUZZ // 2 + 1):
        encoding = ENCODINGS[n % len(ENCODINGS)]
        members = {
            f"{video}/{t:05d}.png": encoded(shifted(t), encoding)
            for video, length in (("left", 6), ("right", 5))
            for t in range(length)
        }
        compression = zipfile.ZIP_DEFLATED if n % 2 else zipfile.ZIP_STORED
        if kind == "png" and n:
            members["left/00002.png"] = damaged(members["left/00002.png"], rng)
        path = tmp_path / "m.zip"
        with zipfile.ZipFile(path, "w", compression) as archive:
            for name, data in members.items():
                archive.writestr(name, data)
        if kind == "zip" and n:
            path.write_bytes(damaged(path.read_bytes(), rng))
        code, score = scored(path, world)
        codes[code] += 1
        if code == 0:
            right = right or score
            assert score["J"] == right["J"], (n, encoding)
            assert score["F"] == right["F"], (n, encoding)
        else:
            assert "vostut: " in capsys.readouterr().err
    assert codes[2] > codes[0]
    print(kind, codes)


def damaged(data: bytes, rng: np.random.Generator) -> bytes:
    """Cut short, or with a bit, a byte or a stretch of bytes changed."""
    broken, at = bytearray(data), int(rng.integers(len(data)))
    match rng.integers(4):
        case 0:
            del broken[at:]
        case 1:
            broken[at] ^= 1 << int(rng.integers(8))
        case 2:
            broken[at] = int(rng.integers(256))
        case _:
            broken[at : at + 8] = rng.bytes(int(rng.integers(12)))
    return bytes(broken)

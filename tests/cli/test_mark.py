"""``vostut mark``: who may speak to its server, what it writes, and how it ends."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
from urllib.parse import urlsplit

import numpy as np
import pytest
from marking import Marking, runs
from PIL import Image
from small_data import heed_interrupts, write_clip

from vostut.cli import main
from vostut.errors import DataError
from vostut.images import PALETTE, read_mask, write_mask
from vostut.plot import mark, mark_server
from vostut.video import open_frames, write_video

SIZE = (61, 81)


@pytest.fixture
def clip(tmp_path):
    """A folder of 3 frames of 61 x 81 pixels."""
    return write_clip(tmp_path, 3, SIZE, (20, 10))[0]


@pytest.fixture
def ids():
    """Two objects of 20 x 20."""
    ids = np.zeros(SIZE, np.uint8)
    ids[20:40, 10:30], ids[5:25, 50:70] = 1, 2
    return ids


@pytest.fixture
def marking(clip, tmp_path, monkeypatch):
    """The command at work on the clip, to write ``out.png``."""
    running = Marking(monkeypatch, clip, "--out", tmp_path / "out.png")
    yield running
    if running.thread.is_alive():
        running.ask("cancel", b"")
        running.end()


def test_what_the_page_sends_becomes_a_palette_mask_and_the_command_ends(marking, ids, tmp_path, capsys):
    status, text = marking.ask("save", runs(ids))
    assert status == 200
    assert marking.end() == 0
    np.testing.assert_array_equal(read_mask(tmp_path / "out.png", several=True), ids)
    with Image.open(tmp_path / "out.png") as image:
        assert image.mode == "P"
        assert image.getpalette()[:9] == PALETTE[:3].ravel().tolist()
    out = capsys.readouterr().out
    assert f"wrote {tmp_path / 'out.png'}: 2 objects, with the ids 1, 2" in out
    following = json.loads(text)["next"]
    assert following in out
    assert "--several" in following
    assert not list(tmp_path.glob(".*"))


def test_one_object_is_what_segment_takes_without_several(marking, ids, tmp_path):
    _, text = marking.ask("save", runs(ids > 1))
    assert marking.end() == 0
    assert "--several" not in json.loads(text)["next"]
    np.testing.assert_array_equal(read_mask(tmp_path / "out.png"), ids > 1)


def test_nobody_else_gets_an_answer(marking, ids, tmp_path):
    port, token = marking.url.split(":")[2].split("/")[:2]
    assert len(token) >= 32
    other = token[:-1] + ("a" if token[-1] != "a" else "b")
    strangers = [
        {"path": "/"},
        {"path": "/save"},
        {"path": f"/{other}/save"},
        {"path": f"/{other}/"},
        {"what": "save", "Host": f"example.org:{port}"},
        {"what": "", "Host": f"127.0.0.1.example.org:{port}"},
        {"what": "save", "Origin": "http://example.org"},
        {"what": "save", "Origin": "null"},
        {"what": "save", "Origin": f"https://127.0.0.1:{port}"},
    ]
    for stranger in strangers:
        for body in (None, runs(ids)):
            assert marking.ask(**{"body": body, **stranger})[0] == 403, stranger
    assert not (tmp_path / "out.png").exists()
    assert marking.ask(Host=f"localhost:{port}")[0] == 200
    assert marking.ask("save", runs(ids), Origin=f"http://127.0.0.1:{port}")[0] == 200
    assert marking.end() == 0


def test_it_listens_on_the_loopback_address_alone(monkeypatch):
    server = mark_server.MarkServer(lambda nonce: "", b"", lambda body: "", 9)
    assert server.socket.getsockname()[0] == "127.0.0.1"
    other = mark_server.MarkServer(lambda nonce: "", b"", lambda body: "", 9)
    assert server.token != other.token
    for one in (server, other):
        one.server_close()


def test_the_page_loads_nothing_from_elsewhere(marking):
    status, page = marking.ask()
    assert status == 200
    assert "81 × 61 pixels" in page
    policy = marking.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; script-src 'nonce-")
    assert policy.split("nonce-")[1].split("'")[0] in page
    assert "no-store" in marking.headers["Cache-Control"]
    assert "http:" not in page.replace("http://www.w3.org", "")
    assert marking.ask("frame.jpg")[0] == 200
    assert marking.headers["Content-Type"] == "image/jpeg"
    assert marking.ask("other")[0] == marking.ask("other", b"")[0] == 404
    assert marking.ask(path=urlsplit(marking.url).path.rstrip("/"))[0] == 301
    assert marking.headers["Location"] == urlsplit(marking.url).path


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda ids: runs(ids[:-1]), "has 4860 pixels .expected 81 x 61"),
        (lambda ids: runs(np.where(ids == 2, 32, ids)), "object id 32 .expected ids below 32"),
        (lambda ids: runs(0 * ids), "first mask is empty"),
        (lambda ids: runs(0 * ids + 1), "covers the whole frame"),
        (lambda ids: runs(ids)[:-1], "breaks off in its run"),
        (lambda ids: b"\0\xff\xff\xff\xff\xff\xff\xff\x01", "breaks off in its run 0"),
        (lambda ids: b"", "has 0 pixels"),
        (lambda ids: b"\x89PNG\r\n\x1a\n", "Not saved"),
    ],
)
def test_a_wrong_mask_is_refused_and_a_right_one_taken_afterwards(marking, ids, tmp_path, change, words):
    status, text = marking.ask("save", change(ids))
    assert status == 400
    assert re.search(words, text)
    assert not (tmp_path / "out.png").exists()
    assert marking.ask("save", runs(ids))[0] == 200
    assert marking.end() == 0


def test_the_size_of_what_is_sent_is_limited(marking):
    status, text = marking.ask("save", bytes(mark.MOST_BYTES + 1))
    assert status == 413
    assert "too many small pieces" in text
    assert marking.ask("save", b"1", Content_Length="9" * 30)[0] == 413
    assert marking.ask("save", b"1", Content_Length="-1")[0] == 411
    assert marking.ask("save", iter([b"1"]), Transfer_Encoding="chunked")[0] == 411


def test_closing_without_saving_writes_nothing(marking, tmp_path, capsys):
    assert marking.ask("cancel", b"")[0] == 200
    assert marking.end() == 130
    assert f"closed without saving; {tmp_path / 'out.png'} was not written" in capsys.readouterr().err
    assert not (tmp_path / "out.png").exists()


def test_the_command_ends_when_its_last_page_is_left_and_not_when_it_is_loaded_again(
    clip, tmp_path, monkeypatch
):
    monkeypatch.setattr(mark_server, "GRACE", 1.0)
    marking = Marking(monkeypatch, clip, "--out", tmp_path / "out.png")
    for what, page in (("here", b"1"), ("left", b"1"), ("here", b"2"), ("left", b"3"), ("here", b"3")):
        marking.ask(what, page)  # the third says that it is open after it was left
    marking.thread.join(1.5)
    assert marking.thread.is_alive()
    marking.ask()  # loads it again
    marking.ask("left", b"2")
    marking.thread.join(1.5)
    assert marking.thread.is_alive()
    marking.ask("here", b"4")
    marking.ask("left", b"4")
    marking.ask("here", b"2")  # is late
    assert marking.end() == 130


def test_ctrl_c_ends_it(clip, tmp_path):
    command = [sys.executable, "-m", "vostut", "mark", clip, "--out", tmp_path / "out.png", "--no-browser"]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONPATH": os.getcwd()}, preexec_fn=heed_interrupts,
    )  # fmt: skip
    for line in process.stdout:
        if "http://127.0.0.1:" in line:
            break
    process.send_signal(signal.SIGINT)
    assert process.communicate()[1] == "vostut: interrupted\n"
    assert process.returncode == 130
    assert not (tmp_path / "out.png").exists()


def test_a_mask_that_is_there_is_replaced_only_by_force(clip, tmp_path, ids, monkeypatch, capsys):
    out = tmp_path / "first.png"
    before = out.read_bytes()
    assert main(["mark", str(clip), "--out", str(out)]) == 2
    assert "first.png: is there already (expected a new name, or --force" in capsys.readouterr().err
    marking = Marking(monkeypatch, clip, "--out", out, "--from", out, "--force")
    assert out.read_bytes() == before
    assert marking.ask("save", runs(ids))[0] == 200
    assert marking.end() == 0
    np.testing.assert_array_equal(read_mask(out, several=True), ids)


def test_a_mask_that_has_come_meanwhile_is_not_replaced_either(marking, tmp_path, ids):
    (tmp_path / "out.png").write_bytes(b"other")
    status, text = marking.ask("save", runs(ids))
    assert status == 400
    assert "out.png: is there already" in text
    assert (tmp_path / "out.png").read_bytes() == b"other"
    (tmp_path / "out.png").unlink()
    assert marking.ask("save", runs(ids))[0] == 200
    assert marking.end() == 0


def test_bad_input_is_named(clip, tmp_path, capsys):
    (tmp_path / "broken.png").write_bytes(b"no PNG")
    (tmp_path / "broken.mp4").write_bytes(b"no video")
    (tmp_path / "folder.png").mkdir()
    write_mask(tmp_path / "small.png", np.ones((6, 8), bool))
    Image.new("L", SIZE[::-1], 100).save(tmp_path / "grey.png")
    (tmp_path / "empty").mkdir()
    out = tmp_path / "out.png"
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        cases = [
            ([clip, "--out", out, "--from", tmp_path / "broken.png"], "broken.png: not a PNG file"),
            ([clip, "--out", out, "--from", tmp_path / "absent.png"], "absent.png: no such file"),
            ([clip, "--out", out, "--from", tmp_path / "grey.png"], "grey.png: grey levels 100"),
            ([clip, "--out", out, "--from", tmp_path / "small.png"],
             "small.png: 8 x 6 pixels, the first frame has 81 x 61 (expected its size)"),
            ([tmp_path / "absent.mp4", "--out", out], "absent.mp4: no such file or folder"),
            ([tmp_path / "broken.mp4", "--out", out], "broken.mp4: not a readable video"),
            ([tmp_path / "empty", "--out", out], "empty: a folder without .jpg or .png images"),
            ([clip, "--out", tmp_path / "o.jpg"], "o.jpg: cannot be written (expected a name ending in .png"),
            ([clip, "--out", tmp_path / "no" / "o.png"], "cannot be written"),
            ([clip, "--out", tmp_path / "folder.png"], "folder.png: not a file"),
            ([clip, "--out", clip / "00000.png", "--force"], "00000.png: is read by this command"),
            ([clip, "--out", out, "--port", port], f"--port {port}: in use (expected one that is free)"),
        ]  # fmt: skip
        for arguments, message in cases:
            assert main(["mark", *map(str, arguments), "--no-browser"]) == 2
            assert message in capsys.readouterr().err
    assert not out.exists()


@pytest.mark.parametrize("port", ["0", "65536", "x"])
def test_a_port_is_one(port, capsys):
    with pytest.raises(SystemExit):
        main(["mark", "v.mp4", "--out", "m.png", "--port", port])
    assert "expected a" in capsys.readouterr().err


def test_a_phone_clip_is_marked_upright(clip, tmp_path, monkeypatch):
    """Held upright, a phone stores lying frames and says how they are turned."""
    write_video(tmp_path / "v.mp4", iter(open_frames(clip)))
    data = bytearray((tmp_path / "v.mp4").read_bytes())
    at = data.index(b"tkhd") + 4 + 40
    quarter = (0).to_bytes(4), (65536).to_bytes(4), bytes(4), (-65536).to_bytes(4, signed=True)
    data[at : at + 20] = b"".join(quarter) + bytes(4)
    (tmp_path / "v.mp4").write_bytes(data)
    assert open_frames(tmp_path / "v.mp4")[0].shape == (80, 60, 3)
    marking = Marking(monkeypatch, tmp_path / "v.mp4", "--out", tmp_path / "out.png")
    assert "60 × 80 pixels" in marking.ask()[1]
    upright = np.zeros((80, 60), bool)
    upright[10:30, 20:50] = True
    assert marking.ask("save", runs(upright))[0] == 200
    assert marking.end() == 0
    assert read_mask(tmp_path / "out.png").shape == (80, 60)


def test_runs_are_read_as_they_were_written():
    rng = np.random.default_rng(0)
    for shape, most in [((1, 1), 2), ((30, 40), 2), ((30, 40), 32), ((700, 900), 1)]:
        ids = rng.integers(0, most, shape).astype(np.uint8)
        np.testing.assert_array_equal(mark.decode_runs(runs(ids), shape), ids)
    with pytest.raises(DataError, match="pixels"):
        mark.decode_runs(runs(ids), (900, 701))


def test_what_is_void_is_no_object_unless_there_is_nothing_else():
    mask = np.array([[0, 1], [255, 3]], np.uint8)
    np.testing.assert_array_equal(mark.start_ids(mask), [[0, 1], [0, 3]])
    np.testing.assert_array_equal(mark.start_ids(np.where(mask == 255, mask, 0)), [[0, 0], [1, 0]])
    assert not mark.start_ids(0 * mask).any()


def test_a_browser_is_opened_where_there_is_a_screen(monkeypatch):
    import webbrowser

    from vostut.cli.mark import _open_browser

    opened = []
    monkeypatch.setattr(webbrowser, "open", opened.append)
    monkeypatch.setattr(sys, "platform", "linux")
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"):
        monkeypatch.delenv(name, raising=False)
    _open_browser("http://127.0.0.1/")
    assert opened == []
    monkeypatch.setenv("DISPLAY", ":0")
    _open_browser("http://127.0.0.1/")
    assert opened == ["http://127.0.0.1/"]

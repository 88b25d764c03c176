"""Files are written whole or not at all, to where a name leads, and never over what is read."""

import os
import subprocess
import sys
import threading

import pytest

from vostut import files
from vostut.errors import DataError
from vostut.files import append_line, check_no_input, read_json, write_atomically


def test_a_link_stays_a_link_and_its_file_is_written(tmp_path):
    (tmp_path / "away").mkdir()
    link, real = tmp_path / "link", tmp_path / "away" / "real"
    link.symlink_to(real)  # there is no such file yet
    write_atomically(link, b"one")
    real.chmod(0o640)
    write_atomically(link, b"two")
    assert link.is_symlink()
    assert real.read_bytes() == b"two"
    assert real.stat().st_mode & 0o777 == 0o640
    assert sorted(p.name for p in tmp_path.rglob("*")) == ["away", "link", "real"]


def test_a_device_takes_the_bytes_and_stays(tmp_path):
    write_atomically("/dev/null", b"data")
    assert not os.path.isfile("/dev/null")
    with pytest.raises(DataError, match="/dev/full: cannot be written .the disk is full"):
        write_atomically("/dev/full", b"data")


def test_a_pipe_takes_the_bytes_of_one_who_finds_a_reader(tmp_path, monkeypatch):
    pipe, got = tmp_path / "pipe", []
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: got.append(pipe.read_bytes()))
    reader.start()
    write_atomically(pipe, b"x" * 200_000)
    reader.join()
    assert got == [b"x" * 200_000]
    monkeypatch.setattr(files, "PATIENCE", 1)
    with pytest.raises(DataError, match="pipe: nobody reads from it"):
        write_atomically(pipe, b"data")
    assert pipe.is_fifo()


@pytest.mark.parametrize("end", ["> out", "| cat > out"])
def test_the_standard_output_is_a_file_among_others(tmp_path, end):
    words = "print('before'); write_atomically('/dev/stdout', b'data\\n'); print('after')"
    program = f'{sys.executable} -c "from vostut.files import write_atomically; {words}"'
    subprocess.run(f"{program} {end}", shell=True, check=True, cwd=tmp_path, env=_here())
    assert (tmp_path / "out").read_text().split() == ["before", "data", "after"]


def _here():
    return {**os.environ, "PYTHONPATH": os.getcwd()}


@pytest.mark.parametrize(
    ("name", "words"),
    [("", "a folder"), ("folder", "a folder"), ("file/x", "cannot be written"), ("x" * 300, "too long")],
)
def test_what_cannot_be_written_is_named(tmp_path, monkeypatch, name, words):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("kept")
    with pytest.raises(DataError, match=words) as error:
        write_atomically(name, b"data")
    assert str(error.value).startswith(name or ".")
    assert (tmp_path / "file").read_text() == "kept"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["file", "folder"]


def test_a_full_disk_is_named_where_a_line_is_added(tmp_path):
    append_line(tmp_path / "log", "a")
    append_line(tmp_path / "log", "b")
    assert (tmp_path / "log").read_text() == "a\nb\n"
    with pytest.raises(DataError, match="/dev/full: cannot be written .the disk is full"):
        append_line("/dev/full", "a")


def test_an_output_is_no_input_under_whatever_name(tmp_path):
    given, other = tmp_path / "given", tmp_path / "other"
    given.write_text("data")
    (tmp_path / "link").symlink_to(given)
    os.link(given, tmp_path / "twin")
    check_no_input([other, tmp_path / "new"], [given, tmp_path / "absent"])
    for name in ("given", "link", "twin"):
        with pytest.raises(DataError, match=f"{name}: is read by this command"):
            check_no_input([other, tmp_path / name], [given])


@pytest.mark.parametrize("data", [b"", b"{", b"\xff\xfe\x00"])
def test_what_is_not_json_is_named(tmp_path, data):
    path = tmp_path / "x.json"
    path.write_bytes(data)
    with pytest.raises(DataError, match="x.json: not JSON"):
        read_json(path)
    path.write_bytes(b'{"a": 1}')
    assert read_json(path) == {"a": 1}

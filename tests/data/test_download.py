"""Downloads, against a web server on this machine that can be told to misbehave."""

from __future__ import annotations

import hashlib
import io
import os
import re
import subprocess
import sys
import tarfile
import threading
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from vostut.cli import main
from vostut.data import transfer
from vostut.data.archives import ARCHIVES, Archive
from vostut.data.download import fetch
from vostut.data.transfer import CHUNK
from vostut.data.unpack import BadArchive, has_layout, unpack
from vostut.errors import DataError

REPOSITORY = Path(__file__).parents[2]
NOISE = os.urandom(300_000)  # does not compress, so the archive is larger than a few network packets
FILES = {
    "DAVIS/JPEGImages/480p/bear/00000.jpg": NOISE,
    "DAVIS/Annotations/480p/bear/00000.png": b"mask",
    "DAVIS/ImageSets/480p/val.txt": b"bear\n",
    "DAVIS/README.md": b"terms",
}


def make_zip(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in files.items():
            file.writestr(name, data)
    return buffer.getvalue()


def make_tar(files: dict[str, bytes], *extra: tarfile.TarInfo) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as file:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            file.addfile(info, io.BytesIO(data))
        for info in extra:
            file.addfile(info)
    return buffer.getvalue()


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


ZIP = make_zip(FILES)


class Server(ThreadingHTTPServer):
    """Serves ``files``; ``cuts`` says after how many bytes to drop each of the next answers."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.files: dict[str, bytes] = {"/tiny.zip": ZIP}
        self.cuts: list[int] = []
        self.ranges = True
        self.content_type = "application/zip"
        self.requests: list[tuple[str, str | None]] = []  # path and Range header
        self.sent: list[int] = []  # bytes of each body

    def url(self, path: str = "/tiny.zip") -> str:
        return f"http://127.0.0.1:{self.server_port}{path}"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        wanted = self.headers.get("Range")
        self.server.requests.append((self.path, wanted))
        data = self.server.files.get(self.path)
        if data is None:
            return self.send_error(404)
        start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted and self.server.ranges else 0
        if start >= len(data):
            self.send_response(416)
            self.send_header("Content-Range", f"bytes */{len(data)}")
            self.send_header("Content-Length", "0")
            return self.end_headers()
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
        self.send_header("Content-Type", self.server.content_type)
        self.send_header("Content-Length", str(len(data) - start))
        self.end_headers()
        body = data[start:]
        if self.server.cuts:
            body = body[: self.server.cuts.pop(0)]
        self.server.sent.append(len(body))
        self.wfile.write(body)
        return None

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def tiny(server: Server, monkeypatch: pytest.MonkeyPatch) -> Archive:
    """A data set of one video, with a published sum, known by the name ``tiny``."""
    entry = Archive(
        "tiny", "Tiny: one video", (server.url(),), "DAVIS", 1, "do as you like", len(ZIP), sha256(ZIP)
    )
    return register(entry, monkeypatch)


def register(entry: Archive, monkeypatch: pytest.MonkeyPatch) -> Archive:
    monkeypatch.setitem(ARCHIVES, entry.name, entry)
    return entry


def assert_installed(root: Path) -> None:
    for name, data in FILES.items():
        assert (root / "tiny" / name).read_bytes() == data
    assert not [p for p in (root / "tiny").iterdir() if p.name.startswith((".", "tmp"))], (
        "temporary files left"
    )


def get(root: Path, **options: object) -> Path:
    return fetch("tiny", root, progress=False, **options)  # type: ignore[arg-type]


# The registry


@pytest.mark.parametrize("entry", ARCHIVES.values(), ids=list(ARCHIVES))
def test_registry_is_well_formed(entry: Archive) -> None:
    assert ARCHIVES[entry.name] is entry
    assert all(url.startswith("https://") and url.endswith(entry.filename) for url in entry.urls)
    assert entry.sha256 is None or re.fullmatch("[0-9a-f]{64}", entry.sha256)
    assert entry.md5 is None or re.fullmatch("[0-9a-f]{32}", entry.md5)


def test_unknown_name(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"nosuch: no such data set .*davis2016"):
        fetch("nosuch", tmp_path)


# Fetching


def test_fetches_checks_and_unpacks(tiny: Archive, server: Server, tmp_path: Path, capsys) -> None:
    folder = get(tmp_path)
    assert folder == tmp_path / "tiny" / "DAVIS"
    assert_installed(tmp_path)
    assert [p.name for p in folder.parent.iterdir()] == ["DAVIS"]  # the archive is gone
    said = capsys.readouterr().out
    for part in (
        "Tiny: one video",
        "do as you like",
        server.url(),
        "about 0.00 GB",
        "free",
        tiny.sha256,
        "1 videos",
    ):
        assert part in said
    assert f"Fetched from {server.url()}" in said  # which mirror it was


def test_is_idempotent(tiny: Archive, server: Server, tmp_path: Path, capsys) -> None:
    get(tmp_path)
    server.requests.clear()
    assert get(tmp_path) == tmp_path / "tiny" / "DAVIS"
    assert not server.requests
    assert "already complete" in capsys.readouterr().out


def test_keeps_the_archive_and_uses_it_again(tiny: Archive, server: Server, tmp_path: Path) -> None:
    folder = get(tmp_path, keep_archive=True)
    assert (tmp_path / "tiny" / "tiny.zip").read_bytes() == ZIP
    folder.rename(tmp_path / "away")
    server.requests.clear()
    get(tmp_path)
    assert not server.requests
    assert_installed(tmp_path)


def test_refuses_a_folder_that_is_something_else(tiny: Archive, tmp_path: Path) -> None:
    (tmp_path / "tiny" / "DAVIS").mkdir(parents=True)
    with pytest.raises(DataError, match="move it away"):
        get(tmp_path)


def test_dry_run_requests_and_writes_nothing(tiny: Archive, server: Server, tmp_path: Path, capsys) -> None:
    get(tmp_path / "data", dry_run=True)
    assert not server.requests
    assert not list(tmp_path.iterdir())
    said = capsys.readouterr().out
    assert "nothing was fetched" in said
    assert server.url() in said


def test_refuses_early_when_the_disk_is_full(
    tiny: Archive, server: Server, tmp_path: Path, monkeypatch
) -> None:
    register(tiny._replace(size=10**9), monkeypatch)
    monkeypatch.setattr(transfer, "free_room", lambda folder: 2 * 10**9)
    with pytest.raises(DataError, match=r"needs 2\.10 GB of disk but only 2\.00 GB are free"):
        get(tmp_path)
    assert not server.requests


def test_disk_is_checked_when_only_the_server_knows_the_size(tiny, server, tmp_path, monkeypatch) -> None:
    register(tiny._replace(size=None), monkeypatch)
    monkeypatch.setattr(transfer, "free_room", lambda folder: 2 * len(ZIP))
    with pytest.raises(DataError, match="are free"):
        get(tmp_path)
    assert len(server.requests) == 1


# Interruptions and mirrors


def test_goes_on_after_a_dropped_connection(tiny: Archive, server: Server, tmp_path: Path) -> None:
    server.cuts = [10 * CHUNK, 4 * CHUNK]
    get(tmp_path)
    assert [r for _, r in server.requests] == [None, f"bytes={10 * CHUNK}-", f"bytes={14 * CHUNK}-"]
    assert sum(server.sent) == len(ZIP)  # no byte was sent twice
    assert_installed(tmp_path)


def test_goes_on_in_a_later_run(tiny: Archive, server: Server, tmp_path: Path) -> None:
    server.cuts = [12 * CHUNK] + [0] * transfer.ATTEMPTS
    with pytest.raises(DataError, match=r"196,608 bytes are kept in .*tiny\.zip\.part; run again"):
        get(tmp_path)
    part = tmp_path / "tiny" / "tiny.zip.part"
    assert part.read_bytes() == ZIP[: 12 * CHUNK]
    server.cuts, server.requests, server.sent = [], [], []
    get(tmp_path, keep_archive=True)
    assert server.requests == [("/tiny.zip", f"bytes={12 * CHUNK}-")]
    assert server.sent == [len(ZIP) - 12 * CHUNK]
    assert (tmp_path / "tiny" / "tiny.zip").read_bytes() == ZIP
    assert not part.exists()


def test_starts_again_where_ranges_are_ignored(tiny: Archive, server: Server, tmp_path: Path) -> None:
    server.cuts, server.ranges = [10 * CHUNK], False
    get(tmp_path)
    assert [r for _, r in server.requests] == [None, f"bytes={10 * CHUNK}-"]
    assert_installed(tmp_path)


def test_part_that_is_too_long_is_thrown_away(tiny: Archive, server: Server, tmp_path: Path) -> None:
    (tmp_path / "tiny").mkdir()
    (tmp_path / "tiny" / "tiny.zip.part").write_bytes(ZIP + b"more")
    get(tmp_path)
    assert [r for _, r in server.requests] == [f"bytes={len(ZIP) + 4}-", None]
    assert_installed(tmp_path)


def test_next_mirror_after_404(tiny: Archive, server: Server, tmp_path: Path, monkeypatch, capsys) -> None:
    register(tiny._replace(urls=(server.url("/gone/tiny.zip"), server.url())), monkeypatch)
    get(tmp_path)
    said = capsys.readouterr().out
    assert "answered 404" in said
    assert f"from {server.url()}" in said
    assert_installed(tmp_path)


def test_next_mirror_goes_on_with_the_part(
    tiny: Archive, server: Server, tmp_path: Path, monkeypatch
) -> None:
    register(tiny._replace(urls=(server.url(), server.url("/b/tiny.zip"))), monkeypatch)
    server.files["/b/tiny.zip"] = ZIP
    server.cuts = [10 * CHUNK, 0]  # the first mirror drops the connection and then gives nothing
    get(tmp_path)
    assert server.requests[-1] == ("/b/tiny.zip", f"bytes={10 * CHUNK}-")
    assert_installed(tmp_path)


def test_given_mirror_comes_first(tiny: Archive, server: Server, tmp_path: Path) -> None:
    server.files["/mine/tiny.zip"] = ZIP
    get(tmp_path, mirror=server.url("/mine/"))
    assert [path for path, _ in server.requests] == ["/mine/tiny.zip"]


def test_mirror_must_be_an_address(tiny: Archive, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="not a web address"):
        get(tmp_path, mirror="/home/me/tiny.zip")


def test_web_page_is_not_taken_for_the_file(tiny: Archive, server: Server, tmp_path: Path) -> None:
    server.content_type = "text/html; charset=utf-8"
    with pytest.raises(DataError, match="answered with a web page"):
        get(tmp_path)


def test_offline_names_every_mirror_and_the_way_out(tiny: Archive, tmp_path: Path, monkeypatch) -> None:
    urls = ("http://127.0.0.1:9/tiny.zip", "http://127.0.0.1:9/other/tiny.zip")  # nobody listens there
    register(tiny._replace(urls=urls), monkeypatch)
    with pytest.raises(DataError, match="no connection") as caught:
        get(tmp_path)
    for part in (*urls, "--archive FILE"):
        assert part in str(caught.value)


# Sums


def test_wrong_sum_keeps_the_file_aside(tiny: Archive, server: Server, tmp_path: Path) -> None:
    server.files["/tiny.zip"] = wrong = ZIP[:-1] + b"x"
    with pytest.raises(DataError, match=r"tiny\.zip: wrong SHA256 sum") as caught:
        get(tmp_path)
    bad = tmp_path / "tiny" / "tiny.zip.bad"
    assert bad.read_bytes() == wrong
    assert [p.name for p in bad.parent.iterdir()] == [bad.name]
    for part in (sha256(ZIP), sha256(wrong), str(bad)):
        assert part in str(caught.value)
    server.files["/tiny.zip"] = ZIP
    get(tmp_path)  # the next run starts afresh
    assert_installed(tmp_path)


def test_sum_given_by_the_user(tiny: Archive, server: Server, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="wrong SHA256 sum"):
        get(tmp_path, sha256="0" * 64)
    with pytest.raises(DataError, match="--sha256: not a SHA-256 sum"):
        get(tmp_path, sha256="abc")
    get(tmp_path, sha256=sha256(ZIP).upper())


def test_published_md5(tiny: Archive, server: Server, tmp_path: Path, monkeypatch) -> None:
    right = hashlib.md5(ZIP, usedforsecurity=False).hexdigest()
    register(tiny._replace(sha256=None, md5="0" * 32), monkeypatch)
    with pytest.raises(DataError, match="wrong MD5 sum"):
        get(tmp_path)
    register(tiny._replace(sha256=None, md5=right), monkeypatch)
    get(tmp_path)
    assert (tmp_path / "tiny" / "tiny.zip.sha256").read_text() == f"{sha256(ZIP)}  tiny.zip\n"


def test_trust_on_first_use(tiny: Archive, server: Server, tmp_path: Path, monkeypatch, capsys) -> None:
    register(tiny._replace(sha256=None), monkeypatch)
    folder = get(tmp_path)
    said = capsys.readouterr().out
    assert "Warning: no sum is published" in said
    assert sha256(ZIP) in said
    assert (tmp_path / "tiny" / "tiny.zip.sha256").read_text() == f"{sha256(ZIP)}  tiny.zip\n"
    folder.rename(tmp_path / "away")
    get(tmp_path).rename(tmp_path / "away2")  # the same bytes again: no warning
    assert "Warning" not in capsys.readouterr().out
    server.files["/tiny.zip"] = make_zip({**FILES, "DAVIS/more.txt": b""})
    with pytest.raises(DataError, match=f"(?s)wrong SHA256 sum.*expected {sha256(ZIP)}"):
        get(tmp_path)


def test_changed_archive_on_disk_is_noticed(
    tiny: Archive, server: Server, tmp_path: Path, monkeypatch
) -> None:
    register(tiny._replace(sha256=None), monkeypatch)
    get(tmp_path, keep_archive=True).rename(tmp_path / "away")
    (tmp_path / "tiny" / "tiny.zip").write_bytes(ZIP + b"x")
    with pytest.raises(DataError, match="wrong SHA256 sum"):
        get(tmp_path)
    assert (tmp_path / "tiny" / "tiny.zip.bad").exists()


def test_broken_record(tiny: Archive, tmp_path: Path, monkeypatch) -> None:
    register(tiny._replace(sha256=None), monkeypatch)
    (tmp_path / "tiny").mkdir()
    (tmp_path / "tiny" / "tiny.zip.sha256").write_text("")
    with pytest.raises(DataError, match=r"tiny\.zip\.sha256: not a SHA-256 sum"):
        get(tmp_path)


# Archives brought by hand


def test_archive_from_disk(tiny: Archive, server: Server, tmp_path: Path) -> None:
    mine = tmp_path / "from-a-friend.bin"
    mine.write_bytes(ZIP)
    get(tmp_path, archive=mine)
    assert_installed(tmp_path)
    assert mine.read_bytes() == ZIP
    assert not server.requests


def test_wrong_archive_from_disk_is_left_alone(tiny: Archive, tmp_path: Path) -> None:
    mine = tmp_path / "mine.zip"
    mine.write_bytes(b"something else")
    with pytest.raises(DataError, match=r"mine\.zip: wrong SHA256 sum"):
        get(tmp_path, archive=mine)
    assert mine.read_bytes() == b"something else"
    with pytest.raises(DataError, match=r"nosuch\.zip: no such file"):
        get(tmp_path, archive=tmp_path / "nosuch.zip")


# Unpacking


def link(name: str) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = tarfile.SYMTYPE, "/etc"
    return info


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (make_zip({**FILES, "../outside.txt": b"!"}), "outside the folder"),
        (make_zip({**FILES, "/tmp/outside.txt": b"!"}), "outside the folder"),
        (make_zip({**FILES, "..\\outside.txt": b"!"}), "outside the folder"),
        (make_zip({**FILES, "C:outside.txt": b"!"}), "outside the folder"),
        (make_tar({**FILES, "DAVIS/../../outside.txt": b"!"}), "outside the folder"),
        (make_tar(FILES, link("DAVIS/link")), "a link or a device"),
        (ZIP[:200_000], "cut short"),
        (make_tar(FILES)[:200_000], "cut short"),
        (ZIP[:1000] + b"damage" + ZIP[1006:], "corrupt"),
        (make_zip({"DAVIS/readme.txt": b""}), "no DAVIS layout in it"),
        (b"<html>", "not a zip or tar file"),
    ],
    ids=[
        "zip-slip",
        "zip-absolute",
        "zip-backslash",
        "zip-drive",
        "tar-slip",
        "tar-link",
        "zip-truncated",
        "tar-truncated",
        "zip-damaged",
        "other-content",
        "no-archive",
    ],
)
def test_bad_archives(data: bytes, message: str, tmp_path: Path) -> None:
    archive = tmp_path / "inside" / "bad.zip"
    archive.parent.mkdir()
    archive.write_bytes(data)
    with pytest.raises(BadArchive, match=message):
        unpack(archive, tmp_path / "inside" / "DAVIS")
    assert [p.name for p in tmp_path.rglob("*")] == ["inside", "bad.zip"]


def test_truncated_zip_is_set_aside_and_not_trusted(
    tiny, server: Server, tmp_path: Path, monkeypatch
) -> None:
    register(tiny._replace(sha256=None), monkeypatch)
    server.files["/tiny.zip"] = ZIP[:-500]
    with pytest.raises(BadArchive, match=r"kept as .*tiny\.zip\.bad"):
        get(tmp_path)
    assert [p.name for p in (tmp_path / "tiny").iterdir()] == ["tiny.zip.bad"]  # no sum recorded


def test_layout_at_the_top_of_a_tar_file(tmp_path: Path) -> None:
    files = {name.removeprefix("DAVIS/"): data for name, data in FILES.items()}
    archive = tmp_path / "gygo.tar.gz"
    archive.write_bytes(make_tar({**files, "._JPEGImages": b"", "__MACOSX/x": b""}))
    unpack(archive, tmp_path / "GyGO")
    assert has_layout(tmp_path / "GyGO")
    assert {p.name for p in (tmp_path / "GyGO").iterdir()} == {name.split("/")[0] for name in files}


def test_leftovers_of_a_killed_run_are_cleared(tmp_path: Path) -> None:
    (tmp_path / ".DAVIS.unpacking" / "junk").mkdir(parents=True)
    (tmp_path / "a.zip").write_bytes(ZIP)
    unpack(tmp_path / "a.zip", tmp_path / "DAVIS")
    assert {p.name for p in tmp_path.iterdir()} == {"a.zip", "DAVIS"}


# The command line


def test_command_exit_codes(tiny: Archive, server: Server, tmp_path: Path, capsys) -> None:
    command = ["download", "tiny", "--root", str(tmp_path)]
    assert main([*command, "--sha256", "1" * 64]) == 2
    assert "tiny.zip: wrong SHA256 sum" in capsys.readouterr().err
    assert main([*command, "--keep-archive"]) == 0
    assert_installed(tmp_path)


def test_interrupt_keeps_the_part_and_says_how_to_go_on(tiny, server, tmp_path, monkeypatch, capsys) -> None:
    server.cuts = [10 * CHUNK]

    def reason(error: Exception) -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr(transfer, "_reason", reason)
    assert main(["download", "tiny", "--root", str(tmp_path)]) == 130
    assert "Run the same command again to go on from here" in capsys.readouterr().err
    assert [p.name for p in (tmp_path / "tiny").iterdir()] == ["tiny.zip.part"]


@pytest.mark.parametrize("name", list(ARCHIVES))
def test_scripts(name: str, tmp_path: Path) -> None:
    script = REPOSITORY / "data_scripts" / f"get_{name}.py"
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    command = [sys.executable, str(script), "--dry-run", "--root", str(tmp_path / "data")]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=True)
    for part in (*ARCHIVES[name].urls, str(tmp_path / "data" / name), "nothing was fetched"):
        assert part in done.stdout
    assert not list(tmp_path.iterdir())

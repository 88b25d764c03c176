"""Getting DAVIS-2016, DAVIS-2017 and GyGO: fetch, check the sum, unpack. See chapter 2.

``fetch("davis2016", "data")`` announces what it fetches, goes on with an interrupted download, checks the
sum, unpacks, and gives back the folder that ``vostut.data.davis2016.load`` opens. Where the data sets
are stands in :mod:`vostut.data.archives`.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pooch

from vostut.data.archives import ARCHIVES, Archive
from vostut.data.transfer import Resume, check_room, free_room, gigabytes, room_needed
from vostut.data.unpack import BadArchive, has_layout, unpack
from vostut.errors import DataError
from vostut.files import write_atomically


def fetch(
    name: str,
    root: str | os.PathLike,
    *,
    mirror: str | None = None,
    sha256: str | None = None,
    archive: str | os.PathLike | None = None,
    dry_run: bool = False,
    keep_archive: bool = False,
    progress: bool = True,
) -> Path:
    """Get a data set, unless it is there already, and return the folder to open.

    Args:
        name: a key of :data:`ARCHIVES`.
        root: folder for all data; the data set goes to ``root/<name>/<folder>``.
        mirror: address of the same archive elsewhere (or of the folder it is in, with a ``/`` at the
            end), tried before the others.
        sha256: the sum to check instead of the published or recorded one.
        archive: the archive on this disk, if it was fetched by other means. It is left where it is.
        dry_run: only say what would be done; nothing is requested and nothing written.
        keep_archive: do not delete the archive that was fetched.
        progress: show a progress bar.

    Raises:
        DataError: an unknown name, too little room on the disk, no mirror reached, a wrong sum (the file
            is then kept with ``.bad`` at the end of its name), or an archive that cannot be unpacked.
    """
    if name not in ARCHIVES:
        raise DataError(f"{name}: no such data set (expected one of {', '.join(ARCHIVES)})")
    entry, place = ARCHIVES[name], Path(root) / name
    target = place / entry.folder
    if target.exists():
        return _complete(entry, target, "already complete, nothing to do")
    file = Path(archive or place / entry.filename)
    if archive and not file.is_file():
        raise DataError(f"{file}: no such file (expected the archive to unpack)")
    expected = _expected(entry, place, sha256)
    resume = Resume(_addresses(entry, mirror), place / f"{entry.filename}.part", progress)
    needed = _announce(entry, file, target, resume, expected)
    if dry_run:
        print("A dry run: nothing was fetched")
        return target
    check_room(place, needed)
    if not archive:
        pooch.get_logger().setLevel("WARNING")  # _announce says it all
        pooch.retrieve(resume.urls[0], None, file.name, place, downloader=resume)
    _install(entry, file, target, expected, ours=not archive)
    if not (archive or keep_archive):
        file.unlink()
    return _complete(entry, target, "complete")


def _complete(entry: Archive, target: Path, words: str) -> Path:
    if not has_layout(target):
        raise DataError(f"{target}: exists but is not a complete {entry.name}; move it away and run again")
    n = len({p.parent for p in (target / "JPEGImages" / "480p").rglob("*.*") if p.is_file()})
    missing = "" if n >= entry.sequences else f", but {entry.sequences} were expected"
    print(f"{target}: {words} ({n} videos{missing})")
    return target


def _record_of(entry: Archive, place: Path) -> Path:
    return place / f"{entry.filename}.sha256"


def _expected(entry: Archive, place: Path, sha256: str | None) -> str:
    """The sum to check, as pooch writes it: given, else published, else recorded, else MD5, else empty."""
    record = _record_of(entry, place)
    if sha256 or (entry.sha256 is None and record.exists()):
        source = "--sha256" if sha256 else str(record)
        found = (sha256 or record.read_text(encoding="utf-8")).split()[:1]
        if not found or not re.fullmatch("[0-9a-fA-F]{64}", found[0]):
            raise DataError(f"{source}: not a SHA-256 sum (expected 64 hexadecimal digits)")
        return f"sha256:{found[0].lower()}"
    if entry.sha256:
        return f"sha256:{entry.sha256}"
    return f"md5:{entry.md5}" if entry.md5 else ""


def _addresses(entry: Archive, mirror: str | None) -> list[str]:
    if mirror is None:
        return list(entry.urls)
    if not mirror.startswith(("https://", "http://")):
        raise DataError(f"{mirror}: not a web address (expected https://...; use --archive for a file)")
    return [mirror + entry.filename if mirror.endswith("/") else mirror, *entry.urls]


def _announce(entry: Archive, file: Path, target: Path, resume: Resume, expected: str) -> float:
    """Say what is going to happen; return how many bytes of disk that needs."""
    here = file.exists()
    size = file.stat().st_size if here else entry.size
    done = size or 0 if here else resume.done
    needed = room_needed(size, done)
    length = f"about {gigabytes(size)}" if size else "length not published, the server will tell"
    before = f", {gigabytes(done)} fetched before" if done else ""
    trust = "not yet: no sum is published, so the first download is taken on trust"
    need = f"about {gigabytes(needed)}" if needed else "an amount that the server will tell"
    lines = [
        entry.what,
        f"  terms    {entry.terms}",
        f"  archive  {file}" if here else f"  archive  {entry.filename}, {length}{before}",
        *(() if here else ["  from     " + "\n      or   ".join(resume.urls)]),
        f"  checked  {expected or trust}",
        f"  into     {target}",
        f"  disk     needs {need}, {gigabytes(free_room(target))} free",
    ]
    print("\n".join(lines))
    return needed


def _install(entry: Archive, file: Path, target: Path, expected: str, *, ours: bool) -> None:
    """Check and unpack, and only then record the sum: a broken archive must not become the trusted one."""
    _check_sum(file, expected, ours)
    try:
        unpack(file, target)
    except BadArchive as error:
        raise BadArchive(f"{error}; it is kept as {_set_aside(file)}" if ours else str(error)) from None
    if entry.sha256 is None:
        digest, record = pooch.file_hash(str(file)), _record_of(entry, target.parent)
        write_atomically(record, f"{digest}  {entry.filename}\n".encode())  # as sha256sum -c reads it
        if not expected:
            print(f"Warning: no sum is published for {entry.filename}, so this copy was taken on trust.")
        print(f"SHA-256 {digest} recorded in {record}; every later copy is checked against it.")


def _set_aside(file: Path) -> Path:
    """Rename a file that failed a check: nothing is lost, and the next run starts afresh."""
    return file.replace(file.with_name(f"{file.name}.bad"))


def _check_sum(file: Path, expected: str, ours: bool) -> None:
    """Raise DataError for a wrong sum; only a file that was fetched (``ours``) is set aside."""
    algorithm, _, digest = expected.partition(":")
    if not expected or (found := pooch.file_hash(str(file), alg=algorithm)) == digest:
        return
    now = _set_aside(file) if ours else file
    kept = f"It is kept as {now}. Run again to fetch it anew.\n" if ours else ""
    raise DataError(
        f"{file}: wrong {algorithm.upper()} sum, so this is not the published file, or it is damaged\n"
        f"  expected {digest}\n  found    {found}\n{kept}"
        f"If you know that the file is right: --archive {now} --sha256 {pooch.file_hash(str(now))}"
    )

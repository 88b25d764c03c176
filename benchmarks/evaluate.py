"""Time the evaluator beside its peers, on the same masks, in one run: ``make benchmark``.

Seconds of wall time for J and F of a whole method on DAVIS-2016 val, of

* ``decoding``, the floor: reads both PNGs of every scored frame with this package's decoder, in as many
  processes, and nothing else; ``decoding, OpenCV``: the same with OpenCV's;
* ``vostut``, this package;
* ``vos-benchmark``, the public package of that name, in as many processes;
* ``davis2017-evaluation``, the official code, in one process as published, if ``--official`` names a copy;

and of T by this package. The contenders take turns, because the speed of a shared machine drifts, and the
ratios are of medians. All must agree on J and F, or the times mean nothing; that is checked, too.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from joblib import Parallel, delayed

from vostut.benchmark import evaluate
from vostut.benchmark.report import align
from vostut.datasets import davis2016
from vostut.images import read_mask
from vostut.methods import SavedMasks
from vostut.video import Dataset

JF = tuple[float, float]


def main() -> int:
    """Run the contenders in turn and print one table."""
    options = _options()
    data = davis2016.load(options.davis)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _prepare(folder, SavedMasks(options.results), data, options)
        contenders: dict[str, Callable[[], JF | None]] = {
            "decoding": lambda: _decode(folder, options.jobs, _read_all),
            "decoding, OpenCV": lambda: _decode(folder, options.jobs, _read_all_opencv),
            "vostut": lambda: _ours(folder / "masks", data, options.jobs),
            "vos-benchmark": lambda: _vos_benchmark(folder, options.jobs),
        }
        if options.official:
            contenders["davis2017-evaluation"] = lambda: _official(folder)
        print(
            f"{options.results.name}, {len(data)} sequences, {options.jobs} processes, {options.runs} runs\n"
        )
        seconds, values = _take_turns(contenders, options.runs)
        _print_times(seconds)
        _check_agreement(values)
        if not options.skip_t:
            start = time.perf_counter()
            evaluate(folder / "masks", data, metrics=("T",), jobs=options.jobs, progress=False)
            print(f"T of all {len(data)} sequences: {time.perf_counter() - start:.1f} s")
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    davis = os.environ.get("DAVIS")
    add = parser.add_argument
    add("--davis", type=Path, default=davis and Path(davis), required=not davis, help="default: $DAVIS")
    add("--results", type=Path, help="a zip of masks (default: DAVIS/../results/osvos.zip)")
    add("--official", type=Path, help="a copy of davis2017-evaluation")
    add("--jobs", type=int, default=2, help="processes (default: 2)")
    add("--runs", type=int, default=3, help="turns (default: 3)")
    add("--skip-t", action="store_true", help="J and F only")
    options = parser.parse_args()
    options.davis = options.davis.resolve()
    options.results = options.results or options.davis.parent / "results" / "osvos.zip"
    return options


def _prepare(folder: Path, saved: SavedMasks, data: Dataset, options: argparse.Namespace) -> None:
    """Lay the masks out as every contender can read them.

    ``masks`` and ``truth``: levels 0/255 in both, since vos-benchmark compares labels as they are.
    ``official``: the same with levels 0/1, since the official code takes 255 for "void".
    """
    annotations = options.davis / "Annotations" / "480p"
    (folder / "truth").mkdir()
    for name, video in data.items():
        (folder / "truth" / name).symlink_to(annotations / name)
        masks = saved.masks(video)
        for t in range(1, len(video) - 1):
            _write(folder / "masks" / name / f"{video.frame_names[t]}.png", masks[t] * np.uint8(255))
        if options.official:
            _prepare_official(folder / "official", name, video.frame_names, masks, video.masks)
            (folder / "official/JPEGImages/480p").mkdir(parents=True, exist_ok=True)
            (folder / "official/JPEGImages/480p" / name).symlink_to(options.davis / "JPEGImages/480p" / name)
    if options.official:
        sys.path.insert(0, str(options.official))
        (folder / "official/ImageSets/2017").mkdir(parents=True)
        (folder / "official/ImageSets/2017/val.txt").write_text("\n".join(data))


def _prepare_official(root: Path, name: str, stems: tuple[str, ...], masks, truth) -> None:  # type: ignore[no-untyped-def]
    for t, stem in enumerate(stems):
        _write(root / "Annotations/480p" / name / f"{stem}.png", truth[t].astype(np.uint8))
        if 0 < t < len(stems) - 1:
            _write(root / "masks" / name / f"{stem}.png", masks[t].astype(np.uint8))


def _write(path: Path, levels: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), levels)


def _decode(folder: Path, jobs: int, read: Callable[[list[Path]], int]) -> None:
    """Read every scored mask and its ground truth once."""
    folders = [p for p in (folder / "masks").iterdir() if p.is_dir()]  # vos-benchmark writes a file there
    sequences = sorted(folders, key=lambda p: -len(list(p.iterdir())))
    tasks = [
        [
            top / p.parent.name / p.name
            for p in sequence.iterdir()
            for top in (folder / "masks", folder / "truth")
        ]
        for sequence in sequences
    ]
    Parallel(n_jobs=jobs, batch_size=1)(delayed(read)(paths) for paths in tasks)


def _read_all(paths: list[Path]) -> int:
    return sum(read_mask(path).size for path in paths)


def _read_all_opencv(paths: list[Path]) -> int:
    cv2.setNumThreads(1)
    return sum(cv2.imdecode(np.fromfile(p, np.uint8), cv2.IMREAD_UNCHANGED).size for p in paths)


def _ours(masks: Path, data: Dataset, jobs: int) -> JF:
    score = evaluate(masks, data, metrics=("J", "F"), jobs=jobs, progress=False)
    return score.statistics("J").mean, score.statistics("F").mean


def _vos_benchmark(folder: Path, jobs: int) -> JF:
    from vos_benchmark.benchmark import benchmark

    truth, masks = str(folder / "truth"), str(folder / "masks")
    _, j, f, *_ = benchmark([truth], [masks], num_processes=jobs, verbose=False)
    return float(np.ravel(j)[0]) / 100, float(np.ravel(f)[0]) / 100


def _official(folder: Path) -> JF:
    from davis2017.evaluation import DAVISEvaluation

    with contextlib.redirect_stderr(io.StringIO()):
        evaluation = DAVISEvaluation(str(folder / "official"), "semi-supervised", "val")
        result = evaluation.evaluate(str(folder / "official" / "masks"))
    return float(np.mean(result["J"]["M"])), float(np.mean(result["F"]["M"]))


def _take_turns(
    contenders: dict[str, Callable[[], JF | None]], runs: int
) -> tuple[dict[str, list[float]], dict[str, JF | None]]:
    seconds: dict[str, list[float]] = {name: [] for name in contenders}
    values: dict[str, JF | None] = {}
    for turn in range(runs + 1):  # the first turn warms the file cache and is not counted
        for name, run in contenders.items():
            start = time.perf_counter()
            values[name] = run()
            if turn:
                seconds[name].append(time.perf_counter() - start)
    return seconds, values


def _print_times(seconds: dict[str, list[float]]) -> None:
    middle = {name: statistics.median(times) for name, times in seconds.items()}
    rows = [["J and F of a method", "min s", "median s", "max s", "over vostut", "over decoding"]]
    for name, times in seconds.items():
        ratios = [f"{middle[name] / middle[base]:.2f}" for base in ("vostut", "decoding")]
        rows.append([name, *(f"{s:.2f}" for s in (min(times), middle[name], max(times))), *ratios])
    print(align(rows), "\n")


def _check_agreement(values: dict[str, JF | None]) -> None:
    ours = values["vostut"]
    for name, value in values.items():
        if value is not None and not np.allclose(value, ours, atol=1e-9):
            raise SystemExit(f"{name} says J, F = {value}, vostut says {ours}: the times mean nothing")
    print(f"All agree to 1e-9: J {ours[0]:.6f}, F {ours[1]:.6f}.")


if __name__ == "__main__":
    sys.exit(main())

"""A recorded experiment: segment every video of a data set, keep what came out, score it. Chapters 4 to 8.

A run's folder holds, for each video, the object's probability in each frame (grey PNGs) and a JSON file
that is written last: a video with that file is done, one without it is done again. So a run can be
stopped at any moment and started again. Masks are made from the probabilities afterwards, which takes
seconds, with and without snapping.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from joblib import Parallel, delayed, effective_n_jobs
from lightning_fabric import Fabric
from tqdm.auto import tqdm

from vostut.baselines import BASELINES
from vostut.data.stills import fingerprint
from vostut.errors import DataError
from vostut.files import append_line, read_json, write_json
from vostut.flow import Flow, make_flow
from vostut.learning.checkpoints import backbone_of
from vostut.learning.devices import make_fabric
from vostut.learning.several import one_by_one
from vostut.masktrack import MaskTrack, MaskTrackRecipe
from vostut.osvos import OSVOSRecipe
from vostut.osvos.online import adapt_online
from vostut.reproduction.hardware import code_version, describe_hardware, peak_memory
from vostut.reproduction.methods import TITLES, make_method
from vostut.reproduction.probabilities import write_probabilities
from vostut.video import Dataset, Video


@dataclass(frozen=True)
class RunPlan:
    """What a run does.

    Attributes:
        method: ``"osvos"``, ``"masktrack"``, ``"copy"`` or ``"warp"``.
        network: checkpoint of OSVOS's parent network, or of MaskTrack's offline network; None for a baseline.
        recipe: fine-tuning and inference; None for a baseline.
        budgets: fine-tuning steps after which all frames are segmented as well, besides the end.
        flow: a name in ``vostut.flow.FLOWS``; MaskTrack: also segment with a motion stream on this flow.
        motion: checkpoint of the motion stream's own network; None shares the first one's, as published.
        device: ``"auto"``, ``"cpu"`` or ``"cuda"``.
        precision: see :func:`vostut.learning.devices.make_fabric`.
        threads: of each process; 0 leaves it to PyTorch.
    """

    method: str
    network: Path | None = None
    recipe: OSVOSRecipe | MaskTrackRecipe | None = None
    budgets: tuple[int, ...] = ()
    flow: str = ""
    motion: Path | None = None
    device: str = "auto"
    precision: str = "auto"
    threads: int = 0

    @property
    def title(self) -> str:
        """The method's name in tables."""
        return TITLES[self.method]

    def to_json(self) -> dict[str, Any]:
        """The plan as a row of the ledger keeps it, with the checkpoints' fingerprints.

        Raises:
            DataError: a checkpoint is missing.
        """
        about = {
            "method": self.title,
            "parent": _fingerprint(self.network),
            "config": _config(self.recipe) if self.recipe else {"name": self.method, "flow": self.flow},
            "budgets": list(self.budgets),
            "flow": self.flow if self.recipe else "",
            "device": self.device,
            "precision": self.precision,
            "threads": self.threads,
        }
        return about | ({"speed": _fingerprint(self.motion)} if self.motion else {})


def _config(recipe: OSVOSRecipe | MaskTrackRecipe) -> dict[str, Any]:
    """The recipe's values; parts that it does without are not named, as in runs before there were such."""
    return {name: value for name, value in asdict(recipe).items() if value is not None}


def run_method(
    plan: RunPlan, dataset: Dataset, out: str | os.PathLike, jobs: int = 1, progress: bool = True
) -> Path:
    """Segment every video of a data set, or those that an interrupted run has left.

    Returns:
        The folder, with ``probabilities/<sequence>/<frame>.png`` (and ``probabilities-after-N``, for each
        budget, and ``probabilities-flow``), ``sequences/<sequence>.json`` and ``run.json``.

    Raises:
        DataError: the folder holds a run with another plan; or videos that failed, after all others
            have been done, with their messages.
    """
    folder = Path(out)
    failures = run_all({folder: plan}, dataset, jobs, progress)
    if failures:
        raise DataError(f"{len(failures)} of {len(dataset)} videos failed: " + "; ".join(failures))
    return folder


def run_all(
    plans: Mapping[Path, RunPlan], dataset: Dataset, jobs: int = 1, progress: bool = True
) -> list[str]:
    """Several runs in one pool of jobs: each video by each plan is a job, and a job that is done stays done.

    The pool is joblib's. Within ``joblib.parallel_config("dask")`` it is a Dask cluster.

    Args:
        plans: what to do, by the folder of each run.
        dataset: the videos.
        jobs: how many processes; -1 takes all workers of a cluster.
        progress: show a bar over the jobs, with the time left.

    Returns:
        A message for each job that failed.

    Raises:
        DataError: a folder holds a run with another plan, or of other frames or first masks; a checkpoint is
            missing, or a device.
    """
    for folder, plan in plans.items():
        if jobs != -1:  # the workers of a cluster have devices of their own
            make_fabric(plan.device, plan.precision)
        _claim(folder, plan, dataset)
        for video in dataset.values():
            _check_content(folder, video)
    todo = [
        (plan, video, folder)
        for folder, plan in plans.items()
        for video in dataset.values()
        if not is_done(folder, video)
    ]
    todo.sort(key=lambda job: len(job[1]), reverse=True)  # then no process is left with a long one at the end
    began, code = time.monotonic(), code_version()
    finished = Parallel(n_jobs=jobs, return_as="generator_unordered", batch_size=1)(
        delayed(_segment_in_worker)(*job) for job in todo
    )
    title = next(iter(plans.values())).title if len(plans) == 1 else f"{len(plans)} methods"
    bar = tqdm(finished, total=len(todo), desc=title, unit="video", disable=None if progress else True)
    try:
        return [failure for failure in bar if failure]
    finally:
        spent = round(time.monotonic() - began, 1)
        for folder in {folder for _, _, folder in todo}:
            session = {"seconds": spent, "jobs": effective_n_jobs(jobs), "videos": len(todo), "code": code}
            append_line(folder / "wall.jsonl", json.dumps(session))


def single_objects(dataset: Dataset) -> Dataset:
    """What a run segments: the videos, or, where they hold several objects, each object on its own."""
    return one_by_one(dataset) if dataset.several else dataset


def is_done(folder: Path, video: Video) -> bool:
    """Whether a run has segmented a video."""
    return (folder / "sequences" / f"{video.name}.json").exists()


def _content(video: Video) -> list[str]:
    """What a run sees of a video."""
    return [fingerprint(video.frames), fingerprint(video.masks[:1])]


def _check_content(folder: Path, video: Video) -> None:
    path = folder / "sequences" / f"{video.name}.json"
    if is_done(folder, video) and read_json(path).get("content", now := _content(video)) != now:
        raise DataError(
            f"{path}: of other frames, or another first mask (expected a new folder, or the same data)"
        )


def _fingerprint(path: Path | None) -> dict[str, str] | None:
    if path is None:
        return None
    if not path.is_file():
        raise DataError(f"{path}: no such checkpoint (expected a parent network's .safetensors file)")
    return {"file": path.name, "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}


def _claim(folder: Path, plan: RunPlan, dataset: Dataset) -> None:
    path = folder / "run.json"
    about = plan.to_json() | {"data": [dataset.name, dataset.split]}
    if path.exists():
        if read_json(path) != json.loads(json.dumps(about)):
            raise DataError(f"{path}: a run with another plan (expected a new folder, or the same plan)")
        return
    folder.mkdir(parents=True, exist_ok=True)
    write_json(path, about)


def _segment_in_worker(plan: RunPlan, video: Video, folder: Path) -> str | None:
    """Segment one video; the message of what went wrong, or None."""
    import torch

    if plan.threads:
        torch.set_num_threads(plan.threads)
        cv2.setNumThreads(plan.threads)
    try:
        segment_video(plan, video, folder)
    except (DataError, OSError, RuntimeError) as error:
        return f"{video.name}: {error}"
    return None


def segment_video(plan: RunPlan, video: Video, folder: Path) -> None:
    """Segment one video, write the probabilities of its frames, then its JSON file."""
    backbone = backbone_of(plan.network) if plan.network else "lite"
    fabric = make_fabric(plan.device, plan.precision, backbone=backbone)
    seconds, losses = (_network if plan.recipe else _baseline)(plan, video, folder, fabric)
    row = {
        "sequence": video.name,
        "frames": len(video),
        "content": _content(video),
        "steps": len(losses),
        "seconds": {name: round(value, 2) for name, value in seconds.items()},
        "last losses": [round(v, 5) for v in losses[-5:]],
        "peak memory MB": peak_memory(),
        "hardware": describe_hardware(fabric.device, str(fabric._precision.precision)),
    }
    write_json(folder / "sequences" / f"{video.name}.json", row)


def _baseline(plan: RunPlan, video: Video, folder: Path, _: Fabric) -> tuple[dict[str, float], list[float]]:
    """Masks are probabilities of 0 and 1."""
    began = time.monotonic()
    method = BASELINES[plan.method](make_flow(plan.flow or "dis", plan.device))
    masks = method.segment(video.frames, np.asarray(video.masks[0]))
    rest = (np.asarray(mask, np.float32) for mask in islice(masks, 1, None))
    write_probabilities(rest, video, folder / "probabilities" / video.name)
    return {"fine-tuning": 0.0, "probabilities": time.monotonic() - began}, []


def _network(
    plan: RunPlan, video: Video, folder: Path, fabric: Fabric
) -> tuple[dict[str, float], list[float]]:
    """Fine-tune, then segment; the seconds of each part, and the losses."""
    first = np.asarray(video.masks[0])
    seconds: dict[str, float] = {}
    losses: list[float] = []
    aside = 0.0  # time spent on segmenting for the budgets, which is not fine-tuning

    def keep(network: Any, name: str, flow: Flow | None = None) -> None:
        began = time.monotonic()
        if isinstance(method, MaskTrack):
            method.flow = flow
            frames = method.probabilities(network, video.frames, first)
        elif method.recipe.adaptation:
            frames = adapt_online(method, network, video.frames, first)
        else:
            frames = method.probabilities(network, video.frames[1:])
        write_probabilities(frames, video, folder / name / video.name)
        seconds[name] = time.monotonic() - began

    def watch(step: int, network: Any, loss: float) -> None:
        nonlocal aside
        losses.append(loss)
        if step in plan.budgets:
            began = time.monotonic()
            seconds[f"fine-tuning {step}"] = began - started - aside
            keep(network, f"probabilities-after-{step}")
            network.train()
            aside += time.monotonic() - began

    assert plan.network is not None
    assert plan.recipe is not None
    flow = make_flow(plan.flow, str(fabric.device)) if plan.flow else None
    method = make_method(plan.network, plan.recipe, fabric, watch, flow, plan.motion)
    started = time.monotonic()
    network = method.fine_tune(video.frames[0], first)
    seconds["fine-tuning"] = time.monotonic() - started - aside
    keep(network, "probabilities")
    for budget in plan.budgets:
        if budget > len(losses):  # fine-tuning stopped early: more steps would have given the same network
            seconds[f"fine-tuning {budget}"] = seconds["fine-tuning"]
            keep(network, f"probabilities-after-{budget}")
    if flow:
        keep(network, "probabilities-flow", flow)
    return seconds, losses

"""From data to the tables of the papers, in one call that may be stopped at any moment. Chapter 7.

A reproduction is a folder: ``networks/`` (what was trained), ``runs/<method>/`` (one run each, see
:mod:`vostut.reproduction.runs`), ``ledger/`` (a row for each result) and the report. Everything in it is made
once and found again: the second call goes on where the first one was stopped, and ends with the same masks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from joblib import parallel_config
from lightning_fabric import Fabric

from vostut.baselines import BASELINES
from vostut.data.stills import FramesAsStills, Still, fingerprint
from vostut.errors import DataError
from vostut.learning.checkpoints import read_description
from vostut.masktrack import offline_recipe, train_offline
from vostut.osvos import parent_recipe, train_parent
from vostut.osvos.contours import Contours
from vostut.reproduction.ledger import ledger_row, write_row
from vostut.reproduction.methods import NETWORKS, recipe_for
from vostut.reproduction.runs import RunPlan, is_done, run_all, single_objects
from vostut.reproduction.variants import score_variant, variants
from vostut.video import Dataset, Video

METHODS = ("osvos", "masktrack", "warp", "copy")
"""What can be reproduced."""
PATIENCE = 20
"""Seconds that a cluster's scheduler has to answer."""


class Profile(NamedTuple):
    """How much is computed.

    Attributes:
        dataset: ``"cutouts"`` or ``"davis2016"``.
        preset: of the methods, and of the training.
        backbone: of the networks.
    """

    dataset: str
    preset: str
    backbone: str


PROFILES = {
    "quick": Profile("cutouts", "quick", "lite"),
    "laptop": Profile("davis2016", "laptop", "lite"),
    "paper": Profile("davis2016", "paper", "vgg16"),
}
"""``quick``: minutes, on embedded data. ``laptop``: an evening on two cores. ``paper``: days on one GPU."""


def train_networks(
    methods: Sequence[str],
    profile: Profile,
    videos: Mapping[str, Video],
    stills: Sequence[Still],
    out: Path,
    fabric: Fabric,
    imagenet: Path | None = None,
) -> dict[str, Path]:
    """Train the networks that the methods start from, or go on where a training was stopped.

    Args:
        methods: some of :data:`METHODS`; the baselines need none.
        profile: preset and backbone.
        videos: OSVOS's training videos.
        stills: MaskTrack's still images.
        out: the folder of the reproduction.
        fabric: devices and precision.
        imagenet: see :func:`vostut.learning.imagenet.load_imagenet`.

    Returns:
        The checkpoint of each method that has one.

    Raises:
        DataError: the folder holds a network that was trained on other data.
    """
    networks = {}
    if "osvos" in methods:
        networks["osvos"] = out / "networks" / "osvos" / "parent.safetensors"
        parent = parent_recipe(profile.preset, profile.backbone)
        if not _trained_on(networks["osvos"], FramesAsStills(videos.values())):
            train_parent(videos, parent, networks["osvos"].parent, fabric, imagenet)
    if "masktrack" in methods:
        networks["masktrack"] = out / "networks" / "masktrack" / "offline.safetensors"
        offline = offline_recipe(profile.preset, profile.backbone)
        if not _trained_on(networks["masktrack"], stills):
            train_offline(stills, offline, networks["masktrack"].parent, fabric, imagenet)
    return networks


def _trained_on(network: Path, stills: Sequence[Still]) -> bool:
    """Whether a network is there, trained on these images.

    Raises:
        DataError: it was trained on others.
    """
    if not network.exists():
        return False
    data = read_description(network).get("data", "")
    if "sha256" in data and data != fingerprint(stills):  # earlier versions compared three images only
        raise DataError(f"{network}: trained on other data (expected a new folder, or the same data)")
    return True


@contextmanager
def workers(address: str) -> Iterator[None]:
    """Within this, jobs go to the workers of a Dask cluster; to local processes if the address is empty.

    Args:
        address: of the cluster's scheduler, such as ``tcp://head:8786``. Its workers must see the same
            folders. A worker computes on the GPU that it was given by ``CUDA_VISIBLE_DEVICES``.

    Raises:
        DataError: Dask is not installed, or no scheduler answers.
    """
    if not address:
        yield
        return
    try:
        from distributed import Client
    except ImportError as error:
        raise DataError("--cluster: Dask is missing (expected `pip install vostut[cluster]`)") from error
    try:
        client = Client(address, timeout=PATIENCE)
    except (OSError, ValueError) as error:
        raise DataError(f"--cluster {address}: no scheduler answers ({error})") from error
    with client, parallel_config("dask"):
        yield


def plan_runs(
    methods: Sequence[str],
    profile: Profile,
    networks: Mapping[str, Path],
    flow: str = "dis",
    seed: int = 0,
    **where: Any,
) -> dict[str, RunPlan]:
    """A plan for each method.

    Args:
        methods: some of :data:`METHODS`.
        profile: how much is computed.
        networks: trained networks of OSVOS and MaskTrack, the package's own where one is not named; and
            ``"motion"``, the network of MaskTrack's motion stream, if it has its own.
        flow: MaskTrack's motion stream and the warped mask; "" for none.
        seed: of the fine-tuning.
        where: ``device``, ``precision`` and ``threads`` of :class:`vostut.reproduction.runs.RunPlan`.

    Raises:
        DataError: an unknown method, a broken checkpoint, or none for the profile.
    """
    plans: dict[str, RunPlan] = {}
    for method in methods:
        if method not in METHODS:
            raise DataError(f"no method is called {method!r} (expected some of {', '.join(METHODS)})")
        if method in BASELINES:
            plans[method] = RunPlan(method, flow=flow or "dis", **where)
            continue
        network = networks.get(method) or (NETWORKS[method] if profile.backbone == "lite" else None)
        if network is None:
            raise DataError(
                f"{method}: no network on {profile.backbone} (expected --train, or --{method} FILE)"
            )
        recipe = replace(recipe_for(method, profile.preset, network), seed=seed)
        plan = RunPlan(method, network, recipe, **where)
        if method == "masktrack" and flow:
            plan = replace(plan, flow=flow, motion=networks.get("motion"))
        plans[method] = plan
    return plans


def reproduce(
    plans: Mapping[str, RunPlan],
    dataset: Dataset,
    out: Path,
    command: str,
    jobs: int = 1,
    contours: Callable[[Video], Contours] | None = None,
    crf: bool = False,
    progress: bool = True,
) -> tuple[list[dict], list[str]]:
    """Run all plans in one pool of jobs, score what they gave, and write the rows.

    A video that fails is reported, and left out of the scores of its method. Where videos hold several
    objects, each object is segmented on its own, and the masks are merged.

    Args:
        plans: by method.
        dataset: the videos.
        out: the folder of the reproduction.
        command: for the rows.
        jobs: how many processes; -1 takes all workers of a cluster.
        contours: for OSVOS's boundary snapping.
        crf: also refine MaskTrack by a dense CRF.
        progress: show a bar over the jobs, with the time left.

    Returns:
        The rows of the ledger, in the order of the methods, and a message for each job that failed.
    """
    folders = {out / "runs" / name: plan for name, plan in plans.items()}
    objects = single_objects(dataset)
    failures, rows = run_all(folders, objects, jobs, progress), []
    for folder, plan in folders.items():
        done, done_objects = finished(folder, dataset, objects)
        if not done:
            continue
        for variant in variants(plan, contours, crf and plan.method == "masktrack"):
            score = score_variant(folder, variant, done, jobs=jobs, progress=progress)
            title = plan.method + variant.suffix
            words = plan.title + variant.words
            row = ledger_row(
                title, folder, done_objects, score, command, words, variant.source, variant.masks
            )
            write_row(row, out / "ledger" / f"{title}.json")
            rows.append(row)
    return rows, failures


def finished(folder: Path, dataset: Dataset, objects: Dataset) -> tuple[Dataset, Dataset]:
    """The videos whose objects a run has all segmented, and those objects."""
    undone = [name for name, video in objects.items() if not is_done(folder, video)]
    if dataset is objects:
        done = dataset.subset(name for name in dataset if name not in undone)
        return done, done
    parents = {name.rsplit("_", 1)[0] for name in undone}
    done = dataset.subset(name for name in dataset if name not in parents)
    return done, objects.subset(name for name in objects if name.rsplit("_", 1)[0] not in parents)

"""From data to the tables of the papers, in one call that may be stopped at any moment. Chapter 6.

A reproduction is a folder: ``networks/`` (what was trained), ``runs/<method>/`` (one run each, see
:mod:`vostut.benchmark.runs`), ``ledger/`` (a row for each result) and the report. Everything in it is made
once and found again: the second call goes on where the first one was stopped, and ends with the same masks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from joblib import parallel_config
from lightning_fabric import Fabric

from vostut.benchmark.ledger import ledger_row, write_row
from vostut.benchmark.runs import RunPlan, is_done, run_all
from vostut.benchmark.variants import score_variant, variants
from vostut.checkpoints import MASKTRACK_LITE, OSVOS_LITE
from vostut.datasets.stills import Still
from vostut.errors import DataError
from vostut.methods.baselines import Baseline
from vostut.methods.recipes import recipe_for
from vostut.methods.snapping import Contours
from vostut.training import OfflineTraining, ParentTraining, train_offline, train_parent
from vostut.video import Dataset, Video

METHODS = ("osvos", "masktrack", "warp", "copy")
"""What can be reproduced."""


@dataclass(frozen=True)
class Profile:
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


@dataclass(frozen=True)
class Where:
    """Where it is computed.

    Attributes:
        device: ``"auto"``, ``"cpu"`` or ``"cuda"``.
        precision: see :func:`vostut.training.loop.make_fabric`.
        threads: of each process; 0 leaves it to PyTorch.
    """

    device: str = "auto"
    precision: str = "auto"
    threads: int = 0

    def put(self, plan: RunPlan) -> RunPlan:
        """The plan, carried out here."""
        return replace(plan, device=self.device, precision=self.precision, threads=self.threads)


@dataclass(frozen=True)
class Outcome:
    """What came out.

    Attributes:
        rows: of the ledger, in the order of the methods.
        failures: a message for each job that failed.
    """

    rows: list[dict] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)


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
        imagenet: see :func:`vostut.networks.weights.load_imagenet`.

    Returns:
        The checkpoint of each method that has one.
    """
    networks = {}
    if "osvos" in methods:
        networks["osvos"] = out / "networks" / "osvos" / "parent.safetensors"
        parent = getattr(ParentTraining, profile.preset)(profile.backbone)
        if not networks["osvos"].exists():
            train_parent(videos, parent, networks["osvos"].parent, fabric, imagenet)
    if "masktrack" in methods:
        networks["masktrack"] = out / "networks" / "masktrack" / "offline.safetensors"
        offline = getattr(OfflineTraining, profile.preset)(profile.backbone)
        if not networks["masktrack"].exists():
            train_offline(stills, offline, networks["masktrack"].parent, fabric, imagenet)
    return networks


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
        client = Client(address, timeout=20)
    except (OSError, ValueError) as error:
        raise DataError(f"--cluster {address}: no scheduler answers ({error})") from error
    with client, parallel_config("dask"):
        yield


def plan_runs(
    methods: Sequence[str],
    profile: Profile,
    networks: Mapping[str, Path],
    where: Where,
    flow: str = "dis",
    seed: int = 0,
) -> dict[str, RunPlan]:
    """A plan for each method.

    Args:
        methods: some of :data:`METHODS`.
        profile: how much is computed.
        networks: trained networks of OSVOS and MaskTrack, the package's own where one is not named; and
            ``"speed"``, the network of MaskTrack's second stream, if it has its own.
        where: it is computed.
        flow: MaskTrack's second stream and the warped mask; "" for none.
        seed: of the fine-tuning.

    Raises:
        DataError: an unknown method, a broken checkpoint, or none for the profile.
    """
    own = {"osvos": OSVOS_LITE, "masktrack": MASKTRACK_LITE}
    plans: dict[str, RunPlan] = {}
    for method in methods:
        if method in ("copy", "warp"):
            plans[method] = where.put(RunPlan(None, Baseline(method, flow or "dis")))
            continue
        if method not in METHODS:
            raise DataError(f"no method is called {method!r} (expected some of {', '.join(METHODS)})")
        network = networks.get(method) or (own[method] if profile.backbone == "lite" else None)
        if network is None:
            raise DataError(
                f"{method}: no network on {profile.backbone} (expected --train, or --{method} FILE)"
            )
        config = recipe_for(method, profile.preset, network)
        assert config.fine_tuning is not None
        config = replace(config, fine_tuning=replace(config.fine_tuning, seed=seed))
        plan = RunPlan(network, config)
        if method == "masktrack" and flow:
            plan = replace(plan, flow=flow, speed=networks.get("speed"))
        plans[method] = where.put(plan)
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
) -> Outcome:
    """Run all plans in one pool of jobs, score what they gave, and write the rows.

    A video that fails is reported, and left out of the scores of its method.

    Args:
        plans: by method.
        dataset: the videos.
        out: the folder of the reproduction.
        command: for the rows.
        jobs: how many processes; -1 takes all workers of a cluster.
        contours: for OSVOS's boundary snapping.
        crf: also refine MaskTrack by a dense CRF.
        progress: show a bar over the jobs, with the time left.
    """
    folders = {out / "runs" / name: plan for name, plan in plans.items()}
    outcome = Outcome(failures=run_all(folders, dataset, jobs, progress))
    for name, plan in plans.items():
        folder = out / "runs" / name
        done = Dataset(dataset.name, dataset.split, [v for v in dataset.values() if is_done(folder, v)])
        if not done:
            continue
        snap = contours if name == "osvos" else None
        for variant in variants(plan, snap, crf and name == "masktrack"):
            score = score_variant(folder, variant, done, jobs=jobs, progress=progress)
            title = name + variant.suffix
            words = plan.method + variant.words
            row = ledger_row(title, folder, done, score, command, words, variant.source, variant.masks)
            write_row(row, out / "ledger" / f"{title}.json")
            outcome.rows.append(row)
    return outcome

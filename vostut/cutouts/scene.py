"""What a synthetic video is made of, and the default scenes."""

from __future__ import annotations

from dataclasses import dataclass

from vostut.cutouts.backgrounds import BACKGROUNDS
from vostut.cutouts.knobs import Knobs
from vostut.cutouts.outlines import OBJECTS
from vostut.errors import DataError

HEIGHT = 240.0
"""Reference pixels in the height of a frame: geometry is described in them, whatever the frame's size."""
EASY = Knobs()
"""All knobs at 0."""


@dataclass(frozen=True)
class Scene:
    """The full description of one synthetic video: the same scene always gives the same bytes.

    Attributes:
        name: what the data set calls it.
        objects: names from :data:`~vostut.cutouts.outlines.OBJECTS`, drawn in this order:
            object 1 lies behind object 2.
        background: a name from :data:`~vostut.cutouts.backgrounds.BACKGROUNDS`.
        frames: how many.
        size: (height, width) of a frame in pixels.
        knobs: how hard the video is.
        seed: draws where objects start, which way they go, and how the camera trembles.
        fps: frames per second. Motion is counted in frames, so this only says how fast to play.

    >>> scene = Scene("mine", ("planet", "cat"), "meadow", knobs=Knobs(occlusion=0.5))
    >>> scene.objects, scene.frames, scene.size
    (('planet', 'cat'), 24, (240, 428))
    """

    name: str
    objects: tuple[str, ...] = ("cat",)
    background: str = "garden"
    frames: int = 24
    size: tuple[int, int] = (240, 428)
    knobs: Knobs = EASY
    seed: int = 0
    fps: int = 12

    def __post_init__(self) -> None:
        if not self.objects:
            raise DataError(f"scene {self.name}: no objects (expected some of {', '.join(OBJECTS)})")
        for name in self.objects:
            if name not in OBJECTS:
                known = ", ".join(OBJECTS)
                raise DataError(f"scene {self.name}: no object is called {name!r} (expected one of {known})")
        if self.background not in BACKGROUNDS:
            known = ", ".join(BACKGROUNDS)
            raise DataError(f"scene {self.name}: no background {self.background!r} (expected one of {known})")
        if self.frames < 1 or min(self.size) < 16:
            raise DataError(
                f"scene {self.name}: {self.frames} frames of {self.size[0]} x {self.size[1]} pixels"
                " (expected at least one frame of 16 x 16)"
            )


CUTOUTS: tuple[Scene, ...] = (
    Scene("planet-turn", ("planet",), "stars", 24, seed=1),
    Scene("coffee-slide", ("coffee",), "tiles", 26, knobs=Knobs(occlusion=0.8, scale_variation=0.35), seed=2),
    Scene(
        "coin-roll",
        ("stater",),
        "gravel",
        30,
        knobs=Knobs(fast_motion=0.5, motion_blur=0.35, background_clutter=0.4),
        seed=3,
    ),
    Scene(
        "admiral-inspection",
        ("admiral",),
        "brick-wall",
        28,
        knobs=Knobs(camera_shake=0.7, low_resolution=0.6, appearance_change=0.5),
        seed=4,
    ),
    Scene("cat-lookout", ("cat",), "garden", 28, knobs=Knobs(deformation=0.4), seed=5),
    Scene(
        "astronaut-drift",
        ("astronaut",),
        "moon",
        32,
        knobs=Knobs(occlusion=0.7, appearance_change=0.6, camera_shake=0.4),
        seed=6,
    ),
    Scene(
        "shuttle-climb",
        ("shuttle",),
        "clouds",
        30,
        knobs=Knobs(scale_variation=0.5, out_of_view=1.0),
        seed=7,
    ),
    Scene("horse-trot", ("horse",), "meadow", 36, knobs=Knobs(fast_motion=0.6, deformation=0.6), seed=8),
    Scene(
        "cameraman-pan",
        ("cameraman",),
        "launch-pad",
        30,
        knobs=Knobs(camera_shake=0.8, out_of_view=0.5, low_resolution=0.4),
        seed=9,
    ),
    Scene(
        "asteroid-tumble",
        ("asteroid",),
        "desert",
        30,
        knobs=Knobs(scale_variation=0.6, motion_blur=0.4, background_clutter=0.5, fast_motion=0.32),
        seed=10,
    ),
)
"""The ten default scenes. Each has another object and another mixture of difficulties, none to four."""

SEVERAL: tuple[Scene, ...] = (
    Scene("coins-shuffle", ("tetradrachm", "drachm", "gorgon"), "lawn", 28, seed=21),
    Scene(
        "traffic-orbit", ("planet", "shuttle", "asteroid"), "stars", 30, knobs=Knobs(deformation=0.2), seed=32
    ),
    Scene(
        "crew-portrait", ("admiral", "astronaut"), "launch-pad", 26, knobs=Knobs(camera_shake=0.35), seed=35
    ),
)
"""Three scenes with several objects."""

_TRAIN = ("planet-turn", "coffee-slide", "coin-roll", "admiral-inspection")
_VAL = tuple(scene.name for scene in CUTOUTS if scene.name not in _TRAIN)

CUTOUTS_SPLITS: dict[str, tuple[str, ...]] = {"train": _TRAIN, "val": _VAL, "trainval": _TRAIN + _VAL}
"""Split -> the scenes of :data:`CUTOUTS` in it. Scenes with several objects are in every split."""

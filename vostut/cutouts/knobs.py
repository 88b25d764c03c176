"""The difficulties of DAVIS-2016 as ten knobs, each of which can be turned alone."""

from __future__ import annotations

from dataclasses import dataclass, fields

from vostut.errors import DataError

MARKED = 0.3
"""A video carries an attribute if its knob is above this: below, one has to know where to look."""

CODES: dict[str, str] = {
    "occlusion": "OCC",
    "fast_motion": "FM",
    "motion_blur": "MB",
    "scale_variation": "SV",
    "deformation": "DEF",
    "camera_shake": "CS",
    "appearance_change": "AC",
    "background_clutter": "BC",
    "out_of_view": "OV",
    "low_resolution": "LR",
}
"""Knob -> the code of the DAVIS attribute that it simulates (Perazzi et al. 2016, table 1)."""


@dataclass(frozen=True)
class Knobs:
    """How hard a video is: ten numbers in 0..1, where 0 switches a difficulty off.

    With all knobs at 0 the video is easy: gentle, smooth motion. Turning one knob changes nothing
    but what is written here. Lengths are in reference pixels, of which a frame is 240 high.

    Attributes:
        occlusion: OCC. A pillar in the foreground passes in front of the object once. At 1 it is
            0.8 times as wide as the object.
        fast_motion: FM. The object travels the same path, faster. At 1 it is 4 times as fast, about
            15 to 25 pixels a frame (DAVIS marks 20 pixels a frame at twice this frame height).
        motion_blur: MB. The shutter stays open. At 1 for 3 frame intervals, which is longer than a
            real camera allows, so that gentle motion shows it too. The mask is that of the
            shutter's centre.
        scale_variation: SV. The object starts far away and comes close. At 1 it starts at 0.42 of
            its size, hence with 0.18 of its area.
        deformation: DEF. Two waves shear the object. At 1 their amplitudes are 9 % and 5 % of the
            object's height.
        camera_shake: CS. The camera trembles. At 1 by up to 13 pixels and 2.4 degrees.
        appearance_change: AC. The light on the object changes from neutral to a dark blue dusk, and
            a shadow moves across it. At 1 to about a third of the first frame's brightness.
        background_clutter: BC. The background takes on the colours and the texture of the object.
            At 1 its colour statistics are the object's, and patches of the object's texture lie all over it.
        out_of_view: OV. The object leaves through the side of the frame and comes back. The share
            of the way out: at 1 the object is gone for some frames.
        low_resolution: LR. Frames are recorded with fewer pixels and enlarged again. At 1 with
            4 times fewer in each direction. (DAVIS marks small objects instead; what a method sees
            of them is the same: few pixels.)
    """

    occlusion: float = 0.0
    fast_motion: float = 0.0
    motion_blur: float = 0.0
    scale_variation: float = 0.0
    deformation: float = 0.0
    camera_shake: float = 0.0
    appearance_change: float = 0.0
    background_clutter: float = 0.0
    out_of_view: float = 0.0
    low_resolution: float = 0.0

    def __post_init__(self) -> None:
        for knob in fields(self):
            value = getattr(self, knob.name)
            if not 0 <= value <= 1:  # NaN fails too
                raise DataError(f"knob {knob.name} = {value} (expected a number from 0, off, to 1)")

    def attributes(self) -> frozenset[str]:
        """The DAVIS codes of the knobs above :data:`MARKED`.

        >>> sorted(Knobs(occlusion=1, low_resolution=0.5, deformation=0.1).attributes())
        ['LR', 'OCC']
        """
        return frozenset(code for name, code in CODES.items() if getattr(self, name) > MARKED)

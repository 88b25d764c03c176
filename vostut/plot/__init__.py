"""Pictures of videos and masks: still, playing, and to paint on."""

from vostut.plot.live import glue
from vostut.plot.paint import paint
from vostut.plot.pictures import disagreement, grid, overlay, show
from vostut.plot.player import player
from vostut.plot.style import (
    BLUE,
    EXTRA,
    GREEN,
    GREY,
    MISSED,
    OBJECT,
    ORANGE,
    PREDICTION,
    PURPLE,
    SKY,
    VERMILION,
    label_points,
    use_style,
)

__all__ = [
    "BLUE",
    "EXTRA",
    "GREEN",
    "GREY",
    "MISSED",
    "OBJECT",
    "ORANGE",
    "PREDICTION",
    "PURPLE",
    "SKY",
    "VERMILION",
    "disagreement",
    "glue",
    "grid",
    "label_points",
    "overlay",
    "paint",
    "player",
    "show",
    "use_style",
]

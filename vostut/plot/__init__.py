"""Pictures of videos and masks: still, playing, to paint on, and to deform."""

from vostut.plot.live import glue
from vostut.plot.paint import paint
from vostut.plot.pictures import disagreement, grid, overlay, show
from vostut.plot.player import player
from vostut.plot.playground import playground
from vostut.plot.style import (
    BLUE,
    EXTRA,
    GREEN,
    GREY,
    METHOD_COLOURS,
    MISSED,
    OBJECT,
    ORANGE,
    PREDICTION,
    PURPLE,
    SKY,
    VERMILION,
    colour_of,
    label_points,
    use_style,
)

__all__ = [
    "BLUE",
    "EXTRA",
    "GREEN",
    "GREY",
    "METHOD_COLOURS",
    "MISSED",
    "OBJECT",
    "ORANGE",
    "PREDICTION",
    "PURPLE",
    "SKY",
    "VERMILION",
    "colour_of",
    "disagreement",
    "glue",
    "grid",
    "label_points",
    "overlay",
    "paint",
    "player",
    "playground",
    "show",
    "use_style",
]

"""One look for all figures: colours that stay apart for colour-blind readers, and little ink."""

from __future__ import annotations

import re
from collections.abc import Sequence

import matplotlib as mpl
from cycler import cycler
from matplotlib.axes import Axes
from matplotlib.patheffects import withStroke
from matplotlib.transforms import Bbox

# Okabe and Ito's palette (2008).
ORANGE, SKY, GREEN, YELLOW = "#E69F00", "#56B4E9", "#009E73", "#F0E442"
BLUE, VERMILION, PURPLE, GREY = "#0072B2", "#D55E00", "#CC79A7", "#6B7280"
CYCLE = (BLUE, ORANGE, GREEN, VERMILION, PURPLE, SKY)

OBJECT = ORANGE
"""The object, or a ground-truth mask, wherever it is drawn."""
PREDICTION = BLUE
"""A method's mask, next to a ground truth."""
MISSED, EXTRA = VERMILION, SKY
"""Object pixels that a mask lacks (false negatives), and pixels it has too many (false positives)."""

METHOD_COLOURS = {"OSVOS": ORANGE, "MaskTrack": BLUE, "warping": GREEN, "copy": GREY}
"""A method's colour, the same in every figure that compares methods; :func:`colour_of` finds it by name."""
_METHOD_NAMES = {
    "OSVOS": r"(?<![\w-])osvos(?![\w-])",  # and not OSVOS-S or e-OSVOS, which are other methods
    "MaskTrack": r"masktrack|\bmsk\b",
    "warping": r"warp|\bflow\b",
    "copy": r"\bcop(?:y|ied|ying)\b|first mask",
}
"""The most telling first: MaskTrack with flow is MaskTrack, a first mask that is warped is warping."""


def colour_of(method: str) -> str:
    """The colour of a method in every figure of the book, by its name as a figure or a table writes it.

    What is said besides the name does not matter: "MaskTrack, with flow" has MaskTrack's colour.

    Raises:
        ValueError: the name is none of the four methods'.
    """
    for name, pattern in _METHOD_NAMES.items():
        if re.search(pattern, method, re.IGNORECASE):
            return METHOD_COLOURS[name]
    known = ", ".join(METHOD_COLOURS)
    raise ValueError(
        f"{method!r} is no method with a colour of its own (expected a name with one of: {known})"
    )


def use_style() -> None:
    """Set matplotlib's defaults for the figures of the book."""
    mpl.rcParams.update(
        {
            "figure.dpi": 140,
            "savefig.dpi": 160,
            "figure.constrained_layout.use": True,
            "figure.facecolor": "white",
            "axes.facecolor": "none",  # the book's pages put their own ground behind figures, light or dark
            "font.family": "sans-serif",
            "font.sans-serif": ["DejaVu Sans"],
            "font.size": 10,
            "axes.titlesize": 10.5,
            "axes.titlelocation": "left",
            "axes.labelsize": 10,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.edgecolor": "#9CA3AF",
            "axes.grid": True,
            "axes.axisbelow": True,
            "grid.color": "#E5E7EB",
            "grid.linewidth": 0.7,
            "axes.prop_cycle": cycler(color=CYCLE),
            "xtick.color": "#374151",
            "ytick.color": "#374151",
            "legend.frameon": False,
            "lines.linewidth": 1.8,
        }
    )


def label_points(ax: Axes, x: Sequence[float], y: Sequence[float], labels: Sequence[str]) -> None:
    """Write each label beside its point: within the axes, clear of points and labels if there is room."""
    ax.figure.canvas.draw()
    spots = [spot for dots in ax.collections for spot in ax.transData.transform(dots.get_offsets())]
    taken = [Bbox.from_bounds(at_x - 5, at_y - 5, 10, 10) for at_x, at_y in spots]
    right, left = [(6, 4, "left"), (6, -11, "left")], [(-6, 4, "right"), (-6, -11, "right")]
    places = [*right, *left, (0, 9, "center"), (0, -16, "center")]
    for point_x, point_y, label in zip(x, y, labels, strict=True):
        for dx, dy, side in places:
            text = ax.annotate(
                label,
                (point_x, point_y),
                xytext=(dx, dy),
                textcoords="offset points",
                ha=side,
                fontsize=8,
                color="#374151",
                path_effects=[withStroke(linewidth=2.5, foreground="white")],
            )
            box = text.get_window_extent()
            inside = ax.bbox.x0 <= box.x0 and box.x1 <= ax.bbox.x1
            clear = inside and not any(box.overlaps(other) for other in taken)
            if clear or (dx, dy, side) == places[-1]:
                taken.append(box)
                break
            text.remove()

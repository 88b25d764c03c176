"""Still pictures."""

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest

from vostut.images import PALETTE
from vostut.plot import (
    BLUE,
    GREEN,
    GREY,
    METHOD_COLOURS,
    ORANGE,
    colour_of,
    disagreement,
    glue,
    grid,
    label_points,
    overlay,
    use_style,
)

mpl.use("Agg")


def test_overlay_tints_the_object_alone(small_video):
    frame, mask = small_video.frames[0], small_video.masks[0]
    picture = overlay(frame, mask, outline=0)
    assert picture.dtype == np.uint8
    assert (picture[~mask] == frame[~mask]).all()
    assert (picture[mask] != frame[mask]).any()
    assert (overlay(frame, np.zeros_like(mask)) == frame).all()


def test_objects_get_the_colours_of_the_palette():
    ids = np.zeros((40, 40), np.uint8)
    ids[5:15, 5:15], ids[25:35, 25:35] = 1, 2
    picture = overlay(np.zeros((40, 40, 3), np.uint8), ids, alpha=1.0, outline=0)
    assert picture[10, 10].tolist() == PALETTE[1].tolist()
    assert picture[30, 30].tolist() == PALETTE[2].tolist()


def test_disagreement_colours_missed_and_extra_apart():
    frame = np.full((30, 30, 3), 120, np.uint8)
    truth, mask = np.zeros((2, 30, 30), bool)
    truth[5:20, 5:20], mask[10:25, 5:20] = True, True
    picture = disagreement(frame, mask, truth)
    missed, extra = picture[7, 10].astype(int), picture[22, 10].astype(int)
    assert missed[0] > missed[2]  # vermilion
    assert extra[2] > extra[0]  # sky blue


def test_grid_and_labels(small_video):
    use_style()
    figure = grid(
        [small_video.frames[:3], small_video.masks[:2]], [["a", "b", "c"], ["d", "e"]], row_labels="xy"
    )
    assert len(figure.axes) == 6
    _, ax = plt.subplots()
    ax.set(xlim=(0, 1), ylim=(0, 1))
    label_points(ax, [0.5] * 7, [0.5] * 7, list("abcdefg"))
    assert len(ax.texts) == 7
    plt.close("all")


def test_glue_keeps_plain_numbers(monkeypatch):
    kept = {}
    import myst_nb

    monkeypatch.setattr(myst_nb, "glue", lambda name, value, display: kept.update({name: value}))
    glue("x", np.float64(0.5))
    assert type(kept["x"]) is float


@pytest.mark.parametrize(
    ("name", "colour"),
    [
        *METHOD_COLOURS.items(),
        ("osvos", ORANGE),
        ("OSVOS, without the parent", ORANGE),
        ("MaskTrack, with flow", BLUE),
        ("masktrack", BLUE),
        ("msk", BLUE),
        ("first mask, warped by flow", GREEN),
        ("warped", GREEN),
        ("flow", GREEN),
        ("first mask", GREY),
        ("first mask, copied", GREY),
        ("copying", GREY),
    ],
)
def test_a_method_has_one_colour_however_it_is_named(name, colour):
    assert colour_of(name) == colour


def test_methods_have_four_colours_and_others_none():
    assert len(set(METHOD_COLOURS.values())) == 4
    for name in ("OSVOS-S", "e-OSVOS", "OnAVOS", "ground truth", "overflow"):
        with pytest.raises(ValueError, match="expected a name with one of: OSVOS, MaskTrack"):
            colour_of(name)

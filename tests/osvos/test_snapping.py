"""Superpixels follow contours, and masks follow superpixels."""

import numpy as np
import pytest
from PIL import Image

from vostut.errors import DataError
from vostut.osvos.contours import stored_contours
from vostut.osvos.snapping import snap, superpixels


def ring(inner, size=(60, 80)):
    """Contours of a square, ``inner`` pixels from the border, 0.9 strong; and the square inside."""
    strength = np.zeros(size, np.float32)
    inside = np.zeros(size, bool)
    inside[inner:-inner, inner:-inner] = True
    strength[inner - 1 : -inner + 1, inner - 1 : -inner + 1] = 0.9
    strength[inner:-inner, inner:-inner] = 0
    return strength, inside


def test_superpixels_are_what_the_contours_enclose():
    strength, inside = ring(15)
    regions = superpixels(strength)
    assert regions.max() == 1
    assert len(set(regions[inside])) == 1
    assert regions[30, 40] != regions[2, 2]


def test_weak_contours_do_not_separate():
    strength, _ = ring(15)
    assert superpixels(0.3 * strength).max() == 0
    assert superpixels(0.3 * strength, threshold=0.2).max() == 1


def test_the_ultrametric_merges_weak_before_strong():
    """Two strong squares, one cut by a weak line: the line goes first."""
    strength = np.zeros((40, 90), np.float32)
    strength[:, 44] = 0.9
    strength[:, 20] = 0.2
    counts = [superpixels(strength, threshold).max() + 1 for threshold in (0.1, 0.29, 0.95)]
    assert counts == [3, 2, 1]


def test_a_blunt_mask_snaps_to_the_square():
    strength, inside = ring(15)
    blunt = np.zeros(inside.shape, np.float32)
    blunt[20:42, 12:60] = 1  # most of the square, and some of what is around it
    snapped = snap(blunt, superpixels(strength))
    assert (snapped != inside).sum() <= 2 * inside.sum() ** 0.5 * 4
    assert snapped[16, 16]
    assert not snapped[30, 12]


def test_ties_go_to_the_background():
    regions = np.array([[0, 0, 1, 1]])
    np.testing.assert_array_equal(
        snap(np.array([[1.0, 0.0, 1.0, 1.0]]), regions), [[False, False, True, True]]
    )


def test_votes_are_counted_above_the_papers_threshold():
    regions = np.zeros((1, 1), int)
    assert snap(np.array([[123 / 255]]), regions).all()
    assert not snap(np.array([[122 / 255]]), regions).any()


def test_stored_contours_are_read_by_frame_and_the_last_stands_in(tmp_path):
    frame = np.zeros((4, 6, 3), np.uint8)
    for t in range(2):
        Image.fromarray(np.full((4, 6), 100 * t, np.uint8)).save(tmp_path / f"{t:05d}.png")
    contours = stored_contours(tmp_path)
    assert contours(0, frame).max() == 0
    assert contours(1, frame).max() == contours(2, frame).max() == np.float32(100 / 255)
    with pytest.raises(DataError, match=r"00000.png: 6 x 4 \(expected a contour map of 7 x 4\)"):
        contours(0, np.zeros((4, 7, 3), np.uint8))
    with pytest.raises(DataError, match="no contour map for frame 3"):
        contours(3, frame)
    with pytest.raises(DataError, match="no contour maps"):
        stored_contours(tmp_path / "absent")


def test_stored_contours_go_by_the_names_of_the_frames(tmp_path):
    """A map that is missing, or frames numbered from 1, would shift all that come after."""
    frame = np.zeros((4, 6, 3), np.uint8)
    for t in (1, 2, 4):
        Image.fromarray(np.full((4, 6), t, np.uint8)).save(tmp_path / f"{t:05d}.png")
    contours = stored_contours(tmp_path, [f"{t:05d}" for t in range(1, 6)])
    assert [round(contours(t, frame)[0, 0] * 255) for t in (0, 1, 3, 4)] == [1, 2, 4, 4]
    with pytest.raises(DataError, match=r"no contour map for frame 2 \(expected 00003.png\)"):
        contours(2, frame)
    with pytest.raises(DataError, match=r"no contour map for frame 0 \(expected 00000.png\)"):
        stored_contours(tmp_path)(0, frame)

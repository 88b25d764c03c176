"""Samples in an order that can be taken up again, and a fingerprint of what they are made from."""

import shutil

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from small_data import write_davis

from vostut.data import open_layout
from vostut.data.stills import ConcatStills, FramesAsStills, fingerprint, open_stills
from vostut.errors import DataError
from vostut.learning import Augmentation
from vostut.learning.samples import Samples, ShuffledSampler, numbers_of


@pytest.fixture
def folder(tmp_path):
    for i in range(9):
        image = np.full((6, 8, 3), 20 * i, np.uint8)
        Image.fromarray(image).save(tmp_path / f"{i}.jpg")
        Image.fromarray(np.pad(np.full((3, 4), 255, np.uint8), ((1, 2), (2, 2)))).save(tmp_path / f"{i}.png")
    return tmp_path


@pytest.mark.parametrize("number", range(9))
@pytest.mark.parametrize("kind", ["jpg", "png"])
def test_a_change_in_any_file_changes_the_fingerprint(number, kind, folder):
    before = fingerprint(open_stills(folder))
    path = folder / f"{number}.{kind}"
    image = np.array(Image.open(path))
    image[4:, 6:] = 255 - image[4:, 6:] // 2
    Image.fromarray(image).save(path)
    after = fingerprint(open_stills(folder))
    assert before.startswith("9 images, ")
    assert after.startswith("9 images, ")
    assert after != before


def test_content_counts_and_names_do_not(folder, tmp_path_factory):
    other = tmp_path_factory.mktemp("other") / "place"
    shutil.copytree(folder, other)
    for path in other.iterdir():
        path.rename(path.with_name(f"photograph-{path.name}"))
    assert fingerprint(open_stills(other)) == fingerprint(open_stills(folder))


def test_the_fingerprint_of_frames_covers_all_of_them(tmp_path):
    def of():
        videos = open_layout(root, "val", resolution="480p").values()
        return fingerprint(ConcatStills(FramesAsStills(videos), FramesAsStills(videos)))

    root = write_davis(tmp_path / "DAVIS", {"left": 5, "right": 4})
    before = of()
    assert before == of()
    path = root / "Annotations" / "480p" / "left" / "00003.png"
    mask = np.array(Image.open(path))
    mask[0, 0] = 255
    Image.fromarray(mask).save(path)
    assert of() != before


def test_the_fingerprint_knows_arrays_and_their_order():
    rng = np.random.default_rng(0)
    stills = [(rng.integers(0, 255, (4, 5, 3), np.uint8), rng.random((4, 5)) < 0.5) for _ in range(3)]
    assert fingerprint(stills) == fingerprint(list(stills))
    assert (
        len({fingerprint(s) for s in (stills, stills[::-1], stills[:2], ConcatStills(stills, stills))}) == 4
    )


@given(
    images=st.integers(1, 12), seed=st.integers(0, 99), steps=st.integers(0, 30), stop=st.integers(0, 30),
    accumulate=st.integers(1, 4), processes=st.integers(1, 3),
)  # fmt: skip
def test_a_sampler_taken_up_anywhere_goes_on_as_if_never_stopped(
    images, seed, steps, stop, accumulate, processes
):
    stop = min(stop, steps)
    together = []
    for rank in range(processes):
        parts = [numbers_of(r, accumulate, rank, processes) for r in (range(stop), range(stop, steps))]
        whole = list(ShuffledSampler(images, numbers_of(range(steps), accumulate, rank, processes), seed))
        assert [s for part in parts for s in ShuffledSampler(images, part, seed)] == whole
        together += whole
    alone = ShuffledSampler(images, numbers_of(range(steps), accumulate * processes), seed)
    assert sorted(together) == list(alone)  # and processes share the samples of one


def test_a_mask_of_another_size_than_its_image_is_refused():
    stills = [(np.zeros((8, 10, 3), np.uint8), np.ones((4, 5), bool))]
    with pytest.raises(DataError, match=r"training image 0: .*expected the same size"):
        Samples(stills, 8, Augmentation(), seed=0)[0, 0]

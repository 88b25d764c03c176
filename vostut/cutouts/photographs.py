"""The photographs that the moving cutouts are made of, and whom we owe them to.

All of them come inside two installed dependencies (scikit-image and Matplotlib), so nothing is downloaded
and nothing is shipped twice. Only images in the public domain or under CC0 are used; the credit lines
repeat what the docstrings of ``skimage.data`` state.
"""

from __future__ import annotations

from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from vostut.errors import DataError
from vostut.images import read_rgb

_FILES = {
    "astronaut": ("skimage", "data/astronaut.png"),
    "brick": ("skimage", "data/brick.png"),
    "camera": ("skimage", "data/camera.png"),
    "cat": ("skimage", "data/chelsea.png"),
    "coffee": ("skimage", "data/coffee.png"),
    "coins": ("skimage", "data/coins.png"),
    "grass": ("skimage", "data/grass.png"),
    "gravel": ("skimage", "data/gravel.png"),
    "horse": ("skimage", "data/horse.png"),
    "hubble": ("skimage", "data/hubble_deep_field.jpg"),
    "retina": ("skimage", "data/retina.jpg"),
    "rocket": ("skimage", "data/rocket.jpg"),
    "hopper": ("matplotlib", "mpl-data/sample_data/grace_hopper.jpg"),
}

CREDITS: dict[str, str] = {
    "astronaut": "Eileen Collins, NASA Great Images database, public domain (scikit-image, astronaut)",
    "brick": "CC0Textures, Bricks25, CC0 (scikit-image, brick)",
    "camera": "Cameraman, photograph by Lav Varshney, CC0 (scikit-image, camera)",
    "cat": "Chelsea the cat, photograph by Stefan van der Walt, CC0 (scikit-image, chelsea)",
    "coffee": "Cup of Pikolo Espresso Bar, photograph by Rachel Michetti, CC0 (scikit-image, coffee)",
    "coins": "Greek coins, Brooklyn Museum Collection, no known copyright restrictions (scikit-image, coins)",
    "grass": "Grass-01 by linolafett, DeviantArt, CC0 (scikit-image, grass)",
    "gravel": "CC0Textures, Gravel04, CC0 (scikit-image, gravel)",
    "horse": "Silhouette by Andreas Preuss (marauder), openclipart, CC0 (scikit-image, horse)",
    "hubble": "Hubble eXtreme Deep Field, NASA, public domain (scikit-image, hubble_deep_field)",
    "retina": "Fundus photograph by Mikael Häggström, Wikimedia Commons, CC0 (scikit-image, retina)",
    "rocket": "Falcon 9 with DSCOVR, SpaceX, public domain (scikit-image, rocket)",
    "hopper": "Commodore Grace M. Hopper, US Navy photograph, public domain (Matplotlib, grace_hopper)",
}
"""Photograph -> one line that names who made it and under which terms."""


@lru_cache(maxsize=len(_FILES))
def photograph(name: str) -> np.ndarray:
    """One photograph as H x W x 3 uint8 RGB, not to be written to.

    Raises:
        DataError: no photograph has that name, or the installed package comes without it.

    >>> photograph("coffee").shape
    (400, 600, 3)
    """
    if name not in _FILES:
        raise DataError(f"no photograph is called {name!r} (expected one of {', '.join(_FILES)})")
    package, file = _FILES[name]
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise DataError(f"the package {package} is not installed (its photograph {file} is needed)")
    image = read_rgb(Path(spec.submodule_search_locations[0]) / file)
    image.flags.writeable = False
    return image

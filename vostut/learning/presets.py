"""Recipes by name: a preset says how much is computed, a backbone on which network. Chapters 4 and 5."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from vostut.errors import DataError

Recipe = TypeVar("Recipe")


def named_recipe(recipes: Mapping[tuple[str, str], Recipe], preset: str, backbone: str) -> Recipe:
    """The recipe of a preset for a backbone.

    ``"paper"`` is as published, ``"laptop"`` takes a minute or three a video on two CPU cores, ``"quick"``
    takes seconds on the embedded cutouts.

    Raises:
        DataError: no such recipe.
    """
    if (preset, backbone) not in recipes:
        known = ", ".join(f"{p} on {b}" for p, b in recipes)
        raise DataError(f"no recipe {preset!r} on {backbone!r} (expected one of: {known})")
    return recipes[preset, backbone]

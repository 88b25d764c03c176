"""Citations and references by author and year: "Li et al., 2017a", the same words in text and list.

sphinxcontrib-bibtex brings either numbers in the list or no letter after the year, so that two articles of
one author and year could not be told apart.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from string import ascii_lowercase
from typing import Any

from pybtex.database import Entry
from pybtex.plugin import register_plugin
from pybtex.style.formatting.plain import Style as PlainStyle
from pybtex.style.labels import BaseLabelStyle
from sphinx.application import Sphinx
from sphinxcontrib.bibtex.plugin import register_plugin as register_reference_style
from sphinxcontrib.bibtex.style.referencing import BracketStyle
from sphinxcontrib.bibtex.style.referencing.label import LabelReferenceStyle

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from course.plain import citation


class AuthorYearLabels(BaseLabelStyle):
    """Labels such as "Caelles et al., 2017", with a letter where two entries would have the same."""

    def format_labels(self, sorted_entries: Iterable[Entry]) -> Iterator[str]:
        """One label for each entry, in the order of the list."""
        labels = [citation(entry) for entry in sorted_entries]
        total, seen = Counter(labels), Counter[str]()
        for label in labels:
            yield label + (ascii_lowercase[seen[label]] if total[label] > 1 else "")
            seen[label] += 1


class AuthorYearStyle(PlainStyle):
    """The list of references."""

    default_label_style = AuthorYearLabels


def _brackets() -> BracketStyle:
    return BracketStyle(sep="; ")


@dataclass
class AuthorYearReferences(LabelReferenceStyle):
    """The citations in the text: the labels of the list, parted by semicolons."""

    bracket_parenthetical: BracketStyle = field(default_factory=_brackets)


def setup(app: Sphinx) -> dict[str, Any]:
    """Register both styles as ``author_year_label``."""
    register_plugin("pybtex.style.formatting", "author_year_label", AuthorYearStyle)
    register_reference_style(
        "sphinxcontrib.bibtex.style.referencing", "author_year_label", AuthorYearReferences
    )
    return {"parallel_read_safe": True, "parallel_write_safe": True}

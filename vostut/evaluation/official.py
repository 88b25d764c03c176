"""What the benchmark itself published: the numbers that ours must equal.

Source: the DAVIS-2016 result table of the benchmark's site (semi-supervised and unsupervised methods,
validation set, 20 sequences), three decimals. J and F as mean, recall, decay; T in the convention of the
MATLAB evaluation.
"""

from __future__ import annotations

from typing import NamedTuple

from vostut.metrics import Statistics


class OfficialRow(NamedTuple):
    """One method's row of the official table.

    Attributes:
        title: the method's usual name.
        J: mean, recall and decay of region similarity.
        F: the same of contour accuracy.
        T: temporal instability over the ten stable validation sequences.
        uses_first_mask: semi-supervised (True) or unsupervised.
        key: citation key in the book's bibliography.
    """

    title: str
    J: Statistics
    F: Statistics
    T: float
    uses_first_mask: bool
    key: str


def _row(title: str, key: str, values: str, uses_first_mask: bool = True) -> OfficialRow:
    *jf, t = map(float, values.split())
    return OfficialRow(title, Statistics(*jf[:3]), Statistics(*jf[3:]), t, uses_first_mask, key)


OFFICIAL_VAL: dict[str, OfficialRow] = {
    "stm": _row("STM", "oh2019stm", ".887 .974 .050  .901 .952 .042  .150"),
    "onavos": _row("OnAVOS", "voigtlaender2017onavos", ".861 .961 .052  .849 .897 .058  .190"),
    "favos": _row("FAVOS", "cheng2018favos", ".824 .965 .045  .795 .894 .055  .263"),
    "rgmp": _row("RGMP", "oh2018rgmp", ".815 .917 .109  .820 .908 .101  .133"),
    "osvos": _row("OSVOS", "caelles2017osvos", ".798 .936 .149  .806 .926 .150  .378"),
    "msk": _row("MaskTrack", "perazzi2017masktrack", ".797 .931 .089  .754 .871 .090  .218"),
    "cut": _row("CUT", "keuper2015cut", ".552 .575 .022  .552 .610 .034  .277", uses_first_mask=False),
}
"""The methods whose masks this project re-scores, and MaskTrack, best J first."""

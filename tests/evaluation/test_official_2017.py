"""Our numbers are the benchmark's numbers on DAVIS-2017, too: the videos whose truth is that of DAVIS-2016.

Thirteen of the validation videos have one object in both data sets, and the same masks. The methods' masks
are those of the repositories davisvideochallenge/davis2017-evaluation (results/semi-supervised/osvos) and
seoungwugoh/STM (test/STM_DAVIS_17val, commit 44c5f8f); the environment variable DAVIS2017_RESULTS names a
folder that holds them as ``osvos`` and ``stm``.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from vostut.data import open_layout
from vostut.evaluation import evaluate

pytestmark = pytest.mark.data

# J and F of OSVOS, J and F of STM, as the benchmark's site has them: json_data/raw_eval/2017/*_davis.json in
# the repository davisvideochallenge/davisvideochallenge.github.io.
OFFICIAL = """\
blackswan       .9430 .9741 .9616 .9976
breakdance      .7272 .7560 .8973 .9147
camel           .8595 .8905 .9639 .9851
car-roundabout  .8895 .8269 .9816 .9709
car-shadow      .9284 .9174 .9680 .9972
cows            .9522 .9567 .9555 .9798
dance-twirl     .6409 .7164 .8624 .8699
dog             .7108 .6911 .9519 .9822
drift-chicane   .7742 .8289 .9031 .9853
drift-straight  .6655 .7068 .9441 .9513
goat            .8694 .8759 .9097 .9395
libby           .6230 .7512 .8998 .9791
parkour         .7731 .7409 .9464 .9775
"""
METHODS = ("osvos", "stm")


@pytest.mark.parametrize("method", METHODS)
def test_j_and_f_of_each_object(davis_root, method):
    results = os.environ.get("DAVIS2017_RESULTS")
    if not results or not (Path(results) / method).exists():
        pytest.skip(f"masks of {method} for DAVIS-2017 not found (set the variable DAVIS2017_RESULTS)")
    official = {name: [float(v) for v in values] for name, *values in map(str.split, OFFICIAL.splitlines())}
    data = open_layout(davis_root, "val", several=True).subset(official)
    score = evaluate(Path(results) / method, data, metrics=("J", "F"), jobs=2)
    first = 2 * METHODS.index(method)
    for name, values in official.items():
        ours = [score.sequences[f"{name}_1"].statistics(metric).mean for metric in "JF"]
        assert [round(value, 4) for value in ours] == values[first : first + 2], name

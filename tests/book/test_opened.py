"""What chapter 2 shows of DAVIS-2016 without having it: what a copy says, and whom its README credits."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from vostut.data import davis2016, davis_root

REPOSITORY = Path(__file__).resolve().parents[2]
RECORDED = REPOSITORY / "book" / "_data" / "opened.json"


@pytest.fixture(scope="module")
def recorded():
    return json.loads(RECORDED.read_text(encoding="utf-8"))


def test_the_eight_videos_from_youtube_are_credited(recorded):
    credits = recorded["credits"]
    assert len({credit["video"] for credit in credits}) == 8
    assert {credit["video"] for credit in credits} <= davis2016.SEQUENCES.keys()
    assert all(credit["by"] and credit["from"].startswith("https://www.youtube.com/") for credit in credits)


def test_the_recorded_lines_are_of_a_video_that_the_table_knows(recorded):
    about = davis2016.SEQUENCES[recorded["davis2016"]["video"]]
    assert f"Dataset('DAVIS-2016', {about.split!r}, 20 videos)" == recorded["davis2016"]["lines"][0]
    codes = " ".join(sorted(about.attributes))
    assert f"Video({about.name!r}, {about.n_frames} frames, {codes})" == recorded["davis2016"]["lines"][1]


@pytest.mark.skipif(not davis_root(), reason="needs DAVIS-2016")
def test_a_copy_gives_what_is_recorded(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(REPOSITORY / "book")
    from opened import main

    main(str(davis_root()), str(tmp_path / "again.json"))
    assert (tmp_path / "again.json").read_bytes() == RECORDED.read_bytes()

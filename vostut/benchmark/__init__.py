"""Chapters 3, 6 and 7: score methods, and hold the numbers against the published ones."""

from vostut.benchmark.evaluate import evaluate, evaluate_method, score_video
from vostut.benchmark.official import OFFICIAL_VAL, OfficialRow
from vostut.benchmark.report import leaderboard_table, score_table
from vostut.benchmark.scores import CONVENTIONS, METRICS, Score, SequenceScore

__all__ = [
    "CONVENTIONS",
    "METRICS",
    "OFFICIAL_VAL",
    "OfficialRow",
    "Score",
    "SequenceScore",
    "evaluate",
    "evaluate_method",
    "leaderboard_table",
    "score_table",
    "score_video",
]

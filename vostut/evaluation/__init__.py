"""Chapter 3: saved masks in, scores out, beside the official numbers."""

from vostut.evaluation.evaluate import evaluate, evaluate_method, score_video
from vostut.evaluation.official import OFFICIAL_VAL, OfficialRow
from vostut.evaluation.saved import SavedMasks
from vostut.evaluation.scores import CONVENTIONS, METRICS, Score, SequenceScore
from vostut.evaluation.tables import leaderboard_table, score_table

__all__ = [
    "CONVENTIONS",
    "METRICS",
    "OFFICIAL_VAL",
    "OfficialRow",
    "SavedMasks",
    "Score",
    "SequenceScore",
    "evaluate",
    "evaluate_method",
    "leaderboard_table",
    "score_table",
    "score_video",
]

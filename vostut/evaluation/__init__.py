"""Chapter 3: saved masks in, scores out, beside the official numbers."""

from vostut.evaluation.evaluate import evaluate, evaluate_method
from vostut.evaluation.official import OFFICIAL_VAL, OfficialRow
from vostut.evaluation.saved import SavedMasks
from vostut.evaluation.scores import CONVENTIONS, METRICS, Score, SequenceScore
from vostut.evaluation.scoring import score_video
from vostut.evaluation.tables import leaderboard_table, official_csv, score_table
from vostut.evaluation.unsupervised import score_proposals

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
    "official_csv",
    "score_proposals",
    "score_table",
    "score_video",
]

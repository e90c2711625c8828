"""The cards of the scores by which a map of evidence is judged: what each proves, and what it does not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True)
class ScoreCard:
    """A score's card: what to call it, which way is better, where it comes from, what it says and what it does not."""

    title: str
    better: str  # "high", "low", or "" where neither is
    paper: str
    proves: str
    proves_not: str


SCORE_CARDS: Mapping[str, ScoreCard] = MappingProxyType(
    {
        "deletion": ScoreCard(
            "Deletion",
            "low",
            "Petsiuk et al. 2018, arXiv:1806.07421",
            "How fast the class is lost when the pixels that the map ranks highest are taken away. A small area says "
            "that the network needed them.",
            "A picture with holes is unlike all that the network was trained on: the probability can fall because of "
            "the holes, not because of what was there.",
        ),
        "insertion": ScoreCard(
            "Insertion",
            "high",
            "Petsiuk et al. 2018, arXiv:1806.07421",
            "How fast the class comes back when the pixels that the map ranks highest are put into the blurred "
            "picture. A large area says that few of them are enough.",
            "A sharp patch in a blurred picture is unlike all that the network was trained on, and other pixels might "
            "have been enough as well.",
        ),
        "road": ScoreCard(
            "ROAD",
            "high",
            "Rong et al. 2022, arXiv:2202.00449",
            "How much more of the probability is left without the pixels that the map ranks lowest than without those "
            "that it ranks highest: the mean of p(without lowest) - p(without highest) over shares of the pixels, from "
            "-1 to 1. Removed pixels are guessed from their neighbours, so that no hole tells the network where the "
            "map pointed.",
            "A guessed pixel is no photograph either, and what can be guessed from around counts as not removed: a map "
            "of scattered pixels takes little away.",
        ),
        "drop": ScoreCard(
            "Drop in confidence",
            "low",
            "Chattopadhay et al. 2018, arXiv:1710.11063",
            "How much of the probability is lost, in percent, when only what the map shows is kept. A small drop says "
            "that the map holds enough for the answer.",
            "A map that keeps the whole picture has no drop at all: a small one favours wide maps.",
        ),
        "rose": ScoreCard(
            "Increase in confidence",
            "high",
            "Chattopadhay et al. 2018, arXiv:1710.11063",
            "Whether the class is likelier on what the map keeps than on the whole picture; over many pictures, how "
            "often. Then the map left out what spoke against it.",
            "It counts a rise by a hair as one by half, and it favours wide maps.",
        ),
        "energy": ScoreCard(
            "Energy in the box",
            "high",
            "Wang et al. 2020, arXiv:1910.01279",
            "Which share of the map's positive mass lies on the thing.",
            "The network may rightly have used what lies around it: a map that shows so honestly scores low.",
        ),
        "hit": ScoreCard(
            "Pointing game",
            "high",
            "Zhang et al. 2016, arXiv:1608.00507",
            "Whether the strongest pixel lies on the thing, or at most 15 pixels beside it.",
            "One pixel decides, and the middle of most photographs is a hit without any evidence.",
        ),
        "iou": ScoreCard(
            "Overlap of boxes",
            "high",
            "Zhou et al. 2016, arXiv:1512.04150",
            "How far the box around the map's bright region covers the box of the thing.",
            "It says where the map is bright, not whether the network looked there; the threshold decides much.",
        ),
        "entropy": ScoreCard(
            "Entropy",
            "",
            "Bhatt et al. 2020, arXiv:2005.00631",
            "How widely the map's mass is spread: low where few pixels hold it.",
            "A map that is simple to read need not be true.",
        ),
        "gini": ScoreCard(
            "Gini index",
            "",
            "Chalasani et al. 2020, arXiv:1810.06583",
            "How unevenly the map's mass is spread: 0 where all pixels hold the same, near 1 where one holds all.",
            "A map that is simple to read need not be true.",
        ),
        "agreement": ScoreCard(
            "Agreement",
            "",
            "Spearman's rank correlation",
            "Whether two maps rank the pixels alike: 1 the same order, 0 none in common, -1 the reverse.",
            "Maps that agree can all be wrong, and methods of one family agree because they share their formula.",
        ),
        "sanity": ScoreCard(
            "Sanity check",
            "low",
            "Adebayo et al. 2018, arXiv:1810.03292",
            "How far the map stays the same when what the network has learned is replaced by random numbers. A map "
            "that stays does not show what was learned.",
            "A map that changes may still show the wrong things.",
        ),
    }
)

"""How faithful a map of evidence is to the network: its scores, what becomes of it, and many maps beside each other."""

from .curves import confidence, deletion, insertion
from .imputation import Road, road
from .randomisation import Sanity, sanity
from .report import ReportCard, report_card
from .scores import agreement, as_positive, bright_box, resized

__all__ = [
    "ReportCard",
    "Road",
    "Sanity",
    "agreement",
    "as_positive",
    "bright_box",
    "confidence",
    "deletion",
    "insertion",
    "report_card",
    "resized",
    "road",
    "sanity",
]

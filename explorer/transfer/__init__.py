"""A trained network put to new classes: its layers stay as they are, and a new head is trained on what they say."""

from . import snippets
from .examples import Example, Examples, gathered
from .head import Curve, Settings, TrainedHead, train_head
from .learned import Learned, learn

__all__ = [
    "Curve",
    "Example",
    "Examples",
    "Learned",
    "Settings",
    "TrainedHead",
    "gathered",
    "learn",
    "snippets",
    "train_head",
]

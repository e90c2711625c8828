"""A trained network put to new classes: its layers stay as they are, and a new head is trained on what they say; where
that is wanted, its last block or all of its layers are trained on after it."""

from . import snippets
from .examples import Example, Examples, gathered
from .head import Curve, Settings, TrainedHead, train_head
from .learned import Learned, learn
from .tuner import fine_tune
from .tuning import Tuning

__all__ = [
    "Curve",
    "Example",
    "Examples",
    "Learned",
    "Settings",
    "TrainedHead",
    "Tuning",
    "fine_tune",
    "gathered",
    "learn",
    "snippets",
    "train_head",
]

"""What makes pictures hard to recognise: another viewpoint, scale, light or quality, each at any strength."""

from .attack import Attack, attack, magnified
from .card import Borne, card
from .changes import CHANGES, Change, changed
from .evidence import Similarity, followed, similarity
from .sweep import Sweep, sweep

__all__ = [
    "CHANGES",
    "Attack",
    "Borne",
    "Change",
    "Similarity",
    "Sweep",
    "attack",
    "card",
    "changed",
    "followed",
    "magnified",
    "similarity",
    "sweep",
]

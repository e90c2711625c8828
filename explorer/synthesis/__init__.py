"""Pictures made for a network: what a channel, a class or a direction wants to see, what a layer dreams into a picture,
and what is left of a picture at a layer."""

from __future__ import annotations

from .making import Synthesis, synthesise
from .objective import Objective, direction_of
from .own_picture import Changed, dream, invert
from .settings import FIXED, FREE, SPECTRA, Settings

__all__ = [
    "FIXED",
    "FREE",
    "SPECTRA",
    "Changed",
    "Objective",
    "Settings",
    "Synthesis",
    "direction_of",
    "dream",
    "invert",
    "synthesise",
]

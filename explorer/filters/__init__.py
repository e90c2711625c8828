"""What each filter of a layer has learned to look for: its weights, and what it answers to."""

from .gratings import Tuning, tuning
from .weights import chosen_kernels, kernels

__all__ = ["Tuning", "chosen_kernels", "kernels", "tuning"]

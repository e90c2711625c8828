"""Trainings that are over in no time: a few pictures of noise, and networks of a few weights."""

from __future__ import annotations

import numpy as np

from explorer.scratch.data import Data, preparation_of
from explorer.scratch.settings import Plan, Settings

SMALL = "conv 3 5 stride 2, tanh, max 2, flatten, dense"  # of digits, 1 x 32 x 32
FULL = "conv 4 3 stride 2, norm, relu, max 2, dropout 0.4, conv 6 3, relu, max 2, flatten, dense 8, tanh, dense"
DENSE = "flatten, dense 40, relu, dense"


def noise_data(n: int = 50, n_held_out: int = 20, side: int = 32, channels: int = 1, n_classes: int = 10) -> Data:
    """Blots whose place and colour hang on their class, under noise."""
    rng = np.random.default_rng(7)
    labels = np.arange(n + n_held_out) % n_classes
    pictures = rng.integers(0, 120, (n + n_held_out, channels, side, side), dtype=np.uint8)
    for picture, label in zip(pictures, labels, strict=True):
        at = 2 + label * (side - 8) // n_classes
        picture[label % channels, at : at + 6, side - at - 6 : side - at] = 250
    return Data(
        pictures[:n], labels[:n], pictures[n:], labels[n:], tuple(f"class {i}" for i in range(n_classes)), "Noise",
        "noise", preparation_of((channels, side, side)),
    )  # fmt: skip


def plan(network: str = SMALL, n_steps: int = 30, **settings: object) -> Plan:
    """A plan for these."""
    return Plan(network, "digits", settings=Settings(**{"batch": 8, **settings}), n_steps=n_steps)

"""What every method is asked, and what it answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from ..networks.network import Network
from ..running.progress import Progress
from ..targets import Target
from ..trace import FloatArray, Trace

Growing = Callable[[FloatArray], None]  # takes the map as far as it is known, where more than the end has one
OptionValue = int | float | str


@dataclass(frozen=True, eq=False)
class Request:
    """What is to be explained: `target` of a recorded pass, at `layer` (its full name), or in the pixels (None).

    `options` has a checked value for each that the method's card lists.
    """

    trace: Trace
    target: Target
    layer: str | None
    options: Mapping[str, OptionValue]
    progress: Progress | None
    growing: Growing | None = None

    @property
    def network(self) -> Network:
        """The network that made the pass."""
        return self.trace.network

    @property
    def x(self) -> torch.Tensor:
        """What it received, (1, C, H, W)."""
        return self.trace.prepared.tensor.to(self.network.device)

    @property
    def maps(self) -> torch.Tensor:
        """What the layer gave, (C, H, W)."""
        assert self.layer is not None  # of a method that works on a layer
        return self.network.layers[self.layer].channels_first(self.trace.value(self.layer))[0]

    @property
    def score(self) -> float:
        """The number to be explained, as the pass gave it."""
        return float(self.target.score(self.network, self.trace.value(self.target.read_from(self.network)))[0])

    def added_up(self, signed: NDArray[np.floating]) -> str:
        """What all numbers of a map add up to beside the score, as a sentence, for methods that share it out."""
        return f"The pixels add up to {signed.sum(dtype=np.float64):.4g}, and the score is {self.score:.4g}."

    def count(self, option: str) -> int:
        """The value of an option that counts something."""
        return int(self.options[option])

    def share(self, option: str) -> float:
        """The value of an option that is a share."""
        return float(self.options[option])

    def choice(self, option: str) -> str:
        """The value of an option that is one of several words."""
        return str(self.options[option])

    def report(self, done: int, total: int, partial: Callable[[], FloatArray] | None = None) -> None:
        """Say how far it is, and what the map is by now. Call without the lock: whoever listens may raise to cancel, or
        take its time."""
        if self.progress is not None:
            self.progress(done, total)
        if self.growing is not None and partial is not None:
            self.growing(partial())


@dataclass(frozen=True, eq=False)
class Evidence:
    """What a method found: `signed` is (H, W), or (C, H, W) where it has a number for each colour of each pixel.

    `evaluations` counts its passes besides the recorded one; `completeness_gap` is that of integrated gradients.
    `note` is a sentence on this map that whoever reads it should know.
    """

    signed: FloatArray
    evaluations: int = 0
    completeness_gap: float | None = None
    note: str = ""

"""The network that a file of Keras's becomes: torch's own modules, and the order in which they are run."""

from __future__ import annotations

import functools
import operator
from dataclasses import dataclass

import torch
from torch import nn

from ...wording import by


@dataclass(frozen=True)
class Step:
    """A module, by its path, and the values that it reads: 0 is the picture, k what step k - 1 returned."""

    module: str
    reads: tuple[int, ...]


class KerasNetwork(nn.Module):
    """Reads (N, C, H, W), returns what the last of its steps does. `side` is (H, W) where its modules are made for that
    alone: with others some would run, and compute something else than Keras's layers do."""

    def __init__(self) -> None:
        super().__init__()
        self.steps: tuple[Step, ...] = ()
        self.side: tuple[int, int] | None = None
        self.written_as = ""

    def extra_repr(self) -> str:
        """What differs wherever the layers, their settings or the calls between them do: weights tell nothing of it."""
        return self.written_as

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if self.side is not None and isinstance(x, torch.Tensor) and tuple(x.shape[2:]) != self.side:
            raise ValueError(f"its layers are made for pictures of {by(self.side)} pixels alone")
        values = [x]
        for step in self.steps:
            values.append(self.get_submodule(step.module)(*(values[read] for read in step.reads)))
        return values[-1]


class Sum(nn.Module):
    def forward(self, *values: torch.Tensor) -> torch.Tensor:
        return functools.reduce(operator.add, values)


class Product(nn.Module):
    def forward(self, *values: torch.Tensor) -> torch.Tensor:
        return functools.reduce(operator.mul, values)


class Mean(nn.Module):
    """Of several values at the same place."""

    def forward(self, *values: torch.Tensor) -> torch.Tensor:
        return functools.reduce(operator.add, values) * (1 / len(values))


class Difference(nn.Module):
    def forward(self, value: torch.Tensor, less: torch.Tensor) -> torch.Tensor:
        return value - less


class Quotient(nn.Module):
    def forward(self, value: torch.Tensor, by: torch.Tensor) -> torch.Tensor:
        return value / by


class Largest(nn.Module):
    def forward(self, *values: torch.Tensor) -> torch.Tensor:
        return functools.reduce(torch.maximum, values)


class Smallest(nn.Module):
    def forward(self, *values: torch.Tensor) -> torch.Tensor:
        return functools.reduce(torch.minimum, values)


class Concatenation(nn.Module):
    def __init__(self, axis: int) -> None:
        super().__init__()
        self.axis = axis

    def forward(self, *values: torch.Tensor) -> torch.Tensor:
        return torch.cat(values, self.axis)


class Affine(nn.Module):
    """scale * x + shift, with one number for all values or one for each channel; what changes nothing is left out."""

    scale: torch.Tensor | float
    shift: torch.Tensor | float

    def __init__(self, scale: torch.Tensor | float, shift: torch.Tensor | float) -> None:
        super().__init__()
        for name, value in (("scale", scale), ("shift", shift)):
            if isinstance(value, torch.Tensor):
                self.register_buffer(name, value)
            else:
                setattr(self, name, value)
        self.scales = isinstance(scale, torch.Tensor) or scale != 1
        self.shifts = isinstance(shift, torch.Tensor) or shift != 0

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if self.scales:
            x = x * self.scale
        return x + self.shift if self.shifts else x


class Exponential(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.exp()


class OtherHardSigmoid(nn.Module):
    """Keras 2's: min(1, max(0, 0.2 x + 0.5)). That is torch's of 1.2 x."""

    def __init__(self) -> None:
        super().__init__()
        self.hard = nn.Hardsigmoid()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.hard(x * 1.2)


class PiecewiseReLU(nn.Module):
    """Keras's ReLU with all its settings: x from `threshold` on, but at most `highest`; below it, the distance to it
    times `slope`."""

    def __init__(self, highest: float, slope: float, threshold: float) -> None:
        super().__init__()
        self.highest, self.slope, self.threshold = highest, slope, threshold

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        below = (x - self.threshold) * self.slope
        return torch.where(x >= self.threshold, x.clamp(max=self.highest), below)


class Flipped(nn.Module):
    """The channels in the opposite order: RGB becomes BGR."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.flip(1)


class InOrder(nn.Module):
    """The values of a row in another order."""

    order: torch.Tensor

    def __init__(self, order: torch.Tensor) -> None:
        super().__init__()
        self.register_buffer("order", order)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.index_select(1, self.order)


class SlopeOfEach(nn.Module):
    """Keras's PReLU with a slope for each place."""

    slope: torch.Tensor

    def __init__(self, slope: torch.Tensor) -> None:
        super().__init__()
        self.slope = nn.Parameter(slope, requires_grad=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.relu(x) - self.slope * torch.relu(-x)

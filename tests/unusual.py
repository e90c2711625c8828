"""Networks that nobody would draw a page for: names without end, more stages than a bar has pixels, maps of one value.

`python -m tests.unusual app ...` serves the app with the one that the variable TEST_NETWORK names.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping

import torch
from torch import nn
from torch.nn import functional as F

import explorer

NETWORK = "TEST_NETWORK"
SIZE = (3, 32, 32)


class Block(nn.Module):
    """A convolution beside a shortcut."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(4, 4, 3, padding=1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return F.relu(self.conv(x)) + x


def _named(*parts: nn.Module, names: list[str], name: str = "unusual") -> explorer.Network:
    return explorer.network_of(nn.Sequential(*parts), input_size=SIZE, categories=names, name=name)


def long_names() -> explorer.Network:
    """3,000 classes with names of 200 letters and no gap to break them at."""
    body = nn.Conv2d(3, 8, 3, 2), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(8, 8, 3), nn.ReLU()
    names = [f"{i}{'letters' * 29}"[:200] for i in range(3000)]
    return _named(*body, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 3000), names=names, name="m" * 60)


def one_value() -> explorer.Network:
    """Layers that give a single value."""
    body = nn.Conv2d(3, 1, 32), nn.ReLU(), nn.Conv2d(1, 1, 1), nn.ReLU()
    return _named(*body, nn.Flatten(), nn.Linear(1, 2), names=["a", "b"])


def many_shortcuts() -> explorer.Network:
    """900 operations, of which a way leads through 300 shortcuts."""
    blocks = (Block() for _ in range(300))
    head = nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 3)
    return _named(nn.Conv2d(3, 4, 3, 2, 1), *blocks, *head, names=["a", "b", "c"])


def many_stages() -> explorer.Network:
    """600 layers, at each of which the number of values changes: as many stages."""
    head = (nn.Linear(4 + i % 2, 5 - i % 2) for i in range(600))
    body = nn.Conv2d(3, 4, 3, 2), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten()
    return _named(*body, *head, names=["a", "b", "c", "d"])


MAKERS: Mapping[str, Callable[[], explorer.Network]] = {
    maker.__name__: maker for maker in (long_names, one_value, many_shortcuts, many_stages)
}


def made(name: str) -> explorer.Network:
    """One of them, with the same weights each time."""
    torch.manual_seed(0)
    return MAKERS[name]()


if __name__ == "__main__":
    from explorer.ui.serve import serve

    serve("127.0.0.1", int(sys.argv[-1]), lambda: made(os.environ[NETWORK]))

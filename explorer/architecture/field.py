"""Which pixels does a unit really listen to? Its effective receptive field, from one gradient."""

from __future__ import annotations

import torch

from ..geometry import ReceptiveField
from ..networks.network import Network, as_array
from ..pictures.image import ImageInput
from ..running.lock import work
from ..trace import FloatArray


def effective_field(network: Network, image: ImageInput, layer: str, channel: int, y: int, x: int) -> FloatArray:
    """sum over the input's channels of |d unit / d pixel|, (H, W) >= 0 at the size of what the network receives.

    Within its theoretical receptive field a unit listens mostly to the middle (Luo et al. 2016, arXiv:1701.04128). The
    gradient is that at this picture: where a ReLU is off, nothing passes. A layer whose maps have ended has y = x = 0.
    Only the layers that the unit needs are run. Raises UnknownLayer; IndexError for a unit that does not exist.
    """
    described = network.layer(layer)
    pixels = network.prepare(image).tensor.to(network.device, copy=True).requires_grad_(True)
    with work(f"The gradient of {described.name}"):
        maps = described.as_maps(network.graph.up_to(described.name, pixels))[0]
        (gradient,) = torch.autograd.grad(maps[channel, y, x], pixels)
    return as_array(gradient[0].abs().sum(dim=0))


def middle(field: ReceptiveField, y: int, x: int, height: int, width: int) -> tuple[int, int, int, int]:
    """(top, left, bottom, right) of the middle of what unit (y, x) can see, half as high and half as wide, as far as it
    lies in the picture."""
    size = (height, width) if field.whole else field.size
    inset_y, inset_x = ((n + 2) // 4 for n in size)  # a quarter, to the nearest pixel
    start = (0, 0) if field.whole else tuple(s + u * j for s, u, j in zip(field.start, (y, x), field.jump, strict=True))
    top, left = start
    bottom, right = top + size[0] - inset_y, left + size[1] - inset_x
    return max(0, top + inset_y), max(0, left + inset_x), min(height, bottom), min(width, right)

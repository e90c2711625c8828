"""What a network is made of, and what its units see, in plain sentences."""

from __future__ import annotations

import numpy as np

from ..networks.network import Network
from ..trace import FloatArray
from ..wording import by, count, percent
from .field import middle
from .hierarchy import totals


def cost_sentence(network: Network, name: str) -> str:
    """What a layer, or a block, costs for one picture, and its share of the network's whole cost."""
    inside = [layer for layer in network.layers if layer == name or layer.startswith(f"{name}.")]
    part, whole = totals(network, inside), totals(network)
    n, products = part.n_parameters, part.n_multiply_adds
    shares = [
        f"{count(n)} parameters ({percent(n / whole.n_parameters)} of all)" if n else "no parameters",
        f"{count(products)} multiply-adds ({percent(products / whole.n_multiply_adds)} of all)"
        if products
        else "no multiply-adds",
    ]
    what = "one operation" if len(inside) == 1 else f"{len(inside)} operations"
    return f"{what[0].upper()}{what[1:]}: {shares[0]} and {shares[1]} for one picture."


def field_sentence(
    network: Network, name: str, y: int, x: int, effective: FloatArray, channel: int | None = None
) -> str:
    """How far unit (y, x) of a layer, or of one of its channels, can see, how far the next one is, and how much of what
    it does see, its effective field (H, W), lies in the middle."""
    layer = network.layer(name)
    field, (height, width) = layer.receptive_field, effective.shape
    if channel is not None:
        field = network.field(name, channel)
    if field.whole:
        text = f"Every number of {name} can see the whole picture"
        where = "the middle of the picture, half as high and half as wide"
    else:
        pixels = "pixel" if field.size == (1, 1) else "pixels"
        text = f"Unit ({y}, {x}) of {name} can see {by(field.size)} {pixels}"
        text += _in_the_picture(field.size, field.box(y, x, height, width))
        text += f"; the next one lies {field.jump[1]} further" if layer.is_spatial else ""
        where = "the middle of the frame, half as high and half as wide"
    if not np.isfinite(effective).all():
        return f"{text}. What it does see cannot be told: some of its gradients are no finite numbers."
    whole = float(effective.sum(dtype=np.float64))
    if whole == 0:
        return f"{text}. On this picture none of it matters: no pixel changes this unit, nudged a little."
    top, left, bottom, right = middle(field, y, x, height, width)
    if min(bottom - top, right - left) < 1 or (not field.whole and min(field.size) < 4):
        return f"{text}: too few to tell a middle from a rim."
    rim = effective.copy()
    rim[top:bottom, left:right] = 0
    outside = float(rim.sum(dtype=np.float64))  # 0 only where all of it lies within
    inside = float(effective[top:bottom, left:right].sum(dtype=np.float64))
    return f"{text}. {percent(inside / (inside + outside))} of its effective field lies in {where}."


def _in_the_picture(size: tuple[int, int], box: tuple[int, int, int, int]) -> str:
    """How much of a field of that size is padding."""
    inside = max(0, box[2] - box[0]), max(0, box[3] - box[1])
    if inside == size:
        return ""
    return f", {by(inside) if min(inside) else 'none'} of them in the picture and the others padding"

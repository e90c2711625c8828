"""Enlarging maps by whole factors."""

from __future__ import annotations

from torch import nn

from ....errors import BadModelFile
from ..assembly import Assembly, Step, Value
from ..document import Node

_MOST = 64  # times as high, or as wide
_MODES = {"nearest": "nearest", "linear": "bilinear"}
# where an old cell lies under a new one: for whole factors these agree
_NEAREST = {("asymmetric", "floor")} | {
    (place, rounding)
    for place in ("half_pixel", "pytorch_half_pixel", "half_pixel_symmetric")
    for rounding in ("round_prefer_floor", "round_prefer_ceil")
}
_LINEAR = ("half_pixel", "pytorch_half_pixel", "half_pixel_symmetric")


def resize(b: Assembly, node: Node) -> Value:
    """As torch's Upsample has it, or the same where nothing changes."""
    x = b.step(node, n_axes=4)
    factors = _factors(b, node, x)
    mode = node.setting("mode", "nearest")
    if factors == (1, 1):
        return x
    if factors is None or not _is_usual(node, mode, b.opset):
        raise BadModelFile(
            f"resizes its maps by {node.described}: what a unit behind it sees is not known here. Maps may become "
            "larger by whole factors, by their nearest cells or linearly between the centres of cells"
        )
    return b.module(node, nn.Upsample(scale_factor=factors, mode=_MODES[mode], align_corners=_corners(mode)), x)


def _corners(mode: str) -> bool | None:
    return False if mode == "linear" else None


def _is_usual(node: Node, mode: str, opset: int) -> bool:
    place = node.setting("coordinate_transformation_mode", "half_pixel" if opset > 10 else "asymmetric")
    rounding = node.setting("nearest_mode", "round_prefer_floor" if opset > 10 else "floor")
    if node.setting("antialias", 0) or node.setting("exclude_outside", 0) or node.settings.get("axes") is not None:
        return False
    return place in _LINEAR if mode == "linear" else mode == "nearest" and (place, rounding) in _NEAREST


def _factors(b: Assembly, node: Node, x: Step) -> tuple[int, int] | None:
    """How many times as high and as wide the maps become; None where that is no whole number."""
    index = 2 if node.kind == "Resize" and b.opset > 10 else 1
    if b.has(node, index) and b.constant(node, index).numel():
        scales = b.constant(node, index).tolist()
    elif b.has(node, 3):
        scales = [new / old for new, old in zip(b.lists(node, 3)[0], x.shape, strict=False)]
        scales[:1] = [1.0]  # the pictures of a batch
    else:
        scales = node.setting("scales") or []
    if len(scales) != 4 or scales[:2] != [1, 1] or not all(1 <= n <= _MOST and n == int(n) for n in scales[2:]):
        return None
    return int(scales[2]), int(scales[3])

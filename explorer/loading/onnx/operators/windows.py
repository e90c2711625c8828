"""Windows that slide over maps, and the borders that are set around the maps for them."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional as F

from ....errors import BadModelFile
from ..assembly import Assembly, Step
from ..document import Node

_MOST = 1 << 20  # steps, rows of a border: no map has as many


@dataclass(frozen=True)
class WindowSettings:
    """How a window slides: (y, x) each, and the border in the order top, left, bottom, right."""

    kernel: tuple[int, int]
    strides: tuple[int, int]
    dilations: tuple[int, int]
    pads: tuple[int, int, int, int]


def window_of(node: Node, size: tuple[int, ...], kernel: tuple[int, int] | None = None) -> WindowSettings:
    """The window of a convolution, whose weight tells the kernel, or of a pooling over maps of such a size."""
    said = _pair(node, "kernel_shape", kernel, 1)
    if kernel is not None and said != kernel:
        raise BadModelFile(f"gives {node.described} a kernel_shape that its weight does not have")
    strides, dilations = _pair(node, "strides", (1, 1), 1), _pair(node, "dilations", (1, 1), 1)
    pads = node.integers("pads", (0, 0, 0, 0))
    auto = node.setting("auto_pad", "NOTSET")
    if auto in ("SAME_UPPER", "SAME_LOWER"):
        totals = [
            max(0, (-(-n // s) - 1) * s + (k - 1) * d + 1 - n)
            for n, k, s, d in zip(size, said, strides, dilations, strict=True)
        ]
        less, more = [n // 2 for n in totals], [n - n // 2 for n in totals]
        pads = [*less, *more] if auto == "SAME_UPPER" else [*more, *less]
    elif auto == "VALID":
        pads = [0, 0, 0, 0]
    if len(pads) != 4 or not all(0 <= n <= _MOST for n in pads) or auto not in (*_AUTO, ""):
        raise BadModelFile(f"gives {node.described} a border that no map has: {pads[:4]}")
    return WindowSettings(said, strides, dilations, (pads[0], pads[1], pads[2], pads[3]))


_AUTO = ("NOTSET", "SAME_UPPER", "SAME_LOWER", "VALID")


def padded(b: Assembly, node: Node, x: Step, pads: tuple[int, int, int, int], value: float = 0) -> Step:
    """Maps with a border around them."""
    top, left, bottom, right = pads
    if value == 0:
        made = b.module(node, nn.ZeroPad2d((left, right, top, bottom)), x)
    else:
        made = b.function(node, F.pad, x, (left, right, top, bottom), value=value)
    if not isinstance(made, Step):
        raise TypeError(f"what is made of maps is a step, not {type(made).__name__}")
    return made


def places(size: tuple[int, ...], window: WindowSettings, is_ceil: bool) -> tuple[int, int]:
    """How many places the window finds along each axis. A place that would begin behind the maps and the border before
    them is none."""
    found = []
    for axis in range(2):
        n, stride, before = size[axis], window.strides[axis], window.pads[axis]
        free = n + before + window.pads[axis + 2] - (window.kernel[axis] - 1) * window.dilations[axis] - 1
        count = (-(-free // stride) if is_ceil else free // stride) + 1
        found.append(count - 1 if is_ceil and (count - 1) * stride >= n + before else count)
    return found[0], found[1]


def coverage(
    size: tuple[int, ...], window: WindowSettings, counts_border: bool, found: tuple[int, int]
) -> torch.Tensor:
    """(1, 1, H, W): how many cells count in each place of a window: those of the maps, or those of the border, too."""
    along = []
    for axis in range(2):
        begins = torch.arange(found[axis]) * window.strides[axis] - window.pads[axis]
        low, high = (-window.pads[axis], size[axis] + window.pads[axis + 2]) if counts_border else (0, size[axis])
        ends = torch.clamp(begins + window.kernel[axis], max=high)
        along.append(torch.clamp(ends - torch.clamp(begins, min=low), min=0))
    return (along[0][:, None] * along[1])[None, None].float()


def _pair(node: Node, name: str, default: tuple[int, int] | None, least: int) -> tuple[int, int]:
    values = node.integers(name, default or ())
    if len(values) != 2 or not all(least <= n <= _MOST for n in values):
        raise BadModelFile(f"gives {node.described} {name} {values[:4]}; two numbers from {least} on are needed")
    return values[0], values[1]

"""A kernel that one chooses or types, laid over the picture itself: the same operation as in a network's first layer.

It is cross-correlation: the kernel is not turned round. Sources and kernels are (n_in, H, W) and (n_in, kH, kW), the
result is one map. Sizes, strides, paddings and dilations are (y, x) pairs; the padding is of zeros.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from ..errors import BadKernel
from ..filters.weights import inputs_of
from ..geometry import Axis, Window
from ..networks.network import Network, as_array
from ..networks.preparation import COLOURS, Prepared
from ..questions import Question
from ..recording import is_close
from ..running.lock import work
from ..trace import FloatArray, Trace, read_by
from ..wording import plural
from .kernels import filter_kernel

_LUMA = (0.299, 0.587, 0.114)  # of red, green and blue in what an eye sees as brightness: ITU-R BT.601


# What it is laid over


def sources(network: Network) -> tuple[str, ...]:
    """What of the picture a kernel of one channel can be laid over."""
    inputs = network.preprocessing.inputs
    return ("luminance", *COLOURS) if {*inputs} == {*COLOURS} else inputs


def source(network: Network, prepared: Prepared, name: str) -> FloatArray:
    """One of the `sources` of the picture as the network receives it, before normalisation: (1, H, W), 0 to 1."""
    if name == "luminance" or name in COLOURS:
        pixels = prepared.pixels.astype(np.float32) / np.float32(255)
        found = pixels @ np.array(_LUMA, np.float32) if name == "luminance" else pixels[:, :, COLOURS.index(name)]
    else:
        how = network.preprocessing
        found = how.unscaled(prepared.tensor)[0, how.inputs.index(name)].numpy()
    found = np.ascontiguousarray(found)
    found.flags.writeable = False
    return found[None]


def input_names(network: Network, layer: str) -> tuple[str, ...]:
    """What the channels are called that a first layer reads."""
    return tuple(network.preprocessing.inputs[channel] for channel in inputs_of(network, layer, 0))


# Laying it over


@dataclass(frozen=True, eq=False)
class Cell:
    """One value of the result, taken apart: `inputs` (n_in, kH, kW) with 0 for padding, and their `products` with the
    weights; `total` is their sum and the bias, added up in float64."""

    y: int
    x: int
    inputs: FloatArray
    is_padding: NDArray[np.bool_]  # (kH, kW)
    products: NDArray[np.float64]
    total: float
    value: float  # what stands in the result

    @property
    def agrees(self) -> bool:
        """Whether the sum is the value, as far as float32 can tell."""
        return is_close(self.total, self.value, float(np.abs(self.products).sum()))


@dataclass(frozen=True, eq=False)
class Experiment:
    """A kernel laid over a source: `values` (H', W') are the result, read-only float32."""

    source: FloatArray  # (n_in, H, W)
    weights: FloatArray  # (n_in, kH, kW)
    window: Window
    bias: float
    values: FloatArray

    @property
    def axes(self) -> tuple[Axis, Axis]:
        """Down and across."""
        return self.window.axes(*self.source.shape[1:])

    @property
    def n_products(self) -> int:
        """Multiplications that all values take together."""
        return self.values.size * self.weights.size

    @property
    def strongest(self) -> tuple[int, int]:
        """Where the value farthest from zero stands, (y, x); the first of equal ones."""
        y, x = np.unravel_index(int(np.nan_to_num(np.abs(self.values), nan=-1).argmax()), self.values.shape)
        return int(y), int(x)

    def open(self, y: int, x: int) -> Cell:
        """The value at (y, x) taken apart; raises BadKernel for a place outside the result."""
        height, width = self.values.shape
        if not (0 <= y < height and 0 <= x < width):
            raise BadKernel(
                f"The result has no value at y {y}, x {x}: y goes from 0 to {height - 1}, x from 0 to {width - 1}."
            )
        read = [
            place * axis.stride - axis.padding + axis.dilation * np.arange(axis.kernel)
            for place, axis in zip((y, x), self.axes, strict=True)
        ]
        outside = [(at < 0) | (at >= axis.n) for at, axis in zip(read, self.axes, strict=True)]
        is_padding = outside[0][:, None] | outside[1][None, :]
        found = self.source[:, read[0].clip(0, self.axes[0].n - 1)[:, None], read[1].clip(0, self.axes[1].n - 1)]
        inputs = np.where(is_padding, np.float32(0), found)
        products = inputs.astype(np.float64) * self.weights
        total = float(products.sum()) + self.bias
        return Cell(y, x, inputs, is_padding, products, total, float(self.values[y, x]))


def convolve(
    source: FloatArray, weights: FloatArray, stride: tuple[int, int] = (1, 1), padding: tuple[int, int] = (0, 0),
    dilation: tuple[int, int] = (1, 1), bias: float = 0.0,
) -> Experiment:  # fmt: skip
    """A kernel (n_in, kH, kW) laid over a source (n_in, H, W), as a network's convolution does it.

        values[y, x] = bias + sum over c, i, j of weights[c, i, j] * source[c, y s_y - p_y + i d_y, x s_x - p_x + j d_x]

    Raises BadKernel where there is no such result.
    """
    window = Window((weights.shape[1], weights.shape[2]), stride, padding, dilation)
    _check(source, weights, window)
    return Experiment(source, weights, window, bias, _laid_over(source, weights, window, bias))


def _check(source: FloatArray, weights: FloatArray, window: Window) -> None:
    if len(source) != len(weights):
        raise BadKernel(
            f"A kernel for {plural(len(weights), 'channel')} cannot be laid over {len(source)}. Choose a source "
            "with as many."
        )
    for name, given, least in (
        ("stride", window.stride, 1), ("dilation", window.dilation, 1), ("padding", window.padding, 0),
    ):  # fmt: skip
        if min(given) < least:
            raise BadKernel(f"The {name} cannot be {min(given)}. Choose {least} or more.")
    axes = window.axes(*source.shape[1:])
    if any(axis.padding > axis.n for axis in axes):
        size = " × ".join(str(axis.n) for axis in axes)
        raise BadKernel(
            f"A padding of {max(window.padding)} is wider than the picture ({size} pixels). Choose less padding."
        )
    if any(axis.n_out < 1 for axis in axes):
        span, room = (
            " × ".join(map(str, sizes))
            for sizes in ((axis.span for axis in axes), (axis.n + 2 * axis.padding for axis in axes))
        )
        dilated = f" with dilation {max(window.dilation)}" if max(window.dilation) > 1 else ""
        raise BadKernel(
            f"This kernel{dilated} spans {span} pixels, and the picture with its padding has {room}: the result would "
            "have no value. Choose a smaller kernel, less dilation or more padding."
        )


def _laid_over(source: FloatArray, weights: FloatArray, window: Window, bias: float) -> FloatArray:
    with work("Laying the kernel over the picture"), torch.inference_mode():
        found = torch.nn.functional.conv2d(
            torch.tensor(source)[None], torch.tensor(weights)[None], torch.tensor([bias]),
            stride=window.stride, padding=window.padding, dilation=window.dilation,
        )  # fmt: skip
    return as_array(found)[0, 0]


def own_experiment(trace: Trace, layer: str, index: int) -> Experiment:
    """A filter of a first layer laid over what that layer reads, as the network itself does it."""
    kernel, window = filter_kernel(trace, layer, index), trace.network.layer(layer).window
    assert window is not None  # every convolution has one
    return convolve(
        read_by(trace, layer), kernel.weights, window.stride, window.padding, window.dilation, kernel.bias
    )  # fmt: skip


def is_as_recorded(trace: Trace, layer: str, index: int) -> bool:
    """Whether `own_experiment` gives, value by value, what the pass recorded (see `is_close`)."""
    own, recorded = own_experiment(trace, layer, index), trace[layer][index]
    sizes = _laid_over(np.abs(own.source), np.abs(own.weights), own.window, abs(own.bias))
    triples = zip(own.values.ravel().tolist(), recorded.ravel().tolist(), sizes.ravel().tolist(), strict=True)
    return own.values.shape == recorded.shape and all(is_close(*triple) for triple in triples)


# In sentences


def value_sentence(experiment: Experiment, names: Sequence[str], y: int, x: int) -> str:
    """One value of the result: the sum of each channel's products, called by `names`, added up and compared."""
    cell = experiment.open(y, x)
    sums = cell.products.sum(axis=(1, 2)).tolist()
    parts = [_added(total) if len(names) == 1 else f"{name} {_added(total)}"
             for name, total in zip(names, sums, strict=True)]  # fmt: skip
    if experiment.bias:
        parts.append(f"bias {_added(experiment.bias)}")
    text = f"Added up in full: {' + '.join(parts)} = " if len(parts) > 1 else "Added up in full: "
    text += _figures(cell.total)
    text += f"; in the result: {_figures(cell.value)}. "
    if cell.agrees:
        text += "✓ The sum in 64 bits and the value in 32 bits agree."
    else:
        text += f"✗ They differ by {_figures(cell.total - cell.value)}."
    n_padding = int(cell.is_padding.sum())
    if n_padding:
        verbs = "lies in the padding and counts" if n_padding == 1 else "lie in the padding and count"
        text += f" Of the window’s {cell.is_padding.size} cells {n_padding} {verbs} as 0."
    return text


def _figures(value: float) -> str:
    """As many as a number of 32 bits is sure of."""
    return f"{value:.6g}".replace("-", "−")


def _added(value: float) -> str:
    """The same after a plus, where a negative number stands in brackets."""
    return f"({_figures(value)})" if value < 0 else _figures(value)


# A question

_OTHER_SETTINGS = ((2, 1, 2), (3, 1, 1), (2, 0, 2), (3, 2, 2), (2, 1, 1), (2, 8, 1))  # stride, padding, dilation


def size_question(experiment: Experiment) -> Question:
    """How large would the result be with another stride, padding and dilation? The wrong answers forget a part of the
    formula."""
    height, width = experiment.source.shape[1:]
    k_y, k_x = experiment.window.kernel
    tried = [
        ((s, p, d), (Axis(height, k_y, s, p, d), Axis(width, k_x, s, p, d))) for s, p, d in _OTHER_SETTINGS
    ]  # fmt: skip
    own = [axes for _, axes in tried if axes != experiment.axes and min(axis.n_out for axis in axes) > 0]
    dropping = [axes for axes in own if any(axis.dropped for axis in axes)]
    axes = [*dropping, *own][0]
    s, p, d = axes[0].stride, axes[0].padding, axes[0].dilation
    right = (axes[0].n_out, axes[1].n_out)
    wrong = _wrong_sizes(axes, right)
    sizes = sorted([right, *wrong])
    return Question(
        text=f"The same kernel, {k_y} × {k_x}, on the same {height} × {width} pixels, but with stride {s}, padding {p} "
        f"and dilation {d}: how large is the result?",
        answers=tuple(f"{y} × {x}" for y, x in sizes),
        right=sizes.index(right),
        why=f"Height: {axes[0].formula}. "
        + ("The width is the same." if axes[0] == axes[1] else f"Width: {axes[1].formula}.")
        + " Set it and see.",
    )


def _wrong_sizes(axes: tuple[Axis, Axis], right: tuple[int, int]) -> list[tuple[int, int]]:
    """Three sizes that one gets by forgetting a part of the formula; where these coincide, sizes near the right one."""
    near = [(axes[0].n_out + by, axes[1].n_out + by) for by in (1, -1, 2, 3)]
    guesses = [*zip(axes[0].slips, axes[1].slips, strict=True), *near]
    found = dict.fromkeys(size for size in guesses if min(size) > 0 and size != right)
    return list(found)[:3]

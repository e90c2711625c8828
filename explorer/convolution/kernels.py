"""Kernels to lay over a picture: well-known ones by their formulas, typed ones, and the filters of a first layer."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..errors import BadKernel, nearest
from ..filters.sentences import filter_sentence
from ..filters.weights import chosen_kernels, kernels, reads_picture
from ..networks.network import Network
from ..trace import FloatArray, Trace
from ..wording import plural
from .recipes import LIKENESS, RECIPES, explained, gabor

LARGEST = 15  # rows and columns of a kernel that can be chosen or typed
_LARGEST_NUMBER = 1e9  # in a typed kernel: whatever it adds up to is finite, and can be read


@dataclass(frozen=True, eq=False)
class Kernel:
    """A kernel for each channel that it reads, (n_in, kH, kW), the bias that is added to their sum, and what can be
    said: how it is made, who thought of it, what it answers to."""

    title: str
    weights: FloatArray
    formula: str
    origin: str
    answers_to: str
    bias: float = 0.0


def named_kernel(name: str, size: int = 3, angle: float = 0, wavelength: float = 4) -> Kernel:
    """One of the RECIPES, (1, size, size). A Gabor has stripes in a direction, `angle` degrees counter-clockwise from
    horizontal, and `wavelength` pixels from one to the next. Raises BadKernel."""
    if name not in RECIPES:
        raise BadKernel(f"There is no kernel '{name}'.{nearest(name, RECIPES)} Choose one of: {', '.join(RECIPES)}.")
    recipe = RECIPES[name]
    if size not in recipe.sizes:
        sizes = ", ".join(map(str, recipe.sizes))
        raise BadKernel(f"The kernel '{name}' cannot be made {size} × {size}. Choose one of these sizes: {sizes}.")
    if name != "Gabor":
        weights = recipe.make(size)
    elif not math.isfinite(angle) or not 2 <= wavelength <= 64:
        raise BadKernel(
            f"Stripes of {wavelength:g} pixels at {angle:g}° cannot be drawn. Choose 2 to 64 pixels and any angle."
        )
    else:
        weights = gabor(size, angle, wavelength)
    title = f"{name[0].upper()}{name[1:]}, {size} × {size}"
    return Kernel(title, _frozen(weights[None]), explained(recipe.formula), recipe.origin, recipe.answers_to)


def typed_kernel(text: str) -> Kernel:
    """The kernel (1, kH, kW) that somebody typed: rows of numbers, as in "1 2 1; 2 4 2; 1 2 1". Rows end with ; or
    with the line, numbers with spaces or commas; 1/9 is a number as well. Raises BadKernel."""
    rows = [re.findall(r"[^\s,]+", row) for row in re.split(r"[;\n]", text)]
    rows = [row for row in rows if row]
    if not rows:
        raise BadKernel("The kernel is empty. Type rows of numbers, such as 1 2 1; 2 4 2; 1 2 1.")
    height, width = len(rows), max(map(len, rows))
    if height > LARGEST or width > LARGEST:
        raise BadKernel(f"This kernel has {height} × {width} cells; at most {LARGEST} × {LARGEST} can be shown.")
    for number, row in enumerate(rows, 1):
        if len(row) != len(rows[0]):
            raise BadKernel(
                f"Row 1 has {plural(len(rows[0]), 'number')} and row {number} has {len(row)}. Give every row as many."
            )
    weights = np.array([[_number(word, i) for word in row] for i, row in enumerate(rows, 1)])
    return Kernel(
        f"Typed, {height} × {width}", _frozen(weights[None]), "typed.", "yours",
        f"{LIKENESS} Weights that add up to 0 leave flat areas at 0; weights that add up to 1 leave them as they are.",
    )  # fmt: skip


def _number(word: str, row: int) -> float:
    shown = word if len(word) <= 20 else f"{word[:20]}…"
    above, _, below = word.replace("−", "-").partition("/")
    try:
        value = float(above) / (float(below) if "/" in word else 1.0)
    except (ValueError, ZeroDivisionError):
        raise BadKernel(
            f"'{shown}' in row {row} is not a number. Type numbers such as 2, -0.5 or 1/9, with spaces between them "
            "and a ; after each row."
        ) from None
    if not math.isfinite(value):
        raise BadKernel(f"'{shown}' in row {row} is not finite. Type a number that can be multiplied.")
    if abs(value) > _LARGEST_NUMBER:
        raise BadKernel(f"'{shown}' in row {row} is too large. Type numbers from -1e9 to 1e9.")
    return value


def as_text(weights: FloatArray) -> str:
    """A kernel (kH, kW) as `typed_kernel` reads it, to be changed there."""
    return "; ".join(" ".join(np.format_float_positional(weight, trim="-") for weight in row) for row in weights)


def first_layer(network: Network) -> str | None:
    """The convolution that reads the picture; None for a network without one."""
    convolutions = [name for name, layer in network.layers.items() if layer.kind == "convolution"]
    return next((name for name in convolutions[:1] if reads_picture(network, name)), None)


def filter_kernel(trace: Trace, layer: str, index: int) -> Kernel:
    """A filter of a convolution that reads the picture, as a kernel; raises BadKernel for one that does not exist."""
    network, name = trace.network, trace.network.resolve(layer)
    n_filters, n_in, height, width = kernels(network, name).shape
    if not 0 <= index < n_filters:
        raise BadKernel(f"{name} has no filter {index}; its filters are 0 to {n_filters - 1}.")
    bias = network.weights(name).get("bias")
    return Kernel(
        f"Filter {index} of {name}, {n_in} × {height} × {width}",
        _frozen(chosen_kernels(network, name, [index], is_folded=False)[0]),
        "weights drawn at random, which nothing has trained."
        if network.is_random
        else "learned from examples; nobody wrote these weights down.",
        f"{network.title}, weights “{network.weights_name}”",
        f"{filter_sentence(trace, name, index)} {LIKENESS}",
        0.0 if bias is None else float(bias[index]),
    )


def _frozen(weights: NDArray[np.floating]) -> FloatArray:
    array = np.ascontiguousarray(weights, np.float32)
    array.flags.writeable = False
    return array

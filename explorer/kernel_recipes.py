"""Kernels to lay over a picture: well-known ones by their formulas, typed ones, and the filters of a first layer."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from .errors import BadKernel, nearest
from .filters.sentences import filter_sentence
from .filters.weights import chosen_kernels, form, kernels
from .networks.network import Network
from .trace import FloatArray, Trace

Matrix = NDArray[np.float64]

LARGEST = 15  # rows and columns of a kernel that can be chosen or typed
_LARGEST_NUMBER = 1e9  # in a typed kernel: whatever it adds up to is finite, and can be read
_LIKENESS = (
    "Its answer is highest where what lies under it looks like its weights, bright where they are positive and dark "
    "where they are negative; it is lowest where it looks like their opposite."
)
_ONE_OCTAVE = 0.56  # a Gabor's sigma in wavelengths, for a bandwidth of one octave


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


@dataclass(frozen=True)
class Recipe:
    """How a well-known kernel is made in any of some `sizes`."""

    sizes: tuple[int, ...]
    make: Callable[[int], Matrix]
    formula: str
    origin: str
    answers_to: str


def _identity(size: int) -> Matrix:
    weights = np.zeros((size, size))
    weights[size // 2, size // 2] = 1
    return weights


def _box(size: int) -> Matrix:
    return np.full((size, size), 1 / size**2)


def spread(size: int) -> float:
    """The standard deviation, in pixels, of a Gaussian that fits into a kernel: the rule of OpenCV."""
    return 0.3 * ((size - 1) / 2 - 1) + 0.8


def _gaussian(size: int) -> Matrix:
    x = np.arange(size) - size // 2
    bell = np.exp(-(x**2) / (2 * spread(size) ** 2))
    return np.outer(bell, bell) / bell.sum() ** 2


def _binomial(size: int) -> Matrix:
    return np.array([math.comb(size - 1, i) for i in range(size)], float)


def _sobel_x(size: int) -> Matrix:
    return np.outer(_binomial(size), np.convolve(_binomial(size - 2), [-1, 0, 1]))


def _laplacian_of_gaussian(size: int) -> Matrix:
    y, x = np.indices((size, size)) - size // 2
    r = (x**2 + y**2) / (2 * spread(size) ** 2)
    return _balanced((r - 1) * np.exp(-r))


def _balanced(weights: Matrix) -> Matrix:
    """Less their mean, so that a flat area gives 0, and scaled so that their sizes add up to 1."""
    weights = weights - weights.mean()
    return np.asarray(weights / np.abs(weights).sum())


RECIPES: Mapping[str, Recipe] = MappingProxyType(
    {
        "Sobel x": Recipe(
            tuple(range(3, 16, 2)),
            _sobel_x,
            "3 × 3: (1, 2, 1) down times (−1, 0, 1) across. Larger ones are smoothed once more on both axes for every "
            "two cells.",
            "Sobel and Feldman 1968, a talk at the Stanford Artificial Intelligence Project; larger ones as OpenCV’s",
            "It answers to upright edges: red where the picture gets brighter to the right, blue where it gets darker. "
            "It compares the columns right and left of the middle, and averages along the edge to be less easily "
            "misled by noise. Along a level edge, and where nothing changes, it gives 0.",
        ),
        "Sobel y": Recipe(
            tuple(range(3, 16, 2)),
            lambda size: _sobel_x(size).T,
            "Sobel x with rows and columns exchanged.",
            "Sobel and Feldman 1968, a talk at the Stanford Artificial Intelligence Project; larger ones as OpenCV’s",
            "It answers to level edges: red where the picture gets brighter downwards, blue where it gets darker. "
            "Sobel x and Sobel y together are the slope of the brightness, so their two numbers give the direction of "
            "any edge.",
        ),
        "Laplacian": Recipe(
            (3,),
            lambda _: np.array([[0, 1, 0], [1, -4, 1], [0, 1, 0]], float),
            "The four neighbours less four times the middle: ∂²/∂x² + ∂²/∂y² by differences.",
            "the five-point difference; in pictures, Rosenfeld and Kak 1976",
            "It answers to points and to both sides of an edge, whatever its direction: a middle that is brighter than "
            "its neighbours gives a negative number, a darker one a positive number. An even slope gives 0. It sees "
            "single pixels, and noise is made of these.",
        ),
        "Laplacian of Gaussian": Recipe(
            tuple(range(5, 16, 2)),
            _laplacian_of_gaussian,
            "(r − 1) exp(−r) with r = (x² + y²) / 2σ² and σ = 0.3 ((k − 1) / 2 − 1) + 0.8; less its mean, then divided "
            "by the sum of |w|.",
            "Marr and Hildreth 1980, doi:10.1098/rspb.1980.0020",
            "It answers to spots of its own size: a bright one gives a negative number, a dark one a positive number. "
            "It smooths before it differentiates, so that noise disturbs it less than the Laplacian. Where its result "
            "changes sign there is an edge. Ganglion cells of the retina answer much like it.",
        ),
        "Gabor": Recipe(
            tuple(range(3, 16, 2)),
            lambda size: _gabor(size, 0, 4),
            "exp(−(x² + y²) / 2σ²) cos(2πu / λ) with u = x sin θ + y cos θ and σ = 0.56 λ; less its mean, then divided "
            "by the sum of |w|.",
            "Gabor 1946; in two dimensions Daugman 1985, doi:10.1364/JOSAA.2.001160",
            "It answers to stripes of one direction and one width: red where a bright stripe lies under its middle, "
            "blue where a dark one does. Stripes across it, or much finer or coarser ones, give nearly 0. The first "
            "layers of trained networks are full of filters like it, and nobody put them there.",
        ),
        "Gaussian": Recipe(
            tuple(range(1, 16, 2)),
            _gaussian,
            "exp(−(x² + y²) / 2σ²) with σ = 0.3 ((k − 1) / 2 − 1) + 0.8, divided by the sum of all cells.",
            "scale-space filtering, Witkin 1983; the rule for σ is OpenCV’s",
            "It blurs: every pixel becomes a mean in which near ones count more. Details finer than σ vanish, and no "
            "direction is preferred. Look at the border as well: zeros of the padding count as black.",
        ),
        "box": Recipe(
            tuple(range(1, 16, 2)),
            _box,
            "1 / k² in every cell.",
            "the moving average; as a filter of pictures, McDonnell 1981",
            "It blurs: every pixel becomes the plain mean of its window. This is what average pooling does, with a "
            "stride as long as the kernel. Fine stripes can come out reversed, since its edge is hard; the Gaussian "
            "does not do that.",
        ),
        "sharpen": Recipe(
            tuple(range(3, 16, 2)),
            lambda size: 2 * _identity(size) - _gaussian(size),
            "2 × identity − Gaussian of the same size.",
            "unsharp masking, from the darkroom: Yule 1944",
            "It adds to the picture what a blur takes away, so that edges get a dark and a bright rim. Flat areas keep "
            "their value, since the weights add up to 1. Values below 0 and above 1 appear: no screen can show these, "
            "a network can use them.",
        ),
        "emboss": Recipe(
            (3,),
            lambda _: np.array([[-2, -1, 0], [-1, 1, 1], [0, 1, 2]], float),
            "−2 in the upper left corner to 2 in the lower right one, 1 in the middle.",
            "a recipe of image editors; no paper is known for it",
            "It looks like a relief lit from one corner: edges that get brighter towards the lower right come out "
            "bright, those that get darker come out dark. The weights add up to 1, so flat areas keep their value. It "
            "is a slope and the picture in one.",
        ),
        "identity": Recipe(
            tuple(range(1, 16, 2)),
            _identity,
            "1 in the middle, 0 elsewhere.",
            "the neutral element of convolution",
            "It gives back what it reads. So whatever changes comes from the stride, which leaves pixels out, and from "
            "the padding, which adds a border. Try stride 2: fine stripes turn into coarse ones that were never there.",
        ),
    }
)


def _gabor(size: int, angle: float, wavelength: float) -> Matrix:
    y, x = np.indices((size, size)) - size // 2
    turn = math.radians(angle)
    across = x * math.sin(turn) + y * math.cos(turn)  # the stripes run where it stays the same; y points down
    bell = np.exp(-(x**2 + y**2) / (2 * (_ONE_OCTAVE * wavelength) ** 2))
    return _balanced(bell * np.cos(2 * math.pi * across / wavelength))


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
        weights = _gabor(size, angle, wavelength)
    title = f"{name[0].upper()}{name[1:]}, {size} × {size}"
    return Kernel(title, _frozen(weights[None]), recipe.formula, recipe.origin, recipe.answers_to)


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
                f"Row 1 has {_count(len(rows[0]), 'number')} and row {number} has {len(row)}. Give every row as many."
            )
    weights = np.array([[_number(word, i) for word in row] for i, row in enumerate(rows, 1)])
    return Kernel(
        f"Typed, {height} × {width}", _frozen(weights[None]), "typed.", "yours",
        f"{_LIKENESS} Weights that add up to 0 leave flat areas at 0; weights that add up to 1 leave them as they are.",
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
    return next((name for name in convolutions[:1] if form(network, name) in ("colour", "grey")), None)


def filter_kernel(trace: Trace, layer: str, filter: int) -> Kernel:
    """A filter of a convolution that reads the picture, as a kernel; raises BadKernel for one that does not exist."""
    network, name = trace.network, trace.network.resolve(layer)
    n_filters, n_in, height, width = kernels(network, name).shape
    if not 0 <= filter < n_filters:
        raise BadKernel(f"{name} has no filter {filter}; its filters are 0 to {n_filters - 1}.")
    bias = network.weights(name).get("bias")
    return Kernel(
        f"Filter {filter} of {name}, {n_in} × {height} × {width}",
        _frozen(chosen_kernels(network, name, [filter], is_folded=False)[0]),
        "weights drawn at random, which nothing has trained."
        if network.is_random
        else "learned from examples; nobody wrote these weights down.",
        f"{network.info.title}, weights “{network.weights_name}”",
        f"{filter_sentence(trace, name, filter)} {_LIKENESS}",
        0.0 if bias is None else float(bias[filter]),
    )


def weights_sentence(weights: FloatArray) -> str:
    """What the weights of a kernel (n_in, kH, kW) add up to, what that does to a flat area, and whether it is cheaper
    than it looks."""
    if not np.isfinite(weights).all():
        return f"{_count(weights.size, 'weight')}, and some of them are not finite: nothing adds up."
    total, size = float(weights.sum(dtype=np.float64)), float(np.abs(weights).sum(dtype=np.float64))
    is_balanced = abs(total) <= 1e-5 * size
    verb = "add" if weights.size > 1 else "adds"
    text = f"{_count(weights.size, 'weight')}, which {verb} up to {_figures(0.0 if is_balanced else total)}"
    if len(weights) == 1:
        if is_balanced:
            text += ": a flat area gives 0, so only differences are answered"
        elif abs(total - 1) <= 1e-5 * size:
            text += ": a flat area keeps its value"
        else:
            text += f": a flat area is multiplied by {_figures(total)}"
    text += "."
    height, width = weights.shape[1:]
    if len(weights) == 1 and min(height, width) > 1:
        singular = np.linalg.svd(weights[0].astype(np.float64), compute_uv=False)
        if singular[0] > 0 and singular[1] <= 1e-6 * singular[0]:
            text += (
                f" It is separable, one column times one row: {height} + {width} multiplications would do for "
                f"{height} × {width}."
            )
    return text


def _frozen(weights: NDArray[np.floating]) -> FloatArray:
    array = np.ascontiguousarray(weights, np.float32)
    array.flags.writeable = False
    return array


def _count(n: int, what: str) -> str:
    return f"{n} {what}" if n == 1 else f"{n} {what}s"


def _figures(value: float) -> str:
    return f"{value:.4g}".replace("-", "−")

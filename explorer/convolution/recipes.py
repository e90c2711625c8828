"""Well-known kernels by their formulas."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from ..wording import symbols_phrase

Matrix = NDArray[np.float64]
LIKENESS = (
    "Its answer is highest where what lies under it looks like its weights, bright where they are positive and dark "
    "where they are negative; it is lowest where it looks like their opposite."
)
_ONE_OCTAVE = 0.56  # a Gabor's sigma in wavelengths, for a bandwidth of one octave


@dataclass(frozen=True)
class Recipe:
    """How a well-known kernel is made in any of some `sizes`."""

    sizes: tuple[int, ...]
    make: Callable[[int], Matrix]
    formula: str
    origin: str
    answers_to: str


SYMBOLS = {  # of the formulas
    "x": "how far a cell is to the right of the middle",
    "y": "how far it is below the middle",
    "r": "its squared distance from the middle, by the width",
    "u": "how far it is across the stripes",
    "k": "the side of the kernel",
    "σ": "the width of the bell, in pixels",
    "λ": "the width from stripe to stripe",
    "θ": "the angle of the stripes",
    "w": "a weight",
}


def explained(formula: str) -> str:
    """How a kernel is made, and what the symbols mean with which that is written."""
    meanings = symbols_phrase(formula, SYMBOLS)
    return f"{formula} Here {meanings}." if meanings else formula


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
            "The Sobel kernel for upright edges, with rows and columns exchanged.",
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
            lambda size: gabor(size, 0, 4),
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


def gabor(size: int, angle: float, wavelength: float) -> Matrix:
    y, x = np.indices((size, size)) - size // 2
    turn = math.radians(angle)
    across = x * math.sin(turn) + y * math.cos(turn)  # the stripes run where it stays the same; y points down
    bell = np.exp(-(x**2 + y**2) / (2 * (_ONE_OCTAVE * wavelength) ** 2))
    return _balanced(bell * np.cos(2 * math.pi * across / wavelength))

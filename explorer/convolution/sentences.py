"""What is said about one value of a convolution or a dense layer, in plain sentences with the network's own numbers."""

from __future__ import annotations

import math

import numpy as np

from ..geometry import Axis
from ..networks.network import Network
from ..questions import Question
from ..trace import FloatArray
from ..wording import by, count, number, percent, plural, round_percent
from .opened import Opened
from .products import Ranking, n_for_share

MUCH = 0.9  # the share of a sum for which the least number of products is told

AGREEMENT = (  # what `is_close` asks, in words
    f"A tick: worked out in double precision from the first product on, it is within {round_percent(1e-4)} of what the "
    "pass recorded or, where large numbers cancel, within a millionth of the sum of their sizes: the network’s own "
    "single precision goes no further."
)


def rank_sentence(opened: Opened, ranking: Ranking) -> str:
    """How much of the sum the strongest products make, and what is left."""
    n, n_all = len(ranking.products), ranking.n_products
    if not math.isfinite(opened.size):
        return "Some of the products are no finite numbers, so none of them can be called the strongest."
    if not any(product.product for product in ranking.products):
        what = "The only product is" if n_all == 1 else f"All {n_all:,} products are"
        return f"{what} zero: where the window lies, every input or its weight is 0."
    if n == n_all:
        text = "This is the only product" if n_all == 1 else f"These are all {n_all:,} products"
    else:
        others = "the other one is" if n_all - n == 1 else f"the other {n_all - n:,} together are"
        text = (
            f"{n:,} of {n_all:,} products {'makes' if n == 1 else 'make'} {percent(ranking.share)} of all that is "
            f"added up; {others} {number(ranking.rest)}"
        )
    return (
        f"{text}. For {round_percent(MUCH)} it takes {n_for_share(opened, MUCH):,}. "
        "Shares are of the sum of the absolute values, since products of both signs cancel."
    )


SIZE_FORMULA = (
    "Size of the output along one axis: ⌊(n + 2 · p − d · (k − 1) − 1) / s⌋ + 1, where n is the size of the input, p "
    "the padding on each side, d the dilation, k the side of the kernel, s the stride, and ⌊ ⌋ rounds down."
)


def filter_sentence(network: Network, layer: str, channel: int) -> str:
    """What one filter reads, and in which way the layer is special."""
    described = network.layer(layer)
    weight = network.weights(layer)["weight"]
    has_bias = "bias" in network.weights(layer)
    n_in = weight.shape[1]
    n_cells = math.prod(weight.shape[2:])
    ending = "and a bias" if has_bias else "without a bias"
    if described.kind == "dense":
        where = " at every place of the maps" if len(described.shape) == 3 else ""
        return (
            f"Number {channel} of {described.name} is the sum of {plural(n_in, 'product')}{where}, one for each input, "
            f"{ending}: a dense layer is a convolution whose kernel has one cell."
        )
    text = (
        f"Each value of {described.name} is the sum of {plural(n_in * n_cells, 'product')}, "
        f"{plural(n_in, 'input channel')} × {by(weight.shape[2:])} cell{'s' if n_cells > 1 else ''}, {ending}. "
        "The kernel is not flipped: "
        "strictly this is cross-correlation, and the field says convolution."
    )
    n_groups = described.groups or 1
    first = channel // (described.shape[0] // n_groups) * n_in
    window = described.window
    if n_groups > 1 and n_in == 1:
        text += (
            f" It is depthwise: filter {channel} reads channel {first} alone, so each map is filtered by itself and "
            "nothing is mixed between channels."
        )
    elif n_groups > 1:
        text += (
            f" Its channels fall into {n_groups} groups: filter {channel} reads channels {first} to {first + n_in - 1}."
        )
    if n_cells == 1:
        text += (
            " A kernel of 1 × 1 has no window to look through: each value is a weighted mix of the channels at its own "
            "place, and neighbours play no part."
        )
    if window is not None and window.dilation != (1, 1):
        text += f" The cells of the window lie {by(window.dilation)} apart: the kernel is dilated."
    return text


def size_sentences(axes: tuple[Axis, Axis], of: str) -> tuple[str, ...]:
    """The formula of the output's size with its numbers, and what the floor drops `of` the input or the picture: once
    where both axes are alike, else for each."""
    height, width = axes
    if height == width:
        dropped = _dropped(height, "row and column", "bottom and at the right", of)
        return (f"Height and width: {height.formula}. {dropped}",)
    return (
        f"Height: {height.formula}. {_dropped(height, 'row', 'bottom', of)}",
        f"Width: {width.formula}. {_dropped(width, 'column', 'right', of)}",
    )


def _dropped(axis: Axis, what: str, end: str, of: str) -> str:
    if not axis.dropped:
        text = f"The floor drops nothing: the last window ends with the last {what}"
        text += " of the padding." if axis.padding else "."
    else:
        text = f"The floor drops {_lines(axis.dropped, what)} at the {end}, too few for another step"
        inside, in_padding = axis.unread_end, axis.dropped - axis.unread_end
        if not inside:
            text += ": padding only" + ("." if axis.unread_between else f", so all of {of} is within reach.")
        elif in_padding:
            text += f": {in_padding} of padding and {inside} of {of}, which no window reads."
        else:
            text += ", which no window reads."
    if axis.unread_between:
        verb = "lies" if axis.unread_between == 1 else "lie"
        more = " more" if axis.unread_end else ""
        text += f" {axis.unread_between}{more} of {of} {verb} between what the windows read."
    return text


def _lines(n: int, what: str) -> str:
    """2, "row and column" -> "2 rows and columns"."""
    return f"{n} {what}" if n == 1 else f"{n} {' and '.join(f'{word}s' for word in what.split(' and '))}"


def layer_size_sentences(network: Network, layer: str) -> tuple[str, ...]:
    """The same for a layer of a network, which may have no window."""
    axes = _axes(network, layer)
    if axes is None:
        return ("The output has as many places as the input: every place is worked out on its own.",)
    return (SIZE_FORMULA, *size_sentences(axes, "the input"))


def work_sentence(network: Network, layer: str) -> str:
    """How many multiplications one value and the whole layer take, and how few weights serve for them."""
    described = network.layer(layer)
    per_value = math.prod(network.weights(layer)["weight"].shape[1:])
    n_values = math.prod(described.shape)
    text = (
        f"One value takes {plural(per_value, 'multiplication')}. The layer gives "
        f"{f'{by(described.shape)} = ' if len(described.shape) > 1 else ''}{plural(n_values, 'value')}: "
        f"{plural(n_values * per_value, 'multiplication')} ({count(n_values * per_value)})"
    )
    n_places = math.prod(described.size)
    if n_places > 1:
        text += (
            f", with no more than {plural(network.weights(layer)['weight'].size, 'weight')}, since all {n_places:,} "
            "places of a map share one filter"
        )
    return f"{text}. Products with padding count, as the machine makes them too."


def size_question(network: Network, layer: str) -> Question | None:
    """How large the maps become, with sizes that forget a part of the formula; None where there is too little to
    guess, or no window."""
    described, axes = network.layer(layer), _axes(network, layer)
    if axes is None or len(described.shape) != 3:
        return None
    height, right = axes[0], described.shape[1]
    guesses = {right, *height.slips}
    others = sorted((guess for guess in guesses if guess > 0 and guess != right), key=lambda guess: abs(guess - right))
    if len(others) < 2:
        return None
    answers = sorted([right, *others[:3]])
    padded = f"padding {height.padding}" if height.padding else "no padding"
    dilated = f", dilation {height.dilation}" if height.dilation > 1 else ""
    return Question(
        text=f"{layer} reads maps {height.n} cells high, with a kernel {height.kernel} high, stride {height.stride}, "
        f"{padded}{dilated}. "
        "How high are the maps that it gives?",
        answers=tuple(map(str, answers)),
        right=answers.index(right),
        why=f"{height.formula}.",
    )


def _axes(network: Network, layer: str) -> tuple[Axis, Axis] | None:
    """How the layer's window slides over what it reads; None where it has none."""
    described = network.layer(layer)
    if described.window is None:
        return None
    size = network.layers[described.inputs[0]].size if described.inputs else (network.preprocessing.size,) * 2
    return described.window.axes(*(size if len(size) == 2 else (1, 1)))


def weights_sentence(weights: FloatArray) -> str:
    """What the weights of a kernel (n_in, kH, kW) add up to, what that does to a flat area, and whether it is cheaper
    than it looks."""
    if not np.isfinite(weights).all():
        return f"{plural(weights.size, 'weight')}, and some of them are not finite: nothing adds up."
    total, size = float(weights.sum(dtype=np.float64)), float(np.abs(weights).sum(dtype=np.float64))
    is_balanced = abs(total) <= 1e-5 * size
    verb = "add" if weights.size > 1 else "adds"
    text = f"{plural(weights.size, 'weight')}, which {verb} up to {number(0.0 if is_balanced else total)}"
    if len(weights) == 1:
        if is_balanced:
            text += ": a flat area gives 0, so only differences are answered"
        elif abs(total - 1) <= 1e-5 * size:
            text += ": a flat area keeps its value"
        else:
            text += f": a flat area is multiplied by {number(total)}"
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

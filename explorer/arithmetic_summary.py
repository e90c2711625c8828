"""What is said about one value of a convolution or a dense layer, in plain sentences with the network's own numbers."""

from __future__ import annotations

import math

from .architecture import by, count
from .arithmetic import Opened, Ranking, n_for_share, number
from .geometry import Window
from .networks.network import Network
from .questions import Question
from .summary import percent

MUCH = 0.9  # the share of a sum for which the least number of products is told

TICK = (  # what `is_close` asks, in words
    "A tick: worked out in double precision from the first product on, it is within 0.01 % of what the pass recorded "
    "or, where large numbers cancel, within a millionth of the sum of their sizes: the network’s own single precision "
    "goes no further."
)


def rank_sentence(opened: Opened, ranking: Ranking) -> str:
    """How much of the sum the strongest products make, and what is left."""
    n, n_all = len(ranking.products), ranking.n_products
    if not math.isfinite(opened.size):
        return "Some of the products are no finite numbers, so none of them can be called the strongest."
    if not any(product.product for product in ranking.products):
        return f"All {n_all:,} products are zero: where the window lies, every input or its weight is 0."
    if n == n_all:
        text = f"These are all {n_all:,} products"
    else:
        text = f"{n} of {n_all:,} products make {percent(ranking.share)} of all that is added up"
        text += f"; the other {n_all - n:,} together are {number(ranking.rest)}"
    return (
        f"{text}. For {100 * MUCH:.0f} % it takes {n_for_share(opened, MUCH):,}. "
        "Shares are of the sum of the absolute values, since products of both signs cancel."
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
            f"Number {channel} of {described.name} is the sum of {n_in:,} products{where}, one for each input, "
            f"{ending}: a dense layer is a convolution whose kernel has one cell."
        )
    text = (
        f"Each value of {described.name} is the sum of {n_in * n_cells:,} products, "
        f"{_plural(n_in, 'input channel')} × {by(weight.shape[2:])} cells, {ending}. The kernel is not flipped: "
        "strictly this is cross-correlation, and the field says convolution."
    )
    n_groups = described.groups or 1
    first = channel // (described.shape[0] // n_groups) * n_in
    window = described.window
    if n_groups > 1 and n_in == 1:
        text += f" It is depthwise: filter {channel} reads channel {first} alone."
    elif n_groups > 1:
        text += (
            f" Its channels fall into {n_groups} groups: filter {channel} reads channels {first} to {first + n_in - 1}."
        )
    if n_cells == 1:
        text += " A kernel of one cell looks at one place only; all it does is mix channels."
    if window is not None and window.dilation != (1, 1):
        text += f" The cells of the window lie {by(window.dilation)} apart: the kernel is dilated."
    return text


def size_sentence(network: Network, layer: str) -> str:
    """The formula of the output's size with the layer's own numbers, and what the floor drops."""
    described = network.layer(layer)
    window = described.window
    if window is None:
        return "The output has as many places as the input: every place is worked out on its own."
    height, width = _input_size(network, layer)
    axes = [_axis(n, window, axis) for axis, n in enumerate((height, width))]
    if axes[0] == axes[1]:
        text = f"Output size, along y and along x alike: {axes[0][0]}. "
        return text + _dropped(axes[0][1], window.padding[0], "row and the last column", "rows and columns")
    return (
        f"Output size along y: {axes[0][0]}; along x: {axes[1][0]}. "
        f"{_dropped(axes[0][1], window.padding[0], 'row', 'rows')} "
        f"{_dropped(axes[1][1], window.padding[1], 'column', 'columns')}"
    )


def _axis(n: int, window: Window, axis: int) -> tuple[str, int]:
    """floor((n + 2p - d(k - 1) - 1) / s) + 1 in numbers, and the remainder of the division."""
    k, s = window.kernel[axis], window.stride[axis]
    p, d = window.padding[axis], window.dilation[axis]
    span = n + 2 * p - d * (k - 1) - 1
    return f"⌊({n} + 2 · {p} − {d} · ({k} − 1) − 1) / {s}⌋ + 1 = {span // s + 1}", span % s


def _dropped(n: int, padding: int, one: str, several: str) -> str:
    if not n:
        return f"The division leaves nothing over, so the floor drops nothing: the last {one} are in a window too."
    lost = f"the last {one}" if n == 1 else f"the last {n} {several}"
    if n <= padding:
        return f"The floor drops {n}: {lost} of the padding are in no window."
    inside = n - padding
    lost = f"the last {one}" if inside == 1 else f"the last {inside} {several}"
    return f"The floor drops {n}: {lost} of the input itself are in no window" + (
        ", nor is the padding behind." if padding else "."
    )


def work_sentence(network: Network, layer: str) -> str:
    """How many multiplications one value and the whole layer take, and how few weights serve for them."""
    described = network.layer(layer)
    per_value = math.prod(network.weights(layer)["weight"].shape[1:])
    n_values = math.prod(described.shape)
    text = (
        f"One value takes {per_value:,} multiplications. The layer gives {by(described.shape)} = {n_values:,} values: "
        f"{n_values * per_value:,} multiplications ({count(n_values * per_value)})"
    )
    n_places = math.prod(described.size)
    if n_places > 1:
        text += (
            f", with no more than {network.weights(layer)['weight'].size:,} weights, since all {n_places:,} places of "
            "a map share one filter"
        )
    return f"{text}. Products with padding count, as the machine makes them too."


def size_question(network: Network, layer: str) -> Question | None:
    """How large the maps become, with sizes that forget a part of the formula; None where there is too little to
    guess, or no window."""
    described = network.layer(layer)
    window = described.window
    if window is None or len(described.shape) != 3:
        return None
    n = _input_size(network, layer)[0]
    k, s, p, d = window.kernel[0], window.stride[0], window.padding[0], window.dilation[0]
    right = described.shape[1]
    guesses = {
        right,
        (n - d * (k - 1) - 1) // s + 1,  # without the padding
        n + 2 * p - d * (k - 1),  # without the stride
        (n + 2 * p - k) // s,  # without the 1 that is added
        -(-(n + 2 * p - d * (k - 1) - 1) // s) + 1,  # rounded up
        (n + 2 * p - k) // s + 1,  # without the dilation
        n,
    }
    others = sorted((guess for guess in guesses if guess > 0 and guess != right), key=lambda guess: abs(guess - right))
    if len(others) < 2:
        return None
    answers = sorted([right, *others[:3]])
    padded = f"padding {p}" if p else "no padding"
    dilated = f", dilation {d}" if d > 1 else ""
    return Question(
        text=f"{layer} reads maps {n} cells high, with a kernel {k} high, stride {s}, {padded}{dilated}. "
        "How high are the maps that it gives?",
        answers=tuple(map(str, answers)),
        right=answers.index(right),
        why=f"{_axis(n, window, 0)[0]}.",
    )


def _input_size(network: Network, layer: str) -> tuple[int, int]:
    inputs = network.layer(layer).inputs
    size = network.layers[inputs[0]].size if inputs else (network.preprocessing.size,) * 2
    return (size[0], size[1]) if len(size) == 2 else (1, 1)


def _plural(n: int, one: str) -> str:
    return f"{n} {one}" if n == 1 else f"{n:,} {one}s"

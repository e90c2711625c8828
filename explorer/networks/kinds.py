"""The kinds of layers: one row each, from which everything that is said, drawn or worked out about a layer follows.

An operation that is in no row is a kind of its own: it bears its own name and rearranges what it reads.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Literal

import numpy as np

Group = Literal["convolution", "dense", "normalisation", "activation", "pooling", "joining", "rearranging"]


@dataclass(frozen=True)
class Kind:
    """What holds for every layer of a kind.

    `name` is what the field calls it, `operations` are the classes of modules and the names of functions that are of
    the kind; those in `adaptive` pool by the size of what comes out, and so have no window of their own. `group` says
    what it is drawn like, `what_it_does` completes a sentence that begins with the layer.
    """

    name: str
    operations: tuple[str, ...] = ()
    group: Group = "rearranging"
    what_it_does: str = "rearranges {sources}"
    adaptive: tuple[str, ...] = ()
    pooling: Literal["max", "average"] | None = None  # what it makes of a window, where that is all it does
    has_window: bool = False  # that slides over the maps: a convolution, a pooling
    is_weighted: bool = False  # each number that it gives is a sum of products with one filter's weights
    gives_up_places: bool = False  # what it gives may have fewer places, or none, without a window's doing
    mixes_places: bool = False  # what it gives at one place depends on all of them
    may_pass_on: bool = False  # it may return what it was given, as dropout does outside training
    keeps_order: bool = False  # it changes no value, nor their order where the channels come first
    # What it makes of one value, where it reads no other: written down with {} for the value, and worked out.
    formula: str = ""
    function: Callable[[float], float] | None = None
    formula_of_x: str = ""  # the same as one reads it best about any x; "" where the name says it
    keeps_zero: bool = False  # of an activation: 0 stays 0, so that what comes out by what went in is its gain
    highest: float | None = None  # of one that is min(max(x, 0), highest)

    @property
    def is_activation(self) -> bool:
        """Whether it makes each value of the one at its own place, by one function for all of them."""
        return self.group == "activation"

    @property
    def is_on_or_off(self) -> bool:
        """Whether it lets a value pass unchanged or not at all, as ReLU does."""
        return self.highest == math.inf


# The row of an activation; none may rise much faster than its input, or its steps could not be checked.
activation = partial(Kind, group="activation", what_it_does="applies one function to each value of {sources}")


def _same(x: float) -> float:
    return x


def _sigmoid(x: float) -> float:
    return (1 + math.tanh(x / 2)) / 2  # the same as 1 / (1 + exp(-x)), but no exponential can overflow


def _clip6(x: float) -> float:
    return float(np.clip(x, 0, 6))  # unlike min and max, it passes on what is no number


_SUMS = "adds up products of {sources} with its weights"
_DROPS = "passes on {sources} as it is: it drops values only in training"
_ADAPTIVE = ("AdaptiveAvgPool2d", "adaptive_avg_pool2d", "mean")

# Operations that set places in relation to others, beside the kinds that do.
_MIXING = frozenset({
    "baddbmm", "shifted_window_attention", "roll", "grid_sample", "ConvTranspose2d", "conv_transpose2d", "sum", "amax",
    "max", "norm", "normalize", "cumsum", "var", "std", "var_mean", "LSTM", "Unfold", "unfold", "fold", "logsumexp",
    "instance_norm", "fft_fft2", "fft_ifft2", "fft_rfft2", "fft_irfft2", "Conv1d", "conv1d", "AvgPool1d", "avg_pool1d",
    "AdaptiveAvgPool1d",
})  # fmt: skip

# those that are told how much to set, or take off, where; others work it out by the size of the maps
PADDINGS = ("pad", "ZeroPad2d", "ReplicationPad2d", "Cropping")

_ROWS = (
    # Sums of products
    Kind("convolution", ("Conv2d", "conv2d"), "convolution", _SUMS, has_window=True, is_weighted=True),
    Kind("dense", ("Linear", "linear"), "dense", _SUMS, is_weighted=True),
    # Normalisations
    Kind(
        "batch norm", ("BatchNorm2d", "BatchNorm1d", "batch_norm"), "normalisation",
        "shifts and scales each channel of {sources}",
    ),
    Kind(
        "layer norm", ("LayerNorm", "layer_norm"), "normalisation",
        "sets the channels of {sources} at each place to mean 0 and variance 1, then scales and shifts them",
    ),
    Kind(
        "group norm", ("GroupNorm", "group_norm"), "normalisation",
        "sets each group of channels of {sources}, over all places, to mean 0 and variance 1, then scales and shifts "
        "them",
        mixes_places=True,
    ),
    # Activations; of those with a function none rises faster than 1.13 times its input
    activation(
        "ReLU", ("ReLU", "relu"), formula="max(0, {})", function=lambda x: float(np.maximum(x, 0)),
        keeps_zero=True, highest=math.inf,
    ),
    activation(
        "ReLU6", ("ReLU6", "relu6"), formula="min(6, max(0, {}))", function=_clip6, keeps_zero=True, highest=6.0
    ),
    activation("LeakyReLU", ("LeakyReLU", "leaky_relu"), keeps_zero=True),  # its slope below 0 is a setting of its own
    activation(
        "tanh", ("Tanh", "tanh"), formula="tanh({})", function=math.tanh,
        formula_of_x="tanh(x), between −1 and 1", keeps_zero=True,
    ),
    activation("Sigmoid", ("Sigmoid", "sigmoid"), formula="1 / (1 + exp(−({})))", function=_sigmoid),
    activation(
        "SiLU", ("SiLU", "silu"), formula="{0} / (1 + exp(−({0})))", function=lambda x: x * _sigmoid(x),
        keeps_zero=True,
    ),
    activation(
        "GELU", ("GELU", "gelu"), formula="{0} · (1 + erf({0} / √2)) / 2",
        function=lambda x: x * (1 + math.erf(x / math.sqrt(2))) / 2, keeps_zero=True,
    ),
    activation(
        "Hardsigmoid", ("Hardsigmoid", "hardsigmoid"), formula="min(6, max(0, {} + 3)) / 6",
        function=lambda x: _clip6(x + 3) / 6,
    ),
    activation(
        "Hardswish", ("Hardswish", "hardswish"), formula="{0} · min(6, max(0, {0} + 3)) / 6",
        function=lambda x: x * _clip6(x + 3) / 6, formula_of_x="x × min(6, max(0, x + 3)) / 6", keeps_zero=True,
    ),
    activation("ELU", ("ELU", "elu"), keeps_zero=True),
    activation("SELU", ("SELU", "selu"), keeps_zero=True),
    activation("Mish", ("Mish", "mish"), keeps_zero=True),
    activation("Softplus", ("Softplus", "softplus")),
    # Poolings
    Kind(
        "max pooling", ("MaxPool2d", "max_pool2d"), "pooling",
        "passes on the highest value in each window of {sources}", pooling="max", has_window=True,
    ),
    Kind(
        "average pooling", ("AvgPool2d", "avg_pool2d", *_ADAPTIVE), "pooling",
        "takes the mean of each window of {sources}", _ADAPTIVE, "average", has_window=True, gives_up_places=True,
        may_pass_on=True,
    ),
    # What several layers go into
    Kind("addition", ("add",), "joining", "adds the values of {sources} at the same place"),
    Kind("multiplication", ("mul",), "joining", "multiplies the values of {sources} at the same place"),
    Kind(
        "concatenation", ("cat",), "joining",
        "sets the channels of {sources} one behind the other, and changes no value",
    ),
    Kind(
        "padding", ("SamePadding", "pad_same", "pad", "ZeroPad2d", "ReplicationPad2d"),
        what_it_does="sets a border around {sources}, and changes no value",
    ),
    Kind(
        "upsampling", ("interpolate", "Upsample", "UpsamplingBilinear2d", "UpsamplingNearest2d"),
        what_it_does="enlarges the maps of {sources}: each value is drawn from the cells nearest to it",
    ),
    Kind("cropping", ("Cropping",), what_it_does="takes rows and columns off the edges of {sources}"),
    # What sets every place in relation to others
    Kind(
        "attention", ("scaled_dot_product_attention", "MultiheadAttention"), "joining",
        "adds up the values of {sources} at all places, weighed by how well these go together", mixes_places=True,
    ),
    Kind(
        "matrix product", ("matmul", "bmm", "einsum"), "joining", "multiplies {sources} as matrices", mixes_places=True
    ),
    Kind(
        "softmax", ("Softmax", "softmax"), "rearranging", "makes shares of the values of {sources} that add up to 1",
        mixes_places=True,
    ),
    # What changes no value
    Kind(
        "dropout", ("Dropout", "dropout"), what_it_does=_DROPS, may_pass_on=True, formula="{}, as it is", function=_same
    ),
    Kind(
        "stochastic depth", ("StochasticDepth",), what_it_does=_DROPS, may_pass_on=True, formula="{}, as it is",
        function=_same,
    ),
    Kind(
        "identity", ("Identity",), what_it_does="passes on {sources} as it is", may_pass_on=True,
        formula="{}, as it is", function=_same,
    ),
    Kind(
        "flatten", ("flatten", "Flatten"), what_it_does="writes the values of {sources} in one row, and changes none",
        gives_up_places=True, keeps_order=True,
    ),
    Kind(
        "permutation", ("Permute", "permute"),
        what_it_does="puts the axes of {sources} into another order, and changes no value",
        keeps_order=True, formula="{}, in another order of the axes", function=_same,
    ),
)  # fmt: skip
LAYER_KINDS: dict[str, Kind] = {row.name: row for row in _ROWS}  # what the field calls it -> its row


def kind_named(name: str) -> Kind:
    """The row of a kind by its name; a plain one for what is in no row."""
    return LAYER_KINDS.get(name) or Kind(name, mixes_places=name in _MIXING)


def kind_of(operation: str) -> Kind:
    """The row of the kind that a module of this class, or a function of this name, is of."""
    return next((row for row in LAYER_KINDS.values() if operation in row.operations), None) or kind_named(operation)

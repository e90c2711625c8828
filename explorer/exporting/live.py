"""A small network for a browser to run: its operations in the order of execution, as data, and its weights.

`elements/frontend/live/` reads what is written here. There are as many kinds of operations as its `OPERATIONS` have;
a network with another one is refused, and so is one whose weights would make a file that nobody mails.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..elements.live import LIVE, live_data
from ..elements.view import File
from ..errors import BadOption
from ..networks.digits import DigitPreparation
from ..networks.graph import PICTURE
from ..networks.layers import Layer
from ..networks.network import Network
from ..networks.preparation import PhotoPreparation, Preparation, in_colours
from ..wording import count, quoted
from . import sentences as say
from .letters import n_letters
from .part import Drawn, Part, Said

MOST_WEIGHTS = 3_500_000  # as half-precision numbers in letters 8.75 MB
MOST_SUMS = 1_000_000_000  # products for one picture: half a second, where the browser may use one core
_SCRIPTS = 150_000  # and what they are told of the operations
_SUCH_AS = "lenet5, basic_cnn and pocket_resnet are such networks"
_LARGEST_HALF = float(np.finfo(np.float16).max)

Arrays = Mapping[str, NDArray[np.float32]]


@dataclass(frozen=True)
class _Step:
    """What one layer does: one of the browser's operations, its settings, and its arrays."""

    does: str
    settings: Mapping[str, object] = field(default_factory=dict)
    arrays: Arrays = field(default_factory=dict)


class _Unlike(Exception):
    """An operation that the browser does not know in this form, as the end of a sentence."""


def live_part(network: Network) -> Part:
    """Part of a file in which the network runs. Raises BadOption for one that cannot."""
    steps, weights = packed(network)
    is_drawn_on = isinstance(network.preprocessing, DigitPreparation)
    shown = [name for name in dict.fromkeys([network.first_layer, *network.stages]) if network.layer(name).is_spatial]
    layers = [network.resolve(name) for name in shown]
    packer = zlib.compressobj(9, zlib.DEFLATED, 31, 9, zlib.Z_HUFFMAN_ONLY)  # as gzip; no two stretches are alike
    file = File(packer.compress(weights) + packer.flush())
    told = say.live_sentence(network, bool(steps["rounded"]))
    return Part("live", "Your own picture", [Said(told), Drawn(LIVE, live_data(steps, file, layers, is_drawn_on))])


def live_bytes(network: Network) -> int | None:
    """The most bytes that the network takes in a file, its operations and scripts with it; None where it cannot run
    in one."""
    try:
        _, weights = packed(network)
    except BadOption:
        return None
    return _SCRIPTS + n_letters(len(weights))


def packed(network: Network) -> tuple[dict[str, object], bytes]:
    """All that a browser needs to run the network on a reader's own picture: JSON, and the bytes of the weights.

    Weights of more than one axis are rounded to half precision, whose relative error is 2^-11 at most; those of the
    networks that come along are kept so in their files already. Biases, and what a batch norm multiplies by and adds,
    stay float32. Raises BadOption with a sentence for a network that cannot be run so.
    """
    preparation = _preparation(network)
    _check_size(network)
    numbers = {name: i for i, name in enumerate(network.layers)}
    bytes_of_weights = bytearray()
    steps, is_rounded = [], False
    for name, layer in network.layers.items():
        try:
            reads, step = _read_by(network, numbers, layer), _step(network, layer)
        except _Unlike as unlike:
            raise _refused(network, f"its layer {quoted(name)} {unlike}") from None
        arrays = {key: _appended(bytes_of_weights, array) for key, array in step.arrays.items()}
        is_rounded |= any(_is_rounded(array) for array in step.arrays.values())
        steps.append(
            {
                "name": name, "kind": layer.kind, "does": step.does, "reads": reads, "shape": list(layer.shape),
                "settings": dict(step.settings), "weights": arrays,
            }
        )  # fmt: skip
    found = {
        "title": network.title, "categories": list(network.categories), "preparation": preparation, "steps": steps,
        "rounded": is_rounded,
    }  # fmt: skip
    return found, bytes(bytes_of_weights)


def _refused(network: Network, why: str) -> BadOption:
    return BadOption(
        f"{network.title} cannot run in a file: {why}. A browser runs small networks of photographs or of digits that "
        f"are made of convolutions, batch norms, ReLU, tanh, sigmoid, poolings, additions and dense layers; {_SUCH_AS}."
    )


def _check_size(network: Network) -> None:
    if network.no_classes:
        raise _refused(network, "it has no classifier, and would predict nothing")
    weights = sum(layer.n_parameters for layer in network.layers.values())
    sums = sum(layer.n_multiply_adds for layer in network.layers.values())
    if weights > MOST_WEIGHTS:
        raise _refused(network, f"its {count(weights)} weights are more than the {count(MOST_WEIGHTS)} that may go in")
    if sums > MOST_SUMS:
        raise _refused(network, f"its {count(sums)} products a picture are more than the {count(MOST_SUMS)} allowed")


def _preparation(network: Network) -> dict[str, object]:
    found: Preparation = network.preprocessing
    if isinstance(found, DigitPreparation):
        return {"of": "digits", "mean": found.mean, "deviation": found.std}
    if not isinstance(found, PhotoPreparation):
        raise _refused(network, f"it reads {', '.join(found.inputs)}")
    if found.interpolation != "bilinear":
        raise _refused(network, f"its pictures are resized by {found.interpolation}")
    return {
        "of": "photographs", "resize": found.resize, "crop": found.crop,
        "squash": found.squash, "colours": in_colours(found, (0, 1, 2)), "mean": in_colours(found, found.mean),
        "deviation": in_colours(found, found.std),
    }  # fmt: skip


def _read_by(network: Network, numbers: Mapping[str, int], layer: Layer) -> list[int]:
    """The numbers of the layers that one reads, the picture −1. Raises _Unlike for what is no layer: sizes, weights."""
    taken = network.graph.takes(layer.name)
    wanted = 2 if layer.kind == "addition" else 1
    if len(taken) != wanted or not all(isinstance(one, str) and (one == PICTURE or one in numbers) for one in taken):
        raise _Unlike("reads something else than the layers before it")
    if layer.channels_last:
        raise _Unlike("keeps its channels last")
    return [numbers.get(str(one), -1) for one in taken]


def _step(network: Network, layer: Layer) -> _Step:
    if layer.pooling is not None:
        return _pooling(network, layer)
    if layer.is_idle:
        return _Step("asIs")
    if layer.kind not in _STEPS:
        raise _Unlike(f"is a layer of another kind ({layer.kind})")
    return _STEPS[layer.kind](network, layer)


def _convolution(network: Network, layer: Layer) -> _Step:
    setting = network.graph.setting
    if setting(layer.name, 7, "padding_mode") not in (None, "zeros") or setting(layer.name, 3, "padding") == "same":
        raise _Unlike("pads its maps in another way than with zeros, alike on both sides")
    return _Step("convolution", {**_window(layer), "groups": layer.groups}, _filters(network, layer))


def _dense(network: Network, layer: Layer) -> _Step:
    if len(layer.shape) != 1 or len(_before(network, layer)) != 1:
        raise _Unlike("is a dense layer over maps")
    return _Step("dense", {}, _filters(network, layer))


def _filters(network: Network, layer: Layer) -> Arrays:
    arrays = network.weights(layer.name)
    return {name: arrays[name] for name in ("weight", "bias") if name in arrays}


def _batch_norm(network: Network, layer: Layer) -> _Step:
    arrays = {name: array.astype(np.float64) for name, array in network.weights(layer.name).items()}
    eps = network.graph.setting(layer.name, 7, "eps")
    if not {"running_mean", "running_var"} <= arrays.keys() or eps is None:
        raise _Unlike("is a batch norm that goes by the picture itself")
    scale = arrays.get("weight", 1.0) / np.sqrt(arrays["running_var"] + eps)
    shift = arrays.get("bias", 0.0) - arrays["running_mean"] * scale
    return _Step("scaling", {}, {"scale": scale.astype(np.float32), "shift": shift.astype(np.float32)})


def _pooling(network: Network, layer: Layer) -> _Step:
    pooling = layer.pooling
    assert pooling is not None
    if len(layer.shape) != 3 or network.graph.operation(layer.name) == "mean":
        raise _Unlike("is a mean over some of the axes")
    if pooling.window is None:
        return _Step("adaptivePooling")
    if pooling.rule == "max":
        return _Step("maxPooling", _window(layer))
    return _Step(
        "averagePooling", {**_window(layer), "counts": pooling.counts_padding, "divisor": pooling.divisor}
    )  # fmt: skip


def _window(layer: Layer) -> dict[str, object]:
    window = layer.window
    assert window is not None
    return {
        "kernel": list(window.kernel), "stride": list(window.stride), "padding": list(window.padding),
        "dilation": list(window.dilation),
    }  # fmt: skip


def _addition(network: Network, layer: Layer) -> _Step:
    shapes = {network.layers[name].shape for name in layer.inputs}
    if shapes != {layer.shape} or network.graph.setting(layer.name, 2, "alpha") not in (None, 1):
        raise _Unlike("adds what is not of one size")
    return _Step("addition")


def _flatten(network: Network, layer: Layer) -> _Step:
    if len(layer.shape) != 1 or math.prod(_before(network, layer)) != layer.shape[0]:
        raise _Unlike("flattens some of the axes alone")
    return _Step("asIs")


def _before(network: Network, layer: Layer) -> Sequence[int]:
    """The shape of what a layer reads."""
    preparation = network.preprocessing
    if not layer.inputs:
        return preparation.n_channels, preparation.size, preparation.size
    return network.layers[layer.inputs[0]].shape


_STEPS: Mapping[str, Callable[[Network, Layer], _Step]] = {
    "convolution": _convolution,
    "dense": _dense,
    "batch norm": _batch_norm,
    "addition": _addition,
    "flatten": _flatten,
    "ReLU": lambda *_: _Step("relu"),
    "ReLU6": lambda *_: _Step("relu6"),
    "tanh": lambda *_: _Step("tanh"),
    "Sigmoid": lambda *_: _Step("sigmoid"),
}


def halved(array: NDArray[np.float32]) -> NDArray[np.float16] | None:
    """An array as the file holds it where that is half precision; None where it stays as it is: of one axis, which is
    little, or with a number that half precision does not reach."""
    if array.ndim == 1 or not float(np.abs(array).max(initial=0)) <= _LARGEST_HALF:  # NaN stays as well
        return None
    return array.astype(np.float16)


def _is_rounded(array: NDArray[np.float32]) -> bool:
    half = halved(array)
    return half is not None and not np.array_equal(half.astype(np.float32), array)


def _appended(into: bytearray, array: NDArray[np.float32]) -> dict[str, Any]:
    """Add an array to the bytes, at a place that a browser can read it from; returns where."""
    half = halved(array)
    into.extend(bytes(-len(into) % 4))
    at = len(into)
    if half is None:
        into.extend(array.astype("<f4").tobytes())
    else:  # all low bytes before all high ones, which are much alike: a ninth less when packed
        into.extend(np.frombuffer(half.astype("<f2").tobytes(), np.uint8).reshape(-1, 2).T.tobytes())
    return {"at": at, "shape": list(array.shape), "half": half is not None}

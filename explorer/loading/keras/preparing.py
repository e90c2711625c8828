"""How pictures are prepared for a network of Keras: what its first layers tell, or else the names of its layers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from ...networks.preparation import PhotoPreparation
from ...wording import quoted
from ..scaling import SCALINGS, Triple
from .arguments import Ref, constant
from .arranging import IDLE
from .calls import Call, Model
from .joining import ARITHMETIC
from .variables import Variables, Way

_USUAL_SIDE = 224
# Keras's own "caffe" mode: blue, green and red from 0 to 255 less the mean colour of ImageNet, here in the order of RGB
_MEAN_COLOUR: Triple = (123.68 / 255, 116.779 / 255, 103.939 / 255)
_BYTES: Triple = (1 / 255,) * 3


@dataclass(frozen=True)
class _Family:
    """Networks of keras.applications, known by names of layers that they have."""

    title: str
    layers: tuple[str, ...]
    mean: Triple
    std: Triple
    channels: str = "RGB"
    side: int = _USUAL_SIDE


_HALF, _IMAGENET = SCALINGS["half"], SCALINGS["imagenet"]
_FAMILIES = (
    _Family("VGG", ("block1_conv1", "block5_conv3"), _MEAN_COLOUR, _BYTES, "BGR"),
    _Family("ResNet", ("conv1_conv", "conv1_bn", "conv5_block3_out"), _MEAN_COLOUR, _BYTES, "BGR"),
    _Family("ResNet V2", ("conv1_conv", "post_bn"), _HALF.mean, _HALF.std),
    _Family("MobileNet", ("conv1", "conv_pw_13"), _HALF.mean, _HALF.std),
    _Family("MobileNet V2", ("Conv1", "block_16_project"), _HALF.mean, _HALF.std),
    _Family("Xception", ("block1_conv1", "block14_sepconv2"), _HALF.mean, _HALF.std, side=299),
    _Family("Inception V3", ("mixed0", "mixed10"), _HALF.mean, _HALF.std, side=299),
    _Family("Inception-ResNet V2", ("mixed_5b", "conv_7b"), _HALF.mean, _HALF.std, side=299),
    _Family("DenseNet", ("conv5_block16_concat", "pool4_conv"), _IMAGENET.mean, _IMAGENET.std),
)
_INTERPOLATIONS = {"bilinear": "bilinear", "nearest": "nearest", "bicubic": "bicubic", "lanczos3": "lanczos"}
# what comes before the first scaling and changes no value, by its class or, of a function, by its name
_PASSING = {*IDLE, "InputLayer", "Resizing", "CenterCrop", "ZeroPadding2D", "getitem", "stack", "cast"}


@dataclass(frozen=True)
class Preparing:
    """`said` ends a sentence that begins with "Pictures are prepared"; `reads` is "bytes" where the network scales
    values from 0 to 255 itself, "unit" where it scales those from 0 to 1."""

    preparation: PhotoPreparation | None = None
    said: str = ""
    reads: str = ""


def usual_side(model: Model) -> int:
    """The side of the pictures that networks of its family read, where they are known."""
    family = _family(model)
    return _USUAL_SIDE if family is None else family.side


def usual_preparation(size: tuple[int, int, int]) -> PhotoPreparation | None:
    """Keras's own ways to load pictures resize both sides, whatever their shape. None for other channels than three."""
    return PhotoPreparation(size[1], size[1], squash=True) if size[0] == 3 and size[1] == size[2] else None


def preparing(model: Model, variables: Variables, size: tuple[int, int, int], interpolation: str) -> Preparing:
    """What the file tells of pictures of `size`, (C, H, W), which are resized by Keras's `interpolation`."""
    found = _first(model, ())
    reads = _reads(*found, variables) if found is not None else ""
    family = _family(model) if not reads else None
    usual = usual_preparation(size)
    if usual is None or not (reads or family):
        return Preparing(reads=reads)
    if family is not None:
        said = f"as keras.applications prepares them for {family.title}, whose layers have such names"
        mean, std, channels = family.mean, family.std, family.channels
    else:
        assert found is not None
        scaling = SCALINGS[reads]
        mean, std, channels = scaling.mean, scaling.std, "RGB"
        said = (
            f"with values from 0 to {255 if reads == 'bytes' else 1}, which the network itself scales in "
            f"{quoted(found[1].layer.name)}"
        )
    method = _INTERPOLATIONS.get(interpolation, "bilinear")
    prepared = replace(usual, interpolation=method, mean=mean, std=std, channels=channels)
    return Preparing(prepared, said, reads)


def _family(model: Model) -> _Family | None:
    names = {*_names(model)}
    return next((family for family in _FAMILIES if names.issuperset(family.layers)), None)


def _names(model: Model) -> Iterator[str]:
    for layer in model.layers:
        yield layer.name
        if layer.inside is not None:
            yield from _names(layer.inside)


def _first(model: Model, above: Way) -> tuple[Way, Call] | None:
    """The first call that makes something else of the picture, and the way to its layer."""
    reached: set[Ref] = set(model.inputs)
    for call in model.calls:
        if not reached.intersection(call.refs):
            continue
        way = (*above, call.layer)
        if call.layer.inside is not None:
            found = _first(call.layer.inside, way)
            if found is not None:
                return found
        elif not _PASSING.intersection((call.layer.kind, call.layer.operation)):
            return way, call
        reached.add(call.result)
    return None


def _reads(way: Way, call: Call, variables: Variables) -> str:
    """What scale of values a first operation is made for: "bytes", "unit", or "" where it does not tell."""
    layer = call.layer
    if layer.kind == "Rescaling":
        scale, offset = (np.abs(constant(layer.config.get(key) or 0.0)).max() for key in ("scale", "offset"))
        return "bytes" if scale < 0.05 or offset > 3 else "unit"
    if layer.kind == "Normalization":
        mean = layer.config.get("mean")
        arrays = variables.of(way) if mean is None else [constant(mean)]
        return ("bytes" if np.abs(arrays[0]).max() > 3 else "unit") if arrays else ""
    numbers = [np.abs(constant(value)).max() for value in (*call.args, *call.kwargs.values()) if _is_constant(value)]
    if len(numbers) != 1 or layer.operation not in ARITHMETIC:
        return ""
    divisor = 1 / numbers[0] if layer.operation in ("multiply", "mul") and numbers[0] else numbers[0]
    return "bytes" if divisor > 3 else "unit"


def _is_constant(value: object) -> bool:
    """Whether it is a number, or several."""
    if isinstance(value, list):
        return bool(value) and all(map(_is_constant, value))
    return isinstance(value, int | float | np.ndarray) and not isinstance(value, bool)

"""Layers that change no value: what pads, cuts, flattens, reorders, and what does something only in training."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial

import numpy as np
from torch import nn

from ...networks.cropping import Cropping
from ...wording import by
from .applied import Applied
from .building import MAPS, Order, Value

_MOST_IN_A_ROW = 1 << 24
_MOST_SIDE = 8192  # of maps that are enlarged, in cells


def zero_padding2d(applied: Applied) -> Value:
    top, bottom, left, right = applied.settings.edges("padding")
    maps, channels, height, width = applied.maps()
    shape = applied.shape(channels, height + top + bottom, width + left + right)
    return applied.add(partial(nn.ZeroPad2d, (left, right, top, bottom)), maps, shape)


def cropping2d(applied: Applied) -> Value:
    return _cropped(applied, *applied.settings.edges("cropping"))


def center_crop(applied: Applied) -> Value:
    """Cuts the middle out of what is larger; what is smaller it would enlarge."""
    _, _, *sizes = applied.maps()
    wanted = applied.settings.whole("height"), applied.settings.whole("width")
    if any(n < most for n, most in zip(sizes, wanted, strict=True)):
        applied.refuse(f"which would enlarge pictures of {by(sizes)} pixels")
    applied.building.is_for_one_size = True
    top, left = ((n - kept) // 2 for n, kept in zip(sizes, wanted, strict=True))
    return _cropped(applied, top, sizes[0] - wanted[0] - top, left, sizes[1] - wanted[1] - left)


def up_sampling2d(applied: Applied) -> Value:
    """Each cell as many times as is said, or drawn between the two nearest along each axis, as torch does it."""
    down, across = applied.settings.pair("size", 2)
    method = applied.settings.choice("interpolation", ("nearest", "bilinear"), "nearest")
    maps, channels, height, width = applied.maps()
    if max(height * down, width * across) > _MOST_SIDE:
        applied.refuse(f"which makes maps of {by((height * down, width * across))} cells")
    made = partial(nn.Upsample, scale_factor=(float(down), float(across)), mode=method)
    return applied.add(made, maps, applied.shape(channels, height * down, width * across))


def flatten(applied: Applied) -> Value:
    """Keras writes a row in the order height, width, channel and torch in its own: the order is kept beside it."""
    value = applied.value
    if len(value.shape) == 1:
        return value
    if value.n > _MOST_IN_A_ROW:
        applied.refuse(f"which writes {value.n:,} values in one row: no network here needs that")
    axes = value.axes
    if len(value.shape) == 3 and applied.settings.is_channels_first:  # it puts the channels last before it begins
        axes = (axes[1], axes[2], axes[0])
    return (
        applied.add(nn.Flatten, value, (value.n,), key=None)
        if _is_sorted(axes, value)
        else applied.building.add(applied.path, None, nn.Flatten, (value,), (value.n,), order=_order(axes, value))
    )


def reshape(applied: Applied) -> Value:
    value, target = applied.value, applied.settings.get("target_shape")
    shape = _completed(target, value.n) if isinstance(target, Sequence) else None
    if shape is None:
        applied.refuse(f"which makes {target} of {by(value.shape)} values")
    if shape == value.shape:
        return value
    if len(value.shape) == 3 and shape == (value.n,):
        return flatten(applied)
    plain = applied.building.as_written(value, applied.path)
    if plain.order is None and len(plain.shape) == 1 and len(shape) == 3 and shape[:2] == (1, 1):
        made = partial(nn.Unflatten, 1, (shape[2], 1, 1))
        return applied.building.add(applied.path, shape, made, (plain,), shape, MAPS)
    if len(plain.shape) > 1:
        plain = applied.add(nn.Flatten, plain, (plain.n,), "flatten")
    return plain if len(shape) == 1 else applied.add(partial(nn.Unflatten, 1, shape), plain, shape, key=shape)


def permute(applied: Applied) -> Value:
    """Keras's axes in another order; torch's stay as they are."""
    value, dims = applied.value, applied.settings.get("dims")
    if not isinstance(dims, Sequence) or sorted(dims) != list(range(1, len(value.shape) + 1)):
        applied.settings.odd("dims")
    shape, axes = tuple(value.shape[i - 1] for i in dims), tuple(value.axes[i - 1] for i in dims)
    return Value(value.number, shape, axes, value.order)


def dropout(applied: Applied) -> Value:
    return applied.add(partial(nn.Dropout, min(1.0, abs(applied.settings.number("rate", 0.5)))), applied.value)


def idle(applied: Applied) -> Value:
    """It passes on what it reads; some do more while a network is trained."""
    return applied.value


def _cropped(applied: Applied, top: int, bottom: int, left: int, right: int) -> Value:
    maps, channels, height, width = applied.maps()
    shape = applied.shape(channels, height - top - bottom, width - left - right)
    if min(shape) < 1:
        applied.refuse(f"which leaves nothing of {by((height, width))} cells")
    return applied.add(partial(Cropping, left, right, top, bottom), maps, shape, key=(top, bottom, left, right))


def _completed(target: Sequence[object], n: int) -> tuple[int, ...] | None:
    """With what -1 stands for; None where the shape does not hold n values."""
    if not all(isinstance(length, int) and (length > 0 or length == -1) for length in target) or len(target) > 5:
        return None
    known = math.prod(length for length in target if isinstance(length, int) and length > 0)
    if list(target).count(-1) > 1 or n % known:
        return None
    shape = tuple(n // known if length == -1 else int(str(length)) for length in target)
    return shape if math.prod(shape) == n else None


def _is_sorted(axes: Sequence[int], value: Value) -> bool:
    """Whether torch has the values in Keras's order; axes of length 1 can be anywhere."""
    kept = [axis for axis in axes if value.shape[value.axes.index(axis)] > 1]
    return kept == sorted(kept)


def _order(axes: Sequence[int], value: Value) -> Order:
    """Where torch has what Keras, which takes the axes in this order, has at each place of its row."""
    lengths = dict(zip(value.axes, value.shape, strict=True))
    places = np.arange(value.n).reshape([lengths[axis] for axis in sorted(axes)])
    ranked = sorted(axes)
    return places.transpose([ranked.index(axis) for axis in axes]).ravel()


# what does something only while a network is trained
IDLE = (
    "GaussianNoise", "GaussianDropout", "AlphaDropout", "ActivityRegularization", "Identity", "StochasticDepth",
    "RandomFlip", "RandomRotation", "RandomZoom", "RandomContrast", "RandomBrightness", "RandomTranslation",
    "RandomShear", "RandomHue", "RandomSaturation", "RandomColorJitter", "RandomColorDegeneration", "RandomGrayscale",
    "RandomSharpness", "RandomPosterization", "RandomInvert", "RandomGaussianBlur", "RandomErasing",
    "RandomPerspective", "RandomElasticTransform", "RandAugment", "AugMix", "MixUp", "CutMix",
)  # fmt: skip
ARRANGING: Mapping[str, Callable[[Applied], Value]] = {
    "ZeroPadding2D": zero_padding2d,
    "Cropping2D": cropping2d,
    "CenterCrop": center_crop,
    "UpSampling2D": up_sampling2d,
    "Flatten": flatten,
    "Reshape": reshape,
    "Permute": permute,
    **dict.fromkeys(("Dropout", "SpatialDropout2D"), dropout),
    **dict.fromkeys(IDLE, idle),
}

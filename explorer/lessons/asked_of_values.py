"""Questions that the numbers of one recorded pass answer."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ..classifier.map_sentences import channel_question
from ..convolution.opened import open_value
from ..drawing.color import scale_of
from ..drawing.picture import countable, heat_map, png_of_pixels
from ..errors import BadLesson
from ..filters.figures import rgb_tile, scale_around, signed_tile
from ..filters.weights import chosen_kernels, form, layers_with_kernels
from ..networks.preparation import COLOURS
from ..pooling.figures import which_window as which_of_pooling
from ..questions import Question
from ..trace import FloatArray, Trace, as_maps, read_by
from ..wording import number, percent
from .lesson import Ask

_SIDE = 112  # pixels of a small map
_COLOURS = ("red", "green", "blue")
_QUARTERS = ("less than a quarter", "a quarter to a half", "a half to three quarters", "more than three quarters")


def strongest_colour(trace: Trace, ask: Ask) -> Question:
    """Which of red, green and blue is largest at a pixel of the picture as the network received it."""
    pixels = trace.prepared.pixels
    assert ask.y is not None
    assert ask.x is not None
    if not (ask.y < pixels.shape[0] and ask.x < pixels.shape[1]):
        raise BadLesson(
            f"There is no pixel y {ask.y}, x {ask.x}; the picture has {pixels.shape[0]} × {pixels.shape[1]}."
        )
    values = [int(one) for one in pixels[ask.y, ask.x]]
    if len({*values}) < len(values) and values.count(max(values)) > 1:
        raise BadLesson(f"No colour is the largest at y {ask.y}, x {ask.x}: {values}. Choose another pixel.")
    said = ", ".join(f"{colour} {value}" for colour, value in zip(_COLOURS, values, strict=True))
    return Question(
        f"A pixel is three numbers from 0 to 255. Which is the largest at row {ask.y}, column {ask.x}?", _COLOURS,
        int(np.argmax(values)), f"{said}.",
    )  # fmt: skip


def share_of_zeros(trace: Trace, ask: Ask) -> Question:
    """In which quarter the share of a layer's values lies that are exactly 0."""
    share = float((trace[ask.layer] == 0).mean())
    return Question(
        f"How much of what {ask.layer} gives is exactly 0?", _QUARTERS, min(3, int(4 * share)),
        f"{percent(share)} of its {trace[ask.layer].size:,} numbers.",
    )  # fmt: skip


def after_relu(trace: Trace, ask: Ask) -> Question:
    """What a ReLU makes of the lowest number that it reads in a channel. Raises BadLesson for another layer."""
    layer = trace.network.layer(ask.layer)
    if not layer.kind.startswith("ReLU"):
        raise BadLesson(f"{ask.layer} is no ReLU but a layer of the kind '{layer.kind}'. Choose a ReLU.")
    before, after = (_channel(maps, ask) for maps in (read_by(trace, ask.layer), as_maps(trace[ask.layer])))
    at = np.unravel_index(int(before.argmin()), before.shape)
    low = float(before[at])
    answers, right = _in_order(float(after[at]), (low, -low, 0.0, 1.0))
    return Question(
        f"The lowest number that {ask.layer} reads in channel {ask.channel} is {number(low)}. What does it give there?",
        answers, right, f"{number(float(after[at]))}. ReLU keeps what is above 0 and gives 0 for all else.",
    )  # fmt: skip


def which_window(trace: Trace, ask: Ask) -> Question:
    """Of which of four windows of a pooling a value comes. Raises BadLesson where no four differ."""
    assert ask.channel is not None
    found = which_of_pooling(trace, ask.layer, ask.channel)
    if found is None:
        raise BadLesson(f"Channel {ask.channel} of {ask.layer} has no four windows that differ. Choose another one.")
    return found


def sum_and_bias(trace: Trace, ask: Ask) -> Question:
    """What a channel of a convolution gives at its highest value, of the sum of its products and its bias."""
    maps = as_maps(trace[ask.layer])
    values = _channel(maps, ask)
    y, x = np.unravel_index(int(values.argmax()), values.shape)
    bias = float(open_value(trace, ask.layer, (ask.channel or 0, int(y), int(x))).bias)
    given = float(values[y, x])
    if not bias:
        raise BadLesson(f"{ask.layer} adds no bias. Choose a convolution with one, such as c1 of lenet5.")
    answers, right = _in_order(given, (given - bias, given - 2 * bias, (given - bias) * bias))
    return Question(
        f"At one place the products of filter {ask.channel} of {ask.layer} add up to {number(given - bias)}. Its bias "
        f"is {number(bias)}. What does the filter give there?",
        answers, right, f"{_plus(given - bias, bias)} = {number(given)}.",
    )  # fmt: skip


def which_kernel(trace: Trace, ask: Ask) -> Question:
    """Which of two kernels of a layer that reads the picture made a map: that of `channel`, and the one least like it.
    Raises BadLesson for a layer deeper in, whose filters are stacks of kernels."""
    network = trace.network
    if ask.layer not in layers_with_kernels(network) or form(network, ask.layer) not in ("colour", "grey"):
        raise BadLesson(f"{ask.layer} does not read the picture itself. Choose {network.first_layer}.")
    _channel(as_maps(trace[ask.layer]), ask)
    own = ask.channel or 0
    flat = chosen_kernels(network, ask.layer, range(network.layer(ask.layer).n_channels), False)
    rows = flat.reshape(len(flat), -1)
    alike = np.abs(rows @ rows[own]) / np.maximum(1e-12, np.linalg.norm(rows, axis=1) * np.linalg.norm(rows[own]))
    loud = np.linalg.norm(rows, axis=1) >= np.linalg.norm(rows, axis=1).mean() / 2  # a faint one shows nothing
    other = int(np.where(loud, alike, 2).argmin())
    pair = (own, other) if zlib.crc32(repr((network.name, ask.layer, own)).encode()) % 2 else (other, own)
    if form(network, ask.layer) == "colour":
        order = [network.preprocessing.inputs.index(colour) for colour in COLOURS]
        tiles = [rgb_tile(flat[c, order]) for c in pair]
    else:
        tiles = [signed_tile(flat[c, 0], scale_around(flat[c])) for c in pair]
    return Question(
        f"One of these two kernels of {ask.layer} made the map. Which?", ("A", "B"), pair.index(own),
        f"It is filter {own}; the other is filter {other}. The map is high where the picture is like the kernel.",
        tuple(map(png_of_pixels, tiles)),
    )  # fmt: skip


def added(trace: Trace, ask: Ask) -> Question:
    """What an addition gives at its highest value, of the two numbers that it reads. Raises BadLesson for others."""
    layer = trace.network.layer(ask.layer)
    if layer.kind != "addition" or len(layer.inputs) != 2:
        raise BadLesson(f"{ask.layer} adds no two layers. Choose an addition, such as layer1.0.add of pocket_resnet.")
    maps = trace[ask.layer]
    at = np.unravel_index(int(maps.argmax()), maps.shape)
    one, other, total = (float(trace[name][at]) for name in (*layer.inputs, layer.name))
    answers, right = _in_order(total, (one * other, max(one, other), (one + other) / 2))
    return Question(
        f"At one place {layer.inputs[0]} gives {number(one)}, and {layer.inputs[1]}, which came by the shortcut, "
        f"{number(other)}. What does {ask.layer} give?",
        answers, right, f"{_plus(one, other)} = {number(total)}: a sum.",
    )  # fmt: skip


def strongest_channel(trace: Trace, ask: Ask) -> Question:
    """Which of four maps of a layer has the highest mean, by looking at them on one scale."""
    maps = as_maps(trace[ask.layer])
    means = maps.reshape(len(maps), -1).mean(axis=1)
    order = np.argsort(-means, kind="stable").tolist()
    chosen = sorted({order[0], order[len(order) // 3], order[2 * len(order) // 3], order[-1]})
    said = "; ".join(f"channel {c}: {number(float(means[c]))}" for c in chosen)
    return Question(
        f"Four maps of {ask.layer}, on one scale. Which has the highest mean?",
        tuple(f"channel {c}" for c in chosen), chosen.index(order[0]), f"The means: {said}.", pictures_of(maps[chosen]),
    )  # fmt: skip


def adds_most(trace: Trace, ask: Ask) -> Question:
    """Which of four channels of the last maps speaks most for the likeliest class."""
    found = channel_question(trace, trace.class_of(None))
    if found is None:
        raise BadLesson(
            f"{trace.network.title} has no four channels behind a class that differ. Choose another network."
        )
    question, channels = found
    return replace(question, pictures=pictures_of(as_maps(trace[trace.network.cam_layer])[channels]))


def pictures_of(maps: FloatArray) -> tuple[bytes, ...]:
    """Some maps (n, H, W), all on one scale, as PNGs."""
    scale = scale_of(maps)
    return tuple(heat_map(countable(one, _SIDE), scale) for one in maps)


def _plus(one: float, other: float) -> str:
    return f"{number(one)} {'−' if other < 0 else '+'} {number(abs(other))}"


def _in_order(right: float, wrong: Sequence[float]) -> tuple[tuple[str, ...], int]:
    """Numbers as answers, the lowest first, each as it is written once; and which is right."""
    written = list(dict.fromkeys(number(one) for one in sorted((right, *wrong))))
    return tuple(written), written.index(number(right))


def _channel(maps: FloatArray, ask: Ask) -> FloatArray:
    assert ask.channel is not None
    if ask.channel >= len(maps):
        raise BadLesson(f"{ask.layer} has channels 0 to {len(maps) - 1}, not {ask.channel}.")
    values: FloatArray = maps[ask.channel]
    return values


def map_of(trace: Trace, ask: Ask) -> bytes:
    """The map that a question is about, as PNG, on its own scale."""
    values = _channel(as_maps(trace[ask.layer]), ask)
    return heat_map(countable(values, 3 * _SIDE), scale_of(values))

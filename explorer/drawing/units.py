"""What the numbers beside a legend are numbers of, in words; and how a channel of the picture is drawn, in its own
colour."""

from __future__ import annotations

import numpy as np
import torch

from ..networks.network import Network
from ..networks.preparation import COLOURS
from ..trace import Trace, read_by
from ..wording import number
from .color import Scale, scale_of


def activation_unit(network: Network, layer: str, channel: int | None = None) -> str:
    """The unit of the values of a layer, or of one of its channels: they have none, but for the logits."""
    name = network.resolve(layer)
    of = f"{name}" if channel is None else f"channel {channel} of {name}"
    if network.categories and name == list(network.layers)[-1]:
        return f"values of {of}, in units of the logit"
    return f"activation of {of}, no unit"


def reads_channels(network: Network, layer: str) -> bool:
    """Whether what a layer reads are the picture's own channels, with a border around them or without."""
    read = [network.layer(source) for source in network.layer(layer).inputs]
    return all(source.kind == "padding" and not source.inputs for source in read)


def input_name(network: Network, layer: str, channel: int) -> str:
    """What an input channel is called: the colours of a picture have names."""
    if len(network.layer(layer).shape) == 1:
        return f"input {channel}"
    return network.preprocessing.inputs[channel] if reads_channels(network, layer) else f"channel {channel}"


def shade(name: str) -> str:
    """The palette in which a channel of the picture is drawn: from black to its own colour, or to white."""
    return name if name in COLOURS else "grey"


def input_scale(trace: Trace, layer: str, channel: int) -> Scale:
    """The scale on which an input channel of a layer is drawn: one for all its channels; of the picture that of the
    channel itself, in shades of its colour, from what darkness becomes to what full light becomes."""
    values = read_by(trace, layer)
    if not reads_channels(trace.network, layer) or len(trace.network.layer(layer).shape) == 1:
        return scale_of(values)
    low, high = _reach(trace.network, channel)
    found = values[channel][np.isfinite(values[channel])]
    return Scale(
        min(low, float(found.min(initial=low))),
        max(high, float(found.max(initial=high))),
        shade(trace.network.preprocessing.inputs[channel]),
    )


def input_unit(trace: Trace, layer: str, channel: int) -> str:
    """The unit of an input channel's values, and of the picture's where darkness and full light lie."""
    network = trace.network
    name = input_name(network, layer, channel)
    if not reads_channels(network, layer):
        source = network.layer(layer).inputs[0]
        return activation_unit(network, source)
    if len(network.layer(layer).shape) == 1:
        return "normalised picture, no unit"
    low, high = _reach(network, channel)
    scale = input_scale(trace, layer, channel)
    if (scale.low, scale.high) != (low, high):  # a file's own numbers, of which nobody knows the darkest
        return f"normalised {name}, no unit"
    return f"normalised {name}, no unit: none of it is {number(low)}, full is {number(high)}"


def _reach(network: Network, channel: int) -> tuple[float, float]:
    """What the levels 0 and 1 of one channel of the picture become when it is normalised."""
    n = network.preprocessing.n_channels
    low, high = (
        float(network.preprocessing.scaled(torch.full((1, n, 1, 1), level))[0, channel, 0, 0]) for level in (0.0, 1.0)
    )
    return low, high

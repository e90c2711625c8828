"""The code that makes the numbers of the page on the classifier."""

from __future__ import annotations

from ..snippets import Setting


def logit_terms(setting: Setting, reading: str, other: int | None) -> str:
    """The terms of the target's logit, (K,); with another class, of the difference."""
    code = setting.begin("from explorer.classifier import ledger")
    return code + f"array = ledger(trace, {reading!r}, {_classes(other)}).terms\n"


def class_evidence(setting: Setting, other: int | None) -> str:
    """The map whose mean (or sum) is the target's logit without the bias, (H, W)."""
    code = setting.begin("from explorer.classifier import class_map")
    return code + f"array = class_map(trace, {_classes(other)})\n"


def channel_evidence(setting: Setting, channel: int, other: int | None) -> str:
    """What one of the last maps adds to that map, (H, W)."""
    code = setting.begin("from explorer.classifier import channel_map")
    return code + f"array = channel_map(trace, {channel}, {_classes(other)})\n"


def neuron_products(setting: Setting, unit: int) -> str:
    """The products that one neuron of the first dense layer adds up, (C, H, W)."""
    return setting.begin("from explorer.classifier import neuron") + f"array = neuron(trace, {unit}).products\n"


def neuron_channels(setting: Setting, unit: int) -> str:
    """The same, added up channel by channel, (C,)."""
    return setting.begin("from explorer.classifier import neuron") + f"array = neuron(trace, {unit}).by_channel\n"


def tempered_probabilities(setting: Setting, temperature: float) -> str:
    """All probabilities at a temperature, (K,)."""
    code = setting.begin("from explorer.classifier import tempered")
    return code + f"array = tempered(trace, {temperature!r})\n"


def _classes(other: int | None) -> str:
    return "trace.target" if other is None else f"trace.target, {other}"

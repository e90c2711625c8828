"""What a map of evidence says, in plain sentences, and how many passes of the network it takes."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from ..geometry import Places
from ..networks.network import Network
from ..targets import Target
from ..trace import FloatArray, Trace
from ..wording import percent, plural, seconds_phrase
from . import METHODS, Attribution, Concepts, OptionValue


def unit(attribution: Attribution) -> str:
    """What the numbers of a map are numbers of, for its legend."""
    return unit_of(attribution.method, _target(attribution))


def unit_of(method: str, target: Target) -> str:
    """What the numbers of a method's maps are numbers of."""
    what = "the logit" if target.layer is None else "the channel"
    if target.against is not None:
        what = "the difference"
    answer = "probability" if target.is_class else "target"
    return METHODS[method].unit.format(target=what, answer=answer)


def _target(attribution: Attribution) -> Target:
    return attribution.target if isinstance(attribution.target, Target) else Target(attribution.target)


def name(network: Network, target: Target) -> str:
    """The target as a heading: a class in quotation marks, two of them, or a channel."""
    if target.layer is not None:
        return target.phrase(network)
    first = f"“{network.categories[target.index]}”"
    return first if target.against is None else f"{first} and not “{network.categories[target.against]}”"


def heading(network: Network, target: Target) -> str:
    """The same at the beginning of a sentence."""
    text = name(network, target)
    return text[0].upper() + text[1:]


def rival(trace: Trace, target: Target) -> Target | None:
    """What a map of the target is best compared with: of a class, the likeliest other one; of a difference, the same
    the other way round; of a channel, nothing."""
    if target.layer is not None or not trace.is_finite:
        return None
    if target.against is not None:
        return Target(target.against, against=target.index)
    others = [p.index for p in trace.top(2) if p.index != target.index]
    return Target(others[0]) if others else None


def map_sentence(network: Network, attribution: Attribution) -> str:
    """Where the evidence is, how strong and how concentrated; or why there is nothing to see."""
    values, places = attribution.values, attribution.places
    if attribution.remark is not None:
        return attribution.remark
    if attribution.signed:
        return _signed_sentence(network, attribution)
    cell = "pixel" if attribution.layer is None or attribution.pixels is not None else "cell"
    if values.min() == values.max():
        return f"Every {cell} holds {values.flat[0]:.3g}: the map prefers no place."
    return (
        f"Up to {values.max():.3g}, {region(values, places)}. Half of it lies in {percent(half_share(values))} of the "
        f"{cell}s."
    )


def _signed_sentence(network: Network, attribution: Attribution) -> str:
    values, card = attribution.values, METHODS[attribution.method]
    low, high = float(values.min()), float(values.max())
    positive = np.maximum(values, 0)
    where = f", mostly {region(positive, attribution.places)}" if high > 0 else ""
    if card.one_sided:
        return f"From {low:.3g} to {high:.3g}{where}. {card.one_sided}"
    share = float(positive.sum(dtype=np.float64) / np.abs(values).sum(dtype=np.float64))
    what = name(network, _target(attribution))
    if card.is_slope:
        does = f"a higher value there raises {what}" if high > 0 else f"nowhere does a higher value raise {what}"
        does = f"is positive: {does}"
    else:
        does = f"supports {what}" if high > 0 else f"supports {what}: nothing here speaks for it"
    return f"From {low:.3g} to {high:.3g}. {percent(share)} of it {does}{where}."


def cost_sentence(attribution: Attribution, clipped: float = 0.0) -> str:
    """What went into the map, and what to know before believing it; `clipped` is the share beyond the colours."""
    n, card = attribution.evaluations, METHODS[attribution.method]
    text = f"{plural(n, 'pass', 'passes')} of the network, {seconds_phrase(attribution.seconds)}."
    if card.settings:
        text += f" {card.settings.format(**attribution.options)}"
    if attribution.completeness_gap is not None:
        text += (
            " The pixels add up to the score less that of the baseline but for "
            f"{gap_share(attribution.completeness_gap)}: the completeness gap."
        )
    if attribution.note:
        text += f" {attribution.note}"
    if card.warning:
        text += f" {card.warning}"
    if clipped:
        text += f" {percent(clipped)} of the pixels lie beyond the end of the colours."
    return text


def gap_share(gap: float) -> str:
    """By how much the shares of the pixels miss what they should add up to; it can be more than all of that."""
    if math.isinf(gap):
        return "more than any share, since both score the same"
    return percent(gap)


def n_passes(network: Network, method: str, layer: str | None, options: Mapping[str, OptionValue]) -> int:
    """About how many passes of the network a method takes besides the recorded one."""
    return METHODS[method].n_passes(network, layer, options)


def n_forward(network: Network, method: str, layer: str | None, options: Mapping[str, OptionValue]) -> int:
    """The same in passes forward: what many passes forward and back cost."""
    return n_passes(network, method, layer, options) * METHODS[method].pass_cost


def depth_sentence(method: str, drawn: str) -> str:
    """How to read the strip of stages; `drawn` is the method that it shows."""
    return (
        f"{_drawn(method, drawn)} at every stage. Early maps have more detail, late ones tell classes apart better. "
        "Choose one to see it large."
    )


def classes_sentence(method: str, drawn: str, layer: str) -> str:
    """How to read maps of several classes side by side."""
    return (
        f"{_drawn(method, drawn)} at {layer} for the likeliest classes. Maps that look alike say that the method does "
        "not tell the classes apart there. Choose one to explain it."
    )


def fusion_sentence(method: str, drawn: str, n: int) -> str:
    """How to read maps of several layers in one."""
    return (
        f"{_drawn(method, drawn)} at {plural(n, 'layer')}, each brought to one range and combined: "
        "late layers know what, early ones know where."
    )


def _drawn(method: str, drawn: str) -> str:
    title = METHODS[drawn].title
    return title if drawn == method else f"{METHODS[method].title} takes more than the recorded pass; this is {title}"


def half_share(cam: FloatArray) -> float:
    """The smallest share of cells that holds half of a map's sum."""
    cells = np.sort(cam, axis=None)[::-1].cumsum(dtype=np.float64)
    return float(np.searchsorted(cells, cells[-1] / 2) + 1) / cam.size


def region(cam: FloatArray, places: Places | None) -> str:
    """Where a map's centre of mass is, seen from the middle of the picture: with its cells at their places, or, where
    there are none, evenly over it."""
    y, x = (_middle_of_mass(cam.sum(axis=1 - axis, dtype=np.float64), axis, places) for axis in (0, 1))
    directions = ("above", "", "below")[_third(y)], ("left of", "", "right of")[_third(x)]
    return f"{' and '.join(filter(None, directions))} the centre" if any(directions) else "at the centre"


def _middle_of_mass(mass: NDArray[np.float64], axis: int, places: Places | None) -> float:
    """Of what the rows or columns of a map hold: from 0, one edge of the picture, to 1, the other."""
    cells = float(mass @ np.arange(len(mass)) / mass.sum())
    if places is None:
        return (cells + 0.5) / len(mass)
    return (places.first[axis] + cells * places.step[axis] + 0.5) / places.size[axis]


def _third(position: float) -> int:
    return int(position >= 0.4) + int(position >= 0.6)  # narrow middle: a centre of mass never goes far out


def concepts_sentence(found: Concepts) -> str:
    """What several concepts are to the layer, and how their picture is to be read."""
    return (
        f"{len(found.maps)} concepts add up to the maps of {found.layer} but for {percent(found.missed)} of their "
        "energy (the sum of squares). Each has a colour of its own, clear at 0 and full at its own maximum; where "
        "several lie, the colours mix."
    )


def concept_name(network: Network, found: Concepts, k: int) -> str:
    """A concept by its number, and by the class that it has alone."""
    if found.classes is None or found.probabilities is None:
        return f"Concept {k + 1}"
    return f"{k + 1} {network.categories[found.classes[k]]}, {percent(found.probabilities[k])}"


def concept_sentence(network: Network, found: Concepts, k: int) -> str:
    """Which channels a concept is made of, and what the rest of the network says of it alone."""
    mix, most = found.channels[k], float(found.maps[k].max())
    n = min(3, int((mix > 0).sum()))
    order = np.argsort(-mix, kind="stable")[:n]
    made = ", ".join(f"{i} ({mix[i]:.2f})" for i in order)
    what = f"Concept {k + 1}, {most:.3g} where it is strongest, is made most of the channels {made} of {len(mix)}."
    if found.classes is None or found.probabilities is None:
        return what
    return (
        f"{what} Given this part of the maps alone, the rest of the network says "
        f"“{network.categories[found.classes[k]]}”, {percent(found.probabilities[k])}: it never saw such maps, so the "
        "name is a hint."
    )

"""What is said under the figures of one layer, in plain sentences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from ..drawing.picture import reduced
from ..interventions import Decision
from ..networks.network import Network
from ..trace import FloatArray, Trace, as_maps
from ..wording import number, percent, plural, signed
from .channels import Correlations, Histogram, channel_statistics, counterpart, cut_share, has_mixed, strongest_pairs
from .film import LeftOut


def histogram_sentence(found: Histogram) -> str:
    """The shares of a layer's values, and their range."""
    text = (
        f"Of {found.n_values:,} values {percent(found.n_negative / found.n_values)} are negative, "
        f"{percent(found.n_zero / found.n_values)} exactly zero (left out of the bars), "
        f"{percent(found.n_positive / found.n_values)} positive"
    )
    if found.n_missing:
        text += f", {percent(found.n_missing / found.n_values)} no finite number"
    return text + "."


def dead_sentence(trace: Trace, layer: str) -> str:
    """How many channels are silent on this picture, and which."""
    statistics = trace.view(channel_statistics, layer)
    dead = statistics.dead
    if not dead:
        return f"None of the {len(statistics.zeros)} channels is dead: each is different from zero somewhere."
    named = ", ".join(map(str, dead[:20])) + (" …" if len(dead) > 20 else "")
    verb = "is" if len(dead) == 1 else "are"
    return (
        f"{len(dead)} of {len(statistics.zeros)} channels {verb} dead on this picture, zero everywhere: {named}. "
        "On another picture they may speak."
    )


def correlation_sentence(found: Correlations) -> str:
    """The strongest pairs, and what was left out."""
    pairs = strongest_pairs(found)
    if pairs:
        text = "Most alike: " + "; ".join(f"channels {a} and {b}, r = {r:.3f}" for a, b, r in pairs) + "."
    else:
        text = "No two channels have a correlation here."
    if len(found.channels) < found.n_channels:
        text += f" Of {found.n_channels} channels these are the {len(found.channels)} with the largest variance."
    if found.n_flat:
        text += f" Without variance, and so without a correlation, {_are(found.n_flat)} of them: holes."
    if found.n_missing:
        text += f" Not of finite numbers alone {_are(found.n_missing)}: holes."
    return text


def step_sentence(trace: Trace, before: str, after: str, channel: int) -> str:
    """What a step does to one channel of the layer behind it."""
    network = trace.network
    kind, source = network.layer(after).kind, counterpart(network, before, after, channel)
    if source is None:
        return f"No channel of {before} belongs to channel {channel} of {after} ({kind})."
    if has_mixed(network, after):
        n = network.weights(after)["weight"].shape[1]
        return (
            f"Channel {channel} of {after} is made from {n} channels of {before} ({kind}). Channel {source} is the one "
            "with the strongest kernel."
        )
    first, second = as_maps(trace[before])[source], as_maps(trace[after])[channel]
    if first.size == second.size == 1:  # the maps have ended: the figure shows all numbers of both layers
        first, second = trace[before].ravel(), trace[after].ravel()
        subject = f"the {first.size} numbers"
    else:
        subject = f"channel {channel}'s {first.size:,} cells"
    if first.shape != second.shape:
        return f"{after} ({kind}) turns {_shape(first)} cells of {before} into {_shape(second)}."
    return (
        f"{after} ({kind}) sets {percent(cut_share(first, second))} of {subject} to zero. "
        f"The range goes from {_range(first)} to {_range(second)}."
    )


def beside_sentence(values: Sequence[FloatArray], names: Sequence[str]) -> str:
    """On which of several pictures the same channel speaks loudest."""
    peaks = [float(np.nan_to_num(v, nan=-np.inf).max()) for v in values]
    loudest = int(np.argmax(peaks))
    if max(peaks) == min(peaks):
        return f"One scale for all. The highest value is {peaks[0]:.4g} on each picture."
    return f"One scale for all. The highest value, {peaks[loudest]:.4g}, is on “{names[loudest]}”."


def step_name(before: str, after: str) -> str:
    """A step from one layer to another in few words: of the blocks that both are in the innermost is named, once."""
    blocks, own = before.split("."), after.split(".")
    n = 0
    while n < min(len(blocks), len(own)) - 1 and blocks[n] == own[n]:
        n += 1
    return f"{'.'.join(blocks[max(0, n - 1) :])} → {'.'.join(own[n:])}"


def left_out_sentence(network: Network, found: LeftOut, first: int) -> str:
    """Which layers are no columns of a film, and why; nothing where all are there."""
    parts = []
    if found.without_maps:
        verb = "has no maps" if len(found.without_maps) == 1 else "have no maps"
        parts.append(f"{', '.join(found.without_maps)} {verb} any more")
    if found.too_few:
        each = ", ".join(f"{name} ({network.layer(name).n_channels})" for name in found.too_few)
        parts.append(f"too few channels to have a number {first}: {each}")
    return f"Left out: {'; '.join(parts)}." if parts else ""


def range_note(values: FloatArray) -> str:
    """Range and share of zeros in a few words; what is no finite number does not count."""
    finite = values[np.isfinite(values)]
    if not finite.size:
        return "no finite number"
    return f"{finite.min():.3g} to {finite.max():.3g}, {percent(float((finite == 0).mean()))} zero"


def _are(n: int) -> str:
    return f"is {n}" if n == 1 else f"are {n}"


def _shape(values: FloatArray) -> str:
    return " × ".join(map(str, values.shape))


def _range(values: FloatArray) -> str:
    finite = values[np.isfinite(values)]
    return f"({finite.min():.3g}, {finite.max():.3g})" if finite.size else "(no finite number)"


def switch_sentence(trace: Trace, after: Trace, layer: str, factors: Mapping[int, float]) -> str:
    """What became of the explained class, and who is on top now."""
    if not factors:
        return "Nothing is switched: choose channels and a factor."
    n_channels, values = len(as_maps(trace[layer])), set(factors.values())
    done = "switched off" if values == {0.0} else f"times {', '.join(f'{value:g}' for value in sorted(values))}"
    return _becomes(trace, after, f"With {len(factors)} of {n_channels} channels of {layer} {done},")


def _becomes(trace: Trace, after: Trace, done: str) -> str:
    assert trace.target is not None  # the pages' traces have one
    before, behind = trace.prediction(trace.target), after.prediction(trace.target)
    text = f"{done} “{before.category}” goes from {percent(before.probability)} to {percent(behind.probability)}"
    if not after.is_finite:
        return f"{text}: the scores are no finite numbers."
    best = after.top(1)[0]
    if best.index == trace.top(1)[0].index:
        return f"{text}; “{best.category}” stays the likeliest."
    return f"{text}; the likeliest is now “{best.category}”, {percent(best.probability)}."


def painted_sentence(trace: Trace, after: Trace, layer: str, maps: Mapping[int, FloatArray]) -> str:
    """What became of the explained class where channels of a layer show other maps."""
    if after is trace:
        return "Nothing is painted yet: paint on the map, erase or shift. Only what comes after the layer is run again."
    assert trace.target is not None  # the pages' traces have one
    before, behind = trace.prediction(trace.target), after.prediction(trace.target)
    recorded = as_maps(trace[layer])
    n = {channel: int((values != recorded[channel]).sum()) for channel, values in maps.items()}
    channels = [str(channel) for channel in sorted(n) if n[channel]]
    of = f"{'channels' if len(channels) > 1 else 'channel'} {', '.join(channels)} of {layer}"
    done = f"With {plural(sum(n.values()), 'cell')} of {of} changed, the logit of “{before.category}” goes from "
    done += f"{number(before.logit)} to {number(behind.logit)} ({signed(behind.logit - before.logit)}), and"
    return _becomes(trace, after, done)


def map_sentence(before: FloatArray, painted: FloatArray, channel: int) -> str:
    """How a map (H, W) differs from the recorded one."""
    n = int((before != painted).sum())
    if not n:
        return f"Channel {channel} is as recorded."
    means = " to ".join(number(float(np.nan_to_num(values).mean())) for values in (before, painted))
    return f"Of channel {channel}, {n:,} of {before.size:,} cells are other ones; its mean goes from {means}."


def no_maps_sentence(network: Network, layer: str) -> str:
    """That there is nothing to paint on, and where there is."""
    text = f"{layer} has no maps: its {plural(network.layer(layer).n_channels, 'number')} stand in no rows and columns."
    if not network.has_maps:
        return f"{text} No layer of {network.title} has any: switch channels instead."
    return f"{text} Choose a layer that has some, such as {network.nearest_with_maps(layer)}."


def kept_sentence(network: Network, others: Sequence[tuple[str, str]]) -> str:
    """Where else there is paint, (network, layer); nothing where there is none. A layer of that name in another network
    is another layer."""
    if not others:
        return ""
    here = [layer for title, layer in others if title == network.title]
    elsewhere = [f"{layer} of {title}" for title, layer in others if title != network.title]
    parts = [f"on {', '.join(here)}"] if here else []
    if elsewhere:
        parts.append(f"on {', '.join(elsewhere)}, which {network.title} does not have")
    return f"Paint is kept {' and '.join(parts)}, for when that is chosen again."


def evidence_sentence(before: FloatArray, after: FloatArray) -> str:
    """How the highest evidence changed."""
    if after.max() <= 0:
        return f"Before, the evidence went up to {before.max():.3g}; now no cell speaks for the class."
    return f"The strongest evidence in a cell goes from {before.max():.3g} to {after.max():.3g}."


def decision_sentence(trace: Trace, layer: str, decision: Decision) -> str:
    """What a greedy search for the few channels that carry a decision found."""
    assert trace.target is not None  # the pages' traces have one
    category = trace.prediction(trace.target).category
    reached = percent(decision.probabilities[-1])
    end = (
        f"“{category}” is the likeliest class, with {reached}"
        if decision.is_top
        else f"“{category}” is still not the likeliest class ({reached}): its evidence is spread over more channels"
    )
    n = trace.network.layer(layer).n_channels
    tried = "all" if decision.candidates == n else f"the {decision.candidates} with most gradient × activation"
    plural = "s" if len(decision.channels) > 1 else ""
    return (
        f"With channel{plural} {', '.join(map(str, decision.channels))} of {layer} alone, and the other "
        f"{n - len(decision.channels)} off, {end}. Each was the one that helped most at its turn, of {tried}."
    )


def layer_sentence(trace: Trace, layer: str) -> str:
    """What kind of layer it is and how active it is on this picture."""
    described, statistics = trace.network.layer(layer), trace.view(channel_statistics, layer)
    verb = "is" if layer == described.name else "ends with"
    text = f"{layer} {verb} {described.kind}: {' × '.join(map(str, described.shape))} values"
    text += f", {percent(float(statistics.zeros.mean()))} of them exactly zero"
    if statistics.n_dead:
        verb = "is" if statistics.n_dead == 1 else "are"
        text += f"; {statistics.n_dead} of {len(statistics.zeros)} channels {verb} zero everywhere on this picture"
    return text + "."


def mosaic_texts(trace: Trace, layer: str) -> dict[str, str]:
    """What stands under a page of a layer's channels, for the browser to put the numbers of the `first` and the `last`
    into; and what follows where each has a scale of its own, or where maps are reduced to a tile."""
    maps = as_maps(trace[layer])
    factor = max(reduced(maps[0]).shape) / max(maps[0].shape)
    return {
        "where": f"{{first}} to {{last}} of {plural(len(maps), 'channel')}",
        "own_scale": ", each on its own scale",
        "reduced": "" if factor == 1 else f", reduced to {percent(factor)}",
    }


def channel_sentence(trace: Trace, layer: str, channel: int) -> str:
    """What one channel of a layer is like on this picture, in numbers."""
    described, statistics = trace.network.layer(layer), trace.view(channel_statistics, layer)
    values = as_maps(trace[layer])[channel]
    if not described.is_spatial:
        return (
            f"Number {channel} of {layer} is {values.flat[0]:.6g}. It has no place in the picture: the maps have ended."
        )
    height, width = values.shape
    text = (
        f"{height} × {width} cells from {statistics.minimum[channel]:.4g} to {statistics.maximum[channel]:.4g}, "
        f"mean {statistics.mean[channel]:.4g}, {percent(float(statistics.zeros[channel]))} exactly zero. "
    )
    field = trace.network.field(layer, channel)
    if field.whole:
        return text + "Each cell depends on the whole picture."
    text += f"Each cell sees {field.size[0]} × {field.size[1]} pixels, "
    if max(field.size) > trace.network.preprocessing.size:
        text += "padding among them, "
    return f"{text}{field.jump[0]} further from cell to cell."

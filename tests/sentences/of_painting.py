"""What becomes of an answer when a map is painted on."""

from __future__ import annotations

import numpy as np

from explorer.feature_maps import sentences as say
from explorer.feature_maps.painting import Stroke, painted_maps, repainted
from explorer.trace import as_maps

from .case import Case
from .said import checks, is_chance, same, softmax, taken_apart


@checks(say.painted_sentence, say.map_sentence)
def check_painting(case: Case) -> None:
    layer, channel = case.loudest
    n_cells = as_maps(case.top[layer])[0].size
    assert say.painted_sentence(case.top, case.top, layer, {}).startswith("Nothing is painted yet: ")
    for trace, index in ((case.top, case.best), (case.least, case.worst)):
        recorded = as_maps(trace[layer])
        paint = {channel: [Stroke(float(recorded.max()) + 1, ((0, max(1, n_cells // 2)),))]}
        if len(recorded) > 1:
            paint[(channel + 1) % len(recorded)] = [Stroke(-7.0, ((n_cells - 1, 1),))]
        after, maps = repainted(trace, layer, paint), painted_maps(trace, layer, paint)
        moved = (
            "With {n:i} cell[[s]] of channel[[s]] {channels} of {layer} changed, the logit of “{name}” goes from "
            "{low:n} to {high:n} ({change:n}), and “{category}” goes from {before:%} to {after:%}; "
        )
        said = taken_apart(
            say.painted_sentence(trace, after, layer, maps),
            f"{moved}“{{best}}” stays the likeliest.",
            f"{moved}the likeliest is now “{{now}}”, {{share:%}}.",
        )
        assert int(said["n"].replace(",", "")) == sum(int((maps[c] != recorded[c]).sum()) for c in maps)
        assert said["channels"] == ", ".join(map(str, sorted(paint)))
        assert said["layer"] == layer
        assert said["category"] == said["name"] == case.category(index)
        logits = [trace.prediction(index).logit, after.prediction(index).logit]
        same(said["low"], logits[0])
        same(said["high"], logits[1])
        same(said["change"], logits[1] - logits[0], 3)
        p = softmax(after.logits)
        is_chance(said["before"], case.probabilities[index])
        is_chance(said["after"], p[index])
        assert said.get("now", said.get("best")) == case.category(p.index(max(p)))
        if "share" in said:
            is_chance(said["share"], max(p))
        compare_maps(recorded[channel], maps[channel], channel)


def compare_maps(before: np.ndarray, after: np.ndarray, channel: int) -> None:
    assert say.map_sentence(before, before, channel) == f"Channel {channel} is as recorded."
    said = taken_apart(
        say.map_sentence(before, after, channel),
        "Of channel {channel:i}, {n:i} of {all:i} cells are other ones; its mean goes from {low:n} to {high:n}.",
    )
    assert int(said["channel"].replace(",", "")) == channel
    assert int(said["n"].replace(",", "")) == sum(a != b for a, b in zip(before.flat, after.flat, strict=True))
    assert int(said["all"].replace(",", "")) == before.size
    same(said["low"], float(np.mean(before, dtype=np.float64)))
    same(said["high"], float(np.mean(after, dtype=np.float64)))


@checks(say.no_maps_sentence, say.kept_sentence)
def check_where_there_is_nothing_to_paint_on(case: Case) -> None:
    network = case.network
    flat = [name for name, layer in network.layers.items() if len(layer.shape) == 1]
    for layer in flat[-1:]:
        n = network.layer(layer).n_channels
        begin = f"{layer} has no maps: its {n:,} number{'s' if n > 1 else ''} stand in no rows and columns. "
        end = (
            f"Choose a layer that has some, such as {network.nearest_with_maps(layer)}."
            if network.has_maps
            else f"No layer of {network.title} has any: switch channels instead."
        )
        assert say.no_maps_sentence(network, layer) == begin + end
    assert say.kept_sentence(network, []) == ""
    others = [(network.title, "a"), ("Another", "b"), ("Another", "c"), (network.title, "d")]
    assert say.kept_sentence(network, others) == (
        f"Paint is kept on a, d and on b of Another, c of Another, which {network.title} does not have, for when that "
        "is chosen again."
    )

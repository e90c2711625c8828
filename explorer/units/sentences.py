"""What is known of a unit, in plain sentences."""

from __future__ import annotations

import math

import numpy as np

from ..atlas import Atlas, ChannelRow
from ..networks.network import Network
from ..trace import Trace, as_maps
from ..wording import by, number, percent, plural, signed
from .listing import FEWEST
from .paths import Link, Links
from .standing import highest, pooled, share_below, share_of_places_below


def unit_sentence(network: Network, layer: str, channel: int) -> str:
    """Which unit it is, and how much of the picture it sees."""
    described = network.layer(layer)
    text = f"Channel {channel} of {described.n_channels} in {described.name} ({described.kind}, {by(described.shape)})"
    if not described.is_spatial:
        return f"{text}. The layer has no maps: the unit is one number for the whole picture, at no place in it."
    field = network.field(layer, channel)
    if field.whole:
        return f"{text}. Each of its cells depends on the whole picture."
    return f"{text}. Each of its cells sees {by(field.size)} pixels of the picture."


def value_sentence(trace: Trace, layer: str, channel: int) -> str:
    """The unit's number on this picture, and where in its layer that stands."""
    values = as_maps(trace[layer])
    means = values.reshape(len(values), -1).mean(axis=1, dtype=np.float64)
    mine = pooled(trace, layer, channel)
    if not trace.network.layer(layer).is_spatial:
        text = f"On this picture its number is {number(mine)}"
    else:
        text = (
            f"On this picture its mean is {number(mine)} and its highest value {number(float(values[channel].max()))}"
        )
    if not math.isfinite(mine):
        return f"{text}: these weights give values that are no finite numbers."
    higher = int((means > mine).sum())
    return f"{text}; {plural(higher, 'channel')} of its layer {'has' if higher == 1 else 'have'} a higher mean."


def standing_sentence(trace: Trace, atlas: Atlas, at: str, channel: int) -> str:
    """Where this picture's number lies among those of an atlas, whose layer `at` tells of the unit."""
    if atlas.has_pictures:
        share = share_below(np.asarray(atlas.features(at)[:, channel]), pooled(trace, at, channel))
        what, of = f"mean of {number(pooled(trace, at, channel))}", f"that of {percent(share)} of the pictures"
    else:
        most = highest(trace, at, channel)
        share = share_of_places_below(atlas.channel(at, channel).histogram, most)
        what, of = f"highest value, {number(most)},", f"{percent(share)} of the values at all places of the pictures"
    if math.isnan(share):
        return "There is nothing to compare this picture with."
    return f"This picture’s {what} is higher than {of} in “{atlas.title}”."


def atlas_sentence(atlas: Atlas) -> str:
    """What a set of pictures is, and what of them is there."""
    what = "with its pictures" if atlas.has_pictures else "statistics alone: its pictures may not be passed on"
    return f"{atlas.title}: {plural(atlas.n_pictures, 'picture')}, {what}."


def row_sentence(atlas: Atlas, row: ChannelRow) -> str:
    """What the unit does over all pictures of an atlas."""
    text = (
        f"Over {plural(atlas.n_pictures, 'picture')} it lies between {number(row.minimum)} and {number(row.maximum)}, "
        f"mean {number(row.mean)}; {percent(row.sparsity)} of its values are 0 or below."
    )
    most = min(atlas.n_pictures, row.histogram.n_positive)
    if 0 < most < FEWEST:
        return f"{text} It fires on {most} of them at the most: too few to say that it tells classes apart."
    if row.best_class < 0 or math.isnan(row.selectivity):
        return f"{text} It tells no classes apart there."
    return (
        f"{text} It answers most to “{atlas.classes[row.best_class]}”: class selectivity {row.selectivity:.2f}, where "
        "0 is the same for all classes and 1 is one class alone."
    )


def no_atlas_sentence(network: Network, layer: str, n_atlases: int) -> str:
    """Why there is nothing of many pictures."""
    if n_atlases:
        return (
            f"The sets of pictures hold no statistics of {network.resolve(layer)}. Choose another layer, such as the "
            "end of a stage."
        )
    return (
        f"No set of pictures is known for {network.title} with these weights, so there are no strongest pictures and "
        "no histogram. Units near it are told by the present picture alone."
    )


def inputs_sentence(network: Network, layer: str, channel: int, found: Links) -> str:
    """What the channel is made of."""
    if not found.n and found.at_end:
        return "It reads the picture itself."
    if not found.n:
        return _lost(found) or "Nothing in the network leads to it."
    shown = f"The strongest {len(found.shown)} of {plural(found.n, 'input')}" if found.n > len(found.shown) else (
        f"Its {plural(found.n, 'input')}"
    )  # fmt: skip
    return (
        f"{shown}, by the size of the kernel between them, any batch norm behind it folded in. {_lost(found)}".strip()
    )


def readers_sentence(found: Links) -> str:
    """What is made of the channel."""
    if not found.n and found.at_end:
        return "Nothing reads it any more: it is one of the network’s own answers, or a value that only leads there."
    if not found.n:
        return _lost(found) or "Nothing reads it."
    shown = f"The strongest {len(found.shown)} of {plural(found.n, 'reader')}" if found.n > len(found.shown) else (
        f"Its {plural(found.n, 'reader')}"
    )  # fmt: skip
    return f"{shown}, by the size of the kernel with which they read it. {_lost(found)}".strip()


def _lost(found: Links) -> str:
    if not found.lost:
        return ""
    names = ", ".join(found.lost[:3]) + (", …" if len(found.lost) > 3 else "")
    verb = "mixes" if len(found.lost) == 1 else "mix"
    return f"{names} {verb} all channels, or places, so it cannot be followed through there."


def link_note(link: Link) -> str:
    """What joins two units, in a few words."""
    if not link.through:
        return "carried on as it is"
    return f"|w| {number(link.strength)}, Σw {signed(link.total)}"


def link_name(link: Link) -> str:
    """The unit that a link leads to."""
    return link_name_of(link.layer, link.channel)


def link_name_of(layer: str, channel: int) -> str:
    """A unit in a list."""
    return f"{layer} · {channel}"


def alike_note(r: float) -> str:
    """How alike two units are, in a few words."""
    return f"r = {r:.2f}"


def alike_sentence(atlas: Atlas | None) -> str:
    """By what units are called near."""
    if atlas is None:
        return "By the correlation r of their maps on this picture alone: another picture may say otherwise."
    return f"By the correlation r of their means over the {plural(atlas.n_pictures, 'picture')} of “{atlas.title}”."


def uses_sentence(trace: Trace, layer: str, channel: int) -> str:
    """What the bars of its uses are."""
    return (
        f"What channel {channel} of {trace.network.resolve(layer)} adds to each logit on this picture, to first order: "
        "gradient × activation, summed over its places."
    )


def weights_sentence(network: Network, layer: str, channel: int) -> str:
    """What the bars of its weights are."""
    return (
        f"The weight of channel {channel} in each class’s logit, the same for every picture: times its mean it is a "
        "term of the logit."
    )


def silent_sentence(network: Network, layer: str, channel: int) -> str:
    """That it speaks for no class here."""
    return f"On this picture channel {channel} of {network.resolve(layer)} adds nothing to any logit."


def no_uses_sentence(network: Network, layer: str) -> str:
    """Why nothing is said of classes."""
    if network.no_classes:
        return network.no_classes
    return f"An operation behind {network.resolve(layer)} cannot carry a derivative forward, so no class is told."


def found_sentence(n: int, n_all: int, n_shown: int) -> str:
    """How many units were found, and how many of them the table holds."""
    text = f"{n:,} of {n_all:,} units"
    return f"{text}; the first {n_shown:,} are shown." if n > n_shown else f"{text}."


def fires_sentence(fewest: int) -> str:
    """What the column “fires” holds, and which units are left out for it."""
    text = "“fires”: on so many pictures at least a unit is above 0."
    if not fewest:
        return f"{text} Of a unit that fires on a few, the selectivity says nothing."
    return f"{text} Those that fire on fewer than {fewest:,} for certain are left out: a few tell nothing of classes."


def set_name(atlas: Atlas) -> str:
    """What a set of pictures is called where one chooses."""
    return f"{atlas.title} ({'with pictures' if atlas.has_pictures else 'statistics alone'})"

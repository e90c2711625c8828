"""One unit over many pictures, from a set of which the statistics are known."""

from __future__ import annotations

import numpy as np
import streamlit as st

from ...atlas import Atlas
from ...atlas.shelf import atlases_of
from ...atlas.snippets import channel_by_class, channel_counts
from ...networks.network import Network
from ...trace import Trace
from ...units import sentences as say
from ...units.alike import most_alike
from ...units.figures import class_bars, map_png, values_bins
from ...units.standing import highest, of_pictures, pooled
from ..elements.bars import bars
from ..elements.pickers import pick_one
from ..elements.spread import spread
from ..elements.unitlinks import UnitLink, unit_links
from ..frame.boundary import plain
from ..frame.session import Selection
from .link import address, open_unit
from .patches import STRONGEST, patches


def sets(network: Network) -> list[Atlas]:
    """The sets of pictures that are known for the network."""
    return atlases_of(network)[0]


def pick_set(network: Network, key: str) -> Atlas | None:
    """One of them; None where there is none."""
    named = {say.set_name(atlas): atlas for atlas in sets(network)}
    if not named:
        return None
    return named[pick_one("Set of pictures", named, key, is_in_row=True)]


def over_many(selection: Selection, layer: str, channel: int) -> tuple[Atlas, str] | None:
    """The unit over a set of pictures; the set, and its layer that tells of the unit. None where there is none."""
    network = selection.network
    st.header("Over many pictures")
    atlas = pick_set(network, "unit_set")
    at = None if atlas is None else atlas.layer_for(network, layer)
    if atlas is None or at is None:
        st.info(plain(say.no_atlas_sentence(network, layer, len(sets(network)))))
        return None
    st.caption(plain(say.atlas_sentence(atlas)))
    row = atlas.channel(at, channel)
    st.markdown(plain(say.row_sentence(atlas, row)))
    if atlas.has_pictures:
        left, right = st.columns(2, gap="medium")
        with left:
            patches(atlas.patches(at, channel), STRONGEST, "unit-strongest")
        with right:
            patches(atlas.random_patches(at, channel), "At random places", "unit-random")
    return atlas, at


def histogram(trace: Trace, atlas: Atlas, at: str, channel: int) -> None:
    """How often which number of the unit occurs, and where this picture's lies."""
    found = of_pictures(atlas, at, channel) if atlas.has_pictures else atlas.channel(at, channel).histogram
    what, counted = ("mean of its map", "pictures") if atlas.has_pictures else ("value", "places")
    shown = values_bins(what.capitalize(), found, f"{what}, layer’s units", counted)
    here = pooled(trace, at, channel) if atlas.has_pictures else highest(trace, at, channel)
    spread(
        shown, (here, "this picture"), f"Histogram of channel {channel} of {at} over {atlas.title}", "unit-histogram",
        say.standing_sentence(trace, atlas, at, channel), lambda: found.counts,
        channel_counts(atlas, at, channel),
    )  # fmt: skip


def told_apart(atlas: Atlas, at: str, channel: int) -> None:
    """The classes of the set that the unit tells apart."""
    row = atlas.channel(at, channel)
    if not atlas.classes or not np.isfinite(row.by_class).any():
        return
    bars(
        class_bars("Which classes it tells apart", "mean over the class’s pictures", atlas.classes, row.by_class),
        f"Means of channel {channel} of {at} by class",
        "unit-classes",
        "The mean of its map over the pictures of each class: the classes that lie far from the others are those that "
        "it tells apart.",
        lambda: row.by_class,
        channel_by_class(atlas, at, channel, "by_class"),
    )


def nearest(trace: Trace, layer: str, channel: int, known: tuple[Atlas, str] | None) -> None:
    """The units of the layer that go up and down with it."""
    st.header("Nearest units")
    rows = known[0].channel(known[1], channel).neighbours if known else most_alike(trace, layer, channel)
    name = trace.network.resolve(layer)
    if not rows:
        st.info("It is the same everywhere, or its layer has no second channel with maps: nothing is like it.")
        return
    shown = [
        UnitLink(
            say.link_name_of(name, c), say.alike_note(r), max(0.0, r),
            [(map_png(trace, (name, c)), "its map on this picture")], address(name, c),
        )
        for c, r in rows[:6]
    ]  # fmt: skip
    unit_links(shown, "Nearest units", "unit-alike", lambda i: open_unit(name, rows[i][0]))
    st.caption(plain(say.alike_sentence(known[0] if known else None)))

"""One unit over many pictures, from a set of which the statistics are known."""

from __future__ import annotations

import numpy as np
import streamlit as st

from ...atlas import Atlas, Patch, shipped
from ...networks.network import Network
from ...trace import Trace
from ...units import sentences as say
from ...units import snippets
from ...units.alike import most_alike
from ...units.figures import class_bars, crops_png, map_png, values_bins
from ...units.standing import of_pictures
from ...wording import number
from ..elements.bars import bars
from ..elements.chart import chart
from ..elements.pickers import pick_one
from ..elements.strip import strip
from ..elements.unitlinks import UnitLink, unit_links
from ..frame.boundary import plain
from ..frame.session import Selection
from ..frame.takeaway import setting
from .link import address, open_unit

_N_SHOWN = 9  # patches


@st.cache_resource(max_entries=16, show_spinner=False)
def _shipped(key: str, _network: Network) -> list[Atlas]:
    return shipped(_network)


def sets(network: Network) -> list[Atlas]:
    """The sets of pictures that are known for the network."""
    return _shipped(network.key, network)


def pick_set(network: Network, key: str) -> Atlas | None:
    """One of them; None where there is none."""
    named = {say.set_name(atlas): atlas for atlas in sets(network)}
    if not named:
        return None
    return named[pick_one("Set of pictures", named, key)]


def over_many(selection: Selection, layer: str, channel: int) -> tuple[Atlas, str] | None:
    """The unit over a set of pictures; the set, and its layer that tells of the unit. None where there is none."""
    trace, network = selection.trace, selection.network
    st.header("Over many pictures")
    atlas = pick_set(network, "unit_set")
    at = None if atlas is None else atlas.layer_for(network, layer)
    if atlas is None or at is None:
        st.info(plain(say.no_atlas_sentence(network, layer, len(sets(network)))))
        return None
    st.caption(plain(say.atlas_sentence(atlas)))
    row = atlas.channel(at, channel)
    st.markdown(plain(f"{say.row_sentence(atlas, row)} {say.standing_sentence(trace, atlas, at, channel)}"))
    if atlas.has_pictures:
        _patches(atlas.patches(at, channel), "Its strongest places", "unit-strongest")
        _patches(atlas.random_patches(at, channel), "At random places", "unit-random")
    left, right = st.columns(2, gap="medium")
    with left:
        _histogram(selection, atlas, at, channel)
    with right:
        _classes(selection, atlas, at, channel)
    return atlas, at


def _patches(found: list[Patch], title: str, key: str) -> None:
    shown = found[:_N_SHOWN]
    if not shown:
        return
    st.markdown(f"**{title}**, what one cell sees there")
    names = [patch.name.rpartition("/")[2] for patch in shown]
    strip(
        [(crops_png([patch.crop for patch in shown]), 1, True)],
        [(number(patch.value), name) for patch, name in zip(shown, names, strict=True)],
        alt=f"{title}: {', '.join(names)}",
        key=key,
        width=112,
    )


def _histogram(selection: Selection, atlas: Atlas, at: str, channel: int) -> None:
    row = atlas.channel(at, channel)
    found = of_pictures(atlas, at, channel) if atlas.has_pictures else row.histogram
    what, counted = ("mean of its map", "pictures") if atlas.has_pictures else ("value", "places")
    shown = values_bins(f"How often which {what}", found, f"{what}, layer’s units", counted)
    chart(
        shown, f"Histogram of channel {channel} of {at} over {atlas.title}", "unit-histogram",
        say.standing_sentence(selection.trace, atlas, at, channel), lambda: row.histogram.counts,
        snippets.counted(setting(selection), str(atlas.folder), at, channel),
    )  # fmt: skip


def _classes(selection: Selection, atlas: Atlas, at: str, channel: int) -> None:
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
        snippets.class_means(setting(selection), str(atlas.folder), at, channel),
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

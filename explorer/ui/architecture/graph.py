"""What one unit sees, what each layer costs, and what the page about the architecture keeps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

import streamlit as st

from ...architecture.field import effective_field
from ...architecture.figures import FieldView, field_view
from ...architecture.snippets import unit_field
from ...architecture.table import Row
from ...architecture.timing import profile
from ...networks.network import Network
from ..elements.pickers import pick_channel, picture
from ..frame.boundary import fragment, plain
from ..frame.progress import with_progress
from ..frame.session import Selection, choose
from ..frame.takeaway import setting, take_away

_MOST_PROFILES = 64


@fragment
def one_unit(selection: Selection, layer: str) -> None:
    """Pick a unit of the layer, and see what it sees."""
    network = selection.network
    st.markdown("**What one unit sees**")
    channel = pick_channel(network, layer)
    with st.container(key="unit-place"):
        y, x = pick_unit(network, layer)
    with st.spinner("Following the unit back to the pixels …"):
        seen = seen_by(selection, layer, channel, y, x)
    with st.container(key="unit-seen"):
        picture(seen.png, alt=seen.alt)
    st.caption(plain(seen.sentence))
    if seen.closeup is not None:
        picture(seen.closeup, alt=f"Enlarged: {seen.alt}", width=220)
    take_away(
        "The frame is all that it can see; in it, bright is what changes it most.",
        "unit",
        lambda: seen.png,
        partial(effective_field, network, selection.image, layer, channel, y, x),
        unit_field(setting(selection), layer, (channel, y, x)),
    )


def seen_by(selection: Selection, layer: str, channel: int, y: int, x: int) -> FieldView:
    """What a unit sees of the chosen picture; for a while kept, whoever asked."""
    return _seen_by((selection.image.digest, selection.network.key), layer, channel, y, x, selection)


@st.cache_resource(max_entries=64, show_spinner=False)
def _seen_by(key: tuple[str, str], layer: str, channel: int, y: int, x: int, _selection: Selection) -> FieldView:
    return field_view(_selection.trace, layer, channel, y, x)


@st.cache_resource(show_spinner=False)
def _profiles() -> dict[str, Mapping[str, float]]:
    return {}


def measured(selection: Selection) -> Mapping[str, float] | None:
    """The seconds that each layer takes on this machine: kept from an earlier measurement, or measured now where the
    button is pressed; None until then. Not for a fragment: no click in one ends its run."""
    profiles, network = _profiles(), selection.network
    place = st.container(horizontal=True, vertical_alignment="center")
    again = "Measure again" if network.key in profiles else "Measure each layer’s time"
    if place.button(again, key="measure"):
        with place:
            profiles[network.key] = with_progress(
                "Measuring, operation by operation", "measure", partial(profile, network, selection.image)
            )
        while len(profiles) > _MOST_PROFILES:
            del profiles[next(iter(profiles))]
        st.rerun()
    return profiles.get(network.key)


def layer_table(rows: Sequence[Row]) -> None:
    """All layers to sort and to search; a chosen row is the chosen layer."""
    number = st.column_config.NumberColumn

    def report() -> None:
        chosen = st.session_state["layer-table"]["selection"]["rows"]
        if chosen:
            choose("layer", rows[chosen[0]]["layer"])

    st.dataframe(
        rows, hide_index=True, on_select=report, selection_mode="single-row", key="layer-table", height=420,
        placeholder="",
        column_config={
            "parameters": number(format="localized"),
            "multiply-adds": number(format="localized", help="none but those of convolutions and dense layers count"),
            "output bytes": number(format="localized", help="of what it gives, four for each number"),
            "field height": number(help="pixels that a unit can see; empty where every unit sees the whole picture"),
            "field width": number(help="pixels that a unit can see; empty where every unit sees the whole picture"),
            "field step": number(help="pixels from what one unit sees to what the next one sees"),
            "milliseconds": number(format="%.3f", help="measured on this machine, median of three passes"),
        },
    )  # fmt: skip


def pick_unit(network: Network, layer: str) -> tuple[int, int]:
    """A place (y, x) in a layer's maps, the middle until it is moved; (0, 0) where there are no maps to move in."""
    if not network.layer(layer).is_spatial:
        return 0, 0
    place = []
    for column, axis, n in zip(st.columns(2), "yx", network.layer(layer).size, strict=True):
        # layers whose maps have one size share the place; in others it would be another one
        place.append(column.slider(f"Unit {axis}", 0, n - 1, n // 2, key=f"unit-{axis}-{n}") if n > 1 else 0)
    return place[0], place[1]

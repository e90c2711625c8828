"""What one unit sees, what each layer costs, and what the page about the architecture keeps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from ...architecture.field import effective_field
from ...architecture.figures import FieldHeat, costs, field_heat, field_png
from ...architecture.hierarchy import hierarchy, stage_costs
from ...architecture.nearby import Unit, fields_of, units_near
from ...architecture.sentences import field_sentence
from ...architecture.snippets import costs_of_stages, unit_field
from ...architecture.table import Row
from ...architecture.timing import profile
from ...drawing.picture import photo
from ...elements.overlay import Photo
from ...networks.network import Network
from ..elements.chart import chart
from ..elements.choice import Choice
from ..elements.place import choose_place, standing_place
from ..elements.points import Points
from ..elements.unitfield import unit_field_of
from ..frame.boundary import fragment, plain
from ..frame.progress import with_progress
from ..frame.session import Selection, choose
from ..frame.takeaway import setting, take_away

_MOST_PROFILES = 64
_KEY = "unit-{axis}-{n}"


@fragment
def one_unit(selection: Selection, layer: str, channel: int) -> None:
    """Pick a unit of the layer, and see what it sees. The graph beside it stays as it is."""
    network, trace = selection.network, selection.trace
    st.markdown("**What one unit sees**")
    size = network.layer(layer).size if network.layer(layer).is_spatial else (1, 1)
    # layers whose maps have one size share the place; in others it would be another one
    y, x = (n // 2 if at is None else at for n, at in zip(size, standing_place(size, _KEY), strict=True))
    with st.spinner("Following the unit back to the pixels …"):
        seen = _seen_near((selection.image.digest, network.key), layer, (channel, y, x), selection)
    unit_field_of(
        Photo(trace.view(photo), trace.prepared.size), seen.heats, network.fields(layer), size,
        f"{layer} of {network.key}",
        f"The picture with what channel {{channel}} of {layer} sees at ({{y}}, {{x}}): bright where a pixel matters "
        "most", "unit-seen", partial(choose_place, key=_KEY, size=size),
    )  # fmt: skip
    st.caption(plain(seen.sentence))
    take_away(
        "The frame is all that it can see; in it, bright is what changes it most.",
        "unit",
        lambda: field_png(trace, seen.heats[0]),
        partial(effective_field, network, selection.image, layer, channel, y, x),
        unit_field(setting(selection), layer, (channel, y, x)),
    )


@dataclass(frozen=True)
class _Seen:
    """What a unit sees and what its neighbours see, the unit's first; and what is said of it."""

    heats: tuple[FieldHeat, ...]
    sentence: str


@st.cache_resource(max_entries=64, show_spinner=False)
def _seen_near(key: tuple[str, str], layer: str, unit: Unit, _selection: Selection) -> _Seen:
    """For a while kept, whoever asked."""
    network = _selection.network
    units = units_near(network, layer, unit)
    fields = fields_of(_selection.trace, layer, units)
    channel, y, x = unit
    return _Seen(
        tuple(field_heat(network, layer, one, field) for one, field in zip(units, fields, strict=True)),
        field_sentence(network, layer, y, x, fields[0], channel),
    )


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


def cost_charts(selection: Selection, seconds: Mapping[str, float] | None) -> None:
    """Where the parameters are, and where the work is; a stage that is chosen there has its last layer chosen."""
    network = selection.network
    stages = hierarchy(network).children
    work = "Multiply-adds are the products that convolutions and dense layers sum up; all other operations count as "
    work += "none here, but take time too."
    if seconds:
        work += " The time was measured on this machine, with nothing else running in the app."
    sentences = "A bar is a stage’s share of the whole network.", work
    columns = st.columns(2, gap="medium")
    for i, (name, shown) in enumerate(zip(("parameters", "work"), costs(network, seconds), strict=True)):
        with columns[i]:
            chart(
                shown,
                f"{shown.title}: {', '.join(shown.names)}",
                name,
                sentences[i],
                partial(_costs, network, i),
                costs_of_stages(setting(selection), i),
                Points(
                    Choice(shown.names, None, lambda chosen: choose("layer", stages[chosen].layers[-1])),
                    "Choose a bar, and the stage’s last layer is chosen on every page.",
                ),
            )


def _costs(network: Network, column: int) -> NDArray[np.int64]:
    return stage_costs(network)[:, column]


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
            "layer": st.column_config.TextColumn(pinned=True, width=180),  # wider, and a phone would not pin it
            "parameters": number(format="localized"),
            "multiply-adds": number(format="localized", help="none but those of convolutions and dense layers count"),
            "output bytes": number(format="localized", help="of what it gives, four for each number"),
            "field height": number(help="pixels that a unit can see; empty where every unit sees the whole picture"),
            "field width": number(help="pixels that a unit can see; empty where every unit sees the whole picture"),
            "field step": number(help="pixels from what one unit sees to what the next one sees"),
            "milliseconds": number(format="%.3f", help="measured on this machine, median of three passes"),
        },
    )  # fmt: skip

"""All units of a network, to be searched and filtered."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import streamlit as st

from ...atlas import Atlas
from ...networks.network import Network
from ...pictures.samples import SAMPLES, load_sample
from ...units import sentences as say
from ...units.listing import FEWEST, Mask, Units, fires_here_alone, of_atlas, of_picture, ranked, relative, within
from ..elements.pickers import pick_one
from ..frame.boundary import plain
from ..frame.session import KEPT_IN_LINK, Selection, uploaded_image
from ..loading.picture import own_pictures
from .link import open_unit
from .many import sets

_MOST_SHOWN = 200  # rows: what is looked for is among the first, or the question was too wide
_THIS = "This picture"
_NOT = "fires here and not on"
_EACH = "any other picture"
_LAYERS = ("the ends of stages", "layers with kernels", "all layers")
_SHARE = 0.25  # of its highest value here: what a unit that does not fire there reaches at most


def all_units(selection: Selection) -> None:
    """Pick what is known of the units, filter by it, and open one by its row."""
    network = selection.network
    named: dict[str, Atlas | None] = {_THIS: None} | {say.set_name(atlas): atlas for atlas in sets(network)}
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        atlas = named[pick_one("Known from", named, "units_from", is_in_row=True)]
        if atlas is None:
            rows, units, note = _on_picture(selection)
        else:
            rows, units, note = _over_set(atlas)
    found = say.found_sentence(len(rows), len(units), min(len(rows), _MOST_SHOWN))
    st.caption(plain(f"{found} {note}".strip()))
    if len(rows):
        _table(units, rows)
    else:
        st.info("No unit is like that. Ask for less.")


def _on_picture(selection: Selection) -> tuple[np.ndarray, Units, str]:
    """The rows that are found, among which units, and what else is said of them."""
    layers = _layers(selection.network, pick_one("Of", _LAYERS, "units_of", is_in_row=True))
    units = selection.trace.view(of_picture, tuple(layers))
    mask = np.ones(len(units), np.bool_)
    yours = {f"yours: {file.name}": file for file in own_pictures()}
    other = pick_one(f"That {_NOT}", [_EACH, *SAMPLES, *yours], "units_not_on", is_in_row=True)
    if other != _EACH:
        image = uploaded_image(yours[other]) if other in yours else load_sample(other)
        there = selection.with_image(image).trace.view(of_picture, tuple(layers))
        mask &= fires_here_alone(units, there, _SHARE)
    low, high = _range("Places at which it is 0, in percent", "units_zeros")
    mask &= within(100 * units.columns["zeros"], low, high)
    return ranked(mask, relative(units, "maximum")), units, ""


def _over_set(atlas: Atlas) -> tuple[np.ndarray, Units, str]:
    units = _units_of(atlas)
    mask: Mask = np.ones(len(units), np.bool_)
    category = pick_one("Answers most to", ["any class", *atlas.classes], "units_class", is_in_row=True)
    if category != "any class":
        mask &= units.columns["class"] == category
    fewest = int(
        st.number_input("Fires on pictures, 0 to 1,000", 0, 1000, FEWEST, key="units_fires", **KEPT_IN_LINK, width=220)
    )
    mask &= units.columns["fires"] >= fewest
    low, high = _range("Class selectivity, in percent", "units_selectivity")
    if (low, high) != (0, 100):
        mask &= within(100 * units.columns["selectivity"], low, high)
    low, high = _range("Sparsity, in percent", "units_sparsity")
    mask &= within(100 * units.columns["sparsity"], low, high)
    return ranked(mask, units.columns["selectivity"]), units, say.fires_sentence(fewest)


@lru_cache(maxsize=8)  # an atlas that is kept open is the same for all
def _units_of(atlas: Atlas) -> Units:
    return of_atlas(atlas)


def _range(label: str, key: str) -> tuple[int, int]:
    low, high = st.slider(label, 0, 100, (0, 100), key=key, **KEPT_IN_LINK, width=240)
    return int(low), int(high)


def _layers(network: Network, which: str) -> list[str]:
    if which == _LAYERS[0]:
        return [network.resolve(stage) for stage in network.stages]
    if which == _LAYERS[1]:
        return [name for name, layer in network.layers.items() if layer.traits.is_weighted]
    return [name for name, layer in network.layers.items() if not layer.is_idle]


def _table(units: Units, rows: np.ndarray) -> None:
    shown = rows[:_MOST_SHOWN]
    names = [units.layers[i] for i in units.layer[shown]]
    channels = units.channel[shown].tolist()

    def report() -> None:
        chosen = st.session_state["units-table"]["selection"]["rows"]
        if chosen:
            open_unit(names[chosen[0]], channels[chosen[0]])

    columns: dict[str, object] = {"layer": names, "channel": channels}
    columns |= {name: _readable(name, values[shown]) for name, values in units.columns.items()}
    st.dataframe(
        columns, hide_index=True, on_select=report, selection_mode="single-row", key="units-table", height=420,
        placeholder="", column_config={"layer": st.column_config.TextColumn(pinned=True, width=180)},
    )  # fmt: skip
    st.caption("Click a heading to sort these rows, the left edge of a row to open the unit.")


def _readable(name: str, values: np.ndarray) -> np.ndarray:
    return values.round(4) if values.dtype.kind == "f" else values

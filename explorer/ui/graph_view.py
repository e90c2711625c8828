"""A network as boxes that unfold, one operation of which is chosen; and what the page about it keeps."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

import streamlit as st

from ..architecture.field import effective_field
from ..architecture.figures import GROUPS, FieldView, drawing, field_view
from ..architecture.hierarchy import totals
from ..architecture.snippets import unit_field
from ..architecture.table import Row
from ..architecture.timing import profile
from ..networks.network import Network
from ..wording import by, duration
from .boundary import fragment, plain
from .components import file_url
from .session import Selection, choose
from .takeaway import setting, take_away
from .widgets import pick_channel, picture

_FRONTEND = Path(__file__).parent / "frontend"
_KEY = "".join(f'<span><i style="background:{color}"></i>{group}</span>' for group, color in GROUPS.items())
_graph = st.components.v2.component(
    "explorer.graph",
    html=f"""<div class="graph">
      <div class="tools"><button type="button" class="unfold" title="Unfolds every box that is shown">Unfold</button>
        <button type="button" class="fold">Fold all</button>
        <button type="button" class="fit" title="Shows all at once">Fit</button>
        <button type="button" class="readable">100 %</button>
        <button type="button" class="farther" aria-label="Smaller">−</button>
        <button type="button" class="closer" aria-label="Larger">+</button>
        <button type="button" class="full">Full screen</button>
        <button type="button" class="save" title="What is unfolded now, as a PNG">Picture</button></div>
      <p class="missing" role="alert" hidden>The drawing did not arrive. Load the page again.</p>
      <div class="frame"><svg role="group"></svg></div>
      <div class="key">{_KEY}</div>
      <div class="said" role="status"></div>
    </div>""",
    css=(_FRONTEND / "graph.css").read_text(encoding="utf-8"),
    js=(_FRONTEND / "graph.js").read_text(encoding="utf-8"),
)
_MOST_PROFILES = 64


def graph(network: Network, chosen: str, key: str, on_choose: Callable[[str], None]) -> None:
    """The network from top to bottom. Boxes unfold in the browser; calls `on_choose(layer)` for an operation. What is
    chosen elsewhere is unfolded and brought into sight."""

    def report() -> None:
        name = st.session_state[key].get("chosen")
        if name in network.layers:  # whatever else a browser may send
            on_choose(name)

    preprocessing = network.preprocessing
    _graph(
        key=key,
        data=[
            {
                "key": network.key,
                "url": file_url(_drawing(network.key, network), "application/json", key),
                "file": f"{network.name}.png",
                "chosen": chosen,
                "groups": GROUPS,
                "picture": by((preprocessing.n_channels, preprocessing.size, preprocessing.size)),
                "alt": f"{network.info.title} from the picture to the scores, {totals(network).n_layers} operations. "
                "The arrow keys follow the lines; Enter unfolds a box or chooses an operation.",
            }
        ],
        on_chosen_change=report,
    )


@st.cache_resource(max_entries=8, show_spinner=False)
def _drawing(key: str, _network: Network) -> bytes:
    return json.dumps(drawing(_network)).encode()


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
            st.button("Stop", key="measure-stop")  # any click ends a run at its next word to the page
            bar = st.progress(0.0, "Measuring …")
        started = time.monotonic()

        def tell(share: float) -> None:
            left = (time.monotonic() - started) * (1 - share) / share
            bar.progress(share, f"Measuring, operation by operation: {duration(left)} left")

        profiles[network.key] = profile(network, selection.image, tell)
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

"""The channel switchboard: channels of one layer switched off or scaled, and what becomes of the answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import streamlit as st

from ...feature_maps import snippets
from ...feature_maps.figures import loss_bars
from ...feature_maps.sentences import decision_sentence, switch_sentence
from ...interventions import decisive, sweep, switch
from ...networks.network import Network
from ...trace import Trace
from ..elements.chart import chart
from ..elements.choice import Choice
from ..elements.pickers import pick_one
from ..elements.points import Points
from ..frame.boundary import plain
from ..frame.progress import with_progress
from ..frame.session import KEPT_IN_LINK, Selection, choose
from ..frame.takeaway import setting
from .change import Change

_OPTIONS = ("the chosen channels", "all the others")
_N_RANKED = 10


@dataclass(frozen=True)
class Switches:
    """What is switched: the channels as chosen, and the factor of every channel that is scaled."""

    chosen: tuple[int, ...]
    factors: Mapping[int, float]


def pick_switches(network: Network, layer: str) -> Switches:
    """Channels, what to do with them, and three buttons for what is done most; all of it kept in the link."""
    n_channels = network.layer(layer).n_channels
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        chosen = st.multiselect(
            f"Channels of {plain(layer)}, 0 to {n_channels - 1}", [str(c) for c in range(n_channels)], key="switched",
            placeholder="Choose some channels", filter_mode="prefix", select_all=False, **KEPT_IN_LINK,
        )  # fmt: skip  # so that 92 and Enter take channel 92, and not each with a 9 and a 2 in its number
        which = pick_one("Scale", _OPTIONS, "scaled")
        factor = st.slider("by a factor of", 0.0, 3.0, step=0.25, key="factor", **KEPT_IN_LINK, width=150)
        st.button("Off", on_click=_set, args=(_OPTIONS[0],), disabled=not chosen, help="The chosen channels times 0")
        st.button("Only these", on_click=_set, args=(_OPTIONS[1],), disabled=not chosen, help="All others times 0")
        st.button("Reset", on_click=_reset)
    numbers = {int(c) for c in chosen}
    scaled = numbers if which == _OPTIONS[0] else set(range(n_channels)) - numbers
    return Switches(tuple(sorted(numbers)), dict.fromkeys(sorted(scaled), factor) if numbers and factor != 1 else {})


def _set(which: str) -> None:
    choose("scaled", which)
    choose("factor", 0.0)


def _reset() -> None:
    choose("switched", [])
    choose("scaled", _OPTIONS[0])
    choose("factor", 0.0)


def _take_over(channels: Sequence[int], which: str) -> None:
    choose("switched", [str(c) for c in channels])
    _set(which)


def switched(selection: Selection, layer: str, switches: Switches) -> Change:
    """The pass with the channels switched, and what is said of it."""
    trace, factors = selection.trace, switches.factors
    after = switch(trace, layer, factors) if factors else trace
    return Change(
        "switched",
        layer,
        after,
        switch_sentence(trace, after, layer, factors),
        snippets.switched_probabilities(setting(selection), layer, factors),
        snippets.switched_evidence(setting(selection), layer, factors),
    )


def rank_channels(selection: Selection, layer: str) -> None:
    """Which channels matter: the target's logit with each one off."""
    trace = selection.trace
    changes = selection.sweeps.find(layer)
    if st.button("Which channels matter?", disabled=changes is not None, help="Switches each off, one after another"):
        made = with_progress("Switching off", "sweep", lambda progress: sweep(trace, layer, progress=progress))
        changes = selection.sweeps.get(layer, lambda: made)
    if changes is None:
        return
    order = np.argsort(np.nan_to_num(changes), kind="stable")[:_N_RANKED].tolist()
    category, needed = _category(trace), [c for c in order if changes[c] < 0]
    chart(
        loss_bars(order, changes, category),
        f"Change of the logit of {category} with a channel of {layer} off, the {len(order)} that lower it most",
        "sweep",
        f"How the logit of “{category}” changes with each channel of {layer} off; of {len(changes)} the "
        f"{len(order)} whose loss lowers it most, or raises it least. Together they can do more or less than the sum.",
        lambda: changes,
        snippets.channel_sweep(setting(selection), layer),
        Points(
            Choice([f"channel {c}" for c in order], None, lambda i: _switch_off(order[i])),
            "Choose a bar, and its channel is switched off.",
        ),
    )
    st.button("Take these over", key="take-swept", on_click=_take_over, args=(needed, _OPTIONS[0]), disabled=not needed)


def _switch_off(channel: int) -> None:
    _take_over(sorted({*map(int, st.session_state["switched"]), channel}), _OPTIONS[0])


def find_decisive(selection: Selection, layer: str) -> None:
    """Which few channels carry the decision: a greedy search."""
    trace = selection.trace
    decision = selection.decisions.find(layer)
    if st.button("Which few channels carry this decision?", disabled=decision is not None):
        made = with_progress("Searching", "decisive", lambda progress: decisive(trace, layer, progress=progress))
        decision = selection.decisions.get(layer, lambda: made)
    if decision is None:
        return
    st.markdown(plain(decision_sentence(trace, layer, decision)))
    st.button("Keep only these", key="take-decisive", on_click=_take_over, args=(decision.channels, _OPTIONS[1]))


def _category(trace: Trace) -> str:
    return trace.prediction(trace.target).category if trace.target is not None else ""

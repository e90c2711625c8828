"""The channels of a layer as maps, each of which a click switches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from ...drawing.units import activation_unit
from ...elements.legend import legend
from ...feature_maps.figures import N_PER_PAGE
from ..elements.choice import Choice
from ..elements.grid import grid
from ..elements.pickers import pick_one
from ..frame.session import Selection, choose


def switch_mosaic(selection: Selection, layer: str, chosen: Sequence[int], factors: Mapping[int, float]) -> None:
    """The channels as they were before, on one scale; those that are off are pale, and the number says so."""
    n = selection.network.layer(layer).n_channels
    parts = [f"{first} to {min(first + N_PER_PAGE, n) - 1}" for first in range(0, n, N_PER_PAGE)]
    part = parts.index(pick_one("Maps of channels", parts, "switch_maps")) if len(parts) > 1 else 0
    view = selection.layer_view(layer, "number", "layer", part)
    states = [_state(factors.get(c, 1.0)) for c in view.channels]
    grid(
        view.png,
        view.columns,
        Choice(
            [f"Channel {c}{f', {state}' if state else ''}" for c, state in zip(view.channels, states, strict=True)],
            None,
            lambda i: _switch(chosen, view.channels[i]),
            pressed=[c in chosen for c in view.channels],
            pale=[i for i, c in enumerate(view.channels) if factors.get(c) == 0],
        ),
        alt=f"Channels of {layer}, to switch",
        key="switch-mosaic",
        captions=[f"{c} {state}".strip() for c, state in zip(view.channels, states, strict=True)],
        legend=legend(view.shared_scale, activation_unit(selection.network, layer)) if view.shared_scale else None,
    )
    st.caption("Choose a map to add its channel to those chosen, or to take it out. Pale: switched off.")


def _state(factor: float) -> str:
    """What a channel is multiplied by, in a word or two; nothing where it stays as it is."""
    return "" if factor == 1 else "off" if factor == 0 else f"× {factor:g}"


def _switch(chosen: Sequence[int], channel: int) -> None:
    """Add a channel to the chosen ones, or take it out."""
    choose("switched", [str(c) for c in sorted({*chosen} ^ {channel})])

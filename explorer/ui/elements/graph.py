"""A network as boxes that unfold, one operation of which is chosen."""

from __future__ import annotations

import json
from collections.abc import Callable

import streamlit as st

from ...architecture.figures import GROUPS, drawing
from ...architecture.hierarchy import totals
from ...elements.view import File
from ...networks.network import Network
from ...wording import by
from .base import Element, Report

_KEY = "".join(f'<span><i style="background:{color}"></i>{group}</span>' for group, color in GROUPS.items())
_graph = Element(
    "graph",
    f"""<div class="graph">
      <div class="tools"><button type="button" class="unfold" title="Unfolds every box that is shown">Unfold</button>
        <button type="button" class="fold">Fold all</button>
        <button type="button" class="fit" title="Shows all at once">Fit</button>
        <button type="button" class="readable">100&nbsp;%</button>
        <button type="button" class="farther" aria-label="Smaller">−</button>
        <button type="button" class="closer" aria-label="Larger">+</button>
        <button type="button" class="full">Full screen</button>
        <button type="button" class="save" title="What is unfolded now, as a PNG">Picture</button></div>
      <p class="missing" role="alert" hidden>The drawing did not arrive. Load the page again.</p>
      <div class="frame"><svg role="group"></svg></div>
      <div class="key">{_KEY}</div>
      <div class="said" role="status"></div>
    </div>""",
)


def graph(network: Network, chosen: str, key: str, on_choose: Callable[[str], None]) -> None:
    """The network from top to bottom. Boxes unfold in the browser; calls `on_choose(layer)` for an operation. What is
    chosen elsewhere is unfolded and brought into sight."""
    preprocessing = network.preprocessing
    _graph(
        key,
        {
            "key": network.key,
            "url": File(_drawing(network.key, network), "application/json"),
            "file": f"{network.name.replace('/', '-')}.png",
            "chosen": chosen,
            "groups": GROUPS,
            "picture": by((preprocessing.n_channels, preprocessing.size, preprocessing.size)),
            "alt": f"{network.title} from the picture to the scores, {totals(network).n_layers} operations. "
            "The arrow keys follow the lines; Enter unfolds a box or chooses an operation.",
        },
        chosen=Report(list(network.layers), on_choose),
    )


@st.cache_resource(max_entries=8, show_spinner=False)
def _drawing(key: str, _network: Network) -> bytes:
    return json.dumps(drawing(_network)).encode()

"""A network as boxes that unfold, one operation of which is chosen."""

from __future__ import annotations

import json

from ..architecture.figures import GROUPS, drawing
from ..architecture.hierarchy import totals
from ..networks.network import Network
from ..wording import by
from .view import File, View

_KEY = "".join(f'<span><i style="background:{color}"></i>{group}</span>' for group, color in GROUPS.items())
GRAPH = View(
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


def drawing_file(network: Network) -> File:
    """Every box with its cell, and the lines between them."""
    return File(json.dumps(drawing(network)).encode(), "application/json")


def graph_data(network: Network, drawn: File, chosen: str) -> dict[str, object]:
    """The network from top to bottom, of which one operation is `chosen`."""
    preprocessing = network.preprocessing
    return {
        "key": network.key,
        "url": drawn,
        "file": f"{network.name.replace('/', '-')}.png",
        "chosen": chosen,
        "groups": GROUPS,
        "picture": by((preprocessing.n_channels, preprocessing.size, preprocessing.size)),
        "alt": f"{network.title} from the picture to the scores, {totals(network).n_layers} operations. "
        "The arrow keys follow the lines; Enter unfolds a box or chooses an operation.",
    }

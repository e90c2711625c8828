"""How is this network built, and where are its weights and its time?"""

from functools import partial

import streamlit as st

from explorer.architecture.hierarchy import links, totals
from explorer.architecture.sentences import cost_sentence
from explorer.architecture.snippets import layer_links
from explorer.architecture.table import csv_of, table
from explorer.feature_maps.sentences import layer_sentence
from explorer.ui.architecture.graph import cost_charts, layer_table, measured, one_unit
from explorer.ui.elements.bar import bar
from explorer.ui.elements.graph import graph
from explorer.ui.elements.views import views
from explorer.ui.frame import session
from explorer.ui.frame.boundary import plain
from explorer.ui.frame.session import choose
from explorer.ui.frame.takeaway import setting, take_away
from explorer.wording import count, megabytes

selection = session.selection()
network = selection.network


def built(layer: str, channel: int) -> None:
    """The network as a graph, and one layer of it."""
    drawn, chosen = st.columns([3, 2], gap="medium")
    with drawn:
        graph(network, layer, "graph", on_choose=partial(choose, "layer"))
        take_away(
            "Read it from top to bottom: each box gives what stands on the line under it, channels × height × width. "
            "A box with a triangle unfolds into its parts; lines that pass boxes by are shortcuts and branches. Choose "
            "an operation, and it stays chosen on every page.",
            "links",
            None,
            partial(links, network),
            layer_links(setting(selection)),
        )
    with chosen:
        st.markdown(plain(f"{layer_sentence(selection.trace, layer)} {cost_sentence(network, layer)}"))
        one_unit(selection, layer, channel)


def shares() -> None:
    """Where the weights are, and where the time goes."""
    cost_charts(selection, measured(selection))


def all_layers() -> None:
    """Every operation as a row."""
    rows = table(network, measured(selection))
    layer_table(rows)
    st.caption("Click a heading to sort, the magnifying glass to search, the left edge of a row to choose that layer.")
    name = f"{network.name.replace('/', '-')}-layers.csv"
    st.download_button("Download as CSV", partial(csv_of, rows), name, "text/csv")


# No fragment here: a click in a fragment waits until what runs in it has ended, and Cancel must not wait.
picked = bar("Architecture", network, network.first_layer)
views(
    {
        "Graph": lambda: built(picked.layer, picked.channel),
        "Weights and time": shares,
        "All layers": all_layers,
    },
    "architecture_view",
)
whole = totals(network)
st.caption(
    f"**{whole.depth}** layers deep · **{whole.n_layers}** operations · **{count(whole.n_parameters)}** parameters · "
    f"**{count(whole.n_multiply_adds)}** multiply-adds · **{megabytes(whole.n_bytes)}** of activations",
    help="Layers deep: convolutions and dense layers on the longest way through. Activations: what all operations give "
    "for one picture, four bytes a number.",
)

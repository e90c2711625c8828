"""How is this network built, and where are its weights and its time?"""

from functools import partial

import streamlit as st

from explorer.architecture.figures import costs
from explorer.architecture.hierarchy import links, stage_costs, totals
from explorer.architecture.sentences import cost_sentence
from explorer.architecture.snippets import costs_of_stages, layer_links
from explorer.architecture.table import csv_of, table
from explorer.drawing.charts import CAMERA
from explorer.feature_maps.sentences import layer_sentence
from explorer.ui.architecture.graph import layer_table, measured, one_unit
from explorer.ui.elements.graph import graph
from explorer.ui.elements.pickers import pick_layer
from explorer.ui.frame import session
from explorer.ui.frame.boundary import fragment, plain
from explorer.ui.frame.session import choose
from explorer.ui.frame.takeaway import setting, take_away
from explorer.wording import count, megabytes

selection = session.selection()
network = selection.network


@fragment
def built() -> None:
    """The network as a graph, and one layer of it."""
    drawn, chosen = st.columns([3, 2], gap="medium")
    with chosen:
        layer = pick_layer(network)
        st.markdown(plain(layer_sentence(selection.trace, layer)))
        st.caption(plain(cost_sentence(network, layer)))
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
    with chosen:  # last: it takes a backward pass
        one_unit(selection, layer)


st.title(f"How {plain(network.title)} is built")
whole = totals(network)
st.markdown(
    f"**{whole.depth}** layers deep · **{whole.n_layers}** operations · **{count(whole.n_parameters)}** parameters · "
    f"**{count(whole.n_multiply_adds)}** multiply-adds · **{megabytes(whole.n_bytes)}** of activations",
    help="Layers deep: convolutions and dense layers on the longest way through. Activations: what all operations give "
    "for one picture, four bytes a number.",
)
built()

st.header("Where are the weights, and where is the time?")
seconds = measured(selection)
for place, figure, what in zip(
    st.columns(2, gap="medium"), costs(network, seconds), ("Parameters", "Work for one picture"), strict=True
):
    place.markdown(f"**{what}, by stage**")
    place.plotly_chart(figure, key=what, config=CAMERA)
take_away(
    "A bar is a stage’s share of the whole network. Multiply-adds are the products that convolutions and dense "
    "layers sum up; all other operations count as none here, but take time too. "
    + ("The time was measured on this machine, with nothing else running in the app." if seconds else ""),
    "costs",
    None,
    partial(stage_costs, network),
    costs_of_stages(setting(selection)),
)

st.header("All layers")
rows = table(network, seconds)
layer_table(rows)
st.caption("Click a heading to sort, the magnifying glass to search, the left edge of a row to choose that layer.")
st.download_button("Download as CSV", partial(csv_of, rows), f"{network.name.replace('/', '-')}-layers.csv", "text/csv")

"""How is this network built, and where are its weights and its time?"""

from functools import partial

import streamlit as st

from explorer.architecture import cost_sentence, count, csv_of, table, totals
from explorer.figures.architecture import costs
from explorer.sensitivity import effective_field
from explorer.snippets import unit_field
from explorer.summary import layer_sentence, megabytes
from explorer.ui.boundary import fragment, plain
from explorer.ui.graph_view import graph, layer_table, measured, pick_unit, seen_by
from explorer.ui.session import choose
from explorer.ui.takeaway import setting, take_away
from explorer.ui.widgets import pick_channel, pick_layer, picture

selection = st.session_state["selection"]
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
        st.caption(
            "Read it from top to bottom: each box gives what stands on the line under it, channels × height × width. "
            "A box with a triangle unfolds into its parts; lines that pass boxes by are shortcuts and branches. Choose "
            "an operation, and it stays chosen on every page."
        )
    with chosen:  # last: it takes a backward pass
        unit(layer)


@fragment
def unit(layer: str) -> None:
    """Pick a unit of the layer, and see what it sees."""
    st.markdown("**What one unit sees**")
    channel = pick_channel(network, layer)
    y, x = pick_unit(network, layer)
    with st.spinner("Following the unit back to the pixels …"):
        seen = seen_by(selection, layer, channel, y, x)
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


st.title(f"How {plain(network.info.title)} is built")
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
    place.plotly_chart(figure, key=what, config={"displayModeBar": False})
st.caption(
    "A bar is a stage’s share of the whole network. Multiply-adds are the products that convolutions and dense "
    "layers sum up; all other operations count as none here, but take time too. "
    + ("The time was measured on this machine, with nothing else running in the app." if seconds else "")
)

st.header("All layers")
rows = table(network, seconds)
layer_table(rows)
st.caption("Click a heading to sort, the magnifying glass to search, the left edge of a row to choose that layer.")
st.download_button("Download as CSV", partial(csv_of, rows), f"{network.name}-layers.csv", "text/csv")

"""How does a convolution work? Any of its values, taken apart into products and put together again."""

from functools import partial

import streamlit as st

from explorer.convolution.figures import input_scale, products_png, which_window, window_png
from explorer.convolution.opened import open_value
from explorer.convolution.products import rank
from explorer.convolution.sentences import (
    AGREEMENT,
    filter_sentence,
    layer_size_sentences,
    rank_sentence,
    size_question,
    work_sentence,
)
from explorer.convolution.snippets import opened_value
from explorer.convolution.steps import what_it_does
from explorer.filters.weights import nearest_with_kernel
from explorer.ui.convolution.lab import kernel_lab
from explorer.ui.convolution.value import MOST_PRODUCTS, pick_input, player, whole_sum
from explorer.ui.elements.pickers import pick_channel, pick_layer, pick_place, title_with_small
from explorer.ui.elements.question import ask
from explorer.ui.frame import session
from explorer.ui.frame.boundary import fragment, plain
from explorer.ui.frame.takeaway import setting, take_away

selection = session.selection()
trace, network = selection.trace, selection.network


@fragment
def one_value() -> None:
    """Pick a layer, a channel and a place; slide the window there, and add up what it holds."""
    asked = pick_layer(network)
    layer = nearest_with_kernel(network, asked)
    if layer != network.resolve(asked):
        st.caption(plain(f"{what_it_does(network, asked)} Shown is {layer}."))
    if not network.has_maps:
        st.info(
            plain(
                f"{network.cam_reason} What a dense layer adds up is opened here all the same; the page Classifier has "
                "more on it."
            )
        )
    value(layer)


@fragment
def value(layer: str) -> None:
    """Pick a value of the layer, and see what it is made of."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        channel = pick_channel(network, layer)
        unit = pick_place(trace, layer, channel)
        opened = open_value(trace, layer, unit)
        one = pick_input(opened)
    code = partial(opened_value, setting(selection), layer, unit)
    if len(unit) == 3:
        player(trace, opened, one, "player")
        take_away(
            f"Channel {channel} of {layer} at y {unit[1]}, x {unit[2]}. Click a map, or use the arrow keys on it. "
            "Dots are padding, which counts as 0. All inputs share one scale of colours; the products of each window "
            "have their own.",
            "window",
            lambda: window_png(opened, one, trace.view(input_scale, layer)),
            lambda: opened.inputs,
            code("inputs"),
        )
    st.header("The whole sum")
    ranking = rank(opened, MOST_PRODUCTS)
    st.markdown(plain(rank_sentence(opened, ranking)))
    whole_sum(network, opened, ranking, "sum")
    st.caption(plain(f"{opened.end} {AGREEMENT}"))
    take_away(
        "All products: red raises the value, blue lowers it.",
        "products",
        partial(products_png, opened),
        lambda: opened.products,
        code("products"),
    )

    st.header("What to know about it")
    for sentence in (
        filter_sentence(network, layer, channel),
        *layer_size_sentences(network, layer),
        work_sentence(network, layer),
    ):
        st.markdown(plain(sentence))
    if len(unit) == 3 and (question := trace.view(which_window, layer, channel, one)) is not None:
        ask(question, "which-window")
    if (question := size_question(network, layer)) is not None:
        ask(question, "output-size")


title_with_small("Convolution", network, "For a first look: a small network, whose sums are short.")
one_value()
if network.has_maps:
    kernel_lab(selection)

"""How does a convolution work? Any of its values, taken apart into products and put together again."""

from functools import partial

import streamlit as st

from explorer.convolution.figures import products_png, which_window, window_png
from explorer.convolution.opened import Opened, open_value
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
from explorer.drawing.units import input_scale
from explorer.filters.weights import nearest_with_kernel
from explorer.ui.convolution.lab import kernel_lab
from explorer.ui.convolution.value import MOST_PRODUCTS, pick_input, player, whole_sum
from explorer.ui.elements.bar import Chosen, bar
from explorer.ui.elements.pickers import offer_small, pick_place
from explorer.ui.elements.question import ask
from explorer.ui.elements.views import views
from explorer.ui.frame import session
from explorer.ui.frame.boundary import fragment, plain
from explorer.ui.frame.takeaway import setting, take_away

selection = session.selection()
trace, network = selection.trace, selection.network


@fragment
def one_layer() -> None:
    """Pick a layer and a channel, and one of the ways to look at what it adds up."""
    chosen = bar("Convolution", network, network.first_layer, nearest_with_kernel)
    named = {"One value": lambda: one_value(chosen), "What to know about it": lambda: about(chosen)}
    if network.has_maps:
        named["Kernel lab"] = lambda: kernel_lab(selection)
    views(named, "convolution_view")


def one_value(chosen: Chosen) -> None:
    """Pick a value of the channel; slide the window there, and add up what it holds."""
    layer = chosen.layer
    with st.container(horizontal=True, vertical_alignment="bottom"):
        unit = pick_place(trace, layer, chosen.channel)
        opened = open_value(trace, layer, unit)
        one = pick_input(opened)
        offer_small(network, "For a first look: a small network, whose sums are short.")
    if layer != network.resolve(chosen.asked):
        st.caption(plain(f"{what_it_does(network, chosen.asked)} Shown is {layer}."))
    if len(unit) == 3:
        player(trace, opened, one, "player")
        take_away(
            f"Channel {chosen.channel} of {layer} at y {unit[1]}, x {unit[2]}. Click a map, or use the arrow keys on "
            "it. Dots are padding, which counts as 0. All inputs share one scale of colours, but for the picture’s own "
            "channels, each in shades of its colour; the products of each window have their own.",
            "window",
            lambda: window_png(opened, one, trace.view(input_scale, layer, one)),
            lambda: opened.inputs,
            opened_value(setting(selection), layer, unit, "inputs"),
        )
        if (question := trace.view(which_window, layer, chosen.channel, one)) is not None:
            ask(question, "which-window")
    the_sum(opened)


def the_sum(opened: Opened) -> None:
    """All that the value is made of."""
    st.header("The whole sum")
    ranking = rank(opened, MOST_PRODUCTS)
    whole_sum(network, opened, ranking, "sum")
    st.caption(plain(f"{rank_sentence(opened, ranking)} {opened.end} {AGREEMENT}"))
    take_away(
        "All products: red raises the value, blue lowers it.",
        "products",
        partial(products_png, opened),
        lambda: opened.products,
        opened_value(setting(selection), opened.layer, opened.unit, "products"),
    )


def about(chosen: Chosen) -> None:
    """The filter in words: its weights, the size of what it gives, what it costs."""
    if not network.has_maps:
        st.info(
            plain(
                f"{network.cam_reason} What a dense layer adds up is opened here all the same; the page Classifier has "
                "more on it."
            )
        )
    for sentence in (
        filter_sentence(network, chosen.layer, chosen.channel),
        *layer_size_sentences(network, chosen.layer),
        work_sentence(network, chosen.layer),
    ):
        st.markdown(plain(sentence))
    if (question := size_question(network, chosen.layer)) is not None:
        ask(question, "output-size")


one_layer()

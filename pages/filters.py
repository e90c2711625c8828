"""What has each filter learned to look for? The weights of a layer, and what makes its filters answer."""

import streamlit as st

from explorer.filters import figures as k
from explorer.filters import weights as f
from explorer.filters.measures import order as in_order
from explorer.filters.measures import orders
from explorer.filters.sentences import filter_sentence, layer_sentences, why_no_twin
from explorer.filters.snippets import filter_weights
from explorer.filters.tables import tables_png, weight_tables
from explorer.networks.network import Network
from explorer.ui.elements.bar import Chosen, bar
from explorer.ui.elements.numbers import numbers
from explorer.ui.elements.pickers import pick_number, pick_one, pick_switch
from explorer.ui.elements.views import views
from explorer.ui.filters.response import response_of
from explorer.ui.filters.sheets import all_filters, all_inputs, pager
from explorer.ui.filters.tuning import answers
from explorer.ui.frame import session
from explorer.ui.frame.boundary import fragment, plain
from explorer.ui.frame.takeaway import setting, take_away
from explorer.ui.units.link import link_to_unit


@fragment
def one_layer() -> None:
    """Pick a layer and one of its filters, by the number of the channel that it makes; and a way to look at them."""
    network = session.selection().network
    chosen = bar("Filters", network, network.first_layer, f.nearest_with_kernel)
    views(
        {
            "All filters": lambda: filters(chosen),
            "Its weights": lambda: weights(chosen),
            "What it answers to": lambda: answers(session.selection(), chosen.layer, chosen.channel),
        },
        "filters_view",
    )


def pick_form(network: Network, layer: str) -> tuple[bool, bool]:
    """Whether weights are folded with the batch norm that reads them, and shown beside those of before training."""
    no_norm = None if f.batch_norm_behind(network, layer) else "no batch norm reads it"
    is_folded = pick_switch("Folded with batch norm", "folded", no_norm)
    return is_folded, pick_switch("Beside the untrained twin", "twin", why_no_twin(network))


def pick_input(network: Network, layer: str, index: int) -> tuple[int, k.Page]:
    """One of the inputs that the filter reads, and the page of them that it is on."""
    inputs = f.inputs_of(network, layer, index)
    one = pick_number("Input", inputs, "input") if f.form(network, layer) in ("stack", "matrix") else inputs[0]
    return one, k.page_with(inputs, one, 64)


def filters(chosen: Chosen) -> None:
    """Pick an order; all filters, the chosen one input by input, and where in the picture it answers."""
    selection, layer, index = session.selection(), chosen.layer, chosen.channel
    trace, network = selection.trace, selection.network
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        order = pick_one("Order by", orders(network, layer), "filter_order")
        one, shown = pick_input(network, layer, index)
        is_folded, is_compared = pick_form(network, layer)
    page = k.page_with(trace.view(in_order, layer, order), index, k.per_page(network, layer))
    everything, closeup = st.columns([3, 2], gap="medium")
    with everything:
        all_filters(selection, layer, page, order, index, is_folded, is_compared)
        st.caption(plain(trace.view(layer_sentences, chosen.asked)))
    with closeup:
        if network.layer(layer).is_spatial:
            response_of(selection, layer, index)
        st.markdown(plain(filter_sentence(trace, layer, index)))
        link_to_unit(network, layer, index)
        if f.form(network, layer) == "stack":
            all_inputs(selection, layer, page, index, shown, one, is_folded)
        pager(shown, "inputs", "input")


def weights(chosen: Chosen) -> None:
    """Every number of the chosen filter."""
    selection, layer, index = session.selection(), chosen.layer, chosen.channel
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        one, shown = pick_input(selection.network, layer, index)
        is_folded, _ = pick_form(selection.network, layer)
    tables = weight_tables(selection.network, layer, index, shown.shown, one, is_folded)
    numbers(tables, "weight-numbers")
    take_away(
        "Each cell is one weight: what the input there is multiplied by before everything is added up.",
        "weights",
        lambda: tables_png(tables),
        lambda: f.chosen_kernels(selection.network, layer, [index], is_folded),
        filter_weights(setting(selection), layer, [index], is_folded),
    )


one_layer()

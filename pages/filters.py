"""What has each filter learned to look for? The weights of a layer, and what makes its filters answer."""

import streamlit as st

from explorer.drawing.picture import photo, slide
from explorer.drawing.placing import note
from explorer.feature_maps import snippets
from explorer.feature_maps.figures import channel_view
from explorer.filters import figures as k
from explorer.filters import weights as f
from explorer.filters.measures import order as in_order
from explorer.filters.measures import orders
from explorer.filters.sentences import filter_sentence, layer_sentences, why_no_twin
from explorer.filters.snippets import filter_weights
from explorer.filters.tables import tables_png, weight_tables
from explorer.ui.elements.numbers import numbers
from explorer.ui.elements.overlay import Heat, Photo
from explorer.ui.elements.pickers import pick_layer, pick_number, pick_one, pick_stretched, pick_switch
from explorer.ui.elements.probe import probe
from explorer.ui.filters.sheets import all_filters, pager, sheet
from explorer.ui.filters.tuning import answers
from explorer.ui.frame import session
from explorer.ui.frame.boundary import fragment, plain
from explorer.ui.frame.takeaway import setting, take_away


@fragment
def one_layer() -> None:
    """Pick a layer; look at the filters of the nearest one that has any."""
    trace = session.selection().trace
    asked = pick_layer(trace.network)
    st.markdown(plain(trace.view(layer_sentences, asked)))
    filters(f.nearest_with_kernel(trace.network, asked))


def response_of(selection: session.Selection, layer: str, index: int) -> None:
    """Where in the picture the filter answers."""
    trace, network = selection.trace, selection.network
    response, truly = channel_view(trace, layer, "channel", index), network.places(layer)
    places = None if pick_stretched(network, layer) else truly
    alt = f"Response of filter {index} of {layer} over the picture"
    unit = f"Response of filter {index}{note(truly, places)}"
    probe(
        Photo(trace.view(photo), trace.prepared.size),
        Heat(response.values, response.scale, alt, unit, opacity=0.75, places=places),
        "filter-response",
        network.field(layer, index),
    )
    take_away(
        "Where in the picture the filter answers, as it was recorded. Point at a cell for its value.",
        "response",
        lambda: slide(response.values, response.scale),
        lambda: response.values,
        snippets.channel_map(setting(selection), layer, index),
    )


@fragment
def filters(layer: str) -> None:
    """Pick an order and a filter; draw all filters, the chosen one input by input, and what it answers to."""
    selection = session.selection()
    trace, network, form = selection.trace, selection.network, f.form(selection.network, layer)
    left, right = st.columns(2)
    with left:
        order = pick_one("Order by", orders(network, layer), "filter_order")
    with right:
        index = pick_number("Filter", range(len(f.kernels(network, layer))), "filter")
    with st.container(horizontal=True, gap="medium"):
        no_norm = None if f.batch_norm_behind(network, layer) else "no batch norm reads it"
        is_folded = pick_switch("Folded with batch norm", "folded", no_norm)
        is_compared = pick_switch("Beside the untrained twin", "twin", why_no_twin(network))

    page = k.page_with(trace.view(in_order, layer, order), index, k.per_page(network, layer))
    everything, closeup = st.columns([3, 2], gap="medium")
    with everything:
        all_filters(selection, layer, page, order, index, is_folded, is_compared)

    with closeup:
        st.subheader(f"Filter {index}")
        st.markdown(plain(filter_sentence(trace, layer, index)))
        inputs = f.inputs_of(network, layer, index)
        one = pick_number("Input", inputs, "input") if form in ("stack", "matrix") else inputs[0]
        shown = k.page_with(inputs, one, 64)
        if form == "stack":
            drawn = k.input_sheet(network, layer, index, shown.shown, is_folded)
            sheet(drawn, shown, one, "input", f"Kernels of filter {index} of {layer}", "input-sheet")
        pager(shown, "inputs", "input")
        if network.layer(layer).is_spatial:
            response_of(selection, layer, index)

    st.header(f"The weights of filter {index}")
    tables = weight_tables(network, layer, index, shown.shown, one, is_folded)
    numbers(tables, "weight-numbers")
    take_away(
        "Each cell is one weight: what the input there is multiplied by before everything is added up.",
        "weights",
        lambda: tables_png(tables),
        lambda: f.chosen_kernels(network, layer, [index], is_folded),
        filter_weights(setting(selection), layer, [index], is_folded),
    )

    st.header("What it answers to")
    answers(selection, layer, index)


st.title("Filters")
one_layer()

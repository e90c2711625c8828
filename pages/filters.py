"""What has each filter learned to look for? The weights of a layer, and what makes its filters answer."""

from functools import partial

import streamlit as st

from explorer import filters as f
from explorer.figures import kernels as k
from explorer.figures.layer import channel_view
from explorer.figures.picture import photo
from explorer.snippets import filter_weights
from explorer.tuning import tuning_sentence
from explorer.ui.boundary import fragment, plain
from explorer.ui.components import probe
from explorer.ui.kernels_view import measured, numbers, pager, pick_number, pick_switch, sheet
from explorer.ui.session import network as load
from explorer.ui.takeaway import setting, take_away
from explorer.ui.widgets import pick_layer, pick_one


@fragment
def one_layer() -> None:
    """Pick a layer; look at the filters of the nearest one that has any."""
    trace = st.session_state["selection"].trace
    asked = pick_layer(trace.network)
    st.markdown(plain(trace.view(f.layer_sentences, asked)))
    filters(f.nearest_with_kernel(trace.network, asked))


@fragment
def filters(layer: str) -> None:
    """Pick an order and a filter; draw all filters, the chosen one input by input, and what it answers to."""
    trace = st.session_state["selection"].trace
    network, form = trace.network, f.form(trace.network, layer)
    left, right = st.columns(2)
    with left:
        order = pick_one("Order by", f.orders(network, layer), "filter_order")
    with right:
        filter = pick_number("Filter", range(len(f.kernels(network, layer))), "filter")
    with st.container(horizontal=True, gap="medium"):
        no_norm = None if f.batch_norm_behind(network, layer) else "no batch norm reads it"
        is_folded = pick_switch("Folded with batch norm", "folded", no_norm)
        is_compared = pick_switch("Beside the untrained twin", "twin", "this is one" if network.is_random else None)

    page = k.page_with(trace.view(f.order, layer, order), filter, k.per_page(network, layer))
    everything, closeup = st.columns([3, 2], gap="medium")
    with everything:
        if is_compared:
            st.markdown("**Trained**")
        drawn = trace.view(k.own_sheet, layer, page.shown, is_folded, not is_compared)
        sheet(drawn, page, filter, "filter", f"Filters of {layer}", "filter-sheet")
        pager(page, "filters", "filter")
        take_away(
            f"In order {f.ORDERS[order]}.",
            "filters",
            partial(bytes, drawn.png),
            partial(f.chosen_kernels, network, layer, page.shown, is_folded),
            filter_weights(setting(st.session_state["selection"]), layer, page.shown, is_folded),
        )
        if is_compared:
            with st.spinner("Making the untrained twin …"):
                twin = load(network.name, "random")
            st.markdown("**Its untrained twin**: the same filters by number, before training")
            if problem := f.twin_problem(network, twin, layer):
                st.info(plain(problem))
            else:
                drawn = k.filter_sheet(twin, layer, page.shown, is_folded)
                sheet(drawn, page, filter, "filter", f"Filters of {layer}, untrained", "twin-sheet")

    with closeup:
        st.subheader(f"Filter {filter}")
        st.markdown(plain(f.filter_sentence(trace, layer, filter)))
        inputs = f.inputs_of(network, layer, filter)
        one = pick_number("Input", inputs, "input") if form in ("stack", "matrix") else inputs[0]
        shown = k.page_with(inputs, one, 64)
        if form == "stack":
            drawn = k.input_sheet(network, layer, filter, shown.shown, is_folded)
            sheet(drawn, shown, one, "input", f"Kernels of filter {filter} of {layer}", "input-sheet")
        pager(shown, "inputs", "input")
        if network.layer(layer).is_spatial:
            answer = channel_view(trace, layer, "channel", filter)
            alt = f"Response of filter {filter} of {layer} over the picture"
            field = network.layer(layer).receptive_field
            probe(
                trace.view(photo), trace.prepared.size, answer.values, answer.scale,
                f"Response of filter {filter}", alt, "filter-response", field=field, opacity=0.75,
            )  # fmt: skip
            st.caption("Where in the picture the filter answers, as it was recorded. Point at a cell for its value.")

    st.header(f"The weights of filter {filter}")
    numbers(k.weight_tables(network, layer, filter, shown.shown, one, is_folded), "weight-numbers")
    st.caption("Each cell is one weight: what the input there is multiplied by before everything is added up.")
    array = k.array_file(network, layer, filter, is_folded)
    st.download_button("This filter as .npy", array, f"filter-{filter}.npy", on_click="ignore")

    st.header("What it answers to")
    is_on = pick_switch("Measure it with stripes and plain colours", "tuned")
    if is_on and (tuned := measured(network, layer, "tuned")) is not None:
        bars = k.hue_bars(tuned, filter)
        numbers([k.grating_table(tuned, layer, filter)], "tuning-numbers", bars, "Answer to plain colours")
        st.caption(plain(tuning_sentence(tuned, layer, filter)))


st.title("Filters")
one_layer()

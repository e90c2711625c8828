"""The parts of the page on the classifier that show the layers after the last maps, and their neurons."""

from __future__ import annotations

import numpy as np
import streamlit as st

from ...classifier import decomposition as c
from ...classifier import sentences as say
from ...classifier import snippets
from ...classifier.figures import running_sum, waterfall
from ...classifier.head import head, sizes
from ...classifier.logits import Ledger
from ...classifier.map_sentences import (
    neuron_map_sentence,
    neuron_sentence,
)
from ...drawing.color import scale_of
from ...drawing.picture import countable, heat_map, photo
from ...drawing.placing import note
from ...elements.overlay import Heat, Photo
from ...trace import Trace
from ...wording import by, percent
from ..elements.chart import chart
from ..elements.pickers import pick_number
from ..elements.probe import probe
from ..elements.sums import Row, table
from ..frame import session
from ..frame.boundary import fragment, plain
from ..frame.session import Selection, choose
from ..frame.takeaway import setting, take_away
from ..units.link import link_to_unit


def layers_after(selection: Selection) -> None:
    """Every layer after the last maps: what it does, its shape, its share of the parameters."""
    trace, ends = selection.trace, head(selection.network)
    total = sizes(selection.network).n_all
    rows = [Row((ends.maps or "picture", "the last maps" if ends.maps else "pixels", by(ends.shape), ""), None)]
    for layer in ends.layers:
        n = layer.n_parameters
        amount_of = f"{n:,} ({percent(n / total)} of all)" if n else ""
        rows.append(
            Row(
                (layer.name, f"{layer.kind}: {say.layer_sentence(trace, layer)}", by(layer.shape), amount_of),
                n / total if n else None,
            )
        )
    last = "sigmoid" if len(trace.logits) == 1 else "softmax"
    rows.append(Row((last, say.end_sentence(trace), str(len(trace.probabilities)), ""), None))
    table(("layer", "what it does", "gives", "parameters"), rows, "The layers after the last maps", "tail")
    st.caption(plain(say.size_sentence(trace)))


@fragment
def neurons() -> None:
    """Where the maps are flattened: a neuron of the first dense layer, and which values it reads with which weights."""
    selection = session.selection()
    trace, ends = selection.trace, head(selection.network)
    if ends.is_averaged:
        return
    first = ends.weighted[0]
    st.header(f"One neuron of {plain(first.name)}")
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        unit = pick_number("Neuron", range(first.shape[0]), "neuron")
        strongest = int(np.nan_to_num(trace[first.name]).reshape(-1).argmax())
        st.button(f"The strongest: {strongest}", on_click=choose, args=("neuron", strongest))
    found = trace.view(c.neuron, unit)
    st.markdown(plain(neuron_sentence(trace, first.name, unit, found)))
    link_to_unit(selection.network, first.name, unit)
    values = found.by_position
    shown = Photo(trace.view(photo), trace.prepared.size)
    where, rows = st.columns([2, 3], gap="medium")
    with where:
        scale = scale_of(values)
        places = None if ends.maps is None else selection.network.places(ends.maps)
        probe(
            shown,
            Heat(
                values,
                scale,
                f"What neuron {unit} of {first.name} adds up, over the picture",
                f"adds to neuron {unit} of {first.name}, no unit{note(places, places)}",
                opacity=0.7,
                places=places,
            ),
            "neuron-probe",
        )
        take_away(
            neuron_map_sentence(found),
            "neuron",
            lambda: heat_map(countable(values, 560), scale),
            lambda: found.products,
            snippets.neuron_products(setting(selection), unit),
        )
    with rows:
        if len(found.values) > 1:
            _channels_of(selection, unit, found)
        else:
            weights = found.gains[0]
            probe(
                shown,
                Heat(
                    weights,
                    scale_of(weights),
                    f"The weights of neuron {unit}, one for each pixel",
                    f"weights of neuron {unit}, no unit",
                    opacity=1.0,
                ),
                "neuron-weights",
            )
        st.markdown(plain(say.check_sentence(found, "All products and the bias")))


def _channels_of(selection: Selection, unit: int, found: c.Decomposition) -> None:
    """What each channel adds to the neuron."""
    drawn = waterfall(_by_channel(selection.trace, found), 5, found.values)
    title = f"Neuron {unit} as a sum over the channels"
    chart(
        running_sum(drawn, title, "sum so far"),
        title,
        "neuron-channels",
        "Each channel with all that its cells add; above it what they add where, all on one scale.",
        lambda: found.by_channel,
        snippets.neuron_channels(setting(selection), unit),
    )


def _by_channel(trace: Trace, found: c.Decomposition) -> Ledger:
    ends = head(trace.network)
    source = ends.maps or "picture"
    return Ledger(source, ends.weighted[0].name, found.by_channel, None, None, found.bias, found.recorded, True)

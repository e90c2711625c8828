"""The parts of the page on the classifier: a logit's ledger, the layers after the last maps, softmax, the sizes."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import streamlit as st

from ..classifier import sentences as say
from ..classifier import shares as c
from ..classifier import snippets
from ..classifier.figures import softmax_png, waterfall, waterfall_png
from ..classifier.head import head, sizes
from ..classifier.logits import READINGS, Ledger, ledger, readings
from ..classifier.map_sentences import (
    channel_map_sentence,
    channel_question,
    map_sentence,
    neuron_map_sentence,
    neuron_sentence,
)
from ..classifier.softmax import Softmax, SoftmaxRow, softmax_steps, tempered
from ..classifier.softmax_sentences import odds_sentence, shift_question, shift_sentence, sure_sentence
from ..drawing.color import scale_of
from ..drawing.picture import countable, heat_map, photo
from ..trace import Trace, as_maps
from ..wording import by, number, percent
from .boundary import fragment, plain
from .elements.overlay import Heat, Photo
from .elements.probe import probe
from .elements.sums import Row, table
from .elements.waterfall import running_sum
from .question import ask
from .session import Selection, choose
from .takeaway import setting, take_away
from .widgets import class_names, pick_channel, pick_number, pick_one

_ALL, _ONE = "all channels", "one channel"
_RUNNER_UP = "the runner-up"
_SIDES = ("10 on each side", "5 on each side", "20 on each side")
_KINDS = ("one class", "one class minus another")


def lesson(selection: Selection) -> None:
    """Three paragraphs with this network's numbers."""
    trace = selection.trace
    assert trace.target is not None  # a selection's trace has one
    columns = st.columns(3, gap="medium")
    columns[0].markdown(plain(say.ends_sentence(trace)))
    if trace.is_finite:
        columns[1].markdown(plain(say.sum_sentence(trace, trace.target)))
        columns[2].markdown(plain(odds_sentence(trace)))


@fragment
def logit() -> None:
    """The ledger of the class to explain, or of its lead over another one; and where in the picture it comes from."""
    selection = st.session_state["selection"]
    trace, network = selection.trace, selection.network
    assert trace.target is not None  # a selection's trace has one
    target = trace.target
    with st.container(horizontal=True, gap="small"):
        other = _pick_other(trace)
        reading = pick_one("Add up the", readings(network), "ledger_of")
        n = int(pick_one("Show the strongest", _SIDES, "ledger_rows").split()[0])
    _terms(reading, n, target, other)
    second = next(p.index for p in trace.top(2) if p.index != target)  # whose ledger is not on the screen
    asked, maps = trace.view(channel_question, second), head(network).maps
    if asked is not None and maps is not None:
        question, channels = asked
        sheet = as_maps(trace[maps])[channels]
        scale = scale_of(sheet)
        pictures = tuple(heat_map(countable(one, 112), scale) for one in sheet)
        ask(replace(question, pictures=pictures), "channel-question")


@fragment
def _terms(reading: str, n: int, target: int, other: int | None) -> None:
    """The ledger as a waterfall; beside it what all channels, or one, add in each cell of the picture."""
    selection = st.session_state["selection"]
    trace, ends = selection.trace, head(selection.network)
    found = trace.view(ledger, reading, target, other)
    maps = as_maps(trace[ends.maps]) if found.is_by_channel and ends.maps is not None else None
    chosen, can_choose = None, reading == READINGS[1]
    rows, where = st.columns([3, 2], gap="medium")
    with where:
        if can_choose and ends.maps is not None:
            with st.container(horizontal=True, gap="small"):
                is_one = pick_one("Over the picture", (_ALL, _ONE), "ledger_map") == _ONE
                channel = pick_channel(selection.network, ends.maps, disabled=not is_one)
            chosen = channel if is_one else None
        _over_the_picture(selection, chosen, target, other)
    with rows:
        name = say.ledger_name(trace, target, _subtracted(trace, other))
        st.markdown(f"**{plain(name[0].upper() + name[1:])}, term by term**")
        drawn = waterfall(found, n, maps)
        running_sum(drawn, chosen, "ledger", f"{name} as a sum", _show_channel if can_choose else None)
        st.markdown(plain(say.check_sentence(found, "All terms and the bias")))
        notes = f"{say.terms_note(trace, found, _subtracted(trace, other))} {say.difference_note(trace, other)}"
        if maps is not None:
            notes += f" The small maps share one scale, {number(drawn.scale.low)} to {number(drawn.scale.high)}."
        take_away(
            f"{say.ledger_sentence(trace, found, n, target, _subtracted(trace, other))} {notes}",
            "ledger",
            lambda: waterfall_png(drawn),
            lambda: found.terms,
            snippets.logit_terms(setting(selection), reading, other),
        )


def _pick_other(trace: Trace) -> int | None:
    """The class to subtract, if one is to be."""
    if pick_one("The logit of", _KINDS, "ledger_kind") == _KINDS[0]:
        return None
    names = class_names(trace.network)
    others = [name for i, name in enumerate(names) if i != trace.target]
    chosen = pick_one("Minus", [_RUNNER_UP, *others], "other_class")
    if chosen != _RUNNER_UP:
        return names.index(chosen)
    return next(p.index for p in trace.top(2) if p.index != trace.target)


def _subtracted(trace: Trace, other: int | None) -> int | None:
    """The class whose logit is taken off: none where there is but one logit."""
    return other if len(trace.logits) > 1 else None


def _show_channel(channel: int) -> None:
    choose("ledger_map", _ONE)
    choose("channel", channel)


def _over_the_picture(selection: Selection, channel: int | None, target: int, other: int | None) -> None:
    """What all channels, or one, add to the logit, cell by cell over the picture."""
    trace, network = selection.trace, selection.network
    shares = trace.view(c.share, target, other)
    ends, name = head(network), say.ledger_name(trace, target, _subtracted(trace, other))
    if channel is None:
        values = trace.view(c.class_map, target, other)
        text = map_sentence(trace, shares, target, _subtracted(trace, other))
        code = snippets.class_evidence(setting(selection), other)
    else:
        values = c.channel_map(trace, channel, target, other)
        text = channel_map_sentence(trace, values, channel, name)
        code = snippets.channel_evidence(setting(selection), channel, other)
    scale = scale_of(values)
    probe(
        Photo(trace.view(photo), trace.prepared.size),
        Heat(values, scale, f"What adds to {name}, over the picture", f"adds to {name}", opacity=0.7),
        "ledger-probe",
        None if ends.maps is None else network.layer(ends.maps).receptive_field,
    )
    take_away(text, "class-map", lambda: heat_map(countable(values, 560), scale), lambda: values, code)


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
    selection = st.session_state["selection"]
    trace, ends = selection.trace, head(selection.network)
    if ends.is_averaged:
        return
    first = ends.weighted[0]
    st.subheader(f"One neuron of {plain(first.name)}")
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        unit = pick_number("Neuron", range(first.shape[0]), "neuron")
        strongest = int(np.nan_to_num(trace[first.name]).reshape(-1).argmax())
        st.button(f"The strongest: {strongest}", on_click=choose, args=("neuron", strongest))
    found = trace.view(c.neuron, unit)
    st.markdown(plain(neuron_sentence(trace, first.name, unit, found)))
    values = found.by_position
    shown = Photo(trace.view(photo), trace.prepared.size)
    where, rows = st.columns([2, 3], gap="medium")
    with where:
        scale = scale_of(values)
        probe(
            shown,
            Heat(
                values,
                scale,
                f"What neuron {unit} of {first.name} adds up, over the picture",
                f"adds to neuron {unit} of {first.name}",
                opacity=0.7,
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
            drawn = waterfall(_by_channel(trace, found), 5, found.values)
            running_sum(drawn, None, "neuron-channels", f"Neuron {unit} of {first.name} as a sum over the channels")
        else:
            weights = found.gains[0]
            probe(
                shown,
                Heat(
                    weights,
                    scale_of(weights),
                    f"The weights of neuron {unit}, one for each pixel",
                    f"weights of neuron {unit}",
                    opacity=1.0,
                ),
                "neuron-weights",
            )
        st.markdown(plain(say.check_sentence(found, "All products and the bias")))


def _by_channel(trace: Trace, found: c.Shares) -> Ledger:
    ends = head(trace.network)
    source = ends.maps or "picture"
    return Ledger(source, ends.weighted[0].name, found.by_channel, None, None, found.bias, found.recorded, True)


@fragment
def probabilities() -> None:
    """Softmax step by step at a temperature of one's choice, and how sure the network is."""
    selection = st.session_state["selection"]
    trace = selection.trace
    temperature = float(
        st.slider(
            "Temperature: every logit is divided by it",
            0.1,
            10.0,
            1.0,
            0.1,
            key="temperature",
            bind="query-params",
            persist_state="session",
        )
    )
    steps = softmax_steps(trace, temperature)
    rows = [_softmax_row(row, steps) for row in steps.rows]
    rows.append(
        Row(("sum", "", "", number(steps.total), "", "", number(steps.shifted_total), "100 %"), None, strong=True)
    )
    columns = ("class", "logit z", "z ÷ T", "e^(z÷T)", "÷ sum", "z÷T − max", "e^ of that", "÷ sum = probability")
    table(columns, rows, "Softmax, step by step", "softmax")
    st.markdown(plain(sure_sentence(steps)))
    take_away(
        shift_sentence(steps),
        "softmax",
        lambda: softmax_png(steps),
        lambda: tempered(trace, temperature),
        snippets.tempered_probabilities(setting(selection), temperature),
    )
    ask(shift_question(trace), "shift-question")


def _softmax_row(row: SoftmaxRow, steps: Softmax) -> Row:
    """The steps of one class; of several together, only what can be added up."""
    cells = (
        row.category, number(row.logit), number(row.scaled), number(row.exponential),
        _quotient(row.exponential, steps.total), number(row.shifted), number(row.shifted_exponential),
        percent(row.probability),
    )  # fmt: skip
    if row.index is None:
        cells = (cells[0], "", "", *cells[3:5], "", *cells[6:])
    return Row(cells, row.probability)


def _quotient(part: float, whole: float) -> str:
    return percent(part / whole) if math.isfinite(part) and 0 < whole < math.inf else "no number"


def why_convolution(selection: Selection) -> None:
    """What a dense layer on the raw pixels would take, beside what the network takes."""
    found = sizes(selection.network)
    counts = [
        ("the whole network", found.n_all),
        ("of it, the weights between the last maps and the logits", found.n_head),
    ]
    if found.first is not None:
        counts.append((f"{found.first.name}: pixels → {by(found.first.shape)}", found.first.n_parameters))
        counts.append((f"a dense layer: pixels → {by(found.first.shape)}", found.n_first_dense))
    counts.append((f"a dense layer: pixels → {found.n_classes} logits, nothing between", found.n_direct))
    most = max(n for _, n in counts)
    rows = [Row((name, f"{n:,}"), n / most) for name, n in counts]
    table(("", "parameters, biases included"), rows, "Parameters with and without convolution", "sizes")
    st.markdown(plain(say.convolution_sentence(found)))

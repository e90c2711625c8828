"""The parts of the page on the classifier: a logit's ledger, the layers after the last maps, softmax, the sizes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import streamlit as st

from ..classifier import sentences as say
from ..classifier import shares as c
from ..classifier import snippets
from ..classifier.figures import AGAINST, FOR, RESULT, Waterfall, softmax_png, waterfall, waterfall_png
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
from ..wording import by, number, percent, signed
from .boundary import fragment, plain
from .components import file_url, probe
from .question import ask
from .session import Selection, choose
from .takeaway import setting, take_away
from .widgets import class_names, pick_channel, pick_one

_FRONTEND = Path(__file__).parent / "frontend"
_waterfall = st.components.v2.component(
    "explorer.waterfall",
    html=f"""<div class="waterfall" role="list"></div>
      <div class="key"><span><i style="background:{FOR}"></i>+ raises the sum</span>
        <span><i style="background:{AGAINST}"></i>− lowers it</span></div>""",
    css=(_FRONTEND / "waterfall.css").read_text(encoding="utf-8"),
    js=(_FRONTEND / "waterfall.js").read_text(encoding="utf-8"),
)
_sums = st.components.v2.component(
    "explorer.sums",
    html="<table><thead></thead><tbody></tbody></table>",
    css=(_FRONTEND / "sums.css").read_text(encoding="utf-8"),
    js=(_FRONTEND / "sums.js").read_text(encoding="utf-8"),
)

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
        _draw(drawn, chosen, "ledger", f"{name} as a sum", can_choose)
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


def _draw(drawn: Waterfall, chosen: int | None, key: str, alt: str, can_choose: bool) -> None:
    """A waterfall; where its rows are channels of the last maps, a click shows one over the picture."""
    span = (drawn.high - drawn.low) or 1.0
    tiles = iter(range(len(drawn.maps)))

    def report() -> None:
        channel = st.session_state[key].get("chosen")
        if any(channel == row.input for row in drawn.rows if row.input is not None):  # whatever else may be sent
            choose("ledger_map", _ONE)
            choose("channel", channel)

    _waterfall(
        key=key,
        data=[
            {
                "alt": alt,
                "sheet": file_url(drawn.sheet, "image/png", f"{key}-sheet") if len(drawn.maps) else "",
                "n_tiles": len(drawn.maps),
                "selected": -1 if chosen is None else chosen,
                "zero": -drawn.low / span,
                "colors": {"for": FOR, "against": AGAINST},
                "rows": [
                    {
                        "name": row.name, "note": row.note, "value": signed(row.amount),
                        "start": (row.start - drawn.low) / span, "end": (row.end - drawn.low) / span,
                        "kind": "result" if row.name == RESULT else "for" if row.amount >= 0 else "against",
                        "tile": next(tiles) if row.input is not None and len(drawn.maps) else -1,
                        "input": row.input if can_choose else None,
                    }
                    for row in drawn.rows
                ],
            }
        ],
        on_chosen_change=report,
    )  # fmt: skip


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
        trace.view(photo), trace.prepared.size, values, scale,
        unit=f"adds to {name}",
        alt=f"What adds to {name}, over the picture",
        key="ledger-probe", opacity=0.7,
        field=None if ends.maps is None else network.layer(ends.maps).receptive_field,
    )  # fmt: skip
    take_away(text, "class-map", lambda: heat_map(countable(values, 560), scale), lambda: values, code)


def layers_after(selection: Selection) -> None:
    """Every layer after the last maps: what it does, its shape, its share of the parameters."""
    trace, ends = selection.trace, head(selection.network)
    total = sizes(selection.network).n_all
    rows = [_Row((ends.maps or "picture", "the last maps" if ends.maps else "pixels", by(ends.shape), ""), None)]
    for layer in ends.layers:
        n = layer.n_parameters
        amount_of = f"{n:,} ({percent(n / total)} of all)" if n else ""
        rows.append(
            _Row(
                (layer.name, f"{layer.kind}: {say.layer_sentence(trace, layer)}", by(layer.shape), amount_of),
                n / total if n else None,
            )
        )
    last = "sigmoid" if len(trace.logits) == 1 else "softmax"
    rows.append(_Row((last, say.end_sentence(trace), str(len(trace.probabilities)), ""), None))
    _table(("layer", "what it does", "gives", "parameters"), rows, "The layers after the last maps", "tail")
    st.caption(plain(say.size_sentence(trace)))


@dataclass(frozen=True)
class _Row:
    """A row of a table: its cells, and the bar under the last one, a share of its width or none."""

    cells: tuple[str, ...]
    bar: float | None
    strong: bool = False


def _table(columns: Sequence[str], rows: Sequence[_Row], alt: str, key: str) -> None:
    _sums(
        key=key,
        data=[
            {
                "columns": list(columns),
                "alt": alt,
                "rows": [{"cells": list(row.cells), "bar": row.bar, "strong": row.strong} for row in rows],
            }
        ],
    )


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
        unit = int(
            st.number_input(
                f"Neuron, 0 to {first.shape[0] - 1}",
                0,
                first.shape[0] - 1,
                key="neuron",
                bind="query-params",
                persist_state="session",
            )
        )
        strongest = int(np.nan_to_num(trace[first.name]).reshape(-1).argmax())
        st.button(f"The strongest: {strongest}", on_click=choose, args=("neuron", strongest))
    found = trace.view(c.neuron, unit)
    st.markdown(plain(neuron_sentence(trace, first.name, unit, found)))
    values = found.by_position
    where, rows = st.columns([2, 3], gap="medium")
    with where:
        scale = scale_of(values)
        probe(
            trace.view(photo), trace.prepared.size, values, scale, unit=f"adds to neuron {unit} of {first.name}",
            alt=f"What neuron {unit} of {first.name} adds up, over the picture", key="neuron-probe", opacity=0.7,
        )  # fmt: skip
        take_away(
            neuron_map_sentence(found),
            "neuron",
            lambda: heat_map(countable(values, 560), scale),
            lambda: found.products,
            snippets.neuron_products(setting(selection), unit),
        )
    with rows:
        if len(found.values) > 1:
            _draw(waterfall(_by_channel(trace, found), 5, found.values), None, "neuron-channels",
                  f"Neuron {unit} of {first.name} as a sum over the channels", False)  # fmt: skip
        else:
            weights = found.gains[0]
            probe(
                trace.view(photo), trace.prepared.size, weights, scale_of(weights), unit=f"weights of neuron {unit}",
                alt=f"The weights of neuron {unit}, one for each pixel", key="neuron-weights", opacity=1.0,
            )  # fmt: skip
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
        _Row(("sum", "", "", number(steps.total), "", "", number(steps.shifted_total), "100 %"), None, strong=True)
    )
    columns = ("class", "logit z", "z ÷ T", "e^(z÷T)", "÷ sum", "z÷T − max", "e^ of that", "÷ sum = probability")
    _table(columns, rows, "Softmax, step by step", "softmax")
    st.markdown(plain(sure_sentence(steps)))
    take_away(
        shift_sentence(steps),
        "softmax",
        lambda: softmax_png(steps),
        lambda: tempered(trace, temperature),
        snippets.tempered_probabilities(setting(selection), temperature),
    )
    ask(shift_question(trace), "shift-question")


def _softmax_row(row: SoftmaxRow, steps: Softmax) -> _Row:
    """The steps of one class; of several together, only what can be added up."""
    cells = (
        row.category, number(row.logit), number(row.scaled), number(row.exponential),
        _quotient(row.exponential, steps.total), number(row.shifted), number(row.shifted_exponential),
        percent(row.probability),
    )  # fmt: skip
    if row.index is None:
        cells = (cells[0], "", "", *cells[3:5], "", *cells[6:])
    return _Row(cells, row.probability)


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
    rows = [_Row((name, f"{n:,}"), n / most) for name, n in counts]
    _table(("", "parameters, biases included"), rows, "Parameters with and without convolution", "sizes")
    st.markdown(plain(say.convolution_sentence(found)))

"""The parts of the page on the classifier that show a logit as a sum, and where in the picture it comes from."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from ...classifier import decomposition as c
from ...classifier import sentences as say
from ...classifier import snippets
from ...classifier.figures import waterfall, waterfall_png
from ...classifier.head import head
from ...classifier.logits import READINGS, ledger, readings
from ...classifier.map_sentences import (
    channel_map_sentence,
    channel_question,
    map_sentence,
)
from ...classifier.softmax_sentences import odds_sentence
from ...drawing.color import scale_of
from ...drawing.picture import countable, heat_map, photo
from ...drawing.placing import note
from ...trace import Trace, as_maps
from ...wording import number
from ..elements.overlay import Heat, Photo
from ..elements.pickers import class_names, pick_channel, pick_one, pick_stretched
from ..elements.probe import probe
from ..elements.question import ask
from ..elements.waterfall import running_sum
from ..frame import session
from ..frame.boundary import fragment, plain
from ..frame.session import Selection, choose
from ..frame.takeaway import setting, take_away

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
    selection = session.selection()
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
    selection = session.selection()
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
    found = trace.view(c.decompose, target, other)
    ends, name = head(network), say.ledger_name(trace, target, _subtracted(trace, other))
    if channel is None:
        values = trace.view(c.class_map, target, other)
        text = map_sentence(trace, found, target, _subtracted(trace, other))
        code = snippets.class_evidence(setting(selection), other)
    else:
        values = c.channel_map(trace, channel, target, other)
        text = channel_map_sentence(trace, values, channel, name)
        code = snippets.channel_evidence(setting(selection), channel, other)
    scale = scale_of(values)
    truly = None if ends.maps is None else network.places(ends.maps)
    places = None if ends.maps is None or pick_stretched(network, ends.maps) else truly
    unit = f"adds to {name}{note(truly, places)}"
    probe(
        Photo(trace.view(photo), trace.prepared.size),
        Heat(values, scale, f"What adds to {name}, over the picture", unit, opacity=0.7, places=places),
        "ledger-probe",
        None if ends.maps is None else network.layer(ends.maps).receptive_field,
    )
    take_away(text, "class-map", lambda: heat_map(countable(values, 560), scale), lambda: values, code)

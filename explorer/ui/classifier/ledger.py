"""The parts of the page on the classifier that show a logit as a sum, and where in the picture it comes from."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from ...classifier import decomposition as c
from ...classifier import sentences as say
from ...classifier import snippets
from ...classifier.figures import running_sum, waterfall
from ...classifier.head import head
from ...classifier.logits import READINGS, ledger, readings, source_of
from ...classifier.map_sentences import (
    channel_map_sentence,
    channel_question,
    map_sentence,
)
from ...classifier.softmax_sentences import odds_sentence
from ...drawing.color import scale_of
from ...drawing.picture import countable, heat_map, photo
from ...drawing.series import numbers
from ...elements.ledger import ALL, MAPS, ONE, SIDES, LedgerShown
from ...elements.ledgers import ledgers, subtracted
from ...elements.overlay import Photo
from ...targets import class_names
from ...trace import Trace, as_maps
from ...wording import number
from ..elements.ledger import ledger_view
from ..elements.pickers import follow_class, pick_one, pick_stretched
from ..elements.question import ask
from ..frame import session
from ..frame.boundary import fragment, plain
from ..frame.link import say_unmet, standing, standing_number
from ..frame.session import Selection, choose
from ..frame.takeaway import setting, take_away
from ..units.link import address, go_on, go_to_unit, link_to_unit

_RUNNER_UP = "the runner-up"
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


def logit() -> None:
    """The ledger of the class to explain, or of its lead over another one; and where in the picture it comes from."""
    selection = session.selection()
    trace, network = selection.trace, selection.network
    assert trace.target is not None  # a selection's trace has one
    target, maps = trace.target, head(network).maps
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        other = _pick_other(trace)
        reading = pick_one("Add up the", readings(network), "ledger_of", is_in_row=True)
        is_stretched = maps is not None and pick_stretched(network, maps)
    for key, options in (("ledger_map", MAPS), ("ledger_rows", SIDES)):  # which the browser has boxes for
        st.session_state.setdefault(key, standing(key, options) or options[0])
        say_unmet(key, options)
    _look(reading, other, is_stretched)
    second = next(p.index for p in trace.top(2) if p.index != target)  # whose ledger is not on the screen
    asked = trace.view(channel_question, second)
    if asked is not None and maps is not None:
        question, channels = asked
        ask(replace(question, pictures=trace.view(_pictures, maps, tuple(channels))), "channel-question")


def _pictures(trace: Trace, layer: str, channels: tuple[int, ...]) -> tuple[bytes, ...]:
    """Some maps of a layer, all on one scale."""
    sheet = as_maps(trace[layer])[[*channels]]
    scale = scale_of(sheet)
    return tuple(heat_map(countable(one, 112), scale) for one in sheet)


@fragment
def _look(reading: str, other: int | None, is_stretched: bool) -> None:
    """The part that is drawn anew when something was chosen in it: the ledger as a waterfall, beside it what all
    channels, or one, add in each cell of the picture, and what can be taken away of both."""
    follow_class(session.selection().network)
    selection = session.selection()
    trace, network = selection.trace, selection.network
    assert trace.target is not None  # a selection's trace has one
    ends, names = head(network), class_names(network)
    can_choose, source = reading == READINGS[1] and ends.maps is not None, source_of(network, reading)
    now = LedgerShown(
        name=names[trace.target],
        likeliest=names[trace.top(1)[0].index],
        channel=0 if ends.maps is None else standing_number("channel", network.layer(ends.maps).n_channels - 1),
        map=(standing("ledger_map", MAPS) or ALL) if can_choose else ALL,
        side=standing("ledger_rows", SIDES) or SIDES[0],
        is_choice=can_choose,
    )

    def leave(channel: object) -> None:
        if source is not None and isinstance(channel, int):
            go_to_unit(source, channel)

    ledger_view(
        Photo(trace.view(photo), trace.prepared.size),
        ledgers(trace, reading, other, now.channel, is_stretched),
        now,
        "ledger",
        {
            "class": lambda name: choose("class", None if name == now.likeliest else name),
            "channel": lambda channel: choose("channel", channel),
            "ledger_map": lambda chosen: choose("ledger_map", chosen),
            "ledger_rows": lambda chosen: choose("ledger_rows", chosen),
            "unit": leave,
        },
        None if source is None else (source, address(source)),
    )
    go_on()
    rows, where = st.columns([3, 2], gap="medium")
    with rows:
        _take_sum(selection, reading, other, int(now.side.split()[0]))
    with where:
        _take_map(selection, now.channel if now.map == ONE else None, trace.target, other)
        if ends.maps is not None and can_choose:
            link_to_unit(network, ends.maps, now.channel)


def _take_sum(selection: Selection, reading: str, other: int | None, n: int) -> None:
    """What the waterfall says, in words and to take away."""
    trace = selection.trace
    assert trace.target is not None  # a selection's trace has one
    target, ends, less = trace.target, head(trace.network), subtracted(trace, other)
    found = trace.view(ledger, reading, target, other)
    maps = as_maps(trace[ends.maps]) if found.is_by_channel and ends.maps is not None else None
    drawn = waterfall(found, n, maps)
    notes = f"{say.terms_note(trace, found, less)} {say.difference_note(trace, other)}"
    if maps is not None:
        notes += " The small maps share one scale, "
        notes += f"{number(drawn.scale.low)} to {number(drawn.scale.high)}."
    name = say.ledger_name(trace, target, less)
    take_away(
        f"{say.ledger_sentence(trace, found, n, target, less)} {notes}",
        "ledger",
        None,
        lambda: found.terms,
        snippets.logit_terms(setting(selection), reading, other),
        lambda: numbers(running_sum(drawn, f"{name}, term by term", "sum so far, in logits")),
    )


def _pick_other(trace: Trace) -> int | None:
    """The class to subtract, if one is to be."""
    if pick_one("The logit of", _KINDS, "ledger_kind", is_in_row=True) == _KINDS[0]:
        return None
    names = class_names(trace.network)
    others = [name for i, name in enumerate(names) if i != trace.target]
    chosen = pick_one("Minus", [_RUNNER_UP, *others], "other_class", is_in_row=True)
    if chosen != _RUNNER_UP:
        return names.index(chosen)
    return next(p.index for p in trace.top(2) if p.index != trace.target)


def _take_map(selection: Selection, channel: int | None, target: int, other: int | None) -> None:
    """What all channels, or one, add to the logit, cell by cell: in words and to take away."""
    trace = selection.trace
    found, less = trace.view(c.decompose, target, other), subtracted(trace, other)
    if channel is None:
        values = trace.view(c.class_map, target, other)
        text = map_sentence(trace, found, target, less)
        code = snippets.class_evidence(setting(selection), other)
    else:
        values = c.channel_map(trace, channel, target, other)
        text = channel_map_sentence(trace, values, channel, say.ledger_name(trace, target, less))
        code = snippets.channel_evidence(setting(selection), channel, other)
    take_away(text, "class-map", lambda: heat_map(countable(values, 560), scale_of(values)), lambda: values, code)

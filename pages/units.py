"""Who is this channel? Everything that is known of one unit, on one page; and all units, to be found."""

import streamlit as st

from explorer.filters.sentences import filter_sentence
from explorer.ui.elements.bar import Chosen, bar
from explorer.ui.elements.views import views
from explorer.ui.filters.tuning import answers
from explorer.ui.frame import session
from explorer.ui.frame.boundary import plain
from explorer.ui.synthesis.pane import what_it_wants
from explorer.ui.units.classes import classes_of, uses_over
from explorer.ui.units.finding import all_units
from explorer.ui.units.link import ALL, ONE
from explorer.ui.units.many import histogram, nearest, over_many, told_apart
from explorer.ui.units.noted import noted
from explorer.ui.units.up_close import made_of, on_this_picture, read_by
from explorer.units.paths import filter_of
from explorer.units.sentences import unit_sentence


def one(chosen: Chosen) -> None:
    """On this picture, before it, behind it; then over many pictures, its classes and its like."""
    selection, layer, channel = session.selection(), chosen.layer, chosen.channel
    trace, network = selection.trace, selection.network
    st.markdown(plain(unit_sentence(network, layer, channel)))
    noted(network, layer, channel)
    here, before, behind = st.columns(3, gap="medium")
    with here:
        on_this_picture(selection, layer, channel)
    with before:
        made_of(trace, layer, channel)
    with behind:
        read_by(trace, layer, channel)
    known = over_many(selection, layer, channel)
    classes, apart, like = st.columns(3, gap="medium")
    with classes:
        classes_of(selection, layer, channel)
    with apart:
        if known is not None:
            histogram(trace, *known, channel)
            told_apart(*known, channel)
    with like:
        nearest(trace, layer, channel, known)
        uses_over(selection, known, channel)
    st.header("What it wants")
    what_it_wants(selection, layer, channel)
    if (maker := filter_of(network, layer, channel)) is not None:
        st.header("What it answers to")
        st.markdown(plain(filter_sentence(trace, *maker)))
        answers(selection, *maker)


# No fragment here: a click in a fragment waits until what runs in it has ended, and Cancel must not wait.
chosen = bar("Units", session.selection().network, session.selection().network.stages[0])
views({ONE: lambda: one(chosen), ALL: lambda: all_units(session.selection())}, "unit_view")

"""What a teacher has noted about a unit: seen by all as text, written by the teacher alone."""

from __future__ import annotations

import streamlit as st

from ...errors import BadNote
from ...networks.network import Network
from ...units.notes import MOST_CHARACTERS, Note, keep, note_of, notes_file
from ..frame.boundary import plain
from ..frame.teacher import is_teacher


def noted(network: Network, layer: str, channel: int) -> None:
    """The note, and for the teacher a field to write it in."""
    name = network.resolve(layer)
    try:
        text = note_of(notes_file(), network.key, name, channel)
    except BadNote as error:
        st.info(plain(str(error)))
        return
    if not is_teacher():
        if text:
            st.header("Noted")
            st.text(text)
        return
    st.header("Noted")
    key = f"note of {network.key} {name} {channel}"
    with st.form("unit-note", border=False):
        st.text_area(
            "What everybody reads about this unit", text, max_chars=MOST_CHARACTERS, key=key, height=100,
            placeholder="Plain text; empty takes the note away",
        )  # fmt: skip
        st.form_submit_button("Keep the note", on_click=_keep, args=(network, name, channel, key))
    st.caption(plain(f"Kept in {notes_file()}, for these weights of {network.title}."))


def _keep(network: Network, layer: str, channel: int, key: str) -> None:
    if is_teacher():  # whoever sent this
        try:
            keep(notes_file(), Note(network.name, network.key, layer, channel, str(st.session_state[key])))
        except BadNote as error:
            st.error(plain(str(error)))

"""The app's entry: page table, sidebar, error boundary.

Run by `python -m explorer app`. It is not beside pages/: there, Streamlit would find the pages by itself as well, and
a deep link to a cold server would show one without its frame.
"""

from __future__ import annotations

import sys
from contextlib import nullcontext
from itertools import chain
from pathlib import Path

import streamlit as st

if "explorer" not in sys.modules:  # a bare `streamlit run`, which puts only this file's folder on the path
    sys.path.insert(0, str(Path(__file__).parents[2]))  # first, so that nothing of another copy is mixed in

from explorer.places import assets
from explorer.ui import frame
from explorer.ui.frame.arrival import arrive
from explorer.ui.frame.boundary import plain, sentences
from explorer.ui.frame.garbage import SWEEPER
from explorer.ui.frame.link import leave
from explorer.ui.frame.pages import FIRST, LED_BACK, WITHOUT_SELECTION, menu, table
from explorer.ui.frame.spoken import speak
from explorer.ui.frame.teacher import admit
from explorer.ui.frame.undo import remembered
from explorer.ui.frame.visits import note_visit
from explorer.ui.uploads import refusal

SWEEPER.begin()
note_visit()
admit()
speak()
pages = table()
page = st.navigation(list(chain(*pages.values())), position="hidden")
st.set_page_config(f"{page.title} · CNN explorer", str(assets() / "icon.png"), layout="wide")
st.html(Path(frame.__file__).with_name("frame.css"))
with st.sidebar:
    row = st.container(key="tools-row")
    choices = st.container()
    menu(pages)
    along = st.container()


def run(page: st.Page) -> None:
    """The page, and below it what it is about, also where it ends early."""
    from explorer.ui.frame.opening import say_opening
    from explorer.words.openings import PAGES

    try:
        page.run()
    finally:
        say_opening(PAGES[page.url_path or FIRST], "page-about")


with remembered(page.url_path), sentences():
    arrive(page.url_path)
    if problem := refusal():
        st.warning(plain(problem))
    # the first visitor of a server may be here before torch; a spinner is a thread of its own, in each run
    with nullcontext() if SWEEPER.has_started else st.spinner("Getting the network ready …"):
        from explorer.ui.at_hand import at_hand, go_on
        from explorer.ui.frame.along import take_along
        from explorer.ui.frame.session import select
        from explorer.ui.frame.start import start_up
        from explorer.ui.sidebar import sidebar

        start_up()
    go_on()
    if page.url_path in WITHOUT_SELECTION:
        run(page)
    try:
        # derived anew in every run; the other pages read it there
        select(sidebar(choices, (page.url_path or FIRST) in LED_BACK))
    finally:  # also where something is to be chosen first: the way back is there
        at_hand(row, page.url_path)
    if page.url_path not in WITHOUT_SELECTION:
        with along:
            take_along()
        run(page)
        leave(page.url_path)

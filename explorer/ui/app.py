"""The app's entry: page table, sidebar, error boundary.

Run by `python -m explorer app`. It is not beside pages/: there, Streamlit would find the pages by itself as well, and
a deep link to a cold server would show one without its frame.
"""

from __future__ import annotations

import sys
from pathlib import Path

import streamlit as st

if "explorer" not in sys.modules:  # a bare `streamlit run`, which puts only this file's folder on the path
    sys.path.insert(0, str(Path(__file__).parents[2]))  # first, so that nothing of another copy is mixed in

from explorer.places import assets
from explorer.ui.elements.pickers import PAGES
from explorer.ui.frame.boundary import sentences
from explorer.ui.frame.link import arrive
from explorer.ui.frame.session import select, start_up
from explorer.ui.sidebar import sidebar

weights = st.Page(PAGES / "weights.py", title="Weights")
page = st.navigation(
    [
        st.Page(PAGES / "overview.py", title="Overview", default=True),
        st.Page(PAGES / "architecture.py", title="Architecture"),
        st.Page(PAGES / "filters.py", title="Filters"),
        st.Page(PAGES / "feature_maps.py", title="Feature maps"),
        st.Page(PAGES / "switchboard.py", title="Switchboard"),
        st.Page(PAGES / "convolution.py", title="Convolution"),
        st.Page(PAGES / "pooling.py", title="Pooling"),
        st.Page(PAGES / "classifier.py", title="Classifier"),
        st.Page(PAGES / "saliency.py", title="Saliency"),
        weights,
    ]
)
st.set_page_config(f"{page.title} · CNN explorer", str(assets() / "icon.png"), layout="wide")
with sentences():
    arrive()
    start_up()
    if page == weights:  # it must be there above all where the sidebar's choice is not
        page.run()
    select(sidebar())  # derived anew in every run; the other pages read it there
    if page != weights:
        page.run()

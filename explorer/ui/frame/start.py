"""What happens once per process, and again when everybody has left."""

from __future__ import annotations

import gc

import streamlit as st

from ...loading.catalog import CATALOG, FIRST_NETWORK
from ...loading.published import find_set
from ...pictures.samples import SAMPLES, load_sample
from ...running.limit import give_back, shared_room
from .caches import caches
from .garbage import SWEEPER
from .session import Selection, network, offered
from .visits import VISITS


@st.cache_resource(show_spinner=False)
def start_up() -> None:
    """Once per process: make the pass that the first visitor sees, then take everything that lives for ever out of the
    garbage collector's sight, and have the rest swept in turn. It is not looked through now, for the little garbage
    that imports leave: that would take 0.3 s while the first visitor waits."""
    try:
        _first_pass()
    finally:
        gc.freeze()
        SWEEPER.start()
        VISITS.start(_start_again)
        gc.enable()


def _start_again() -> None:
    """What is kept for visitors goes, and the system has the memory back."""
    shared_room().free(shared_room().n_bytes)
    _first_pass()  # whoever comes next finds what the first visitor found,
    shared_room().free(caches().arrays.n_bytes)  # but for the large arrays: what is seen first is of the stages
    SWEEPER.sweep()
    give_back()


def _first_pass() -> None:
    """The first network over the first picture: what a visitor without a link sees. Raises as `load_network` does."""
    first = next(iter(offered().values()), None)
    usual = find_set(CATALOG[FIRST_NETWORK], "pretrained").name
    _ = Selection(load_sample(next(iter(SAMPLES))), first or network(FIRST_NETWORK, usual), None, True).trace

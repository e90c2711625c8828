"""What a filter answers to: measured while the page waits, with a button that stops it."""

from __future__ import annotations

import threading
from functools import partial

import streamlit as st

from ...filters.gratings import Tuning, tuning
from ...filters.sentences import tuning_sentence
from ...filters.snippets import answers_to_stripes
from ...filters.tables import grating_table, hue_bars, tables_png
from ...networks.network import Network
from ..elements.numbers import numbers
from ..elements.pickers import pick_switch
from ..frame.boundary import fragment
from ..frame.session import Selection, choose
from ..frame.takeaway import setting, take_away


def answers(selection: Selection, layer: str, index: int) -> None:
    """The filter's answers to stripes and to plain colours, once they are asked for."""
    network = selection.network
    if not pick_switch("Measure it with stripes and plain colours", "tuned"):
        return
    tuned = measured(network, layer, "tuned")
    if tuned is None:
        return
    table = grating_table(tuned, layer, index)
    numbers([table], "tuning-numbers", hue_bars(tuned, index), "Answer to plain colours")
    take_away(
        tuning_sentence(tuned, layer, index),
        "tuning",
        lambda: tables_png([table]),
        lambda: tuned.gratings[index],
        answers_to_stripes(setting(selection), layer, index),
    )


class _Stopped(Exception):
    """Raised where the progress is told, to end a measurement."""


class _Measurement(threading.Thread):
    """A layer's tuning being measured for one visitor. In a thread of its own, since a fragment that is busy hears of
    no click; visitors who want the same one share it (`tuning` sees to that)."""

    def __init__(self, network: Network, layer: str) -> None:
        super().__init__(daemon=True)
        self.what = network.key, layer
        self.share = 0.0
        self.is_stopped = False
        self.found: Tuning | None = None
        self.error: Exception | None = None
        self._measure = partial(tuning, network, layer, self._report)

    def run(self) -> None:
        try:
            self.found = self._measure()
        except _Stopped:
            pass
        except Exception as error:
            self.error = error  # for the page, whose boundary makes a sentence of it

    def _report(self, share: float) -> None:
        self.share = share
        if self.is_stopped:
            raise _Stopped


def measured(network: Network, layer: str, switch: str) -> Tuning | None:
    """A layer's tuning; None while it is being measured, which is shown with a button that turns `switch` off."""
    work: _Measurement | None = st.session_state.get("measurement")
    if work is None or work.is_stopped or work.what != (network.key, layer):
        if work is not None:
            work.is_stopped = True
        work = st.session_state["measurement"] = _Measurement(network, layer)
        work.start()
    work.join(0.1)  # what has been measured before is there by then
    if work.error is not None:
        raise work.error
    if work.found is None:
        _progress(switch)
    return work.found


def _show_progress(switch: str) -> None:
    work: _Measurement = st.session_state["measurement"]
    if work.is_stopped or not work.is_alive():
        st.rerun()
    st.progress(work.share, "Showing it stripes and colours …")
    st.button("Stop", key=f"{switch}-stop", on_click=_stop, args=(switch,))


def _stop(switch: str) -> None:
    st.session_state["measurement"].is_stopped = True
    choose(switch, False)


_progress = fragment(_show_progress, every=0.5)

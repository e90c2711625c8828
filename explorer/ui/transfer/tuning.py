"""More of the network trained than its head: what is to be, the training while it runs, and its end."""

from __future__ import annotations

import functools
from collections.abc import Hashable

import streamlit as st

from ...running.queue import trainings
from ...transfer import Learned, Tuning
from ...transfer.aside import Aside
from ...transfer.figures import accuracy_lines, loss_lines
from ...transfer.sentences import reached_sentence, tuning_sentence
from ...transfer.tuning import IN_WORDS, Layers, curve_of
from ..elements.chart import live_chart
from ..elements.pickers import pick_one
from ..frame.boundary import fragment, plain
from ..frame.caches import caches
from ..frame.session import KEPT_IN_LINK, visitor
from .pictures import Given

_HEAD = "the head alone"
_RATES = ("0.001", "0.0001", "0.0003", "0.003", "0.01")
_LEFT = "transfer-left"  # the training that this visitor does not wait for any more
_MOST = 16  # trainings that are known at once


def pick_tuning() -> Tuning | None:
    """Which layers are trained, and how; None for the head alone."""
    layers: dict[str, Layers] = {words: name for name, words in IN_WORDS.items()}
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        chosen = pick_one("Train", (_HEAD, *layers), "transfer_layers", is_in_row=True)
        is_head = chosen == _HEAD
        n_epochs = int(
            st.number_input("Epochs", 1, 50, 5, key="transfer_epochs", **KEPT_IN_LINK, disabled=is_head, width=120)
        )
        rate = pick_one("Learning rate", _RATES, "transfer_rate", disabled=is_head, is_in_row=True)
    return None if is_head else Tuning(layers[chosen], n_epochs=n_epochs, learning_rate=float(rate))


def tuned(found: Learned, given: Given, tuning: Tuning) -> Learned:
    """What came of training more than the head, when somebody has asked for it; until then the head's. It goes on
    while other pages are looked at, and is found again after a reload."""
    key = found.base.key, given.key, tuning
    done = caches().learned.find(key)
    if done is not None:
        return done
    aside = _asides().get(key)
    if aside is not None and aside.found is not None:
        del _asides()[key]
        made = aside.found
        return caches().learned.get(key, lambda: made)
    if aside is not None and aside.error is not None:
        del _asides()[key]
        raise aside.error
    if aside is None or aside.is_stopped or st.session_state.get(_LEFT) is aside:
        st.caption(plain(tuning_sentence(found, tuning)))
        st.button(
            f"Train {IN_WORDS[tuning.layers]} on", key="transfer-tune", type="primary", on_click=_begin,
            args=(key, found, tuning),
        )  # fmt: skip
    else:
        _follow(aside)
    return found


@functools.cache  # and none of Streamlit's caches, which any visitor can clear
def _asides() -> dict[Hashable, Aside]:
    """The trainings of all visitors: equal ones are one."""
    return {}


def _begin(key: Hashable, found: Learned, tuning: Tuning) -> None:
    st.session_state.pop(_LEFT, None)
    asides = _asides()
    running = asides.get(key)
    if running is None or running.is_stopped:
        asides[key] = Aside(found, tuning, trainings(), visitor())
        for old in [old for old, one in asides.items() if not one.is_alive() and old != key][: len(asides) - _MOST]:
            del asides[old]


def _leave(aside: Aside) -> None:
    aside.leave(visitor())
    st.session_state[_LEFT] = aside


def _show(aside: Aside) -> None:
    """How far it is, drawn anew twice a second. Its button gives no other widget a value: with what asks for itself the
    browser sends every widget's value as it knew it."""
    if aside.found is not None or aside.error is not None or aside.is_stopped or st.session_state.get(_LEFT) is aside:
        st.rerun()
    aside.look(visitor())
    reached = aside.reached
    share = reached.done / reached.total if reached is not None else 0.0
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        st.progress(share, plain(reached_sentence(reached, aside.place)))
        st.button("Cancel", key="transfer-tune-cancel", on_click=_leave, args=(aside,))
    points = [*aside.points]
    if points:
        curve, n = curve_of(points), aside.tuning.n_epochs
        for column, lines, name in zip(
            st.columns(2, gap="medium"), (accuracy_lines(curve, n), loss_lines(curve, n)), ("right", "loss"),
            strict=True,
        ):  # fmt: skip
            with column:
                live_chart(lines, f"{lines.title}, as far as it is", f"transfer-live-{name}")


_follow = fragment(_show, every=0.5)

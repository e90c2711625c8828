"""The way back: what was chosen before, for network, picture, class, layer and channel, step by step."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

import streamlit as st

from .arrival import COMMON, asked_for

_KEY = "undo"
_MOST = 50  # steps
_KEYS = (*COMMON, "mine")  # which of several own pictures, too, which is in no link
_OPEN = ("channel", "class", "layer")  # which nobody needs to choose
_inside: ContextVar[bool] = ContextVar("inside a run that looks at what is chosen already", default=False)

Chosen = Mapping[str, object]


@dataclass
class _Past:
    """What was chosen when the last run ended, and at every step before that, the latest last."""

    now: Chosen = field(default_factory=dict)
    steps: list[Chosen] = field(default_factory=list)


def _past() -> _Past:
    found: _Past = st.session_state.setdefault(_KEY, _Past())
    return found


def _chosen() -> Chosen:
    """What is chosen for all pages; what nobody has chosen yet is as the link has it, or not there."""
    said = {key: st.session_state.get(key, asked_for(key)) for key in _KEYS}
    return {key: value for key, value in said.items() if value is not None}


def _changed(before: Chosen, after: Chosen) -> list[str]:
    """The keys that differ. A channel that nobody has chosen is number 0; other widgets come with what is usual, and
    that is nobody's choice."""
    found = []
    for key in _KEYS:
        old, new = before.get(key), after.get(key)
        is_there = key in _OPEN or old is not None
        if is_there and str(old or 0 if key == "channel" else old) != str(new or 0 if key == "channel" else new):
            found.append(key)
    return found


@contextmanager
def remembered() -> Iterator[None]:
    """Around a run of the script, or of a part of it: what was chosen anew since the last one is a step to go back."""
    if _inside.get():
        yield
        return
    token, past, now = _inside.set(True), _past(), _chosen()
    if past.now and _changed(past.now, now):
        past.steps = [*past.steps[1 - _MOST :], past.now]
    try:
        yield
    finally:
        past.now = _chosen()  # also what a widget took instead, since there was no such thing any more
        _inside.reset(token)


def go_back() -> list[str]:
    """Choose again what was chosen before the last step; in a callback. The keys that change; none where there is no
    step left."""
    past = _past()
    if not past.steps:
        return []
    before, now = past.steps.pop(), _chosen()
    for key in _KEYS:
        if key in before:
            st.session_state[key] = before[key]
        elif key in _OPEN:
            st.session_state[key] = 0 if key == "channel" else None
    past.now = _chosen()
    return _changed(before, now)

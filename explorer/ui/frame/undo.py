"""The way back, step by step: to what was chosen for all pages (network, picture, class, layer, channel), and on the
page that is shown, as far as its link tells it."""

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
_ASIDE = frozenset(
    {*_KEYS, "words", "language"}
)  # are no settings of one page; its words have a switch, which is as near
_inside: ContextVar[bool] = ContextVar("inside a run that looks at what is chosen already", default=False)

Chosen = Mapping[str, object]


@dataclass(frozen=True)
class _Step:
    """What was chosen before: for all pages, None where that is as it was, and of the page's own what was changed."""

    common: Chosen | None
    own: Chosen = field(default_factory=dict)


@dataclass
class _Past:
    """What was chosen when the last run ended, and at every step before that, the latest last. `own` are the values of
    all that the page has, of which `told` are those in its link."""

    now: Chosen = field(default_factory=dict)
    steps: list[_Step] = field(default_factory=list)
    page: str | None = None
    own: Chosen = field(default_factory=dict)
    told: frozenset[str] = frozenset()


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


def _own() -> Chosen:
    """What a page has of settings, and others that are as simple."""
    return {
        str(key): value
        for key, value in st.session_state.to_dict().items()  # which reads each but once
        if key not in _ASIDE and isinstance(value, str | int | float | list | tuple | None)
    }


@contextmanager
def remembered(page: str | None = None) -> Iterator[None]:
    """Around a run of the script, with the page that it shows, or of a part of it: what was chosen anew since the last
    one is a step to go back. What was chosen on a page that has been left is none any more."""
    if _inside.get():
        yield
        return
    token, past, now, own = _inside.set(True), _past(), _chosen(), _own()
    if page is not None and page != past.page:
        past.page, past.own = page, {}
        past.steps = [_Step(step.common) for step in past.steps if step.common is not None]
    common = past.now if past.now and _changed(past.now, now) else None
    different = {key: value for key, value in past.own.items() if key in own and own[key] != value}
    try:
        yield
    finally:
        told = frozenset(st.query_params)  # a widget that is as usual is not in the link: so before or after
        own = {key: value for key, value in different.items() if key in past.told | told}
        if common is not None or own:
            past.steps = [*past.steps[1 - _MOST :], _Step(common, own)]
        past.now = _chosen()  # also what a widget took instead, since there was no such thing any more
        past.own, past.told = _own(), told
        _inside.reset(token)


def go_back() -> list[str]:
    """Choose again what was chosen before the last step; in a callback. The keys that change; none where there is no
    step left."""
    past = _past()
    if not past.steps:
        return []
    step, now = past.steps.pop(), _chosen()
    if step.common is not None:
        for key in _KEYS:
            if key in step.common:
                st.session_state[key] = step.common[key]
            elif key in _OPEN:
                st.session_state[key] = 0 if key == "channel" else None
    for key, value in step.own.items():
        st.session_state[key] = value
    past.now, past.own = _chosen(), {**past.own, **step.own}
    return [*([] if step.common is None else _changed(step.common, now)), *step.own]

"""Whoever started the server: a token that is told to nobody else, and the visit that came with it."""

from __future__ import annotations

import functools
import hmac
import os
import re
import secrets
from urllib.parse import urlencode

import streamlit as st

from ...errors import CannotServe

VARIABLE = "EXPLORER_TEACHER_TOKEN"
QUERY, PAGE = "teacher", "server"
HOW = "the link that was printed when the server was started"
_KEY = "teacher's token"
_SHORTEST = 32  # characters: what `secrets.token_urlsafe` makes has 43


@functools.cache
def token() -> str:
    """The token of this process: what EXPLORER_TEACHER_TOKEN says, else 256 random bits. The variable is emptied, so
    that no process that is begun here has it. Raises CannotServe for a token that might be guessed."""
    given = os.environ.get(VARIABLE, "")
    if given and not re.fullmatch(rf"[A-Za-z0-9_.~-]{{{_SHORTEST},}}", given):
        raise CannotServe(
            f"{VARIABLE} holds {len(given)} characters; a token is {_SHORTEST} or more of A-Z, a-z, 0-9, '-', '_', '.' "
            "and '~'. Make one with `python -c 'import secrets; print(secrets.token_urlsafe())'`, or leave it out."
        )
    os.environ.pop(VARIABLE, None)
    return given or secrets.token_urlsafe(32)


def link(host: str, port: int) -> str:
    """The address that makes a visit the teacher's. A server that listens everywhere is named as this machine."""
    name = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    return f"http://{f'[{name}]' if ':' in name else name}:{port}/{PAGE}?{urlencode({QUERY: token()})}"


def admit() -> None:
    """Know the visit whose address holds the token, and take that out of the address, right or wrong. To be called
    before anything else looks at what the address says."""
    if QUERY in st.query_params:
        given = st.query_params.pop(QUERY)
        if _is_token(given):
            st.session_state[_KEY] = given


def is_teacher() -> bool:
    """Whether this visit came with the token."""
    return _is_token(st.session_state.get(_KEY, ""))


def _is_token(given: str) -> bool:
    return hmac.compare_digest(given.encode(errors="replace"), token().encode())

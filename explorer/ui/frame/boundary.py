"""The one place where an error becomes a sentence on the page."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import ParamSpec

import streamlit as st

from ...errors import ExplorerError
from .garbage import SWEEPER
from .turn import turns
from .undo import remembered

P = ParamSpec("P")


@contextmanager
def sentences() -> Iterator[None]:
    """Show an ExplorerError as it is written; log anything else, and say only that it happened. Who waits for a turn
    inside is told so."""
    try:
        with turns():
            yield
    except ExplorerError as error:
        st.error(plain(str(error)))
    except Exception:
        logging.getLogger("explorer").exception("a page failed")
        st.error("Something went wrong that should not have; the log says what. Choose another picture or network.")


def fragment(function: Callable[P, None], every: float | None = None) -> Callable[P, None]:
    """A part of a page that runs alone when something in it is changed, and every so many seconds, with an error
    boundary of its own."""

    @st.fragment(run_every=every)
    def guarded(*arguments: P.args, **options: P.kwargs) -> None:
        SWEEPER.begin()
        with remembered(), sentences():
            function(*arguments, **options)

    return guarded


def plain(text: str) -> str:
    """Text that Markdown leaves as it is: names of files, classes and layers are data."""
    return re.sub(r"([\\`*_\[\]#|~$<>:&])", r"\\\1", text)

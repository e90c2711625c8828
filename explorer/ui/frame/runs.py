"""The trainings of all visitors."""

from __future__ import annotations

import functools

from ...scratch.runs import Runs


@functools.cache  # and none of Streamlit's caches, which any visitor can clear
def runs() -> Runs:
    """All of them; who has a training's key may look at it and steer it."""
    return Runs()

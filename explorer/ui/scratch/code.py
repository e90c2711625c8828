"""The same training as code, to run elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import streamlit as st

from ...scratch.settings import Plan
from ...scratch.snippets import in_keras, in_pytorch
from ..elements.views import views
from ..frame.boundary import plain


def code(plans: Sequence[Plan]) -> None:
    """With the settings that are chosen, in the words of two libraries."""
    views({"PyTorch": partial(_shown, plans, in_pytorch), "Keras": partial(_shown, plans, in_keras)}, "scratch_code")


def _shown(plans: Sequence[Plan], written: Callable[[Plan], str]) -> None:
    for plan in plans:
        if len(plans) > 1:
            st.markdown(f"**{plain(plan.title)}**")
        st.code(written(plan), language="python")

"""A head being trained, how it learned, what it takes for what, and the network as one's own."""

from __future__ import annotations

import numpy as np
import streamlit as st

from ...running.cache import Shelf
from ...running.progress import Progress
from ...transfer import Curve, Examples, Learned, learn, snippets
from ...transfer.figures import accuracy_lines, loss_lines
from ...transfer.sentences import learned_sentence
from ..elements.chart import chart
from ..frame.boundary import plain
from ..frame.caches import caches
from ..frame.progress import from_shelf, with_progress
from ..frame.session import Selection
from ..frame.takeaway import setting
from ..loading.keeping import keep_network
from .pictures import Given

_AT_ONCE = "transfer-at-once"  # whether somebody has asked for the training by another button


def trained(selection: Selection, given: Given, examples: Examples) -> Learned | None:
    """The head, when somebody has asked for it; None until then."""
    network, shelf = selection.network, Shelf(caches().learned, (selection.network.key,))
    what = f"Showing {len(examples.examples)} pictures to {network.title}"

    def work(progress: Progress | None) -> Learned:
        return learn(network, examples, progress=progress)

    if st.session_state.pop(_AT_ONCE, False) and shelf.find(given.key) is None:
        made = with_progress(what, "transfer-train-work", work)
        return shelf.get(given.key, lambda: made)
    return from_shelf(
        shelf, given.key, False, f"Train a new head on what {network.title} sees", "transfer-train", what, work
    )


def at_once() -> None:
    """Train in the run that follows, without another button; only in a callback."""
    st.session_state[_AT_ONCE] = True


def learning(selection: Selection, given: Given, found: Learned) -> None:
    """The curves of the training of the head, and of what came after it."""
    _curves(
        selection, given, found, found.head.curve, "found.head.curve", "transfer",
        "Epoch 0 is before any training, where all classes are alike.",
    )  # fmt: skip
    if found.tuned is not None and found.tuning is not None:
        st.markdown(plain(f"Then {found.tuning.in_words}."))
        _curves(
            selection, given, found, found.tuned, "found.tuned", "transfer-tuned",
            "Epoch 0 is where the head alone has come to.",
        )  # fmt: skip


def _curves(
    selection: Selection, given: Given, found: Learned, curve: Curve, in_code: str, key: str, sentence: str
) -> None:
    left, right = st.columns(2, gap="medium")
    with left:
        what = f"np.array({in_code}.held_out_accuracy)"
        chart(
            accuracy_lines(curve), f"Right answers by epoch. {learned_sentence(found)}", f"{key}-accuracy", sentence,
            lambda: np.array(curve.held_out_accuracy),
            snippets.trained(setting(selection), given.code, what, found.tuning),
        )  # fmt: skip
    with right:
        what = f"np.array({in_code}.held_out_loss)"
        chart(
            loss_lines(curve), "Cross entropy by epoch", f"{key}-loss",
            "Where the one of the held-out pictures rises again, what is learned is the others by heart.",
            lambda: np.array(curve.held_out_loss),
            snippets.trained(setting(selection), given.code, what, found.tuning),
        )  # fmt: skip


def keep(found: Learned) -> None:
    """The network on all pages, and as a file."""
    how = "" if found.tuning is None else "-fine-tuned"
    name = f"{found.base.name}-{len(found.examples.categories)}-classes{how}"
    keep_network(found.network, found.base, name, found.file, found.card, "transfer")

"""Another pooling in a network, on the page on pooling: its answer, and its answers while the picture moves."""

from __future__ import annotations

from functools import partial

import streamlit as st

from ...networks.cost import is_quick
from ...pooling import snippets
from ...pooling.exchange import ShiftTest, Swap, alike, shift_test, swap, swappable
from ...pooling.figures import moving_lines
from ...pooling.kinds import KINDS
from ...pooling.layers import pooling_of
from ...pooling.sentences import shift_sentence, swap_sentence
from ...predictions import Prediction
from ...trace import Trace
from ...wording import percent
from ..elements.chart import chart
from ..elements.pickers import pick_one
from ..frame import session
from ..frame.boundary import plain
from ..frame.progress import from_shelf, with_progress
from ..frame.session import KEPT_IN_LINK, Selection
from ..frame.takeaway import setting, take_away

_USUAL = ("max", "average", "stride only", "max blur-pool")
_READINGS = {
    "probabilities": "The whole picture moves to the right; at its left, its edge column is repeated. A pooling that "
    "does not mind where things are would give a level line.",
    "changes": "How far the output is from that of the picture at rest, once it is moved back by whole cells, in parts "
    "of its own size. Where a shift is a whole number of cells, only the edge differs.",
}
_NO_CELLS = "How far the output is from that of the picture at rest, in parts of its own size."


def exchange(layer: str) -> None:
    """Each kind in the place of the layer, and what becomes of the answer. No fragment: Cancel must not wait."""
    selection = session.selection()
    trace = selection.trace
    swappable(trace.network, layer)  # or a sentence, before anything is asked
    found = from_shelf(
        selection.swaps, layer, is_quick(trace.network, len(KINDS)),
        f"Exchange it: {len(KINDS)} passes of what follows", "exchange", "Exchanging",
        lambda progress: swap(trace, layer, progress=progress),
    )  # fmt: skip
    if found is None:
        return
    st.markdown("\n".join(_table(trace, found)))
    take_away(
        swap_sentence(trace, found),
        "pooling-exchange",
        None,
        lambda: found.probabilities,
        snippets.exchanged_pooling(setting(selection), layer, 0),
    )


def _table(trace: Trace, found: Swap) -> list[str]:
    target, best, names = _explained(trace), trace.top(1)[0].index, trace.network.categories
    rows = [("**as it is**", best, trace.probabilities)]
    rows += [(kind, found.top(i), found.probabilities[i]) for i, kind in enumerate(found.kinds)]
    return [
        f"| Pooling | Likeliest class | “{plain(target.category)}” | Survives |",
        "|---|---|---|---|",
        *(
            f"| {kind} | {plain(names[top])}, {percent(float(p[top]))} | {percent(float(p[target.index]))} | "
            f"{'yes' if top == best else 'no'} |"
            for kind, top, p in rows
        ),
    ]


def _explained(trace: Trace) -> Prediction:
    assert trace.target is not None  # a selection's trace has one
    return trace.prediction(trace.target)


def moving(layer: str) -> None:
    """The picture moves pixel by pixel. No fragment: a click in one waits, and Cancel must not."""
    selection = session.selection()
    trace, network = selection.trace, selection.network
    own = pooling_of(network, layer).rule
    together, others = alike(network, layer), [kind for kind in KINDS if kind != own]
    swappable(network, layer)  # or a sentence, before anything is asked
    left, right = st.columns([2, 1])
    with left:
        kinds = st.multiselect(
            "Put in its place", others, [kind for kind in _USUAL if kind in others], key=f"shifted-{own}",
            **KEPT_IN_LINK,
        )  # fmt: skip
    with right:
        where = pick_one("In the place of", ("this layer", f"all {own} poolings"), f"shifted-where-{own}")
    layers = together if where != "this layer" and together else (layer,)
    key = (layers, tuple(kinds))
    found = selection.shifts.find(key)
    label = "Move the picture by 0 to 16 pixels"
    if st.button(label, disabled=found is not None, key="shift"):
        made = with_progress("Moving", "shift", lambda progress: shift_test(trace, layers, kinds, progress=progress))
        found = selection.shifts.get(key, lambda: made)
    if found is not None:
        _show_shift(selection, found)


def _show_shift(selection: Selection, found: ShiftTest) -> None:
    trace = selection.trace
    category = trace.prediction(found.target).category
    titles = {"probabilities": f"Probability of “{category}”", "changes": f"Change of {found.layers[0]}’s output"}
    for column, (what, title) in zip(st.columns(2, gap="medium"), titles.items(), strict=True):
        with column:
            chart(
                moving_lines(found, what, title),
                f"{title}, by pixels to the right. {shift_sentence(trace, found)}",
                f"shift-{what}",
                _READINGS[what] if what == "probabilities" or any(found.cells) else _NO_CELLS,
                partial(_of, found, what),
                snippets.moving_picture(setting(selection), found.layers, found.kinds[1:], what),
            )
    st.markdown(plain(shift_sentence(trace, found)))


def _of(found: ShiftTest, what: str) -> object:
    return getattr(found, what)

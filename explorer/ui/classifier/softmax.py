"""The parts of the page on the classifier that go from logits to probabilities, and the sizes."""

from __future__ import annotations

import math

import streamlit as st

from ...classifier import sentences as say
from ...classifier import snippets
from ...classifier.head import sizes
from ...classifier.softmax import Softmax, SoftmaxRow, softmax_steps, tempered
from ...classifier.softmax_sentences import shift_question, shift_sentence, sure_sentence
from ...wording import by, number, percent
from ..elements.question import ask
from ..elements.sums import Row, table
from ..frame import session
from ..frame.boundary import fragment, plain
from ..frame.session import KEPT_IN_LINK, Selection
from ..frame.takeaway import setting, take_away


@fragment
def probabilities() -> None:
    """Softmax step by step at a temperature of one's choice, and how sure the network is."""
    selection = session.selection()
    trace = selection.trace
    temperature = float(
        st.slider(
            "Temperature: every logit is divided by it",
            0.1,
            10.0,
            1.0,
            0.1,
            key="temperature",
            **KEPT_IN_LINK,
        )
    )
    steps = softmax_steps(trace, temperature)
    rows = [_softmax_row(row, steps) for row in steps.rows]
    rows.append(
        Row(("sum", "", "", number(steps.total), "", "", number(steps.shifted_total), percent(1)), None, strong=True)
    )
    scaled = "z÷2T" if steps.is_pair else "z÷T"
    columns = (
        "class", "log odds z" if steps.is_pair else "logit z", scaled, f"e^({scaled})", "÷ sum", f"{scaled} − max",
        "e^ of that", "÷ sum = probability",
    )  # fmt: skip
    table(columns, rows, "Softmax, step by step", "softmax")
    st.markdown(plain(sure_sentence(steps)))
    take_away(
        shift_sentence(steps),
        "softmax",
        None,
        lambda: tempered(trace, temperature),
        snippets.tempered_probabilities(setting(selection), temperature),
    )
    ask(shift_question(trace), "shift-question")


def _softmax_row(row: SoftmaxRow, steps: Softmax) -> Row:
    """The steps of one class; of several together, only what can be added up."""
    cells = (
        row.category, number(row.logit), number(row.scaled), number(row.exponential),
        _quotient(row.exponential, steps.total), number(row.shifted), number(row.shifted_exponential),
        percent(row.probability),
    )  # fmt: skip
    if row.index is None:
        cells = (cells[0], "", "", *cells[3:5], "", *cells[6:])
    return Row(cells, row.probability)


def _quotient(part: float, whole: float) -> str:
    return percent(part / whole) if math.isfinite(part) and 0 < whole < math.inf else "no number"


def why_convolution(selection: Selection) -> None:
    """What a dense layer on the raw pixels would take, beside what the network takes."""
    found = sizes(selection.network)
    counts = [
        ("the whole network", found.n_all),
        ("of it, the weights between the last maps and the logits", found.n_head),
    ]
    if found.first is not None:
        counts.append((f"{found.first.name}: pixels → {by(found.first.shape)}", found.first.n_parameters))
        counts.append((f"a dense layer: pixels → {by(found.first.shape)}", found.n_first_dense))
    counts.append((f"a dense layer: pixels → {found.n_classes} logits, nothing between", found.n_direct))
    most = max(n for _, n in counts)
    rows = [Row((name, f"{n:,}"), n / most) for name, n in counts]
    table(("", "parameters, biases included"), rows, "Parameters with and without convolution", "sizes")
    st.markdown(plain(say.convolution_sentence(found)))

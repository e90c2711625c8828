"""A head being trained, how it learned, what it takes for what, and the network as one's own."""

from __future__ import annotations

import numpy as np
import streamlit as st

from ...networks.cost import is_quick
from ...networks.network import Network
from ...running.cache import Shelf
from ...transfer import Examples, Learned, learn, snippets
from ...transfer.figures import accuracy_lines, cell_sheets, loss_lines, photo_sheet
from ...transfer.sentences import cell_name, examples_sentence, exposed_sentence, learned_sentence
from ...transfer.shortcut import Exposed, exposed
from ...wording import percent
from ..elements.chart import chart
from ..elements.legend import legend
from ..elements.pickers import pick_one
from ..elements.strip import strip
from ..frame.boundary import plain
from ..frame.caches import caches
from ..frame.progress import from_shelf
from ..frame.session import Selection
from ..frame.takeaway import setting, take_away
from ..loading.keeping import keep_network
from .pictures import Given

_N_SHOWN = 9  # pictures of a class, or of a cell


def preview(network: Network, examples: Examples) -> None:
    """The first pictures of each class, as the network receives them."""
    st.markdown(plain(examples_sentence(examples)))
    for note in examples.notes:
        st.caption(plain(note))
    for label, (name, count) in enumerate(zip(examples.categories, examples.counts, strict=True)):
        sources = [one.source for one in examples.examples if one.label == label][:_N_SHOWN]
        strip(
            [(photo_sheet(sources, network), 1, True)],
            [(source.name, "") for source in sources],
            alt=f"Pictures of {name}: {sum(count)}, {count[1]} held out",
            key=f"transfer-preview-{label}",
            rows=[f"{name} ({sum(count)})"],
            width=72,
        )


def trained(selection: Selection, given: Given, examples: Examples) -> Learned | None:
    """The head, when somebody has asked for it; None until then."""
    network = selection.network
    return from_shelf(
        Shelf(caches().learned, (network.key,)), given.key, False, f"Train a new head on what {network.title} sees",
        "transfer-train", f"Showing {len(examples.examples)} pictures to {network.title}",
        lambda progress: learn(network, examples, progress=progress),
    )  # fmt: skip


def learning(selection: Selection, given: Given, found: Learned) -> None:
    """The curves of the training."""
    code = snippets.trained(setting(selection), given.code, "np.array(found.head.curve.held_out_accuracy)")
    left, right = st.columns(2, gap="medium")
    with left:
        chart(
            accuracy_lines(found.head.curve), f"Right answers by epoch. {learned_sentence(found)}", "transfer-accuracy",
            "Epoch 0 is before any training, where all classes are alike.",
            lambda: np.array(found.head.curve.held_out_accuracy), code,
        )  # fmt: skip
    with right:
        code = snippets.trained(setting(selection), given.code, "np.array(found.head.curve.held_out_loss)")
        chart(
            loss_lines(found.head.curve), "Cross entropy by epoch", "transfer-loss",
            "Where the one of the held-out pictures rises again, what is learned is the others by heart.",
            lambda: np.array(found.head.curve.held_out_loss), code,
        )  # fmt: skip


def confusion(selection: Selection, given: Given, found: Learned) -> None:
    """What is taken for what, and the pictures in a cell with the evidence for the answer in them."""
    evaluation = found.evaluation()
    names = found.examples.categories
    counts = evaluation.confusion
    rows = [
        ["truth", *map(plain, names), "right"],
        ["---", *("--:" for _ in names), "--:"],
        *(
            [f"**{plain(name)}**", *map(str, row), percent(row[i] / row.sum())]
            for i, (name, row) in enumerate(zip(names, counts, strict=True))
        ),
    ]
    left, right = st.columns([2, 3], gap="medium")
    with left:
        st.markdown("\n".join(f"| {' | '.join(row)} |" for row in rows))
    cells = [(t, a) for t in range(len(names)) for a in range(len(names)) if counts[t, a]]
    cells.sort(key=lambda cell: cell[0] == cell[1])  # what is wrong first
    titles = {cell_name(names, t, a, int(counts[t, a])): (t, a) for t, a in cells}
    with right:
        truth, answer = titles[pick_one("Held-out pictures of", titles, "transfer_cell")]
        pairs = found.cell(truth, answer)[:_N_SHOWN]
        sources = [one.source for one, _ in pairs]
        photos, evidence = caches().cells.get(
            (found.base.key, given.key, truth, answer), lambda: cell_sheets(sources, found.network, answer)
        )
        sheets, shown = [(photos, 1, True)], None
        if evidence is not None:
            over, scale = evidence
            sheets.append((over, 1, True))
            shown = legend(scale, f"Grad-CAM for {names[answer]}, in units of the logit; one scale for all")
        strip(
            sheets,
            [(source.name, percent(sure)) for source, (_, sure) in zip(sources, pairs, strict=True)],
            alt=f"Held-out pictures of {names[truth]} that were taken for {names[answer]}, surest first",
            key="transfer-cell-strip",
            width=96,
            legend=shown,
        )
    take_away(
        "Rows are the truth, columns the answers, of held-out pictures alone; the surest stand first.",
        "transfer-confusion", None, lambda: counts,
        snippets.trained(setting(selection), given.code, "found.evaluation().confusion"),
    )  # fmt: skip


def shortcut(given: Given, found: Learned) -> None:
    """Whether the head looks at the mark that was planted."""
    if given.marked is None:
        st.info("No class bears a mark. Plant one above, and train again: accuracy will not show it.")
        return
    told = _exposed(given, found)
    if told is not None:
        st.markdown(plain(exposed_sentence(found.network, told)))


def _exposed(given: Given, found: Learned) -> Exposed | None:
    assert given.marked is not None  # or there is nothing to expose
    marked, n = given.marked, sum(one.is_held_out for one in found.examples.examples)
    return from_shelf(
        Shelf(caches().exposed, (found.base.key,)), given.key, is_quick(found.network, 2 * n),
        "Move the mark to the others, and look at the evidence", "transfer-expose", "Moving the mark",
        lambda progress: exposed(found, marked, progress),
    )  # fmt: skip


def keep(found: Learned) -> None:
    """The network on all pages, and as a file."""
    name = f"{found.base.name}-{len(found.examples.categories)}-classes"
    keep_network(found.network, found.base, name, found.file, found.card, "transfer")

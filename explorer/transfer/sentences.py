"""What is said of a new head, and of a mark that was planted."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..networks.network import Network
from ..wording import percent, plural, quoted
from .examples import Examples
from .learned import Learned
from .shortcut import Exposed


def examples_sentence(examples: Examples) -> str:
    """How many pictures there are, and how many of them nobody trains on."""
    n = len(examples.examples)
    n_held = sum(one.is_held_out for one in examples.examples)
    return (
        f"{plural(n, 'picture')} of {plural(len(examples.categories), 'class', 'classes')}; {n_held} of them are held "
        "out: the network is not trained on them, so they tell whether it has learned or only remembers."
    )


def learned_sentence(found: Learned) -> str:
    """How often the new head is right, and what it is."""
    right, seen = found.evaluation(), found.evaluation(held_out=False)
    n_in, n_out = found.head.weight.shape[1], len(found.examples.categories)
    return (
        f"{percent(right.accuracy)} of {plural(right.n_pictures, 'held-out picture')} right, "
        f"{percent(seen.accuracy)} of those trained on. Trained were {(n_in + 1) * n_out:,} numbers: a dense layer "
        f"from the {n_in:,} numbers that {found.base.title} makes of a picture to {n_out} classes. All other layers "
        "are as they were."
    )


def cell_name(categories: Sequence[str], truth: int, answer: int, n: int) -> str:
    """What the pictures in a cell of the confusion matrix have in common."""
    how = "rightly" if truth == answer else f"taken for {quoted(categories[answer])}"
    return f"{quoted(categories[truth])}, {how}: {n}"


def exposed_sentence(network: Network, found: Exposed) -> str:
    """What a planted mark has done, and how one can tell."""
    said = (
        f"With the mark on every picture of {quoted(found.category)}, {percent(found.accuracy)} of the held-out "
        f"pictures are right, which says nothing of the mark. Put on the pictures of other classes, it has "
        f"{percent(found.followed)} of them taken for {quoted(found.category)}; without it were "
        f"{percent(found.before)}."
    )
    if not found.on_mark:
        return f"{said} {network.cam_reason}"
    most = float(np.mean([share >= 0.5 for share in found.on_mark]))
    return (
        f"{said} On {percent(most)} of the marked pictures at least half of the positive evidence lies in the cells of "
        f"the mark; half of them have {percent(float(np.median(found.on_mark)))} or more there."
    )

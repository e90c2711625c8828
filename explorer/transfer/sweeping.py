"""A planted mark made larger and larger, in any corner: what it does to a head that is trained anew each time; and one
picture with it, without it, and with it elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..attribution import class_activation_map
from ..running.progress import Progress
from ..trace import FloatArray, Trace, run
from .examples import Examples, Source
from .features import features_of
from .learned import Learned, learned
from .shortcut import USUAL, Exposed, Mark, Marked, cells_of, exposed, mark_box, marked

SIZES = (0.05, 0.1, 0.15, 0.2, 0.25, 0.3)


@dataclass(frozen=True)
class Swept:
    """What marks of each size, all in one place, have done to a head that was trained with them."""

    sizes: tuple[float, ...]
    place: str
    exposed: tuple[Exposed, ...]


def sweep_mark(
    found: Learned, category: str, place: str = "top left", sizes: Sequence[float] = SIZES,
    progress: Progress | None = None,
) -> Swept:  # fmt: skip
    """Train a head anew with a mark of each size on the pictures of a class, over the base of `found` and on the same
    division of its pictures, and expose each. What `progress` raises cancels; it counts pictures. Raises BadOption."""
    label = found.examples.categories.index(category)
    marks = [Mark(size, place) for size in sizes]
    n_own = sum(one.label == label for one in found.examples.examples)
    n_held = sum(one.is_held_out for one in found.examples.examples)
    each = n_own + n_held
    total = len(found.examples.examples) - n_own + len(marks) * each
    begun = 0

    def further(done: int, of: int | None) -> None:
        if progress is not None:
            progress(begun + done, total)

    others = [one.source for one in found.examples.examples if one.label != label]
    unmarked = features_of(found.base, others, further)
    begun = len(others)
    rows = []
    for mark in marks:
        examples = with_mark(found.examples, label, mark)
        own = features_of(found.base, [one.source for one in examples.examples if one.label == label], further)
        begun += n_own
        features = np.empty((len(examples.examples), own.shape[1]), np.float32)
        is_own = np.array([one.label == label for one in examples.examples])
        features[is_own], features[~is_own] = own, unmarked
        trained = learned(found.base, examples, found.settings, features)
        rows.append(exposed(trained, category, further, mark))
        begun += n_held
    return Swept(tuple(sizes), place, tuple(rows))


def with_mark(examples: Examples, label: int, mark: Mark) -> Examples:
    """The same division, with another mark on the pictures of a class in the place of any that they have."""
    return replace(
        examples,
        examples=tuple(
            replace(one, source=Marked(_bare(one.source), mark)) if one.label == label else one
            for one in examples.examples
        ),
    )


def _bare(source: Source) -> Source:
    return source.source if isinstance(source, Marked) else source


@dataclass(frozen=True, eq=False)
class Witness:
    """A pass over a picture that tells something of the mark: what was done to it, the evidence for the mark's class,
    and where in the evidence the mark lies, (top, left, bottom, right) in cells; None where there is none."""

    what: str
    trace: Trace
    values: FloatArray | None
    cells: tuple[int, int, int, int] | None


def witnesses(found: Learned, category: str, number: int = 0, mark: Mark = USUAL) -> list[Witness]:
    """A held-out picture of the marked class with the mark, with the mark in the opposite corner, and without; one of
    another class with the mark, and without. `number` says which of each, and begins anew at their end."""
    label = found.examples.categories.index(category)
    held = [one for one in found.examples.examples if one.is_held_out]
    own = [_bare(one.source) for one in held if one.label == label]
    other = [one.source for one in held if one.label != label]
    first, second = own[number % len(own)].read(), other[number % len(other)].read()
    shown = (
        ("with the mark", first, mark), ("mark moved", first, mark.moved), ("mark removed", first, None),
        ("another class", second, None), ("mark planted", second, mark),
    )  # fmt: skip
    made = []
    for what, image, put in shown:
        trace = run(found.network, image if put is None else marked(image, put), label)
        values = class_activation_map(trace) if found.network.has_maps else None
        cells = None if put is None or values is None else cells_of(trace, mark_box(image, put), values.shape)
        made.append(Witness(what, trace, values, cells))
    return made

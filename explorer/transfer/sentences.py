"""What is said of a new head, and of a mark that was planted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from ..networks.network import Network
from ..wording import number, percent, plural, quoted
from .examples import Examples
from .learned import Learned
from .moved import Moved, Pairs
from .shortcut import Exposed
from .sweeping import Swept
from .tuner import Reached
from .tuning import IN_WORDS, Tuning, trained_numbers


def examples_sentence(examples: Examples) -> str:
    """How many pictures there are, and how many of them nobody trains on."""
    n = len(examples.examples)
    n_held = sum(one.is_held_out for one in examples.examples)
    return (
        f"{plural(n, 'picture')} of {plural(len(examples.categories), 'class', 'classes')}; {n_held} of them are held "
        "out: the network is not trained on them, so they tell whether it has learned or only remembers."
    )


def given_sentence(classes: Mapping[str, Sequence[object]]) -> str:
    """How many pictures were brought, before any is read."""
    counts = ", ".join(f"{len(part):,} of {quoted(name.strip())}" for name, part in classes.items())
    return f"{plural(sum(map(len, classes.values())), 'picture')}: {counts}. A quarter of each class will be held out."


def learned_sentence(found: Learned) -> str:
    """How often the network is right, and what of it was trained."""
    right, seen = found.evaluation(), found.evaluation(held_out=False)
    n_in, n_out = found.head.weight.shape[1], len(found.examples.categories)
    said = (
        f"{percent(right.accuracy)} of {plural(right.n_pictures, 'held-out picture')} right, "
        f"{percent(seen.accuracy)} of those trained on."
    )
    if found.tuning is not None:
        n = sum(value.numel() for value in found.changed.values())
        return (
            f"{said} Trained were {n:,} numbers: {IN_WORDS[found.tuning.layers]} with the head, after the head alone."
        )
    return (
        f"{said} Trained were {(n_in + 1) * n_out:,} numbers: a classifier from the {n_in:,} numbers that "
        f"{found.base.title} makes of a picture to {n_out} classes. All other layers are as they were."
    )


def tuning_sentence(found: Learned, tuning: Tuning) -> str:
    """What would be trained, and how."""
    n = sum(numbers.size for numbers in trained_numbers(found.network, tuning.layers).values())
    return (
        f"{IN_WORDS[tuning.layers][0].upper()}{IN_WORDS[tuning.layers][1:]} and the head, {n:,} numbers, are trained "
        f"for {plural(tuning.n_epochs, 'epoch')} with small steps (SGD, momentum {tuning.momentum:g}), from where the "
        "head alone has come to. Batch norms stay in evaluation mode: they go on with the means and variances that "
        "they have. It is done in a process of its own."
    )


def reached_sentence(reached: Reached | None, place: int | None) -> str:
    """How far a training is, and what it waits for."""
    if place is not None:
        return f"Waiting for its turn: {plural(place, 'training')} to begin, with this one."
    if reached is None:
        return "Starting a process …"
    return f"{reached.what}: {reached.done:,} of {reached.total:,}"


def moved_sentence(found: Learned, moved: Moved) -> str:
    """Which weights moved farthest, and which not at all."""
    farthest = int(moved.shares.argmax())
    still = int((moved.shares == 0).sum())
    what = "stage" if moved.is_of_stages else "layer"
    rest = f" {plural(still, what)} of {len(moved.names)} stayed as they were." if still else ""
    return (
        f"{found.base.title} moved most in {moved.names[farthest]}: by {moved.phrase(farthest)} of the length of its "
        f"weights.{rest}"
    )


def kernels_sentence(found: Learned, largest: float, most: float) -> str:
    """How to read the first kernels before and after."""
    layer = found.base.first_layer
    if not most:
        return f"The kernels of {layer} are as they were: they were not trained."
    return (
        f"Kernels of {layer}, those that changed most. Before and after have one scale, from {number(-largest)} to "
        f"{number(largest)}; the difference has its own, from {number(-most)} to {number(most)}: it is enlarged "
        f"{round(largest / most):,} times. Grey is zero."
    )


def maps_sentence(layer: str, found: Pairs) -> str:
    """How to read the maps before and after."""
    return (
        f"Channels of {layer} that changed most on this picture, by {percent(float(found.shares.min()))} to "
        f"{percent(float(found.shares.max()))} of the length of their values; one scale for all three rows."
    )


def answered_sentence(found: Learned, is_right: bool) -> str:
    """How many held-out pictures were answered so."""
    right = found.evaluation()
    n = round(right.accuracy * right.n_pictures)
    n, how = (n, "right") if is_right else (right.n_pictures - n, "wrong")
    return f"{n} of {plural(right.n_pictures, 'held-out answer')} {'is' if n == 1 else 'are'} {how}."


def cell_name(categories: Sequence[str], truth: int, answer: int, n: int) -> str:
    """What the pictures in a cell of the confusion matrix have in common."""
    how = "rightly" if truth == answer else f"taken for {quoted(categories[answer])}"
    return f"{quoted(categories[truth])}, {how}: {n}"


def swept_sentence(found: Swept) -> str:
    """From which size on the mark is what decides, and what accuracy says of it."""
    follows = next((size for size, one in zip(found.sizes, found.exposed, strict=True) if one.followed >= 0.5), None)
    low, high = min(one.accuracy for one in found.exposed), max(one.accuracy for one in found.exposed)
    says = f"Accuracy lies between {percent(low)} and {percent(high)}, and does not tell."
    if follows is None:
        return f"{says} At none of these sizes do half of the other classes’ pictures follow the mark."
    return (
        f"{says} The smallest of these marks that half of the other classes’ pictures follow has {percent(follows)} of "
        "the shorter side."
    )


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

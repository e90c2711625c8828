"""What is said of a training, of its network, and of what is seen of both."""

from __future__ import annotations

from collections.abc import Sequence

from ..wording import by, plural, quoted
from .film import Layout


def said_of(status: str, place: int | None, said: str | None) -> str:
    """How it is getting on, where there is more to say than what is seen; nothing else."""
    if status == "waiting":
        before = (place or 1) - 1
        turn = "It is next" if not before else f"{plural(before, 'other')} {'is' if before == 1 else 'are'} before it"
        return f"Waiting for room on this server. {turn}."
    return said or ""


def kernels_caption(layout: Layout) -> str:
    """What the tiles of weights are."""
    n, *sizes = dict(layout.fields)["kernels"]
    n_all = layout.edited[0]
    if len(layout.edited) == 2:
        many = f"{n} of its {n_all:,} units" if n < n_all else f"its {plural(n, 'unit')}"
        return f"No kernels: the weights of {many} in {layout.kernels}, {by(sizes[1:])}, on one scale"
    many = f"{n} of the {n_all:,} kernels" if n < n_all else plural(n, "kernel")
    return f"{many} of {layout.kernels}, {by(sizes if sizes[0] > 1 else sizes[1:])}, on one scale"


def maps_caption(layout: Layout) -> str:
    """What the maps are; nothing where there are none."""
    n, *sizes = dict(layout.fields)["maps"]
    n_all = layout.edited[0]
    if not sizes:
        return ""
    many = f"{n} of the {n_all:,} maps" if n < n_all else plural(n, "map")
    return f"{many} of it, {by(sizes)}, on one scale"


def reading_sentence(layout: Layout) -> str:
    """How the film is to be read."""
    weights = (
        "In the kernels mid-grey is zero, and each colour of a pixel the weight of that colour of the picture."
        if dict(layout.fields)["kernels"][1] == 3
        else "A red weight adds what it reads, a blue one takes it away, white is zero."
    )
    return (
        f"{weights} The watched picture is never trained on; bright over it is what the logit of its class comes from. "
        "Each scale is that of the step that is seen, with its ends below it."
    )


def sharing_sentence() -> str:
    """Who can see and steer a training."""
    return (
        "Whoever opens the link of this page sees this training, and can steer it. It is kept for ten minutes after "
        "the last look at it."
    )


def pictures_sentence(layouts: Sequence[Layout]) -> str:
    """What is trained on what."""
    first = layouts[0]
    numbers = " and ".join(f"{layout.n_parameters:,}" for layout in layouts)
    return (
        f"{plural(first.n_train, 'picture')} to train on and {first.n_held_out:,} held out, of which "
        f"{first.n_looked_at:,} are looked at on the way. {numbers} numbers are learned."
    )


def nothing_sentence() -> str:
    """Where nothing is trained yet."""
    return "Nothing is trained yet: press Train."


def replaced_sentence(title: str) -> str:
    """That somebody trains something else already."""
    return f"Your training of {quoted(title)} is still there: choose it above to go back to it. Train ends it."


def gone_sentence() -> str:
    """Where a link names a training that is not there."""
    return (
        "The training of this link is not on this server any more: one that nobody looks at for ten minutes is "
        "forgotten. Train begins a new one."
    )

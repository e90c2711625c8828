"""What is said of a training: what was changed in it, and what became of it."""

from __future__ import annotations

from ..wording import percent, plural, quoted, round_percent
from .settings import Edit, Settings


def changed_sentence(before: Settings, after: Settings, has_dropout: bool) -> str:
    """What other settings change from here on."""
    said = [
        f"{name} {new:g} instead of {old:g}"
        for name, old, new in (
            ("learning rate", before.learning_rate, after.learning_rate), ("batch", before.batch, after.batch),
            ("momentum", before.momentum, after.momentum), ("weight decay", before.weight_decay, after.weight_decay),
        )
        if old != new
    ]  # fmt: skip
    if before.dropout != after.dropout:
        share = "as the network was built" if after.dropout is None else f"of {round_percent(after.dropout)}"
        said.append(f"dropout {share}" if has_dropout else "no dropout, which this network has no place for")
    if before.augment != after.augment:
        said.append("pictures moved at random" if after.augment else "pictures as they are")
    return f"From here on: {'; '.join(said) or 'nothing else than before'}."


def edited_sentence(edit: Edit, before: float) -> str:
    """Which weight was set by hand."""
    place = ", ".join(map(str, edit.index))
    return f"Weight [{place}] of {edit.layer} set by hand to {edit.value:.4g}; it was {before:.4g}."


def diverged_sentence(step: int, good: int, limit: float, learning_rate: float) -> str:
    """That the loss is no number any more, and where the training went back to."""
    return (
        f"At step {step:,} the loss was no number any more: the weights had grown beyond what numbers hold. The "
        f"learning rate was {learning_rate:g}. The training is back at step {good:,}, the last with a loss below "
        f"{limit:.3g}; lower the learning rate and play on."
    )


def lost_sentence(why: str, step: int) -> str:
    """That the process has ended, and from where it goes on."""
    return f"{why} Another one goes on after step {step:,}, with the same weights."


def full_sentence(reason: str) -> str:
    """That no more states can be kept."""
    return (
        f"States of the training can no longer be kept on the disk ({reason}). It goes on without; going back takes "
        "longer, for more steps have to be repeated."
    )


def repeated_sentence(n_done: int, n_all: int) -> str:
    """How far a training is on its way to where it was."""
    return f"{n_done:,} of {plural(n_all, 'step')} repeated."


def measured_sentence(n_right: int, n: int, step: int, title: str) -> str:
    """How the whole held-out part does."""
    of = f"{quoted(title)}: " if title else ""
    return f"{of}{percent(n_right / n)} of all {n:,} held-out pictures right after {plural(step, 'step')}."


def unwatched_sentence() -> str:
    """That nobody looked any more."""
    return "Nobody has looked at this training for ten minutes, so it was ended. Begin it again."

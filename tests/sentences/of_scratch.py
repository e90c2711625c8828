"""Trainings from scratch: what is said of them, beside the numbers that it is said of."""

from __future__ import annotations

import itertools

from explorer.scratch import sentences as say
from explorer.scratch.driving import UNWATCHED
from explorer.scratch.messages import Measured
from explorer.scratch.record import Record
from explorer.scratch.settings import Edit, Plan, Settings

from .case import Case
from .said import agrees, checks, counted, is_share, same, taken_apart, value_of

SETTINGS = (
    Settings(),
    Settings(0.0125, 64, 0.5, 1e-4, 0.25, True),
    Settings(learning_rate=3, dropout=0.5),
    Settings(batch=7, augment=True),
)


@checks(say.changed_sentence)
def check_changed(case: Case) -> None:
    for before, after in itertools.permutations(SETTINGS, 2):
        said = taken_apart(say.changed_sentence(before, after, has_dropout=True), "From here on: {changes}.")
        parts = said["changes"].split("; ")
        names = ("learning_rate", "batch", "momentum", "weight_decay")
        for name in names:
            found = [part for part in parts if part.startswith(name.replace("_", " "))]
            old, new = getattr(before, name), getattr(after, name)
            assert len(found) == (old != new)
            for part in found:
                numbers = taken_apart(part, "{name} {new:n} instead of {old:n}")
                same(numbers["new"], new)
                same(numbers["old"], old)
        (dropout,) = [part for part in parts if "dropout" in part] or [""]
        assert bool(dropout) == (before.dropout != after.dropout)
        if dropout and after.dropout is None:
            assert dropout == "dropout as the network was built"
        elif dropout:
            assert value_of(dropout.removeprefix("dropout of ").removesuffix("\u00a0%")) == 100 * after.dropout
            assert "no dropout, which this network has no place for" in say.changed_sentence(before, after, False)
        moved = {"pictures moved at random": True, "pictures as they are": False}
        assert [moved[part] for part in parts if part in moved] == [after.augment] * (before.augment != after.augment)
    assert (
        taken_apart(say.changed_sentence(SETTINGS[0], SETTINGS[0], True), "From here on: nothing else than before.")
        == {}
    )


@checks(say.edited_sentence)
def check_edited(case: Case) -> None:
    said = taken_apart(
        say.edited_sentence(Edit("conv2", (3, 0, 1, 2), -0.12345), 12.3456),
        "Weight [{place}] of {layer} set by hand to {new:n}; it was {old:n}.",
    )
    assert (said["place"], said["layer"]) == ("3, 0, 1, 2", "conv2")
    same(said["new"], -0.12345)
    same(said["old"], 12.3456)


@checks(say.diverged_sentence)
def check_diverged(case: Case) -> None:
    said = taken_apart(
        say.diverged_sentence(1234, 1229, 23.456, 0.75),
        "At step {step:i} the loss was no number any more: the weights had grown beyond what numbers hold. The "
        "learning rate was {rate:n}. The training is back at step {good:i}, the last with a loss below {limit:n}; "
        "lower the learning rate and play on.",
    )
    counted(said["step"], 1234)
    counted(said["good"], 1229)
    same(said["rate"], 0.75)
    same(said["limit"], 23.456, 3)


@checks(say.lost_sentence, say.full_sentence)
def check_troubles(case: Case) -> None:
    said = taken_apart(
        say.lost_sentence("It has ended.", 4321),
        "It has ended. Another one goes on after step {step:i}, with the same weights.",
    )
    counted(said["step"], 4321)
    said = taken_apart(say.full_sentence("No space left on device"), "States of the training can no longer be kept on "
                       "the disk ({why}). It goes on without; going back takes longer, for more steps have to be "
                       "repeated.")  # fmt: skip
    assert said["why"] == "No space left on device"


@checks(say.repeated_sentence)
def check_repeated(case: Case) -> None:
    for n_done, n_all in ((1, 1), (1200, 3456)):
        said = taken_apart(say.repeated_sentence(n_done, n_all), "{done:i} of {all:i} {steps} repeated.")
        counted(said["done"], n_done)
        counted(said["all"], n_all)
        agrees(n_all, "step", "steps", said["steps"])


@checks(say.measured_sentence, Record.said)
def check_measured(case: Case) -> None:
    for title, step in (("", 1), ("MLP", 2500)):
        record = Record([Plan(title=title)])
        record.take(Measured(0, step, 9721, 10_000))
        said = taken_apart(
            record.said or "",
            "'{title}': {share:%} of all {n:i} held-out pictures right after {step:i} {steps}.",
            "{share:%} of all {n:i} held-out pictures right after {step:i} {steps}.",
        )
        assert said.get("title", "") == title
        is_share(said["share"], 0.9721)
        counted(said["n"], 10_000)
        counted(said["step"], step)
        agrees(step, "step", "steps", said["steps"])


@checks(say.unwatched_sentence)
def check_unwatched(case: Case) -> None:
    taken_apart(
        say.unwatched_sentence(),
        "Nobody has looked at this training for ten minutes, so it was ended. Begin it again.",
    )
    assert UNWATCHED == 10 * 60

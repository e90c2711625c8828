"""What the page of lessons says: how far one is, what a mark is worth, where a link leads."""

from __future__ import annotations

from collections.abc import Mapping

from ..loading.catalog import find
from ..pictures.samples import SAMPLES
from ..wording import percent, plural
from .games import Mark
from .lesson import Ask, Lesson, Look


def length_sentence(lessons: Mapping[str, Lesson]) -> str:
    """How many lessons there are, and how long they take."""
    minutes = sum(lesson.minutes for lesson in lessons.values())
    n = plural(len(lessons), "short lesson")
    return f"{n}, {minutes} minutes in all. Predict, commit, and see what the network says."


def progress_sentence(before: int, after: int, n: int) -> str:
    """What somebody knew before the lessons, and afterwards."""
    return f"Before {before} of {n} → after {after} of {n}"


def checks_sentence(n_right: int, n: int) -> str:
    """How many of a lesson's predictions were right."""
    return f"Of your {plural(n, 'prediction')} in this lesson, {n_right} {'was' if n_right == 1 else 'were'} right."


def steps_sentence(lesson: Lesson, at: int, n: int) -> str:
    """Which lesson it is of how many, how long it takes, and what it is good for."""
    return f"Lesson {at} of {n} · {plural(lesson.minutes, 'minute')} · {lesson.goal}"


def look_sentence(look: Look) -> str:
    """What a step's link opens."""
    parts = [
        f"{find(look.setting.network).title}{', untrained' if look.setting.weights == 'Untrained' else ''}",
        SAMPLES[look.setting.sample].title,
    ]
    parts += [f"layer {look.layer}"] if look.layer else []
    parts += [f"channel {look.channel}"] if look.channel is not None else []
    parts += [f"class {look.category}"] if look.category else []
    return "In a new tab: " + ", ".join(parts) + "."


def caption_sentence(ask: Ask) -> str:
    """What the picture beside a question is."""
    title, sample = find(ask.setting.network).title, SAMPLES[ask.setting.sample].title
    if ask.kind == "which_kernel":
        return f"Channel {ask.channel} of {ask.layer} ({title}; {sample}). Red is above 0, blue below."
    return f"{sample}, as {title} receives it{', changed' if ask.change else ''}."


def mark_sentence(mark: Mark) -> str:
    """What a mark holds of the evidence, and what chance would."""
    return (
        f"Your mark holds {percent(mark.share)} of the map’s evidence on {percent(mark.area)} of the picture: "
        f"{mark.times:.2f} × what chance holds. Of all marks of its size, wherever they lie, "
        f"{percent(mark.beaten)} hold less."
    )


FORMULA = (
    "Score = (sum of the map inside the mark ÷ sum of the whole map) ÷ (area of the mark ÷ area of the picture). "
    "1 is chance."
)

"""Questions about what the network says of a picture, where it looked, and what changes its mind."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

import numpy as np

from ..attribution import class_activation_map
from ..challenges import CHANGES, changed
from ..challenges.sentences import change_sentence
from ..drawing.picture import enlarge, png_of_pixels, visible
from ..errors import BadLesson
from ..questions import Question
from ..trace import FloatArray, Trace, run
from ..wording import percent
from .lesson import Ask

_N_ANSWERS = 4
_CORNERS = ("top left", "top right", "bottom left", "bottom right")


def in_some_order(right: str, wrong: Sequence[str], salt: str) -> tuple[tuple[str, ...], int]:
    """The answers, the right one anywhere among them, but always in the same place; and where."""
    answers = [right, *[one for one in dict.fromkeys(wrong) if one != right][: _N_ANSWERS - 1]]
    order = np.random.default_rng(zlib.crc32(salt.encode())).permutation(len(answers)).tolist()
    return tuple(answers[i] for i in order), order.index(0)


def top_class(trace: Trace, ask: Ask) -> Question:
    """Which class the network finds likeliest."""
    best, *others = trace.top(_N_ANSWERS)
    salt = f"{trace.network.name} {trace.image.name}"
    answers, right = in_some_order(best.category, [one.category for one in others], salt)
    said = ", ".join(f"{one.category} {percent(one.probability)}" for one in (best, *others))
    return Question(f"What does {trace.network.title} call this picture?", answers, right, f"{said}.")


def class_after(trace: Trace, ask: Ask) -> Question:
    """Which class is the likeliest when the picture was changed."""
    change, strength = CHANGES[ask.change], ask.strength
    assert strength is not None
    image = changed(trace.image, ask.change, strength)
    if trace.network.no_classes:
        raise BadLesson(trace.network.no_classes)
    after = run(trace.network, image)
    before, (best, *others) = trace.top(1)[0].category, after.top(_N_ANSWERS)
    answers, right = in_some_order(best.category, [before, *(one.category for one in others)], repr(ask))
    was = trace.top(1)[0]
    same = "It bears this change" if best.index == was.index else "The answer flips"
    return Question(
        f"{change_sentence(change, strength)} It was “{before}”. What is it now?", answers, right,
        f"{same}: “{best.category}” {percent(best.probability)}; before, “{before}” {percent(was.probability)}.",
    )  # fmt: skip


def where(trace: Trace, ask: Ask) -> Question:
    """Which quarter of the picture holds most of the evidence for the likeliest class, by Grad-CAM."""
    shares = quarters(evidence(trace))
    best = int(np.argmax(shares))
    said = ", ".join(f"{name} {percent(share)}" for name, share in zip(_CORNERS, shares, strict=True))
    category = trace.network.categories[trace.class_of(None)]
    return Question(
        f"In which quarter of the picture lies most of the evidence for “{category}”?", _CORNERS, best,
        f"By Grad-CAM at {trace.network.cam_layer}: {said}.",
    )  # fmt: skip


def evidence(trace: Trace) -> FloatArray:
    """Grad-CAM of the class that is explained, stretched over the picture as the network received it, (H, W) >= 0.
    Raises BadLesson where nothing in the map is above 0."""
    height, width = trace.prepared.pixels.shape[:2]
    found = enlarge(class_activation_map(trace), height, width)
    if not found.max() > 0:
        raise BadLesson(f"Grad-CAM finds no evidence in '{trace.image.name}'. Choose another picture.")
    return found


def quarters(values: FloatArray) -> list[float]:
    """The shares of a map's sum in its four quarters, row by row; a middle row or column counts to the later ones."""
    y, x = values.shape[0] // 2, values.shape[1] // 2
    sums = [float(part[:, cut].sum()) for part in (values[:y], values[y:]) for cut in (slice(0, x), slice(x, None))]
    return [one / sum(sums) for one in sums]


def chosen(trace: Trace, ask: Ask) -> Question:
    """A question that no network can answer, with its answers from the file."""
    return Question(ask.text, ask.answers, ask.answers.index(ask.right), ask.why)


def picture_of(trace: Trace, ask: Ask) -> bytes:
    """What a question is about, as PNG: the picture as the network receives it, changed where it asks of a change."""
    if ask.change and ask.strength is not None:
        prepared = trace.network.prepare(changed(trace.image, ask.change, ask.strength))
        return png_of_pixels(visible(prepared.pixels))
    return png_of_pixels(visible(trace.prepared.pixels))

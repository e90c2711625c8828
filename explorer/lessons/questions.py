"""Everything that a lesson can ask by name, and what the network answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from ..errors import BadLesson, ExplorerError
from ..questions import Question
from ..trace import Trace
from . import asked_of_answers as answers
from . import asked_of_layers as layers
from . import asked_of_values as values
from .lesson import Ask, Lesson, Look, Setting

TraceOf = Callable[[Setting], Trace]


@dataclass(frozen=True)
class Kind:
    """One question: what makes it, and what it `needs` to be told."""

    make: Callable[[Trace, Ask], Question]
    needs: tuple[str, ...] = ()


KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "input_numbers": Kind(layers.input_numbers),
        "strongest_colour": Kind(values.strongest_colour, ("y", "x")),
        "output_size": Kind(layers.output_size, ("layer",)),
        "n_maps": Kind(layers.n_maps, ("layer",)),
        "n_places": Kind(layers.n_places, ("layer",)),
        "n_weights": Kind(layers.n_weights, ("layer",)),
        "n_parameters": Kind(layers.n_parameters),
        "receptive_field": Kind(layers.receptive_field, ("layer",)),
        "share_of_zeros": Kind(values.share_of_zeros, ("layer",)),
        "after_relu": Kind(values.after_relu, ("layer", "channel")),
        "which_window": Kind(values.which_window, ("layer", "channel")),
        "sum_and_bias": Kind(values.sum_and_bias, ("layer", "channel")),
        "which_kernel": Kind(values.which_kernel, ("layer", "channel")),
        "added": Kind(values.added, ("layer",)),
        "strongest_channel": Kind(values.strongest_channel, ("layer",)),
        "adds_most": Kind(values.adds_most),
        "top_class": Kind(answers.top_class),
        "class_after": Kind(answers.class_after, ("change", "strength")),
        "where": Kind(answers.where),
        "choice": Kind(answers.chosen, ("text", "answers", "right", "why")),
    }
)


def question_of(trace: Trace, ask: Ask) -> Question:
    """What is asked, with the answer of this pass. Raises ExplorerError, BadLesson among it, for what there is not."""
    found = KINDS[ask.kind].make(trace, ask)
    if len(found.answers) < 2:
        raise BadLesson(f"'{ask.kind}' finds no two answers to choose from there. Ask something else.")
    return replace(found, text=ask.text) if ask.text else found


def picture_of(trace: Trace, ask: Ask) -> bytes:
    """What a question is about, as PNG: a map where it asks who made it, else the picture that the network receives."""
    return values.map_of(trace, ask) if ask.kind == "which_kernel" else answers.picture_of(trace, ask)


def check_lesson(lesson: Lesson, trace_of: TraceOf) -> None:
    """Ask everything of its networks once, and look for all that is to be looked at. Raises BadLesson, with the file
    and the step, for a layer, channel, class or question that there is not."""
    for where, check in _checks(lesson, trace_of):
        try:
            check()
        except ExplorerError as error:
            raise BadLesson(f"{lesson.file}, {where}: {error}") from None


def _checks(lesson: Lesson, trace_of: TraceOf) -> Iterator[tuple[str, Callable[[], object]]]:
    def asking(ask: Ask) -> Callable[[], object]:
        return lambda: trace_of(ask.setting).view(question_of, ask)

    def looking(look: Look) -> Callable[[], object]:
        return lambda: _check_look(trace_of(look.setting), look)

    yield "[question]", asking(lesson.question)
    for number, step in enumerate(lesson.steps, start=1):
        if step.look is not None:
            yield f"'look' of step {number}", looking(step.look)
        if step.check is not None:
            yield f"'check' of step {number}", asking(step.check)


def _check_look(trace: Trace, look: Look) -> None:
    network = trace.network
    if look.layer:
        n = network.layer(look.layer).n_channels
        if look.channel is not None and look.channel >= n:
            raise BadLesson(f"{look.layer} has channels 0 to {n - 1}, not {look.channel}.")
    if look.category:
        network.category_index(look.category)

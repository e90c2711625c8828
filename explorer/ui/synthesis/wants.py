"""What a channel, a class or a direction wants to see."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from ...networks.network import Network
from ...running.progress import Progress
from ...synthesis import FIXED, FREE, Objective, Settings, Synthesis, direction_of, snippets, synthesise
from ...synthesis.figures import course_lines, made_png, shown_png
from ...synthesis.making import Growing
from ...synthesis.sentences import kind_sentence, objective_sentence, reached_sentence, readable_sentence
from ...synthesis.settings import MOST_PICTURES, reads_photographs
from ...targets import class_names
from ...trace import Trace
from ..elements.chart import chart
from ..elements.pickers import pick_number, pick_one, pick_place, picture
from ..frame.boundary import plain
from ..frame.log import analysis
from ..frame.session import Selection
from ..frame.takeaway import setting, take_away
from .growing import grown
from .natural import natural

_CHANNEL, _PLACE, _OTHER = "the channel", "one place of the channel", "the channel and not another"
_CLASS, _NOT_CLASS = "the class", "the class and not another"
_PICTURES = "what your picture has at a place"
_STRENGTHS = {"any strength": FREE, "as in photographs (MACO)": FIXED}
WIDTH = 320  # pixels of one picture on the page


@dataclass(frozen=True)
class Wanted:
    """What is asked for, and the code that makes it."""

    objective: Objective
    settings: Settings
    code: str


def what_is_wanted(selection: Selection, layer: str, channel: int) -> None:
    """Pick what is to be high and how; then the pictures, what they reach, and whether that can be believed."""
    wanted = _pick(selection, layer, channel)
    network = selection.network
    st.caption(plain(objective_sentence(network, wanted.objective)))
    if sentence := kind_sentence(network):
        st.caption(plain(sentence))
    found = made(selection, wanted, "synthesis", WIDTH)
    if found is None:
        return
    if wanted.settings.pictures > 1:
        show(found, wanted, "synthesis", WIDTH // 2)
        natural(found, "synthesis-natural")
        _course(found, wanted)
        return
    left, right = st.columns([2, 3], gap="medium")
    with left:
        show(found, wanted, "synthesis", WIDTH)
    with right:
        natural(found, "synthesis-natural")
        _course(found, wanted)


def _course(found: Synthesis, wanted: Wanted) -> None:
    sentence = (
        "At each step the picture is first moved, turned and scaled a little, at random: the finished one, unmoved, "
        "mostly reaches more."
    )
    chart(
        course_lines(found), "What each step reached", "synthesis-course", sentence, lambda: found.course,
        snippets.course(wanted.code),
    )  # fmt: skip


def made(selection: Selection, wanted: Wanted, key: str, width: int) -> Synthesis | None:
    """The pictures, where they have been made; else a button that has them made."""
    network = selection.network
    layer = wanted.objective.layer

    def make(progress: Progress, growing: Growing) -> Synthesis:
        with analysis(network, "synthesis", layer):
            return synthesise(network, wanted.objective, wanted.settings, progress, growing)

    n = wanted.settings.pictures
    return grown(
        selection.syntheses, (wanted.objective, wanted.settings), f"Make it: {wanted.settings.steps} steps", key,
        "Making it" if n == 1 else f"Making {n} of them", width, make,
    )  # fmt: skip


def show(found: Synthesis, wanted: Wanted, key: str, width: int) -> None:
    """The finished pictures, what they reach, the rule, and what can be taken away."""
    pictures = found.pictures
    phrase = found.objective.phrase(found.network)
    picture(shown_png(pictures), alt=f"Made so that {phrase} is high", width=width * len(pictures))
    (st.markdown if found.is_readable else st.warning)(plain(readable_sentence(found)))
    take_away(reached_sentence(found), f"{key}-picture", lambda: made_png(pictures), lambda: found.values, wanted.code)


def _pick(selection: Selection, layer: str, channel: int) -> Wanted:
    network, trace = selection.network, selection.trace
    left, middle, next_to_it, right = st.columns([4, 2, 2, 3], gap="medium")
    with left:
        kind = pick_one("What is to be high", _kinds(network, layer), "wants")
        place = pick_place(trace, layer, channel)[1:] if kind in (_PLACE, _PICTURES) else None
        other = _other(trace, kind, layer, channel)
    with middle:
        n = pick_number("Pictures", range(1, MOST_PICTURES + 1), "wants_n")
    with next_to_it:
        seed = pick_number("Seed", range(1000), "wants_seed")
    with right:
        is_photo = reads_photographs(network.preprocessing)
        strengths = pick_one("Waves of", _STRENGTHS, "wants_waves", disabled=not is_photo)
        if not is_photo:
            st.caption("It reads no photographs, so their waves say nothing to it.")
    settings = Settings(pictures=n, seed=seed, spectrum=_STRENGTHS[strengths] if is_photo else FREE)
    if kind == _PICTURES:
        assert place is not None
        at = place[0], place[1]
        code = snippets.made_for_place(setting(selection), layer, at, settings)
        return Wanted(direction_of(trace, layer, at), settings, code)
    objective = _objective(selection, kind, layer, channel, place, other)
    return Wanted(objective, settings, snippets.made(setting(selection), objective, settings))


def _kinds(network: Network, layer: str) -> list[str]:
    """What there is to choose: places where there are maps, another where there is one, classes of a classifier."""
    found, described = [_CHANNEL], network.layer(layer)
    if described.is_spatial:
        found += [_PLACE]
    if described.n_channels > 1:
        found += [_OTHER]
    if not network.no_classes:
        found += [_CLASS]
        if len(network.categories) > 1:
            found += [_NOT_CLASS]
    return [*found, _PICTURES] if described.is_spatial else found


def _other(trace: Trace, kind: str, layer: str, channel: int) -> int | None:
    """The channel, or the class, that is not to be high."""
    if kind == _OTHER:
        others = [i for i in range(trace.network.layer(layer).n_channels) if i != channel]
        return int(pick_one("And not channel", map(str, others), "wants_not"))
    if kind == _NOT_CLASS:
        names, chosen = class_names(trace.network), trace.class_of(None)
        rivals = [p.index for p in trace.top(len(names)) if p.index != chosen]
        return names.index(pick_one("And not", [names[i] for i in rivals], "wants_not_class"))
    return None


def _objective(
    selection: Selection, kind: str, layer: str, channel: int, place: tuple[int, ...] | None, other: int | None
) -> Objective:
    target = selection.trace.class_of(None) if kind in (_CLASS, _NOT_CLASS) else channel
    if kind in (_CLASS, _NOT_CLASS):
        first = Objective.class_(target)
        return first if other is None else Objective.difference(first, Objective.class_(other))
    if place is not None:
        return Objective.unit(layer, channel, place[0], place[1])
    first = Objective.channel(layer, channel)
    return first if other is None else Objective.difference(first, Objective.channel(layer, other))

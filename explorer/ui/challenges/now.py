"""One change at one strength: the picture, the answer, the evidence and a map, all of one recorded pass."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import streamlit as st

from ...applications.localisation import around
from ...attribution import class_activation_map
from ...challenges import CHANGES, Change, changed, snippets
from ...challenges.background import Box, middle
from ...challenges.figures import whole_png
from ...challenges.sentences import answer_sentence, change_sentence
from ...drawing.color import Scale, scale_of
from ...drawing.picture import enlarge, overlay, photo, png_of_pixels, visible
from ...drawing.units import activation_unit
from ...elements.overlay import Heat, Photo
from ...errors import BadBox
from ...targets import class_names
from ...trace import FloatArray, Trace, as_maps
from ...wording import percent
from ..elements.box import parse_box, pick_box
from ..elements.pickers import pick_one
from ..elements.probe import probe
from ..elements.ranking import ranking
from ..frame.boundary import plain
from ..frame.session import KEPT_IN_LINK, Selection, choose
from ..frame.takeaway import setting, take_away


@dataclass(frozen=True)
class Chosen:
    """The change and its strength that are looked at, where the thing is that it cuts out, and the pass over the
    picture so changed."""

    change: Change
    strength: float
    box: Box | None
    trace: Trace


def pick_change() -> tuple[Change, float]:
    """A change by its name, and a slider for how much of it."""
    titles = {f"{change.group}: {change.title.lower()}": change for change in CHANGES.values()}
    left, right = st.columns([2, 3], gap="medium")
    with left:
        change = titles[pick_one("Change", titles, "change")]
    with right:
        strength = float(
            st.slider(
                f"Strength{f' in {change.unit}' if change.unit else ''}, {change.still:g} is none", float(change.low),
                float(change.high), float(change.still), float(change.step), format="%g",
                key=strength_key(change), **KEPT_IN_LINK,
            )
        )  # fmt: skip
    return change, strength


def strength_key(change: Change) -> str:
    """Of the slider: each change has its own strengths, and keeps its own."""
    return f"strength-{change.name}"


def _changed_trace(selection: Selection, change: Change, strength: float, box: Box | None) -> Trace:
    """The pass over the changed picture, with the gradients of the class that is explained of the unchanged one."""
    if strength == change.still:
        return selection.trace
    image = changed(selection.image, change.name, strength, box)
    return replace(selection, image=image, target=selection.trace.class_of(None)).trace


def side_by_side(selection: Selection, change: Change, strength: float, layer: str, channel: int) -> Chosen:
    """Picture with evidence, the likeliest classes, and one map of the changed picture, beside what they were. In the
    place of the map, the box around a thing that is cut out."""
    before = selection.trace
    left, middle, right = st.columns([4, 4, 3], gap="medium")
    box = None
    if change.behind is not None:
        with middle:
            box = _pick_thing(selection)
    after = _changed_trace(selection, change, strength, box)
    with left:
        _evidence(before, after)
    if change.behind is None:
        with middle:
            _map(before, after, layer, channel)
    with right:
        names = class_names(after.network)
        ranking(
            [(p.index, p.category, p.probability, percent(p.probability)) for p in after.top(5)],
            chosen=before.class_of(None),
            label="Likeliest classes of the changed picture",
            key="challenge-classes",
            on_choose=lambda index: choose("class", names[index]),
        )
        st.markdown(plain(answer_sentence(before, after)))
    cam = class_activation_map(after) if after.network.has_maps and after.is_finite else None
    pixels = visible(after.prepared.pixels)
    take_away(
        change_sentence(change, strength),
        "changed-picture",
        lambda: png_of_pixels(pixels if cam is None else overlay(pixels, cam, scale_of(cam, "inferno"))),
        lambda: after.prepared.pixels if cam is None else cam,
        snippets.changed_map(setting(selection), change.name, strength, box),
    )
    return Chosen(change, strength, box, after)


def thing_box(selection: Selection) -> Box:
    """Where the thing is: the box that somebody dragged, else the one around the evidence, else the middle."""
    size = _size(selection)
    try:
        given = parse_box(st.session_state.get(_thing_key(selection)) or "", size)
    except BadBox:  # said beside the box itself
        given = None
    return _whole(given) or selection.trace.view(around) or middle(*size)


def _pick_thing(selection: Selection) -> Box:
    """The unchanged picture, to drag a box on."""
    size = _size(selection)
    found = selection.trace.view(around) or middle(*size)
    alt = "The unchanged picture, with the box around the thing"
    nothing = Heat(np.zeros((2, 2), np.float32), Scale(0, 1, "inferno"), alt, fades=True)
    given = pick_box(Photo(selection.trace.view(whole_png), size), nothing, found, _thing_key(selection))
    if given is None:
        st.caption("Until you drag a box, the dashed one counts.")
    return _whole(given) or found


def _thing_key(selection: Selection) -> str:
    return f"cut-{selection.image.digest[:6]}"  # a box belongs to a picture


def _size(selection: Selection) -> tuple[int, int]:
    height, width, _ = selection.image.pixels.shape
    return height, width


def _whole(box: tuple[float, ...] | None) -> Box | None:
    if box is None:
        return None
    top, left, bottom, right = map(int, box)
    return top, left, bottom, right


def _evidence(before: Trace, after: Trace) -> None:
    pixels = Photo(after.view(photo), after.prepared.size)
    if not (after.network.has_maps and after.is_finite and before.is_finite):
        st.image(pixels.png, width="stretch")
        return
    category = before.network.categories[before.class_of(None)]
    st.markdown(plain(f"Evidence for “{category}”"))
    maps = [class_activation_map(trace) for trace in (before, after)]
    scale = scale_of(np.stack(maps), "inferno")
    unit = f"Grad-CAM for {category}, in units of the logit; one scale with the unchanged picture"
    probe(pixels, _heat(after, maps[1], scale, unit), "challenge")


def _map(before: Trace, after: Trace, layer: str, channel: int) -> None:
    maps = [as_maps(trace[layer])[channel] for trace in (before, after)]
    st.markdown(plain(f"Channel {channel} of {layer}"))
    unit = f"{activation_unit(after.network, layer, channel)}; one scale with the unchanged picture"
    probe(
        Photo(after.view(photo), after.prepared.size), _heat(after, maps[1], scale_of(np.stack(maps)), unit),
        "challenge-map",
    )  # fmt: skip


def _heat(trace: Trace, values: FloatArray, scale: Scale, unit: str) -> Heat:
    return Heat(values, scale, f"{unit}, over the changed picture", unit, enlarge(values, *trace.prepared.size))

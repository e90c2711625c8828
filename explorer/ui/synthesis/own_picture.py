"""The person's own picture: dreamt into, and made again from what a layer gives."""

from __future__ import annotations

import streamlit as st

from ...running.progress import Progress
from ...synthesis import Changed, dream, invert, snippets
from ...synthesis.figures import made_png, shown_png
from ...synthesis.making import Growing
from ...synthesis.own_picture import MOST_OCTAVES
from ...synthesis.sentences import dream_sentence, inversion_sentence
from ..elements.pickers import pick_one, picture
from ..frame.boundary import plain
from ..frame.log import analysis
from ..frame.session import Selection
from ..frame.takeaway import setting, take_away
from .growing import grown
from .wants import WIDTH

_ALL, _ONE = "all that the layer answers", "the channel alone"
_DREAM_STEPS = {"12 steps": 12, "24 steps": 24, "6 steps": 6}
_STEPS = {"128 steps": 128, "256 steps": 256, "512 steps": 512}


def dreaming(selection: Selection, layer: str, channel: int) -> None:
    """DeepDream: what the layer sees in the picture, more of it."""
    left, middle, right = st.columns(3, gap="medium")
    with left:
        driven = pick_one("More of", (_ALL, _ONE), "dream_of")
    with middle:
        steps = _DREAM_STEPS[pick_one("For each octave", _DREAM_STEPS, "dream_steps")]
    with right:
        octaves = int(pick_one("Octaves", [str(n) for n in (4, *range(1, 4), *range(5, MOST_OCTAVES + 1))], "octaves"))
    driven_up = f"{layer}:{channel}" if driven == _ONE else layer
    network, image = selection.network, selection.image

    def make(progress: Progress, growing: Growing) -> Changed:
        with analysis(network, "dream", layer):
            return dream(network, image, driven_up, octaves, steps, progress=progress, growing=growing)

    found = grown(
        selection.dreams, ("dream", driven_up, octaves, steps), f"Dream: {octaves} octaves of {steps} steps",
        "dream", "Dreaming", WIDTH, make,
    )  # fmt: skip
    if found is not None:
        _show(found, "dream", dream_sentence(found),
              snippets.dreamt(setting(selection), driven_up, octaves, steps))  # fmt: skip


def what_is_left(selection: Selection, layer: str) -> None:
    """Inversion: another picture for which the layer gives the same."""
    steps = _STEPS[pick_one("For", _STEPS, "left_steps", is_in_row=True)]
    network, image = selection.network, selection.image

    def make(progress: Progress, growing: Growing) -> Changed:
        with analysis(network, "inversion", layer):
            return invert(network, image, layer, steps, 0, progress, growing)

    found = grown(
        selection.dreams, ("inversion", layer, steps), f"Make it again from {layer}: {steps} steps", "left",
        "Making it again", WIDTH, make,
    )  # fmt: skip
    if found is not None:
        _show(found, "left", inversion_sentence(found), snippets.inverted(setting(selection), layer, steps))


def _show(found: Changed, key: str, sentence: str, code: str) -> None:
    """The picture as the network received it, and what became of it."""
    pictures = [found.picture_before, found.picture]
    picture(shown_png(pictures), alt="The picture as the network received it, and what became of it", width=2 * WIDTH)
    st.caption(plain("Left: as the network received it. Right: what became of it."))
    take_away(sentence, f"{key}-picture", lambda: made_png([found.picture]), lambda: found.values, code)

"""What a layer's maps are made of: a few concepts, where each is, and what each alone is to the network."""

from __future__ import annotations

from functools import partial

import streamlit as st

from ...attribution import Concepts, concepts, snippets
from ...attribution.figures import concept_sheet, concepts_png, photograph
from ...attribution.sentences import concept_name, concept_sentence, concepts_sentence
from ...errors import NotSpatial, Unsuited
from ...networks.cost import is_quick
from ..elements.bar import Chosen
from ..elements.choice import Choice
from ..elements.grid import grid
from ..elements.pickers import picture
from ..frame.boundary import plain
from ..frame.progress import from_shelf
from ..frame.session import KEPT_IN_LINK, Selection, choose
from ..frame.takeaway import setting, take_away
from .controls import Look

_FEWEST, _FIRST, _MOST = 2, 4, 8  # concepts; more than eight colours cannot be told apart
_AT_ONCE = 2_000_000  # numbers in the maps, times concepts, that are factorised within about a second
_COLUMNS = 4
_SIDE = 300  # pixels: the picture, what moves it and the concepts fit a projector


def in_concepts(selection: Selection, chosen: Chosen, look: Look) -> None:
    """Pick how many; all of them over the picture, and each by itself. Choosing one takes the channel that it is made
    of most. No fragment: that channel stands in the bar."""
    network, trace = selection.network, selection.trace
    left, right = st.columns([2, 3], gap="medium")
    with right:
        n = st.slider("Concepts", _FEWEST, _MOST, _FIRST, key="concepts", **KEPT_IN_LINK)
        try:
            found = _found(selection, chosen.layer, n)
        except (NotSpatial, Unsuited) as error:
            st.info(plain(str(error)))
            return
        if found is None:
            return
        photo, places = trace.view(photograph, "grey"), look.places(network, chosen.layer)
        names = [concept_name(network, found, k) for k in range(n)]
        strongest = found.channels.argmax(axis=1).tolist()
        at = strongest.index(chosen.channel) if chosen.channel in strongest else None
        grid(
            concept_sheet(photo, found.maps, _COLUMNS, look.drawing.cells, places),
            _COLUMNS,
            Choice(names, at, lambda k: choose("channel", strongest[k])),
            alt=f"Concepts of {found.layer}, each over the picture in its own colour",
            key="concept-maps",
            captions=names,
        )
        if at is None:
            st.caption(
                "Choose one: it sets the channel above to the one that it is made of most. From another random start "
                "the search may find others."
            )
        else:
            st.caption(plain(concept_sentence(network, found, at)))
    with left:
        png = partial(concepts_png, photo, found.maps, look.drawing.cells, places)
        picture(png(), alt=f"All concepts of {found.layer} over the picture, in their colours", width=_SIDE)
        take_away(
            concepts_sentence(found),
            "concepts-all",
            png,
            lambda: found.maps,
            snippets.concept_maps(setting(selection), chosen.layer, n),
        )


def _found(selection: Selection, layer: str, n: int) -> Concepts | None:
    """The concepts, at once where that is quick, else when somebody wants them."""
    n_values = selection.network.spatial_layer(layer).n_bytes // 4
    return from_shelf(
        selection.concepts, (layer, n), n * n_values <= _AT_ONCE and is_quick(selection.network, n),
        f"Find {n} concepts in {layer}", "concepts-find", "Concepts",
        lambda progress: concepts(selection.trace, layer, n, progress=progress),
    )  # fmt: skip

"""What real pictures make a channel answer, beside the picture that was made for it."""

from __future__ import annotations

import streamlit as st

from ...atlas import Atlas
from ...atlas.shelf import atlases_of
from ...drawing.picture import png_of_pixels
from ...networks.network import Network
from ...pictures.samples import SAMPLES
from ...synthesis import Objective, Synthesis
from ...synthesis.readable import highest_at, natural_crops
from ...synthesis.sentences import natural_sentence, patches_sentence
from ..frame.boundary import plain
from ..units.patches import N_SHOWN, STRONGEST, crops, patches


def natural(found: Synthesis, key: str) -> None:
    """Of one channel its strongest patches in an atlas that knows it; else, and of all other objectives, those in the
    pictures that come along. Below them what the made picture reaches by the same measure."""
    known = _known(found.network, found.objective)
    if known is None:
        places = found.measured.places[:N_SHOWN]
        crops(
            [png_of_pixels(one) for one in natural_crops(found.network, found.objective, places)],
            [place.value for place in places], [SAMPLES[place.name].title for place in places], STRONGEST, key,
            of_cells=found.objective.layer is not None,
        )  # fmt: skip
        st.caption(plain(natural_sentence(found)))
        return
    atlas, at = known
    channel = found.objective.weights[0][0]
    patches(atlas.patches(at, channel), STRONGEST, key)
    reached = highest_at(found.network, at, channel, found.values)
    st.caption(plain(patches_sentence(atlas.n_pictures, atlas.title, at, reached)))


def _known(network: Network, objective: Objective) -> tuple[Atlas, str] | None:
    """The first atlas with pictures that tells of the objective's one channel, and its layer that does."""
    if objective.layer is None or len(objective.weights) > 1 or objective.weights[0][1] < 0:
        return None
    for atlas in atlases_of(network)[0]:
        at = atlas.layer_for(network, objective.layer)
        if atlas.has_pictures and at is not None:
            return atlas, at
    return None

"""A concept that is drawn, or shown by one's own pictures, and what a step towards it does to the class."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial

import streamlit as st

from ...concepts import Tcav, snippets, tcav
from ...concepts.figures import picture_row, score_bars
from ...concepts.sentences import accuracy_sentence, score_sentence
from ...concepts.shown import DRAWN, crops, drawn_concept, random_pictures, sets_of
from ...concepts.tcav import FEWEST, MOST
from ...networks.network import Network
from ...pictures.classes import class_folders, classes_in, some_of_each
from ...pictures.image import MAX_BYTES, ImageInput
from ...running.cache import Shelf
from ...running.progress import Progress
from ...targets import Target
from ..elements.bar import Chosen
from ..elements.chart import chart
from ..elements.pickers import pick_one, picture
from ..frame.boundary import plain
from ..frame.caches import caches
from ..frame.progress import from_shelf
from ..frame.session import Selection, uploaded_image
from ..frame.takeaway import setting

_OWN = "your own pictures"
_CROPS = "this picture and crops of it"
_ONE, _STAGES = "the chosen layer", "all stages with maps"
_N_DRAWN, _N_EXAMPLES, _N_SETS = 20, 24, 10
_SHOWN = 8


@dataclass(frozen=True)
class _Pictures:
    """Pictures, a key that tells them from all others, and the code that gives them."""

    images: Sequence[ImageInput]
    key: Hashable
    code: str
    title: str


def own_concept(selection: Selection, chosen: Chosen) -> None:
    """Pick the concept, the class's pictures and the layers; then the scores, with their error bars."""
    network = selection.network
    if network.preprocessing.n_channels != 3 or (network.info is not None and network.info.reads != "photographs"):
        st.info(
            f"Concepts are laid over photographs here, and {plain(network.title)} reads none. Choose a network of "
            "photographs."
        )
        return
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        concept_name = pick_one("Concept", dict.fromkeys((*DRAWN, _OWN)), "concept", is_in_row=True)
        of_class = pick_one("Pictures of the class", _class_choices(), "concept_class", is_in_row=True)
        where = pick_one("At", (_STAGES, _ONE), "concept_layers", is_in_row=True)
    concept = _own_pictures() if concept_name == _OWN else _drawn(concept_name, _N_DRAWN)
    if concept is None:
        return
    examples = _examples(selection, of_class)
    layers = [one for one in network.stages if network.layer(one).is_spatial] if where == _STAGES else [chosen.layer]
    index = selection.trace.target
    assert index is not None  # a selection's trace has one
    n_passes = len(concept.images) * (1 + _N_SETS) + 3 * len(examples.images)
    found = from_shelf(
        Shelf(caches().tcavs, (network.key, index)), (concept.key, examples.key, *layers), False,
        f"Ask about “{plain(concept.title)}”, {n_passes} passes", "concept-ask", "Passes",
        partial(_ask, network, concept, examples, index, layers),
    )  # fmt: skip
    if found is None:
        _preview(concept, examples)
        return
    _show(selection, found, concept, examples)


def _ask(
    network: Network, concept: _Pictures, examples: _Pictures, index: int, layers: Sequence[str],
    progress: Progress | None,
) -> Tcav:  # fmt: skip
    random = sets_of(random_pictures(_N_SETS * len(concept.images)), _N_SETS)
    return tcav(network, concept.images, random, examples.images, Target(index), layers, progress)


def _show(selection: Selection, found: Tcav, concept: _Pictures, examples: _Pictures) -> None:
    network = selection.network
    category = network.categories[found.target.index]
    told = [i for i in range(len(found.layers)) if found.tells(i) and found.is_significant(i)]
    at = told[-1] if told else len(found.layers) - 1
    left, right = st.columns([3, 2], gap="medium")
    with left:
        bars = score_bars(found, concept.title, category)
        sentence = score_sentence(network, found, at, concept.title)
        chart(
            bars, f"{bars.title}. {sentence}", "concept-scores", sentence, lambda: found.scores,
            snippets.scores(
                setting(selection), concept.code, examples.code, found.target.index, found.layers, _N_SETS
            ),
        )  # fmt: skip
    with right:
        for i, layer in enumerate(found.layers):
            if not found.tells(i):
                verdict = "hardly has the concept"
            else:
                verdict = "significant" if found.is_significant(i) else "not significant"
            st.markdown(f"{plain(layer)}: **{verdict}**, p = {found.chances[i]:.2g}")
        st.caption(plain(accuracy_sentence(found, at)))
        _preview(concept, examples)


def _preview(concept: _Pictures, examples: _Pictures) -> None:
    for name, images in (("The concept", concept.images), ("Random", _some_random()),
                         ("The class", examples.images)):  # fmt: skip
        st.caption(name)
        picture(picture_row(images[:_SHOWN]), f"{name}: the first of {len(images)} pictures")
    st.caption(
        "Random pictures are crops of the sample photographs. A drawn concept is laid over other such crops, so that "
        "what is told apart is the concept, and not that it is drawn."
    )
    if examples.title == _CROPS:
        st.caption("Crops of one picture are no sample of a class: what is found holds for this picture.")


@lru_cache(maxsize=4)
def _drawn(name: str, n: int) -> _Pictures:
    return _Pictures(drawn_concept(name, n), (name, n), f"drawn_concept({name!r}, {n})", name)


@lru_cache(maxsize=1)
def _some_random() -> list[ImageInput]:
    return random_pictures(_SHOWN)


def _own_pictures() -> _Pictures | None:
    """A handful of a visitor's own, which are kept by their files' unguessable ids."""
    files = st.file_uploader(
        f"{FEWEST} to {MOST} pictures of the concept", accept_multiple_files=True, key="concept-files",
        max_upload_size=MAX_BYTES >> 20,
    )  # fmt: skip
    if not files:
        st.caption(f"Give {FEWEST} pictures or more that have one thing in common, each with something else around it.")
        return None
    images = [uploaded_image(one) for one in files]
    code = '[explorer.read_image(path) for path in ("one.jpg", "two.jpg")]  # all of them'
    return _Pictures(images, tuple(one.file_id for one in files), code, "your concept")


def _class_choices() -> list[str]:
    found = [_CROPS]
    for name, place in class_folders().items():
        found += [f"{name}: {one}" for one in classes_in(place)]
    return found


def _examples(selection: Selection, of_class: str) -> _Pictures:
    if of_class == _CROPS:
        images = crops(selection.image, _N_EXAMPLES)
        return _Pictures(images, selection.image.digest, f"crops(image, {_N_EXAMPLES})", _CROPS)
    return _of_folder(of_class, _N_EXAMPLES)


@lru_cache(maxsize=4)  # the operator's pictures, none of a visitor's
def _of_folder(of_class: str, n: int) -> _Pictures:
    folder, _, name = of_class.partition(": ")
    files = some_of_each({name: classes_in(class_folders()[folder])[name]}, n)[name]
    return _Pictures([file.read() for file in files], of_class, snippets.pictures_in(name, n), of_class)

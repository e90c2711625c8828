"""Pictures that are alike, among the samples and one's own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import streamlit as st

from ...applications import alike, features, nearest, snippets
from ...applications.figures import alike_png, alike_scale, received_png
from ...applications.search import N_NEAREST
from ...applications.sentences import searched_sentence
from ...elements.legend import legend
from ...errors import BadImage
from ...networks.cost import is_quick
from ...pictures.image import ImageInput
from ...pictures.samples import SAMPLES, load_sample
from ...running.progress import Progress
from ...snippets import own_picture, sample_picture
from ...trace import FloatArray
from ..elements.choice import Choice
from ..elements.pickers import pick_one
from ..elements.strip import strip
from ..frame.boundary import plain
from ..frame.progress import when_wanted
from ..frame.session import Selection, choose, uploaded_image
from ..frame.takeaway import setting, take_away
from ..loading.picture import own_pictures

_ALL, _OWN = "the samples and your own pictures", "your own pictures"
_PASS = 3  # forward and backward, in passes forward


@dataclass(frozen=True)
class _Picture:
    """One to search in: what it is called, the code that reads it, and the settings with which all pages show it."""

    title: str
    image: ImageInput
    code: str
    chosen: Mapping[str, object]


def search(selection: Selection, layer: str) -> None:
    """The nearest pictures, and where in each it and the chosen one are alike."""
    where = pick_one("Search in", (_ALL, _OWN), "search-in", is_in_row=True)
    others = _others(selection, where)
    query = selection.trace
    own = features(query, layer)
    if not _looked_at(selection, others, layer):
        return
    vectors = [_features(selection.with_image(one.image), layer) for one in others]
    which, cosines = nearest(np.stack(vectors) if vectors else np.empty((0, len(own))), own, N_NEAREST)
    found = [others[i] for i in which.tolist()]
    traces = [selection.with_image(one.image).trace for one in found]
    sheets = [(received_png(traces), 1, True)]
    rows, shown = ["Found"], None
    if query.network.layer(layer).is_spatial:
        theirs = [alike(trace, layer, own) for trace in traces]
        yours = [alike(query, layer, features(trace, layer)) for trace in traces]
        scale = alike_scale([*theirs, *yours])
        sheets += [(alike_png(traces, theirs, scale, layer), 1, True)]
        sheets += [(alike_png([query] * len(traces), yours, scale, layer), 1, True)]
        rows += ["Where it is like yours", "Where yours is like it"]
        shown = legend(scale, "what a cell adds to the cosine; one scale for all")
    strip(
        sheets,
        [(one.title, f"{cosine:.2f}") for one, cosine in zip(found, cosines.tolist(), strict=True)],
        alt=f"The pictures nearest to {selection.image.name} at {layer}: {', '.join(one.title for one in found)}",
        key="found",
        rows=rows,
        width=112,
        legend=shown,
        choice=Choice(
            [f"{one.title}: choose it for all pages" for _ in sheets for one in found], None,
            lambda cell: _choose(found[cell % len(found)]),
        ),
    )  # fmt: skip
    take_away(
        searched_sentence(layer, len(own), [one.title for one in found], cosines.tolist(), len(others)),
        "found-pictures",
        lambda: sheets[-1][0],
        lambda: cosines,
        snippets.searched(setting(selection), layer, [one.code for one in others], N_NEAREST),
    )


def _others(selection: Selection, where: str) -> list[_Picture]:
    """The pictures to search in, each once, without the chosen one; of those that cannot be read a sentence says so."""
    found, unread = [], []
    for i, file in enumerate(own_pictures()):
        try:
            chosen = {"picture": "Upload", "mine": i}
            found.append(_Picture(file.name, uploaded_image(file), own_picture(), chosen))
        except BadImage as error:
            unread.append(str(error))
    if where == _ALL:
        found += [
            _Picture(one.title, load_sample(name), sample_picture(name), {"picture": "Sample", "sample": name})
            for name, one in SAMPLES.items()
        ]
    if unread:
        more = f" {len(unread) - 1} more cannot be read." if len(unread) > 1 else ""
        st.caption(plain(unread[0] + more))
    once = {one.image.digest: one for one in reversed(found)}  # of two that are the same the first
    once.pop(selection.image.digest, None)
    return list(reversed(once.values()))


def _choose(picture: _Picture) -> None:
    for key, value in picture.chosen.items():
        choose(key, value)


def _looked_at(selection: Selection, others: Sequence[_Picture], layer: str) -> bool:
    """Whether the features of all of them are there: made at once where that takes no second, or when somebody has
    asked for it."""
    missing = [one for one in others if selection.with_image(one.image).features.find(layer) is None]
    if not missing:
        return True
    looked_at = when_wanted(
        is_quick(selection.network, _PASS * len(missing)), f"Look at {len(missing)} pictures", "search-look", "Looking",
        partial(_look, selection, missing, layer),
    )  # fmt: skip
    return looked_at is not None


def _look(selection: Selection, pictures: Sequence[_Picture], layer: str, progress: Progress | None) -> int:
    """One pass over each, from which the means of all stages are kept: another stage then asks for none. How many."""
    for i, one in enumerate(pictures, start=1):
        for name in (*selection.network.stages, layer):
            _features(selection.with_image(one.image), name)
        if progress is not None:
            progress(i, len(pictures))
    return len(pictures)


def _features(selection: Selection, layer: str) -> FloatArray:
    return selection.features.get(layer, lambda: features(selection.trace, layer))

"""What a figure is made of, as data, and the making: the same recipe gives the same bytes whenever somebody checks.

A recipe is a table with the kind of figure as "figure", and what that kind needs.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from ..attribution import METHODS, Attribution
from ..attribution.explain import explain
from ..attribution.figures import own_scale
from ..drawing.picture import overlay, png_of_pixels, visible
from ..errors import BadOption
from ..feature_maps.channels import ORDERS, SCALES
from ..feature_maps.figures import N_PER_PAGE, layer_view
from ..trace import FloatArray, Trace
from ..wording import quoted
from .evidence import BESIDE, FIRST

Recipe = Mapping[str, Any]

_METHODS = (FIRST, *BESIDE)  # read off one pass: whoever checks a stranger's file waits for no thousand
_COLORS = "inferno"


def recipes(trace: Trace, layers: Sequence[str]) -> Iterator[tuple[str, Recipe]]:
    """The name of each file of an archive of a pass, and its recipe."""
    yield "input.npy", {"figure": "input"}
    yield "logits.npy", {"figure": "logits"}
    if trace.network.categories:
        yield "probabilities.npy", {"figure": "probabilities"}
    for i, layer in enumerate(layers):
        yield f"layers/{i:02d}.npy", {"figure": "layer", "layer": layer}
        if trace.network.layer(layer).is_spatial and trace.is_finite:
            n_pages = -(-trace.network.layer(layer).n_channels // N_PER_PAGE)
            for page in range(n_pages):
                yield f"layers/{i:02d}-maps-{page:02d}.png", {"figure": "mosaic", "layer": layer, "page": page}
    if trace.target is not None and trace.is_finite and trace.network.has_maps:
        for method in _METHODS:
            found = explain(trace, method)
            settings = {"method": method, "layer": found.layer, "options": dict(found.options)}
            yield f"evidence/{method}.npy", {"figure": "map", **settings}
            yield f"evidence/{method}.png", {"figure": "overlay", **settings}


def made(trace: Trace, recipe: Recipe) -> bytes:
    """The file that a recipe describes. Raises BadOption, UnknownLayer and others for one that nobody wrote so."""
    make = _KINDS.get(str(recipe.get("figure")))
    if make is None:
        raise BadOption(f"There is no figure {quoted(str(recipe.get('figure')))}; there are {', '.join(_KINDS)}.")
    return make(trace, recipe)


def _array(values: FloatArray) -> bytes:
    file = io.BytesIO()
    np.save(file, np.ascontiguousarray(values, dtype="<f4"))
    return file.getvalue()


def _layer(trace: Trace, recipe: Recipe) -> str:
    return trace.network.layer(recipe.get("layer", "")).name


def _mosaic(trace: Trace, recipe: Recipe) -> bytes:
    layer, page = _layer(trace, recipe), recipe.get("page")
    n_pages = -(-trace.network.layer(layer).n_channels // N_PER_PAGE)
    if type(page) is not int or not 0 <= page < n_pages:
        raise BadOption(f"The maps of {layer} have {n_pages} pages, from 0 on; {quoted(str(page))} is none of them.")
    return layer_view(trace, trace.network.spatial_layer(layer).name, ORDERS[0], SCALES[0], page).png


def _explained(trace: Trace, recipe: Recipe) -> Attribution:
    method, options = recipe.get("method"), recipe.get("options")
    if method not in _METHODS or not isinstance(options, dict):
        raise BadOption(f"Evidence is of one of {', '.join(_METHODS)}, with its options, not {quoted(str(method))}.")
    layer = recipe.get("layer")
    return explain(trace, method, layer if METHODS[method].uses_layer else None, **options)


def _overlay(trace: Trace, recipe: Recipe) -> bytes:
    found = _explained(trace, recipe)
    scale = own_scale(found, _COLORS)
    return png_of_pixels(overlay(visible(trace.prepared.pixels), found.values, scale, places=found.places))


_KINDS: Mapping[str, Callable[[Trace, Recipe], bytes]] = {
    "input": lambda trace, _: _array(trace.prepared.tensor[0].cpu().numpy()),
    "logits": lambda trace, _: _array(trace.logits),
    "probabilities": lambda trace, _: _array(trace.probabilities),
    "layer": lambda trace, recipe: _array(trace[_layer(trace, recipe)]),
    "mosaic": _mosaic,
    "map": lambda trace, recipe: _array(_explained(trace, recipe).values),
    "overlay": _overlay,
}

"""The pictures of the app for those who write Python: each a picture of Pillow, which a notebook shows as it is."""

from __future__ import annotations

import io
import os
from pathlib import Path

import numpy as np
from PIL import Image
from plotly.graph_objects import Figure

from ..attribution import Attribution
from ..attribution.figures import over_the_whole, own_scale
from ..attribution.seen import Seen
from ..drawing.answers import likely_bars
from ..drawing.charts import figure
from ..drawing.color import SEQUENTIAL
from ..drawing.picture import overlay as laid_over
from ..drawing.picture import visible
from ..errors import BadOption, NoArithmetic, nearest
from ..feature_maps.channels import ORDERS, SCALES
from ..feature_maps.figures import N_PER_PAGE, layer_view
from ..filters import figures as filters
from ..filters.weights import layers_with_kernels
from ..networks.network import Network
from ..trace import Trace
from ..wording import described, quoted

_PICTURES = (".png", ".jpg", ".jpeg", ".webp")


def overlay(attribution: Attribution, opacity: float, colors: str, whole: bool) -> Image.Image:
    """A map over the photograph; see `Attribution.overlay`."""
    seen = seen_by(attribution)
    if isinstance(opacity, bool) or not isinstance(opacity, int | float) or not 0 <= opacity <= 1:
        raise BadOption(f"opacity must be a number from 0 to 1, not {described(opacity)}.")
    scale = own_scale(attribution, _one_of("colors", colors, tuple(SEQUENTIAL)))
    if whole:
        drawn = over_the_whole(seen, attribution.values, scale, opacity, attribution.places)
    else:
        drawn = laid_over(visible(seen.received), attribution.values, scale, opacity, places=attribution.places)
    return Image.fromarray(drawn)


def save(attribution: Attribution, path: str | os.PathLike[str], opacity: float, colors: str, whole: bool) -> None:
    """A map in a file; see `Attribution.save`."""
    place = Path(path)
    if place.suffix.lower() == ".npy":
        np.save(place, attribution.values)
    elif place.suffix.lower() in _PICTURES:
        overlay(attribution, opacity, colors, whole).save(place)
    else:
        raise BadOption(
            f"{quoted(place.name)} says no kind of file. End it in {', '.join(_PICTURES)} for the picture, or in .npy "
            "for the map's own values."
        )


def seen_by(attribution: Attribution) -> Seen:
    """What the map lies over. Raises BadOption for a map that nobody's picture is known of."""
    if attribution.seen is None:
        raise BadOption(
            "This map does not know its picture: it was made by hand, or kept without it. Make it with "
            "explorer.attribute(network, image)."
        )
    return attribution.seen


def bars(trace: Trace, k: int) -> Figure:
    """The likeliest classes; see `Trace.bars`."""
    if k == 0:
        raise BadOption("No class makes no picture. Choose a k from 1 on.")
    return Figure(figure(likely_bars(trace, k)))


def mosaic(trace: Trace, layer: str, order: str, scale: str, page: int) -> Image.Image:
    """A layer's feature maps; see `Trace.mosaic`."""
    n = trace.network.layer(layer).n_channels
    shown = _page(page, -(-n // N_PER_PAGE))
    view = layer_view(trace, layer, _one_of("order", order, ORDERS), _one_of("scale", scale, SCALES), shown)
    return _opened(view.png)


def filter_sheet(network: Network, layer: str, page: int, folded: bool) -> Image.Image:
    """A layer's kernels; see `Network.filter_sheet`."""
    name = checked_kernels(network, layer)
    n, per_page = len(network.weights(name)["weight"]), filters.per_page(network, name)
    first = _page(page, -(-n // per_page)) * per_page
    return _opened(filters.filter_sheet(network, name, range(first, min(n, first + per_page)), folded).png)


def checked_kernels(network: Network, layer: str) -> str:
    """The full name of a layer with kernels. Raises UnknownLayer, NoArithmetic for one without."""
    name = network.resolve(layer)
    if name not in (known := layers_with_kernels(network)):
        raise NoArithmetic(
            f"{name} of {network.name} ({network.layers[name].kind}) has no kernels.{nearest(name, known)} Pick one of "
            f"those whose kind is convolution or dense in network.layers."
        )
    return name


def _opened(png: bytes) -> Image.Image:
    """In colours, not in numbers of a palette: what NumPy makes of it is what is seen."""
    return Image.open(io.BytesIO(png)).convert("RGBA")


def _page(page: int, n: int) -> int:
    if isinstance(page, bool) or not isinstance(page, int) or not 0 <= page < n:
        raise BadOption(f"page must be a whole number from 0 to {n - 1}, not {described(page)}.")
    return page


def _one_of(name: str, given: str, allowed: tuple[str, ...]) -> str:
    if given not in allowed:
        raise BadOption(
            f"{name} cannot be {described(given)}.{nearest(str(given), allowed)} Pick one of {', '.join(allowed)}."
        )
    return given

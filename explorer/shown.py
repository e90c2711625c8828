"""How results show themselves in a notebook: the one door that leads up, from what is known to what is drawn of it.

A network knows no trace, a trace no figure. Whoever holds one still expects it to draw itself, so these classes ask
`explorer.notebook`, on a floor above them, when somebody looks, and not before: nothing of it is imported until then.
"""

from __future__ import annotations

import os
from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from PIL.Image import Image
    from plotly.graph_objects import Figure


def _drawn(what: str, *asked: object, **options: object) -> Any:
    return getattr(import_module("explorer.notebook"), what)(*asked, **options)


class LiveView(Protocol):
    """A view that is live in a notebook: what was chosen in it, by name, and can be set."""

    chosen: dict[str, object]


class Shown:
    """What a notebook shows as a card: small HTML that needs nothing from elsewhere."""

    def _repr_html_(self) -> str:
        return str(_drawn("card", self))


class ShownLive(Shown):
    """What a notebook shows as a view that answers to the hand, where `anywidget` is installed; as a card elsewhere."""

    def _repr_mimebundle_(self, **_: object) -> tuple[dict[str, object], dict[str, object]] | None:
        found: tuple[dict[str, object], dict[str, object]] | None = _drawn("live_bundle", self)
        return found

    def _display_(self) -> object:  # as marimo asks, which else takes the card
        return _drawn("displayed", self)


class ShownOpened(ShownLive):
    """A value taken apart."""

    def live(self) -> LiveView:
        """The window that it comes of, which slides over the whole layer, live in a notebook; see `Trace.live`.

        Raises LibraryMissing, TooLarge, BadWindow where nothing slides.
        """
        view: LiveView = _drawn("live", self)
        return view


class ShownNetwork(ShownLive):
    """A network's pictures."""

    def live(self, layer: str | None = None) -> LiveView:
        """The kernels of a layer, of the first one unless given, live in a notebook; see `Trace.live`.

        Raises LibraryMissing, UnknownLayer, NoArithmetic for a layer without kernels.
        """
        view: LiveView = _drawn("live", self, layer)
        return view

    def filter_sheet(self, layer: str, page: int = 0, folded: bool = False) -> Image:
        """A layer's kernels in one picture, a page of them: a first layer's in colour (mid-grey is zero), others red
        where positive, blue where negative, white at zero. `folded` multiplies in the batch norm behind it.

        Raises UnknownLayer, NoArithmetic for a layer without kernels, BadOption for a page that is not there.
        """
        image: Image = _drawn("filter_sheet", self, layer, page, folded)
        return image


class ShownTrace(ShownLive):
    """A trace's pictures."""

    def live(self, layer: str | None = None) -> LiveView:
        """All maps of a layer, and one of them over the picture, live in a notebook: an anywidget, whose `chosen` says
        what was chosen in it, such as {"channel": 12}, and can be set. Unless given, the last layer with maps that is
        not large.

        Raises LibraryMissing without anywidget, UnknownLayer, TooLarge for a layer of too many numbers.
        """
        view: LiveView = _drawn("live", self, layer)
        return view

    def live_ledger(self) -> LiveView:
        """The logits of the likeliest classes as sums, and where in the picture they come from, live in a notebook.

        Raises LibraryMissing, NoTarget, and BadTarget where there is no classifier.
        """
        view: LiveView = _drawn("live_ledger", self)
        return view

    def bars(self, k: int = 5) -> Figure:
        """The k likeliest classes as bars with their probabilities: a figure of Plotly, which tells each bar's value.

        Raises BadTarget where there is no classifier, BadOption for a k of 0.
        """
        chart: Figure = _drawn("bars", self, k)
        return chart

    def mosaic(self, layer: str, order: str = "number", scale: str = "layer", page: int = 0) -> Image:
        """A layer's feature maps in one picture, a page of up to 64, in one of feature_maps.ORDERS and on one of its
        SCALES: maps that are never negative from dark to bright, others blue, white at zero, and red.

        Raises UnknownLayer, BadOption, NoTarget for the order by gradient × activation of a trace without a target.
        """
        image: Image = _drawn("mosaic", self, layer, order, scale, page)
        return image


class ShownMap(ShownLive):
    """The pictures of a map of evidence."""

    def live(self) -> LiveView:
        """The map over the picture, live in a notebook; see `Trace.live`. Raises LibraryMissing, BadOption for a map
        that does not know its picture."""
        view: LiveView = _drawn("live", self)
        return view

    def overlay(self, opacity: float = 0.5, colors: str = "inferno", whole: bool = False) -> Image:
        """The map over the picture as the network received it, or, with `whole`, over the whole photograph, with a
        frame around what the network received of it.

        Each pixel is `opacity` of the map's colour and the rest of the photograph's; nothing is made brighter. The
        colours run from 0 to the map's maximum, of pixels by gradients to the 99th percentile; a signed map is always
        blue, white at zero, and red. Raises BadOption for an opacity beyond 0 to 1 and for colours that are none.
        """
        image: Image = _drawn("overlay", self, opacity, colors, whole)
        return image

    def save(
        self, path: str | os.PathLike[str], opacity: float = 0.5, colors: str = "inferno", whole: bool = False
    ) -> None:
        """Write the same picture as PNG, JPEG or WebP, or, where the path ends in .npy, the values of the map as they
        are: (H, W) float32. Raises BadOption for another ending, OSError where nothing can be written."""
        _drawn("save", self, path, opacity, colors, whole)

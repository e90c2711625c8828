"""Results as a notebook shows them where anywidget is installed: the app's own views, with all that they draw in the
browser, so that choosing asks nobody."""

from __future__ import annotations

import math
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any
from weakref import WeakKeyDictionary

from ..attribution import Attribution
from ..convolution.opened import Opened
from ..drawing.picture import png_of_pixels, visible
from ..elements.overlay import Photo
from ..elements.sliding import slides
from ..errors import BadTarget, BadWindow, ExplorerError, LibraryMissing, NoTarget, NotFinite, TooLarge
from ..exporting.evidence import map_drawn
from ..exporting.layers import kernels_drawn, maps_drawn, pooled_drawn, window_drawn
from ..exporting.part import Drawn
from ..exporting.parts import ledger_drawn, seen
from ..exporting.sizes import default_layers, window_shapes
from ..filters.figures import page_with, per_page
from ..filters.files import sheet_file
from ..networks.network import Network
from ..pooling.opened import OpenedPooling
from ..trace import Trace
from ..wording import count, megabytes
from .cards import card
from .markup import line
from .pictures import checked_kernels, seen_by
from .widget import widget_of

MOST_NUMBERS = 4_000_000  # of a view: 16 MB, which a notebook's connection carries at once

Bundle = tuple[dict[str, object], dict[str, object]]

_shown: WeakKeyDictionary[object, Any] = WeakKeyDictionary()  # one of each, however often it is looked at


@dataclass(frozen=True)
class Card:
    """The card of a result in place of its live view."""

    html: str

    def _repr_html_(self) -> str:
        return self.html


def displayed(shown: object) -> Any:
    """The live view of a result; where anywidget is not installed its card, and where it has none its card, which says
    why."""
    if find_spec("anywidget") is None:
        return Card(card(shown))
    try:
        view = _shown.get(shown)
        if view is None or view.comm is None:  # not yet, or closed
            view = _shown[shown] = live(shown)
    except ExplorerError as error:
        return Card(card(shown) + line(f"There is no live view of it: {error}"))
    return view


def live_bundle(shown: object) -> Bundle | None:
    """What a notebook is offered of a result: its live view, and the card for whoever reads the notebook without one;
    None where anywidget is not installed."""
    if find_spec("anywidget") is None:
        return None
    found = displayed(shown)
    if isinstance(found, Card):
        return {"text/plain": repr(shown), "text/html": found.html}, {}
    data, metadata = found._repr_mimebundle_()
    return {**data, "text/plain": repr(shown), "text/html": card(shown)}, metadata


def live(shown: object, layer: str | None = None) -> Any:
    """The live view of a network, a trace, a map of evidence or an opened value, as a widget; see `Trace.live`."""
    match shown:
        case Network():
            return _widget(_kernels(shown, layer))
        case Trace():
            return _widget(_maps(shown, layer))
        case Attribution():
            found = seen_by(shown)
            photo = Photo(png_of_pixels(visible(found.received)), (found.received.shape[0], found.received.shape[1]))
            return _widget(map_drawn(shown, found.target, photo))
        case Opened():
            return _widget(_sum(shown))
        case OpenedPooling():
            return _widget(_pooled(shown))
    raise TypeError(f"there is no live view of {type(shown).__name__}")


def live_ledger(trace: Trace) -> Any:
    """The likeliest classes as sums; see `Trace.live_ledger`."""
    if trace.network.no_classes:
        raise BadTarget(trace.network.no_classes)
    if trace.target is None:
        raise NoTarget("This trace explains no class. Run it with one: run(network, image, target=class_index).")
    _check_finite(trace)
    return _widget(ledger_drawn(trace))


def _widget(drawn: Drawn) -> Any:
    if find_spec("anywidget") is None:
        raise LibraryMissing(
            "A live view is drawn by anywidget, which is not installed: pip install 'cnn-explorer[notebook]', or in a "
            "checkout pip install anywidget. The cards and pictures are there without it."
        )
    return widget_of(drawn.view, drawn.data)


def _kernels(network: Network, layer: str | None) -> Drawn:
    name = checked_kernels(network, network.first_layer if layer is None else layer)
    filters = page_with(range(network.layer(name).n_channels), 0, per_page(network, name)).shown
    _check_size(name, [(len(filters), *network.weights(name)["weight"].shape[1:])], "another layer")
    return kernels_drawn(sheet_file(network, name, filters, False, None), name, filters)


def _maps(trace: Trace, layer: str | None) -> Drawn:
    small = default_layers(trace.network)
    if layer is None and not small:
        raise TooLarge(f"Every layer of {trace.network.name} is large. Choose one: trace.live(layer).")
    name = small[-1] if layer is None else layer
    _check_size(name, [trace.network.layer(name).shape], f"one of {', '.join(small)}")
    return maps_drawn(trace, name, seen(trace))


def _sum(opened: Opened) -> Drawn:
    trace, name = opened.trace, opened.layer
    shapes = window_shapes(trace.network, name)
    if not shapes:
        raise BadWindow(f"{name} reads numbers without a place, over which no window slides. Open a convolution.")
    _check_size(name, [*shapes, trace.network.layer(name).shape], "a smaller layer")
    _check_finite(trace)
    return window_drawn(trace, opened, (opened.unit[1], opened.unit[2]))


def _pooled(opened: OpenedPooling) -> Drawn:
    pooling = opened.pooling
    if not slides(pooling):
        raise BadWindow(f"{pooling.layer} has no window that slides and can be read. Open another pooling.")
    _check_size(pooling.layer, [(pooling.n_channels, *pooling.before)], "a smaller layer")
    _check_finite(opened.trace)
    channel, y, x = opened.unit
    return pooled_drawn(opened.trace, pooling, channel, (y, x))


def _check_size(layer: str, shapes: list[tuple[int, ...]], instead: str) -> None:
    n = sum(math.prod(shape) for shape in shapes)
    if n > MOST_NUMBERS:
        raise TooLarge(
            f"The live view of {layer} would take {count(n)} numbers ({megabytes(4 * n)}) to the browser, and "
            f"{megabytes(4 * MOST_NUMBERS)} are the most. Choose {instead}."
        )


def _check_finite(trace: Trace) -> None:
    if not trace.is_finite:
        raise NotFinite("This pass has values that are no numbers, which add up to nothing. Choose other weights.")

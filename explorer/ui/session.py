"""What the person chose, and the caches from which every page draws."""

from __future__ import annotations

import gc
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

import streamlit as st

from ..cache import BoundedCache
from ..figures.layer import LayerView, layer_view
from ..image import ImageInput, read_image
from ..networks.loading import Progress, load_network
from ..networks.network import Network
from ..samples import load_sample
from ..trace import Trace, run

_MIB, _GIB = 1 << 20, 1 << 30


@dataclass(frozen=True)
class _Caches:
    """Shared by all visitors. A key names what was computed, never who asked: equal work is done once, and nobody
    gets a trace without having its picture, whose digest is part of the key."""

    uploads: BoundedCache[ImageInput]  # by the file's own, unguessable id
    networks: BoundedCache[Network]
    traces: BoundedCache[Trace]
    views: BoundedCache[LayerView]


@st.cache_resource(show_spinner=False)
def _caches() -> _Caches:
    return _Caches(
        uploads=BoundedCache(max_entries=64, max_bytes=256 * _MIB, size=lambda image: image.pixels.nbytes),
        networks=BoundedCache(max_entries=8, max_bytes=2 * _GIB, size=lambda network: network.n_bytes),
        traces=BoundedCache(max_entries=256, max_bytes=2 * _GIB, size=lambda trace: trace.n_bytes),
        views=BoundedCache(max_entries=1024, max_bytes=64 * _MIB, size=lambda view: view.n_bytes),
    )


@st.cache_resource(show_spinner=False)
def start_up() -> None:
    """Once per process: make a first pass, then take everything that lives for ever out of the garbage collector's
    sight. Streamlit collects after every rerun, and with torch imported that alone takes 0.3 s."""
    try:
        run(network("pocket_resnet", "pretrained"), load_sample("chelsea"), "top")
    finally:
        gc.collect()
        gc.freeze()
        gc.enable()


def network(name: str, weights: str, progress: Progress | None = None) -> Network:
    """The network, loaded once for all visitors. Raises as `load_network` does."""
    return _caches().networks.get((name, weights), partial(load_network, name, weights, progress=progress))


def uploaded_image(file: Any) -> ImageInput:
    """A file from an uploader or the camera, decoded once. Raises BadImage."""
    return _caches().uploads.get(file.file_id, lambda: read_image(file.getvalue(), file.name))


@dataclass(frozen=True)
class Selection:
    """What the sidebar says: a picture, a network, and the class to explain, None for the top one."""

    image: ImageInput
    network: Network
    target: int | None

    @property
    def trace(self) -> Trace:
        """The recorded pass, with the gradients of the class to explain."""
        target: int | Literal["top"] = "top" if self.target is None else self.target
        return _caches().traces.get(self._key, partial(run, self.network, self.image, target))

    def layer_view(self, layer: str, order: str, scale: str, page: int) -> LayerView:
        """A page of a layer's channels; choosing another channel on it draws nothing anew."""
        key = (self._key, layer, order, scale, page)
        return _caches().views.get(key, partial(layer_view, self.trace, layer, order, scale, page))

    @property
    def _key(self) -> tuple[str, str, int | None]:
        return self.image.digest, self.network.key, self.target


def choose(key: str, value: object) -> None:
    """Give a widget another value; only in a callback, since it must happen before the widget is drawn."""
    st.session_state[key] = value

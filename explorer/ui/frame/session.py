"""What the person chose, and the caches from which every page draws."""

from __future__ import annotations

import functools
import gc
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from types import MappingProxyType
from typing import Any, Literal, TypedDict, cast

import streamlit as st

from ...attribution import Attribution
from ...faithfulness.curves import ReportCard
from ...faithfulness.randomisation import Sanity
from ...feature_maps.figures import LayerView, layer_view
from ...interventions import Decision
from ...loading import load as loading
from ...loading.catalog import CATALOG, FIRST_NETWORK
from ...loading.checkpoints import DEFAULT_LIMIT, Checkpoint, read_checkpoint
from ...loading.configurations import parted
from ...loading.download import default_folder
from ...loading.downloads import Downloads
from ...loading.model_files import network_in
from ...loading.published import find_set
from ...loading.sources.source import WeightSet
from ...networks.info import NetworkInfo
from ...networks.network import Network
from ...pictures.image import ImageInput, read_image
from ...pictures.samples import SAMPLES, load_sample
from ...pooling.exchange import ShiftTest, Swap
from ...running.cache import BoundedCache, Shelf
from ...targets import Target
from ...trace import FloatArray, Trace, run

_MIB, _GIB = 1 << 20, 1 << 30


class _Kept(TypedDict):
    bind: Literal["query-params"]
    persist_state: Literal["session"]


# for a widget whose choice stands in the link, and stays while another page is shown
KEPT_IN_LINK: _Kept = {"bind": "query-params", "persist_state": "session"}


@dataclass(frozen=True)
class _Caches:
    """Shared by all visitors. A key names what was computed, never who asked: equal work is done once, and nobody
    gets a trace without having its picture, whose digest is part of the key."""

    uploads: BoundedCache[ImageInput]  # by the file's own, unguessable id, as are the checkpoints
    checkpoints: BoundedCache[Checkpoint]
    networks: BoundedCache[Network]
    traces: BoundedCache[Trace]
    views: BoundedCache[LayerView]
    attributions: BoundedCache[Attribution]
    reports: BoundedCache[ReportCard]
    sanities: BoundedCache[Sanity]
    sweeps: BoundedCache[FloatArray]
    decisions: BoundedCache[Decision]
    swaps: BoundedCache[Swap]
    shifts: BoundedCache[ShiftTest]


@st.cache_resource(show_spinner=False)
def _caches() -> _Caches:
    return _Caches(
        uploads=BoundedCache(max_entries=64, max_bytes=256 * _MIB, size=lambda image: image.n_bytes),
        checkpoints=BoundedCache(max_entries=8, max_bytes=_GIB, size=lambda checkpoint: checkpoint.n_bytes),
        networks=BoundedCache(max_entries=8, max_bytes=2 * _GIB, size=lambda network: network.n_bytes),
        traces=BoundedCache(max_entries=256, max_bytes=2 * _GIB, size=lambda trace: trace.n_bytes),
        views=BoundedCache(max_entries=1024, max_bytes=64 * _MIB, size=lambda view: view.n_bytes),
        attributions=BoundedCache(
            max_entries=1024,
            max_bytes=256 * _MIB,
            size=lambda found: found.values.nbytes + (0 if found.pixels is None else found.pixels.nbytes),
        ),
        # a card holds the pictures and the order of the pixels, ten times a picture in all
        reports=BoundedCache(256, 256 * _MIB, size=lambda card: 11 * card.deletion.at_step(0).nbytes),
        sanities=BoundedCache(256, 256 * _MIB, size=lambda found: 2 * found.original.values.nbytes * len(found.steps)),
        sweeps=BoundedCache(1024, 16 * _MIB, size=lambda changes: changes.nbytes),
        decisions=BoundedCache(1024, 16 * _MIB, size=lambda decision: 64 * len(decision.channels)),
        swaps=BoundedCache(1024, 64 * _MIB, size=lambda found: found.logits.nbytes + found.probabilities.nbytes),
        shifts=BoundedCache(1024, 16 * _MIB, size=lambda found: found.probabilities.nbytes + found.changes.nbytes),
    )


@st.cache_resource(show_spinner=False)
def start_up() -> None:
    """Once per process: make the pass that the first visitor sees, then take everything that lives for ever out of the
    garbage collector's sight. Streamlit collects after every rerun, and with torch imported that alone takes 0.3 s."""
    try:
        first = next(iter(_offered.values()), None)
        usual = find_set(CATALOG[FIRST_NETWORK], "pretrained").name
        _ = Selection(load_sample(next(iter(SAMPLES))), first or network(FIRST_NETWORK, usual), None).trace
    finally:
        gc.collect()
        gc.freeze()
        gc.enable()


_offered: dict[str, Network] = {}  # of those who started the server, for all visitors


def offer(own: Network) -> None:
    """Show a network of no catalogue to all visitors, before the others."""
    _offered[own.name] = own


def offered() -> Mapping[str, Network]:
    """The networks of no catalogue that all visitors are shown, by name."""
    return MappingProxyType(_offered)


def network(name: str, weights: str) -> Network:
    """The network, loaded once for all visitors. Raises as `load_network` does."""
    return _caches().networks.get((name, weights), partial(loading.load_network, name, weights))


def uploaded_checkpoint(file: Any) -> Checkpoint:
    """A file from an uploader, read once. Raises BadCheckpoint."""
    return _caches().checkpoints.get(file.file_id, lambda: read_checkpoint(file.getvalue(), file.name))


def own_network(info: NetworkInfo, file: Any, beside: Sequence[Any], preparation: str | None = None) -> Network:
    """The network with the weights that a visitor uploaded, and what came beside them: found by the files' own,
    unguessable ids, so it is this visitor's alone. Raises BadCheckpoint, BadCategories, BadPreparation."""

    def load() -> Network:
        configurations, names = parted([(one.name, one.getvalue()) for one in beside])
        return loading.own_network(info, uploaded_checkpoint(file), file.name, names, preparation, configurations)

    key = (info.name, file.file_id, *(one.file_id for one in beside), preparation)
    return _caches().networks.get(key, load)


def own_model(file: Any, beside: Sequence[Any], preparation: str | None = None) -> Network:
    """The network in a file of a whole one that a visitor uploaded, and what came beside it: this visitor's alone.
    Raises BadModelFile, BadModule, BadCategories, BadPreparation."""

    def load() -> Network:
        came = [(one.name, one.getvalue()) for one in beside]
        apart = [(name, content) for name, content in came if name.endswith(".data")]
        configurations, names = parted([one for one in came if one not in apart])
        return network_in(
            file.getvalue(), file.name, max_bytes=DEFAULT_LIMIT, beside=apart, categories=names,
            preparation=preparation, configurations=configurations,
        )  # fmt: skip

    return _caches().networks.get((file.file_id, *(one.file_id for one in beside), preparation), load)


@functools.cache
def downloads() -> Downloads:
    """The downloads of all visitors."""
    return Downloads()


def ask_for(weights: Iterable[WeightSet]) -> None:
    """Fetch published weights in the background, into torchvision's cache."""
    for wanted in weights:
        if wanted.url is not None:
            asked_for().add(wanted.url)
            downloads().ask(wanted.url, default_folder(), visitor())


def asked_for() -> set[str]:
    """The addresses of what this visitor wanted fetched: of others' downloads, only those that run are shown."""
    return cast(set[str], st.session_state.setdefault("asked_for", set()))


def visitor() -> str:
    """An opaque name for this visit, to tell who asked for a download."""
    return cast(str, st.session_state.setdefault("visitor", secrets.token_hex(8)))


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

    def explaining(self, target: Target) -> Trace:
        """The recorded pass, with the gradients of any number of the network. Raises as `run` does."""
        number = target.index if target.is_class else target
        if number == self.trace.target:
            return self.trace
        key = (self.image.digest, self.network.key, number)
        return _caches().traces.get(key, partial(run, self.network, self.image, number))

    @property
    def attributions(self) -> Shelf[Attribution]:
        """Maps of evidence for this picture and network, by what was asked."""
        return Shelf(_caches().attributions, (self.image.digest, self.network.key))

    @property
    def reports(self) -> Shelf[ReportCard]:
        """The scores of such maps."""
        return Shelf(_caches().reports, (self.image.digest, self.network.key))

    @property
    def sanities(self) -> Shelf[Sanity]:
        """What becomes of such maps when the network forgets."""
        return Shelf(_caches().sanities, (self.image.digest, self.network.key))

    @property
    def sweeps(self) -> Shelf[FloatArray]:
        """What becomes of the target's logit with each channel of a layer off, by layer."""
        return Shelf(_caches().sweeps, self._key)

    @property
    def decisions(self) -> Shelf[Decision]:
        """Which few channels carry the decision, by layer."""
        return Shelf(_caches().decisions, self._key)

    @property
    def swaps(self) -> Shelf[Swap]:
        """The answers with other poolings, by layer."""
        return Shelf(_caches().swaps, self._key)

    @property
    def shifts(self) -> Shelf[ShiftTest]:
        """The answers while the picture moves, by layers and kinds of pooling."""
        return Shelf(_caches().shifts, self._key)

    def layer_view(self, layer: str, order: str, scale: str, page: int) -> LayerView:
        """A page of a layer's channels; choosing another channel on it draws nothing anew."""
        key = (self._key, layer, order, scale, page)
        return _caches().views.get(key, partial(layer_view, self.trace, layer, order, scale, page))

    def with_image(self, image: ImageInput) -> Selection:
        """The same for another picture."""
        return replace(self, image=image)

    @property
    def _key(self) -> tuple[str, str, int | None]:
        return self.image.digest, self.network.key, self.target


def select(chosen: Selection) -> None:
    """Keep what the sidebar says, which is derived anew in every run: all else reads it by `selection`."""
    st.session_state["selection"] = chosen


def selection() -> Selection:
    """What the sidebar says."""
    return cast(Selection, st.session_state["selection"])


def earlier_selection() -> Selection | None:
    """What the sidebar said in the run before; None in the first."""
    return cast(Selection | None, st.session_state.get("selection"))


def choose(key: str, value: object) -> None:
    """Give a widget another value; only in a callback, since it must happen before the widget is drawn."""
    st.session_state[key] = value

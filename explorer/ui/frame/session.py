"""What the person chose, and what is made of it, each once for all visitors."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from types import MappingProxyType
from typing import Any, Literal, TypedDict, cast

import streamlit as st

from ...applications.films import Film
from ...attribution import Attribution, Concepts
from ...challenges import Attack, Borne, Sweep
from ...faithfulness.randomisation import Sanity
from ...faithfulness.report import ReportCard
from ...feature_maps.figures import LayerView, layer_view
from ...interventions import Decision
from ...loading import load as loading
from ...loading.checkpoints import DEFAULT_LIMIT, Checkpoint, read_checkpoint
from ...loading.configurations import configurations_inside, parted
from ...loading.model_files import network_in
from ...loading.over import network_over
from ...networks.info import NetworkInfo
from ...networks.network import Network
from ...pictures.frames import Clip, read_clip
from ...pictures.image import ImageInput, read_image
from ...pictures.sound import Excerpt, Sound, excerpt, read_sound
from ...pooling.exchange import ShiftTest, Swap
from ...running.cache import Shelf
from ...synthesis import Changed, Synthesis
from ...targets import Target
from ...trace import FloatArray, Trace, run
from .caches import caches
from .log import PASS, analysis


class _Kept(TypedDict):
    bind: Literal["query-params"]
    persist_state: Literal["session"]


# for a widget whose choice stands in the link, and stays while another page is shown
KEPT_IN_LINK: _Kept = {"bind": "query-params", "persist_state": "session"}


_offered: dict[str, Network] = {}  # of those who started the server, for all visitors


def offer(own: Network) -> None:
    """Show a network of no catalogue to all visitors, before the others."""
    _offered[own.name] = own


def offered() -> Mapping[str, Network]:
    """The networks of no catalogue that all visitors are shown, by name."""
    return MappingProxyType(_offered)


def network(name: str, weights: str) -> Network:
    """The network, loaded once for all visitors. Raises as `load_network` does."""
    return caches().networks.get((name, weights), partial(loading.load_network, name, weights))


def is_loaded(name: str, weights: str) -> bool:
    """Whether the network is there at once."""
    return caches().networks.find((name, weights)) is not None


def uploaded_checkpoint(file: Any) -> Checkpoint:
    """A file from an uploader, read once. Raises BadCheckpoint."""
    return caches().checkpoints.get(file.file_id, lambda: read_checkpoint(file.getvalue(), file.name))


def own_network(info: NetworkInfo, file: Any, beside: Sequence[Any], preparation: str | None = None) -> Network:
    """The network with the weights that a visitor uploaded, and what came beside them: found by the files' own,
    unguessable ids, so it is this visitor's alone. Raises BadCheckpoint, BadCategories, BadPreparation."""

    def load() -> Network:
        configurations, names = parted([(one.name, one.getvalue()) for one in beside])
        return loading.own_network(info, uploaded_checkpoint(file), file.name, names, preparation, configurations)

    key = (info.name, file.file_id, *(one.file_id for one in beside), preparation)
    return caches().networks.get(key, load)


def own_model(file: Any, beside: Sequence[Any], preparation: str | None = None) -> Network:
    """The network in a file of a whole one that a visitor uploaded, and what came beside it: this visitor's alone.
    Weights among it, as safetensors, were trained over that network. Raises BadCheckpoint, BadModelFile, BadModule,
    BadCategories, BadPreparation."""

    def load() -> Network:
        trained = [one for one in beside if one.name.endswith(".safetensors")]
        came = [(one.name, one.getvalue()) for one in beside if one not in trained]
        apart = [(name, content) for name, content in came if name.endswith(".data")]
        configurations, names = parted([one for one in came if one not in apart])
        over = [uploaded_checkpoint(one) for one in trained[:1]]
        said = [one for checkpoint in over for one in configurations_inside(checkpoint.settings)]
        base = network_in(
            file.getvalue(), file.name, max_bytes=DEFAULT_LIMIT, beside=apart, categories=None if over else names,
            preparation=preparation, configurations=[*said, *configurations],
        )  # fmt: skip
        return network_over(base, over[0], trained[0].name, names) if over else base

    return caches().networks.get((file.file_id, *(one.file_id for one in beside), preparation), load)


def visitor() -> str:
    """An opaque name for this visit, to tell who asked for a download."""
    return cast(str, st.session_state.setdefault("visitor", secrets.token_hex(8)))


def uploaded_image(file: Any) -> ImageInput:
    """A file from an uploader or the camera, decoded once. Raises BadImage."""
    return caches().uploads.get(file.file_id, lambda: read_image(file.getvalue(), file.name))


def uploaded_clip(file: Any) -> Clip:
    """A clip from an uploader, looked through once. Raises BadImage."""
    return caches().clips.get(file.file_id, lambda: read_clip(file.getvalue(), file.name))


def uploaded_sound(file: Any) -> Sound:
    """A WAV file from an uploader or the microphone, decoded once. Raises BadSound."""
    return caches().sounds.get(file.file_id, lambda: read_sound(file.getvalue(), file.name))


def excerpt_of(sound: Sound, start: float) -> Excerpt:
    """Two seconds of a sound, worked out once."""
    return caches().excerpts.get((sound.digest, start), lambda: excerpt(sound, start))


@dataclass(frozen=True)
class Selection:
    """What the sidebar says: a picture, a network, and the class to explain, None for the top one. Of a page that shows
    its gradients at all stages at once, `is_led_back` says that they come with the pass."""

    image: ImageInput
    network: Network
    target: int | None
    is_led_back: bool = False

    @property
    def trace(self) -> Trace:
        """The recorded pass, explaining the class to explain."""
        target: int | Literal["top"] = "top" if self.target is None else self.target
        return caches().traces.get(self._key, partial(self._run, target))

    def explaining(self, target: Target) -> Trace:
        """The recorded pass, explaining any number of the network. Raises as `run` does."""
        number = target.index if target.is_class else target
        if number == self.trace.target:
            return self.trace
        return caches().traces.get((self.image.digest, self.network.key, number), partial(self._run, number))

    def _run(self, target: int | Target | Literal["top"]) -> Trace:
        """Another class is explained by the pass that there is, and a channel by one of its own."""
        number = Target(target) if isinstance(target, int) else target
        if isinstance(number, Target) and number.layer is None:
            return replace(self, target=None).trace.toward(number)
        at = self.network.stages if self.is_led_back and self.target is None else ()
        with analysis(self.network, PASS):
            found = run(self.network, self.image, number, at=at)
        found.keep_in(caches().arrays, caches().stages, (self.image.digest, self.network.key, number))
        return found

    @property
    def attributions(self) -> Shelf[Attribution]:
        """Maps of evidence for this picture and network, by what was asked."""
        return Shelf(caches().attributions, (self.image.digest, self.network.key))

    @property
    def concepts(self) -> Shelf[Concepts]:
        """What layers' maps are made of, by layer and number."""
        return Shelf(caches().concepts, (self.image.digest, self.network.key))

    @property
    def evidence(self) -> Shelf[bytes]:
        """Maps that are read off a pass, as files for the browser, by what was asked."""
        return Shelf(caches().evidence, (self.image.digest, self.network.key))

    @property
    def photos(self) -> Shelf[bytes]:
        """The picture as pages show it, whatever class is explained, as PNG by how it is shown."""
        return Shelf(caches().photos, (self.image.digest, self.network.key))

    @property
    def reports(self) -> Shelf[ReportCard]:
        """The scores of such maps."""
        return Shelf(caches().reports, (self.image.digest, self.network.key))

    @property
    def sanities(self) -> Shelf[Sanity]:
        """What becomes of such maps when the network forgets."""
        return Shelf(caches().sanities, (self.image.digest, self.network.key))

    @property
    def sweeps(self) -> Shelf[FloatArray]:
        """What becomes of the target's logit with each channel of a layer off, by layer."""
        return Shelf(caches().sweeps, self._key)

    @property
    def decisions(self) -> Shelf[Decision]:
        """Which few channels carry the decision, by layer."""
        return Shelf(caches().decisions, self._key)

    @property
    def painted(self) -> Shelf[Trace]:
        """The pass run again with maps painted on, by layer and paint."""
        return Shelf(caches().painted, self._key)

    @property
    def swaps(self) -> Shelf[Swap]:
        """The answers with other poolings, by layer."""
        return Shelf(caches().swaps, self._key)

    @property
    def attacks(self) -> Shelf[Attack]:
        """Pictures changed against the network, by how much, in how many steps and towards what."""
        return Shelf(caches().attacks, self._key)

    @property
    def challenges(self) -> Shelf[Sweep]:
        """The answers while the picture is changed in one way, by the change and the box around the thing."""
        return Shelf(caches().challenges, self._key)

    @property
    def cards(self) -> Shelf[tuple[Borne, ...]]:
        """How much of every change the answer bears, by the box around the thing."""
        return Shelf(caches().cards, self._key)

    @property
    def shifts(self) -> Shelf[ShiftTest]:
        """The answers while the picture moves, by layers and kinds of pooling."""
        return Shelf(caches().shifts, self._key)

    @property
    def features(self) -> Shelf[FloatArray]:
        """The means of the channels, by layer: what is searched by, of far more pictures than passes are kept of."""
        return Shelf(caches().features, (self.image.digest, self.network.key))

    @property
    def syntheses(self) -> Shelf[Synthesis]:
        """Pictures made for the network, by what for and how."""
        return Shelf(caches().syntheses, (self.network.key,))

    @property
    def dreams(self) -> Shelf[Changed]:
        """The picture dreamt into, and made again from what a layer gives, by layer and how."""
        return Shelf(caches().dreams, (self.image.digest, self.network.key))

    @property
    def pages(self) -> Shelf[bytes]:
        """Files to take along, by what is in them."""
        return Shelf(caches().pages, self._key)

    def films(self, clip: Clip) -> Shelf[Film]:
        """What the network says of a clip's frames, by how many and whose evidence."""
        return Shelf(caches().films, (clip.digest, self.network.key))

    def layer_view(self, layer: str, order: str, scale: str, page: int) -> LayerView:
        """A page of a layer's channels; choosing another channel on it draws nothing anew."""
        key = (self._key, layer, order, scale, page)
        return caches().views.get(key, partial(layer_view, self.trace, layer, order, scale, page))

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

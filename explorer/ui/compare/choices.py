"""What is compared: a picture, a network, its weights, a class and a layer for each pane."""

from __future__ import annotations

from dataclasses import dataclass, replace

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from ...compare import Preset, counterpart, moved, presets, same_class
from ...compare.moving import MOST
from ...compare.presets import MOST_PANES
from ...compare.sentences import no_channel, no_layer
from ...errors import ExplorerError, WeightsUnavailable
from ...loading.catalog import CATALOG, find
from ...loading.checkpoints import DEFAULT_LIMIT
from ...loading.load import pretrained_is_here
from ...loading.partner import Partner, partner
from ...loading.published import find_set, weight_sets
from ...networks.network import Network
from ...pictures.samples import SAMPLES, load_sample
from ...snippets import Setting
from ...targets import class_names
from ...trace import Trace
from ..elements.bar import Chosen
from ..elements.beside import AS_IN_SIDEBAR
from ..elements.pickers import pick_number, pick_one, pick_switch
from ..frame.boundary import plain
from ..frame.link import say_unmet
from ..frame.session import KEPT_IN_LINK, Selection, choose, network, offered, uploaded_image
from ..frame.takeaway import setting
from ..loading.own import FILES, network_in_file
from ..loading.picture import own_pictures

_KINDS = ("Trained", "Untrained", "Own")
_PRESETS = "presets"
# what a pane shows unasked: the second what the sidebar's network is best compared with, then others
_NETWORKS = {3: "pocket_resnet", 4: "basic_cnn"}


@dataclass(frozen=True)
class Look:
    """How many panes there are, by how many percent all pictures are moved, and whether each pane has its own scale."""

    n_panes: int
    moved: float
    is_own_scale: bool


@dataclass(frozen=True)
class Pane:
    """What one pane shows: where, of what, and which layer and channel; `why_not` says why it has no such one."""

    number: int
    place: DeltaGenerator
    selection: Selection
    setting: Setting
    layer: str
    channel: int
    why_not: str = ""

    @property
    def trace(self) -> Trace:
        """Its recorded pass."""
        return self.selection.trace

    @property
    def title(self) -> str:
        """Its network with the weights, and its picture."""
        shown = self.selection.network
        kind = "untrained" if shown.is_random else shown.weights_name
        return f"{self.number}. {shown.title}, {kind}: {self.selection.image.name}"


def pick_look() -> Look:
    """Comparisons to begin with, how many panes, how far all pictures are moved, and on which scales all is drawn."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium", key="look"):
        _offer_presets()
        n = int(pick_one("Panes", [str(i) for i in range(2, MOST_PANES + 1)], "panes", is_in_row=True))
        percent = st.slider(
            "All pictures moved to the right, in %", -MOST, MOST, 0, key="moved", **KEPT_IN_LINK, width=300
        )
        return Look(n, float(percent), pick_switch("Each pane on a scale of its own", "own-scales"))


def pick_panes(selection: Selection, chosen: Chosen, look: Look) -> list[Pane]:
    """What each pane shows. Where one cannot be shown, it says why, and is left out. The first is what the sidebar and
    the bar say."""
    places = st.columns(look.n_panes, gap="small")
    first = Pane(1, places[0], _moved(selection, look.moved), setting(selection), chosen.layer, chosen.channel)
    found = [first]
    with places[0]:
        st.button("Pane 1: as in the sidebar", disabled=True, width="stretch", key="pane-1")
    for number, place in enumerate(places[1:], start=2):
        with place:
            try:
                found.append(_pick_pane(number, place, selection, first, look.moved))
            except ExplorerError as error:
                st.info(plain(f"Pane {number}: {error}"))
    return found


def _pick_pane(number: int, place: DeltaGenerator, sidebar: Selection, first: Pane, percent: float) -> Pane:
    with st.popover(f"Pane {number}: choose", width="stretch", key=f"pane-{number}"):
        yours = {f"yours: {file.name}": file for file in own_pictures()}
        name = pick_one("Picture", [AS_IN_SIDEBAR, *SAMPLES, *yours], f"picture{number}")
        image = (
            sidebar.image
            if name == AS_IN_SIDEBAR
            else uploaded_image(yours[name])
            if name in yours
            else load_sample(name)
        )
        shown = _pick_network(number, sidebar.network)
        target = _pick_class(number, shown)
        is_own = pick_switch("A layer and channel of its own", f"own{number}")
        layer, channel, why_not = _pick_layer(number, shown) if is_own else _linked(first, shown)
    if target is None and not first.selection.network.no_classes and not shown.no_classes:
        target = same_class(first.selection.network, first.trace.class_of(None), shown)
    found = Selection(image, shown, target)
    return Pane(number, place, _moved(found, percent), setting(found), layer, channel, why_not)


def _pick_network(number: int, sidebar: Network) -> Network:
    """A network, and how its weights came to be; or a visitor's own file, whichever network that is of."""
    beside = partner(sidebar, pretrained_is_here) if number == 2 else Partner(_NETWORKS[number], "Trained", "")
    first, kind = beside.network or AS_IN_SIDEBAR, beside.weights
    name = pick_one("Network", dict.fromkeys([first, AS_IN_SIDEBAR, *offered(), *CATALOG]), f"network{number}")
    weights = pick_one("Weights", dict.fromkeys([kind, AS_IN_SIDEBAR, *_KINDS]), f"weights{number}")
    if weights == "Own":
        return _pick_file(number)
    info = CATALOG.get(sidebar.name if name == AS_IN_SIDEBAR else name)
    sets = [] if info is None or weights != "Trained" else [found.name for found in weight_sets(info)]
    return _network(sidebar, name, weights, pick_one("Trained how", sets, f"set{number}") if len(sets) > 1 else "")


def _pick_file(number: int) -> Network:
    file = st.file_uploader(
        "A checkpoint, or a whole network", type=FILES, key=f"checkpoint{number}",
        max_upload_size=DEFAULT_LIMIT >> 20,
        help="Of whichever network the file is: it is recognised by its entries, and prepared as the file says. It is "
        "yours alone, and forgotten when you leave the page.",
    )  # fmt: skip
    if file is None:
        raise WeightsUnavailable("Choose a file of weights, or of a whole network, under “choose”.")
    with st.spinner(f"Loading {plain(file.name)} …"):
        return network_in_file(file)


def _network(sidebar: Network, name: str, weights: str, how: str) -> Network:
    """`how` names the trained set where there are several. Raises WeightsUnavailable where they are not on this
    machine, or nobody knows of any others: nothing is fetched for a comparison."""
    name = sidebar.name if name == AS_IN_SIDEBAR else name
    if name == sidebar.name and weights == AS_IN_SIDEBAR:
        return sidebar
    own = offered().get(name, sidebar if name == sidebar.name else None)
    if own is not None and own.info is None:
        if weights != "Untrained":
            return own
        raise WeightsUnavailable(
            f"{own.title} came with its weights, and nobody here can draw others for it. Choose Trained, or another "
            "network."
        )
    info = find(name)
    if weights == "Untrained" or (weights == AS_IN_SIDEBAR and sidebar.is_random):
        return network(name, "random")
    chosen = find_set(info, how or "pretrained")
    if not pretrained_is_here(name, chosen.name):
        which = f"weights {how}" if how else "trained weights"
        raise WeightsUnavailable(
            f"The {which} of {info.title} are not on this machine. Fetch them on the page Weights, or choose Untrained."
        )
    return network(name, chosen.name)


def _pick_class(number: int, shown: Network) -> int | None:
    if shown.no_classes:
        return None
    names, key = class_names(shown), f"class{number}"
    name: str | None = st.selectbox(
        "Class", names, index=None, placeholder="as in pane 1, or its likeliest", key=key, **KEPT_IN_LINK
    )
    say_unmet(key, names)
    return None if name is None else names.index(name)


def _pick_layer(number: int, shown: Network) -> tuple[str, int, str]:
    names = dict.fromkeys([*shown.stages, *shown.layers])
    layer = pick_one("Layer", names, f"layer{number}")
    return layer, pick_number("Channel", range(shown.layer(layer).n_channels), f"channel{number}"), ""


def _linked(first: Pane, shown: Network) -> tuple[str, int, str]:
    """What of another network is what pane 1 shows; and why not, where there is no such thing."""
    own = first.selection.network
    layer = counterpart(own, first.layer, shown)
    if layer is None:
        return first.layer, first.channel, no_layer(own, first.layer, shown)
    if first.channel >= shown.layer(layer).n_channels:
        return layer, first.channel, no_channel(shown, layer, first.channel)
    return layer, first.channel, ""


def _moved(selection: Selection, percent: float) -> Selection:
    return replace(selection, network=moved(selection.network, percent))


def _offer_presets() -> None:
    offer = st.popover("Begin with", on_change="rerun", key=_PRESETS)
    if offer.open:
        with offer:
            for preset in presets(pretrained_is_here):
                st.button(preset.title, key=f"preset-{preset.title}", on_click=_take, args=(preset,), width="stretch")


def _take(preset: Preset) -> None:
    first, *others = preset.panes
    values: dict[str, object] = {
        "picture": "Sample", "sample": first.sample, "network": first.network, "weights": first.weights, "class": None,
        "layer": None, _PRESETS: False, "panes": str(len(preset.panes)), "moved": preset.moved,
    }  # fmt: skip
    for number, pane in enumerate(others, start=2):
        own = {"picture": pane.sample, "network": pane.network, "weights": pane.weights, "class": None, "own": False}
        values |= {f"{key}{number}": value for key, value in own.items()}
    for key, value in values.items():
        choose(key, value)

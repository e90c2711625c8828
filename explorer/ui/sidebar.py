"""The sidebar, which is on every page: picture, network, weights and class, chosen once for all of them."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import NoReturn
from urllib.parse import urlsplit

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from ..drawing.picture import contact_sheet, png_of_pixels, thumbnail
from ..errors import BadCheckpoint, ExplorerError
from ..loading.catalog import CATALOG, list_networks
from ..loading.checkpoints import DEFAULT_LIMIT
from ..loading.download import default_folder
from ..loading.load import pretrained_is_here
from ..loading.published import find_set, weight_sets
from ..loading.recognition import recognise
from ..loading.sentences import facts
from ..loading.sources.source import WeightSet
from ..networks.info import NetworkInfo
from ..networks.network import Network
from ..pictures.image import MAX_BYTES, ImageInput, read_image
from ..pictures.samples import SAMPLES, load_sample
from ..wording import megabytes, percent
from .elements.choice import Choice
from .elements.grid import grid
from .elements.pad import drawing_pad
from .elements.picker import network_picker
from .elements.pickers import class_names, pick_one, picture
from .frame.boundary import plain
from .frame.link import say_unmet
from .frame.session import (
    KEPT_IN_LINK,
    Selection,
    ask_for,
    choose,
    network,
    own_network,
    uploaded_checkpoint,
    uploaded_image,
)
from .loading.downloads import follow
from .loading.preparation import pick_preparation, show_preparation

_GALLERY_COLUMNS = 4
_FIRST = "pocket_resnet"  # the network of the first visit: ready at once, and of everyday classes
_WEIGHTS = ("Trained", "Untrained", "Own")
_PICTURES = ["jpg", "jpeg", "png", "webp", "gif", "bmp", "tif", "tiff", "avif", "mpo", "heic", "heif"]

# What a widget shows is also what the link says, so widgets that are in the link show plain, lasting names.


def sidebar() -> Selection:
    """What they give, in small, above the pickers.

    Stops the page where weights are still to be fetched or chosen, and says so on it. Raises ExplorerError for a
    picture or weights that cannot be used; all pickers are drawn by then.
    """
    page = st.container()
    with st.sidebar:
        result = st.container()
        read = _pick_picture()
        chosen = _pick_network(page)
        target = _pick_class(chosen)
    selection = Selection(read(), chosen, target)
    with result:
        _show_result(selection)
    return selection


def _pick_picture() -> Callable[[], ImageInput]:
    """The pickers of the chosen source; and what reads the picture, which may fail only when all pickers are drawn."""
    source: str | None = st.radio(
        "Picture", ["Sample", "Upload", "Camera", "Draw"], key="picture", horizontal=True, **KEPT_IN_LINK,
    )  # fmt: skip
    assert source is not None  # one of them is always chosen
    read = {"Sample": _pick_sample, "Upload": _pick_upload, "Camera": _pick_camera, "Draw": _pick_drawing}[source]()
    if source != "Upload":
        _uploader()
    return read


def _pick_sample() -> Callable[[], ImageInput]:
    names = list(SAMPLES)
    gallery = st.container()
    name = pick_one("Sample", names, "sample")
    with gallery:
        grid(
            _gallery(),
            _GALLERY_COLUMNS,
            Choice([SAMPLES[n].title for n in names], names.index(name), lambda i: choose("sample", names[i])),
            "Sample pictures",
            "gallery",
        )
    st.caption(plain(f"{SAMPLES[name].title}. {SAMPLES[name].credit}"))
    return lambda: load_sample(name)


def _uploader() -> Callable[[], ImageInput] | None:
    """An upload lives as long as the visit: a link cannot bring it back."""
    file = st.file_uploader(
        "Or your own: choose, drop or paste", type=_PICTURES, key="file", max_upload_size=MAX_BYTES // 10**6,
        on_change=lambda: choose("picture", "Upload" if st.session_state["file"] else "Sample"),
    )  # fmt: skip
    return None if file is None else lambda: uploaded_image(file)


def _pick_upload() -> Callable[[], ImageInput]:
    return _uploader() or _sample_until(
        "An uploaded picture is not part of the link, and is forgotten when the page is loaded anew. Choose the file "
        "(again); until then you see a sample."
    )


def _pick_camera() -> Callable[[], ImageInput]:
    # without a wish, Streamlit takes what fits into the sidebar; a camera that has less gives what it has
    file = st.camera_input("Take a photograph", key="camera", resolution="1080p")
    if file is None:
        return _sample_until("Take a photograph, or choose another picture; until then you see a sample.")
    return lambda: uploaded_image(file)


def _pick_drawing() -> Callable[[], ImageInput]:
    drawing = drawing_pad("pad")
    if drawing is None:
        return _sample_until("Draw a digit; until then you see a sample.", "digit")
    return lambda: read_image(drawing, "drawing")


def _sample_until(why: str, sample: str = next(iter(SAMPLES))) -> Callable[[], ImageInput]:
    st.info(why)
    return lambda: load_sample(sample)


@st.cache_data(show_spinner=False)
def _gallery() -> bytes:
    return png_of_pixels(contact_sheet([load_sample(name).pixels for name in SAMPLES], _GALLERY_COLUMNS, 96))


def _pick_network(page: DeltaGenerator) -> Network:
    """Any network of the catalogue: trained, untrained, or with a visitor's own weights."""
    info = CATALOG[pick_one("Network", dict.fromkeys([_FIRST, *CATALOG]), "network")]
    browse = st.popover("Browse all by family", width="stretch", on_change="rerun", key="browse")
    if browse.open:
        with browse:
            network_picker(_groups(), info.name, "picker", on_choose=_choose_network)
    st.caption(plain(f"{info.title}, {info.year}: {info.brought}. {facts(info)}."))
    if info.reads == "digits" and st.session_state["picture"] != "Draw":
        st.button("Draw a digit for it", on_click=choose, args=("picture", "Draw"), width="stretch")
    weights = st.segmented_control(
        "Weights", _WEIGHTS, default=_WEIGHTS[0], required=True, key="weights", **KEPT_IN_LINK, width="stretch",
    )  # fmt: skip
    say_unmet("weights", _WEIGHTS)
    if weights == "Own":
        return _own_network(info, page)
    if weights == "Trained":
        sets = [found.name for found in weight_sets(info)]
        chosen = find_set(info, pick_one("Trained how", sets, "set") if len(sets) > 1 else "pretrained")
        if chosen.url is not None and not pretrained_is_here(info.name, chosen.name):
            with page:
                _offer(info, chosen)
    with st.spinner(f"Loading {info.title} …"):
        return network(info.name, chosen.name if weights == "Trained" else "random")


def _choose_network(name: str) -> None:
    choose("network", name)
    choose("browse", False)  # closes it


def _groups() -> list[tuple[str, list[tuple[str, str, str, bool]]]]:
    """The catalogue for the picker: the landmarks, then every family in the order of history."""
    groups: dict[str, list[tuple[str, str, str, bool]]] = {"Landmarks": []}
    for info in list_networks():
        row = info.name, info.title, f"{info.year} · {facts(info)}", pretrained_is_here(info.name)
        groups.setdefault(info.family, []).append(row)
        if info.landmark:
            groups["Landmarks"].append(row)
    return list(groups.items())


def _offer(info: NetworkInfo, weights: WeightSet) -> NoReturn:
    """Trained weights that are not on this machine: the offer to fetch them, and what else can be done."""
    host = urlsplit(weights.url or "").hostname
    ready = ", ".join(CATALOG[name].title for name in CATALOG if pretrained_is_here(name))
    st.info(
        plain(
            f"The trained weights of {info.title} are not on this machine yet. Fetch them (this asks "
            f"{host}), put the file {weights.file} into {default_folder()}, choose Untrained, or choose a network that "
            f"is here: {ready}."
        )
    )
    button = st.container()
    if not follow([weights.url], "offer"):
        if pretrained_is_here(info.name, weights.name):  # it came while this was drawn
            st.rerun()
        button.button(
            f"Fetch {info.title} ({megabytes(weights.n_bytes)})", on_click=ask_for, args=([weights],), type="primary"
        )
    st.stop()


def _own_network(info: NetworkInfo, page: DeltaGenerator) -> Network:
    """A visitor's checkpoint, recognised by its entries. Raises BadCheckpoint, BadCategories, BadPreparation."""
    file = st.file_uploader(
        "A checkpoint: .pth, .pt or .safetensors", type=["pth", "pt", "safetensors", "bin", "ckpt"], key="checkpoint",
        max_upload_size=DEFAULT_LIMIT // 10**6, on_change=_choose_recognised,
    )  # fmt: skip
    names = st.file_uploader(
        "Names of its classes, if you like: text, CSV, YAML or JSON", type=["txt", "csv", "yaml", "yml", "json"],
        key="names",
    )  # fmt: skip
    if file is None:
        page.info(
            "Choose a file of weights in the sidebar: what torch.save(model.state_dict(), path) or safetensors wrote, "
            "of any network of the catalogue. It is yours alone, and is forgotten when the page is loaded anew."
        )
        st.stop()
    found = recognise(uploaded_checkpoint(file).state)
    if found.network is None:
        raise BadCheckpoint(found.reason)
    if found.network != info.name:
        title = CATALOG[found.network].title
        st.button(f"Use {title}", on_click=choose, args=("network", found.network), type="primary", width="stretch")
        raise BadCheckpoint(
            f"The file holds the weights of {title}, not of {info.title}. Choose {title}, or another file."
        )
    how = pick_preparation(info)
    with st.spinner(f"Loading {info.title} …"):
        loaded = own_network(info, file, names, how)
    show_preparation(loaded)
    return loaded


def _choose_recognised() -> None:
    """When a checkpoint comes in, choose the network that it is of; what cannot be read, the page will say."""
    file = st.session_state["checkpoint"]
    with contextlib.suppress(ExplorerError):
        if file is not None and (name := recognise(uploaded_checkpoint(file).state).network):
            choose("network", name)


def _pick_class(network: Network) -> int | None:
    """Any class by name, or None for the top one."""
    names = class_names(network)
    name = st.selectbox(
        "Class to explain", names, index=None, placeholder="the likeliest", key="class", **KEPT_IN_LINK,
    )  # fmt: skip
    say_unmet("class", names)
    return None if name is None else names.index(name)


def _show_result(selection: Selection) -> None:
    """The picture with the part that the network sees, and the class that it gives."""
    best = selection.trace.top(1)[0]
    left, right = st.columns([2, 3], vertical_alignment="center")
    box = selection.trace.prepared.box
    with left:
        small = thumbnail(selection.image.pixels, 240, box)
        picture(png_of_pixels(small), alt="The picture; what the network does not see is dark")
    right.markdown(f"**{plain(best.category)}**  \n{percent(best.probability)}")
    if selection.network.is_random:
        st.warning("Untrained: random weights. Its answers mean nothing; they show what training adds.")
    for warning in selection.network.notes:
        st.warning(plain(f"{warning}."))
    for note in selection.image.notes:
        st.caption(plain(note))

"""The pickers that several pages share, and the sidebar, which is on all of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import NoReturn

import streamlit as st

from ..errors import WeightsUnavailable
from ..figures.picture import contact_sheet, png_of_pixels, thumbnail
from ..image import ImageInput
from ..networks.catalog import CATALOG
from ..networks.download import default_folder
from ..networks.loading import pretrained_is_here
from ..networks.network import Network
from ..samples import SAMPLES, load_sample
from ..summary import percent
from .boundary import plain
from .components import grid
from .session import Selection, choose, network, uploaded_image

PAGES = Path(__file__).parents[2] / "pages"
_GALLERY_COLUMNS = 4
_WEIGHTS = {"Trained": "pretrained", "Untrained": "random"}

# What a widget shows is also what the link says, so widgets that are in the link show plain, lasting names.


def sidebar() -> Selection:
    """Picture, network and class, chosen once for every page; what they give, in small, above the pickers.

    Raises ExplorerError for a picture or weights that cannot be used; the pickers are drawn by then.
    """
    with st.sidebar:
        result = st.container()
        source = _pick_source()
        chosen = network_or_offer(*_pick_network())
        target = _pick_class(chosen)
    selection = Selection(_read(source), chosen, target)
    with result:
        _show_result(selection)
    return selection


def _pick_source() -> str:
    source: str | None = st.radio(
        "Picture", ["Sample", "Upload", "Camera"], key="picture", horizontal=True, bind="query-params",
        persist_state="session",
    )  # fmt: skip
    assert source is not None  # one of them is always chosen
    if source == "Sample":
        names = list(SAMPLES)
        gallery = st.container()
        name = pick_one("Sample", names, "sample")
        with gallery:
            grid(
                _gallery(),
                [SAMPLES[n].title for n in names],
                _GALLERY_COLUMNS,
                names.index(name),
                "Sample pictures",
                "gallery",
                on_choose=lambda i: choose("sample", names[i]),
            )
        st.caption(plain(f"{SAMPLES[name].title}. {SAMPLES[name].credit}"))
    st.file_uploader(
        "Or your own: choose, drop or paste",
        type=["jpg", "jpeg", "png", "webp", "gif", "bmp", "tif", "tiff", "avif", "mpo"],
        key="file",
        on_change=lambda: choose("picture", "Upload" if st.session_state["file"] else "Sample"),
    )
    if source == "Camera":
        st.camera_input("Take a photograph", key="camera")
    return source


def _read(source: str) -> ImageInput:
    """The picture of the chosen source. An upload lives as long as the visit: a link cannot bring it back."""
    if source == "Sample":
        return load_sample(st.session_state["sample"])
    file = st.session_state["file" if source == "Upload" else "camera"]
    if file is not None:
        return uploaded_image(file)
    st.info(
        "An uploaded picture is not part of the link, and is forgotten when the page is loaded anew. Choose the file "
        "(again); until then you see a sample."
        if source == "Upload"
        else "Take a photograph, or choose another picture; until then you see a sample."
    )
    return load_sample(next(iter(SAMPLES)))


@st.cache_data(show_spinner=False)
def _gallery() -> bytes:
    return png_of_pixels(contact_sheet([load_sample(name).pixels for name in SAMPLES], _GALLERY_COLUMNS, 96))


def _pick_network() -> tuple[str, str]:
    name = pick_one("Network", CATALOG, "network")
    info = CATALOG[name]
    st.caption(plain(f"{info.title}, {info.year}: {info.brought}"))
    weights = st.segmented_control(
        "Weights", list(_WEIGHTS), default="Trained", required=True,
        key="weights", bind="query-params", persist_state="session", width="stretch",
    )  # fmt: skip
    return name, _WEIGHTS[weights]


def _pick_class(network: Network) -> int | None:
    """Any class by name, or None for the top one."""
    names = class_names(network)
    name = st.selectbox(
        "Class to explain", names, index=None, placeholder="the likeliest", key="class", bind="query-params",
        persist_state="session",
    )  # fmt: skip
    return None if name is None else names.index(name)


def class_names(network: Network) -> list[str]:
    """The categories, told apart where two share a name (ImageNet has two cranes)."""
    counts = Counter(network.categories)
    return [name if counts[name] == 1 else f"{name} ({i})" for i, name in enumerate(network.categories)]


def network_or_offer(name: str, weights: str) -> Network:
    """The network; or, where its trained weights are not on this machine, the offer to fetch them (stops the page)."""
    title = CATALOG[name].title
    if weights == "random" or pretrained_is_here(name):
        with st.spinner(f"Loading {title} …"):
            return network(name, weights)
    fetch = st.button(f"Fetch the weights of {title}", type="primary", width="stretch")
    if fetch:
        bar = st.progress(0.0, f"Fetching the weights of {title} …")

        def show(received: int, total: int | None) -> None:
            bar.progress(received / total if total else 0.0, f"{received >> 20} of {(total or 0) >> 20} MB")

        return network(name, weights, show)
    raise WeightsUnavailable(
        f"The trained weights of {title} are not on this machine yet. Fetch them with the button in the sidebar (this "
        f"asks download.pytorch.org), put the file into {default_folder()}, choose Untrained, or another network."
    )


def _show_result(selection: Selection) -> None:
    """The picture with the part that the network sees, and the class that it gives."""
    best = selection.trace.top(1)[0]
    left, right = st.columns([2, 3], vertical_alignment="center")
    box = selection.trace.prepared.box
    left.image(
        png_of_pixels(thumbnail(selection.image.pixels, 240, box)),
        width="stretch",
        alt="The picture; what the network does not see is dark",
    )
    right.markdown(f"**{plain(best.category)}**  \n{percent(best.probability)}")
    if selection.network.is_random:
        st.warning("Untrained: random weights. Its answers mean nothing; they show what training adds.")
    for note in (*selection.image.notes, *selection.network.notes):
        st.caption(plain(note))


def pick_layer(network: Network) -> str:
    """Any layer: the stages as buttons, every operation by name."""
    buttons = st.container(horizontal=True, gap="small")
    operations = [name for name in network.layers if name not in network.stages]
    chosen = pick_one("Layer: a stage, or any operation", [*network.stages, *operations], "layer")
    for stage in network.stages:
        buttons.button(
            plain(stage),
            key=f"stage-{stage}",
            type="primary" if chosen == stage else "secondary",
            on_click=choose,
            args=("layer", stage),
        )
    return chosen


def open_layer(layer: str, channel: int) -> NoReturn:
    """Go to Feature maps, with this channel of this layer."""
    st.switch_page(PAGES / "feature_maps.py", query_params={"layer": layer, "channel": str(channel)})


def pick_one(label: str, options: Iterable[str], key: str) -> str:
    """One of a few named settings, kept in the link."""
    chosen: str | None = st.selectbox(label, list(options), key=key, bind="query-params", persist_state="session")
    assert chosen is not None  # only a box that begins empty can be empty
    return chosen


def pick_channel(network: Network, layer: str) -> int:
    """A channel of the layer by number, kept in the link; the mosaic sets the same number."""
    n_channels = network.layer(layer).n_channels
    return int(
        st.number_input(
            f"Channel, 0 to {n_channels - 1}",
            0,
            n_channels - 1,
            key="channel",
            bind="query-params",
            persist_state="session",
        )
    )

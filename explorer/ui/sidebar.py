"""The sidebar, which is on every page: picture, network, weights and class, chosen once for all of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import NoReturn, TypeVar
from urllib.parse import urlsplit

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from ..drawing.picture import png_of_pixels, thumbnail
from ..errors import ExplorerError, UnknownNetwork
from ..loading.catalog import CATALOG, DIGITS_NETWORK, FIRST_NETWORK, find, list_networks
from ..loading.download import default_folder
from ..loading.load import pretrained_is_here
from ..loading.published import find_set, networks_here, weight_sets
from ..loading.sentences import card, facts
from ..loading.sources import source_of, timm
from ..loading.sources.source import WeightSet
from ..networks.info import NetworkInfo
from ..networks.network import Network
from ..overview.sentences import lacks_digit
from ..wording import count, megabytes, percent
from .elements.picker import network_picker
from .elements.pickers import chosen_class, pick_one, picture
from .frame.arrival import asked_for
from .frame.boundary import plain
from .frame.link import go_to, is_unmet, say_unmet, standing
from .frame.session import (
    KEPT_IN_LINK,
    Selection,
    choose,
    earlier_selection,
    is_loaded,
    network,
    offered,
)
from .loading.downloads import ask_for, follow
from .loading.own import pick_own_network
from .loading.picture import is_made_here, offer_known, pick_picture, picture_in_words
from .loading.preparation import pick_channels, show_preparation

T = TypeVar("T")

_WEIGHTS = ("Trained", "Untrained", "Own")

# What a widget shows is also what the link says, so widgets that are in the link show plain, lasting names.


def sidebar(place: DeltaGenerator, is_led_back: bool) -> Selection:
    """What they give, in small, and a card for each of the two, which opens into its pickers. Where the page
    `is_led_back` to all stages, their gradients come with the pass.

    Stops the page where weights are still to be fetched or chosen, and says so on it. Where a picture or weights
    cannot be used, the page says why, above what the earlier ones give; where there are none, raises ExplorerError.
    All pickers are drawn by then.
    """
    page, earlier = st.container(), earlier_selection()
    with place:
        result = st.container(key="result")
        source = picture_in_words()
        with _card("picture", f"Picture: {source}", is_made_here()):
            read = pick_picture(page)
        with _card("network", f"Network: {_network_in_words()}", _is_asking()):
            chosen = _or_earlier(lambda: pick_channels(_pick_network(page)), earlier.network if earlier else None, page)
            show_preparation(chosen)
        _offer_what_it_reads(chosen.info)
        offer_known(chosen)
        notes = st.container()
        image = _or_earlier(read, earlier.image if earlier else None, page)
    selection = Selection(image, chosen, chosen_class(chosen), is_led_back)
    with result:
        _show_result(selection)
    with notes:
        _show_notes(selection)
    return selection


def _card(name: str, text: str, is_needed: bool) -> DeltaGenerator:
    """What opens into pickers, and is open by itself where there is something to be done in it. Under one key Streamlit
    would leave it as somebody left it."""
    key = f"{name}-card-needed" if is_needed else f"{name}-card"
    return st.expander(plain(text), key=key, expanded=is_needed)


def _network_in_words() -> str:
    """The network that the picker shows, and whose weights."""
    name = standing("network", [*offered(), *_names()]) or next(iter([*offered(), FIRST_NETWORK]))
    if name in offered():
        return offered()[name].title
    weights = standing("weights", _WEIGHTS) or _WEIGHTS[0]
    return f"{find(name).title}, {'own weights' if weights == 'Own' else weights.lower()}"


def _is_asking() -> bool:
    """Whether the card of the network has something to ask or to say: it is then open."""
    names = [*offered(), *_names()]
    return standing("weights", _WEIGHTS) == "Own" or is_unmet("network", names) or is_unmet("weights", _WEIGHTS)


def _or_earlier(use: Callable[[], T], earlier: T | None, page: DeltaGenerator) -> T:
    try:
        return use()
    except ExplorerError as error:
        if earlier is None:
            raise
        page.error(plain(f"{error} Until then you see what was there before."))
        return earlier


def _pick_network(page: DeltaGenerator) -> Network:
    """A network that the server was started with; or any of the catalogue: trained, untrained, or with a visitor's own
    weights."""
    name = pick_one("Network", [*offered(), *_names()], "network", why=_why_unknown)
    if name in offered():
        return offered()[name]
    info = find(name)
    browse = st.popover("Browse all by family", width="stretch", on_change="rerun", key="browse")
    if browse.open:
        with browse:
            network_picker(_groups(), info.name, "picker", on_choose=_choose_network)
    st.caption(plain(card(info)))
    weights = st.segmented_control(
        "Weights", _WEIGHTS, default=_WEIGHTS[0], required=True, key="weights", **KEPT_IN_LINK, width="stretch",
    )  # fmt: skip
    say_unmet("weights", _WEIGHTS)
    if (need := source_of(info).need) is not None:
        need(info)
    if weights == "Own":
        return pick_own_network(info, page)
    if weights == "Trained":
        sets = [found.name for found in weight_sets(info)]
        chosen = find_set(info, pick_one("Trained how", sets, "set") if len(sets) > 1 else "pretrained")
        if chosen.url is not None and not pretrained_is_here(info.name, chosen.name):
            with page:
                _offer(info, chosen)
    which = info.name, chosen.name if weights == "Trained" else "random"
    if is_loaded(*which):  # a spinner is a thread of its own, in each run
        return network(*which)
    with st.spinner(f"Loading {info.title} …"):
        return network(*which)


def _offer_what_it_reads(info: NetworkInfo | None) -> None:
    """Of a network that reads digits, to draw one; of one that hears, a sound; of a drawing, a network that reads
    it."""
    reads_digits, is_drawn = info is not None and info.reads == "digits", st.session_state["picture"] == "Draw"
    if reads_digits and not is_drawn:
        st.button("Draw a digit for it", on_click=choose, args=("picture", "Draw"), width="stretch")
    if info is not None and info.reads == "sounds" and st.button("Give it a sound", width="stretch"):
        go_to("applications", application="A sound")
    if is_drawn and not reads_digits:
        reader = CATALOG[DIGITS_NETWORK]
        st.button(f"Take {reader.title}, which reads digits", on_click=_take_reader, type="primary", width="stretch")


def _take_reader() -> None:
    choose("network", DIGITS_NETWORK)
    choose("weights", _WEIGHTS[0])


def _names() -> list[str]:
    """The catalogue, and the network of timm that is chosen or that the link asks for: all thousand of them would be
    sent to the browser at every turn."""
    asked = st.session_state.get("network", asked_for("network"))
    more = [asked] if isinstance(asked, str) and asked.startswith(timm.PREFIX) and not _why_unknown(asked) else []
    return [*dict.fromkeys([FIRST_NETWORK, *CATALOG, *more])]


def _why_unknown(name: str) -> str:
    try:
        find(name)
    except UnknownNetwork as error:
        return str(error)
    return ""


def _choose_network(name: str) -> None:
    choose("network", name)
    choose("browse", False)  # closes it


def _groups() -> list[tuple[str, list[tuple[str, str, str, bool]]]]:
    """All networks for the picker: the landmarks, then every family in the order of history, then those of timm."""
    groups: dict[str, list[tuple[str, str, str, bool]]] = {"Landmarks": []}
    for info in list_networks():
        row = info.name, info.title, f"{info.year} · {facts(info)}", pretrained_is_here(info.name)
        groups.setdefault(info.family, []).append(row)
        if info.landmark:
            groups["Landmarks"].append(row)
    more = list_networks(timm.SOURCE.name)
    here = networks_here(more)
    for info in more:
        size = f"timm · {count(info.n_parameters)} weights · {info.size} px"
        groups.setdefault(f"timm: {info.family}", []).append((info.name, info.title, size, info.name in here))
    return list(groups.items())


def _offer(info: NetworkInfo, weights: WeightSet) -> NoReturn:
    """Trained weights that are not on this machine: the offer to fetch them, and what else can be done."""
    host = urlsplit(weights.url or "").hostname
    ready = ", ".join(CATALOG[name].title for name in CATALOG if pretrained_is_here(name))
    st.info(
        plain(
            f"The trained weights of {info.title} are not on this machine yet. Fetch them (this asks {host}; licence: "
            f"{weights.licence}), put the file {weights.file} into {default_folder()}, choose Untrained, or choose a "
            f"network that is here: {ready}."
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


def _show_result(selection: Selection) -> None:
    """The picture with the part that the network sees, and the class that it gives."""
    best = next(iter(selection.trace.top(1)), None)
    left, right = st.columns([2, 3], vertical_alignment="center")
    box, pixels = selection.trace.prepared.box, selection.image.pixels
    with left:
        small = selection.photos.get("small", lambda: png_of_pixels(thumbnail(pixels, 240, box)))
        picture(small, alt="The picture; what the network does not see is dark")
    if best is not None and lacks_digit(selection.trace):
        right.caption("No digit to read; it must say one")
    right.markdown("No classifier" if best is None else f"**{plain(best.category)}**  \n{percent(best.probability)}")


def _show_notes(selection: Selection) -> None:
    """What is to be known before anything is believed, where it is seen with the cards closed."""
    if selection.network.is_random:
        st.warning("Untrained: random weights. Its answers mean nothing; they show what training adds.")
    if warnings := [*selection.network.notes, *selection.trace.prepared.notes]:
        st.warning("\n\n".join(plain(f"{warning}.") for warning in warnings))
    for note in selection.image.notes:
        st.caption(plain(note))

"""The elements that several pages share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Literal, NoReturn

import streamlit as st

from ...convolution.opened import strongest
from ...loading.catalog import CATALOG, SMALL_NETWORK
from ...networks.network import Network
from ...places import pages
from ...trace import Trace
from ...wording import percent
from ..frame.boundary import plain
from ..frame.link import say_unmet
from ..frame.session import KEPT_IN_LINK, choose
from .ranking import ranking

PAGES = pages()


def picture(png: bytes, alt: str, width: int | Literal["stretch"] = "stretch") -> None:
    """A PNG as it is: without its format named, Streamlit makes a lossy JPEG of any picture that is opaque."""
    st.image(png, width=width, alt=alt, output_format="PNG")


def needs_classes(network: Network) -> None:
    """Where there is no classifier, say so and end the page: the rest of it is about classes."""
    if network.no_classes:
        st.info(plain(network.no_classes))
        st.stop()


def class_names(network: Network) -> list[str]:
    """The categories, told apart where two share a name (ImageNet has two cranes)."""
    counts = Counter(network.categories)
    return [name if counts[name] == 1 else f"{name} ({i})" for i, name in enumerate(network.categories)]


def pick_likely_class(trace: Trace, key: str) -> None:
    """The five likeliest classes as bars: choosing one explains it everywhere."""
    names = class_names(trace.network)
    assert trace.target is not None  # a selection's trace has one
    ranking(
        [(p.index, p.category, p.probability, percent(p.probability)) for p in trace.top(5)],
        chosen=trace.target,
        label="Class to explain",
        key=key,
        on_choose=lambda index: choose("class", names[index]),
    )


def title_with_small(title: str, network: Network, why: str) -> None:
    """A page's title; beside it, of a large network, a button that takes one whose sums can be followed, and why. In a
    row of its own it would push the page's figure off a projector."""
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.title(title, width="content")
        if network.info is None or network.info.source != "project":
            st.button(f"Take {CATALOG[SMALL_NETWORK].title}", key="small", on_click=_take_small, help=plain(why))


def _take_small() -> None:
    choose("network", SMALL_NETWORK)
    choose("weights", "Trained")


def pick_layer(network: Network) -> str:
    """Any layer: the stages as buttons, every operation by name, first the one with which to begin."""
    buttons = st.container(horizontal=True, gap="small")
    names = dict.fromkeys([network.first_layer, *network.stages, *network.layers])
    chosen = pick_one("Layer: a stage, or any operation", names, "layer")
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


def pick_one(
    label: str, options: Iterable[str], key: str, disabled: bool = False, why: Callable[[str], str] | None = None
) -> str:
    """One of a few named settings, kept in the link; the first is the default and not written there. Where it counts
    at times only, it is disabled at others, as `pick_channel` is. `why` says why one that a link asks for is not to be
    had."""
    named = list(options)
    chosen: str | None = st.selectbox(label, named, key=key, **KEPT_IN_LINK, disabled=disabled)
    say_unmet(key, named, why)
    assert chosen is not None  # only a box that begins empty can be empty
    return chosen


def pick_channel(network: Network, layer: str, disabled: bool = False) -> int:
    """A channel of the layer by number, kept in the link; the mosaic sets the same number. Where it counts at times
    only, it is disabled at others: a widget that comes and goes is not written to the link when it comes."""
    n_channels = network.layer(layer).n_channels
    return int(
        st.number_input(
            f"Channel, 0 to {n_channels - 1}",
            0,
            n_channels - 1,
            key="channel",
            **KEPT_IN_LINK,
            disabled=disabled,
        )
    )


def pick_number(label: str, numbers: range, key: str) -> int:
    """One of consecutive numbers, kept in the link; the first is the default."""
    return int(
        st.number_input(
            f"{label}, {numbers[0]} to {numbers[-1]}",
            numbers[0],
            numbers[-1],
            key=key,
            **KEPT_IN_LINK,
        )
    )


def pick_switch(label: str, key: str, why_not: str | None = None) -> bool:
    """Something that can be switched on, kept in the link; where it makes no sense, the label says why."""
    shown = label if why_not is None else f"{label}: {why_not}"
    on = st.toggle(shown, key=key, **KEPT_IN_LINK, disabled=why_not is not None, width="content")
    return on and why_not is None


def pick_stretched(network: Network, *layers: str) -> bool:
    """Whether maps of these layers are stretched over the picture, as is usual, instead of each cell lying where it
    looks: a switch, kept in the link, where that makes a difference."""
    if all(network.places(layer) is None for layer in layers):
        return False
    return st.toggle(
        "Stretch over the picture", key="stretched", **KEPT_IN_LINK,
        help="Layers without padding never look at the picture’s border, so their cells lie further in than a map "
        "that is stretched over all of it says. Off: each cell is drawn in the middle of what it sees.",
    )  # fmt: skip


def pick_place(trace: Trace, layer: str, channel: int) -> tuple[int, ...]:
    """A unit of a channel, kept in the link; until one is chosen, the strongest. Where a layer has no maps, the
    channel is all there is to choose."""
    best = trace.view(strongest, layer, channel)
    if not trace.network.layer(layer).is_spatial:
        return best
    place = []
    for axis, n, at in zip("yx", trace.network.layer(layer).size, best[1:], strict=True):
        chosen = pick_or_leave(f"{axis}, 0 to {n - 1}", range(n), f"unit_{axis}", str(at))
        place.append(at if chosen is None else chosen)
    st.button("Strongest", on_click=_forget_place, help="The highest value of this channel on this picture")
    return channel, *place


def pick_or_leave(label: str, numbers: range, key: str, unless: str) -> int | None:
    """One of consecutive numbers, or None while nobody has chosen."""
    return st.number_input(
        label, numbers[0], numbers[-1], value=None, placeholder=unless, key=key, **KEPT_IN_LINK,
    )  # fmt: skip


def _forget_place() -> None:
    for axis in "yx":
        choose(f"unit_{axis}", None)

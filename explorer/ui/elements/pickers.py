"""The elements that several pages share."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Literal, NoReturn

import streamlit as st

from ...convolution.opened import strongest_places
from ...loading.catalog import CATALOG, SMALL_NETWORK
from ...networks.network import Network
from ...targets import class_names
from ...trace import Trace
from ...wording import percent
from ..frame.boundary import plain
from ..frame.link import go_to, say_unmet, standing
from ..frame.session import KEPT_IN_LINK, choose, selection
from ..frame.spoken import say
from .place import place_boxes, standing_place
from .ranking import ranking

_LIKELIEST = "the likeliest"
_LONG = 28  # letters that fit into any box
_FRAME, _LETTER, _PHONE = 70, 7.6, 350  # pixels: what surrounds a name in a box, a letter of it, a phone's page


def picture(png: bytes, alt: str, width: int | Literal["stretch"] = "stretch") -> None:
    """A PNG as it is: without its format named, Streamlit makes a lossy JPEG of any picture that is opaque."""
    st.image(png, width=width, alt=alt, output_format="PNG")


def needs_classes(network: Network) -> None:
    """Where there is no classifier, say so and end the page: the rest of it is about classes."""
    if network.no_classes:
        st.info(plain(network.no_classes))
        st.stop()


def needs_numbers(trace: Trace, what: str) -> None:
    """Where the scores are no numbers, say so and end the page: there is nothing to `what`."""
    if not trace.is_finite:
        st.info(
            f"Some scores are no finite numbers, so there is nothing to {what}: these weights are broken, or were not "
            "trained to the end. Choose other weights."
        )
        st.stop()


def chosen_class(network: Network) -> int | None:
    """The class that `pick_class` shows; None for the likeliest. Known before that is drawn, for the pass needs it."""
    names = class_names(network)
    name = standing("class", names)
    return None if name is None else names.index(name)


def pick_class(network: Network, is_in_row: bool = False) -> None:
    """Any class by name, kept in the link; empty means the likeliest. In a row it is as wide as its name."""
    names = class_names(network)
    width: int | Literal["stretch"] = box_width([standing("class", names) or _LIKELIEST]) if is_in_row else "stretch"
    st.selectbox(
        "Class to explain", names, index=None, placeholder=_LIKELIEST, key="class", **KEPT_IN_LINK, width=width
    )
    say_unmet("class", names)
    follow_class(network)


def follow_class(network: Network) -> None:
    """In a part of a page: where another class was chosen in it, the whole page is drawn again, since it is of that."""
    if chosen_class(network) != selection().target:
        st.rerun()


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


def offer_small(network: Network, why: str) -> None:
    """Of a large network, a button that takes one whose sums can be followed, and why."""
    is_small, name = network.info is not None and network.info.source == "project", CATALOG[SMALL_NETWORK].title
    if not is_small and st.button(f"Take {name}", key="small", on_click=_take_small, help=plain(why)):
        st.rerun()  # also where a part of the page alone would be drawn again: all of it is of another network


def _take_small() -> None:
    choose("network", SMALL_NETWORK)
    choose("weights", "Trained")


def open_layer(layer: str, channel: int) -> NoReturn:
    """Go to Feature maps, with this channel of this layer."""
    choose("channel", channel)
    go_to("feature_maps", layer=layer, channel=str(channel))


def pick_one(
    label: str, options: Iterable[str], key: str, disabled: bool = False, why: Callable[[str], str] | None = None,
    is_in_row: bool = False,
) -> str:  # fmt: skip
    """One of a few named settings, kept in the link; the first is the default and not written there. Where it counts
    at times only, it is disabled at others: a widget that comes and goes is not written to the link when it comes.
    `why` says why one that a link asks for is not to be had. Among others in a row it is as wide as its longest name;
    one that may be cut stands in full behind the question mark."""
    named = list(options)
    shown = st.session_state.get(key)
    chosen: str | None = st.selectbox(
        label, named, key=key, **KEPT_IN_LINK, disabled=disabled, width=box_width(named) if is_in_row else "stretch",
        help=plain(shown) if isinstance(shown, str) and len(shown) > _LONG else None,
    )  # fmt: skip
    say_unmet(key, named, why)
    assert chosen is not None  # only a box that begins empty can be empty
    return chosen


def box_width(names: Iterable[str]) -> int:
    """Pixels of a box in which the longest of these names can be read; no more than a phone has."""
    return min(_PHONE, _FRAME + round(_LETTER * max((len(say(name)) for name in names), default=0)))


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
    """A unit of a channel, kept in the link; until one is chosen, the strongest. Where a layer has no maps, or maps of
    a single cell, the channel is all there is to choose."""
    described = trace.network.layer(layer)
    if not described.is_spatial:
        return (channel, *(0 for _ in described.shape[1:]))
    best, size = trace.view(strongest_places, layer), described.size
    place = standing_place(size)
    with st.container(width=310):
        place_boxes(best.tolist(), size, place, channel, "unit")
    return channel, *(int(b) if at is None else at for at, b in zip(place, best[channel], strict=True))


def pick_or_leave(label: str, numbers: range, key: str, unless: str) -> int | None:
    """One of consecutive numbers, or None while nobody has chosen."""
    return st.number_input(
        label, numbers[0], numbers[-1], value=None, placeholder=unless, key=key, **KEPT_IN_LINK,
    )  # fmt: skip

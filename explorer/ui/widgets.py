"""The elements that several pages share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Literal, NoReturn

import streamlit as st

from ..convolution.opened import strongest
from ..loading.download import delete
from ..loading.downloads import Download
from ..loading.inventory import Item
from ..loading.published import WeightSet
from ..networks.network import Network
from ..places import pages
from ..trace import Trace
from ..wording import duration, megabytes, percent
from .boundary import fragment, plain, sentences
from .elements.ranking import ranking
from .session import ask_for, asked_for, choose, downloads, visitor

PAGES = pages()


def picture(png: bytes, alt: str, width: int | Literal["stretch"] = "stretch") -> None:
    """A PNG as it is: without its format named, Streamlit makes a lossy JPEG of any picture that is opaque."""
    st.image(png, width=width, alt=alt, output_format="PNG")


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


def pick_one(label: str, options: Iterable[str], key: str, disabled: bool = False) -> str:
    """One of a few named settings, kept in the link; the first is the default and not written there. Where it counts
    at times only, it is disabled at others, as `pick_channel` is."""
    chosen: str | None = st.selectbox(
        label, list(options), key=key, bind="query-params", persist_state="session", disabled=disabled
    )
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
            bind="query-params",
            persist_state="session",
            disabled=disabled,
        )
    )


def pick_weights(items: Sequence[Item]) -> tuple[Item, ...]:
    """All sets of weights in a table that can be sorted and searched; returns the rows that are ticked."""
    rows = [
        {
            "Network": item.info.title,
            "Set": item.weights.name,
            "Year": item.info.year,
            "MB": round((item.n_bytes_here or item.weights.n_bytes) / 1e6, 1),
            "Top-1 %": item.weights.top1,
            "Top-5 %": item.weights.top5,
            "Where": item.place,
            "Licence": item.weights.licence,
        }
        for item in items
    ]
    picked = st.dataframe(
        rows, hide_index=True, on_select="rerun", selection_mode="multi-row", key="weights-table", height=420,
        column_config={
            "Year": st.column_config.NumberColumn(format="%d"),
            "Top-1 %": st.column_config.NumberColumn(help="of ImageNet's validation pictures, as torchvision states"),
        },
    )  # fmt: skip
    return tuple(items[row] for row in picked["selection"]["rows"])


def fetch_button(what: str, weights: Sequence[WeightSet]) -> None:
    """Fetches all of them in the background."""
    size = f" ({len(weights)}, {megabytes(sum(found.n_bytes for found in weights))})" if weights else ""
    st.button(f"Fetch {what}{size}", on_click=ask_for, args=(weights,), disabled=not weights)


def delete_button(items: Sequence[Item]) -> None:
    """Deletes what was fetched of these, once it is confirmed. Where others share the server nobody can: one click
    would cost everybody a download."""
    paths = [item.path for item in items if item.path is not None and item.can_be_deleted]
    if st.get_option("server.address") not in ("127.0.0.1", "localhost", "::1"):
        return
    with st.popover(f"Delete what is chosen ({len(paths)})", disabled=not paths):
        st.markdown(plain(f"Delete {', '.join(path.name for path in paths)}? They can be fetched again."))
        st.button("Delete", key="delete", type="primary", on_click=_delete, args=(paths,))


def _delete(paths: Sequence[Path]) -> None:
    with sentences():
        for path in paths:
            delete(path)


def follow(urls: Iterable[str | None], place: str) -> bool:
    """How far each of these downloads has come, each with a button that stops it; tells whether any still runs.

    `place` tells apart where the same download is followed twice on a page.
    """
    wanted = tuple(url for url in urls if url is not None)
    active = any(download.is_active for download in _found(wanted))
    (_progress_live if active else _progress)(wanted, place)
    return active


def _found(urls: Iterable[str]) -> list[Download]:
    found = (downloads().get(url) for url in urls)
    return [download for download in found if download and (download.is_active or download.url in asked_for())]


def _progress(urls: tuple[str, ...], place: str, live: bool = False) -> None:
    found = _found(urls)
    if live and not any(download.is_active for download in found):
        st.rerun()  # the whole page: what was fetched is here now
    for download in found:
        if not download.is_active:
            continue
        text, stop = st.columns([4, 1], vertical_alignment="center")
        share = download.received / download.total if download.total else 0.0
        text.progress(min(share, 1.0), plain(_account(download)))
        if download.url in asked_for():
            key, cancel = f"{place}-stop-{download.name}", downloads().cancel
            stop.button("Stop", key=key, on_click=cancel, args=(download.url, visitor()))
    failed = [download for download in found if download.state == "failed"]
    if failed:
        others = f" Nor could {', '.join(other.name for other in failed[1:])}." if failed[1:] else ""
        st.error(plain(failed[0].message + others))
    for download in found:
        if download.state == "cancelled":
            st.caption(plain(f"{download.name} was not fetched: stopped."))


_progress_live = fragment(partial(_progress, live=True), every=1.0)


def _account(download: Download) -> str:
    """Name, how much of how much, how fast, how long still."""
    if not download.askers:
        return f"{download.name}: stopping"
    if download.state == "waiting":
        return f"{download.name}: waits for its turn"
    text = f"{download.name}: {megabytes(download.received)}"
    if download.total is not None:
        text += f" of {megabytes(download.total)}"
    if download.bytes_per_second is not None:
        text += f", {megabytes(download.bytes_per_second)} a second"
    if download.seconds_left is not None:
        text += f", {duration(download.seconds_left)} left"
    return text


def pick_number(label: str, numbers: range, key: str) -> int:
    """One of consecutive numbers, kept in the link; the first is the default."""
    return int(
        st.number_input(
            f"{label}, {numbers[0]} to {numbers[-1]}",
            numbers[0],
            numbers[-1],
            key=key,
            bind="query-params",
            persist_state="session",
        )
    )


def pick_switch(label: str, key: str, why_not: str | None = None) -> bool:
    """Something that can be switched on, kept in the link; where it makes no sense, the label says why."""
    shown = label if why_not is None else f"{label}: {why_not}"
    on = st.toggle(
        shown, key=key, bind="query-params", persist_state="session", disabled=why_not is not None, width="content"
    )
    return on and why_not is None


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
        label, numbers[0], numbers[-1], value=None, placeholder=unless, key=key, bind="query-params",
        persist_state="session",
    )  # fmt: skip


def _forget_place() -> None:
    for axis in "yx":
        choose(f"unit_{axis}", None)

"""The elements that show which weights are here, and fetch or delete them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache, partial
from pathlib import Path
from typing import cast

import streamlit as st

from ...loading.download import default_folder, delete
from ...loading.downloads import Download, Downloads
from ...loading.inventory import Item
from ...loading.sources.source import WeightSet
from ...wording import duration, megabytes
from ..frame.boundary import fragment, plain, sentences
from ..frame.session import visitor
from ..frame.teacher import HOW, is_teacher


@cache
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
            "Of its own set": item.weights.elsewhere,
            "Where": item.place,
            "Licence": item.weights.licence,
        }
        for item in items
    ]
    picked = st.dataframe(
        rows, hide_index=True, on_select="rerun", selection_mode="multi-row", key="weights-table", height=420,
        column_config={
            "Network": st.column_config.TextColumn(pinned=True, width=150),  # wider, and a phone would not pin it
            "Year": st.column_config.NumberColumn(format="%d"),
            "Top-1 %": st.column_config.NumberColumn(
                help="of ImageNet's validation pictures, as their makers state", format="%.1f"
            ),
            "Top-5 %": st.column_config.NumberColumn(format="%.1f"),
            "Of its own set": st.column_config.TextColumn(help="right, of pictures kept from training", width=125),
        },
    )  # fmt: skip
    return tuple(items[row] for row in picked["selection"]["rows"])


def fetch_button(what: str, weights: Sequence[WeightSet]) -> None:
    """Fetches all of them in the background."""
    size = f" ({len(weights)}, {megabytes(sum(found.n_bytes for found in weights))})" if weights else ""
    st.button(f"Fetch {what}{size}", on_click=ask_for, args=(weights,), disabled=not weights)


def delete_button(items: Sequence[Item]) -> None:
    """Deletes what was fetched of these, once it is confirmed. Only whoever started the server can: one click costs
    everybody a download."""
    paths = [item.path for item in items if item.path is not None and item.can_be_deleted]
    if not is_teacher():
        st.caption(f"What was fetched can be deleted by whoever started the server, after opening {HOW}.")
        return
    with st.popover(f"Delete what is chosen ({len(paths)})", disabled=not paths):
        st.markdown(plain(f"Delete {', '.join(path.name for path in paths)}? They can be fetched again."))
        st.button("Delete", key="delete", type="primary", on_click=_delete, args=(paths,))


def _delete(paths: Sequence[Path]) -> None:
    if not is_teacher():  # a message may press a button that the page does not show
        return
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

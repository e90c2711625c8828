"""Frozen against fine-tuned: how far the weights moved, first kernels and late maps before and after."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import streamlit as st

from ...elements.legend import legend
from ...errors import Unsuited
from ...transfer import Learned, snippets
from ...transfer.moved import Pairs, kernels_moved, maps_moved, moved
from ...transfer.moved_figures import kernel_rows, map_rows, moved_bars
from ...transfer.sentences import kernels_sentence, maps_sentence, moved_sentence
from ...wording import percent
from ..elements.chart import chart
from ..elements.pickers import pick_one
from ..elements.strip import strip
from ..frame.boundary import plain
from ..frame.session import Selection
from ..frame.takeaway import setting, take_away
from .pictures import Given

_ROWS = ("Frozen", "Fine-tuned", "Difference")


def before_and_after(selection: Selection, given: Given, found: Learned) -> None:
    """All three; a sentence where nothing but the head was trained."""
    if found.frozen is None:
        st.info("Nothing but the head was trained. Choose the last block or all layers above, and train them on.")
        return
    far = moved(found)
    left, right = st.columns([2, 3], gap="medium")
    with left:
        bars, sentence = moved_bars(far), moved_sentence(found, far)
        chart(
            bars, f"{bars.title}. {sentence}", "transfer-moved", sentence, lambda: far.shares,
            _code(selection, given, found, "moved(found).shares"),
        )  # fmt: skip
    with right:
        _kernels(selection, given, found)
    _maps(selection, given, found)


def _kernels(selection: Selection, given: Given, found: Learned) -> None:
    try:
        pairs = kernels_moved(found)
    except Unsuited as error:
        st.info(plain(str(error)))
        return
    rows, largest, most = kernel_rows(pairs)
    _strip(pairs, rows, "kernel", "transfer-kernels", 56, None)
    take_away(
        kernels_sentence(found, largest, most), "transfer-first-kernels", None,
        lambda: np.stack([pairs.before, pairs.after]), _code(selection, given, found, "kernels_moved(found).after"),
    )  # fmt: skip


def _maps(selection: Selection, given: Given, found: Learned) -> None:
    network = found.network
    held = {one.source.name: one.source for one in found.examples.examples if one.is_held_out}
    layers = [stage for stage in network.stages if network.layer(stage).is_spatial]
    if not layers:
        st.caption(plain(network.cam_reason))
        return
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        layer = pick_one("Maps of", layers[::-1], "transfer_maps", is_in_row=True)
        name = pick_one("Held-out picture", held, "transfer_picture", is_in_row=True)
    pairs = maps_moved(found, held[name].read(), layer)
    rows, scale = map_rows(pairs)
    shown = legend(scale, f"values of {layer}; one scale for all three rows")
    _strip(pairs, rows, "channel", "transfer-maps-moved", 84, shown)
    place = [*held].index(name)
    picture = f"[one for one in found.examples.examples if one.is_held_out][{place}].source.read()"
    take_away(
        maps_sentence(layer, pairs), "transfer-late-maps", None, lambda: np.stack([pairs.before, pairs.after]),
        _code(selection, given, found, f"maps_moved(found, {picture}, {layer!r}).after"),
    )  # fmt: skip


def _strip(
    pairs: Pairs, rows: Sequence[bytes], what: str, key: str, width: int, legend_of: dict[str, object] | None
) -> None:
    strip(
        [(png, 1, False) for png in rows],
        [(f"{what} {i}", percent(share)) for i, share in zip(pairs.which, pairs.shares.tolist(), strict=True)],
        alt=f"{len(pairs.which)} of each {what}, frozen, fine-tuned, and the difference",
        key=key,
        rows=_ROWS,
        width=width,
        legend=legend_of,
    )


def _code(selection: Selection, given: Given, found: Learned, what: str) -> str:
    return snippets.trained(setting(selection), given.code, what, found.tuning)

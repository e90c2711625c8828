"""A network of one's own, put together from blocks in one line."""

from __future__ import annotations

import streamlit as st

from ...errors import BadData
from ...networks.blocks import Block, parse, shapes, text
from ...scratch.data import data_sets
from ...scratch.experiments import FIRST_BLOCKS, Experiment
from ..elements.pickers import pick_one
from ..elements.row import block_row
from ..frame.boundary import plain
from ..frame.session import KEPT_IN_LINK


def pick_blocks(experiment: Experiment) -> Experiment:
    """The blocks and the pictures. Where the row does not work, what works is shown, then what is wrong, and the page
    ends."""
    sets = {f"{one.title}: {one.says}": key for key, one in data_sets().items()}
    left, right = st.columns([3, 2], gap="medium")
    with right:
        data = sets[pick_one("Pictures", sets, "blocks_data")]
    with left:
        line = st.text_input("Blocks", FIRST_BLOCKS, key="blocks", max_chars=2000, **KEPT_IN_LINK)
    found = data_sets()[data]
    blocks, mistake = _read(line)
    sizes, cannot = shapes(blocks, found.shape, len(found.categories))
    mistake = mistake or cannot
    given = [("picture", found.shape), *zip((text((one,)) for one in blocks), sizes, strict=False)]
    wrong = line.split(",")[len(sizes)].strip() if mistake is not None and len(sizes) < line.count(",") + 1 else None
    block_row(given, wrong, "What each block makes of what is before it", "blocks-row")
    if mistake is not None:
        st.warning(plain(mistake))
        st.stop()
    return experiment.with_network(text(blocks), data)


def _read(line: str) -> tuple[tuple[Block, ...], str | None]:
    """The blocks up to the first that is none, and what is wrong with that."""
    items = line.split(",")
    try:
        return parse(line), None
    except BadData as error:
        mistake = str(error)
    for n in range(len(items) - 1, 0, -1):
        try:
            return parse(",".join(items[:n])), mistake
        except BadData:
            continue
    return (), mistake

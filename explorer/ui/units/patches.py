"""What a unit sees where it answers most, each crop with what it reaches there."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from ...atlas import Patch
from ...units.figures import crops_png
from ...wording import number
from ..elements.strip import strip

STRONGEST = "Its strongest places"
N_SHOWN = 5  # patches: half a page is as wide


def patches(found: Sequence[Patch], title: str, key: str) -> None:
    """The first few patches of an atlas."""
    names = [patch.name.rpartition(".")[0] or patch.name for patch in found]
    crops([patch.crop for patch in found], [patch.value for patch in found], names, title, key)


def crops(
    given: Sequence[bytes], values: Sequence[float], names: Sequence[str], title: str, key: str, of_cells: bool = True
) -> None:  # fmt: skip
    """The first few of some crops, as PNG or JPEG, each with its value and the name of its picture; what cells see, or
    whole pictures."""
    if not given:
        return
    st.markdown(f"**{title}**, what one cell sees there" if of_cells else f"**{title}**")
    strip(
        [(crops_png(given[:N_SHOWN]), 1, True)],
        [(number(value), name) for value, name in zip(values[:N_SHOWN], names[:N_SHOWN], strict=True)],
        alt=f"{title}: {', '.join(names[:N_SHOWN])}",
        key=key,
        width=86,
    )

"""What is seen, to take along in a file, from any page."""

from __future__ import annotations

import re

import streamlit as st

from ...errors import TooLarge
from ...running.progress import Progress
from ...wording import megabytes
from .boundary import fragment, plain
from .link import standing
from .progress import beside
from .session import Selection, choose, selection

_WANTED = "along-wanted"
_LONGEST = 40  # letters of a name in that of the file


@fragment
def take_along() -> None:
    """Closed it costs nothing; open it says how large the file becomes, makes it when somebody wants it, and offers
    it."""
    with st.popover("Take it with you", width="stretch", key="along", on_change="rerun") as along:
        if along.open:
            _file(selection())


def _file(chosen: Selection) -> None:
    from ...exporting.kinds import kinds_of  # not with the first page
    from ...exporting.sentences import layer_choice
    from ...exporting.sizes import checked_layers, choices, default_layers

    network, trace = chosen.network, chosen.trace
    kinds = {kind.title: kind for kind in kinds_of(network, chosen.image)}
    kind = kinds[
        st.segmented_control(
            "As", list(kinds), default=next(iter(kinds)), required=True, label_visibility="collapsed",
            key=f"along-kind-{len(kinds)}",  # what is chosen among others is not among these
        )
    ]  # fmt: skip
    st.markdown(plain(kind.what))
    here = standing("layer", [*network.layers, *network.stages])
    options = dict.fromkeys([*choices(network), *([] if here is None else [here])])
    layers = st.multiselect(
        "Layers with all their maps", options, default_layers(network), key=f"along-layers-{network.key}",
        format_func=lambda name: layer_choice(network, name),
    )  # fmt: skip
    report = kind.is_page and st.toggle(
        "With a report card of the evidence", key="along-report", help="Takes a while: many passes"
    )
    try:
        found = checked_layers(network, layers)
    except TooLarge as error:
        st.warning(plain(str(error)))
        return
    st.caption(plain(kind.how_large(found)))
    about = (chosen.image.digest, network.key, chosen.target, kind.title, found, report)
    if st.session_state.get(_WANTED) != about:
        st.button("Make the file", type="primary", key="along-make", on_click=choose, args=(_WANTED, about))
        return
    shelf, key = chosen.pages, (kind.title, found, report)

    def make(progress: Progress | None) -> bytes:
        return shelf.get(key, lambda: kind.make(trace, found, report, progress))

    n_bytes = beside("Making the file", "along-work", about, lambda progress: len(make(progress)))
    if n_bytes is not None:
        name = re.sub(r"[^A-Za-z0-9]+", "-", f"{network.name}-{chosen.image.name.partition('.')[0]}")[:_LONGEST]
        st.download_button(
            f"Download it ({megabytes(n_bytes)})", lambda: make(None), f"{name.strip('-')}.{kind.ending}", kind.media,
            key="along-file", on_click="ignore", type="primary",
        )  # fmt: skip

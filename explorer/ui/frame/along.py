"""What is seen, to take along: one file that needs no server, from any page."""

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
    from ...exporting import exported  # not with the first page
    from ...exporting.sentences import WHAT_IT_IS, layer_choice, total_sentence
    from ...exporting.sizes import checked_layers, choices, default_layers

    network, trace = chosen.network, chosen.trace
    st.markdown(plain(WHAT_IT_IS))
    here = standing("layer", [*network.layers, *network.stages])
    options = dict.fromkeys([*choices(network), *([] if here is None else [here])])
    layers = st.multiselect(
        "Layers with all their maps", options, default_layers(network), key=f"along-layers-{network.key}",
        format_func=lambda name: layer_choice(network, name),
    )  # fmt: skip
    report = st.toggle("With a report card of the evidence", key="along-report", help="Takes a while: many passes")
    try:
        found = checked_layers(network, layers)
    except TooLarge as error:
        st.warning(plain(str(error)))
        return
    st.caption(plain(total_sentence(network, found)))
    about = (chosen.image.digest, network.key, chosen.target, found, report)
    if st.session_state.get(_WANTED) != about:
        st.button("Make the file", type="primary", key="along-make", on_click=choose, args=(_WANTED, about))
        return
    shelf, key = chosen.pages, (found, report)

    def make(progress: Progress | None) -> bytes:
        return shelf.get(key, lambda: exported(trace, found, report, progress))

    n_bytes = beside("Making the file", "along-work", about, lambda progress: len(make(progress)))
    if n_bytes is not None:
        name = re.sub(r"[^A-Za-z0-9]+", "-", f"{network.name}-{chosen.image.name.partition('.')[0]}")[:_LONGEST]
        st.download_button(
            f"Download it ({megabytes(n_bytes)})", lambda: make(None), f"{name.strip('-')}.html", "text/html",
            key="along-file", on_click="ignore", type="primary",
        )  # fmt: skip

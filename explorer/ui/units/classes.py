"""Which classes use a unit."""

from __future__ import annotations

import streamlit as st

from ...atlas import Atlas
from ...atlas.snippets import channel_by_class
from ...networks.cost import is_quick
from ...targets import class_names
from ...units import sentences as say
from ...units import snippets
from ...units.figures import class_bars
from ...units.uses import class_uses, class_weights
from ..elements.bars import bars
from ..elements.pickers import pick_switch
from ..frame.boundary import plain
from ..frame.session import Selection
from ..frame.takeaway import setting


def classes_of(selection: Selection, layer: str, channel: int) -> None:
    """By the weights to the logits where the head is a sum of means of maps, and on this picture by gradient ×
    activation."""
    trace, network = selection.trace, selection.network
    st.header("Which classes use it")
    if network.no_classes or not trace.is_finite:
        st.info(plain(network.no_classes or "Some scores are no finite numbers, so nothing can be told of classes."))
        return
    names = class_names(network)
    weights = class_weights(network, layer, channel)
    if weights is not None:
        title = f"Channel {channel} in every picture"
        bars(
            class_bars(title, "weight in the logit", names, weights, trace.target),
            f"{title}: the classes with its largest and smallest weights", "unit-weights",
            say.weights_sentence(network, layer, channel), lambda: weights,
            snippets.class_weights(setting(selection), layer, channel),
        )  # fmt: skip
    if not is_quick(network, 2) and not pick_switch("Work out which classes it moves on this picture", "unit_uses"):
        return
    uses = trace.view(class_uses, layer, channel)
    if uses is None:
        st.info(plain(say.no_uses_sentence(network, layer)))
        return
    if not uses.any():
        st.info(plain(say.silent_sentence(network, layer, channel)))
        return
    title = f"Channel {channel} on this picture"
    bars(
        class_bars(title, "adds to the logit", names, uses, trace.target),
        f"{title}: the classes whose logits it raises and lowers most", "unit-uses",
        say.uses_sentence(trace, layer, channel), lambda: uses,
        snippets.class_uses(setting(selection), layer, channel),
    )  # fmt: skip


def uses_over(selection: Selection, known: tuple[Atlas, str] | None, channel: int) -> None:
    """The same over a set of pictures, where it was worked out for that."""
    row = None if known is None else known[0].channel(known[1], channel)
    if known is None or row is None or row.use_by_class is None:
        return
    atlas, at = known
    found = row.use_by_class
    names = class_names(selection.network) if len(found) == len(selection.network.categories) else list(atlas.classes)
    bars(
        class_bars(f"Channel {channel} over {atlas.n_pictures:,} pictures", "adds to the logit", names, found),
        f"What channel {channel} of {at} adds to the logit of what was answered, by class", "unit-set-uses",
        f"The mean of gradient × activation over the pictures of each class in “{atlas.title}”, towards the logit of "
        "what the network answered.",
        lambda: found, channel_by_class(atlas, at, channel, "use_by_class"),
    )  # fmt: skip

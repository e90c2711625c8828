"""How do maps become probabilities? Every logit as a sum, and softmax step by step."""

import streamlit as st

from explorer.classifier.head import last_maps
from explorer.ui.classifier.layers import layers_after, neurons
from explorer.ui.classifier.ledger import lesson, logit
from explorer.ui.classifier.softmax import probabilities, why_convolution
from explorer.ui.elements.bar import bar
from explorer.ui.elements.pickers import needs_classes, needs_numbers
from explorer.ui.elements.views import views
from explorer.ui.frame import session
from explorer.ui.frame.boundary import fragment

selection = session.selection()
network = selection.network


def rows() -> None:
    """What comes after the last maps."""
    layers_after(selection)
    neurons()


@fragment
def from_maps_to_classes() -> None:
    """Pick a channel of the last maps, and a class; see what the one adds to the other."""
    last = last_maps(network)
    bar("Classifier", network, last, lambda *_: last)
    needs_classes(network)
    needs_numbers(selection.trace, "add up")
    views(
        {
            "A logit is a sum": logit,
            "From maps to logits" if network.has_maps else "From pixels to logits": rows,
            "From logits to probabilities": probabilities,
            "Why convolution?": lambda: why_convolution(selection),
        },
        "classifier_view",
    )
    with st.expander("In words"):
        lesson(selection)


from_maps_to_classes()

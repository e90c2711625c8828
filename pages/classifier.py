"""How do maps become probabilities? Every logit as a sum, and softmax step by step."""

import streamlit as st

from explorer.ui.classifier.layers import layers_after, neurons
from explorer.ui.classifier.ledger import lesson, logit
from explorer.ui.classifier.softmax import probabilities, why_convolution
from explorer.ui.elements.pickers import needs_classes
from explorer.ui.frame import session
from explorer.ui.frame.boundary import plain

st.title("Classifier")
selection = session.selection()
needs_classes(selection.network)
lesson(selection)
if not selection.trace.is_finite:
    st.info(
        plain(
            "Some scores are no finite numbers, so there is nothing to add up: these weights are broken, or were not "
            "trained to the end. Choose other weights."
        )
    )
    st.stop()

st.header("A logit is a sum")
logit()

st.header("From the last maps to the logits" if selection.network.has_maps else "From the pixels to the logits")
layers_after(selection)
neurons()

st.header("From logits to probabilities")
probabilities()

st.header("Why convolution?")
why_convolution(selection)

"""What does a part of the network want to see, and what does it make of a picture?"""

from functools import partial

import streamlit as st

from explorer.ui.elements.bar import bar
from explorer.ui.elements.pickers import needs_numbers
from explorer.ui.elements.views import views
from explorer.ui.frame import session
from explorer.ui.synthesis.own_picture import dreaming, what_is_left
from explorer.ui.synthesis.wants import what_is_wanted

# No fragment here: a click in a fragment waits until what runs in it has ended, and Cancel must not wait.
selection = session.selection()
network = selection.network
shown = bar("Synthesis", network, network.cam_layer if network.has_maps else network.stages[0])
needs_numbers(selection.trace, "make a picture for")
views(
    {
        "What it wants": partial(what_is_wanted, selection, shown.layer, shown.channel),
        "DeepDream": partial(dreaming, selection, shown.layer, shown.channel),
        "What is left of the picture": partial(what_is_left, selection, shown.layer),
    },
    "synthesis_view",
)
st.caption(
    "Such a picture shows what makes a part of the network answer most, not all that it answers to: what real pictures "
    "make it answer belongs beside it."
)

"""What the network is good for beyond naming what is there, each on one's own pictures."""

import streamlit as st

from explorer.ui.applications.answered import answered
from explorer.ui.applications.localisation import localisation
from explorer.ui.applications.reading import number
from explorer.ui.applications.search import search
from explorer.ui.applications.segmentation import segmentation
from explorer.ui.applications.sound import sound
from explorer.ui.applications.video import video
from explorer.ui.elements.bar import bar
from explorer.ui.elements.pickers import needs_classes, needs_numbers
from explorer.ui.elements.views import views
from explorer.ui.frame import session

# No fragment here: a click in a fragment waits until what runs in it has ended, and Cancel must not wait.
selection = session.selection()
network = selection.network
shown = bar("Applications", network, network.cam_layer if network.has_maps else network.stages[0])
needs_classes(network)
needs_numbers(selection.trace, "put to use")
st.caption("All of it on your own pictures: choose, drop or paste them under “Picture”, or draw there; a sound, below.")
views(
    {
        "Localisation": lambda: answered(lambda: localisation(selection)),
        "Segmentation": lambda: answered(lambda: segmentation(selection)),
        "Image search": lambda: answered(lambda: search(selection, shown.layer)),
        "Video": lambda: answered(lambda: video(selection)),
        "Reading a number": lambda: answered(lambda: number(selection)),
        "A sound": lambda: answered(lambda: sound(selection, shown)),
    },
    "application",
)

"""What happens to the answer when channels are switched off?"""

import streamlit as st

from explorer.ui.elements.pickers import needs_classes, pick_layer
from explorer.ui.feature_maps.switchboard import find_decisive, pick_switches, rank_channels, show_change
from explorer.ui.frame import session

st.title("Switchboard")
st.caption(
    "Switch channels of a layer off, keep only some, or make them louder. Only what comes after the layer is run "
    "again; the numbers are the network’s own."
)

# No fragment here: a click in a fragment waits until what runs in it has ended, and Cancel must not wait.
selection = session.selection()
needs_classes(selection.network)
layer = pick_layer(selection.network)
switches = pick_switches(selection.network, layer)
show_change(selection, layer, switches)
left, right = st.columns(2, gap="medium")
with left:
    rank_channels(selection, layer)
with right:
    find_decisive(selection, layer)

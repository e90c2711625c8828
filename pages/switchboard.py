"""What happens to the answer when channels are switched off?"""

import streamlit as st

from explorer.ui.elements.bar import bar
from explorer.ui.elements.pickers import needs_classes
from explorer.ui.feature_maps.switch_mosaic import switch_mosaic
from explorer.ui.feature_maps.switchboard import find_decisive, pick_switches, rank_channels, show_change
from explorer.ui.frame import session

# No fragment here: a click in a fragment waits until what runs in it has ended, and Cancel must not wait.
selection = session.selection()
chosen = bar("Switchboard", selection.network, selection.network.stages[0])
needs_classes(selection.network)
switches = pick_switches(selection.network, chosen.layer)
maps, beside = st.columns([2, 3], gap="medium")
with beside:
    show_change(selection, chosen.layer, switches)
with maps:
    switch_mosaic(selection, chosen.layer, switches.chosen, switches.factors)
left, right = st.columns(2, gap="medium")
with left:
    rank_channels(selection, chosen.layer)
with right:
    find_decisive(selection, chosen.layer)

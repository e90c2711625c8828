"""What happens to the answer when channels are switched off, or a map is painted on?"""

import streamlit as st

from explorer.ui.elements.bar import bar
from explorer.ui.elements.pickers import needs_classes
from explorer.ui.elements.views import views
from explorer.ui.feature_maps.change import show_change
from explorer.ui.feature_maps.painting import easel, repainted_pass
from explorer.ui.feature_maps.switch_mosaic import switch_mosaic
from explorer.ui.feature_maps.switchboard import find_decisive, pick_switches, rank_channels, switched
from explorer.ui.frame import session

# No fragment here: a click in a fragment waits until what runs in it has ended, and Cancel must not wait.
selection = session.selection()
chosen = bar("Switchboard", selection.network, selection.network.stages[0])
needs_classes(selection.network)


def switching() -> None:
    """Whole channels, off or scaled."""
    switches = pick_switches(selection.network, chosen.layer)
    maps, beside = st.columns([2, 3], gap="medium")
    with beside:
        show_change(selection.trace, switched(selection, chosen.layer, switches))
    with maps:
        switch_mosaic(selection, chosen.layer, switches.chosen, switches.factors)
    left, right = st.columns(2, gap="medium")
    with left:
        rank_channels(selection, chosen.layer)
    with right:
        find_decisive(selection, chosen.layer)


def painting() -> None:
    """The cells of one map."""
    maps, beside = st.columns([2, 3], gap="medium")
    with beside:
        show_change(selection.trace, repainted_pass(selection, chosen.layer))
    with maps:
        easel(selection, chosen.layer, chosen.channel)


views({"Switch channels": switching, "Paint on a map": painting}, "switchboard")

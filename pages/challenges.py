"""What makes a picture hard: another viewpoint, scale, light or quality, and how much of it the answer bears."""

import streamlit as st

from explorer.ui.challenges.adversarial import adversarial
from explorer.ui.challenges.now import pick_change, side_by_side
from explorer.ui.challenges.swept import all_changes, does_it_follow, swept, who_does_not_care
from explorer.ui.elements.bar import bar
from explorer.ui.elements.pickers import needs_classes, needs_numbers
from explorer.ui.elements.views import views
from explorer.ui.frame import session
from explorer.ui.frame.boundary import plain

# No fragment here: a click in a fragment waits until what runs in it has ended, and Cancel must not wait.
selection = session.selection()
network = selection.network
shown = bar("Challenges", network, network.cam_layer if network.has_maps else network.stages[0])
needs_classes(network)
needs_numbers(selection.trace, "challenge")
chosen = side_by_side(selection, *pick_change(), shown.layer, shown.channel)
views(
    {
        "All strengths": lambda: swept(selection, chosen),
        "Does the evidence follow?": lambda: does_it_follow(selection, chosen),
        "Which layers do not care?": lambda: who_does_not_care(selection, chosen),
        "Adversarial": lambda: adversarial(selection),
        "A card of all changes": lambda: all_changes(selection),
    },
    "challenge_view",
)
if not network.has_maps:
    st.caption(plain(network.cam_reason))

"""What does the network see in this picture, and where is the evidence?"""

import streamlit as st

from explorer.overview.journey import inputs, preparation
from explorer.overview.sentences import child_sentence, headline, knows_sentence, reading
from explorer.ui.elements.beside import compare_link
from explorer.ui.elements.pickers import pick_class
from explorer.ui.elements.views import views
from explorer.ui.frame import session
from explorer.ui.frame.boundary import plain
from explorer.ui.overview.evidence import evidence, received, tiles
from explorer.ui.overview.hero import hero

selection = session.selection()
trace, network = selection.trace, selection.network

st.title(plain(headline(trace)))
st.markdown(plain(child_sentence(trace)))
hero()

named = {}
if not network.no_classes:
    named["Where the evidence is"] = lambda: evidence(selection)
named["What the network received"] = lambda: received(selection)
if trace.prepared.steps:
    named["How the picture became a digit of MNIST"] = lambda: tiles(trace.view(preparation))
if trace.view(inputs):
    named["What each input is"] = lambda: tiles(trace.view(inputs))
views(named, "overview_view")
if network.no_classes:
    st.info(plain(network.no_classes))
else:
    st.caption(plain(f"{reading(trace)} {knows_sentence(network)}"))
    pick_class(network)
compare_link(network)

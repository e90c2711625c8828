"""A trained network put to new classes: its layers as they are, and a head of one's own on what they see."""

from functools import partial

import streamlit as st

from explorer.transfer.features import features_layer
from explorer.transfer.sentences import learned_sentence
from explorer.ui.elements.views import views
from explorer.ui.frame import session
from explorer.ui.frame.boundary import plain
from explorer.ui.loading.keeping import base_of
from explorer.ui.transfer.pictures import pick_pictures
from explorer.ui.transfer.trained import confusion, keep, learning, preview, shortcut, trained

# No fragment here: a click in a fragment waits until what runs in it has ended, and Cancel must not wait.
st.title("Transfer")
base = base_of(session.selection())
features_layer(base.network)  # or why there is none
given = pick_pictures()
examples = given.examples
found = trained(base, given, examples)
if found is None:
    preview(base.network, examples)
    st.stop()
st.markdown(plain(learned_sentence(found)))
keep(found)
views(
    {
        "What is taken for what": partial(confusion, base, given, found),
        "How it learned": partial(learning, base, given, found),
        "A planted shortcut": partial(shortcut, given, found),
        "The pictures": partial(preview, base.network, examples),
    },
    "transfer_view",
)

"""A trained network put to new classes: its layers as they are, or trained on, and a head of one's own on them."""

from functools import partial

import streamlit as st

from explorer.transfer.features import place_of
from explorer.transfer.sentences import learned_sentence
from explorer.ui.elements.views import views
from explorer.ui.frame import session
from explorer.ui.frame.boundary import plain
from explorer.ui.loading.keeping import base_of
from explorer.ui.transfer.answers import by_confidence, confusion
from explorer.ui.transfer.before import before_and_after
from explorer.ui.transfer.pictures import pick_pictures, preview, read_pictures
from explorer.ui.transfer.shortcut import shortcut
from explorer.ui.transfer.trained import keep, learning, trained
from explorer.ui.transfer.tuning import pick_tuning, tuned

# No fragment here: a click in a fragment waits until what runs in it has ended, and Cancel must not wait.
st.title("Transfer")
base = base_of(session.selection())
place_of(base.network)  # or why there is none
given = pick_pictures()
examples = read_pictures(given)
found = None if examples is None else trained(base, given, examples)
if found is None:
    preview(base.network, given, examples)
    st.stop()
tuning = pick_tuning()
found = found if tuning is None else tuned(found, given, tuning)
st.markdown(plain(learned_sentence(found)))
keep(found)
views(
    {
        "What is taken for what": partial(confusion, base, given, found),
        "By confidence": partial(by_confidence, base, given, found),
        "How it learned": partial(learning, base, given, found),
        "Frozen against fine-tuned": partial(before_and_after, base, given, found),
        "A planted shortcut": partial(shortcut, base, given, found),
        "The pictures": partial(preview, base.network, given, examples),
    },
    "transfer_view",
)

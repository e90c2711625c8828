"""Which trained weights are on this machine, and how do the others get here?"""

import streamlit as st

from explorer.loading.inventory import addresses, inventory, lesson, missing, of_timm, one_each
from explorer.loading.published import folder_problem
from explorer.loading.sentences import disk_sentence
from explorer.ui.frame.boundary import plain
from explorer.ui.loading.downloads import asked_for, delete_button, fetch_button, follow, pick_weights

st.title("Weights")
follow(dict.fromkeys((*addresses(), *asked_for())), "weights")
items = (*inventory(), *of_timm())  # after the downloads: what has just come is in it
st.markdown(plain(disk_sentence(items)))
if problem := folder_problem():
    st.warning(plain(problem))
st.caption(
    "Trained weights are fetched only when you ask for them, from download.pytorch.org. Each file is compared with "
    "the checksum in its name, and from then on its network works without internet. Those of timm’s networks come from "
    "huggingface.co, one by one where such a network is chosen; their names have no checksum, so their length and "
    "structure alone are looked at. For a room without internet, "
    "fetch them onto a stick beforehand: `python -m explorer fetch lesson --to DIR`, and start the app there with "
    "`EXPLORER_WEIGHTS_DIR=DIR`."
)
chosen = pick_weights(items)
with st.container(horizontal=True):
    fetch_button("what is chosen", missing(chosen))
    fetch_button("a lesson’s worth", missing(lesson(items)))
    fetch_button("every network", missing(one_each(items)))
    delete_button(chosen)

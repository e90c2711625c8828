"""What does the network make of a whole folder of pictures?"""

from functools import partial

import streamlit as st

from explorer.ui.atlas.answers import answers
from explorer.ui.atlas.doubts import suspects, twins
from explorer.ui.atlas.opened import open_pictures, pick_atlas
from explorer.ui.atlas.pictures import pictures_map
from explorer.ui.atlas.statistics import statistics
from explorer.ui.elements.views import views
from explorer.ui.frame import session

# No fragment here: a click in a fragment waits until what runs in it has ended, and Cancel must not wait.
selection = session.selection()
atlas = pick_atlas(selection.network)
if not atlas.has_pictures:
    statistics(atlas)
    st.stop()
opened = open_pictures(atlas)
if opened is None:
    st.stop()
views(
    {
        "The map": partial(pictures_map, selection, opened),
        "What is taken for what": partial(answers, selection, opened),
        "Likely mislabelled": partial(suspects, selection, opened),
        "There twice": partial(twins, selection, opened),
    },
    "atlas_view",
)

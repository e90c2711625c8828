"""Short lessons and games over all other pages: predict, commit, and the network says."""

import streamlit as st

from explorer.lessons import shelf
from explorer.ui.elements.views import views
from explorer.ui.frame.link import keep, say_unmet
from explorer.ui.lessons.games import games
from explorer.ui.lessons.listing import listing
from explorer.ui.lessons.one import one_lesson

found = shelf()
names = list(found.lessons)
chosen = keep("lesson", ["", *names])
if chosen:
    at = names.index(chosen) + 1
    one_lesson(found.lessons[chosen], at, len(names), next(iter(names[at:]), ""))
else:
    st.title("Lessons")
    say_unmet("lesson", ["", *names])
    views({"Lessons": lambda: listing(found), "Games": games}, "lessons_view")

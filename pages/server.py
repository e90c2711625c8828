"""How does the server bear its visitors, and what is to be seen by all of them?"""

import streamlit as st

from explorer.ui.frame.teacher import is_teacher
from explorer.ui.server.sentences import FOR_TEACHERS
from explorer.ui.server.shown import everybody_sees_this, numbers

st.title("This server")
if is_teacher():
    everybody_sees_this()
    st.subheader("Now")
    numbers()
else:
    st.write(FOR_TEACHERS)

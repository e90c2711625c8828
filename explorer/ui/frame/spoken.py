"""The language of a visit: everything that Streamlit sends to a browser is said in it, in one place, on its way out.

The keys of widgets were made of the English before that, so what is chosen stays where it is when the language changes;
what links and widgets name their options by is English in every language. What of it a person reads (options, tabs,
what our own scripts write) is said in the browser, by elements/frontend/spoken.js.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import streamlit as st
from google.protobuf.message import Message  # type: ignore[import-untyped]
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime.scriptrunner_utils.script_run_context import ScriptRunContext

from ...words.language import FILES, Language, language
from .link import keep

KEY = "language"  # in the link
ENGLISH = "en"
Say = Callable[[str], str]

# the fields of Streamlit's messages that a person reads, and the kinds whose texts are none or are said elsewhere
_FIELDS = {
    "label", "help", "body", "caption", "captions", "alt", "title", "placeholder", "text", "delta", "delta_description",
}  # fmt: skip
_ASIDE = {"bidi_component", "code", "html", "json", "navigation", "tab"}
_OF_CHARTS = {
    "text", "title", "name", "hovertemplate", "hovertext", "ticktext", "customdata", "x", "y", "label",
}  # fmt: skip
_MOST = 200  # texts in a list of a chart; of more, as a map of an atlas has them, none is looked at
_MARKS = r"\`*_[]#|~$<>:&"  # what Markdown reads, and `plain` has it leave
_HELD = {mark: chr(0xE000 + i) for i, mark in enumerate(_MARKS)}


def next_language() -> str:
    """The one after the visit's, of all in turn."""
    among = sorted(languages())
    return among[(among.index(spoken()) + 1) % len(among)]


def languages() -> tuple[str, ...]:
    """All that there are, this browser's first."""
    asked = (st.context.locale or "")[:2].lower()
    return tuple(sorted((ENGLISH, *FILES), key=lambda code: (code != asked, code != ENGLISH)))


def speak() -> str:
    """Choose the visit's language, before anything is sent: what the visitor or the link chose, else the browser's."""
    if KEY not in st.session_state:
        st.session_state[KEY] = st.query_params.get(KEY)
    return keep(KEY, languages())


def spoken() -> str:
    """The language of the visit."""
    return str(st.session_state.get(KEY, ENGLISH))


def say(text: str) -> str:
    """A text in the language of the visit, where its length counts before it is sent."""
    code = spoken()
    return language(code).said(text) if code in FILES else text


def said_message(message: ForwardMsg, say: Say) -> ForwardMsg:
    """A message of Streamlit's with its texts said. The given one stays: it may be sent again to somebody else."""
    kind = message.WhichOneof("type")
    if kind not in ("delta", "page_config_changed"):
        return message
    said = ForwardMsg()
    said.CopyFrom(message)
    _say_in(getattr(said, kind), say)
    return said


def _say_in(message: Message, say: Say) -> None:
    for field, value in message.ListFields():
        if field.name in _ASIDE:
            continue
        if field.message_type is not None:
            is_many = not isinstance(value, Message)
            for inner in value if is_many and not hasattr(value, "items") else [] if is_many else [value]:
                _say_in(inner, say)
        elif field.name in _FIELDS and isinstance(value, str):
            setattr(message, field.name, said_in_markdown(value, say))
        elif field.name in _FIELDS and not isinstance(value, bytes | int | float | bool):
            value[:] = [said_in_markdown(one, say) for one in value]
    kind = message.DESCRIPTOR.name
    if kind == "PlotlyChart":
        message.spec = json.dumps(said_in_chart(json.loads(message.spec), say))
    elif kind == "Dataframe":
        _say_in_table(message, say)


def said_in_markdown(text: str, say: Say) -> str:
    """A text that may be Markdown: what is escaped in it is data, and is so afterwards. Code stays as it is."""
    if "```" in text:
        return text
    if "\\" not in text:
        return say(text)
    bare = re.sub(r"\\(.)", "", text)
    marked = {mark for mark in _MARKS if mark in bare and mark != ":"}  # a colon is mostly just one
    loose = re.sub(r"\\(.)", lambda found: _HELD.get(found[1], found[1]) if found[1] in marked else found[1], text)
    said = say(loose)
    for mark in _MARKS:
        if mark in marked:
            said = said.replace(_HELD[mark], f"\\{mark}")
        elif mark == ":":
            said = re.sub(r":(?!\w+\[)", r"\\:", said)
        elif f"\\{mark}" in text:
            said = said.replace(mark, f"\\{mark}")
    return said


def said_in_chart(spec: Any, say: Say, key: str = "") -> Any:
    """The specification of a chart with its titles, names, marks and hints said."""
    if isinstance(spec, dict):
        return {name: said_in_chart(one, say, name) for name, one in spec.items()}
    if isinstance(spec, list):
        return spec if len(spec) > _MOST else [said_in_chart(one, say, key) for one in spec]
    return say(spec) if isinstance(spec, str) and key in _OF_CHARTS else spec


def _say_in_table(table: Any, say: Say) -> None:
    """A table's columns get labels in the language, and its texts are said; the names of the columns stay."""
    from streamlit.dataframe_util import convert_arrow_bytes_to_pandas_df, convert_pandas_df_to_arrow_bytes

    frame = convert_arrow_bytes_to_pandas_df(table.arrow_data.data)
    columns = json.loads(table.columns or "{}")
    for name in map(str, frame.columns):
        columns[name] = {**columns.get(name, {}), "label": say(columns.get(name, {}).get("label") or name)}
        if len(frame) <= _MOST:
            frame[name] = frame[name].map(lambda one: say(one) if isinstance(one, str) else one)
    table.columns = json.dumps(columns)
    table.arrow_data.data = convert_pandas_df_to_arrow_bytes(frame)


def _of(context: ScriptRunContext) -> Language | None:
    try:
        code = context.session_state[KEY]
    except KeyError:  # before anything is chosen
        code = ENGLISH
    return language(code) if code in FILES else None


def _said_first(send: Callable[[ScriptRunContext, ForwardMsg], None]) -> Callable[[ScriptRunContext, ForwardMsg], None]:
    def said(self: ScriptRunContext, msg: ForwardMsg) -> None:
        chosen = _of(self)
        send(self, msg if chosen is None else said_message(msg, chosen.said))

    return said


# Where every message of every run and of every part of a page goes through, before Streamlit makes a digest of it.
ScriptRunContext.enqueue = _said_first(ScriptRunContext.enqueue)  # type: ignore[method-assign, assignment]

"""The app in German: on every page and in every tab nothing is left in English but names."""

from __future__ import annotations

import json
import re
from functools import cache

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from explorer.attribution.methods import METHODS
from explorer.loading.catalog import CATALOG
from explorer.pictures.samples import SAMPLES
from explorer.pooling.kinds import KINDS
from explorer.ui.frame import takeaway
from explorer.words.language import Language, language
from explorer.words.openings import OPENINGS, TABS
from explorer.words.openings import PAGES as OPENED

from .apps import PAGES, check, open_app, texts

# names of sets of pictures, of shapes in them, of people; symbols of formulas; code; what a browser fills in
NAMES = {
    "astronaut", "chelsea", "coffee", "galaxies", "stripes", "dots", "checks", "square", "disc", "triangle",
    "project", "mean_yx", "sum_c", "yx", "dy", "dx", "dz", "relu", "softmax", "tanh", "sum", "mean", "max", "et",
    "al", "arXiv", "CC-BY", "Gradient", "customdata", "br", "extra", "numpy", "load", "python", "explorer",
    "Hubble", "eXtreme", "Deep", "Field", "and", "chord", "clicks", "silence", "tremolo", "vibrato", "Imagenette",
    "validation", "at", "Hz",
}  # fmt: skip
PLAIN_WORD = re.compile(r"(?<![\w.\-/])[A-Za-z][a-z’'-]+(?![\w\-/]|\.\w)")
CODE = re.compile(
    r"\(?[A-Z]\w+ et al\. \d{4}.*|"
    r"`[^`]*`|%\{[^}]*\}|<[^>]*>|:\w+\[of [^\]]*\]|\S*[/_]\S*|“[^”]*”|\S*\.(?:png|jpg)\b.*|'[^']*'"
)


@pytest.fixture
def german(monkeypatch: pytest.MonkeyPatch) -> Language:
    """The language, gathering whatever it has no message for."""
    spoken = language("de")
    monkeypatch.setattr(spoken, "missed", set())
    return spoken


@cache
def names() -> frozenset[str]:
    """Words of which names are made: of networks, classes, samples, methods and kinds of pooling."""
    given = [*CATALOG, *(info.title for info in CATALOG.values()), *SAMPLES, *METHODS, *KINDS]
    given += [method.title for method in METHODS.values()]
    return frozenset(word for name in given for word in re.findall(r"[\w’'-]+", name))


def english(missed: set[str], own: frozenset[str]) -> list[str]:
    """What of it is no name."""
    found = []
    for piece in sorted(missed):
        words = PLAIN_WORD.findall(CODE.sub(" ", piece))
        if any(word not in NAMES and word not in own for word in words):
            found.append(piece)
    return found


def say_views(app: AppTest, spoken: Language) -> None:
    """What views are sent is said in the browser, by the same messages."""

    def walk(data: object) -> None:
        if isinstance(data, dict):
            for one in data.values():
                walk(one)
        elif isinstance(data, list) and len(data) < 500:
            for one in data:
                walk(one)
        elif isinstance(data, str) and " " in data and not data.startswith(("data:", "/")):
            spoken.said(data)

    for element in app.get("bidi_component"):
        walk(json.loads(element.proto.json))


@pytest.mark.parametrize("page", [page for page in OPENED if page != "server"])
def test_nothing_is_left_in_english_but_names(page: str, german: Language, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        takeaway, "_of", lambda name: ":small[of 1]"
    )  # a figure by its file's name, for who hears a button read
    app = open_app(network="pocket_resnet", sample="chelsea", language="de")
    app.run()
    for key, tab in [(key, tab) for on, key, tab in TABS if on == page] or [("", "")]:
        if key:
            app.query_params[key] = tab
            app.session_state[key] = tab
        check(app.switch_page(str(PAGES[page])).run())
        say_views(app, german)
    network = app.session_state["selection"].network
    own = names() | {word for name in network.categories for word in re.findall(r"[\w’'-]+", name)} | {*network.layers}
    assert german.missed is not None
    left = english(german.missed, frozenset(own))
    assert not left, "\n".join(left)


@pytest.mark.parametrize("register", ["plain", "exact"])
def test_both_registers_speak_german(register: str, german: Language) -> None:
    app = open_app(network="lenet5", sample="digit", language="de", words=register)
    check(app.run())
    app.query_params["view"] = "Statistics"
    check(app.switch_page(str(PAGES["feature_maps"])).run())
    said = texts(app)
    for opening in (OPENED["feature_maps"], OPENINGS["view", "Statistics"]):
        assert german.said(opening.in_register(register)).replace("\\", "") in said
        assert opening.in_register(register) not in said


def test_what_is_chosen_stays_when_the_language_changes() -> None:
    """Links and widgets know their options by their English names, whatever is spoken."""
    app = open_app(network="lenet5", sample="digit", language="de")
    app.run()
    check(app.switch_page(str(PAGES["pooling"])).run())
    layer = app.selectbox(key="layer").options[-2]
    check(app.selectbox(key="layer").set_value(layer).run())
    title, options = app.title[0].value, app.selectbox(key="layer").options
    for code in ("en", "de"):
        app.session_state["language"] = code
        check(app.run())
        assert app.selectbox(key="layer").value == layer
        assert app.selectbox(key="layer").options == options
        assert (app.title[0].value == "Pooling") == (code == "en" or title == "Pooling")
        assert ("language" in app.query_params) == (code == "de")  # English is the browser's own


def test_english_is_said_by_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    def said(self: Language, text: str) -> str:
        raise AssertionError(text)

    monkeypatch.setattr(Language, "said", said)
    check(open_app(network="lenet5", sample="digit").run())


@pytest.mark.parametrize(("asked", "first"), [("de-AT", "de"), ("en-GB", "en"), ("fr", "en"), (None, "en")])
def test_the_browser_s_language_is_the_first(asked: str | None, first: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(st.context), "locale", property(lambda self: asked))
    app = open_app(network="lenet5", sample="digit")
    check(app.run())
    assert app.session_state["language"] == first
    assert "language" not in app.query_params

"""Links that somebody has written down still restore what they say; and what is wrong with one is said."""

from __future__ import annotations

import json
import re
from pathlib import Path
from urllib.parse import parse_qs, parse_qsl, unquote_plus, urlsplit

import pytest
from streamlit.testing.v1 import AppTest

from explorer.pictures.image import read_image
from explorer.ui.frame.arrival import RENAMED
from explorer.ui.frame.pages import FIRST, GROUPS
from explorer.ui.loading import remembering
from explorer.words.openings import OPENINGS

from .apps import PAGES, check, open_app, texts
from .link_keys import link_keys
from .test_remembering_page import png

LINES = [
    line.split(" | ")
    for line in Path(__file__).with_name("links.txt").read_text(encoding="utf-8").splitlines()
    if line and not line.startswith("#")
]

AXES = ("unit_y", "unit_x")
# what no link restores by itself: the file in which the widget stands, and what it waits for
LATER = {
    "transfer.py": "a head that has been trained, as all of transfer's below",
    "answers.py": "a head, or an atlas whose folders are classes of the network",
    "before.py": "a head", "shortcut.py": "a head", "tuning.py": "a head",
    "preparation.py": "a file of weights", "own.py": "pictures of the visitor's",
    "localisation.py": "a box drawn on one picture", "report_card.py": "a box drawn on one picture",
    "games.py": "a box drawn in one round",
    "choices.py": "weights of several sets, for another pane",
    "classes.py": "a network whose pass takes long",
}  # fmt: skip


def pages_of(links: list[str]) -> set[str]:
    return {urlsplit(link).path.strip("/") or FIRST for link in links}


def test_every_page_and_every_old_name_is_among_them() -> None:
    links = [link for link, _ in LINES]
    assert pages_of(links) == {page for titles in GROUPS.values() for page in titles}
    keys = {key for link in links for key, _ in parse_qsl(urlsplit(link).query)}
    assert keys >= set(RENAMED)
    tabs = {key for key, _ in OPENINGS}
    assert keys & tabs == tabs - {"transfer_view"}


def test_every_key_of_a_widget_is_restored_by_a_link() -> None:
    keys, places = {one.split("=")[0] for _, restored in LINES for one in restored.split(" ")}, link_keys()
    missing = {key: at for key, at in places.items() if not any(re.fullmatch(key, one) for one in keys)}
    assert {at.split(":")[0] for at in missing.values()} == set(LATER), missing
    assert len(places) > 150


@pytest.mark.parametrize(("link", "restored"), LINES, ids=[link for link, _ in LINES])
def test_a_link_restores_what_it_says(link: str, restored: str) -> None:
    page = urlsplit(link).path.strip("/") or FIRST
    query = {key: one[0] if len(one) == 1 else one for key, one in parse_qs(urlsplit(link).query).items()}
    app = open_app(**query)
    app.run()
    if page != FIRST:
        for key, value in query.items():
            if key not in RENAMED:
                app.query_params[key] = value
        app.switch_page(str(PAGES[page])).run()
    check(app)
    for setting in restored.split(" "):
        key, value = setting.split("=")
        found = app.session_state[key] if key in app.session_state else told(app, key)
        assert ",".join(map(str, found if isinstance(found, list | tuple) else [found])) == unquote_plus(value), key


def told(app: AppTest, key: str) -> object:
    """What an element in the browser is told is chosen under a key that is no widget's; the link alone is no page."""
    for element in app.get("bidi_component"):
        (data,) = json.loads(element.proto.json)
        if key == "channel" and key in data:
            return data[key]
        if key in AXES and "at" in data:
            return data["at"][AXES.index(key)]
    pytest.fail(f"Nothing on the page shows what is chosen as {key}")


@pytest.mark.parametrize("mark", ["3fa9c1d2", "<b>bold</b>", "3fa9c1d2" * 900])
def test_which_picture_is_missing_is_said_by_its_digest_alone(mark: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remembering, "_PATIENCE", 0)  # nobody answers for the browser
    app = open_app(network="lenet5", picture="Upload", own=mark)
    app.run()
    check(app.run())
    assert "An uploaded picture is not part of the link" in texts(app)
    assert (f"whose digest begins with {mark}." in texts(app)) is (mark == "3fa9c1d2")


def test_of_several_own_pictures_the_link_s_is_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    files = [remembering.KeptFile(f"id-{value}", f"{value}.png", png(value)) for value in (10, 90, 200)]
    digest = read_image(files[1].content).digest
    app = open_app(network="lenet5", picture="Upload", own=digest[:8])
    app.session_state["memory-pictures"] = remembering._Memory(brought=tuple(files), is_answered=True)
    check(app.run())
    assert app.session_state["mine"] == 1
    assert app.query_params["own"] in (digest[:8], [digest[:8]])
    app.radio(key="picture").set_value("Sample").run()
    assert "own" not in app.query_params

"""What elements take from a browser: what they offer, and nothing else."""

from __future__ import annotations

import importlib
import logging
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import streamlit as st

from explorer.classifier.figures import Waterfall, WaterfallRow
from explorer.drawing.color import Scale, scale_of
from explorer.geometry import Window
from explorer.networks.network import Network
from explorer.ui.elements import base, media
from explorer.ui.elements.box import pick_box
from explorer.ui.elements.choice import Choice
from explorer.ui.elements.graph import graph
from explorer.ui.elements.grid import grid
from explorer.ui.elements.modules import FRONTEND
from explorer.ui.elements.opened import Bar, Products, taken_apart
from explorer.ui.elements.overlay import Heat, Photo
from explorer.ui.elements.pad import drawing_pad
from explorer.ui.elements.picker import _words, network_picker
from explorer.ui.elements.ranking import ranking
from explorer.ui.elements.strip import strip
from explorer.ui.elements.waterfall import running_sum
from explorer.ui.elements.window import LabelledMap, window_player

Heard = Callable[..., None]
PNG = b"\x89PNG"
VALUES = np.arange(12, dtype=np.float32).reshape(3, 4)


def _choice(heard: Heard) -> Choice:
    return Choice(["one", None, "three"], 0, heard)


def _draw_grid(heard: Heard, network: Network) -> None:
    grid(PNG, 3, _choice(heard), "cells", "key")


def _draw_strip(heard: Heard, network: Network) -> None:
    strip([(PNG, 1, False)], [("a", "")] * 3, "cells", "key", choice=_choice(heard))


def _draw_ranking(heard: Heard, network: Network) -> None:
    ranking([(7, "cat", 0.5, "50 %"), (2, "dog", math.nan, "no number")], 7, "classes", "key", heard)


def _draw_picker(heard: Heard, network: Network) -> None:
    network_picker([("A family", [("resnet18", "ResNet-18", "2015 · small", True)])], "resnet18", "key", heard)


def _draw_graph(heard: Heard, network: Network) -> None:
    graph(network, "fc", "key", heard)


def _draw_opened(heard: Heard, network: Network) -> None:
    taken_apart([Bar("a", 1.0, 4), Bar("rest", 2.0)], 3.0, Products("none", [], [], ""), [], "key", heard)


def _draw_waterfall(heard: Heard, network: Network) -> None:
    rows = tuple(WaterfallRow(str(i), i, "", 1.0, i, i + 1.0) for i in (3, 8))
    running_sum(Waterfall(rows, 0.0, 9.0, np.zeros((0, 1, 1), np.float32), Scale(0, 1, "inferno")), 3, "key", "", heard)


def _draw_window(heard: Heard, network: Network) -> None:
    shown = LabelledMap(VALUES, scale_of(VALUES), "a map")
    window_player(shown, shown, Window((1, 1), (1, 1), (0, 0)), (0, 0), "key", lambda y, x: heard([y, x]))


def _draw_pad(heard: Heard, network: Network) -> None:
    drawing_pad("key")


def _draw_box(heard: Heard, network: Network) -> None:
    pick_box(Photo(PNG, (30, 40)), Heat(VALUES, scale_of(VALUES), "a map"), None, "box")


# how it is drawn, the name that it reports under, what it offers and what it does not
DRAWN: dict[str, tuple[Callable[[Heard, Network], None], str, list[Any], list[Any]]] = {
    "grid": (_draw_grid, "chosen", [0, 2], [1, 3, -1]),
    "strip": (_draw_strip, "chosen", [0, 2], [1, 3, -1]),
    "ranking": (_draw_ranking, "chosen", [7, 2], [0, 1]),
    "picker": (_draw_picker, "chosen", ["resnet18"], ["resnet19", "ResNet-18"]),
    "graph": (_draw_graph, "chosen", ["fc", "layer1.0.conv1"], ["layer1", "FC"]),
    "opened": (_draw_opened, "chosen", [4], [0, 5]),
    "waterfall": (_draw_waterfall, "chosen", [3, 8], [4, -1]),
    "window": (_draw_window, "moved", [[0, 0], [2, 3]], [[3, 0], [0, 4], [-1, 0], [0], [0, 0, 0]]),
    "pad": (_draw_pad, "strokes", [[], [[80, 1, 1]]], [[[80, 1, 1001]], [[]], [[80, 1]]]),
    "box": (_draw_box, "box", [[], [1, 2, 30, 40]], [[1, 2, 31, 40], [1, 2, 1, 40], [1, 2, 3]]),
}  # fmt: skip

DEEP: list[Any] = []
for _ in range(10_000):
    DEEP = [DEEP]
NONSENSE: list[Any] = [
    None, True, False, math.nan, math.inf, -math.inf, 0.5, 1.0, -1, 10**400, "", "0", "nonsense" * 10_000, {}, {"0": 0},
    [None], [True, False], [math.nan] * 4, ["0", "0"], [[0.0, 1, 1]], [[[]]], [{}], DEEP, [[1] * 50_000], [0.0, 0.0],
]  # fmt: skip


@pytest.fixture
def state(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What a browser has sent, by the key of an element."""
    kept: dict[str, Any] = {}
    monkeypatch.setattr(st, "session_state", kept)
    monkeypatch.setattr(media, "get_instance", lambda: _Files())
    monkeypatch.setattr(base, "_logged", set())
    return kept


class _Files:
    media_file_mgr = property(lambda self: self)

    def add(self, content: bytes, kind: str, place: str) -> str:
        return f"/media/{place}"


# Those that were imported above: tests of pages import them anew.
MODULES = {name: importlib.import_module(f"explorer.ui.elements.{name}") for name in DRAWN}


@pytest.fixture
def sends(
    request: pytest.FixtureRequest, state: dict[str, Any], monkeypatch: pytest.MonkeyPatch, pocket: Network
) -> tuple[str, Callable[[Any], list[Any]]]:
    """An element's name, and a function that sends it something and returns what became of it."""
    name: str = request.param
    draw, what, _, _ = DRAWN[name]
    listeners: dict[str, Callable[[], None]] = {}
    heard: list[Any] = []
    element = next(found for found in vars(MODULES[name]).values() if isinstance(found, base.Element))
    keys: list[str] = []

    def component(key: str, data: list[Any], **callbacks: Callable[[], None]) -> None:
        keys.append(key)
        listeners.update(callbacks)

    monkeypatch.setattr(element, "_component", component)
    monkeypatch.setattr(MODULES["box"], "choose", lambda key, value: heard.append(value))
    draw(heard.append, pocket)

    def send(value: Any) -> list[Any]:
        heard.clear()
        before = dict(state)
        state[keys[0]] = {what: value}
        listeners[f"on_{what}_change"]()
        changed = [state[key] for key in state if key != keys[0] and state[key] != before.get(key)]
        return heard + changed

    return name, send


@pytest.mark.parametrize("sends", DRAWN, indirect=True)
def test_what_an_element_offers_is_heard(sends: tuple[str, Callable[[Any], list[Any]]]) -> None:
    name, send = sends
    for value in DRAWN[name][2]:
        assert len(send(value)) == 1, value


@pytest.mark.parametrize("sends", DRAWN, indirect=True)
def test_whatever_else_a_browser_sends_is_ignored_and_logged_once(
    sends: tuple[str, Callable[[Any], list[Any]]], caplog: pytest.LogCaptureFixture
) -> None:
    name, send = sends
    nonsense = [*NONSENSE, *DRAWN[name][3]]
    with caplog.at_level(logging.WARNING, "explorer"):
        for value in nonsense:
            assert send(value) == [], str(value)[:80]
        first = [record.getMessage() for record in caplog.records]
        for value in nonsense:
            assert send(value) == []
    assert [record.getMessage() for record in caplog.records] == first, "said again"
    assert len(set(first)) == len(first)
    for kind in ("nothing", "a truth value", "NaN", "a fraction", "a number", "a text", "a list", "a table"):
        assert sum(kind in message for message in first) == 1, kind
    assert all(f"'{name}'" in message and len(message) < 150 for message in first)


@pytest.mark.parametrize("sent", [None, "text", 3, [], {}, {"other": 1}])
def test_a_state_that_holds_no_report_is_nothing(state: dict[str, Any], sent: object) -> None:
    state["key"] = sent
    assert base.chosen("key", [0, 1], "grid") is None
    assert base.chosen("another key", [0, 1], "grid") is None


def test_elements_do_not_share_what_was_logged(state: dict[str, Any], caplog: pytest.LogCaptureFixture) -> None:
    state["key"] = {"chosen": 5, "moved": 5}
    for element, what in (("grid", "chosen"), ("strip", "chosen"), ("grid", "moved"), ("grid", "chosen")):
        base.chosen("key", range(3), element, what)
    assert len(caplog.records) == 3


def test_every_element_has_a_style_and_a_script_and_every_one_that_reports_is_tested() -> None:
    names = {path.stem for path in FRONTEND.glob("*.js")}
    assert names == {path.stem for path in FRONTEND.glob("*.css")}
    reporting = {
        path.stem for path in FRONTEND.rglob("*.js") if "setTriggerValue" in (text := path.read_text("utf-8"))
        or "setStateValue" in text
    } - {"dom"}  # fmt: skip
    assert reporting == set(DRAWN)


def test_a_search_finds_names_with_and_without_their_hyphens_and_gaps() -> None:
    words = _words("ResNet", "resnext50_32x4d", "ResNeXt-50 32x4d", "2016")
    for typed in ("resnext50", "resnext-50", "resnext50_32x4d", "32x4d", "2016", "resnet", "resnext5032x4d"):
        assert typed in words
    assert words == words.lower()
    assert "vgg" not in words


def test_a_search_finds_names_that_are_not_written_in_ascii() -> None:
    assert "ünïcode7" in _words("Ünïcode-7")

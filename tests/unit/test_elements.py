"""What elements take from a browser: what they offer, and nothing else."""

from __future__ import annotations

import importlib
import json
import logging
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import streamlit as st

from explorer.architecture.figures import FieldHeat
from explorer.classifier.files import LedgerFiles
from explorer.classifier.logits import Ledger
from explorer.drawing.color import scale_of
from explorer.elements.journey import Answer, Band, Column, Node
from explorer.elements.ledger import LedgerClass, LedgerData, LedgerShown
from explorer.elements.modules import FRONTEND
from explorer.elements.operation import Side, Sides, operation_data
from explorer.elements.overlay import Heat, Photo
from explorer.elements.viewer import LayerData, Shown, layer_files_data
from explorer.elements.window import LabelledMap, Reckoning
from explorer.feature_maps.files import LayerFiles, Part
from explorer.feature_maps.painting import Brushes
from explorer.filters.files import sheet_file
from explorer.geometry import Window
from explorer.networks.network import Network
from explorer.ui.elements import base, media
from explorer.ui.elements.box import pick_box
from explorer.ui.elements.boxes import Box, boxes
from explorer.ui.elements.channel import channel_number
from explorer.ui.elements.choice import Choice
from explorer.ui.elements.further import further_classes
from explorer.ui.elements.graph import graph
from explorer.ui.elements.grid import grid
from explorer.ui.elements.held import held_token
from explorer.ui.elements.journey import journey_band
from explorer.ui.elements.kernels import filter_kernels
from explorer.ui.elements.learning import LearningPane, Steering, Training, learning_film
from explorer.ui.elements.ledger import ledger_view
from explorer.ui.elements.opened import Bar, Products, taken_apart
from explorer.ui.elements.operation import operation_player
from explorer.ui.elements.pad import drawing_pad
from explorer.ui.elements.paint import Canvas, paint_map
from explorer.ui.elements.picker import _words, network_picker
from explorer.ui.elements.place import place_boxes
from explorer.ui.elements.points import Points, points_of
from explorer.ui.elements.ranking import ranking
from explorer.ui.elements.stages import stages
from explorer.ui.elements.strip import strip
from explorer.ui.elements.tools import tools
from explorer.ui.elements.unitfield import unit_field_of
from explorer.ui.elements.unitlinks import UnitLink, unit_links
from explorer.ui.elements.viewer import viewer
from explorer.ui.elements.window import window_player

Heard = Callable[..., None]
PNG = b"\x89PNG"
VALUES = np.arange(12, dtype=np.float32).reshape(3, 4)


def _choice(heard: Heard) -> Choice:
    return Choice(["one", None, "three"], 0, heard)


def _draw_grid(heard: Heard, network: Network) -> None:
    grid(PNG, 3, _choice(heard), "cells", "key")


def _draw_kernels(heard: Heard, network: Network) -> None:
    filter_kernels(sheet_file(network, "conv1", [4, 9], False, None), [4, 9], 9, "filters", "key", heard)


def _draw_strip(heard: Heard, network: Network) -> None:
    strip([(PNG, 1, False)], [("a", "")] * 3, "cells", "key", choice=_choice(heard))


def _draw_viewer(heard: Heard, network: Network) -> None:
    urls = layer_files_data(LayerFiles(b"", (), (3, 4), "layer"), b"")
    layer = LayerData("layer2", (3, 3, 4), True, urls, None, {"layer": (0, 1)}, ("no unit", "no unit"), {}, ())
    viewer(Photo(PNG, (30, 40)), layer, Shown(0, "mean", "layer", None), "key", heard, heard, heard)


def _draw_ledger(heard: Heard, network: Network) -> None:
    found = Ledger("maps", "fc", np.ones(3), None, None, 0.0, 3.0, True)
    files = LedgerFiles((7, 2), (found, found), False, (3, 4), 3, 12, b"")
    classes = [LedgerClass(name, "50 %", "the logit", 0.0, "no unit", "✓") for name in ("cat", "dog")]
    urls = layer_files_data(LayerFiles(b"", (), (3, 4), "layer"), b"")
    layer = LayerData("layer4", (3, 3, 4), True, urls, None, {"layer": (0, 1)}, ("", ""), {}, ())
    now = LedgerShown("cat", "cat", 0, "all channels", "5 on each side", True)
    on = dict.fromkeys(("channel", "class", "ledger_map", "ledger_rows"), heard)
    ledger_view(Photo(PNG, (30, 40)), LedgerData(files, classes, layer, True, None, None), now, "key", on)


def _draw_channel(heard: Heard, network: Network) -> None:
    channel_number(3, 63, "key", heard)


def _draw_stages(heard: Heard, network: Network) -> None:
    stages(network, "layer2", "key", heard)


def _draw_journey(heard: Heard, network: Network) -> None:
    column = Column("edges", "2 maps", [Node(PNG, "Open channel 4", "Channel 4")] * 2)
    answers = [Answer(7, "cat", 0.5, "50 %"), Answer(2, "dog", 0.1, "10 %")]
    band = Band("/photo", "a picture", PNG, [column, column], [], answers, 7, None, "said")
    journey_band(band, "key", lambda i, j: heard((i, j)), heard, heard, lambda: heard(True))


def _draw_ranking(heard: Heard, network: Network) -> None:
    ranking([(7, "cat", 0.5, "50 %"), (2, "dog", math.nan, "no number")], 7, "classes", "key", heard)


def _draw_picker(heard: Heard, network: Network) -> None:
    network_picker([("A family", [("resnet18", "ResNet-18", "2015 · small", True)])], "resnet18", "key", heard)


def _draw_graph(heard: Heard, network: Network) -> None:
    graph(network, "fc", "key", heard)


def _draw_opened(heard: Heard, network: Network) -> None:
    taken_apart([Bar("a", 1.0, 4), Bar("rest", 2.0)], 3.0, Products("none", [], [], ""), [], "key", heard)


def _draw_points(heard: Heard, network: Network) -> None:
    points_of("chart", Points(Choice(["a", None, "c"], 0, heard), "Choose a point."), "key")


def _draw_window(heard: Heard, network: Network) -> None:
    shown = LabelledMap(VALUES, scale_of(VALUES), "a map", "no unit")
    window_player(shown, shown, Window((1, 1), (1, 1), (0, 0)), (0, 0), "key", lambda y, x: heard([y, x]))


def _draw_operation(heard: Heard, network: Network) -> None:
    side = Side((2, 3, 4), [Part(0, 2, b"")], (), ["a map"], ["no unit"])
    window, best = Window((1, 1), (1, 1), (0, 0)), [[0, 0]] * 2
    data = operation_data(Sides(side, side), window, best, (0, 0, 0), Reckoning())
    operation_player(data, (3, 4), "key", lambda y, x: heard([y, x]))


def _draw_place(heard: Heard, network: Network) -> None:
    place_boxes([[0, 0]] * 2, (3, 4), (None, 2), 1, "key", lambda y, x: heard([y, x]))


def _draw_unitfield(heard: Heard, network: Network) -> None:
    heat = FieldHeat((0, 1, 2), (0, 0, 1, 2), np.zeros((1, 2), np.uint8))
    unit_field_of(Photo(PNG, (30, 40)), [heat], (), (3, 4), "a layer", "a unit", "key", lambda y, x: heard([y, x]))


def _draw_pad(heard: Heard, network: Network) -> None:
    drawing_pad("key")


def _draw_paint(heard: Heard, network: Network) -> None:
    canvas = Canvas("a-map", VALUES, (), Brushes(0, 1, 1), "a map", "a unit")
    paint_map(canvas, ["a-map"], "key", lambda name, steps: heard(steps))


def _draw_learning(heard: Heard, network: Network) -> None:
    layout = json.dumps({"fields": [["kernels", [2, 1, 3, 4]]]})
    pane = LearningPane("a network", layout, Photo(PNG, (30, 40)), 0, "kernels", "maps", b"")
    steering = Steering(heard, heard, heard, heard, heard)
    learning_film([pane], Training("", "none", "", 0), "a training", "key", steering)


def _draw_box(heard: Heard, network: Network) -> None:
    pick_box(Photo(PNG, (30, 40)), Heat(VALUES, scale_of(VALUES), "a map"), None, "box")


def _draw_unitlinks(heard: Heard, network: Network) -> None:
    unit_links(
        [UnitLink(f"layer1 · {i}", "r = 0.5", 0.5, [], f"units?channel={i}") for i in range(3)], "near", "key", heard
    )


def _draw_boxes(heard: Heard, network: Network) -> None:
    boxes([Box("colors", "Colours", ("inferno", "viridis"), "inferno")], "key", lambda name, chosen: heard(chosen))


def _draw_further(heard: Heard, network: Network) -> None:
    further_classes("/group", None, "key", lambda: heard("/group"))


def _draw_held(heard: Heard, network: Network) -> None:
    held_token("pictures", None, False, True, True, "key", heard)


def _draw_tools(heard: Heard, network: Network) -> None:
    allowed: dict[str, list[str | int]] = {"layer": list(network.layers), "undo": [1]}
    tools("/entries", "", "plain", ("en", "de"), allowed, "key", lambda kind, value: heard(value))


# how it is drawn, the name that it reports under, what it offers and what it does not
DRAWN: dict[str, tuple[Callable[[Heard, Network], None], str, list[Any], list[Any]]] = {
    "grid": (_draw_grid, "chosen", [0, 2], [1, 3, -1]),
    "kernels": (_draw_kernels, "chosen", [4, 9], [0, 5, -1]),
    "strip": (_draw_strip, "chosen", [0, 2], [1, 3, -1]),
    "ranking": (_draw_ranking, "chosen", [7, 2], [0, 1]),
    "picker": (_draw_picker, "chosen", ["resnet18"], ["resnet19", "ResNet-18"]),
    "graph": (_draw_graph, "chosen", ["fc", "layer1.0.conv1"], ["layer1", "FC"]),
    "opened": (_draw_opened, "chosen", [4], [0, 5]),
    "points": (_draw_points, "chosen", [0, 2], [1, 3, -1]),
    "window": (_draw_window, "moved", [[0, 0], [2, 3]], [[3, 0], [0, 4], [-1, 0], [0], [0, 0, 0]]),
    "operation": (_draw_operation, "place", [[0, None], [2, 3]], [[3, 0], [0, 4], [-1, 0], [0], [0, 0, 0]]),
    "place": (_draw_place, "place", [[None, None], [2, 3]], [[3, 0], [0, 4], [-1, 0], [0], [0, 0, 0]]),
    "unitfield": (_draw_unitfield, "place", [[0, 3], [2, 0]], [[3, 0], [0, 4], [-1, 0], [0], [0, 0, 0]]),
    "pad": (_draw_pad, "strokes", [[], [[80, 1, 1]]], [[[80, 1, 1001]], [[]], [[80, 1]]]),
    "tools": (_draw_tools, "layer", ["layer1.0.conv1"], ["layer9", "undo"]),
    "stages": (_draw_stages, "chosen", [0, 6], [7, -1]),
    "viewer": (_draw_viewer, "channel", [0, 2], [3, -1]),
    "unitlinks": (_draw_unitlinks, "chosen", [0, 2], [3, -1, 1.5, "0", True]),
    "boxes": (_draw_boxes, "colors", ["inferno", "viridis"], ["jet", "Colours"]),
    "further": (_draw_further, "wanted", ["/group"], ["/another"]),
    "ledger": (_draw_ledger, "channel", [0, 2], [3, -1]),
    "channel": (_draw_channel, "chosen", [0, 63], [64, -1]),
    "journey": (_draw_journey, "opened", [0, 3], [4, -1]),
    "held": (_draw_held, "held", ["none", "aA0_-" * 8 + "xyz.0"], ["x" * 43, "x" * 42 + ".0", "x" * 43 + ".-1"]),
    "paint": (_draw_paint, "painted", [{"map": "a-map", "steps": [{"value": 1, "runs": [0, 2]}]}],
              [{"map": "another", "steps": []}, {"map": "a-map"}, {"map": "a-map", "steps": [{"value": 1}]}]),
    "learning": (_draw_learning, "edit", [[0, 1, 0, 2, 3, -0.5], [0, 0, 0, 0, 0, 7]],
                 [[1, 0, 0, 0, 0, 1], [0, 2, 0, 0, 0, 1], [0, 0, 0, 0, 4, 1], [0, 0, 0, 0, -1, 1], [0, 0, 0, 0, 0],
                  [0, 0, 0, 0, 0, math.nan], [0, 0, 0, 0, 0, "1"], [0, 0, 0, 0.0, 0, 1], [0, 0, 0, 0, 0, True]]),
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
    } - {"dom", "first_view", "live", "file", "notebook"}  # what these draw tells no server anything  # fmt: skip
    assert reporting == set(DRAWN)


def test_a_search_finds_names_with_and_without_their_hyphens_and_gaps() -> None:
    words = _words("ResNet", "resnext50_32x4d", "ResNeXt-50 32x4d", "2016")
    for typed in ("resnext50", "resnext-50", "resnext50_32x4d", "32x4d", "2016", "resnet", "resnext5032x4d"):
        assert typed in words
    assert words == words.lower()
    assert "vgg" not in words


def test_a_search_finds_names_that_are_not_written_in_ascii() -> None:
    assert "ünïcode7" in _words("Ünïcode-7")

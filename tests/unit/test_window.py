"""What the sliding window and the sum send to the browser, and what they take from it."""

from __future__ import annotations

import json
import math
from typing import Any
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
import streamlit as st

from explorer.convolution.opened import Opened, open_value, strongest
from explorer.convolution.products import rank
from explorer.drawing.color import scale_of
from explorer.elements.window import LabelledMap, Reckoning
from explorer.geometry import Window
from explorer.trace import FloatArray, Trace
from explorer.ui.convolution import value as convolution
from explorer.ui.elements import media, window
from explorer.ui.elements.opened import Bar, _opened, _waterfall


class Files:
    """What the server hands out, by its address."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    @property
    def media_file_mgr(self) -> Files:
        return self

    def add(self, data: bytes, kind: str, place: str) -> str:
        self.kept[f"/{place}"] = data
        return f"/{place}"


@pytest.fixture
def files(monkeypatch: pytest.MonkeyPatch) -> Files:
    kept = Files()
    monkeypatch.setattr(media, "get_instance", lambda: kept)
    return kept


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch, files: Files) -> dict[str, dict[str, Any]]:
    """What each component is called with, as the browser reads it."""
    found: dict[str, dict[str, Any]] = {}

    def call(key: str, data: list[dict[str, Any]], **callbacks: object) -> None:
        found[key] = json.loads(json.dumps(data, allow_nan=False))[0] | callbacks

    monkeypatch.setattr(window._player, "_component", call)
    monkeypatch.setattr(_opened, "_component", call)
    return found


def plain(values: FloatArray) -> LabelledMap:
    return LabelledMap(values, scale_of(values), "a map", "no unit")


def array_at(files: Files, described: dict[str, Any]) -> FloatArray:
    return np.frombuffer(files.kept[described["url"]], "<f4").reshape(described["shape"])


def test_numbers_that_are_none_reach_the_browser_as_such(sent: dict[str, dict[str, Any]], files: Files) -> None:
    source = np.array([[1, np.nan], [np.inf, -2]], np.float32)
    window.window_player(
        plain(source), plain(source[:1]), Window((1, 1), (1, 1), (0, 0)), (0, 1), "w", lambda y, x: None,
        Reckoning(kernel=np.array([[np.nan]], np.float32)),
    )  # fmt: skip
    assert np.array_equal(array_at(files, sent["w"]["source"]), source, equal_nan=True)
    assert sent["w"]["kernel"] == [[None]]


def test_a_window_without_a_kernel(sent: dict[str, dict[str, Any]], files: Files) -> None:
    source = np.arange(16, dtype=np.float32).reshape(4, 4)
    window.window_player(
        plain(source), plain(source[1::2, 1::2]), Window((2, 2), (2, 2), (0, 0)), (1, 0), "w", lambda y, x: None,
        Reckoning("max"),
    )  # fmt: skip
    assert sent["w"]["kernel"] is None
    assert sent["w"]["rule"] == "max"


@pytest.mark.parametrize("value", [[0, 0], [3, 6]])
def test_places_that_are_there(value: object) -> None:
    assert window._is_place(value, 4, 7)


@pytest.mark.parametrize(
    "value",
    [
        None, "0,0", 3, [], [1], [1, 2, 3], [4, 0], [0, 7], [-1, 0], [0.0, 1], [True, 0], ["1", "2"], {"0": 1},
        [float("nan"), 0], [10**30, 0],
    ],
)  # fmt: skip
def test_places_that_are_not(value: object) -> None:
    assert not window._is_place(value, 4, 7)


def test_only_a_place_in_the_output_is_reported(
    sent: dict[str, dict[str, Any]], files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[tuple[int, int]] = []
    values = np.zeros((4, 7), np.float32)
    window.window_player(
        plain(values), plain(values), Window((1, 1), (1, 1), (0, 0)), (0, 0), "w",
        lambda y, x: heard.append((y, x)),
    )  # fmt: skip
    for moved in ([2, 6], [2, 7], None, "x"):
        monkeypatch.setattr(st, "session_state", {"w": {"moved": moved}})
        sent["w"]["on_moved_change"]()
    assert heard == [(2, 6)]


# The sum


def test_bars_go_on_where_the_one_before_ended() -> None:
    bars = [Bar("a", 3.0), Bar("b", -5.0), Bar("c", 1.0, 4)]
    found = _waterfall(bars, -1.0)  # 0 -> 3 -> -2 -> -1
    assert [(bar["from"], bar["to"]) for bar in found] == [(0.4, 1.0), (1.0, 0.0), (0.0, 0.2), (0.4, 0.2)]
    assert [bar["input"] for bar in found] == [None, None, 4, None]
    assert [bar["text"] for bar in found] == ["3", "−5", "1", "−1"]


@pytest.mark.parametrize("value", [0.0, math.nan, math.inf])
def test_bars_of_nothing(value: float) -> None:
    found = _waterfall([Bar("a", value)], value)
    assert all(bar["from"] == bar["to"] == 0 for bar in found)


@pytest.mark.parametrize(("layer", "unit"), [("conv1", (3, 0, 0)), ("layer4.1.conv2", (9, 2, 2)), ("fc", (4,))])
def test_the_sum_is_complete(
    pocket_trace: Trace, sent: dict[str, dict[str, Any]], layer: str, unit: tuple[int, ...]
) -> None:
    opened = open_value(pocket_trace, layer, unit)
    convolution.whole_sum(pocket_trace.network, opened, rank(opened, convolution.MOST_PRODUCTS), "sum")
    data = sent["sum"]
    assert len(data["bars"]) <= convolution._MOST_BARS + 3
    numbers = [float(bar["text"].replace("−", "-")) for bar in data["bars"]]
    assert sum(numbers[:-1]) == pytest.approx(numbers[-1], rel=2e-3, abs=2e-3 * max(map(abs, numbers)))
    assert numbers[-1] == pytest.approx(opened.recorded, rel=1e-3)
    assert all(0 <= bar[end] <= 1 + 1e-9 for bar in data["bars"] for end in ("from", "to"))
    assert len(data["products"]) == min(convolution.MOST_PRODUCTS, opened.products.size)
    assert all(len(row) == len(data["columns"]) for row in data["products"])
    assert [step["name"] for step in data["ledger"]] == [layer, *(step.name for step in opened.steps)]
    assert all(step["agrees"] and step["recorded"].startswith("✓ recorded ") for step in data["ledger"])


@pytest.mark.parametrize(
    ("layer", "unit", "source"),
    [("conv1", (3, 0, 0), None), ("layer4.1.conv2", (9, 2, 2), "layer4.1.relu"), ("fc", (4,), "flatten")],
)
def test_every_row_that_is_of_a_channel_leads_to_its_page(
    pocket_trace: Trace, sent: dict[str, dict[str, Any]], layer: str, unit: tuple[int, ...], source: str | None
) -> None:
    opened = open_value(pocket_trace, layer, unit)
    convolution.whole_sum(pocket_trace.network, opened, rank(opened, convolution.MOST_PRODUCTS), "sum")
    data = sent["sum"]

    def leads_to(way: int | None) -> tuple[str, int] | None:
        if way is None:
            return None
        label, address = data["ways"][way]
        query = parse_qs(urlsplit(address).query)
        assert urlsplit(address).path == "units"
        assert label == f"All about channel {query['channel'][0]} of {query['layer'][0]}"
        return query["layer"][0], int(query["channel"][0])

    for step in data["ledger"]:
        assert leads_to(step["way"]) == (step["name"], unit[0])
    for bar in data["bars"]:
        number = bar["name"].removeprefix("channel ").removeprefix("input ")
        assert leads_to(bar["way"]) == ((source, int(number)) if source and number.isdigit() else None)
    for cells, way in zip(data["products"], data["product_ways"], strict=True):
        assert leads_to(way) == ((source, int(cells[0].removeprefix("input "))) if source else None)


def test_a_value_that_differs_is_crossed(pocket_trace: Trace) -> None:
    opened = open_value(pocket_trace, "layer1.0.conv1", strongest(pocket_trace, "layer1.0.conv1"))
    fields = {name: getattr(opened, name) for name in opened.__dataclass_fields__}
    wrong = Opened(**{**fields, "recorded": opened.recorded + 0.5})
    line, *others = (one.shown for one in convolution._ledger(wrong))
    assert not line["agrees"]
    assert str(line["recorded"]).startswith("✗ recorded ")
    assert str(line["recorded"]).endswith("0.5 away")
    assert all(other["agrees"] for other in others)

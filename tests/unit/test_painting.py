"""Maps painted on: against cells set one by one, whole passes of a plain network, channels switched off, and what a
browser may send."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import streamlit as st
import torch

import explorer
from explorer.attribution import class_activation_map
from explorer.errors import BadChannel, BadPaint, ExplorerError, UnknownLayer
from explorer.feature_maps.painting import LARGEST, MOST_NUMBERS, Shift, Stroke, brushes, painted, repainted
from explorer.interventions import repaint, switch
from explorer.networks.network import Network
from explorer.pictures.image import ImageInput
from explorer.trace import FloatArray, Trace, as_maps
from explorer.ui.elements.paint import are_steps
from explorer.ui.feature_maps import painting
from tests.tiny import Overwriting, noise_image, tiny_network

NETWORKS = ("pocket_resnet", "lenet5", "mlp", "squeezenet1_1", "shufflenet_v2_x0_5", "convnext_tiny", "googlenet",
            "densenet121", "mobilenet_v3_small")  # fmt: skip


def numbered(rows: int, columns: int) -> FloatArray:
    return np.arange(1, rows * columns + 1, dtype=np.float32).reshape(rows, columns)


def close(found: FloatArray, expected: FloatArray) -> bool:
    return np.allclose(found, expected, rtol=1e-4, atol=1e-5 * max(1e-6, float(np.abs(expected).max())))


def with_a_box(trace: Trace, layer: str, channel: int) -> FloatArray:
    """The channel's map with a box of few cells above all others."""
    values = as_maps(trace[layer])[channel].copy()
    height, width = values.shape
    values[height // 3 : height // 3 + max(1, height // 5), width // 2 : width // 2 + max(1, width // 5)] = (
        np.abs(as_maps(trace[layer])).max() + 1
    )
    return values


def test_strokes_and_shifts_are_what_a_loop_makes_of_them() -> None:
    values = numbered(4, 5)
    steps = [Stroke(-2.5, ((0, 2), (7, 3))), Shift((0, 1, 2, 4), (2, -1)), Stroke(0.0, ((19, 1),))]
    expected = values.tolist()
    for cell in (0, 1, 7, 8, 9):
        expected[cell // 5][cell % 5] = -2.5
    lifted = {(y, x): expected[y][x] for y in range(2) for x in range(1, 4)}
    for y, x in lifted:
        expected[y][x] = 0.0
    for (y, x), value in lifted.items():
        expected[y + 2][x - 1] = value
    expected[3][4] = 0.0
    assert painted(values, steps).tolist() == expected
    assert np.array_equal(values, numbered(4, 5)), "the recorded map stays"


@pytest.mark.parametrize("by", [(1, 0), (0, 1), (-1, -1), (2, 1)])
def test_a_box_shifted_onto_itself_keeps_what_was_in_it(by: tuple[int, int]) -> None:
    values = numbered(6, 6)
    found = painted(values, [Shift((1, 1, 4, 4), by)])
    down, across = by
    assert np.array_equal(found[1 + down : 4 + down, 1 + across : 4 + across], values[1:4, 1:4])


@pytest.mark.parametrize(
    ("step", "sentence"),
    [
        (Stroke(math.nan, ((0, 1),)), r"Paint of nan is out of range\. Choose a value from -1e\+06 to 1e\+06\."),
        (Stroke(math.inf, ((0, 1),)), "Paint of inf is out of range"),
        (Stroke(-1.1 * LARGEST, ((0, 1),)), "out of range"),
        (Stroke(1.0, ((11, 2),)), r"2 cells from number 11 on are not all on a map of 3 × 4 cells\. .* 0 to 11\."),
        (Stroke(1.0, ((-1, 1),)), "not all on a map"),
        (Stroke(1.0, ((3, 0),)), "not all on a map"),
        (Shift((0, 0, 2, 2), (2, 0)), r"Shifted by 2 down and 0 to the right, the box .* leaves the map of 3 × 4"),
        (Shift((0, 0, 2, 2), (0, -1)), "leaves the map"),
        (Shift((1, 1, 4, 2), (0, 0)), r"The box from \(1, 1\) to \(4, 2\) leaves the map"),
        (Shift((1, 1, 1, 2), (0, 0)), "leaves the map"),
    ],
)  # fmt: skip
def test_what_a_map_cannot_hold_is_refused_in_a_sentence(step: Stroke | Shift, sentence: str) -> None:
    with pytest.raises(BadPaint, match=sentence):
        painted(np.zeros((3, 4), np.float32), [step])


def test_where_nothing_is_painted_the_pass_is_the_recorded_one_bit_for_bit(pocket_trace: Trace) -> None:
    assert repainted(pocket_trace, "layer2", {}) is pocket_trace
    assert repainted(pocket_trace, "layer2", {3: []}) is pocket_trace
    same = as_maps(pocket_trace["layer2"])[3].copy()
    same_again = Stroke(float(same[4, 5]), ((4 * same.shape[1] + 5, 1),))
    assert repainted(pocket_trace, "layer2", {3: [same_again]}) is pocket_trace


@pytest.mark.parametrize("name", NETWORKS)
def test_a_map_painted_to_zero_is_a_channel_switched_off(
    name: str, random_network: Callable[[str], Network], image: ImageInput
) -> None:
    trace = explorer.run(random_network(name), image, 1)
    names = list(trace.network.layers)
    for layer in (names[1], names[len(names) // 2], names[-2]):
        maps = as_maps(trace[layer])
        channel = len(maps) - 1
        off = switch(trace, layer, {channel: 0.0})
        found = repainted(trace, layer, {channel: [Stroke(0.0, ((0, maps[0].size),))]})
        assert np.array_equal(found[layer], off[layer])
        assert close(found.logits, off.logits)


@pytest.mark.parametrize("name", NETWORKS)
def test_following_the_box_alone_is_running_all_that_lies_behind(
    name: str, random_network: Callable[[str], Network], image: ImageInput
) -> None:
    network = random_network(name)
    trace = explorer.run(network, image, 1)
    names = list(network.layers)
    until = network.cam_layer if network.has_maps else names[-2]
    end = names.index(network.resolve(until))
    for layer in {names[0], names[1], names[end // 2], names[end - 1]}:
        maps = {c: with_a_box(trace, layer, c) for c in {0, network.layer(layer).n_channels - 1}}
        whole, few = repaint(trace, layer, maps), repaint(trace, layer, maps, until)
        assert not np.array_equal(whole[layer], trace[layer])
        assert np.array_equal(whole[layer], few[layer])
        assert close(few.logits, whole.logits), layer
        assert close(few[until], whole[until]), layer
        assert close(few.gradient(until), whole.gradient(until)), layer
        if network.has_maps:
            assert close(class_activation_map(few), class_activation_map(whole))


def test_several_channels_are_painted_at_once_and_the_others_stay(pocket_trace: Trace) -> None:
    maps = {c: with_a_box(pocket_trace, "layer2", c) for c in (0, 7)}
    found = repaint(pocket_trace, "layer2", maps, "layer4")
    for channel, values in enumerate(found["layer2"]):
        assert np.array_equal(values, maps.get(channel, pocket_trace["layer2"][channel]))
    assert np.shares_memory(found["layer1"], pocket_trace["layer1"])
    with pytest.raises(UnknownLayer, match=r"without keeping what layer3\..* gives\. Choose the layer"):
        found["layer3"]


class Asserting(torch.nn.Module):
    """Looks at what it was given on the way, as timm's norms do."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = torch.nn.Conv2d(3, 4, 3, padding=1), torch.nn.Conv2d(4, 4, 3, padding=1)
        self.head = torch.nn.Linear(4, 4)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = torch.relu(self.first(x))
        torch._assert(x.ndim == 4, "four axes")
        return self.head(torch.relu(self.second(x)).mean((2, 3)))


def test_what_is_only_looked_at_on_the_way_is_no_way_past_it() -> None:
    trace = explorer.run(tiny_network(Asserting()), noise_image(), 1)
    maps = {2: with_a_box(trace, "relu", 2)}
    whole, few = repaint(trace, "relu", maps), repaint(trace, "relu", maps, "relu_1")
    assert close(few.logits, whole.logits)
    assert not few.has_gradient("relu")
    with pytest.raises(UnknownLayer, match="without keeping what second gives"):
        few["second"]


class Around(torch.nn.Module):
    """A way to the answer past the last maps."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = torch.nn.Conv2d(3, 4, 3, padding=1), torch.nn.Conv2d(4, 4, 3, padding=1)
        self.head = torch.nn.Linear(8, 4)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = torch.relu(self.first(x))
        y = torch.relu(self.second(x))
        return self.head(torch.cat([x.mean((2, 3)), y.mean((2, 3))], 1))


def test_where_a_way_leads_past_all_of_it_is_run() -> None:
    trace = explorer.run(tiny_network(Around()), noise_image(), 1)
    maps = {2: with_a_box(trace, "relu", 2)}
    whole, few = repaint(trace, "relu", maps), repaint(trace, "relu", maps, "relu_1")
    assert np.array_equal(whole.logits, few.logits)
    assert few.has_gradient("relu")


def test_in_place_activations_do_not_reach_what_is_painted_before_them() -> None:
    """Painted before a ReLU that overwrites, a negative value is one there, and zero behind it."""
    trace = explorer.run(tiny_network(Overwriting()), noise_image(), 1)
    values = np.full(as_maps(trace["conv1"])[1].shape, -3.0, np.float32)
    found = repaint(trace, "conv1", {1: values})
    assert (found["conv1"][1] == -3).all()
    assert not found["relu"][1].any()
    assert close(found.logits, switch(trace, "relu", {1: 0.0}).logits)


def test_a_map_of_one_cell_and_a_number_without_a_place_are_painted(pocket_trace: Trace) -> None:
    for layer in ("avgpool", "fc"):
        found = repainted(pocket_trace, layer, {2: [Stroke(9.0, ((0, 1),))]}, "layer4")
        assert found[layer].ravel()[2] == 9
        assert not np.array_equal(found.logits, pocket_trace.logits)


def test_bad_maps_are_refused_in_a_sentence(pocket_trace: Trace) -> None:
    values = as_maps(pocket_trace["layer2"])[0]
    cases: list[tuple[type[ExplorerError], str, dict[int, FloatArray]]] = [
        (BadPaint, r"A map of layer2\.\S+ has 20 × 20 cells, and 3 × 3 were given", {0: values[:3, :3]}),
        (BadPaint, "Channel 0 of .* no finite number", {0: np.full_like(values, np.nan)}),
        (BadChannel, r"has no channel 64; its channels are 0 to 63", {64: values}),
    ]
    for error, sentence, maps in cases:
        with pytest.raises(error, match=sentence):
            repaint(pocket_trace, "layer2", maps)
    with pytest.raises(BadPaint, match=r"layer2 has no channel 64 to paint on; its channels are 0 to 63"):
        repainted(pocket_trace, "layer2", {64: []})


@pytest.mark.parametrize("layer", ["conv1", "layer1.0.bn1", "layer4"])
def test_what_there_is_to_paint_with_spans_the_layer(pocket_trace: Trace, layer: str) -> None:
    maps = as_maps(pocket_trace[layer])
    for channel in range(len(maps)):
        found = brushes(pocket_trace, layer, channel)
        assert found.low == pytest.approx(min(0.0, float(maps.min())))
        assert found.high == pytest.approx(2 * float(maps.max()))
        own = float(maps[channel].max())
        assert found.usual == pytest.approx(own if own > 0 else float(maps.max()))


@pytest.mark.parametrize(
    "value",
    [[], [{"value": 1.5, "runs": [0, 3]}], [{"value": 0, "runs": [0, 1, 5, 2]}, {"box": [0, 0, 2, 2], "by": [1, 0]}],
     [{"value": math.nan, "runs": [0, 1]}], [{"value": 1, "runs": [0] * (MOST_NUMBERS - 2)}]],
)  # fmt: skip
def test_steps_are_heard_by_their_form(value: Any) -> None:
    assert are_steps(value)


@pytest.mark.parametrize(
    "value",
    [None, {}, "steps", [None], [[]], [{}], [{"value": 1.0}], [{"runs": [0, 1]}], [{"value": "1", "runs": [0, 1]}],
     [{"value": True, "runs": [0, 1]}], [{"value": 10**400, "runs": [0, 1]}], [{"value": 1, "runs": [0]}],
     [{"value": 1, "runs": []}], [{"value": 1, "runs": [0, 1.0]}], [{"value": 1, "runs": [0, True]}],
     [{"value": 1, "runs": [0, 2**31]}], [{"value": 1, "runs": {"0": 1}}], [{"box": [0, 0, 1], "by": [0, 1]}],
     [{"box": [0, 0, 1, 1], "by": [0]}], [{"box": [0, 0, 1, 1], "by": [0, None]}],
     [{"box": [0, 0, 1, 1], "by": [0, 1], "value": 1}], [{"value": 1, "runs": [0] * MOST_NUMBERS}],
     [{}] * (MOST_NUMBERS + 1)],
)  # fmt: skip
def test_what_is_no_list_of_steps_is_ignored(value: Any) -> None:
    assert not are_steps(value)


def test_what_no_map_can_hold_is_said_and_not_kept(pocket: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    session: dict[str, Any] = {}
    monkeypatch.setattr(st, "session_state", session)
    name = painting._known(pocket, "layer4", 7, (10, 10))
    assert painting._known(pocket, "layer4", 7, (10, 10)) == name
    assert painting._known(pocket, "layer4", 8, (10, 10)) != name
    good = Stroke(1.5, ((98, 2),)), Shift((0, 0, 9, 9), (1, 1))
    painting._keep(name, good)
    for bad, sentence in (
        (Stroke(math.nan, ((0, 1),)), "Paint of nan is out of range"),
        (Stroke(1.0, ((99, 2),)), "2 cells from number 99 on are not all on a map"),
        (Shift((0, 0, 9, 9), (2, 0)), "Shifted by 2 down"),
    ):
        painting._keep(name, (*good, bad))
        assert session["paint-refused"].startswith(sentence)
        assert painting._paint(pocket, "layer4") == {7: good}

"""What the layers of a network cost, in numbers that can be counted otherwise."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch.utils.flop_counter import FlopCounterMode

import explorer
from explorer.architecture.field import middle
from explorer.architecture.figures import GROUPS, costs, drawing, field_heat, field_png
from explorer.architecture.hierarchy import hierarchy, stage_of, totals
from explorer.architecture.sentences import cost_sentence, field_sentence
from explorer.architecture.table import csv_of, table
from explorer.architecture.timing import N_PASSES, profile
from explorer.geometry import WHOLE, ReceptiveField
from explorer.networks.network import Network
from explorer.pictures.image import ImageInput
from explorer.pictures.samples import load_sample
from explorer.running.lock import LOCK
from explorer.trace import FloatArray, Trace
from explorer.wording import by, count, percent
from tests.arrays import pixels_of
from tests.families import NETWORKS


@pytest.mark.slow
@pytest.mark.parametrize("name", NETWORKS)
def test_the_layers_add_up_to_the_network(name: str, random_network: Callable[[str], Network]) -> None:
    network = random_network(name)
    whole = totals(network)
    assert whole.n_parameters == network.info.n_parameters
    size = network.preprocessing.size
    counter = FlopCounterMode(display=False)
    with LOCK, torch.inference_mode(), counter:
        network.graph.recorder(torch.zeros(1, network.preprocessing.n_channels, size, size, device=network.device))
    assert 2 * whole.n_multiply_adds == counter.get_total_flops()
    assert whole.n_layers == len(network.layers)
    parts = [totals(network, stage.layers) for stage in hierarchy(network).children]
    for field in ("n_layers", "n_parameters", "n_multiply_adds", "n_bytes"):
        assert sum(getattr(part, field) for part in parts) == getattr(whole, field)


@pytest.mark.parametrize(
    ("name", "depth"), [("lenet5", 5), ("alexnet", 8), ("vgg11", 11), ("resnet18", 18), ("googlenet", 22), ("mlp", 3)]
)
def test_depth_is_the_number_in_the_name(name: str, depth: int, random_network: Callable[[str], Network]) -> None:
    assert totals(random_network(name)).depth == depth


def test_multiply_adds_of_a_convolution_counted_one_by_one(random_network: Callable[[str], Network]) -> None:
    network = random_network("lenet5")
    layer = network.layers["c3"]
    weight = network.weights("c3")["weight"]
    channels, height, width = layer.shape
    counted = 0
    for channel in range(channels):
        for _ in range(height * width):
            counted += weight[channel].size
    assert layer.n_multiply_adds == counted > 0
    assert layer.groups == 1
    assert network.layers["tanh3"].n_multiply_adds == 0
    assert network.layers["tanh3"].groups is None


def test_groups_are_those_of_the_convolution(random_network: Callable[[str], Network]) -> None:
    network = random_network("shufflenet_v2_x0_5")
    depthwise = [layer for layer in network.layers.values() if layer.groups not in (None, 1)]
    assert depthwise
    for layer in depthwise:
        assert layer.groups == layer.shape[0]
        assert network.weights(layer.name)["weight"].shape[1] == 1


def test_bytes_are_those_of_the_recorded_arrays(tiny: Network, image: ImageInput) -> None:
    trace = explorer.run(tiny, image)
    assert totals(tiny).n_bytes == sum(trace[name].nbytes for name in tiny.layers) == trace.n_bytes


def test_the_table_says_what_the_layers_are(tiny: Network) -> None:
    rows = table(tiny)
    assert [row["layer"] for row in rows] == list(tiny.layers)
    first = rows[0]
    assert (first["kind"], first["kernel"], first["stride"], first["padding"]) == (
        "convolution", "3 × 3", "2 × 2", "1 × 1",
    )  # fmt: skip
    assert (first["output"], first["parameters"]) == ("6 × 12 × 12", 6 * 3 * 9 + 6)
    assert (first["field height"], first["field width"], first["field step"]) == (3, 3, 2)
    assert first["milliseconds"] is None
    last = rows[-1]
    assert (last["kernel"], last["groups"], last["field height"]) == (None, None, None)  # it sees the whole picture


def test_the_table_comes_back_from_csv(tiny: Network) -> None:
    seconds = {name: 0.001 * place for place, name in enumerate(tiny.layers)}
    rows = table(tiny, seconds)
    read = list(csv.DictReader(io.StringIO(csv_of(rows).decode())))
    assert len(read) == len(rows)
    for row, text in zip(rows, read, strict=True):
        assert set(text) == set(row)
        for key, value in row.items():
            kind = str if value is None else type(value)
            assert kind(text[key]) == ("" if value is None else value)


def test_csv_keeps_names_that_hold_commas() -> None:
    odd = 'a,"b"\nc'
    assert next(csv.DictReader(io.StringIO(csv_of([{"layer": odd}]).decode())))["layer"] == odd


@pytest.mark.parametrize("name", ["lenet5", "pocket_resnet", "shufflenet_v2_x0_5", "convnext_tiny"])
def test_every_layer_takes_some_time(name: str, image: ImageInput, random_network: Callable[[str], Network]) -> None:
    network = random_network(name)
    told: list[float] = []

    def tell(done: int, total: int | None) -> None:
        assert total is not None
        told.append(done / total)

    seconds = profile(network, image, tell)
    assert list(seconds) == list(network.layers)
    assert all(taken > 0 for taken in seconds.values())
    assert told == sorted(told)
    assert told[-1] == 1
    assert len(told) <= 51
    assert sum(row["milliseconds"] for row in table(network, seconds)) == pytest.approx(1000 * sum(seconds.values()))


def test_a_measurement_executes_the_network_itself(tiny: Network, image: ImageInput) -> None:
    """What is timed is each operation of the pass, N_PASSES times and once to warm up, and no list of all values."""
    calls: list[str] = []
    modules = {name: module for name, module in tiny.graph.recorder.named_modules() if name}
    for name, module in modules.items():
        module.register_forward_hook(lambda *_, name=name: calls.append(name))
    try:
        profile(tiny, image)
    finally:
        for module in modules.values():
            module._forward_hooks.clear()
    assert {name: calls.count(name) for name in set(calls)} == {
        name: (N_PASSES + 1) * uses
        for name, uses in {"conv1": 1, "conv2": 1, "conv3": 1, "relu": 2, "pool": 1, "fc": 1}.items()
    }


def test_a_measurement_can_be_stopped(tiny: Network, image: ImageInput) -> None:
    class Stop(Exception):
        pass

    def stop(done: int, total: int | None) -> None:
        raise Stop

    with pytest.raises(Stop):
        profile(tiny, image, stop)
    assert not LOCK.is_held  # nobody waits for ever
    assert explorer.run(tiny, image).is_finite


def test_costs_are_told_with_their_share(tiny: Network) -> None:
    whole = totals(tiny)
    share = tiny.layers["conv1"].n_parameters / whole.n_parameters
    sentence = cost_sentence(tiny, "conv1")
    assert sentence.startswith(
        f"One operation: {count(tiny.layers['conv1'].n_parameters)} parameters ({percent(share)}"
    )
    assert cost_sentence(tiny, "relu") == "One operation: no parameters and no multiply-adds for one picture."


def test_a_block_is_told_as_the_sum_of_its_operations(pocket: Network) -> None:
    inside = [layer for name, layer in pocket.layers.items() if name.startswith("layer1.")]
    sentence = cost_sentence(pocket, "layer1")
    assert sentence.startswith(f"{len(inside)} operations: {count(sum(layer.n_parameters for layer in inside))} ")


def test_numbers_in_words() -> None:
    assert [count(n) for n in (0, 64, 9_408, 25_557_032, 4_089_184_256)] == ["0", "64", "9.41 k", "25.6 M", "4.09 G"]
    assert by((64, 7, 7)) == "64 × 7 × 7"


def test_the_middle_of_a_field() -> None:
    field = ReceptiveField(start=(-3, -3), jump=(4, 4), size=(8, 16))
    # unit (2, 1) sees rows 5 to 12 and columns 1 to 16; the middle leaves out a quarter at each side
    assert field.box(2, 1, 100, 100) == (5, 1, 13, 17)
    assert middle(field, 2, 1, 100, 100) == (7, 5, 11, 13)
    assert middle(field, 0, 0, 100, 100) == (0, 1, 3, 9)  # the rest lies beyond the rim
    assert middle(WHOLE, 0, 0, 40, 80) == (10, 20, 30, 60)


def test_how_much_of_a_field_lies_in_the_middle(pocket: Network) -> None:
    name, side = "layer1", pocket.preprocessing.size
    layer = pocket.layer(name)
    y = x = layer.size[0] // 2
    field = layer.receptive_field
    even = np.zeros((side, side), np.float32)
    top, left, bottom, right = field.box(y, x, side, side)
    even[top:bottom, left:right] = 1
    height, width = field.size
    inside = 0
    for row in range(top, bottom):
        for column in range(left, right):
            off_y, off_x = abs(row - (top + bottom - 1) / 2), abs(column - (left + right - 1) / 2)
            inside += off_y < height / 4 and off_x < width / 4
    share = inside / even.sum()
    sentence = field_sentence(pocket, name, y, x, even)
    assert f"can see {height} × {width} pixels; the next one lies {field.jump[1]} further" in sentence
    said = float(sentence.split(". ")[1].split("%")[0]) / 100
    assert said == pytest.approx(share, abs=0.0006)
    centre = np.zeros_like(even)
    centre[(top + bottom) // 2, (left + right) // 2] = 1
    assert "100 % of its effective field" in field_sentence(pocket, name, y, x, centre)
    assert f"can see {height} × {width} pixels, " in field_sentence(pocket, name, 0, 0, even)
    _, _, bottom, right = field.box(0, 0, side, side)
    assert f" pixels, {bottom} × {right} of them in the picture and the others padding; the next one" in field_sentence(
        pocket, name, 0, 0, even
    )


def test_fields_without_a_middle_are_told_too(pocket: Network, random_network: Callable[[str], Network]) -> None:
    side = pocket.preprocessing.size
    ones = np.ones((side, side), np.float32)
    assert "whole picture. 25.0 % of" in field_sentence(pocket, "fc", 0, 0, ones)
    assert "none of it matters" in field_sentence(pocket, "layer1", 3, 3, np.zeros_like(ones))
    assert "no finite numbers" in field_sentence(pocket, "layer1", 3, 3, ones * np.nan)
    mlp = random_network("mlp")
    assert field_sentence(mlp, "hidden1", 0, 0, np.ones((32, 32), np.float32)).startswith("Every number of hidden1")


def boxes(drawn: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield drawn
    for child in drawn.get("children", ()):
        yield from boxes(child)


@pytest.mark.parametrize("name", ["lenet5", "pocket_resnet", "squeezenet1_1", "densenet121"])
def test_the_drawing_says_what_every_operation_is(name: str, random_network: Callable[[str], Network]) -> None:
    network = random_network(name)
    drawn = drawing(network)
    assert len(json.dumps(drawn)) < 300_000  # what goes to the browser
    leaves = [box for box in boxes(drawn) if "children" not in box]
    assert [box["name"] for box in leaves] == list(network.layers)
    for box in leaves:
        layer = network.layers[box["name"]]
        assert box["shape"] == " × ".join(map(str, layer.shape))
        assert box["says"][0].startswith(layer.kind)
        assert box["name"].endswith(box["title"])
        assert box["group"] in GROUPS
        if layer.window is not None:
            assert f"{layer.window.kernel[0]} × {layer.window.kernel[1]}" in box["says"][0]
    for box in boxes(drawn):
        if "children" in box:
            inside = [leaf for leaf in boxes(box) if "children" not in leaf]
            assert box["shape"] == inside[-1]["shape"]
            assert box["says"][0] == f"{len(inside)} operations"
            assert len(box["cells"]) == len(box["children"])
            assert box["lanes"] == 1 + max((lane for _, _, lane in box["edges"] if lane is not None), default=-1)


def test_what_is_alike_has_one_colour(random_network: Callable[[str], Network]) -> None:
    drawn = drawing(random_network("shufflenet_v2_x0_5"))
    groups = {box["says"][0].split(" ")[0]: box["group"] for box in boxes(drawn) if "children" not in box}
    assert groups["convolution"] == "convolution"
    assert groups["ReLU"] == "activation"
    assert groups["batch"] == "normalisation"
    assert groups["concatenation"] == "joining"
    assert groups["view"] == groups["transpose"] == "rearranging"
    assert len(set(GROUPS.values())) == len(GROUPS)


def test_bars_are_shares_of_the_whole(pocket: Network) -> None:
    seconds = {name: 0.001 * (place + 1) for place, name in enumerate(pocket.layers)}
    parameters, work = costs(pocket, seconds)
    stages = hierarchy(pocket).children
    (bars,) = parameters.series
    assert list(parameters.names) == [stage.name for stage in stages]
    for stage, share, text in zip(stages, bars.values, bars.texts, strict=True):
        inside = sum(pocket.layers[name].n_parameters for name in stage.layers)
        assert share == pytest.approx(100 * inside / pocket.info.n_parameters, rel=1e-6)
        assert text == count(inside)
    assert [bars.name for bars in work.series] == ["multiply-adds", "time"]
    for bars in work.series:
        assert bars.values.sum() == pytest.approx(100)
        assert bars.values.max() <= work.x.high
        assert bars.colors[0]  # or the theme would choose
    assert len(costs(pocket, None)[1].series) == 1


def test_shares_of_nothing_are_nothing(pocket: Network) -> None:
    _, work = costs(pocket, dict.fromkeys(pocket.layers, 0.0))
    assert not work.series[1].values.any()
    assert set(work.series[1].texts) == {"0 ms"}


def seen(trace: Trace, layer: str, effective: FloatArray, y: int = 0, x: int = 0) -> NDArray[np.uint8]:
    return pixels_of(field_png(trace, field_heat(trace.network, layer, (0, y, x), effective)))


def test_a_field_is_framed_in_the_picture(pocket_trace: Trace) -> None:
    pixels = pocket_trace.prepared.pixels
    side = len(pixels)
    field = pocket_trace.network.layer("layer1").receptive_field
    top, left, bottom, right = field.box(20, 20, side, side)
    effective = np.zeros((side, side), np.float32)
    effective[top:bottom, left:right] = 1
    picture = seen(pocket_trace, "layer1", effective, 20, 20)
    margin = 4  # as wide as the frame
    far = np.ones((side, side), bool)
    far[top - margin : bottom + margin, left - margin : right + margin] = False
    assert (picture[far] == pixels[far]).all()
    inside = slice(top + 1, bottom - 1), slice(left + 1, right - 1)
    assert (picture[inside] != pixels[inside]).any(axis=2).all()
    assert {tuple(picture[row, 80]) for row in range(top - margin, top)} == {(0, 0, 0), (255, 255, 255)}
    assert {tuple(picture[80, column]) for column in range(right, right + margin)} == {(0, 0, 0), (255, 255, 255)}


@pytest.mark.parametrize("value", [0.0, np.nan, np.inf])
def test_any_field_can_be_drawn(value: float, pocket_trace: Trace) -> None:
    side = len(pocket_trace.prepared.pixels)
    effective = np.full((side, side), value, np.float32)
    for layer in ("conv1", "layer4", "avgpool", "fc"):
        assert seen(pocket_trace, layer, effective).shape == pocket_trace.prepared.pixels.shape


def test_a_digit_is_shown_in_countable_squares(random_network: Callable[[str], Network]) -> None:
    trace = explorer.run(random_network("lenet5"), load_sample("digit"))
    effective = np.zeros((32, 32), np.float32)
    effective[10, 12] = 1
    picture = seen(trace, "c5", effective)
    factor = len(picture) // 32
    assert factor > 1
    square = picture[10 * factor : 11 * factor, 12 * factor : 13 * factor].reshape(-1, 3)
    assert len({tuple(pixel) for pixel in square}) == 1
    assert tuple(square[0]) != tuple(picture[11 * factor, 12 * factor])


def test_every_layer_is_of_the_stage_that_ends_with_it_or_after_it(pocket: Network) -> None:
    assert [pocket.stages[stage_of(pocket, stage)] for stage in pocket.stages] == list(pocket.stages)
    assert pocket.stages[stage_of(pocket, "conv1")] == "relu"
    assert pocket.stages[stage_of(pocket, "layer3.0.conv1")] == "layer3"
    assert pocket.stages[stage_of(pocket, list(pocket.layers)[-1])] == "fc"

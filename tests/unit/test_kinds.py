"""The table of the kinds of layers: what it says is what torch does, and one more row is one more kind everywhere."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

import explorer
from explorer.architecture.figures import GROUPS, drawing
from explorer.attribution.guided import guided
from explorer.classifier.decomposition import decompose
from explorer.classifier.head import head
from explorer.classifier.sentences import layer_sentence
from explorer.convolution.opened import open_value
from explorer.convolution.steps import what_it_does
from explorer.errors import Unsuited
from explorer.feature_maps.channels import is_pointwise, steps_at
from explorer.networks.kinds import LAYER_KINDS, Kind, activation, kind_of
from explorer.networks.network import Network
from explorer.pictures.image import ImageInput
from tests.tiny import tiny_network

ACTIVATIONS = [row for row in LAYER_KINDS.values() if row.is_activation]


# The rows


def test_an_operation_is_of_one_kind() -> None:
    operations = [operation for row in LAYER_KINDS.values() for operation in row.operations]
    assert len(set(operations)) == len(operations)
    for row in LAYER_KINDS.values():
        assert {kind_of(operation).name for operation in row.operations} <= {row.name}
        assert {*row.adaptive} <= {*row.operations}
    assert {row.group for row in LAYER_KINDS.values()} <= {*GROUPS}


def test_what_is_in_no_row_is_a_kind_of_its_own() -> None:
    assert kind_of("chunk") == Kind("chunk")
    assert (Kind("chunk").group, Kind("chunk").what_it_does) == ("rearranging", "rearranges {sources}")
    assert kind_of("unfold").mixes_places


@pytest.mark.parametrize("row", ACTIVATIONS, ids=lambda row: row.name)
def test_an_activation_is_what_torch_does(row: Kind) -> None:
    x = torch.linspace(-9, 9, 181, dtype=torch.float64)
    for operation in row.operations:
        by_torch = getattr(nn, operation)() if hasattr(nn, operation) else getattr(F, operation)
        y = by_torch(x)
        if row.function is not None:
            assert [row.function(value) for value in x.tolist()] == pytest.approx(y.tolist(), abs=1e-12)
            assert eval_formula(row.formula, 1.5) == pytest.approx(row.function(1.5))
            assert eval_formula(row.formula, -1.5) == pytest.approx(row.function(-1.5))
        assert row.keeps_zero == bool(by_torch(torch.zeros(1)) == 0)
        limits = (limit for limit in (6.0, math.inf) if torch.equal(y, x.clamp(0, limit)))
        assert row.highest == next(limits, None)
        gains, is_there = y / x, x != 0
        assert row.is_on_or_off == bool(((gains[is_there] == 0) | (gains[is_there] == 1)).all())


def eval_formula(formula: str, value: float) -> float:
    """What is written, read as a person would read it."""
    text = formula.format(f"({value})").replace("−", "-").replace("·", "*").replace("√2", "2 ** 0.5")
    names = {"max": max, "min": min, "exp": math.exp, "tanh": math.tanh, "erf": math.erf}
    return float(eval(text, {"__builtins__": {}}, names))


# One more row

ROWS = {
    "softsign": (
        activation(
            "softsign", ("Softsign",), formula="{0} / (1 + |{0}|)", function=lambda x: x / (1 + abs(x)), keeps_zero=True
        ),
        nn.Softsign,
    ),
    "capped": (
        activation(
            "capped ReLU", ("Hardtanh",), formula="min(1, max(0, {}))", function=lambda x: min(1.0, max(0.0, x)),
            formula_of_x="x from 0 to 1", keeps_zero=True, highest=1.0,
        ),
        lambda: nn.Hardtanh(0, 1),
    ),
}  # fmt: skip


@pytest.fixture(params=ROWS)
def added(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> tuple[Kind, Network]:
    """A row that the table lacks, and a network with such a layer behind a convolution and behind a dense layer."""
    row, make = ROWS[request.param]
    assert kind_of(row.operations[0]) == Kind(row.operations[0])
    monkeypatch.setitem(LAYER_KINDS, row.name, row)
    return row, tiny_network(nn.Sequential(
        nn.Conv2d(3, 5, 3), make(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(5, 6), make(), nn.Linear(6, 4)
    ))  # fmt: skip


def boxes(box: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield box
    yield from itertools.chain(*(boxes(child) for child in box.get("children", ())))


def test_a_row_more_is_named_drawn_and_said(added: tuple[Kind, Network]) -> None:
    row, network = added
    assert [network.layers[name].kind for name in ("1", "5")] == [row.name] * 2
    groups = {box["name"]: box["group"] for box in boxes(drawing(network))}
    assert (groups["0"], groups["1"], groups["5"]) == ("convolution", "activation", "activation")
    assert what_it_does(network, "1") == f"1 ({row.name}) applies one function to each value of 0."
    assert is_pointwise(network, "1")
    assert steps_at(network, "0") == [("0", "1")]


def test_a_row_more_is_opened(added: tuple[Kind, Network], image: ImageInput) -> None:
    row, network = added
    assert row.function is not None
    trace = explorer.run(network, image)
    for unit in ((0, 3, 3), (2, 10, 4), (4, 0, 21)):
        opened = open_value(trace, "0", unit)
        (step,) = opened.steps
        assert (step.kind, step.agrees) == (row.name, True)
        assert step.value == row.function(opened.value)
        assert step.recorded == trace["1"][unit]


def test_a_row_more_has_its_part_in_a_logit(added: tuple[Kind, Network], image: ImageInput) -> None:
    row, network = added
    trace = explorer.run(network, image, "top")
    ends = head(network)
    assert [layer.name for layer in ends.activations] == ["5"]
    assert not ends.is_piecewise_linear
    assert decompose(trace, trace.top(1)[0].index).agrees
    assert layer_sentence(trace, network.layers["5"]) == f"Each number by itself: {row.formula_of_x or row.name}."


def test_guided_backpropagation_knows_a_row_more(added: tuple[Kind, Network], image: ImageInput) -> None:
    row, network = added
    if row.highest is None:
        with pytest.raises(Unsuited):
            guided(network, "6")
        return
    x = network.prepare(image).tensor.clone().requires_grad_(True)
    guided(network, "6").value(x)[0, 1].backward()
    assert x.grad is not None
    slow = network.prepare(image).tensor.clone().requires_grad_(True)
    value = slow
    for name in network.layers:
        value = network.graph.recorder.get_submodule(name)(value)
        if name in ("0", "4"):  # what an activation reads
            value.register_hook(lambda gradient: gradient.clamp(min=0))
    value[0, 1].backward()
    assert slow.grad is not None
    assert np.abs(slow.grad.numpy()).max() > 0
    assert torch.allclose(x.grad, slow.grad, rtol=1e-5, atol=1e-7)

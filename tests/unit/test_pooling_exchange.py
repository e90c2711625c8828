"""Poolings exchanged and pictures moved: against whole passes."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch

import explorer
from explorer import interventions
from explorer.errors import BadTarget, BadWindow, NoPooling
from explorer.networks.network import Network
from explorer.pictures.samples import load_sample
from explorer.pooling.exchange import AS_IT_IS, alike, shift_test, swap
from explorer.pooling.kinds import KINDS
from explorer.pooling.layers import pooling_of
from explorer.predictions import probabilities_of
from explorer.trace import FloatArray, Trace
from tests.pooled import whole_pass

EXCHANGED = [("pocket_resnet", "maxpool"), ("pocket_resnet", "avgpool"), ("lenet5", "s2"), ("basic_cnn", "pool2")]


@pytest.mark.parametrize(("name", "layer"), EXCHANGED)
def test_an_exchange_equals_a_whole_pass(random_network: Callable[[str], Network], name: str, layer: str) -> None:
    network = random_network(name)
    trace = explorer.run(network, load_sample("coffee"))
    found = swap(trace, layer)
    assert found.kinds == tuple(KINDS)
    for i, kind in enumerate(found.kinds):
        logits, _ = whole_pass(network, trace.prepared.tensor, (layer,), kind)
        assert np.allclose(found.logits[i], logits, rtol=1e-3, atol=1e-4 * np.abs(logits).max())
        assert np.array_equal(found.probabilities[i], probabilities_of(found.logits[i]))
        assert found.top(i) == int(found.probabilities[i].argmax())
    own = pooling_of(network, layer).rule
    assert np.allclose(found.probabilities[found.kinds.index(own)], trace.probabilities, atol=1e-5)


def test_an_exchange_changes_no_recorded_value(pocket_trace: Trace) -> None:
    before = {name: tensor.clone() for name, tensor in pocket_trace.activations.items()}
    found = swap(pocket_trace, "maxpool")
    assert len(np.unique(found.probabilities, axis=0)) > 5
    assert all(torch.equal(before[name], tensor) for name, tensor in pocket_trace.activations.items())


def test_only_windows_that_are_alike_can_be_exchanged(traced: Callable[[str], Trace]) -> None:
    with pytest.raises(BadWindow, match="cuts 22 x 22 cells into windows of several sizes"):
        swap(traced("adaptive"), "2")
    with pytest.raises(BadWindow, match="dilation"):
        swap(traced("max with gaps"), "2")
    with pytest.raises(BadWindow):
        shift_test(traced("adaptive"), ["2"])


MOVED = [("pocket_resnet", ("maxpool",)), ("basic_cnn", ("pool1", "pool2")), ("lenet5", ("s4",))]


@pytest.mark.parametrize(("name", "layers"), MOVED)
def test_a_moving_picture_equals_whole_passes(
    random_network: Callable[[str], Network], name: str, layers: tuple[str, ...]
) -> None:
    network = random_network(name)
    trace = explorer.run(network, load_sample("coffee"))
    found = shift_test(trace, layers, ("stride only", "max blur-pool"), target=1, most=4)
    assert found.kinds == (AS_IT_IS, "stride only", "max blur-pool")
    assert (found.target, found.layers) == (1, layers)
    assert found.probabilities.shape == found.changes.shape == (3, 5)
    x = trace.prepared.tensor.numpy()
    own = pooling_of(network, layers[0]).rule
    for i, kind in enumerate((own, *found.kinds[1:])):
        still: FloatArray | None = None
        for n in range(5):
            moved = x[..., [max(0, column - n) for column in range(x.shape[3])]]
            logits, pooled = whole_pass(network, torch.from_numpy(moved), layers, kind)
            still = pooled if still is None else still
            assert found.probabilities[i, n] == pytest.approx(float(probabilities_of(logits)[1]), rel=1e-2, abs=1e-4)
            cells = found.cells[n]
            if pooled.ndim == 3 and cells:
                change = np.linalg.norm(pooled[:, :, cells:] - still[:, :, :-cells]) / np.linalg.norm(
                    still[:, :, :-cells]
                )
            else:
                change = np.linalg.norm(pooled - still) / np.linalg.norm(still)
            assert found.changes[i, n] == pytest.approx(float(change), rel=1e-2, abs=1e-4)


def test_how_far_a_shift_moves_the_pooled_map(pocket_trace: Trace) -> None:
    found = shift_test(pocket_trace, ["maxpool"], (), most=8)  # its cells are four pixels apart
    assert found.cells == (0, 0, 1, 1, 1, 1, 2, 2, 2)
    assert found.changes[0, 0] == 0
    assert found.changes[0, [4, 8]].max() < found.changes[0, [2, 6]].min()
    assert found.probabilities[0, 0] == pytest.approx(pocket_trace.top(1)[0].probability, rel=1e-3)
    assert shift_test(pocket_trace, ["avgpool"], (), most=3).cells == (0, 0, 0, 0)


def test_batches_and_progress_change_nothing(pocket_trace: Trace, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = shift_test(pocket_trace, ["maxpool"], ["average"], most=4)
    monkeypatch.setattr("explorer.running.budget._EXTRA_BYTES", 1)
    told: list[tuple[int, int]] = []
    single = shift_test(pocket_trace, ["maxpool"], ["average"], most=4, progress=lambda *done: told.append(done))
    assert told == [(n, 10) for n in range(1, 11)]
    assert np.allclose(whole.probabilities, single.probabilities, atol=1e-5)
    assert np.allclose(whole.changes, single.changes, atol=1e-5)


def test_a_moving_picture_can_be_stopped(pocket_trace: Trace) -> None:
    class Stopped(Exception):
        pass

    def stop(done: int, total: int | None) -> None:
        raise Stopped

    with pytest.raises(Stopped):
        shift_test(pocket_trace, ["maxpool"], [], progress=stop)
    assert interventions.sweep(pocket_trace, "fc").shape == (11,)  # the lock is free again
    with pytest.raises(BadTarget):
        shift_test(pocket_trace, ["maxpool"], [], target=11)
    with pytest.raises(NoPooling):
        shift_test(pocket_trace, ["conv1"], [])


def test_which_poolings_are_exchanged_together(random_network: Callable[[str], Network]) -> None:
    alexnet = random_network("alexnet")
    assert alike(alexnet, "features.5") == ("features.2", "features.5", "features.12")
    assert alike(alexnet, "avgpool") == ()  # its windows hold one cell each
    densenet = alike(random_network("densenet121"), "adaptive_avg_pool2d")
    assert densenet == (*(f"features.transition{i}.pool" for i in (1, 2, 3)), "adaptive_avg_pool2d")

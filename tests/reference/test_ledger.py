"""Ledgers of the smallest network of every family: each sum is the logit that the pass recorded."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

import explorer
from explorer.classifier.decomposition import class_map, decompose
from explorer.classifier.head import head
from explorer.classifier.logits import ledger, readings
from explorer.networks.network import Network
from explorer.pictures.image import ImageInput
from tests.families import SMALLEST

FORMS = {  # of those that do not end in global average pooling and one dense layer
    "lenet5": "flattened", "basic_cnn": "flattened", "alexnet": "flattened", "vgg11": "flattened", "mlp": "pixels",
    "squeezenet1_1": "map per class", "mobilenet_v3_small": "average, then more", "convnext_tiny": "average, then more",
}  # fmt: skip
BENDING = ("lenet5", "mobilenet_v3_small", "convnext_tiny", "mlp")  # and one without maps


@pytest.mark.parametrize("name", SMALLEST.values())
def test_every_ledger_adds_up_to_its_logit(
    name: str, random_network: Callable[[str], Network], image: ImageInput
) -> None:
    network = random_network(name)
    trace = explorer.run(network, image, "top")
    assert trace.target is not None
    ends, k = head(network), len(network.categories)
    assert ends.form == FORMS.get(name, "average")
    logits = trace.logits.astype(np.float64) if len(trace.logits) > 1 else np.array([-trace.logits[0], trace.logits[0]])
    for target in {trace.target, 0, k // 2, k - 1}:
        for reading in readings(network):
            one = ledger(trace, reading, target)
            assert one.agrees
            assert one.value == pytest.approx(logits[target], abs=1e-4 * max(1.0, abs(logits[target])))
            other = (target + 1) % k
            both = ledger(trace, reading, target, other)
            assert both.agrees
            if len(trace.logits) > 1:
                # another logit is told apart from it, however small the logits of random weights are
                apart = abs(logits[target] - logits[other])
                assert abs(one.value - logits[other]) == pytest.approx(apart, rel=1e-2, abs=1e-5 * abs(logits).max())
                assert both.value == pytest.approx(
                    logits[target] - logits[other], abs=2e-4 * max(1.0, abs(logits).max())
                )
        found = decompose(trace, target)
        assert found.agrees
        if ends.is_averaged:
            cam = class_map(trace, target).astype(np.float64)
            bias = 0.0 if ends.form == "map per class" else found.bias
            assert cam.mean() + bias == pytest.approx(logits[target], abs=1e-4 * max(1.0, abs(logits[target])))


@pytest.mark.parametrize("name", [name for name in SMALLEST.values() if name not in BENDING])
def test_gains_are_gradients_where_relu_is_all_that_bends(
    name: str, random_network: Callable[[str], Network], image: ImageInput
) -> None:
    network = random_network(name)
    trace = explorer.run(network, image, "top")
    ends = head(network)
    assert ends.is_piecewise_linear
    assert trace.target is not None
    assert ends.maps is not None
    gains, gradient = decompose(trace, trace.target).gains, trace.gradient(ends.maps)
    assert np.abs(gradient).max() > 0
    assert np.allclose(gains, gradient, rtol=1e-3, atol=1e-5 * float(np.abs(gradient).max()))

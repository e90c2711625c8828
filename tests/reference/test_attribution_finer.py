"""Finer-CAM as the difference of Grad-CAMs that it is, since Grad-CAM is linear in the score."""

from __future__ import annotations

import math

import numpy as np
import pytest

import explorer
from explorer.attribution.finer import similar
from explorer.errors import Unsuited
from explorer.networks.network import Network
from explorer.pictures.image import ImageInput
from explorer.pictures.samples import load_sample
from explorer.targets import Target
from explorer.trace import FloatArray

from .papers import relative_difference, slow_grad_cam


def slow(network: Network, image: ImageInput, target: int, layer: str, n: int, strength: float) -> FloatArray:
    """A Grad-CAM for each class, by its paper's formula, then their weighted difference."""
    logits = [float(z) for z in explorer.run(network, image).logits]
    others = sorted((k for k in range(len(logits)) if k != target), key=lambda k: abs(logits[k] - logits[target]))[:n]
    total = sum(math.exp(z) for z in logits)
    shares = {k: math.exp(logits[k]) / total for k in others}
    found = np.array(slow_grad_cam(*explorer.run(network, image, target).spatial(layer)))
    for k in others:
        cam = np.array(slow_grad_cam(*explorer.run(network, image, k).spatial(layer)))
        found -= strength * shares[k] / sum(shares.values()) * cam
    return found


@pytest.mark.parametrize(
    ("layer", "n", "strength"), [("cat", 3, 1.0), ("cat", 1, 0.6), ("conv1", 2, 2.0), ("pool", 9, 1.0)]
)
def test_it_is_one_map_less_those_of_similar_classes(
    layer: str, n: int, strength: float, tiny: Network, image: ImageInput
) -> None:
    for target in (0, 2):
        found = explorer.attribute(tiny, image, "finer_cam", target, layer, n_similar=n, strength=strength, signed=True)
        assert relative_difference(found.values, slow(tiny, image, target, layer, n, strength)) < 1e-4
        assert found.evaluations == 2


def test_without_strength_it_is_grad_cam(tiny: Network, image: ImageInput) -> None:
    found = explorer.attribute(tiny, image, "finer_cam", 1, strength=0)
    assert relative_difference(found.values, explorer.attribute(tiny, image, "grad_cam", 1).values) < 1e-5


def test_it_says_with_what_it_compares(pocket: Network) -> None:
    found = explorer.attribute(pocket, load_sample("chelsea"), "finer_cam", n_similar=2)
    trace = explorer.run(pocket, load_sample("chelsea"), "top")
    second, third = (prediction.category for prediction in trace.top(3)[1:])
    assert found.note == f"Compared with “{second}” and “{third}”."


def test_the_nearest_logits_are_those_of_similar_classes() -> None:
    logits = np.array([3, 9, 2, 4.5, 3], np.float32)
    assert similar(logits, 0, 3) == [4, 2, 3]
    assert similar(logits, 1, 9) == [3, 0, 4, 2]


def test_what_is_no_class_of_several_has_none_like_it(tiny: Network, sigmoid_head: Network, image: ImageInput) -> None:
    for network, target, what in (
        (tiny, Target(1, against=2), "the logit of “bee” less that of “cow”"),
        (tiny, Target(3, layer="cat"), "the mean of channel 3 of cat"),
        (sigmoid_head, Target(1), f"the logit of “{sigmoid_head.categories[1]}”"),
    ):
        with pytest.raises(Unsuited) as caught:
            explorer.attribute(network, image, "finer_cam", target)
        assert str(caught.value) == (
            f"Finer-CAM compares the logit of one class with those of others, and {what} is no such logit. Choose a "
            "class of a network that has a logit for each, or 'grad_cam'."
        )

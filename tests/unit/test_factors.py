"""Concepts of a layer: factors whose true values are known, and names that can be worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import nn

import explorer
from explorer.attribution import concepts
from explorer.attribution.factors import factorised
from explorer.errors import BadOption, NotSpatial, Unsuited
from explorer.networks.network import Network
from explorer.pictures.image import ImageInput
from explorer.pictures.samples import load_sample
from tests.tiny import chain, tiny_network


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_factors_that_do_not_overlap_are_found_again(seed: int) -> None:
    """Of such there is only one factorisation, but for their order and length."""
    random = np.random.default_rng(seed)
    h, w = np.zeros((30, 3)), np.zeros((3, 12))
    for k in range(3):
        h[10 * k : 10 * k + 10, k] = random.random(10) + 0.2
        w[k, 4 * k : 4 * k + 4] = random.random(4) + 0.2
    found_h, found_w = factorised(h @ w, 3, seed=5)
    assert found_h.min() >= 0
    assert found_w.min() >= 0
    assert found_h @ found_w == pytest.approx(h @ w, abs=0.02)
    directions = w / np.linalg.norm(w, axis=1, keepdims=True)
    cosines = directions @ (found_w / np.linalg.norm(found_w, axis=1, keepdims=True)).T
    assert sorted(cosines.argmax(axis=1)) == [0, 1, 2]
    assert cosines.max(axis=1) == pytest.approx([1, 1, 1], abs=0.01)


def test_a_single_concept_is_the_first_singular_vector(pocket: Network) -> None:
    """Numbers that are not negative have one that is not either (Perron and Frobenius), and nothing is nearer."""
    trace = explorer.run(pocket, load_sample("chelsea"))
    found = concepts(trace, n=1)
    cells = trace["layer4"].reshape(256, -1).T.astype(np.float64)
    left, values, right = np.linalg.svd(cells, full_matrices=False)
    assert found.missed == pytest.approx(1 - values[0] ** 2 / (values**2).sum(), abs=1e-4)
    assert found.channels[0] == pytest.approx(np.abs(right[0]), abs=0.01)
    assert found.maps[0].ravel() == pytest.approx(np.abs(left[:, 0]) * values[0], rel=0.02, abs=0.02 * values[0])


def test_concepts_add_up_to_the_maps_and_stand_by_their_share(pocket: Network) -> None:
    trace = explorer.run(pocket, load_sample("chelsea"))
    shares = []
    for n in (2, 5):
        found = concepts(trace, "layer3", n, seed=1)
        assert found.layer == "layer3.1.relu_1"
        assert found.maps.shape == (n, 10, 10)
        assert found.channels.shape == (n, trace["layer3"].shape[0])
        assert np.linalg.norm(found.channels, axis=1) == pytest.approx(np.ones(n), rel=1e-4)
        again = np.einsum("nhw,nc->chw", found.maps, found.channels)
        left = np.square(trace["layer3"] - again, dtype=np.float64).sum()
        assert found.missed == pytest.approx(left / np.square(trace["layer3"], dtype=np.float64).sum(), rel=1e-3)
        energies = np.square(found.maps).sum(axis=(1, 2))
        assert list(energies) == sorted(energies, reverse=True)
        shares.append(found.missed)
    assert shares[1] < shares[0] < 1
    assert np.array_equal(concepts(trace, "layer3", 5, seed=1).maps, found.maps)


def test_a_concept_is_named_by_what_the_classifier_says_of_it_alone(image: ImageInput) -> None:
    network = tiny_network(chain(nn.Conv2d(3, 6, 3, stride=2), nn.ReLU()), seed=4)
    trace = explorer.run(network, image)
    found = concepts(trace, "1", 3)
    weights = network.weights("4")
    assert found.classes is not None
    assert found.probabilities is not None
    for k in range(3):
        pooled = found.maps[k].mean() * found.channels[k]
        z = [float(row @ pooled) + float(bias) for row, bias in zip(weights["weight"], weights["bias"], strict=True)]
        best = max(range(4), key=lambda i: z[i])
        assert found.classes[k] == best
        assert found.probabilities[k] == pytest.approx(math.exp(z[best]) / sum(map(math.exp, z)), rel=1e-4)


def test_refusals(pocket: Network, image: ImageInput) -> None:
    trace = explorer.run(pocket, load_sample("chelsea"))
    for n in (0, 17, 2.5, True):
        with pytest.raises(BadOption) as number:
            concepts(trace, n=n)  # type: ignore[arg-type]
        assert str(number.value) == f"n, the number of concepts, must be a whole number from 1 to 16, not {n!r}."
    with pytest.raises(Unsuited) as negative:
        concepts(trace, "layer4.1.bn2")
    assert str(negative.value) == (
        "Concepts add up to a layer's maps, and layer4.1.bn2 has values below 0. The nearest layer that has them is "
        "'layer4.1.relu'."
    )
    with pytest.raises(NotSpatial):
        concepts(trace, "fc")
    silent = nn.Conv2d(3, 6, 3)
    network = tiny_network(chain(silent, nn.ReLU()))
    with torch.no_grad():
        network.graph.recorder.get_parameter("0.weight").zero_()
        network.graph.recorder.get_parameter("0.bias").fill_(-1)
    nowhere = "Choose another network or picture: no layer of this one has them."
    with pytest.raises(Unsuited, match=f"1 is 0 everywhere. {nowhere}"):
        concepts(explorer.run(network, image), "1")
    single = tiny_network(chain(nn.Conv2d(3, 1, 3), nn.ReLU(), nn.Conv2d(1, 6, 3), nn.ReLU()), seed=1)
    with pytest.raises(Unsuited, match=r"1 has 1 channel of 22 × 22 cells, of which no 3 .* The nearest .* is '3'\."):
        concepts(explorer.run(single, image), "1", 3)


class Cancelled(Exception):
    pass


def test_what_progress_raises_cancels(pocket: Network) -> None:
    seen = list[int]()

    def progress(done: int, total: int | None) -> None:
        seen.append(done)
        if done == 3:
            raise Cancelled

    with pytest.raises(Cancelled):
        concepts(explorer.run(pocket, load_sample("chelsea")), progress=progress)
    assert seen == [0, 1, 2, 3]

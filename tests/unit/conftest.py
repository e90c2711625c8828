"""Passes that several files on one subject share."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from torch import nn

import explorer
from explorer.pictures.image import ImageInput
from explorer.pictures.samples import load_sample
from explorer.trace import Trace
from tests.pooled import POOLINGS
from tests.tiny import chain, tiny_network


@pytest.fixture(scope="session")
def digit() -> Trace:
    """LeNet-5 on a digit."""
    return explorer.run(explorer.load_network("lenet5"), load_sample("digit"), "top")


@pytest.fixture(scope="session")
def dense() -> Trace:
    """The network without convolutions on a digit."""
    return explorer.run(explorer.load_network("mlp"), load_sample("digit"), "top")


@pytest.fixture(scope="session")
def cat_or_dog() -> Trace:
    """A network with one logit for two classes."""
    return explorer.run(explorer.load_network("basic_cnn"), load_sample("chelsea"), "top")


@pytest.fixture(scope="session")
def traced(image: ImageInput) -> Callable[[str], Trace]:
    """A small network with one of the POOLINGS behind a convolution and a ReLU, and its pass over the noise."""

    def run(name: str) -> Trace:
        network = tiny_network(chain(nn.Conv2d(3, 4, 3), nn.ReLU(), POOLINGS[name]()))
        return explorer.run(network, image, 1)

    return run

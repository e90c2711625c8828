"""What pages work out of a network of Keras's: what its units see, and what its poolings make of their windows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

import explorer
from explorer.networks.network import Network
from explorer.pooling.layers import pooling_layers, pooling_of
from explorer.pooling.opened import open_pooling
from tests.keras_files import archive, drawn, layer, picture, read, sequential
from tests.tiny import noise_image

SIDE = 14
LAYERS = {
    "cropping": (layer("Cropping2D", cropping=[[1, 2], [0, 3]]),),
    "center crop": (layer("CenterCrop", height=9, width=8),),
    "padding": (layer("ZeroPadding2D", padding=[[1, 2], [0, 3]]),
                layer("Conv2D", filters=3, kernel_size=[4, 4], use_bias=False)),
    "same convolution": (layer("Conv2D", filters=3, kernel_size=[4, 3], strides=3, padding="same", use_bias=False),),
    "dilated": (layer("Conv2D", filters=3, kernel_size=[4, 3], dilation_rate=2, padding="same", use_bias=False),),
    **{
        f"{kind} {window} {stride} {padding}": (
            layer(f"{kind}Pooling2D", pool_size=window, strides=stride, padding=padding),
        )
        for kind in ("Max", "Average")
        for window, stride in ((3, 2), (4, 3), (2, 2), (3, 1))
        for padding in ("same", "valid")
    },
    "even window": (layer("MaxPooling2D", pool_size=[2, 4], strides=1, padding="same"),),
    "all": (layer("Conv2D", filters=3, kernel_size=[4, 3], strides=1, padding="same", use_bias=False),
            layer("GlobalMaxPooling2D", keepdims=True)),
}  # fmt: skip


def network_with(*layers: dict[str, Any]) -> Network:
    """A convolution with 1x1 kernels, these layers, one more convolution, and a head."""
    one = {"filters": 3, "kernel_size": 1, "use_bias": False}
    config = sequential(
        picture(SIDE, SIDE, 3), layer("Conv2D", "first", **one), *layers, layer("Conv2D", "last", **one),
        layer("GlobalAveragePooling2D", "pool"),
    )  # fmt: skip
    inside = [made for made in layers if made["class_name"] == "Conv2D"]
    kernels = [drawn(1, 1, 3, 3), *[drawn(*made["config"]["kernel_size"], 3, 3) for made in inside], drawn(1, 1, 3, 3)]
    weights = {f"layers/conv2d{f'_{i}' if i else ''}": [kernel] for i, kernel in enumerate(kernels)}
    return explorer.network_of(read(archive(config, weights)).module, input_size=(3, SIDE, SIDE))


@pytest.mark.parametrize("name", LAYERS)
def test_units_see_what_moves_them(name: str) -> None:
    """Every pixel that changes a unit lies in what the unit is said to see, and nothing smaller holds them all."""
    network = network_with(*LAYERS[name])
    described = network.layer("last")
    x = torch.from_numpy(drawn(1, 3, SIDE, SIDE))
    value = network.graph.up_to("last", x)
    moved = torch.zeros(SIDE, SIDE, *value.shape[2:], dtype=torch.bool)
    for row in range(SIDE):
        for column in range(SIDE):
            for amount in (50.0, -50.0):  # of which one is a maximum's
                other = x.clone()
                other[:, :, row, column] += amount
                moved[row, column] |= (network.graph.up_to("last", other) != value).any(dim=(0, 1))
    for y in range(value.shape[2]):
        for x_ in range(value.shape[3]):
            top, left, bottom, right = described.receptive_field.box(y, x_, SIDE, SIDE)
            seen = moved[:, :, y, x_].nonzero()
            (first, start), (last, end) = seen.amin(0).tolist(), seen.amax(0).tolist()
            assert top <= first
            assert left <= start
            assert last < bottom
            assert end < right
            if name != "dilated" or (y, x_) == (SIDE // 2, SIDE // 2):  # at an edge a hole may be all that is left
                assert (first, start, last + 1, end + 1) == (top, left, bottom, right)


@pytest.mark.parametrize("name", [name for name in LAYERS if name.startswith(("Max", "Average", "even", "all"))])
def test_every_pooling_opens(name: str) -> None:
    network = network_with(*LAYERS[name])
    trace = explorer.run(network, noise_image())
    layers = pooling_layers(network)
    assert len(layers) == 2
    for pooled in layers:
        pooling = pooling_of(network, pooled)
        for c, y, x in np.ndindex(pooling.n_channels, *pooling.after):
            opened = open_pooling(trace, pooled, (c, y, x))
            assert opened.agrees
            assert opened.value == pytest.approx(
                float(trace[pooled].reshape(-1, *pooling.after)[c, y, x]), rel=1e-4, abs=1e-6
            )

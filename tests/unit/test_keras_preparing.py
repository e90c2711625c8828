"""How pictures are prepared for networks of Keras: what their files tell, and what only the names of layers do."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from explorer.loading.model_file import ModelFile
from explorer.networks.preparation import PhotoPreparation
from tests.keras_files import (
    archive,
    called,
    called_before,
    drawn,
    functional,
    layer,
    old_file,
    picture,
    read,
    sequential,
)

SIZE = (8, 8, 3)
HEAD = (layer("GlobalAveragePooling2D", "pool"),)
BYTES = PhotoPreparation(8, 8, mean=(0.0,) * 3, std=(1 / 255,) * 3, squash=True)
UNIT = PhotoPreparation(8, 8, mean=(0.0,) * 3, std=(1.0,) * 3, squash=True)


def found(*layers: dict[str, Any], size: tuple[Any, ...] = SIZE, **weights: Any) -> ModelFile:
    arrays = {f"layers/{name}": own for name, own in weights.items()}
    return read(archive(sequential(picture(*size), *layers, *HEAD), arrays))


RESCALED = layer("Rescaling", "rescaling", scale=1 / 255, offset=0.0)
INSIDE = sequential(layer("RandomFlip"), layer("Rescaling", "deep", scale=1 / 127.5, offset=-1), name="inside")


@pytest.mark.parametrize(
    ("layers", "expected", "name"),
    [
        ((RESCALED,), BYTES, "rescaling"),
        ((layer("RandomFlip"), layer("RandomRotation"), RESCALED), BYTES, "rescaling"),
        ((INSIDE,), BYTES, "deep"),
        ((layer("Rescaling", "r", scale=2.0, offset=-1.0),), UNIT, "r"),
        ((layer("Normalization", "n", mean=[123.0, 116.0, 103.0], variance=[58.0] * 3),), BYTES, "n"),
        ((layer("Normalization", "n", mean=[0.5, 0.4, 0.4], variance=[0.05] * 3),), UNIT, "n"),
    ],
)  # fmt: skip
def test_a_network_that_scales_pictures_itself_tells_what_it_reads(
    layers: tuple[dict[str, Any], ...], expected: PhotoPreparation, name: str
) -> None:
    made = found(*layers)
    assert made.preparation == expected
    top = 255 if expected is BYTES else 1
    assert made.prepared == f"with values from 0 to {top}, which the network itself scales in '{name}'"


def test_what_was_learnt_of_a_data_set_tells_it_too() -> None:
    learnt = layer("Normalization", axis=[-1])
    for mean, expected in ((np.float32([120, 110, 90]), BYTES), (np.float32([0.4, 0.5, 0.6]), UNIT)):
        assert found(learnt, normalization=[mean, np.float32([1, 2, 3])]).preparation == expected


@pytest.mark.parametrize(("operation", "constant", "expected"), [
    ("TrueDivide", 255.0, BYTES), ("Multiply", 1 / 127.5, BYTES), ("Subtract", 127.5, BYTES), ("Subtract", 0.5, UNIT),
    ("TrueDivide", 0.5, UNIT),
])  # fmt: skip
def test_arithmetic_tells_it(operation: str, constant: float, expected: PhotoPreparation) -> None:
    first = {**layer(operation, "first"), "module": "keras.src.ops.numpy"}
    last = called(HEAD[0], "first")
    config = functional(called(picture(*SIZE)), called(first, "input", constant), last, output="pool")
    assert read(archive(config)).preparation == expected
    function = layer("TFOpLambda", "first", function=f"math.{operation.lower()}")
    old = functional(
        called_before(layer("InputLayer", "input", batch_input_shape=[None, *SIZE])),
        called_before(function, ["input", 0, 0, {"y": constant}]),
        called_before(HEAD[0], [["first", 0, 0, {}]]),
        output="pool",
    )
    assert read(old_file(old, {})).preparation == expected


def test_a_family_of_keras_applications_is_known_by_its_layers() -> None:
    names = ["block1_conv1", "block5_conv3"]
    convolutions = [layer("Conv2D", n, filters=3, kernel_size=1, use_bias=False) for n in names]
    weights = {"conv2d": [drawn(1, 1, 3, 3)], "conv2d_1": [drawn(1, 1, 3, 3)]}
    made = found(*convolutions, **weights)
    assert made.prepared == "as keras.applications prepares them for VGG, whose layers have such names"
    assert isinstance(made.preparation, PhotoPreparation)
    assert made.preparation.channels == "BGR"
    black, white = ((value - np.float64(made.preparation.mean)) / made.preparation.std for value in (0.0, 1.0))
    assert black[::-1] == pytest.approx([-103.939, -116.779, -123.68])  # blue first, as the network receives it
    assert (white - black) == pytest.approx([255] * 3)
    rescaled = found(RESCALED, *convolutions, **weights)
    assert rescaled.preparation == BYTES  # what it does itself goes before what its names say


def test_what_nothing_tells_stays_open() -> None:
    made = found(layer("Activation", activation="tanh"))
    assert (made.preparation, made.prepared) == (None, "")
    grey = found(RESCALED, size=(8, 8, 1))
    assert grey.preparation is None
    assert "It scales pictures itself, from values from 0 to 255" in grey.notes


def test_a_first_layer_that_resizes_gives_the_size() -> None:
    resizing = layer("Resizing", "small", height=6, width=6, interpolation="bicubic")
    made = found(resizing, RESCALED, size=(None, None, 3))
    assert made.input_size == (3, 6, 6)
    assert made.preparation == PhotoPreparation(6, 6, "bicubic", (0.0,) * 3, (1 / 255,) * 3, squash=True)
    assert made.notes[-1] == (
        "Its first layer 'small' resizes pictures to 6 × 6; here they are prepared in that size, and it is left out"
    )


def test_an_open_size_is_the_usual_one_and_said() -> None:
    made = found(layer("Activation", activation="tanh"), size=(None, None, 3))
    assert made.input_size == (3, 224, 224)
    assert made.notes == ("The file leaves the size of pictures open; here they have 224 × 224 pixels",)
    mixed = found(layer("Activation", "mixed0", activation="tanh"), layer("Activation", "mixed10", activation="tanh"),
                  size=(None, None, 3))  # fmt: skip
    assert mixed.input_size == (3, 299, 299)  # Inception's


def test_what_a_network_ends_in_is_left_out_and_said() -> None:
    def ended(units: int, activation: str) -> tuple[str, ...]:
        dense = layer("Dense", units=units, activation=activation)
        config = sequential(picture(*SIZE), layer("Flatten"), dense)
        return read(archive(config, {"layers/dense": [drawn(192, units), drawn(units)]})).notes

    said = "is left out: pages work out probabilities from the logits before it"
    assert ended(3, "softmax") == (f"Its last softmax {said}",)
    assert ended(1, "sigmoid") == (f"Its last sigmoid {said}",)
    several = "It ends in a sigmoid for each class, so that several can be there at once; here their probabilities are "
    assert ended(3, "sigmoid") == (f"Its last sigmoid {said}", f"{several}those of a softmax")
    assert ended(3, "linear") == ()

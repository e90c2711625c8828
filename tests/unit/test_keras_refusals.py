"""Files of Keras's that cannot be read: each is refused in a sentence, and nothing in it is run or followed."""

from __future__ import annotations

import copy
import resource
import sys
import time
import zipfile
from typing import Any

import numpy as np
import pytest

from tests.keras_files import (
    archive,
    called,
    drawn,
    functional,
    hdf5,
    layer,
    old_file,
    picture,
    read,
    refusal,
    sequential,
    tensor,
)

SIZE = (8, 8, 3)
KERNELS = {"layers/conv2d": [drawn(3, 3, 3, 4), drawn(4)], "layers/dense": [drawn(144, 2), drawn(2)]}
CONV = layer("Conv2D", "conv2d", filters=4, kernel_size=[3, 3])
DENSE = layer("Dense", units=2)
GOOD = sequential(picture(*SIZE), CONV, layer("Flatten"), DENSE)


def test_a_good_one_is_read() -> None:
    assert read(archive(GOOD, KERNELS)).input_size == (3, 8, 8)
    assert read(archive(GOOD, KERNELS, method=zipfile.ZIP_DEFLATED)).input_size == (3, 8, 8)


ENDLESS = functional(
    called(picture(*SIZE)), called(layer("Add", "one"), [tensor("input"), tensor("two")]),
    called(layer("Activation", "two", activation="relu"), "one"), output="two",
)  # fmt: skip
TWO_INPUTS = functional(called(picture(*SIZE)), called(picture(*SIZE, name="other")),
                        called(layer("Add", "sum"), [tensor("input"), tensor("other")]), output="sum")  # fmt: skip
TWO_INPUTS["config"]["input_layers"] += [["other", 0, 0]]
TWO_OUTPUTS = functional(called(picture(*SIZE)), called(layer("Flatten"), "input"), output="flatten")
TWO_OUTPUTS["config"]["output_layers"] *= 2
CODE = {"class_name": "__lambda__", "config": {"code": "4wEAAAAAAAAAAAAAAAEAAAA=", "defaults": None, "closure": None}}
LAMBDA = functional(called(picture(*SIZE)), called(layer("Lambda", "lambda", function=CODE), "input"), output="lambda")


MANY = sequential(*[layer("Flatten", str(i)) for i in range(20_000)])
INTEGERS, TEXTS = np.ones((3, 3, 3, 4), np.int32), np.array(["a"], object)
CALLED = {"class_name": "function", "config": "my_own"}
WIDE = [[10**6, 10**6], [10**6, 10**6]]
CLAIMS = "has a layer 'conv2d' (Conv2D), with 0 arrays of weights, where its configuration asks for 2"

FILES = [
    (b"", "is empty"),
    (b"GIF89a", "is no file of Keras's: those are `.keras` archives or HDF5, `.h5`"),
    (archive(GOOD, KERNELS)[:-30], "is a zip archive that is cut off"),
    (old_file(GOOD, {})[:900], "is damaged, or cut off"),
    (hdf5({"layers/dense/vars/0": drawn(3, 3)}), "holds weights alone and no network: what its layers are is not in"),
    (archive("{"), "has a configuration that is damaged, or nested deeper than that of any network"),
    (archive("[" * 10_000 + "]" * 10_000), "has a configuration that is damaged, or nested deeper"),
    (archive("[]"), "has a configuration that Keras would not write"),
    (archive({"class_name": "MyNet", "config": {}}), "holds a model of a class of its own, 'MyNet': what it computes"),
    (archive(sequential()), "holds a model without layers"),
    (archive(MANY), "describes more layers, or deeper nested ones, than can be followed"),
    (archive(sequential(CONV, DENSE), KERNELS), "does not say what size of pictures it reads"),
    (archive(sequential(picture(10**9, 9, 3), CONV)), "reads pictures of [1000000000, 9, 3], which are none"),
    (archive(sequential(picture(*SIZE), CONV, CONV)), "has two layers of one name"),
    (archive(sequential(picture(*SIZE), CONV), KERNELS), "ends in (6, 6, 4) numbers, not in one row of logits"),
    (archive(ENDLESS), "describes a model whose layers wait for each other, in a circle"),
    (archive(functional(called(picture(*SIZE)), output="no")), "describes a model that reads from 'no', which is not"),
    (archive(TWO_INPUTS), "has 2 inputs and 1 outputs: a network here reads one picture and gives one row of logits"),
    (archive(TWO_OUTPUTS), "has 1 inputs and 2 outputs: "),
    (archive(LAMBDA), "has a layer 'lambda' (Lambda), which holds code of its own: that is never run here"),
    (archive(GOOD, {**KERNELS, "layers/conv2d": []}), CLAIMS),
    (archive(GOOD, {**KERNELS, "layers/conv2d": [INTEGERS, TEXTS]}), CLAIMS),
]  # fmt: skip
LAYERS = [  # in the middle of a good network, where they read (6, 6, 4)
    (layer("Mine>Swirl", "swirl"), "which cannot be read: convolutional networks of Keras's own usual layers can be"),
    (layer("Conv2DTranspose", filters=2, kernel_size=2), "which resizes maps: "),
    (layer("UpSampling2D", size=5000), "which makes maps of 30000 × 30000 cells"),
    (layer("UpSampling2D", interpolation="bicubic"), "whose interpolation is 'bicubic'"),
    (layer("Resizing", height=9, width=9), "which resizes maps: "),
    (layer("Activation", activation=CALLED), "whose activation 'my_own' is none of Keras's own"),
    (layer("Activation", activation={"a": 1}), "whose activation 'None' is none of Keras's own"),
    (layer("CenterCrop", height=20, width=2), "which would enlarge pictures of 6 × 6 pixels"),
    (layer("Reshape", target_shape=[7, 7]), "which makes [7, 7] of 6 × 6 × 4 values"),
    (layer("Reshape", target_shape="abc"), "which makes "),
    (layer("ZeroPadding2D", padding=[[1, 1], [1, -1]]), "whose padding is '[[1, 1], [1, -1]]': that is none"),
    (layer("Cropping2D", cropping=3), "which leaves nothing of 6 × 6 cells"),
    (layer("MaxPooling2D", pool_size=9), "whose window of 9 × 9 finds no place in 6 × 6 cells"),
    (layer("AveragePooling2D", pool_size=2, strides=1, padding="same"), "an average over a padded window"),
    (layer("BatchNormalization", axis=2), "which normalises over another axis than that of the channels"),
    (layer("BatchNormalization", axis=-1), "with 0 arrays of weights, where its configuration asks for 4"),
    (layer("LayerNormalization", axis=[1, 2]), "whose axis is '[1, 2]': that is none that can be read"),
    (layer("LayerNormalization", axis=1), "which normalises over more than the channels at each place"),
    (layer("Normalization", axis=[1]), "which takes mean and variance over other axes than usual"),
    (layer("Normalization", mean=[1.0], variance=[-1.0]), "which scales by what is no finite number"),
    (layer("Rescaling", scale=[1, 2]), "whose constants of (1, 1, 2) do not meet values of (6, 6, 4)"),
    (layer("Permute", dims=[1, 1, 2]), "whose dims is '[1, 1, 2]': that is none that can be read"),
    (layer("PReLU", shared_axes="x"), "whose shared_axes is 'x': that is none that can be read"),
    (layer("Dropout", rate=10**400), "whose rate is '1000"),
]  # fmt: skip
SETTINGS = [  # of the convolution of a good network
    ({"strides": [-1, -1]}, "whose strides is '[-1, -1]': that is none that can be read"),
    ({"strides": "x" * 10**6}, "whose strides is 'xx"),
    ({"padding": "causal"}, "whose padding is 'causal': that is none that can be read"),
    ({"filters": 10**9}, "whose filters is '1000000000': that is none that can be read"),
    ({"filters": 5}, "whose weights are (3, 3, 3, 4) where its configuration asks for (3, 3, 3, 5)"),
    ({"groups": 2}, "whose 2 groups do not divide 3 channels into 4 filters"),
    ({"kernel_size": [2, 2]}, "whose weights are (3, 3, 3, 4) where its configuration asks for (2, 2, 3, 4)"),
    ({"data_format": "upside_down"}, "whose data_format is 'upside_down': that is none that can be read"),
]  # fmt: skip


@pytest.mark.parametrize(("data", "says"), FILES, ids=[str(i) for i in range(len(FILES))])
def test_a_file_that_cannot_be_read_is_told_in_a_sentence(data: bytes, says: str) -> None:
    check(data, says)


@pytest.mark.parametrize(("made", "says"), LAYERS, ids=[made["class_name"] for made, _ in LAYERS])
def test_a_layer_that_cannot_be_read_is_named(made: dict[str, Any], says: str) -> None:
    kind = made["class_name"].rpartition(">")[2]
    data = archive(sequential(picture(*SIZE), CONV, made, layer("Flatten"), DENSE), KERNELS)
    check(data, f"has a layer '{made['config']['name']}' ({kind}), {says}")


@pytest.mark.parametrize(("config", "says"), SETTINGS, ids=[next(iter(config)) for config, _ in SETTINGS])
def test_a_setting_that_cannot_be_is_named(config: dict[str, Any], says: str) -> None:
    other = copy.deepcopy(GOOD)
    other["config"]["layers"][1]["config"].update(config)
    check(archive(other, KERNELS), f"has a layer 'conv2d' (Conv2D), {says}")


def test_values_larger_than_any_network_s_are_not_made() -> None:
    data = archive(sequential(picture(*SIZE), layer("ZeroPadding2D", padding=WIDE)))
    check(data, "makes 2000008 × 2000008 × 3 values in one layer, or too many layers")


def check(data: bytes, says: str) -> None:
    """Within 5 s of work, and 300 MB beside four times the file."""
    memory, begun = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    text = refusal(data)
    assert text.startswith(says)
    assert len(text) < 400
    assert time.process_time() - begun < 5
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory) * (1 if sys.platform == "darwin" else 1024)
    assert grown < 4 * len(data) + (300 << 20)

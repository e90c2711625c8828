"""Files of Keras 2, and what hardly any file holds, made by hand and worked out by hand."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn import functional as F

import explorer
from explorer.errors import BadModule
from explorer.loading.keras.variables import snake_case
from tests.keras_files import (
    archive,
    called,
    called_before,
    drawn,
    functional,
    hdf5,
    layer,
    logits,
    old_file,
    picture,
    read,
    sequential,
    tensor,
)
from tests.tiny import noise_image

SIZE = (12, 9, 3)
X = torch.from_numpy(np.random.default_rng(1).uniform(-1, 1, (2, 3, 12, 9)).astype(np.float32))


def close(found: torch.Tensor, expected: torch.Tensor) -> bool:
    return found.shape == expected.shape and torch.allclose(
        found, expected, rtol=0, atol=1e-4 * float(expected.abs().max())
    )


def as_torch(kernel: Any) -> torch.Tensor:
    return torch.from_numpy(kernel).permute(3, 2, 0, 1)


def head(y: torch.Tensor, kernel: Any, bias: Any = 0.0) -> torch.Tensor:
    """Keras's Flatten and Dense."""
    return y.permute(0, 2, 3, 1).flatten(1) @ torch.from_numpy(kernel) + bias


# The network of every first tutorial, with its weights


def basic_cnn() -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    """The project's own as Keras 2 describes it, and its weights as Keras keeps them."""
    network = explorer.load_network("basic_cnn")
    config = sequential(
        layer("Conv2D", "conv1", batch_input_shape=[None, 64, 64, 3], dtype="float32", filters=32, kernel_size=[3, 3],
              strides=[1, 1], padding="valid", activation="relu", use_bias=True),
        layer("MaxPooling2D", "pool1", pool_size=[2, 2], strides=[2, 2], padding="valid"),
        layer("Conv2D", "conv2", filters=64, kernel_size=[3, 3], activation="relu"),
        layer("MaxPooling2D", "pool2", pool_size=[2, 2], strides=[2, 2], padding="valid"),
        layer("Flatten", "flatten"),
        layer("Dropout", "dropout", rate=0.5),
        layer("Dense", "dense1", units=128, activation="relu"),
        layer("Dense", "dense2", units=1, activation="sigmoid"),
    )  # fmt: skip
    weights: dict[str, dict[str, Any]] = {made["config"]["name"]: {} for made in config["config"]["layers"]}
    for name in ("conv1", "conv2", "dense1", "dense2"):
        own = network.weights(name)
        kernel = own["weight"].transpose(2, 3, 1, 0) if own["weight"].ndim == 4 else own["weight"].T
        if name == "dense1":  # which reads height, width, channel there
            kernel = kernel.reshape(64, 14, 14, 128).transpose(1, 2, 0, 3).reshape(-1, 128)
        weights[name] = {f"{name}/kernel:0": kernel, f"{name}/bias:0": own["bias"]}
    return config, weights


@pytest.mark.parametrize("form", ["keras 2", "keras 2, h5py 2", "keras 3", "weights in the order of classes"])
def test_the_network_of_every_first_tutorial_gives_its_answers(form: str) -> None:
    config, weights = basic_cnn()
    paths = {"conv1": "conv2d", "conv2": "conv2d_1", "dense1": "dense", "dense2": "dense_1"}
    if form.startswith("keras 2"):
        data = old_file(config, weights, fixed="h5py" in form)
    else:
        named = {f"layers/{path}:name": name for name, path in paths.items()} if form == "keras 3" else {}
        arrays = {f"layers/{path}/vars/{i}": a for n, path in paths.items() for i, a in enumerate(weights[n].values())}
        data = archive(config, hdf5(arrays, {key.replace(":", "/vars:"): name for key, name in named.items()}))
    trace = explorer.run(explorer.load_network("basic_cnn"), noise_image())
    assert close(logits(data, trace.prepared.tensor), torch.from_numpy(trace.logits.copy())[None])
    found = read(data)
    assert found.input_size == (3, 64, 64)
    assert found.preparation is None  # no layer of it tells
    network = explorer.network_of(found.module, input_size=found.input_size)
    assert list(network.layers) == [
        "conv1", "conv1_relu", "pool1", "conv2", "conv2_relu", "pool2", "flatten", "dropout", "dense1", "dense1_relu",
        "dense2",
    ]  # fmt: skip
    assert network.categories == ("class 0", "class 1")


# What else Keras 2 writes


def conv(name: str, filters: int, kernel: int = 3, **config: Any) -> dict[str, Any]:
    return layer("Conv2D", name, filters=filters, kernel_size=[kernel, kernel], **config)


def test_a_functional_network_of_keras_2_with_one_inside() -> None:
    """Calls of the one inside count from 1, functions are TFOpLambda, and names have slashes."""
    inside = functional(
        called_before(layer("InputLayer", "input", batch_input_shape=[None, *SIZE])),
        called_before(conv("a/conv", 4, activation="relu"), [["input", 0, 0, {}]]),
        called_before(layer("BatchNormalization", "a/bn", axis=[3], epsilon=0.01), [["a/conv", 0, 0, {}]]),
        called_before(conv("b", 4, padding="same"), [["a/bn", 0, 0, {}]]),
        called_before(layer("Add", "sum"), [["b", 0, 0, {}], ["a/bn", 0, 0, {}]]),
        output="sum", name="base",
    )  # fmt: skip
    config = functional(
        called_before(layer("InputLayer", "input", batch_input_shape=[None, *SIZE])),
        called_before(layer("TFOpLambda", "tf.math.truediv", function="math.truediv"), ["input", 0, 0, {"y": 127.5}]),
        called_before(
            layer("TFOpLambda", "tf.math.subtract", function="math.subtract"),
            ["_CONSTANT_VALUE", -1, 2.0, {"y": ["tf.math.truediv", 0, 0]}],
        ),
        called_before(inside, [["tf.math.subtract", 0, 0, {}]]),
        called_before(layer("Flatten"), [["base", 1, 0, {}]]),
        called_before(layer("Dense", units=2), [["flatten", 0, 0, {}]]),
        output="dense",
    )  # fmt: skip
    kernels = drawn(3, 3, 3, 4), drawn(3, 3, 4, 4), drawn(10 * 7 * 4, 2)
    norm, biases = [drawn(4), drawn(4), drawn(4), np.abs(drawn(4))], (drawn(4), drawn(4), drawn(2))
    data = old_file(config, {
        "base": {
            "a/conv/kernel:0": kernels[0], "a/conv/bias:0": biases[0], "a/bn/gamma:0": norm[0], "a/bn/beta:0": norm[1],
            "b/kernel:0": kernels[1], "b/bias:0": biases[1],  # what is trained stands first
            "a/bn/moving_mean:0": norm[2], "a/bn/moving_variance:0": norm[3],
        },
        "dense": {"dense/kernel:0": kernels[2], "dense/bias:0": biases[2]},
    })  # fmt: skip
    scale, shift, mean, variance = map(torch.from_numpy, norm)
    y = F.conv2d(2 - X / 127.5, as_torch(kernels[0]), torch.from_numpy(biases[0])).relu()
    y = F.batch_norm(y, mean, variance, scale, shift, eps=0.01)
    y = y + F.conv2d(y, as_torch(kernels[1]), torch.from_numpy(biases[1]), padding=1)
    assert close(logits(data, X), head(y, kernels[2], torch.from_numpy(biases[2])))
    assert "base.a_conv" in dict(read(data).module.named_modules())


def test_an_archive_of_keras_2_counts_in_its_own_way() -> None:
    kernels = [drawn(3, 3, 3, 2), drawn(3, 3, 2, 2), drawn(8 * 5 * 2, 2)]
    config = sequential(picture(*SIZE), conv("one", 2, use_bias=False), conv("two", 2, use_bias=False),
                        layer("Flatten"), layer("Dense", units=2, use_bias=False))  # fmt: skip
    above = "_layer_checkpoint_dependencies"
    data = archive(
        config,
        {f"{above}/conv2d": kernels[:1], f"{above}/conv2d_2": kernels[1:2], f"{above}/dense": kernels[2:]},
        "2.15.0",
    )
    y = F.conv2d(F.conv2d(X, as_torch(kernels[0])), as_torch(kernels[1]))
    assert close(logits(data, X), head(y, kernels[2]))


def test_names_beside_the_weights_go_before_their_order() -> None:
    kernels = [drawn(3, 3, 3, 3), drawn(3, 3, 3, 3), drawn(8 * 5 * 3, 2)]
    config = sequential(picture(*SIZE), conv("one", 3, use_bias=False), conv("two", 3, use_bias=False),
                        layer("Flatten"), layer("Dense", units=2, use_bias=False))  # fmt: skip
    groups = {"layers/conv2d_1": "one", "layers/conv2d": "two", "layers/dense": "dense"}
    weights = hdf5(
        {f"{group}/vars/0": kernel for group, kernel in zip(groups, kernels, strict=True)},
        {f"{group}/vars:name": name for group, name in groups.items()},
    )
    y = F.conv2d(F.conv2d(X, as_torch(kernels[0])), as_torch(kernels[1]))
    assert close(logits(archive(config, weights), X), head(y, kernels[2]))


def test_long_lists_of_names_come_in_pieces() -> None:
    kernel = drawn(12 * 9 * 3, 2)
    data = old_file(sequential(picture(*SIZE), layer("Flatten"), layer("Dense", units=2)), {})
    config = sequential(picture(*SIZE), layer("Flatten"), layer("Dense", units=2))
    data = hdf5(
        {"model_weights/dense/dense/kernel:0": kernel, "model_weights/dense/dense/bias:0": np.ones(2, np.float32)},
        {
            ":model_config": json.dumps(config),
            "model_weights/dense:weight_names0": np.array([b"dense/kernel:0"]),
            "model_weights/dense:weight_names1": np.array([b"dense/bias:0"]),
        },
    )
    assert close(logits(data, X), head(X, kernel, 1.0))


@pytest.mark.parametrize(("version", "slope"), [("2.15.0", 0.2), ("3.0.5", 1 / 6)])
def test_hard_sigmoid_is_another_one_since_keras_3(version: str, slope: float) -> None:
    kernel = drawn(12 * 9 * 3, 2)
    config = sequential(picture(*SIZE), layer("Activation", activation="hard_sigmoid"), layer("Flatten"),
                        layer("Dense", units=2, use_bias=False))  # fmt: skip
    data = archive(config, {"layers/dense": [kernel]}, version)
    x = 6 * X
    assert close(logits(data, x), head((slope * x + 0.5).clamp(0, 1), kernel))


@pytest.mark.parametrize("kind", ["AveragePooling2D", "MaxPooling2D"])
@pytest.mark.parametrize(("window", "stride"), [((3, 3), (2, 2)), ((4, 4), (3, 3)), ((5, 2), (1, 3)), ((2, 3), (2, 1))])
def test_of_a_padded_window_what_lies_outside_does_not_count(kind: str, window: Any, stride: Any) -> None:
    """tf.nn.pool with padding "SAME", place by place."""
    rule = torch.mean if kind.startswith("Average") else torch.amax
    places = [-(-n // s) for n, s in zip(SIZE, stride, strict=False)]
    starts = [
        [i * s - max(0, (m - 1) * s + k - n) // 2 for i in range(m)]
        for n, m, k, s in zip(SIZE, places, window, stride, strict=False)
    ]
    high, wide = window
    y = torch.stack([
        torch.stack([rule(X[:, :, max(0, i) : i + high, max(0, j) : j + wide], (2, 3)) for j in starts[1]], -1)
        for i in starts[0]
    ], -2)  # fmt: skip
    kernel = drawn(places[0] * places[1] * 3, 2)
    pooling = layer(kind, pool_size=list(window), strides=list(stride), padding="same")
    config = sequential(picture(*SIZE), pooling, layer("Flatten"), layer("Dense", units=2, use_bias=False))
    assert close(logits(archive(config, {"layers/dense": [kernel]}), X), head(y, kernel))


@pytest.mark.parametrize(("first", "says"), [
    (layer("MaxPooling2D", pool_size=3, strides=2, padding="same"), "made for pictures of 8 × 8 pixels alone"),
    (layer("MaxPooling2D", pool_size=3, strides=1, padding="same"), ""),
    (layer("Conv2D", filters=3, kernel_size=3, strides=2, padding="same", use_bias=False), ""),
    (layer("CenterCrop", height=4, width=4), "made for pictures of 8 × 8 pixels alone"),
])  # fmt: skip
def test_pictures_of_other_sizes_are_read_where_that_is_what_keras_would_do(first: Any, says: str) -> None:
    config = sequential(picture(8, 8, 3), first, layer("GlobalAveragePooling2D"))
    module = read(archive(config, {"layers/conv2d": [drawn(3, 3, 3, 3)]})).module
    assert explorer.network_of(module, input_size=(3, 8, 8)).layers
    if says:
        with pytest.raises(BadModule, match=says):
            explorer.network_of(module, input_size=(3, 9, 9))
    else:
        assert explorer.network_of(module, input_size=(3, 9, 9)).layers


@pytest.mark.parametrize("key", [
    [{"class_name": "__ellipsis__"}, {"class_name": "__slice__", "config": {"start": None, "stop": None, "step": -1}}],
    [*[{"start": None, "stop": None, "step": None}] * 3, {"start": None, "stop": None, "step": -1}],
])  # fmt: skip
def test_colours_are_turned_round(key: Any) -> None:
    kernel = drawn(12 * 9 * 3, 2)
    turned = {**layer("GetItem", "turned"), "module": "keras.src.ops.numpy"}
    config = functional(called(picture(*SIZE)), called(turned, "input", key), called(layer("Flatten"), "turned"),
                        called(layer("Dense", units=2, use_bias=False), "flatten"), output="dense")  # fmt: skip
    assert close(logits(archive(config, {"layers/dense": [kernel]}), X), head(X.flip(1), kernel))


def test_names_of_layers_can_stand_in_code() -> None:
    """What torch generates of a network is code, in which names stand."""
    names = ['a"); import os; os.abort()  #', "class", "forward", "a.b", "a_b", "ö", "1", "x" * 300, "train"]
    kernel = drawn(3, 3, 3, 3)
    layers = [conv(name, 3, padding="same", use_bias=False) for name in names]
    config = sequential(picture(9, 9, 3), *layers, layer("GlobalAveragePooling2D", "_"))
    weights = {f"layers/conv2d{f'_{i}' if i else ''}": [kernel] for i in range(len(names))}
    network = explorer.network_of(read(archive(config, weights)).module, input_size=(3, 9, 9))
    assert list(network.layers) == [
        "a____import_os__os_abort_____", "class_", "forward_", "a_b", "a_b_1", "_", "1", "x" * 100, "train_", "__1",
        "__flatten",
    ]  # fmt: skip


def test_layers_keep_their_numbers() -> None:
    names = ["conv2d_7", "conv2d_3", "conv2d_12", "conv2d_8"]
    layers = [conv(name, 3, padding="same", use_bias=False) for name in names]
    config = functional(
        called(picture(9, 9, 3)),
        *(called(made, before) for made, before in zip(layers, ["input", *names], strict=False)),
        called(layer("Add", "add_5"), [tensor(names[-1]), tensor(names[0])]),
        called(layer("GlobalAveragePooling2D", "pool_2"), "add_5"),
        output="pool_2",
    )
    weights = {f"layers/conv2d{f'_{i}' if i else ''}": [drawn(3, 3, 3, 3)] for i in range(4)}
    network = explorer.network_of(read(archive(config, weights)).module, input_size=(3, 9, 9))
    assert list(network.layers) == [*names, "add_5.add", "pool_2", "pool_2_flatten"]


def test_a_shared_layer_is_one_with_one_weight() -> None:
    kernel = drawn(3, 3, 3, 3)
    shared = conv("conv2d", 3, padding="same", use_bias=False)
    shared |= {"name": "conv2d", "inbound_nodes": [
        {"args": [tensor("input")], "kwargs": {}}, {"args": [tensor("conv2d")], "kwargs": {}},
    ]}  # fmt: skip
    pool = called(layer("GlobalAveragePooling2D", "pool"), tensor("conv2d", 1))
    config = functional(called(picture(9, 9, 3)), shared, pool, output="pool")
    found = read(archive(config, {"layers/conv2d": [kernel]}))
    assert sum(1 for _ in found.module.parameters()) == 1
    network = explorer.network_of(found.module, input_size=(3, 9, 9))
    assert list(network.layers)[:2] == ["conv2d", "conv2d_1"]
    x = X[:, :, :9]
    y = F.conv2d(F.conv2d(x, as_torch(kernel), padding=1), as_torch(kernel), padding=1).mean((2, 3))
    assert close(logits(archive(config, {"layers/conv2d": [kernel]}), x), y)


def test_networks_of_the_same_weights_that_compute_something_else_are_told_apart() -> None:
    def key(scale: float, version: str = "3.0.0") -> str:
        rescaling = layer("Rescaling", "r", scale=scale, offset=0.0)
        pool = layer("GlobalAveragePooling2D", "pool", activation="hard_sigmoid")
        module = read(archive(sequential(picture(8, 8, 3), rescaling, pool), {}, version)).module
        return explorer.network_of(module, input_size=(3, 8, 8)).key

    assert key(1 / 255) == key(1 / 255)
    assert len({key(1 / 255), key(1 / 127.5), key(1 / 255, "2.15.0")}) == 3


def test_half_precision_is_worked_with_as_single_and_said() -> None:
    kernel = drawn(12 * 9 * 3, 2).astype(np.float16)
    policy = {"module": "keras", "class_name": "DTypePolicy", "config": {"name": "mixed_float16"}}
    config = sequential(picture(*SIZE), layer("Flatten", dtype=policy), layer("Dense", units=2, use_bias=False))
    data = archive(config, {"layers/dense": [kernel]})
    assert close(logits(data, X), head(X, kernel.astype(np.float32)))
    assert "It was made to work in mixed_float16; here it is worked with in float32" in read(data).notes


@pytest.mark.parametrize(
    ("name", "group"),
    [("Conv2D", "conv2d"), ("BatchNormalization", "batch_normalization"), ("DepthwiseConv2D", "depthwise_conv2d"),
     ("PReLU", "p_re_lu"), ("Functional", "functional")],
)  # fmt: skip
def test_groups_are_named_as_keras_names_them(name: str, group: str) -> None:
    assert snake_case(name) == group

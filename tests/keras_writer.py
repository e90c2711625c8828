"""Writes networks with Keras itself, in both kinds of file, and what they give: a program, for a process of its own.

    python -m tests.keras_writer FOLDER

For each network of the tables NAME.keras, NAME.h5 where Keras can write it so, and NAME.npz: `x` as Keras takes it and
`y`, what comes out without a last softmax or sigmoid.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

os.environ["KERAS_BACKEND"] = "torch"

import keras
import numpy as np
from keras import layers as L

Model = Any
SIZE = (13, 10, 3)  # not as high as wide, odd and even


def chain(*layers: Any, size: tuple[int, ...] = SIZE) -> Model:
    """Layers in a row, then a head that reads every place."""
    return keras.Sequential([keras.Input(size), *layers, L.Flatten(), L.Dense(3)])


def around(function: Callable[[Any], Any], size: tuple[int, ...] = SIZE) -> Model:
    """A functional model around a function of the picture, with the same head."""
    x = keras.Input(size)
    y = function(x)
    return keras.Model(x, L.Dense(3)(L.Flatten()(y) if len(y.shape) > 2 else y))


def windows() -> Iterator[tuple[str, Callable[[], Model]]]:
    for padding in ("same", "valid"):
        for kernel, stride in ((3, 1), (3, 2), ((2, 4), 1), ((5, 2), (1, 3)), (1, 2), (2, 2), (4, 3)):
            name = f"{padding} {kernel} {stride}".replace("(", "").replace(")", "").replace(", ", "x")
            yield f"conv {name}", lambda k=kernel, s=stride, p=padding: chain(L.Conv2D(4, k, s, p, activation="tanh"))
            if padding == "valid" or (kernel, stride) == (3, 1):  # else see `test_keras_files.py`: backends differ
                yield f"average {name}", lambda k=kernel, s=stride, p=padding: chain(L.AveragePooling2D(k, s, p))
            yield f"max {name}", lambda k=kernel, s=stride, p=padding: chain(L.Conv2D(2, 1), L.MaxPooling2D(k, s, p))
        for kernel, stride in ((3, 1), (3, 2), (2, 1), (4, 2)):
            name = f"{padding} {kernel} {stride}"
            yield (
                f"depthwise {name}",
                lambda k=kernel, s=stride, p=padding: chain(
                    L.DepthwiseConv2D(k, s, p, depth_multiplier=2, activation="relu")
                ),
            )
            yield (
                f"separable {name}",
                lambda k=kernel, s=stride, p=padding: chain(
                    L.SeparableConv2D(5, k, s, p, depth_multiplier=2, use_bias=s == 1)
                ),
            )
        yield f"dilated {padding}", lambda p=padding: chain(L.Conv2D(4, (3, 2), padding=p, dilation_rate=(2, 3)))
        yield (
            f"dilated separable {padding}",
            lambda p=padding: chain(L.SeparableConv2D(4, 3, padding=p, dilation_rate=2)),
        )
        yield f"grouped {padding}", lambda p=padding: chain(L.Conv2D(6, 3, padding=p, groups=3, use_bias=False))
    for method in ("nearest", "bilinear"):
        yield (
            f"enlarged {method}",
            lambda m=method: chain(L.Conv2D(4, 3), L.UpSampling2D((2, 3), interpolation=m)),
        )
    for keepdims in (True, False):
        yield (
            f"global average {keepdims}",
            lambda k=keepdims: chain(L.Conv2D(4, 3), L.GlobalAveragePooling2D(keepdims=k)),
        )
        yield f"global max {keepdims}", lambda k=keepdims: chain(L.Conv2D(4, 3), L.GlobalMaxPooling2D(keepdims=k))


def activations() -> Iterator[tuple[str, Callable[[], Model]]]:
    for name in (
        "relu", "relu6", "sigmoid", "tanh", "silu", "swish", "gelu", "hard_sigmoid", "hard_silu", "hard_swish",
        "hard_tanh", "elu", "selu", "celu", "mish", "softplus", "softsign", "exponential", "log_sigmoid", "tanh_shrink",
        "hard_shrink", "soft_shrink", "leaky_relu", "softmax", "log_softmax", "linear",
    ):  # fmt: skip
        yield f"activation {name}", lambda n=name: chain(L.Conv2D(4, 3, activation=n), L.Dense(5), L.Activation(n))
    for name, layer in {
        "relu": L.ReLU,
        "relu most": lambda: L.ReLU(max_value=0.5),
        "relu 6": lambda: L.ReLU(6.0),
        "relu slope": lambda: L.ReLU(negative_slope=0.1),
        "relu all": lambda: L.ReLU(max_value=0.5, negative_slope=0.2, threshold=0.1),
        "relu threshold": lambda: L.ReLU(threshold=0.2),
        "leaky": lambda: L.LeakyReLU(0.15),
        "elu": lambda: L.ELU(0.7),
        "prelu": L.PReLU,
        "prelu shared": lambda: L.PReLU(shared_axes=[1, 2]),
        "prelu one": lambda: L.PReLU(shared_axes=[1, 2, 3]),
        "prelu rows": lambda: L.PReLU(shared_axes=[2, 3]),
        "softmax": L.Softmax,
        "softmax rows": lambda: L.Softmax(axis=1),
    }.items():
        yield f"layer {name}", lambda make=layer: chain(L.Conv2D(4, 3), make())
    yield "activation as layer", lambda: chain(L.Conv2D(4, 3, activation=L.LeakyReLU(0.3)), L.Activation(L.ReLU(6.0)))
    yield "prelu behind flatten", lambda: chain(L.Conv2D(4, 3), L.Flatten(), L.PReLU(), L.Dense(4), L.PReLU())


def normalisations() -> Iterator[tuple[str, Callable[[], Model]]]:
    for scale in (True, False):
        for center in (True, False):
            yield f"batch norm {scale} {center}", lambda s=scale, c=center: chain(
                L.Conv2D(4, 3), L.BatchNormalization(scale=s, center=c, epsilon=0.1), L.Flatten(),
                L.BatchNormalization(scale=s, center=c),
            )  # fmt: skip
            yield f"layer norm {scale} {center}", lambda s=scale, c=center: chain(
                L.Conv2D(4, 3), L.LayerNormalization(scale=s, center=c, epsilon=0.1), L.Flatten(),
                L.LayerNormalization(scale=s, center=c),
            )  # fmt: skip
    yield "batch norm rows", lambda: chain(L.BatchNormalization(axis=1), L.Conv2D(4, 3), L.BatchNormalization(axis=1))
    yield "rescaling", lambda: chain(L.Rescaling(1 / 127.5, offset=-1), L.Conv2D(4, 3))
    yield "rescaling each", lambda: chain(L.Rescaling([0.1, 0.2, 0.3], offset=[1.0, 0.0, -1.0]), L.Conv2D(4, 3))
    yield "normalization said", lambda: chain(L.Normalization(mean=[0.1, 0.4, 0.5], variance=[0.2, 0.3, 0.0]))
    yield "normalization learnt", lambda: chain(adapted(L.Normalization()), L.Conv2D(4, 3))
    yield "normalization one", lambda: chain(adapted(L.Normalization(axis=None)), L.Conv2D(4, 3))


def adapted(layer: Any) -> Any:
    layer.adapt(np.random.default_rng(3).uniform(0, 9, (4, *SIZE)).astype(np.float32) * [1, 2, 3])
    return layer


def arrangements() -> Iterator[tuple[str, Callable[[], Model]]]:
    yield "order", lambda: chain(L.Conv2D(4, 3), L.Flatten(), L.Dropout(0.5), L.BatchNormalization(), L.Dense(6))
    yield "zero padding", lambda: chain(L.ZeroPadding2D(((1, 2), (0, 3))), L.Conv2D(4, 3, 2))
    yield "cropping", lambda: chain(L.Cropping2D(((1, 2), (0, 3))), L.Conv2D(4, 3))
    yield "center crop", lambda: chain(L.CenterCrop(6, 5), L.Conv2D(4, 3))
    yield "reshape row", lambda: chain(L.Conv2D(4, 3), L.Flatten(), L.Reshape((8, 11, 4)), L.Conv2D(3, 2))
    yield "reshape maps", lambda: chain(L.Conv2D(4, 3), L.Reshape((22, 4, -1)), L.Conv2D(3, 2))
    yield "reshape channels", lambda: chain(L.GlobalAveragePooling2D(), L.Reshape((1, 1, 3)), L.Conv2D(3, 1))
    yield "reshape flat", lambda: chain(L.Conv2D(4, 3), L.Reshape((-1,)), L.Dense(4))
    yield "permute", lambda: chain(L.Permute((2, 1, 3)), L.Conv2D(4, (3, 2)), L.Permute((3, 1, 2)), L.Conv2D(2, 2))
    yield "augmented", lambda: chain(
        L.RandomFlip(), L.RandomRotation(0.1), L.RandomZoom(0.1), L.RandomContrast(0.1), L.RandomTranslation(0.1, 0.1),
        L.GaussianNoise(0.1), L.Conv2D(4, 3), L.SpatialDropout2D(0.3), L.GaussianDropout(0.2), L.AlphaDropout(0.1),
    )  # fmt: skip
    yield "plane", lambda: chain(L.Rescaling(1 / 255), L.Flatten(), L.Dense(5, activation="relu"), size=(8, 7))
    yield "plane as maps", lambda: chain(L.Reshape((8, 7, 1)), L.Conv2D(4, 3), size=(8, 7))
    yield "one channel", lambda: chain(L.Conv2D(4, 3), size=(8, 7, 1))
    yield "channels first", lambda: chain(
        L.Conv2D(4, 3, padding="same", data_format="channels_first"), L.BatchNormalization(axis=1),
        L.MaxPooling2D(2, data_format="channels_first"), L.DepthwiseConv2D(3, data_format="channels_first"),
        L.ZeroPadding2D(1, data_format="channels_first"), L.AveragePooling2D(3, data_format="channels_first"),
        L.Flatten(data_format="channels_first"), size=(3, 13, 10),
    )  # fmt: skip
    yield (
        "channels first to last",
        lambda: chain(
            L.Conv2D(4, 3, data_format="channels_first"), L.Permute((2, 3, 1)), L.Conv2D(2, 3), size=(3, 13, 10)
        ),
    )
    yield "channels first pooled", lambda: chain(
        L.Conv2D(4, 3, data_format="channels_first"), L.GlobalAveragePooling2D(data_format="channels_first"),
        size=(3, 13, 10),
    )  # fmt: skip


def joined() -> Iterator[tuple[str, Callable[[], Model]]]:
    for make in (L.Add, L.Multiply, L.Average, L.Maximum, L.Minimum, L.Concatenate):
        yield make.__name__.lower(), lambda m=make: around(lambda x: m()([L.Conv2D(4, 3)(x) for _ in range(3)]))
    yield "subtract", lambda: around(lambda x: L.Subtract()([L.Conv2D(4, 3)(x), L.Conv2D(4, 3)(x)]))
    yield (
        "concatenated rows",
        lambda: around(
            lambda x: L.Concatenate()([L.Flatten()(L.Conv2D(2, 3)(x)), L.GlobalMaxPooling2D()(x), L.Flatten()(x)])
        ),
    )
    yield "concatenated heights", lambda: around(lambda x: L.Concatenate(axis=1)([x, L.Conv2D(3, (2, 1))(x)]))
    yield (
        "added rows",
        lambda: around(lambda x: L.Add()([L.Flatten()(L.Conv2D(3, 1)(x)), L.Dense(390)(L.GlobalMaxPooling2D()(x))])),
    )
    yield "gate", lambda: around(gate)
    yield "gate of a row", lambda: around(lambda x: L.Multiply()([x, L.Dense(3)(L.GlobalAveragePooling2D()(x))]))
    yield "shared", lambda: around(shared)
    yield "arithmetic", lambda: around(lambda x: L.Conv2D(4, 3)((1 - x / 127.5) * 2 + np.float32([0.1, 0.2, 0.3])))
    yield "arithmetic of two", lambda: around(lambda x: (x - L.Conv2D(3, 1)(x)) / (x + 1) * L.Conv2D(3, 1)(x))
    yield (
        "functions",
        lambda: around(
            lambda x: keras.ops.relu(keras.ops.mean(L.Conv2D(4, 3)(x), axis=[1, 2])) + keras.ops.cast(1, "float32")
        ),
    )
    yield "caffe", lambda: around(lambda x: L.Conv2D(4, 3)(keras.applications.vgg16.preprocess_input(x)))


def gate(x: Any) -> Any:
    """Squeeze and excitation, as keras.applications writes it."""
    y = L.Conv2D(4, 3)(x)
    squeezed = L.Reshape((1, 1, 4))(L.GlobalAveragePooling2D()(y))
    return L.multiply([y, L.Conv2D(4, 1, activation="sigmoid")(L.Conv2D(2, 1, activation="silu")(squeezed))])


def shared(x: Any) -> Any:
    convolution, norm = L.Conv2D(3, 3, padding="same"), L.BatchNormalization()
    return L.Concatenate()([norm(convolution(x)), norm(convolution(convolution(x)))])


def nested() -> Iterator[tuple[str, Callable[[], Model]]]:
    def inside(size: tuple[int, ...] = SIZE) -> Model:
        x = keras.Input(size)
        y = L.Conv2D(3, 3, padding="same", activation="relu")(x)
        return keras.Model(x, L.BatchNormalization()(L.Conv2D(3, 3, padding="same")(L.Add()([x, y]))), name="inside")

    yield "inside sequential", lambda: chain(L.RandomFlip(), inside(), L.Conv2D(3, 3), L.BatchNormalization())
    yield "inside functional", lambda: around(lambda x: inside()(L.Conv2D(3, 1)(x)))
    yield "inside twice", lambda: around(lambda x, m=None: called_twice(inside(), x))
    yield (
        "sequential inside",
        lambda: around(
            lambda x: keras.Sequential([L.Conv2D(3, 3), L.BatchNormalization()])(
                keras.Sequential([L.RandomFlip(), L.Conv2D(2, 3)])(x)
            )
        ),
    )
    yield "inside inside", lambda: chain(keras.Sequential([keras.Input(SIZE), inside(), L.Conv2D(3, 1)], name="outer"))
    yield "frozen inside", lambda: chain(frozen(inside()), L.Conv2D(3, 3))


def called_twice(model: Model, x: Any) -> Any:
    return L.Concatenate()([model(model(x)), model(x)])


def frozen(model: Model) -> Model:
    model.trainable = False
    return model


def ends() -> Iterator[tuple[str, Callable[[], Model]]]:
    head = (L.Conv2D, L.Flatten, L.Dense)
    convolution, flatten, dense = head
    yield (
        "end softmax",
        lambda: keras.Sequential([keras.Input(SIZE), convolution(4, 3), flatten(), dense(5, activation="softmax")]),
    )
    yield (
        "end sigmoid",
        lambda: keras.Sequential([keras.Input(SIZE), convolution(4, 3), flatten(), dense(1, activation="sigmoid")]),
    )
    yield "end maps", lambda: keras.Sequential([keras.Input(SIZE), convolution(4, 3), convolution(5, (11, 8))])
    yield "end order", lambda: keras.Sequential([keras.Input(SIZE), convolution(4, (12, 9)), flatten()])
    yield "with optimizer", with_optimizer


def with_optimizer() -> Model:
    model = chain(L.Conv2D(4, 3), L.BatchNormalization())
    model.compile("adam", "mse")
    model.optimizer.build(model.trainable_variables)
    return model


def applications() -> Iterator[tuple[str, Callable[[], Model]]]:
    made: dict[str, Callable[..., Model]] = {
        "MobileNetV2": lambda **k: keras.applications.MobileNetV2(alpha=0.35, **k),
        "MobileNetV3Small": keras.applications.MobileNetV3Small,
        "EfficientNetB0": keras.applications.EfficientNetB0,
    }
    for name, make in made.items():
        yield name, lambda m=make: m(weights=None, input_shape=(64, 64, 3), classes=5)


TABLES = (windows, activations, normalisations, arrangements, joined, nested, ends, applications)


def randomise(model: Model, rng: np.random.Generator) -> None:
    """Biases, statistics and slopes that a fault would show in."""
    for variable in model.weights:
        name, shape = variable.path.split("/")[-1], variable.shape
        if name in ("moving_variance", "gamma", "alpha"):
            variable.assign(rng.uniform(0.2, 1.5, shape).astype(np.float32))
        if name in ("moving_mean", "bias", "beta"):
            variable.assign(rng.normal(0, 0.3, shape).astype(np.float32))


def logits(model: Model, x: Any) -> Any:
    """What comes out without a last softmax or sigmoid."""
    last = model.layers[-1]
    if getattr(last, "activation", None) in (keras.activations.softmax, keras.activations.sigmoid):
        last.activation = keras.activations.linear
    return keras.ops.convert_to_numpy(model(x, training=False))


def write(folder: Path) -> None:
    keras.utils.set_random_seed(0)
    for table in TABLES:
        for name, make in table():
            rng = np.random.default_rng(sum(name.encode()))
            model = make()
            randomise(model, rng)
            model.save(folder / f"{name}.keras")
            model.save(folder / f"{name}.h5")
            x = rng.uniform(-1, 1, (2, *(side or 32 for side in model.input_shape[1:]))).astype(np.float32)
            np.savez(folder / f"{name}.npz", x=x, y=logits(model, x))


if __name__ == "__main__":
    write(Path(sys.argv[1]))

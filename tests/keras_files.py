"""Files of Keras's made by hand: `.keras` archives of Keras 3, and the `.h5` that Keras 2 wrote."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from typing import Any

import h5py
import numpy as np
import pytest
import torch

from explorer.errors import BadModelFile
from explorer.loading.keras.reading import read_keras
from explorer.loading.model_file import ModelFile

Config = dict[str, Any]
Arrays = Sequence[np.ndarray[Any, Any]]
RNG = np.random.default_rng(0)


def drawn(*shape: int) -> np.ndarray[Any, Any]:
    return RNG.normal(0, 0.5, shape).astype(np.float32)


def layer(kind: str, name: str = "", **config: Any) -> Config:
    """As Keras 3 writes it in a Sequential."""
    name = name or kind.lower()
    return {"module": "keras.layers", "class_name": kind, "config": {"name": name, **config}, "registered_name": None}


def picture(*shape: int | None, name: str = "input") -> Config:
    return layer("InputLayer", name, batch_shape=[None, *shape], dtype="float32")


def sequential(*layers: Config, name: str = "sequential", **config: Any) -> Config:
    return {"class_name": "Sequential", "config": {"name": name, "layers": list(layers), **config}}


def tensor(name: str, call: int = 0) -> Config:
    return {"class_name": "__keras_tensor__", "config": {"keras_history": [name, call, 0]}}


def called(made: Config, *args: Any, **kwargs: Any) -> Config:
    """The same in a functional model of Keras 3; a text among what it is called with is the name of a layer."""
    given = [tensor(arg) if isinstance(arg, str) else arg for arg in args]
    calls = [{"args": given, "kwargs": kwargs}] if args else []
    return {**made, "name": made["config"]["name"], "inbound_nodes": calls}


def called_before(made: Config, *calls: Sequence[Any]) -> Config:
    """The same as Keras 2 writes it: each call a list of [layer, call, tensor, kwargs]."""
    return {**made, "name": made["config"]["name"], "inbound_nodes": [list(call) for call in calls]}


def functional(*layers: Config, output: str, input: str = "input", name: str = "model") -> Config:  # noqa: A002
    ends = {"input_layers": [[input, 0, 0]], "output_layers": [[output, 0, 0]]}
    return {"class_name": "Functional", "config": {"name": name, "layers": list(layers), **ends}}


def hdf5(arrays: Mapping[str, Any] = {}, texts: Mapping[str, Any] = {}, **options: Any) -> bytes:
    """Arrays by their path; texts by the path of their group and, behind a colon, their own name."""
    stream = io.BytesIO()
    with h5py.File(stream, "w", **options) as file:
        for path, values in arrays.items():
            file[path] = values
        for path, text in texts.items():
            group, _, name = path.rpartition(":")
            file.require_group(group or "/").attrs[name] = text
    return stream.getvalue()


def archive(
    config: Any, weights: Mapping[str, Arrays] | bytes = {}, version: str = "3.15.1", method: int = zipfile.ZIP_STORED
) -> bytes:  # fmt: skip
    """A `.keras` file; `weights` by the path of their layer, such as layers/conv2d_1."""
    if not isinstance(weights, bytes):
        weights = hdf5({f"{path}/vars/{i}": a for path, arrays in weights.items() for i, a in enumerate(arrays)})
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as file:
        file.writestr("metadata.json", json.dumps({"keras_version": version}))
        file.writestr("config.json", config if isinstance(config, str) else json.dumps(config))
        file.writestr("model.weights.h5", weights)
    return stream.getvalue()


def old_file(
    config: Config, weights: Mapping[str, Mapping[str, Any]], version: str = "2.15.0", fixed: bool = False
) -> bytes:
    """A `.h5` of Keras 2: `weights` by the name of their layer, then by their own; `fixed` as by h5py before 3."""
    arrays = {f"model_weights/{name}/{key}": values for name, own in weights.items() for key, values in own.items()}
    text = np.bytes_ if fixed else str.encode
    texts: dict[str, Any] = {
        ":model_config": text(json.dumps(config)),
        ":keras_version": text(version),
        ":backend": text("tensorflow"),
        "model_weights:layer_names": np.array([name.encode() for name in weights]),
    }
    for name, own in weights.items():
        texts[f"model_weights/{name}:weight_names"] = np.array([key.encode() for key in own])
    return hdf5(arrays, texts)


def read(data: bytes) -> ModelFile:
    return read_keras(data, "net.keras")


def logits(data: bytes, x: torch.Tensor) -> torch.Tensor:
    with torch.inference_mode():
        found: torch.Tensor = read(data).module(x)
    return found


def refusal(data: bytes) -> str:
    """The sentence with which a file is refused, without its beginning."""
    with pytest.raises(BadModelFile) as caught:
        read(data)
    text = str(caught.value)
    assert text.startswith("'net.keras' ")
    assert text.endswith(".")
    return text.removeprefix("'net.keras' ")


def course() -> bytes:
    """The network that a first course builds, small."""
    config = sequential(
        picture(24, 24, 3),
        layer("Conv2D", "conv", filters=4, kernel_size=[3, 3], activation="relu"),
        layer("MaxPooling2D", "pool"),
        layer("Flatten", "flat"),
        layer("Dense", "fc", units=3, activation="softmax"),
    )
    weights = {"layers/conv2d": [drawn(3, 3, 3, 4), drawn(4)], "layers/dense": [drawn(11 * 11 * 4, 3), drawn(3)]}
    return archive(config, weights)

"""Networks that Keras wrote, read without it, against what Keras itself makes of the same input."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from explorer.convolution.opened import open_value, strongest
from explorer.loading.keras.reading import read_keras
from explorer.loading.module import network_of
from explorer.trace import run
from tests.tiny import noise_image

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
LEAST = 160  # networks in the tables of the writer


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the files of `tests/keras_writer.py`."""
    folder = tmp_path_factory.mktemp("keras")
    done = subprocess.run(
        [sys.executable, "-m", "tests.keras_writer", str(folder)],
        cwd=ROOT, env={**os.environ, "CUDA_VISIBLE_DEVICES": ""}, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    return folder


def names(folder: Path) -> list[str]:
    return sorted(path.stem for path in folder.glob("*.npz"))


def difference(folder: Path, name: str, kind: str) -> float:
    """Between our logits and Keras's, of the largest one."""
    kept = np.load(folder / f"{name}.npz")
    x = torch.from_numpy(kept["x"])
    found = read_keras(folder / f"{name}.{kind}", name)
    if not is_channels_first(name):
        x = x.permute(0, 3, 1, 2) if x.ndim == 4 else x[:, None]
    assert tuple(x.shape[1:]) == found.input_size
    with torch.inference_mode():
        y = found.module(x).numpy()
    expected = kept["y"].reshape(len(y), -1)
    assert y.shape == expected.shape
    return float(np.abs(y - expected).max() / np.abs(expected).max())


def is_channels_first(name: str) -> bool:
    return name.startswith("channels first")


@pytest.mark.parametrize("kind", ["keras", "h5"])
def test_each_network_gives_what_keras_gives(kind: str, written: Path) -> None:
    assert len(names(written)) >= LEAST
    wrong = {}
    for name in names(written):
        try:
            found = difference(written, name, kind)
        except Exception as error:
            wrong[name] = str(error)
        else:
            if not found <= 1e-4:
                wrong[name] = f"{found:.1e}"
    assert not wrong


@pytest.mark.parametrize("name", ["MobileNetV2", "EfficientNetB0", "MobileNetV3Small"])
def test_a_network_of_keras_applications_opens_like_any_other(name: str, written: Path) -> None:
    found = read_keras(written / f"{name}.keras", name)
    network = network_of(found.module, found.preparation, input_size=found.input_size, name=name)
    trace = run(network, noise_image())
    layers = [layer for layer in network.layers.values() if layer.kind in ("convolution", "dense")]
    assert len(layers) > 30
    for layer in (layers[0], layers[len(layers) // 2], layers[-1]):
        opened = open_value(trace, layer.name, strongest(trace, layer.name))
        assert opened.agrees
        assert all(step.agrees for step in opened.steps)
    known = {layer.name.partition(".")[0] for layer in layers}
    assert known <= set(found.module._modules)

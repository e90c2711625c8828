"""The borders of the program: what reads there, and files or words that are right."""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch
from hypothesis import strategies as st
from PIL import Image

from explorer.convolution import typed_kernel
from explorer.errors import ExplorerError
from explorer.lessons.reading import lesson_of
from explorer.lessons.shelf import SHIPPED
from explorer.loading.builtin import ARCHITECTURES
from explorer.loading.catalog import CATALOG, find
from explorer.loading.categories import read_categories
from explorer.loading.checkpoints import read_checkpoint
from explorer.loading.configurations import parted
from explorer.loading.load import load_network
from explorer.loading.model_files import network_in
from explorer.loading.preparations import parse_preparation
from explorer.pictures.image import read_image
from explorer.pictures.sound import read_sound
from explorer.targets import parse_target
from explorer.ui.elements.box import parse_box
from explorer.ui.frame import arrival, link
from tests.fuzz.damage import damaged, reworded
from tests.keras_files import archive, course, drawn, layer, old_file, picture, sequential
from tests.onnx_files import convolutional
from tests.picture_files import encode, photo, png16, written
from tests.sounds import tone, wav
from tests.weight_files import STATE, saved

MOST_SECONDS, MOST_BYTES = 10.0, 600 << 20  # of the processor and of memory, for one file
_MAX_FILE = 10 << 20


@dataclass(frozen=True)
class Border:
    """What reads there, and what is thought up for it; `n_examples` are tried each time."""

    read: Callable[[Any], object]
    thought_up: Callable[[], st.SearchStrategy[Any]]
    n_examples: int


def pictures() -> list[bytes]:
    small = Image.fromarray(photo(20, 30))
    kinds = [encode(small, kind) for kind in ("PNG", "JPEG", "GIF", "WEBP", "BMP", "TIFF", "AVIF")]
    palette = encode(small.convert("P"), "PNG")
    turned = Image.Exif()
    turned[0x0112] = 6
    deep = np.arange(600, dtype=np.uint16).reshape(20, 30) * 100
    return [
        *kinds,
        palette,
        encode(small, "JPEG", exif=turned),
        png16(deep[..., None]),
        written(deep),
        written(photo(20, 30)),
    ]


def weights() -> list[bytes]:
    from safetensors.torch import save

    states = [STATE, {key: value.double() for key, value in STATE.items()}, {"state_dict": STATE, "epoch": 3}]
    return [save(STATE), *(saved(state, legacy=legacy) for state in states for legacy in (False, True))]


def of_lenet() -> list[bytes]:
    torch.manual_seed(0)
    return [saved(ARCHITECTURES["lenet5"]().state_dict())]


def onnx() -> list[bytes]:
    return [convolutional()]


def keras() -> list[bytes]:
    layers = (picture(12, 12, 3), layer("Conv2D", "conv", filters=2, kernel_size=[3, 3]), layer("Flatten", "flat"))
    return [course(), archive(sequential(*layers), {"layers/conv2d": [drawn(3, 3, 3, 2), drawn(2)]})]


def old_keras() -> list[bytes]:
    layers = (
        layer("InputLayer", "input", batch_input_shape=[None, 12, 12, 3]),
        layer("Conv2D", "conv", filters=2, kernel_size=[3, 3]),
        layer("GlobalAveragePooling2D", "mean"),
    )
    return [old_file(sequential(*layers), {"conv": {"kernel": drawn(3, 3, 3, 2), "bias": drawn(2)}})]


def class_names() -> list[bytes]:
    names = ["cat", "dog", "Dachs, der", "é"]
    return [
        "\n".join(names).encode(), json.dumps(names).encode(),
        json.dumps({name: i for i, name in enumerate(names)}).encode(),
        b'index,name\n0,cat\n1,dog\n2,"Dachs, der"\n3,x\n', b"names:\n  0: cat\n  1: dog\n  2: fox\n  3: 'owl'\n",
        b"- cat\n- dog\n- fox\n- owl\n", "cat\r\ndog\r\nfox\r\nowl".encode("utf-16"),
    ]  # fmt: skip


def configurations() -> list[bytes]:
    timm = {"input_size": [3, 32, 32], "mean": [0.5, 0.5, 0.5], "std": [0.2, 0.2, 0.2], "interpolation": "bicubic"}
    hub = {
        "size": {"shortest_edge": 32},
        "do_normalize": True,
        "image_mean": [0.5] * 3,
        "image_std": [0.5] * 3,
        "resample": 2,
    }
    return [
        json.dumps(one).encode() for one in (timm, {"pretrained_cfg": timm}, hub, {"id2label": {"0": "a", "1": "b"}})
    ]


def lessons() -> list[bytes]:
    return [path.read_bytes() for path in sorted(SHIPPED.glob("*.toml"))]


@lru_cache(maxsize=1)
def network() -> Any:
    return load_network("basic_cnn", "random")


def followed(text: str) -> object:
    """What a link says at each place where the pages read one."""
    state = SimpleNamespace(session_state={}, query_params={})
    usual = link.st  # type: ignore[attr-defined]
    link.st = arrival.st = state  # type: ignore[attr-defined, assignment]
    try:
        state.query_params = _Query({"channel": text, "layer": text, "filter": text})
        state.rerun = lambda: None
        arrival.arrive("")
        return [
            link.standing("layer", ["conv1"]), link.standing_number("channel", 7), link.standing_index("channel", 8),
            link.is_unmet("layer", ["conv1"]), link.keep("layer", ["conv1", "conv2"]),
        ]  # fmt: skip
    finally:
        link.st = arrival.st = usual  # type: ignore[attr-defined]


class _Query(dict[str, str]):
    to_dict = dict.copy


def _names(given: tuple[bytes, int]) -> object:
    return read_categories(given[0], given[1], "names.txt")


def _of(read: Callable[..., object], *rest: object, **options: object) -> Callable[[Any], object]:
    return lambda data: read(data, *rest, **options)


def _files(made: Callable[[], Sequence[bytes]]) -> Callable[[], st.SearchStrategy[bytes]]:
    return lambda: damaged(made())


def _words(*right: str) -> Callable[[], st.SearchStrategy[str]]:
    return lambda: reworded(right)


BORDERS: dict[str, Border] = {
    "picture": Border(_of(read_image, "a.png"), _files(pictures), 150),
    "sound": Border(_of(read_sound, "a.wav"), _files(lambda: [wav(tone(440, seconds=0.02))]), 60),
    "weights": Border(_of(read_checkpoint, "a.pth"), _files(weights), 120),
    "weights of LeNet": Border(lambda data: load_network("lenet5", data), _files(of_lenet), 15),
    "ONNX": Border(_of(network_in, "a.onnx", max_bytes=_MAX_FILE), _files(onnx), 40),
    "Keras": Border(_of(network_in, "a.keras", max_bytes=_MAX_FILE), _files(keras), 40),
    "old Keras": Border(_of(network_in, "a.h5", max_bytes=_MAX_FILE), _files(old_keras), 40),
    "class names": Border(_names, lambda: st.tuples(damaged(class_names()), st.integers(1, 5)), 100),
    "configuration": Border(lambda data: parted([("config.json", data)]), _files(configurations), 60),
    "lesson": Border(_of(lesson_of, "a.toml"), _files(lessons), 60),
    "link": Border(followed, _words("conv1", "7", "12"), 60),
    "name of a network": Border(find, _words("resnet50", "timm/resnet50d", "lenet5"), 60),
    "preparation": Border(
        _of(parse_preparation, CATALOG["resnet18"]), _words("half,crop=192,channels=BGR", "imagenet,mean=0.5/0.5/0.5"),
        80,
    ),
    "typed kernel": Border(typed_kernel, _words("1 2 1; 2 4 2; 1 2 1", "-1,0,1"), 80),
    "box": Border(_of(parse_box, (48, 64)), _words("1, 2, 30, 40", "0;0;1;1"), 80),
    "target": Border(
        lambda text: parse_target(network(), text), _words("cat", "0-1", "features.0:0:3:4", "cat - dog"), 80
    ),
}  # fmt: skip


@contextmanager
def bounded() -> Iterator[None]:
    """Time of the processor and memory that one reading may take."""
    started, before = time.process_time(), _peak_bytes()
    yield
    took, grown = time.process_time() - started, _peak_bytes() - before
    assert took <= MOST_SECONDS, f"it took {took:.1f} s"
    assert grown <= MOST_BYTES, f"it took {grown >> 20} MiB"


def _peak_bytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << (0 if sys.platform == "darwin" else 10)


def tried(border: Border, given: Any) -> None:
    """A result, or a sentence; whatever else is raised is a fault."""
    with bounded():
        try:
            border.read(given)
        except ExplorerError as error:
            text = str(error)
            assert text.strip(), "a refusal without a word"
            assert len(text) < 2000, "a refusal that nobody reads"
            assert "weights_only" not in text

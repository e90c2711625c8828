"""Files of Keras's that somebody changed: nothing is followed out of them, none takes long or much memory."""

from __future__ import annotations

import io
import resource
import struct
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from explorer.errors import BadModelFile
from explorer.loading.keras.hdf5 import read_hdf5
from explorer.loading.keras.reading import read_keras
from tests.keras_files import (
    archive,
    called,
    drawn,
    functional,
    hdf5,
    layer,
    old_file,
    picture,
    refusal,
    sequential,
    tensor,
)

SIZE = (8, 8, 3)
GOOD = sequential(
    picture(*SIZE), layer("Conv2D", "conv2d", filters=4, kernel_size=[3, 3]), layer("BatchNormalization", "norm"),
    layer("Flatten"), layer("Dense", units=2),
)  # fmt: skip
WEIGHTS = {
    "layers/conv2d": [drawn(3, 3, 3, 4), drawn(4)], "layers/batch_normalization": [abs(drawn(4)) for _ in range(4)],
    "layers/dense": [drawn(144, 2), drawn(2)],
}  # fmt: skip


def new_form() -> bytes:
    return archive(GOOD, WEIGHTS)


def old_form() -> bytes:
    names = {"layers/conv2d": "conv2d", "layers/batch_normalization": "norm", "layers/dense": "dense"}
    return old_file(GOOD, {names[k]: {f"{names[k]}/{i}:0": a for i, a in enumerate(own)} for k, own in WEIGHTS.items()})


@pytest.fixture(autouse=True)
def within_bounds() -> Iterator[None]:
    """5 s of work and 300 MB for all files of one test."""
    memory, begun = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    yield
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory) * (1 if sys.platform == "darwin" else 1024)
    assert time.process_time() - begun < 5
    assert grown < 300 << 20


# HDF5


def test_what_is_read_of_hdf5_is_what_its_own_library_reads() -> None:
    for data in (old_form(), zipfile.ZipFile(io.BytesIO(new_form())).read("model.weights.h5")):
        stored = read_hdf5(data)
        arrays: dict[str, Any] = {}
        texts: dict[str, dict[str, tuple[str, ...]]] = {}

        def visit(name: str, item: Any, arrays: dict[str, Any] = arrays, texts: dict[str, Any] = texts) -> None:
            if isinstance(item, h5py.Dataset):
                arrays[name] = item[()]
            else:
                texts[name] = {key: as_texts(item.attrs[key]) for key in item.attrs}

        with h5py.File(io.BytesIO(data)) as file:
            visit("", file)
            file.visititems(visit)
        assert stored.arrays.keys() == arrays.keys()
        assert all(np.array_equal(stored.arrays[name], arrays[name]) for name in arrays)
        assert stored.texts == texts


def as_texts(value: Any) -> tuple[str, ...]:
    return tuple(one.decode() if isinstance(one, bytes) else str(one) for one in np.atleast_1d(value))


@pytest.mark.parametrize("dtype", ["<f2", ">f2", "<f4", ">f4", "<f8", ">f8"])
def test_numbers_of_any_precision_and_order_become_single(dtype: str) -> None:
    values = drawn(5, 7).astype(np.float16)
    found = read_hdf5(
        hdf5({"a": values.astype(dtype), "empty": np.zeros((0, 4), dtype), "one": np.dtype(dtype).type(3)})
    )
    assert np.array_equal(found.arrays["a"], values.astype(np.float32))
    assert (found.arrays["empty"].shape, float(found.arrays["one"])) == ((0, 4), 3.0)
    assert {array.dtype for array in found.arrays.values()} == {np.dtype(np.float32)}


def test_many_names_in_one_group_and_texts_of_both_kinds() -> None:
    arrays = {f"g/{i:04}/x": np.float32([i]) for i in range(1500)}
    names = np.array([f"name {i}".encode() for i in range(300)])
    found = read_hdf5(hdf5(arrays, {"g:layer_names": names, "g:other": [f"ä{i}" for i in range(300)], ":number": 7}))
    assert [float(found.arrays[f"g/{i:04}/x"][0]) for i in range(1500)] == list(range(1500))
    assert found.listed("g", "layer_names") == tuple(f"name {i}" for i in range(300))
    assert found.listed("g", "other") == tuple(f"ä{i}" for i in range(300))
    assert found.text("", "number") == ""


def changed(change: Callable[[h5py.File], None], **options: Any) -> bytes:
    """The weights of a good archive after a change of the one convolution's."""
    stream = io.BytesIO(zipfile.ZipFile(io.BytesIO(new_form())).read("model.weights.h5"))
    if options:
        new = io.BytesIO()
        with h5py.File(stream) as old, h5py.File(new, "w", **options) as file:
            old.copy("layers", file)
        stream = new
    with h5py.File(stream, "r+") as file:
        change(file["layers/conv2d/vars"])
    return archive(GOOD, stream.getvalue())


def replace(make: Callable[[Any], None]) -> Callable[[Any], None]:
    def change(group: Any) -> None:
        del group["0"]
        make(group)

    return change


def external(group: Any) -> None:
    group.create_dataset("0", (3, 3, 3, 4), np.float32, external=[("/etc/hostname", 0, 432)])


def virtual(group: Any) -> None:
    layout = h5py.VirtualLayout((3, 3, 3, 4), np.float32)
    layout[:] = h5py.VirtualSource("/etc/hostname", "x", (3, 3, 3, 4))
    group.create_virtual_dataset("0", layout)


def linked(link: Any) -> Callable[[Any], None]:
    return replace(lambda group: group.__setitem__("0", link))


def made(**options: Any) -> Callable[[Any], None]:
    return replace(lambda group: group.create_dataset("0", (3, 3, 3, 4), np.float32, **options))


PIECES = "keeps 'layers/conv2d/vars/0' packed, in pieces or in another file"
CLAIMS = "claims more values than it holds"
OTHER_FORM = "is HDF5 in another form than the one in which Keras writes"
CHANGES: dict[str, tuple[Callable[[Any], Any], str]] = {
    "soft link": (linked(h5py.SoftLink("/layers/dense/vars/0")), "points from '0' to another place, which is never"),
    "external link": (linked(h5py.ExternalLink("/etc/hostname", "x")), OTHER_FORM),  # older groups have none
    "another file": (replace(external), PIECES),
    "virtual": (replace(virtual), PIECES),
    "pieces": (made(chunks=(1, 1, 1, 1)), PIECES),
    "packed": (made(compression="gzip"), PIECES),
    "never written": (made(), "is damaged, or cut off"),
    "too large": (replace(lambda g: g.create_dataset("0", (10**6, 10**6, 10**5), np.float32)), CLAIMS),
    "a group in itself": (lambda g: g.__setitem__("again", g), CLAIMS),
    "a group in an empty one": (lambda g: g.create_group("a").__setitem__("b", g["a"]), "holds more objects, or"),
    "many names for one": (lambda g: [g.__setitem__(f"again{i}", g["0"]) for i in range(400)], CLAIMS),
    "a later group": (lambda g: g.create_group("new", track_order=True), OTHER_FORM),
}  # fmt: skip


@pytest.mark.parametrize("name", CHANGES)
def test_nothing_leads_out_of_hdf5_or_claims_more_than_is_there(name: str) -> None:
    change, says = CHANGES[name]
    assert refusal(changed(change)).startswith(says)


def test_later_forms_of_hdf5_are_told() -> None:
    assert refusal(changed(lambda group: None, libver="latest")).startswith(OTHER_FORM)


# Archives


def rezipped(members: dict[str, bytes], method: int = zipfile.ZIP_STORED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(new_form())) as old, zipfile.ZipFile(stream, "w", method) as new:
        for name, content in {**{name: old.read(name) for name in old.namelist()}, **members}.items():
            new.writestr(name, content)
    return stream.getvalue()


def claiming(data: bytes, n_bytes: int) -> bytes:
    """The archive whose list says of its weights that they have so many bytes."""
    at = data.rindex(b"PK\x01\x02")
    return data[: at + 24] + struct.pack("<L", n_bytes) + data[at + 28 :]


def bomb(**members: int) -> bytes:
    """An archive whose members, without their dots, have so many zeros."""
    names = {"weights": "model.weights.h5", "config": "config.json"}
    return rezipped({names[key]: bytes(n) for key, n in members.items()}, zipfile.ZIP_DEFLATED)


ARCHIVES: dict[str, tuple[Callable[[], bytes], str]] = {
    "bomb": (lambda: bomb(weights=80 << 20), "unpacks to far more than it is"),
    "bomb that lies": (lambda: claiming(bomb(weights=80 << 20), 100), "is damaged, or was not written by Keras"),
    "long configuration": (lambda: bomb(config=40 << 20), "unpacks to far more than it is"),
    "packed": (lambda: rezipped({}, zipfile.ZIP_LZMA), "is a zip archive packed in another way than Keras's"),
    "many": (lambda: rezipped({f"x{i}": b"" for i in range(9000)}), "is a zip archive with more members than Keras"),
    "no configuration": (lambda: new_form().replace(b"config.json", b"konfig.json"), "is a zip archive, but none that"),
    "no weights": (lambda: new_form().replace(b"weights.h5", b"weights_h5"), "has no weights in it (model.weights.h5)"),
    "another sum": (lambda: new_form().replace(b"\x89HDF", b"\x88HDF"), "is damaged, or was not written by Keras"),
}  # fmt: skip


@pytest.mark.parametrize("name", ARCHIVES)
def test_archives_unpack_to_no_more_than_a_network(name: str) -> None:
    make, says = ARCHIVES[name]
    assert refusal(make()).startswith(says)


def test_names_in_an_archive_lead_nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    data = rezipped({"../out": b"x", "/tmp/out-of-keras": b"x", "assets/../../out": b"x"})
    assert read_keras(data, "net").input_size == (3, 8, 8)
    assert not list(tmp_path.iterdir())
    assert not list(tmp_path.parent.glob("out*"))


# Configurations


def doubling(depth: int) -> dict[str, Any]:
    """A network in which each one inside calls the next one twice."""
    inside = layer("Activation", "last", activation="relu")
    for i in range(depth):
        name = f"model{i}"
        call = [{"args": [tensor("input")], "kwargs": {}}, {"args": [tensor(inside["config"]["name"])], "kwargs": {}}]
        twice = {**inside, "name": inside["config"]["name"], "inbound_nodes": call}
        inside = functional(called(picture(*SIZE)), twice, output=inside["config"]["name"], name=name)
        inside["config"]["output_layers"] = [[twice["name"], 1, 0]]
    return inside


def test_networks_inside_networks_end() -> None:
    assert read_keras(archive(sequential(picture(*SIZE), doubling(6), layer("Flatten"))), "net").input_size == (3, 8, 8)
    assert refusal(archive(sequential(picture(*SIZE), doubling(9)))).startswith(
        "describes more layers, or deeper nested"
    )
    deep = layer("Activation", activation="relu")
    for _ in range(300):
        deep = sequential(deep)
    assert refusal(archive(deep)).startswith("describes more layers, or deeper nested ones")
    wide = sequential(picture(*SIZE), *[layer("Activation", str(i), activation="relu") for i in range(4900)])
    assert refusal(archive(wide)).startswith("ends in (8, 8, 3) numbers")


def test_a_million_layers_are_refused() -> None:
    one = '{"class_name":"Flatten","config":{"name":"x"}},'
    text = '{"class_name":"Sequential","config":{"layers":[' + one * 150_000
    assert refusal(archive(text[:-1] + "]}}")).startswith("describes more layers, or deeper nested ones")
    assert refusal(archive(text * 8)).startswith("unpacks to far more than it is")


# Other bytes


def damaged(data: bytes, seed: int) -> bytes:
    """One to five bytes are others, or the end is missing."""
    rng = np.random.default_rng(seed)
    if seed % 7 == 0:
        return data[: rng.integers(1, len(data))]
    flipped = bytearray(data)
    for at in rng.integers(0, len(data), rng.integers(1, 6)):
        flipped[at] = rng.choice([0, 1, 127, 128, 255, rng.integers(0, 256)])
    return bytes(flipped)


@pytest.mark.parametrize("form", [new_form, old_form], ids=["keras", "h5"])
def test_other_bytes_are_a_network_or_a_sentence(form: Callable[[], bytes]) -> None:
    data, n_refused = form(), 0
    for seed in range(150):
        try:
            read_keras(damaged(data, seed), "net.keras")
        except BadModelFile:
            n_refused += 1
    assert n_refused > 20


def test_other_bytes_in_hdf5_are_arrays_or_a_sentence() -> None:
    data = zipfile.ZipFile(io.BytesIO(new_form())).read("model.weights.h5")
    outcomes = {True: 0, False: 0}
    for seed in range(600):
        changed = damaged(data, seed)
        try:
            found = read_hdf5(changed)
        except BadModelFile:
            outcomes[False] += 1
        else:
            outcomes[True] += 1
            assert sum(array.nbytes for array in found.arrays.values()) <= 2 * len(changed)
    assert min(outcomes.values()) > 60


def test_a_file_on_disk_is_bounded_and_told(tmp_path: Path) -> None:
    path = tmp_path / "net.keras"
    path.write_bytes(new_form())
    assert read_keras(path, "net.keras").input_size == (3, 8, 8)
    with pytest.raises(
        BadModelFile, match=r"^'net\.keras' has 0 MB; a file of a network may have 0 MB\. Save it without"
    ):
        read_keras(path, "net.keras", max_bytes=100)
    for missing in (tmp_path / "none.keras", tmp_path):
        with pytest.raises(BadModelFile, match=r"^'x' cannot be opened\. Check the path and its permissions\.$"):
            read_keras(missing, "x")

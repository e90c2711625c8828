"""Files under the names of weights that are none, by kind of fault: each must be refused, and nothing is run."""

from __future__ import annotations

import collections
import io
import itertools
import json
import struct
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from tests.hostile.other_files import other_kinds, short_pictures
from tests.hostile.weights import FORMATS, calls
from tests.weight_files import STATE, Call, rezipped, saved, with_pickle

MISSING = "claims values that are not in it"
LIES = "describes its values in a way that torch.save does not"
DAMAGED = "is damaged"
NEITHER = "is neither of the two kinds of file that can be read"
MORE = "holds more than weights"


@dataclass(frozen=True, eq=False)
class Bad:
    """One of the texts in `says` is a part of the refusal."""

    fault: str
    name: str
    data: bytes
    says: tuple[str, ...]


def cut_off() -> Iterator[Bad]:
    for kind, write in FORMATS.items():
        data = write({"weight": torch.arange(300.0), "bias": torch.ones(5)})
        for n in (2, 7, 9, 60, *(int(part * len(data)) for part in (0.2, 0.4, 0.6, 0.8, 0.95)), len(data) - 1):
            yield Bad("cut off", f"{kind}, {n} bytes", data[:n], (DAMAGED, NEITHER, MISSING))


def strange_calls() -> Iterator[Bad]:
    for (name, call), legacy in itertools.product(calls().items(), (False, True)):
        yield Bad("strange call", f"{name} as weights", saved({"weight": call}, legacy=legacy), (MORE,))
        yield Bad("strange call", f"{name} as all", saved(call, legacy=legacy), (MORE,))
        values = Call(torch._utils._rebuild_tensor_v2, call, 0, (1,), (1,), False, collections.OrderedDict())
        yield Bad("strange call", f"{name} as values", saved({"weight": values}, legacy=legacy), (LIES,))


def lying_tensors() -> Iterator[Bad]:
    storage = torch.ones(6)._typed_storage()
    claims: dict[str, tuple[object, ...]] = {
        "behind its end": (6, (1,), (1,)),
        "far behind": (2**40, (1,), (1,)),
        "before its start": (-1, (1,), (1,)),
        "too long": (0, (7,), (1,)),
        "shorter than nothing": (0, (-1,), (1,)),
        "huge": (0, (2**31, 2**31), (2**31, 1)),
        "beyond all numbers": (0, (2**70,), (1,)),
        "too wide steps": (0, (3,), (3,)),
        "steps back": (0, (2,), (-1,)),
        "huge steps": (0, (2,), (2**62,)),
        "fewer steps than lengths": (0, (2, 3), (1,)),
        "one number": (0, (4,), (0,)),
        "nine axes": (0, (1,) * 9, (1,) * 9),
        "half a length": (0, (2.5,), (1,)),
        "a truth as length": (0, (True,), (1,)),
        "text as length": (0, ("2",), (1,)),
        "no tuple": (0, 2, 1),
        "half an offset": (0.5, (2,), (1,)),
        "none": (None, None, None),
    }
    says = (LIES, MISSING, "repeats one value where it claims many")
    for (name, claim), legacy in itertools.product(claims.items(), (False, True)):
        tensor = Call(torch._utils._rebuild_tensor_v2, storage, *claim, False, collections.OrderedDict())
        yield Bad("lying tensor", f"{name}{', legacy' * legacy}", saved({"weight": tensor}, legacy=legacy), says)


def lying_storages() -> Iterator[Bad]:
    data, old = saved({"bias": torch.ones(3)}), saved({"bias": torch.ones(3)}, legacy=True)
    for kind in (b"DoubleStorage", b"HalfStorage", b"QInt32Storage", b"ComplexFloatStorage"):
        changed = with_pickle(data, lambda content: content.replace(b"FloatStorage", kind))  # noqa: B023
        yield Bad("lying type", f"{kind!r}", changed, (MISSING, "complex", "quantised"))
    for kind in (b"DoubleStorage", b"LongStorage"):
        yield Bad("lying type", f"{kind!r}, legacy", old.replace(b"FloatStorage", kind), (MISSING,))
    for kind in (b"Storage", b"NoStorage", b"Float"):
        changed = with_pickle(data, lambda content: content.replace(b"FloatStorage", kind))  # noqa: B023
        yield Bad("lying type", f"{kind!r}", changed, (LIES,))
    other = (LIES, MISSING, DAMAGED)
    for name, change in {
        "no storage": lambda name, content: {} if "/data/" in name else {name: content},
        "a short one": lambda name, content: {name: content[:-1] if "/data/" in name else content},
        "a long one": lambda name, content: {name: content + bytes("/data/" in name)},
        "an empty one": lambda name, content: {name: b"" if "/data/" in name else content},
    }.items():
        yield Bad("lying storage", name, rezipped(data, change), other)  # type: ignore[arg-type]


def broken_zips() -> Iterator[Bad]:
    data = saved(STATE)
    place = data.index(STATE["weight"].numpy().tobytes())
    yield Bad("broken zip", "other values than its sum", data[:place] + b"\1" + data[place + 1 :], (DAMAGED,))
    place = data.index(b"\x80\x02}")
    yield Bad("broken zip", "another pickle than its sum", data[:place] + b"\x80\x03" + data[place + 2 :], (DAMAGED,))
    for name, change in {
        "no pickle": lambda name, content: {} if name.endswith("data.pkl") else {name: content},
        "an empty pickle": lambda name, content: {name: b"" if name.endswith("data.pkl") else content},
        "the other order of bytes": lambda name, content: {name: b"big" if name.endswith("byteorder") else content},
        "an absolute path": lambda name, content: {f"/{name}": content},
        "no folder": lambda name, content: {name.split("/")[-1]: content},
        "two folders": lambda name, content: {name.replace("archive", "b") if "data/" in name else name: content},
    }.items():  # fmt: skip
        yield Bad("broken zip", name, rezipped(data, change), ("is ", "was "))  # type: ignore[arg-type]
    stream = io.BytesIO(rezipped(data, lambda name, content: {name: content}))
    with zipfile.ZipFile(stream, "a") as archive:
        archive.comment = b"by nobody"
    yield Bad("broken zip", "a comment", stream.getvalue(), (DAMAGED, "is a zip"))
    plain = rezipped(data, lambda name, content: {name: content})
    start = plain.index(b"PK\x01\x02")
    for name, at, new in (
        ("locked", 8, b"\1\0"),
        ("a packing of no kind", 10, b"\x63\0"),
        ("a lying length", 24, b"\1\0\0\1"),
        ("a lying place", 42, b"\xff\xff\xff\x7f"),
        ("a lying sum", 16, b"abcd"),
    ):
        spoiled = plain[: start + at] + new + plain[start + at + len(new) :]
        yield Bad("broken zip", name, spoiled, ("is ", "claims "))


def pickles_of_nothing() -> Iterator[Bad]:
    ring: list[object] = []
    ring.append(ring)
    circle: dict[str, object] = {}
    circle["state_dict"] = circle["model"] = circle
    deep: object = STATE
    for _ in range(9):
        deep = {"model": deep}
    nest: object = 1
    for _ in range(200):
        nest = [nest]
    contents: dict[str, object] = {
        "none": None,
        "text": "weights",
        "number": 7,
        "list": [STATE],
        "tuple": (torch.ones(2),),
        "tensor": torch.ones(3),
        "empty": {},
        "numbers as names": {1: torch.ones(2)},
        "tuples as names": {("a", 1): torch.ones(2)},
        "a number alone": {"a": 1},
        "list in a ring": ring,
        "dict in a ring": circle,
        "ten wrappers": deep,
        "200 lists": {"a": nest},
        "an array": {"a": np.ones(3)},
        "a set": {1, 2},
        "an optimizer": {"state": {}, "lr": [0.1]},
        "a whole network": nn.Linear(2, 3),
    }
    for (name, content), legacy in itertools.product(contents.items(), (False, True)):
        yield Bad("no named tensors", f"{name}{', legacy' * legacy}", saved(content, legacy=legacy), ("holds ", "has "))


def broken_pickles() -> Iterator[Bad]:
    programs = {
        "protocol 0": b"(lp0\nI1\na.",
        "protocol 1": b"]q\0.",
        "protocol 6": b"\x80\x06}.",
        "text instead of a dict": b"\x80\x02Vabc\n.",
        "INST": b"\x80\x02(S'harm'\niposix\nmkdir\n.",
        "OBJ": b"\x80\x02(cposix\nmkdir\nX\4\0\0\0harmo.",
        "EXT1": b"\x80\x02\x82\1.",
        "EXT4": b"\x80\x02\x84\1\0\0\0.",
        "PERSID": b"\x80\x02Pharm\n.",
        "GET": b"\x80\x02g99\n.",
        "PUT": b"\x80\x02}p0\n.",
        "POP": b"\x80\x02}}0.",
        "DUP": b"\x80\x02}2.",
        "nothing taken": b"\x80\x02.",
        "nothing there": b"\x80\x02a.",
        "no mark": b"\x80\x02}X\1\0\0\0aK\1u.",
        "a key without a value": b"\x80\x02}(X\1\0\0\0au.",
        "an unknown one": b"\x80\x02\xff.",
        "no end": b"\x80\x02}",
        "a memo that is not there": b"\x80\x02h\x63.",
        "a long text that is short": b"\x80\x02X\xff\xff\xff\x7fabc.",
        "a negative length": b"\x80\x02\x8b\xff\xff\xff\xff.",
        "a frame of no length": b"\x80\x04\x95" + b"\xff" * 8 + b"}.",
        "a name of no text": b"\x80\x04K\1K\2\x93.",
        "a call of a dict": b"\x80\x02}(tR.",
        "a state for a number": b"\x80\x02K\1}b.",
        "next buffer": b"\x80\x05\x97.",
        "marks alone": b"\x80\x02" + b"(" * 5000 + b".",
        "deep lists": b"\x80\x02" + b"](" * 5000 + b"e" * 5000 + b".",
        "a text of no letters": b"\x80\x02X\2\0\0\0\xff\xfe.",
    }
    for name, program in programs.items():
        data = with_pickle(saved(STATE), lambda _: program)  # noqa: B023
        yield Bad("broken pickle", name, data, (DAMAGED, "holds "))


def numbered(header: object, body: bytes = bytes(12)) -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + body


def broken_safetensors() -> Iterator[Bad]:
    good = {"dtype": "F32", "shape": [3], "data_offsets": [0, 12]}
    changes: dict[str, dict[str, object]] = {
        "type of eight bytes": {"dtype": "F64"},
        "type of two": {"dtype": "F16"},
        "no type": {"dtype": "X9"},
        "a number as type": {"dtype": 3},
        "too long": {"shape": [4]},
        "too short": {"shape": [2]},
        "huge": {"shape": [2**40]},
        "beyond all": {"shape": [2**40, 2**40, 2**40]},
        "overflowing": {"shape": [2**63, 2]},
        "negative": {"shape": [-3]},
        "half": {"shape": [1.5, 2]},
        "no list": {"shape": 3},
        "beyond the file": {"data_offsets": [0, 4000]},
        "far beyond": {"data_offsets": [2**62, 2**62 + 12]},
        "backwards": {"data_offsets": [12, 0]},
        "before the start": {"data_offsets": [-12, 0]},
        "not at the start": {"data_offsets": [4, 12], "shape": [2]},
        "one end": {"data_offsets": [0]},
        "nothing of it": {"data_offsets": [0, 0]},
        "empty and huge": {"shape": [2**40, 0], "data_offsets": [0, 0]},
    }
    says = (DAMAGED, "claims more values than it holds")
    for name, change in changes.items():
        yield Bad("lying header", name, numbered({"a": {**good, **change}}), says)
    for key in good:
        part = {name: value for name, value in good.items() if name != key}
        yield Bad("lying header", f"no {key}", numbered({"a": part}), says)
    both = {"a": good, "b": good}
    last = {"dtype": "F32", "shape": [2], "data_offsets": [16, 24]}
    headers: dict[str, tuple[object, bytes]] = {
        "overlap": (both, bytes(12)),
        "overlap in part": ({"a": good, "b": {**good, "data_offsets": [4, 16]}}, bytes(16)),
        "a hole": ({"a": good, "b": last}, bytes(24)),
        "bytes behind": ({"a": good}, bytes(20)),
        "no bytes": ({"a": good}, b""),
        "no tensor": ({}, b""),
        "metadata alone": ({"__metadata__": {"a": "b"}}, b""),
        "numbers as metadata": ({"__metadata__": {"a": 1}, "a": good}, bytes(12)),
        "a list": ([good], bytes(12)),
        "a number for a tensor": ({"a": 1}, bytes(12)),
        "half of JSON": (b'{"a": {"dtype": "F32"', bytes(12)),
        "a deep nest": (b'{"a":' * 900 + b"1" + b"}" * 900, bytes(12)),
        "no text": (b"{\xff\xfe}", bytes(12)),
    }
    for name, (header, body) in headers.items():
        yield Bad("lying header", name, numbered(header, body), (*says, NEITHER, "holds no named tensors"))
    data = numbered({"a": good})
    for length in (0, 1, len(data) - 7, len(data) - 8, 2**31, 2**63, 2**64 - 1):  # of the header, as it is said to be
        lying = struct.pack("<Q", length) + data[8:]
        yield Bad("lying length", f"a header of {length}", lying, (DAMAGED, NEITHER, "holds no named tensors"))


def other_files() -> Iterator[Bad]:
    names = (
        "neither",
        "a web page",
        "a pointer of Git LFS",
        "is damaged",
        "is a zip",
        "is a compressed zip",
        "is empty",
    )
    for what, data in {**other_kinds(), **short_pictures(), "nothing": b""}.items():
        yield Bad("another kind of file", what, data, names)


def bad_weights() -> list[Bad]:
    return [
        *cut_off(), *strange_calls(), *lying_tensors(), *lying_storages(), *broken_zips(), *pickles_of_nothing(),
        *broken_pickles(), *broken_safetensors(), *other_files(),
    ]  # fmt: skip


def flipped_weights() -> Iterator[tuple[str, bytes]]:
    """One to four bytes are others, most of them where a file says what is in it."""
    for number, (kind, write) in enumerate(FORMATS.items()):
        data, rng = (
            write({"weight": torch.arange(24.0).reshape(4, 6), "bias": torch.ones(4)}),
            np.random.default_rng(number),
        )
        for turn in range(60):
            damaged = bytearray(data)
            for at in rng.integers(0, len(data) if turn % 3 == 0 else min(len(data), 400), rng.integers(1, 5)):
                damaged[at] = rng.integers(0, 256)
            yield f"{kind} {turn}", bytes(damaged)

"""Files of weights as they may lie: the right tensors come out, and nothing in them is run."""

from __future__ import annotations

import codecs
import collections
import functools
import importlib
import itertools
import operator
import os
import pathlib
import pickle
import shutil
import struct
import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import safetensors.torch
import torch
from torch import nn

from tests.weight_files import STATE, Call, saved, with_pickle

State = Mapping[str, torch.Tensor]
HARM = "harm"  # what is there once anything in these files was run
FORMATS: dict[str, Callable[[State], bytes]] = {
    "zip": lambda state: saved(dict(state)),
    "legacy": lambda state: saved(dict(state), legacy=True),
    "safetensors": lambda state: safetensors.torch.save({key: value.contiguous() for key, value in state.items()}),
}
DTYPES = (torch.float16, torch.bfloat16, torch.float32, torch.float64, torch.int8, torch.uint8, torch.int16,
          torch.int32, torch.int64, torch.bool)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Good:
    """`state` are the tensors that are in it, as float32 where they are fractions."""

    name: str
    data: bytes
    state: State


def in_wrappers() -> Iterator[Good]:
    wrappers: dict[str, Callable[[State], object]] = {
        "": dict,
        "ordered": collections.OrderedDict,
        "state_dict": lambda state: {"epoch": 3, "state_dict": state},
        "model, state_dict": lambda state: {"model": {"state_dict": state}, "best": 0.5},
        "ema": lambda state: {"ema": collections.OrderedDict(state), "scheduler": None},
    }
    for legacy, protocol, (name, wrap) in itertools.product((False, True), (2, 3, 4, 5), wrappers.items()):
        data = saved(wrap(STATE), legacy=legacy, protocol=protocol)
        yield Good(f"{name or 'bare'}, protocol {protocol}{', legacy' * legacy}", data, STATE)
    for prefix, (kind, write) in itertools.product(("module.", "_orig_mod.", "model.module.", "net."), FORMATS.items()):
        yield Good(f"{prefix} {kind}", write({prefix + key: value for key, value in STATE.items()}), STATE)


def of_every_number() -> Iterator[Good]:
    for dtype, (kind, write) in itertools.product(DTYPES, FORMATS.items()):
        value = torch.arange(12).reshape(3, 4).to(dtype)
        found = value.to(torch.float32) if dtype.is_floating_point else value
        yield Good(f"{dtype}, {kind}", write({"weight": value}), {"weight": found})


def of_odd_values_and_layouts() -> Iterator[Good]:
    whole = torch.arange(48.0).reshape(2, 2, 3, 4)
    states: dict[str, State] = {
        "turned": {"a": whole.permute(3, 1, 0, 2)},
        "channels last": {"a": whole.contiguous(memory_format=torch.channels_last)},
        "a part": {"a": whole[1:, :, ::2], "b": whole[0, 0]},
        "a single number": {"a": torch.tensor(2.5)},
        "no number": {"a": torch.zeros(0, 3), "b": torch.ones(2)},
        "eight axes": {"a": torch.ones(1, 1, 2, 1, 1, 1, 1, 2)},
        "not finite": {"a": torch.tensor([float("nan"), float("inf"), -float("inf"), 1.0])},
        "huge": {"a": torch.tensor([3e38, 3e38, 1e-45])},
        "names of all kinds": {"": torch.ones(1), "a b": torch.ones(2), "ä": torch.ones(3), "x" * 999: torch.ones(4)},
    }
    for (name, state), (kind, write) in itertools.product(states.items(), FORMATS.items()):
        yield Good(f"{name}, {kind}", write(state), state)
    shared = torch.arange(6.0)
    for legacy in (False, True):
        data = saved({"a": shared, "b": shared, "c": nn.Parameter(shared[2:])}, legacy=legacy)
        yield Good(f"shared{', legacy' * legacy}", data, {"a": shared, "b": shared, "c": shared[2:]})
    number, truths = torch.tensor([0, 1, 7], dtype=torch.uint8), torch.tensor([False, True, True])
    lying = with_pickle(saved({"a": number}), lambda content: content.replace(b"ByteStorage", b"BoolStorage"))
    yield Good("truths that are no bits", lying, {"a": truths})
    lying = saved({"a": number}, legacy=True).replace(b"ByteStorage", b"BoolStorage")
    yield Good("truths that are no bits, legacy", lying, {"a": truths})
    lying = safetensors.torch.save({"a": number}).replace(b'"U8","shape"', b'"BOOL","shape"')
    lying = struct.pack("<Q", int.from_bytes(lying[:8], "little") + 2) + lying[8:]
    yield Good("truths that are no bits, safetensors", lying, {"a": truths})
    metadata = {"format": "pt", "note": '{"a": [[[1]]]}'}
    yield Good("metadata", safetensors.torch.save({"a": shared}, metadata), {"a": shared})


def calls() -> dict[str, Call]:
    """Each would leave something behind in the folder in which it is run."""
    made = f"open({HARM!r}, 'w').close()"
    return {
        "os.mkdir": Call(os.mkdir, HARM),
        "os.system": Call(os.system, f"mkdir {HARM}"),
        "os.open": Call(os.open, HARM, os.O_CREAT | os.O_WRONLY),
        "exec": Call(exec, made),
        "eval": Call(eval, made),
        "open": Call(open, HARM, "w"),
        "subprocess": Call(subprocess.call, ["mkdir", HARM]),
        "Popen": Call(subprocess.Popen, ["mkdir", HARM]),
        "shutil": Call(shutil.copyfile, "/dev/null", HARM),
        "pathlib": Call(pathlib.Path.touch, Call(pathlib.Path, HARM)),
        "numpy": Call(np.save, HARM, [1]),
        "torch.save": Call(torch.save, [1], HARM),
        "partial": Call(functools.partial, os.mkdir, HARM),
        "method": Call(operator.methodcaller, "mkdir", HARM),
        "getter": Call(operator.attrgetter, "mkdir"),
        "import": Call(importlib.import_module, HARM),
        "codec": Call(codecs.encode, HARM, "latin1"),
        "pickle in pickle": Call(pickle.loads, pickle.dumps(Call(os.mkdir, HARM))),
    }


def calls_beside() -> Iterator[Good]:
    for (name, call), protocol in itertools.product(calls().items(), (2, 4)):
        content = {"state_dict": STATE, "hook": call, "args": {"inner": [call]}}
        for legacy in (False, True):
            data = saved(content, legacy=legacy, protocol=protocol)
            yield Good(f"{name} beside, protocol {protocol}{', legacy' * legacy}", data, STATE)


def good_weights() -> list[Good]:
    return [*in_wrappers(), *of_every_number(), *of_odd_values_and_layouts(), *calls_beside()]

"""Checkpoints as they lie about: each is recognised and answers as in torch, or is refused with its true reason."""

from __future__ import annotations

import argparse
import collections
import io
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.torch
import torch
from torch import nn

import explorer
from explorer.errors import BadCheckpoint
from explorer.loading.builtin import LeNet5
from explorer.loading.catalog import CATALOG
from explorer.loading.checkpoints import read_checkpoint
from explorer.loading.load import own_network
from explorer.loading.recognition import recognise
from explorer.networks.network import Network
from tests.tiny import noise_image
from tests.weight_files import Call, rezipped, saved

State = dict[str, torch.Tensor]


def lenet(head: nn.Module | None = None, n: int = 5) -> nn.Module:
    """A LeNet-5 whose numbers matter: tanh in its middle, so that no two heads answer alike."""
    torch.manual_seed(3)
    model = LeNet5(num_classes=n)
    if head is not None:
        model.output = head  # type: ignore[assignment]
    return model.eval()


def loaded(data: bytes) -> Network:
    """As the app does: by what is recognised."""
    checkpoint = read_checkpoint(data, "net.pth")
    found = recognise(checkpoint.state)
    if found.network is None:
        raise BadCheckpoint(found.reason)
    return own_network(CATALOG[found.network], checkpoint, "net.pth")


def assert_same(network: Network, model: nn.Module) -> None:
    trace = explorer.run(network, noise_image())
    with torch.inference_mode():
        expected = model(trace.prepared.tensor)[0].numpy()
    np.testing.assert_allclose(trace.logits, expected, rtol=1e-4, atol=1e-5)
    assert np.ptp(expected) > 0.01


# Wrapping


UNDER = ("state_dict", "model", "state_dict_ema", "ema", "model_ema", "weights", "network", "net", "params")
PREFIXES = ("module.", "model.", "backbone.", "encoder.", "timm_model.", "net.", "_orig_mod.", "student.body.", "0.",
            "module.encoder.")  # fmt: skip


def under(name: str) -> Callable[[State], object]:
    return lambda state: {name: state, "epoch": 3}


def named(prefix: str) -> Callable[[State], object]:
    return lambda state: {f"{prefix}{key}": value for key, value in state.items()}


def beside(**more: object) -> Callable[[State], object]:
    return lambda state: {"model": state, **more}


def among(before: str, **more: torch.Tensor) -> Callable[[State], object]:
    renamed = {key.replace("__", "."): value for key, value in more.items()}
    return lambda state: {**renamed, **{f"{before}{key}": value for key, value in state.items()}}


def averaged(state: State) -> object:
    return torch.optim.swa_utils.AveragedModel(lenet()).state_dict()


WRAPPED: dict[str, Callable[[State], object]] = {
    "plain": dict,
    "ordered": collections.OrderedDict,
    **{f"under {name}": under(name) for name in UNDER},
    "under two": lambda state: {"model": {"state_dict": state}, "epoch": 3},
    **{f"prefix {name}": named(name) for name in PREFIXES},
    "loss weight": among("model.", loss__weight=torch.ones(5)),
    "criterion": among("model.", criterion__weight=torch.ones(5), criterion__centers=torch.ones(5, 7)),
    "metrics": among("", train_acc__correct=torch.tensor(7), val_loss__sum=torch.tensor(7.0)),
    "pixel statistics": among("net.", mean=torch.ones(1, 3, 1, 1), std=torch.ones(1, 3, 1, 1)),
    "n_averaged": among("module.", n_averaged=torch.tensor(3)),
    "averaged": averaged,
    "twice": lambda state: {**named("model.")(state), **named("features.")(state)},  # type: ignore[dict-item]
    "epoch among them": lambda state: {**state, "epoch": 3, "arch": "lenet5"},
    "numpy scalar": beside(best=np.float64(71.2)),
    "numpy array": beside(curve=np.arange(5.0)),
    "path": beside(where=Path("runs")),
    "namespace": beside(args=argparse.Namespace(lr=0.1, data=Path("x"))),
    "counter": beside(seen=collections.Counter("abba"), groups=collections.defaultdict(list)),
    "scheduler": beside(lr=torch.optim.lr_scheduler.LambdaLR(torch.optim.SGD(lenet().parameters(), 0.1), abs)),
    "whole network": beside(best=lenet()),
    "call": beside(hook=Call(print, "called")),
    "sparse": beside(mask=torch.eye(3).to_sparse()),
    "half": lambda state: {key: value.half() for key, value in state.items()},
    "parameters": lambda state: {key: nn.Parameter(value) for key, value in state.items()},
}  # fmt: skip


@pytest.mark.parametrize("how", WRAPPED)
def test_wrapped_weights_answer_as_in_torch(how: str, capfd: pytest.CaptureFixture[str]) -> None:
    model = lenet()
    content = WRAPPED[how](model.state_dict())
    for options in ({}, {"protocol": 4}, {"legacy": True}):
        network = loaded(saved(content, **options))  # type: ignore[arg-type]
        assert network.name == "lenet5"
    if how == "half":
        model.load_state_dict({key: value.half().float() for key, value in model.state_dict().items()})
    assert_same(network, model)
    assert capfd.readouterr().out == ""
    left_out = {"loss weight", "criterion", "metrics", "pixel statistics", "n_averaged", "averaged", "epoch among them"}
    assert any("left out" in note for note in network.notes) == (how in left_out)


# Heads


def no_bias() -> nn.Module:
    return nn.Linear(84, 5, bias=False)


def stack(*layers: nn.Module) -> Callable[[], nn.Module]:
    return lambda: nn.Sequential(*layers)


HEADS: dict[str, tuple[Callable[[], nn.Module], str]] = {  # the head, and what is assumed of it
    "no bias": (no_bias, ""),
    "dropout": (stack(nn.Dropout(), nn.Linear(84, 5)), "dropout, which changes nothing, is assumed before 'output.1'"),
    "list of one": (stack(nn.Linear(84, 5)), ""),
    "two dropouts": (stack(nn.Dropout(), nn.Dropout(), nn.Linear(84, 5)), "is assumed before 'output.2'"),
    "hidden": (stack(nn.Linear(84, 20), nn.ReLU(), nn.Linear(20, 5)), "ReLU is assumed between its 2 dense layers"),
    "hidden, no bias": (
        stack(nn.Linear(84, 20, bias=False), nn.ReLU(), nn.Linear(20, 5, bias=False)), "ReLU is assumed between"),
    "hidden and dropout": (
        stack(nn.Dropout(), nn.Linear(84, 20), nn.ReLU(), nn.Dropout(), nn.Linear(20, 5)),
        "dropout, which changes nothing, is assumed before 'output.1', and ReLU is assumed between its 2 dense layers"),
    "three": (
        stack(nn.Linear(84, 30), nn.ReLU(), nn.Linear(30, 20), nn.ReLU(), nn.Dropout(), nn.Linear(20, 5)),
        "ReLU is assumed between its 3 dense layers"),
    "nothing between": (stack(nn.Linear(84, 20), nn.Linear(20, 5)), ""),
    "equal sizes": (stack(nn.Linear(84, 84), nn.ReLU(), nn.Linear(84, 84), nn.ReLU(), nn.Linear(84, 5)), "its 3 dense"),
    "named": (
        lambda: nn.Sequential(collections.OrderedDict(
            fc1=nn.Linear(84, 20), relu=nn.ReLU(), drop=nn.Dropout(), fc2=nn.Linear(20, 5))),
        "ReLU is assumed between"),
    "nested": (stack(nn.Sequential(nn.Dropout(), nn.Linear(84, 5))), "is assumed before 'output.0.1'"),
    "behind": (stack(nn.Linear(84, 5), nn.Identity()), ""),
}  # fmt: skip


@pytest.mark.parametrize("write", [saved, safetensors.torch.save], ids=["torch", "safetensors"])
@pytest.mark.parametrize("name", HEADS)
def test_another_head_answers_as_in_torch(name: str, write: Callable[[Mapping[str, Any]], bytes]) -> None:
    torch.manual_seed(5)
    build, assumed = HEADS[name]
    model = lenet(build())
    network = loaded(write(model.state_dict()))
    assert_same(network, model)
    assert len(network.categories) == 5
    notes = [note for note in network.notes if "head" in note]
    assert len(notes) == bool(assumed)
    assert assumed in "".join(notes)
    again = explorer.load_network("lenet5", write(model.state_dict()))
    assert (again.key, again.notes) == (network.key, network.notes)


BAD_HEADS: dict[str, tuple[Callable[[], nn.Module], str]] = {
    "batch norm": (
        stack(nn.Linear(84, 20), nn.BatchNorm1d(20), nn.ReLU(), nn.Linear(20, 5)),
        "but 'output.1.weight' in its head is no dense layer"),
    "side by side": (
        lambda: nn.ModuleDict({"a": nn.Linear(84, 3), "b": nn.Linear(84, 2)}),
        "the layers in 'output' do not read what the ones before them give"),
    "other size": (stack(nn.Linear(50, 5)), "the layers in 'output' do not read what the ones before them give"),
    "two depths": (
        stack(nn.Sequential(nn.Linear(84, 20)), nn.Linear(20, 5)), "nested in a way that does not tell their order"),
    "none": (nn.Identity, "but there is no dense layer called 'output', or in it"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD_HEADS)
def test_a_head_that_cannot_be_told_is_refused(name: str) -> None:
    build, reason = BAD_HEADS[name]
    data = saved(lenet(build()).state_dict())
    with pytest.raises(BadCheckpoint, match="The entries of this file are named like those of LeNet-5, but ") as caught:
        loaded(data)
    assert reason in str(caught.value)
    with pytest.raises(BadCheckpoint, match=r"'uploaded checkpoint' does not fit lenet5: ") as caught:
        explorer.load_network("lenet5", data)
    assert reason in str(caught.value)


def test_a_number_that_no_list_has_builds_no_list() -> None:
    state = lenet().state_dict()
    for number in ("1000000000", "007", "99"):
        odd = {key.replace("output.", f"output.{number}."): value for key, value in state.items()}
        with pytest.raises(BadCheckpoint, match="have numbers that no list of layers has"):
            loaded(saved(odd))


# What is no network of the catalogue


def script() -> bytes:
    stream = io.BytesIO()
    torch.jit.save(torch.jit.trace(nn.Linear(2, 2), torch.ones(1, 2)), stream)
    return stream.getvalue()


def changed(**shapes: tuple[int, ...]) -> bytes:
    return saved(lenet().state_dict() | {key.replace("__", "."): torch.ones(shape) for key, shape in shapes.items()})


def with_more(**more: torch.Tensor) -> bytes:
    return saved(among("backbone.", **more)(lenet().state_dict()))


def two_networks() -> bytes:
    state = lenet().state_dict()
    return saved({f"{name}.{key}": value.clone() for name in "qk" for key, value in state.items()})


REFUSED: dict[str, tuple[Callable[[], bytes], str]] = {
    "script": (script, "'net.pth' is a TorchScript program"),
    "git lfs": (lambda: b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n", "a pointer of Git LFS"),
    "page": (lambda: b"\n<!DOCTYPE html><html><head><title>Sign in</title></head></html>", "'net.pth' is a web page"),
    "page without a type": (lambda: b"<html><body>404: not here</body></html>", "'net.pth' is a web page"),
    "hdf5": (lambda: b"\x89HDF\r\n\x1a\n" + bytes(90), "is an HDF5 file"),
    "text": (lambda: b"epoch,loss\n0,2.3\n1,2.2\n2,2.1", "is neither of the two kinds of file that can be read"),
    "other zip": (
        lambda: rezipped(saved({}), lambda name, content: {name.replace("data.pkl", "x.pkl"): content}),
        "is a zip, but not one that torch.save wrote"),
    "whole network": (lambda: saved(lenet()), "holds more than weights ('explorer.loading.builtin.LeNet5')"),
    "unknown wrapper": (lambda: saved({"best": lenet().state_dict()}), "holds tensors under 'best', where no weights"),
    "optimizer alone": (lambda: saved({"state": {}, "param_groups": []}), "has an entry 'state' that is not a tensor"),
    "complex": (lambda: saved({"w": torch.ones(2, dtype=torch.complex64)}), "holds complex numbers"),
    "three colours": (
        lambda: changed(c1__weight=(6, 3, 5, 5)),
        "its first layer, 'c1.weight', reads 3 channels of a picture, and that of LeNet-5 reads 1"),
    "small window": (lambda: changed(c1__weight=(6, 1, 3, 3)), "the window of its first layer, 'c1.weight', is 3×3"),
    "other width": (lambda: changed(c3__weight=(9, 6, 5, 5)), "is (9, 6, 5, 5) instead of (16, 6, 5, 5)"),
    "more layers": (lambda: changed(c9__weight=(9, 6, 5, 5)), "LeNet-5 has no 'c9.weight'"),
    "a layer beside": (
        lambda: with_more(head__weight=torch.ones(2, 5), head__bias=torch.ones(2)),
        "there are others that may be layers: 'head.weight', 'head.bias'. How these belong together no file"),
    "a norm beside": (lambda: with_more(norm__running_mean=torch.ones(2)), "may be layers: 'norm.running_mean'"),
    "one logit beside": (lambda: with_more(head__weight=torch.ones(1, 5)), "may be layers: 'head.weight'"),
    "two networks": (two_networks, "This file holds several networks, such as those under 'k.' and 'q.'"),
    "gate": (
        lambda: saved({"stem.weight": torch.ones(3, 3, 1, 1), "blocks.0.attention.0.weight": torch.ones(2, 2, 1, 1)}),
        "among them 'stem.weight', 'blocks.0.attention.0.weight', are named like those of no network in the catalogue"),
    "attention between convolutions": (
        lambda: saved({f"{i}.weight": torch.ones(2, 2, 3, 3) for i in range(9)} | {"query.weight": torch.ones(2, 2)}),
        "are named like those of no network in the catalogue"),
    "two heads": (
        lambda: saved({"stem.weight": torch.ones(2, 2, 3, 3), "regression_head.weight": torch.ones(2, 2)}),
        "are named like those of no network in the catalogue"),
    "transformer": (lambda: saved({"blocks.0.attn.qkv.weight": torch.ones(6, 2)}), "is of a transformer"),
    "several names": (
        lambda: saved({"b.weight": torch.ones(1), "a.weight": torch.ones(1), "c": torch.ones(1), "d": torch.ones(1)}),
        "among them 'b.weight', 'a.weight', 'c', are named"),
}  # fmt: skip


@pytest.mark.filterwarnings("ignore:.torch.jit:DeprecationWarning")
@pytest.mark.parametrize("name", REFUSED)
def test_what_it_is_instead_is_said(name: str) -> None:
    make, reason = REFUSED[name]
    with pytest.raises(BadCheckpoint) as caught:
        loaded(make())
    assert reason in str(caught.value)


def test_there_are_many_of_them() -> None:
    assert len(WRAPPED) + len(HEADS) + len(BAD_HEADS) + len(REFUSED) >= 60

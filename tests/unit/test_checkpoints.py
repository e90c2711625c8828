"""Files of weights in every format: what is read."""

from __future__ import annotations

import argparse
import collections
import dataclasses
import time
from pathlib import Path

import numpy as np
import pytest
import safetensors.torch
import torch
from torch import nn

from explorer.errors import BadCheckpoint
from explorer.loading.checkpoints import Checkpoint, load_state, read_checkpoint
from explorer.networks.vision import torchvision
from tests.weight_files import STATE, Call, refusal, saved

SHARED = Path(__file__).resolve().parents[3] / "shared" / "weights"


@pytest.mark.parametrize(
    "data",
    [
        saved(STATE),
        saved(STATE, legacy=True),
        saved(collections.OrderedDict(STATE)),
        saved({"epoch": 3, "state_dict": STATE, "optimizer": {"state": {0: {"step": torch.ones(2)}}, "lr": [0.1]}}),
        saved({"model": STATE}, legacy=True),
        saved({key: nn.Parameter(value) if value.is_floating_point() else value for key, value in STATE.items()}),
        saved({key: value.double() if value.is_floating_point() else value for key, value in STATE.items()}),
        saved(Call(collections.OrderedDict, [[key, value] for key, value in STATE.items()]), legacy=True),
        safetensors.torch.save(STATE),
        safetensors.torch.save({**STATE, "weight": STATE["weight"].half(), "bias": STATE["bias"].bfloat16()}),
    ],
    ids=[
        "zip",
        "legacy",
        "ordered",
        "wrapped",
        "wrapped legacy",
        "parameters",
        "double",
        "python 2",
        "safetensors",
        "half",
    ],
)
def test_reads_weights_of_every_format(data: bytes) -> None:
    checkpoint = read_checkpoint(data)
    assert set(checkpoint.state) == set(STATE)
    for key, value in STATE.items():
        found = checkpoint.state[key]
        assert type(found) is torch.Tensor
        assert found.dtype == value.dtype
        assert not found.requires_grad
        assert torch.equal(found, value)
    assert checkpoint.notes == ()


@pytest.mark.parametrize("wrapper", [
    "state_dict", "model", "model_state_dict", "net", "network", "weights", "params", "state_dict_ema", "model_ema",
    "ema",
])  # fmt: skip
@pytest.mark.parametrize("legacy", [False, True], ids=["zip", "legacy"])
def test_weights_out_of_a_training_checkpoint(wrapper: str, legacy: bool) -> None:
    """The state of the optimizer, larger than the weights, the epoch and the settings stand beside them."""
    model = nn.Linear(4, 3)
    optimizer = torch.optim.AdamW(model.parameters(), 0.1)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 10)
    model(torch.ones(1, 4)).sum().backward()
    optimizer.step()
    content = {
        "epoch": 3,
        "model": {"depth": 18, "name": "a description, not the weights"},
        "args": {"lr": 0.1, "resume": None, "amp": True, "betas": (0.9, 0.999), "classes": ["cat", "dog"]},
        "best": torch.tensor(0.9),
        "optimizer": optimizer.state_dict(),
        "lr_scheduler": scheduler.state_dict(),
        wrapper: model.state_dict(),
    }
    state = read_checkpoint(saved(content, legacy=legacy)).state
    assert set(state) == {"weight", "bias"}
    assert torch.equal(state["weight"], model.weight)


@dataclasses.dataclass
class Settings:
    rate: float
    where: Path


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
@pytest.mark.parametrize("legacy", [False, True], ids=["zip", "legacy"])
def test_whatever_stands_beside_the_weights_is_skipped(legacy: bool, protocol: int) -> None:
    linear = nn.Linear(2, 3)
    optimizer = torch.optim.SGD(linear.parameters(), 0.1, momentum=0.9)
    content = {
        "best": np.float64(71.2),
        "curve": np.arange(5.0),
        "where": Path("runs"),
        "args": argparse.Namespace(lr=0.1, out=Path("runs")),
        "counts": collections.Counter("abba"),
        "groups": collections.defaultdict(list, {"a": [1]}),
        "settings": Settings(0.1, Path("runs")),
        "schedule": torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 10),
        "whole": linear,
        "kinds": {torch.float32, nn.ReLU},
        "odd": {(1, 2): frozenset("ab"), None: complex(1, 2), b"x": bytearray(b"y")},
        "type": torch.float16,
        "sizes": torch.Size([1, 2]),
        "generator": torch.get_rng_state(),
        "sparse": torch.eye(3).to_sparse(),
        "complex": torch.ones(2, dtype=torch.complex64),
        "float8": torch.ones(2).to(torch.float8_e4m3fn),
        "repeated": torch.ones(1).expand(10**6, 10**6),
        "state_dict": STATE,
    }
    state = read_checkpoint(saved(content, legacy=legacy, protocol=protocol)).state
    assert set(state) == set(STATE)
    assert all(torch.equal(state[key], value) for key, value in STATE.items())


@pytest.mark.slow
def test_a_large_optimizer_takes_no_time() -> None:
    state = {i: {"step": torch.tensor(1.0), "exp_avg": torch.ones(3), "exp_avg_sq": torch.ones(3)} for i in range(2000)}
    data = saved({"state_dict": STATE, "optimizer": {"state": state, "param_groups": [{"params": list(state)}]}})
    begun = time.process_time()
    assert set(read_checkpoint(data).state) == set(STATE)
    assert time.process_time() - begun < 5


def test_a_wrapper_that_wraps_no_tensors() -> None:
    assert refusal(saved({"model": {"depth": 18}, "epoch": 3})) == "'net.pth' has an entry 'model' that is not a tensor"
    assert refusal(saved({"net": {}})) == "'net.pth' has an entry 'net' that is not a tensor"
    endless: dict[str, object] = {}
    endless["model"] = endless
    assert refusal(saved(endless)) == "'net.pth' has an entry 'model' that is not a tensor"
    assert refusal(saved({"model": nn.Linear(2, 3)})) == (
        "'net.pth' holds more than weights ('torch.nn.modules.linear.Linear')"
    )


def test_an_unknown_wrapper_is_named() -> None:
    where = ", where no weights are looked for"
    assert refusal(saved({"backbone": STATE, "epoch": 3})) == f"'net.pth' holds tensors under 'backbone'{where}"
    assert refusal(saved(dict.fromkeys("abcde", STATE))) == (
        f"'net.pth' holds tensors under 'a', 'b', 'c' and 2 more{where}"
    )


def test_which_of_several_wrappers_is_taken_is_said() -> None:
    other = {key: value + 1 for key, value in STATE.items()}
    found = read_checkpoint(saved({"model_ema": other, "ema": {}, "model": {"state_dict": STATE}}))
    assert torch.equal(found.state["weight"], STATE["weight"])
    assert found.notes == ("Its weights are those under 'model'; 'model_ema' holds tensors, too",)


def test_what_is_no_tensor_among_them_is_left_out() -> None:
    found = read_checkpoint(saved({"state_dict": {**STATE, "epoch": 3, "fc._extra_state": None}}))
    assert set(found.state) == set(STATE)
    assert found.notes == ("2 entries beside the network's own are left out: 'epoch', 'fc._extra_state'",)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"module.a", "module.b.c"}, {"a", "b.c"}),
        ({"_orig_mod.a", "_orig_mod.b"}, {"a", "b"}),
        ({"model._orig_mod.module.a", "model._orig_mod.module.b"}, {"a", "b"}),
        ({"net.model.a", "net.b"}, {"model.a", "b"}),
        ({"module.a", "a"}, {"module.a", "a"}),  # these would become one
        ({"model.a", "net.a"}, {"model.a", "net.a"}),
        ({"model.a", "criterion.weight"}, {"a"}),
        ({"model.a", "criterion.weight", "val_acc.n", "n_averaged", "loss_fn.scale", "metrics.0.x"}, {"a"}),
        ({"glossy.a", "lossless.a", "acclaim"}, {"glossy.a", "lossless.a", "acclaim"}),
        ({"loss.weight", "loss.bias"}, {"loss.weight", "loss.bias"}),  # else nothing would be left
        ({"module."}, {"module."}),
        ({"module.module."}, {"module."}),
        ({"modules.a", "model_a"}, {"modules.a", "model_a"}),
        ({"module." * 1_000_000 + "a"}, {"module." * 999_996 + "a"}),  # and not one after the other until tomorrow
    ],
)
def test_what_wrappers_put_before_every_name(before: set[str], after: set[str]) -> None:
    begun = time.process_time()
    assert set(read_checkpoint(saved({key: torch.ones(2) for key in before})).state) == after
    if max(map(len, before)) < 1000:
        assert set(read_checkpoint(safetensors.torch.save({key: torch.ones(2) for key in before})).state) == after
    assert time.process_time() - begun < 5


def test_real_wrappers() -> None:
    model = torchvision.models.squeezenet1_1(num_classes=2)
    for wrapped in (nn.DataParallel(model), nn.ModuleDict({"model": nn.ModuleDict({"_orig_mod": model})})):
        state = read_checkpoint(saved({"model_state_dict": wrapped.state_dict(), "epoch": 1})).state
        with torch.device("meta"):
            fresh = torchvision.models.squeezenet1_1(num_classes=2)
        load_state(fresh, Checkpoint(state, ""), "squeezenet1_1", "net.pth")
        assert torch.equal(fresh.classifier[1].weight, model.classifier[1].weight)


def test_the_memory_of_the_weights() -> None:
    assert read_checkpoint(saved({"a": torch.ones(3, dtype=torch.half), "n": torch.tensor(7)})).n_bytes == 3 * 4 + 8


def test_the_digest_is_that_of_the_file(tmp_path: Path) -> None:
    import hashlib

    path = tmp_path / "odd.txt"  # what a file is called says nothing
    for data in (saved(STATE), saved(STATE, legacy=True), safetensors.torch.save(STATE)):
        path.write_bytes(data)
        for source in (data, path, str(path)):
            assert read_checkpoint(source).digest == hashlib.sha256(data).hexdigest()


def test_reads_what_torchvision_and_its_builders_save() -> None:
    model = torchvision.models.shufflenet_v2_x0_5()
    for legacy in (False, True):
        state = read_checkpoint(saved(model.state_dict(), legacy=legacy)).state
        assert all(torch.equal(state[key], value) for key, value in model.state_dict().items())


def test_views_and_other_memory_formats_are_read_as_they_look() -> None:
    whole = torch.arange(24.0).reshape(1, 2, 3, 4)
    last = whole.contiguous(memory_format=torch.channels_last)
    data = saved(
        {"a": last, "b": whole.permute(3, 2, 1, 0), "none": torch.zeros(0, 3), "one": torch.ones(1).expand(1, 1)}
    )
    state = read_checkpoint(data).state
    assert torch.equal(state["a"], whole)
    assert torch.equal(state["b"], whole.permute(3, 2, 1, 0))
    assert state["b"].is_contiguous()
    assert state["none"].shape == (0, 3)


@pytest.mark.parametrize("name", ["squeezenet1_1", "mobilenet_v2"])
def test_real_weights(name: str) -> None:
    path = SHARED / f"{name}.safetensors"
    if not path.is_file():
        pytest.skip(f"{path.name} is not beside the repository")
    checkpoint = read_checkpoint(path)
    assert checkpoint.notes == ()
    with torch.device("meta"):
        model = torchvision.models.get_model(name)
    load_state(model, checkpoint, name, path.name)
    with torch.inference_mode():
        assert model.eval()(torch.zeros(1, 3, 224, 224)).isfinite().all()
    with pytest.raises(
        BadCheckpoint, match=r"does not fit resnet18: it has no 'conv1\.weight', .*, and \d+ more entries"
    ):
        load_state(torchvision.models.resnet18(), checkpoint, "resnet18", path.name)

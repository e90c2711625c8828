"""Where networks run, and what happens where there is no room for them."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import explorer
from explorer.errors import BadDevice, TooLarge
from explorer.loading import published as weights
from explorer.loading.catalog import CATALOG
from explorer.loading.sources import source_of
from explorer.networks.network import Network
from explorer.running import limit as limits
from explorer.running import memory as module
from explorer.running.memory import VARIABLE, available_bytes, device, ensure_room, room
from tests.tiny import Overwriting, noise_image, tiny_network

GIB = 1 << 30
CPU = torch.device("cpu")


@pytest.fixture
def without_gpus(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a machine that has none."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
    monkeypatch.setattr(torch.mps, "is_available", lambda: False)
    forget(monkeypatch)


@pytest.fixture
def with_one_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a machine with one of NVIDIA's."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    monkeypatch.setattr(torch.mps, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.cudnn, "allow_tf32", True)
    forget(monkeypatch)


def forget(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was found out about this machine, now and, as that function comes back, afterwards."""
    monkeypatch.setattr(module, "_device", module._device.__wrapped__)


@pytest.fixture
def free(monkeypatch: pytest.MonkeyPatch) -> Callable[[int | None], None]:
    """Calls with how many bytes are free from now on."""
    return lambda n_bytes: monkeypatch.setattr(module, "available_bytes", lambda where: n_bytes)


# The device


@pytest.mark.parametrize("name", ["", "cpu", "cpu:0"])
def test_without_a_gpu_networks_run_on_the_cpu(name: str, without_gpus: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, name)
    assert device().type == "cpu"
    monkeypatch.delenv(VARIABLE)
    assert device() == CPU


@pytest.mark.parametrize("name", ["cuda", "cuda:7", "cpu:1", "mps", "meta", "nonsense", "CPU", "cuda:x", " "])
def test_a_device_that_is_not_there_is_refused(name: str, without_gpus: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, name)
    sentence = (
        f"EXPLORER_DEVICE is '{name}', which this machine does not have; it has cpu. Set it to one of these, or leave "
        "it out."
    )
    for call in (device, lambda: ensure_room(1, "it"), lambda: explorer.load_network("lenet5", "random")):
        with pytest.raises(BadDevice) as caught:
            call()
        assert str(caught.value) == sentence


def test_a_gpu_is_taken_unless_the_cpu_is_asked_for(with_one_gpu: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "cpu")
    assert device() == CPU
    assert torch.backends.cudnn.allow_tf32  # that of other programs in this process is left alone
    for name, expected in (("cuda", "cuda"), ("cuda:0", "cuda:0"), ("", "cuda")):
        monkeypatch.setenv(VARIABLE, name)
        assert device() == torch.device(expected)
    assert not torch.backends.cudnn.allow_tf32
    for name in ("cuda:1", "mps"):
        monkeypatch.setenv(VARIABLE, name)
        with pytest.raises(BadDevice, match=f"is '{name}', which this machine does not have; it has cuda, cpu"):
            device()


def test_networks_and_their_passes_are_on_the_device(tiny: Network) -> None:
    assert tiny.device == device()
    assert {value.device.type for value in tiny.graph.recorder.parameters()} == {device().type}


# How much is free


MEMINFO = "MemTotal:       16000000 kB\nMemFree:          100000 kB\nMemAvailable:    4000000 kB\n"


@pytest.fixture
def meminfo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str | None], None]:
    """Calls with what the system says of itself; no control group is there but what a test puts into tmp_path."""
    real = Path.read_text
    content: list[str | None] = [None]

    def read_text(path: Path, *arguments: object, **options: object) -> str:
        if str(path) != "/proc/meminfo":
            return real(path, *arguments, **options)  # type: ignore[arg-type]
        if content[0] is None:
            raise FileNotFoundError(path)
        return content[0]

    monkeypatch.setattr(Path, "read_text", read_text)
    monkeypatch.setattr(limits, "_CGROUP", tmp_path)
    return lambda text: content.__setitem__(0, text)


def limit(folder: Path, version: int, total: str, used: int, cached: int) -> None:
    """The files of a control group, as Linux writes them."""
    if version == 2:
        (folder / "memory.max").write_text(f"{total}\n")
        (folder / "memory.current").write_text(f"{used}\n")
        (folder / "memory.stat").write_text(f"anon 5\ninactive_file {cached}\nactive_file 7\n")
    else:
        (folder / "memory").mkdir()
        (folder / "memory" / "memory.limit_in_bytes").write_text(f"{total}\n")
        (folder / "memory" / "memory.usage_in_bytes").write_text(f"{used}\n")
        # its own and, behind it, that of all groups inside, which is what counts against the limit
        (folder / "memory" / "memory.stat").write_text(f"inactive_file 1\ntotal_inactive_file {cached}\n")


def test_without_a_limit_what_the_system_says_is_free(meminfo: Callable[[str | None], None]) -> None:
    meminfo(MEMINFO)
    assert available_bytes(CPU) == 4_000_000 * 1024


@pytest.mark.parametrize("text", [None, "", "MemTotal: 5 kB\n", "MemAvailable: many kB\n"])
def test_a_system_that_does_not_say_is_trusted(text: str | None, meminfo: Callable[[str | None], None]) -> None:
    meminfo(text)
    assert available_bytes(CPU) is None
    ensure_room(1 << 60, "anything")


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("text", [MEMINFO, None])
def test_the_limit_of_a_container_counts_and_files_kept_in_memory_do_not(
    version: int, text: str | None, tmp_path: Path, meminfo: Callable[[str | None], None]
) -> None:
    meminfo(text)
    limit(tmp_path, version, str(2 * GIB), used=GIB, cached=GIB // 4)
    assert available_bytes(CPU) == 2 * GIB - GIB + GIB // 4


@pytest.mark.parametrize(("version", "total"), [(2, "max"), (1, "9223372036854771712"), (2, str(64 * GIB))])
def test_the_smaller_of_both_is_free(
    version: int, total: str, tmp_path: Path, meminfo: Callable[[str | None], None]
) -> None:
    meminfo(MEMINFO)
    limit(tmp_path, version, total, used=GIB, cached=0)
    assert available_bytes(CPU) == 4_000_000 * 1024


def test_this_machine_says_how_much_is_free() -> None:
    found = available_bytes(device())
    assert found is None or 0 < found < 1 << 50


# What a pass leaves


FAULTS = """
import os, resource, torch
from torch import nn
from tests.tiny import as_network, noise_image
import explorer
torch.set_num_threads(1)
layers = [layer for _ in range(10) for layer in (nn.Conv2d(8, 8, 1), nn.ReLU())]
head = nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 4)
network = as_network(nn.Sequential(nn.Conv2d(3, 8, 1), *layers, *head), 256)
for _ in range(4):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    explorer.run(network, noise_image())
    n_faults = resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
print(n_faults / (4 * network.n_values / os.sysconf("SC_PAGE_SIZE")))
"""


@pytest.mark.skipif(os.name != "posix" or not hasattr(ctypes.CDLL(None), "mallopt"), reason="another C library")
@pytest.mark.parametrize(("setting", "is_kept"), [({}, True), ({"MALLOC_TRIM_THRESHOLD_": "131072"}, False)])
def test_a_pass_uses_the_memory_that_another_left_unless_the_environment_says_otherwise(
    setting: dict[str, str], is_kept: bool
) -> None:
    """In a process of its own: which part of the pages that a pass fills is fetched from the system."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("MALLOC_", "GLIBC_"))}
    command = [sys.executable, "-c", FAULTS]
    done = subprocess.run(command, env={**plain, **setting}, check=True, capture_output=True, text=True)
    assert (float(done.stdout) < 0.1) == is_kept, done.stdout


# Refused before anything is done


def test_what_does_not_fit_is_refused_with_both_numbers(free: Callable[[int | None], None]) -> None:
    free(3 * GIB // 2)
    ensure_room(3 * GIB // 2, "One pass")
    with pytest.raises(TooLarge) as caught:
        ensure_room(3 * GIB + 1, "One pass of VGG-16")
    assert str(caught.value) == (
        "One pass of VGG-16 needs 3.0 GiB; on this machine 1.5 GiB are free. Choose a smaller network, or close what "
        "else is running."
    )


def build(monkeypatch: pytest.MonkeyPatch, instead: Callable[..., Any]) -> None:
    """Every source builds so."""
    monkeypatch.setattr("explorer.loading.load.source_of", lambda info: replace(source_of(info), build=instead))


@pytest.mark.parametrize("choice", ["random", "pretrained", "IMAGENET1K_V1", b"no weights", "nowhere.pt"])
def test_a_network_that_does_not_fit_is_neither_fetched_nor_built(
    choice: str | bytes, free: Callable[[int | None], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(weights, "fetch", lambda *arguments: pytest.fail("it was fetched"))
    build(monkeypatch, lambda *arguments: pytest.fail("it was built"))
    needed = CATALOG["vgg16"].pass_bytes
    free(needed - 1)
    with pytest.raises(TooLarge) as caught:
        explorer.load_network("vgg16", choice)
    assert str(caught.value).startswith(f"One pass of VGG-16 needs {needed / GIB:.1f} GiB; on this machine ")


@pytest.mark.parametrize("target", [None, 2, "top"])
def test_a_pass_that_does_not_fit_is_refused_and_the_next_one_is_as_ever(
    target: int | None, free: Callable[[int | None], None]
) -> None:
    """A pass keeps every value once, and with a target every gradient too."""
    network, image = tiny_network(Overwriting()), noise_image()
    before = explorer.run(network, image, target)
    needed = before.n_bytes
    assert needed == network.n_values * (4 if target is None else 8)
    free(needed - 1)
    for _ in range(2):
        with pytest.raises(TooLarge, match=r"^One recorded pass of Tiny needs 0\.0 GiB; on this machine 0\.0 GiB are "):
            explorer.run(network, image, target)
    free(needed)
    after = explorer.run(network, image, target)
    assert np.array_equal(after.logits, before.logits)
    for layer in network.layers:
        assert np.array_equal(after[layer], before[layer])


def test_what_the_catalogue_says_of_a_pass_is_what_the_network_then_says(
    random_network: Callable[[str], Network],
) -> None:
    network = random_network("resnet18")
    assert network.n_values == network.info.n_values
    n_parameters = sum(value.numel() for value in network.graph.recorder.parameters())
    assert network.info.pass_bytes == 4 * n_parameters + 8 * network.n_values


# An allocation that fails after all


SENTENCE = (
    "The work needs more memory; on this machine too little is free. Choose a smaller network, or close what else is "
    "running."
)


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB."),
        RuntimeError("MPS backend out of memory (MPS allocated: 8 GB)"),
        RuntimeError("[enforce fail at alloc_cpu.cpp:116] data. DefaultCPUAllocator: not enough memory: you tried to"),
    ],
    ids=lambda error: str(error)[:12],
)
def test_an_allocation_that_fails_becomes_the_same_sentence(error: Exception) -> None:
    with pytest.raises(TooLarge) as caught, room("The work"):
        raise error
    assert str(caught.value) == SENTENCE
    assert caught.value.__cause__ is error


def test_what_torch_really_raises_on_the_cpu_becomes_the_same_sentence() -> None:
    with pytest.raises(TooLarge) as caught, room("The work"):
        torch.empty(1 << 50)
    assert str(caught.value) == SENTENCE
    with pytest.raises(TooLarge), room("The work"):
        np.empty(1 << 50)


@pytest.mark.parametrize("error", [RuntimeError("shapes do not fit"), ValueError("t allocate memory"), OSError(28)])
def test_other_errors_go_on_as_they_are(error: Exception) -> None:
    with pytest.raises(type(error)) as caught, room("The work"):
        raise error
    assert caught.value is error


def test_room_is_silent_where_nothing_fails() -> None:
    with room("The work"):
        done = sum(range(3))
    assert done == 3


def test_a_pass_that_runs_out_of_memory_leaves_the_network_usable(monkeypatch: pytest.MonkeyPatch) -> None:
    network, image = tiny_network(Overwriting()), noise_image()
    before = explorer.run(network, image, "top")
    with monkeypatch.context() as patch:
        patch.setattr(type(network.graph), "run", lambda self, x: torch.empty(1 << 50))
        with pytest.raises(TooLarge, match=r"^One recorded pass of Tiny needs more memory; "):
            explorer.run(network, image, "top")
    assert torch.is_grad_enabled()
    assert not torch.is_inference_mode_enabled()
    assert np.array_equal(explorer.run(network, image, "top").gradient("conv1"), before.gradient("conv1"))


def test_a_network_whose_weights_find_no_memory_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    build(monkeypatch, lambda *arguments: torch.empty(1 << 50))
    state = torch.random.get_rng_state()
    with pytest.raises(TooLarge, match=r"^Loading ResNet-18 needs more memory; on this machine too little is free\."):
        explorer.load_network("resnet18", "random")
    assert torch.equal(torch.random.get_rng_state(), state)

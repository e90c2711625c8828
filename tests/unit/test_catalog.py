"""The catalogue: every convolutional classifier there is, in the order of history, with numbers that are true."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterable
from itertools import groupby, pairwise
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn
from torch.overrides import TorchFunctionMode
from torch.utils.flop_counter import FlopCounterMode

import explorer
from explorer.errors import UnknownNetwork
from explorer.loading.builtin import ARCHITECTURES
from explorer.loading.catalog import CATALOG, LEFT_OUT, TRANSFORMERS, find, list_networks
from explorer.loading.sources import source_of
from explorer.networks.graph import trace_module
from explorer.networks.info import NetworkInfo
from explorer.networks.vision import torchvision
from explorer.running.lock import LOCK

OWN = [info for info in list_networks() if info.source == "project"]
LITE = [info for info in list_networks() if info.source == "efficientnet_lite"]
TORCHVISION = [info for info in list_networks() if info.source == "torchvision"]


class EmptyOnMeta(TorchFunctionMode):
    """Weights without memory. Unlike under `torch.device("meta")`, numbers that are computed stay readable: RegNet
    works out its widths with tensors."""

    def __torch_function__(
        self, func: Any, types: Iterable[type], args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = dict(kwargs or {})
        if func is torch.empty:
            kwargs.setdefault("device", "meta")
        return func(*args, **kwargs)


def build(info: NetworkInfo) -> nn.Module:
    if info.source != "torchvision":
        return source_of(info).build(info, source_of(info).n_logits(info), False, False)
    options = {"aux_logits": False, "transform_input": True, "init_weights": False}
    module: nn.Module = torchvision.models.get_model(
        info.name, weights=None, **options if info.family == "Inception" else {}
    )
    return module


def first_weights(info: NetworkInfo) -> Any:
    return next(iter(torchvision.models.get_model_weights(info.name)))


# What is there


def test_every_classifier_of_torchvision_is_there_or_left_out_for_a_reason() -> None:
    names = set(torchvision.models.list_models(module=torchvision.models))
    assert {info.name for info in TORCHVISION} == names - TRANSFORMERS
    assert names >= TRANSFORMERS
    assert {info.name for info in OWN} == set(ARCHITECTURES)


def test_names_and_titles_tell_networks_apart() -> None:
    infos = list_networks()
    assert len({info.name for info in infos}) == len({info.title for info in infos}) == len(infos) == len(CATALOG)
    assert all(find(info.name) is info for info in infos)


def test_what_a_network_brought_is_one_line_of_its_own() -> None:
    brought = [info.brought for info in list_networks()]
    assert len(set(brought)) == len(brought)
    for text in brought:
        assert 20 < len(text) < 120, text
        assert "..." not in text
        assert not text.endswith(".")


def test_each_paper_can_be_found() -> None:
    for info in list_networks():
        assert re.fullmatch(r"arXiv:\d{4}\.\d{5}|arXiv:1\d{3}\.\d{4}|doi:10\.\S+|blog\.keras\.io, .+", info.paper)
        assert info.authors


def test_landmarks_are_few_and_of_different_kinds() -> None:
    landmarks = [info for info in list_networks() if info.landmark]
    assert len(landmarks) == 12
    assert len({info.family for info in landmarks}) == 11  # ResNet has two: bottlenecks, and the deepest


# The order


def test_the_own_networks_come_first_and_the_others_in_the_order_of_history() -> None:
    infos = list_networks()
    assert [info.name for info in infos[:5]] == ["lenet5", "mlp", "basic_cnn", "pocket_resnet", "sound_cnn"]
    assert [*infos] == OWN + LITE + TORCHVISION
    for part in (OWN, LITE, TORCHVISION):
        years = [info.year or 0 for info in part]
        assert years == sorted(years)
    # AlexNet is cited by a later paper than the one that made it famous
    papers = [info.paper.removeprefix("arXiv:") for info in TORCHVISION[1:]]
    ids = [tuple(map(int, paper.split("."))) for paper in papers]
    assert TORCHVISION[0].name == "alexnet"
    assert [year_month for year_month, _ in ids] == sorted(year_month for year_month, _ in ids)
    for info, (year_month, _) in zip(TORCHVISION[1:], ids, strict=True):
        assert info.year == 2000 + year_month // 100


def test_families_stand_together_from_small_to_large() -> None:
    families = [(name, list(members)) for name, members in groupby(list_networks(), key=lambda info: info.family)]
    assert len({name for name, _ in families}) == len(families)
    for _, members in families:
        for smaller, larger in pairwise(members):
            assert smaller.n_parameters <= larger.n_parameters
            assert smaller.n_multiply_adds <= larger.n_multiply_adds


# The numbers


@pytest.mark.parametrize("info", TORCHVISION, ids=lambda info: info.name)
def test_sizes_are_those_that_torchvision_states(info: NetworkInfo) -> None:
    weights = first_weights(info)
    assert weights.transforms().crop_size == [info.size]
    auxiliary = 3_326_696 if info.name == "inception_v3" else 0  # torchvision counts it, though no prediction uses it
    assert info.n_parameters + auxiliary == weights.meta["num_params"]
    assert info.n_multiply_adds / 1e9 == pytest.approx(weights.meta["_ops"], abs=0.00051)


@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    ["lenet5", "mlp", "basic_cnn", "pocket_resnet", "sound_cnn", "efficientnet_lite0", "efficientnet_lite1",
     "efficientnet_lite2", "alexnet", "googlenet", "inception_v3", "squeezenet1_1",
     "shufflenet_v2_x0_5", "mnasnet0_5", "mobilenet_v3_small", "regnet_y_400mf"],
)  # fmt: skip
def test_numbers_are_those_of_the_network_itself(name: str) -> None:
    info = CATALOG[name]
    with EmptyOnMeta():
        module = build(info).eval().requires_grad_(False).to("meta")
    picture = torch.empty(1, 3 if info.reads == "photographs" else 1, info.size, info.size, device="meta")
    graph = trace_module(module)
    with LOCK, torch.device("meta"), FlopCounterMode(display=False) as operations:
        _, values = graph.run(picture)
    assert sum(parameter.numel() for parameter in module.parameters()) == info.n_parameters
    assert operations.get_total_flops() == 2 * info.n_multiply_adds
    assert sum(value.numel() for value in values.values() if isinstance(value, torch.Tensor)) == info.n_values


def test_the_memory_of_a_pass_is_weights_values_and_gradients() -> None:
    assert CATALOG["lenet5"].pass_bytes == 4 * 61_706 + 8 * 14_722
    assert CATALOG["pocket_resnet"].pass_bytes < CATALOG["vgg16"].pass_bytes < 1 << 30
    assert max(list_networks(), key=lambda info: info.pass_bytes).name == "regnet_y_128gf"


def test_the_estimate_is_what_a_trace_then_holds(pocket: Any, pocket_trace: Any) -> None:
    assert pocket_trace.n_bytes + 4 * pocket.info.n_parameters == pytest.approx(pocket.info.pass_bytes, rel=0.01)


# Finding


def test_a_name_that_is_not_in_the_catalogue() -> None:
    with pytest.raises(UnknownNetwork) as caught:
        explorer.load_network("resnet_18")
    everything = "`python -m explorer networks` lists all 76."
    assert str(caught.value) == f"There is no network 'resnet_18'. Nearest: 'resnet18'. {everything}"
    with pytest.raises(UnknownNetwork) as caught:
        explorer.load_network("!?", "random")
    assert str(caught.value) == f"There is no network '!?'. {everything}"


@pytest.mark.parametrize("name", sorted(TRANSFORMERS))
def test_a_transformer_is_refused_with_the_reason(name: str) -> None:
    with pytest.raises(UnknownNetwork) as caught:
        find(name)
    assert str(caught.value) == f"There is no network '{name}'. {LEFT_OUT}"


def test_the_catalogue_is_read_without_torch() -> None:
    code = "import explorer.loading.catalog as c; c.list_networks(); print({'torch', 'torchvision'} & set(sys.modules))"
    stub = "import types; p = types.ModuleType('explorer'); p.__path__ = ['explorer']; sys.modules['explorer'] = p"
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; {stub}; {code}"],
        capture_output=True, text=True, timeout=60, cwd=Path(explorer.__file__).parents[1],
    )  # fmt: skip
    assert done.stdout.strip() == "set()", done.stderr

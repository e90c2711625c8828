"""The networks of timm: followed as they compute, opened down to their products, and spoken of in plain sentences."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import numpy as np
import pytest
import torch

import explorer
from explorer.attribution import class_activation_map
from explorer.cli import main
from explorer.convolution.opened import open_value
from explorer.errors import BadTarget, LibraryMissing, UnknownNetwork
from explorer.faithfulness.randomisation import cascade, randomised
from explorer.loading import load
from explorer.loading.catalog import CATALOG, LEFT_OUT, find, list_networks
from explorer.loading.sources import source_of
from explorer.loading.sources import timm as source
from explorer.networks import vision  # noqa: F401  # before timm imports torchvision
from explorer.networks.graph import trace_module
from explorer.networks.kinds import kind_of
from explorer.networks.layers import describe
from explorer.networks.network import Network
from explorer.pictures.samples import load_sample

import timm  # isort: skip

ROOT = Path(explorer.__file__).resolve().parents[1]
# residual; with channels last inside; re-parametrised, whose batch norms are functions; inverted residuals, padded as
# TensorFlow does; weights worked out of weights; attention behind convolutions; one that decides by sizes; branches
FAMILIES = (
    "test_resnet", "test_convnext", "test_byobnet", "tf_mobilenetv3_small_minimal_100", "test_nfnet", "test_coatnet",
    "mobilevit_xxs", "hrnet_w18_small",
)  # fmt: skip


@pytest.fixture(scope="module", params=FAMILIES)
def pair(request: pytest.FixtureRequest) -> tuple[Network, torch.nn.Module]:
    """The network as it is followed, and the module that timm builds, with the same weights."""
    network = explorer.load_network(f"timm/{request.param}", "random", seed=3)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(3)
        return network, timm.create_model(request.param).eval()


@pytest.mark.slow
def test_it_computes_what_timm_computes(pair: tuple[Network, torch.nn.Module]) -> None:
    network, module = pair
    x = torch.cat([network.prepare(load_sample(name)).tensor for name in ("chelsea", "coffee")])
    with torch.inference_mode():
        expected = module(x)
        for i in range(2):
            found, _ = network.graph.run(x[i : i + 1].clone())
            assert float((found - expected[i]).abs().max()) <= 1e-5 * float(expected[i].abs().max())


@pytest.mark.slow
def test_every_convolution_opens_to_what_was_recorded(pair: tuple[Network, torch.nn.Module]) -> None:
    network, module = pair
    trace = explorer.run(network, load_sample("chelsea"), "top")
    generator = np.random.default_rng(0)
    opened = [layer for layer in network.layers.values() if layer.kind == "convolution"]
    # attention of blocks runs in batches of patches, which are no layers of the one picture
    own = [part for part in module.modules() if isinstance(part, torch.nn.Conv2d)]
    assert len(opened) == len(own)
    for layer in opened:
        unit = tuple(int(generator.integers(n)) for n in layer.shape)
        found = open_value(trace, layer.name, unit)
        assert found.agrees, (layer.name, unit, found.value, found.recorded)
        assert all(step.agrees for step in found.steps), layer.name
    cam = class_activation_map(trace, "grad_cam", network.cam_layer)
    assert cam.shape == network.layer(network.cam_layer).size
    assert np.isfinite(cam).all()
    assert min(cam.shape) > 1


@pytest.mark.slow
def test_its_card_says_how_large_it_is(pair: tuple[Network, torch.nn.Module]) -> None:
    network, module = pair
    assert network.info is not None
    assert network.info.n_parameters == sum(parameter.numel() for parameter in module.parameters())
    assert network.info.n_values == network.n_values
    counted = sum(layer.n_multiply_adds for layer in network.layers.values())
    mixes = any(kind_of(network.graph.operation(name)).mixes_places for name in network.graph.nodes)
    # attention multiplies layers with each other, which counts as none of theirs
    assert counted == network.info.n_multiply_adds or (mixes and counted < network.info.n_multiply_adds)
    n_learned = sum(layer.n_parameters for layer in network.layers.values())
    assert n_learned <= network.info.n_parameters


@pytest.mark.parametrize("mode", ["nearest", "bilinear"])
def test_a_field_holds_all_that_a_unit_sees_of_enlarged_maps(mode: str) -> None:
    """No pixel outside of it moves the unit, and it is not much larger than what does."""
    module = torch.nn.Sequential(
        torch.nn.Conv2d(3, 4, 3, 2, 1), torch.nn.Conv2d(4, 4, 3, 2, 1), torch.nn.Upsample(scale_factor=2, mode=mode),
        torch.nn.Conv2d(4, 2, 3, 1, 1),
    )  # fmt: skip
    size = 48
    layers, _ = describe(trace_module(module), 3, size, torch.device("cpu"), "it")
    x = torch.randn(1, 3, size, size, requires_grad=True)
    values = x
    for part, layer in zip(module, layers.values(), strict=True):
        values = part(values)
        for y, x_ in ((5, 7), (6, 4)):
            seen = torch.autograd.grad(values[0, :, y, x_].sum(), x, retain_graph=True)[0].abs().sum(dim=(0, 1))
            rows, columns = seen.sum(1).nonzero(), seen.sum(0).nonzero()
            top, left, bottom, right = layer.receptive_field.box(y, x_, size, size)
            assert top <= int(rows.min()) <= int(rows.max()) < bottom
            assert left <= int(columns.min()) <= int(columns.max()) < right
            assert bottom - top <= int(rows.max()) - int(rows.min()) + 1 + (12 if layer.name in ("2", "3") else 0)
    assert [layer.kind for layer in layers.values()] == ["convolution", "convolution", "upsampling", "convolution"]


def test_what_weights_are_worked_out_of_is_forgotten_with_them() -> None:
    """The weights of nfnet's convolutions are standardised at every pass: what was learned are numbers behind them."""
    network, other = (explorer.load_network("timm/test_nfnet", "random", seed=seed) for seed in (3, 4))
    forgotten = randomised(network, len(cascade(network)), seed=4)
    x = network.prepare(load_sample("chelsea")).tensor
    with torch.inference_mode():
        found, expected, before = (one.graph.run(x.clone())[0] for one in (forgotten, other, network))
    assert torch.allclose(found, expected, atol=1e-6)
    assert not torch.allclose(found, before, atol=1e-3)


def test_names_without_the_prefix_mean_what_they_meant() -> None:
    assert find("resnet50") is CATALOG["resnet50"]
    assert source_of(find("timm/resnet50")).name == "timm"
    assert not any(info.source == "timm" for info in list_networks())
    known = list_networks("timm")
    assert len({info.name for info in known}) == len(known) > 900
    assert all(info.name.startswith("timm/") and info.year is None for info in known)
    with pytest.raises(UnknownNetwork, match=r"^There is no source 'tim'. Nearest: 'timm'. There are project, "):
        list_networks("tim")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("timm/resnet50dd", "timm 1.0.31 has no network 'timm/resnet50dd'. Nearest: 'timm/resnet50d'. `python -m "),
        ("timm/test_vit", f"'timm/test_vit' cannot be opened. {LEFT_OUT}"),
        ("timm/mixer_b16_224", "'timm/mixer_b16_224' cannot be opened. Behind its stem no kernel slides over maps: "),
        ("timm/convit_tiny", "'timm/convit_tiny' cannot be opened. Its code cannot be followed operation by "),
        (
            "timm/resnet50.a1_in1k",
            "'timm/resnet50.a1_in1k' names a network and its weights. Choose the network 'timm/resnet50', and of its "
            "weights 'a1_in1k'.",
        ),
    ],
)
def test_what_cannot_be_opened_is_a_sentence(name: str, said: str) -> None:
    with pytest.raises(UnknownNetwork) as caught:
        explorer.load_network(name, "random")
    assert str(caught.value).startswith(said)


def test_a_newer_timm_is_said_to_be_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "version", lambda name: "2.0.0")
    with pytest.raises(UnknownNetwork, match=r"Installed is timm 2\.0\.0: what only that has is not known here\."):
        find("timm/resnet9000")


def test_without_timm_its_networks_are_listed_and_the_remedy_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> str:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(source, "version", missing)
    assert find("timm/resnet50d").n_parameters == 25_576_264
    with pytest.raises(LibraryMissing, match=r"^timm/resnet50d is built .*: pip install timm==1\.0\.31$"):
        explorer.load_network("timm/resnet50d")


def test_listing_imports_neither_timm_nor_torch() -> None:
    code = (
        "import sys; from explorer.loading.catalog import find, list_networks; list_networks('timm'); "
        "find('timm/resnet50d'); print({'timm', 'torch', 'torchvision'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


def test_one_without_a_classifier_has_no_classes_to_predict(monkeypatch: pytest.MonkeyPatch) -> None:
    row = source.architectures()["timm/test_resnet"]
    bare = dataclasses.replace(row, n_logits=0, head="")
    monkeypatch.setattr(source, "architectures", lambda: {"timm/test_resnet": bare})
    load.source_of(bare.info).weight_sets.cache_clear()  # type: ignore[attr-defined]
    network = explorer.load_network("timm/test_resnet", "random")
    assert network.categories == ()
    trace = explorer.run(network, load_sample("chelsea"), "top")
    assert trace.top() == ()
    assert trace.target is None
    assert trace.logits.shape == (network.layers[list(network.layers)[-1]].n_channels,)
    assert trace.probabilities.shape == (0,)
    assert "top=None" in repr(trace)
    assert f"it ends in {len(trace.logits):,} numbers that describe" in network.no_classes
    for ask in (
        lambda: trace.prediction(0),
        lambda: trace.class_of(None),
        lambda: explorer.run(network, trace.image, 0),
        lambda: network.category_index("cat"),
        lambda: explorer.attribute(network, trace.image),
    ):
        with pytest.raises(BadTarget, match=r"^timm/test_resnet has no classifier: it ends in \d+ numbers that "):
            ask()
    channel = explorer.Target(3, layer="layer2")
    assert explorer.run(network, trace.image, channel).gradient("layer1").any()


def test_the_command_line_lists_and_searches_them(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["networks", "timm", "Test", "resnet"]) == 0
    *lines, count = capsys.readouterr().out.splitlines()
    found = {name: f"{name} {row.info.family}" for name, row in source.architectures().items()}
    assert [line.split()[0] for line in lines] == [
        n for n, text in found.items() if "test" in text and "resnet" in text
    ]
    assert count == f"{len(lines)} of the 1,371 networks of timm 1.0.31"
    assert main(["networks", "timm", "vision_transformer_sam"]) == 0
    said = capsys.readouterr().out
    assert said.endswith(f" of them cannot be opened. {LEFT_OUT}\n")
    family = [row for row in source.architectures().values() if row.info.family == "vision_transformer_sam"]
    assert said.count("not opened") == len([row for row in family if row.why_not])
    assert main(["networks", "timm", "nothing-of-that-name"]) == 1
    assert main(["networks", "timm/resnet50d"]) == 0
    assert capsys.readouterr().out.splitlines()[-1].startswith("timm/resnet50d ")


def test_what_is_asked_of_the_command_line_is_explained_or_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "map.png"
    picture = str(ROOT / "assets" / "samples" / "chelsea.jpg")
    assert main(["explain", picture, "--network", "timm/test_byobnet", "--weights", "random", "-o", str(target)]) == 0
    assert target.stat().st_size > 1000
    assert main(["explain", picture, "--network", "timm/test_byobnett", "--weights", "random", "-o", str(target)]) == 1
    assert "Nearest: 'timm/test_byobnet'" in capsys.readouterr().err

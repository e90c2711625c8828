"""The catalogue, preparation, layers and stages: what a network is, before any picture."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

import explorer
from explorer.errors import BadTarget, NotSpatial, UnknownLayer, WeightsUnavailable
from explorer.loading import download
from explorer.loading import load as loading
from explorer.loading.builtin import CATEGORIES
from explorer.loading.catalog import CATALOG
from explorer.loading.published import weight_sets
from explorer.loading.sources import project
from explorer.loading.sources.torchvision import imagenet_categories
from explorer.networks.graph import trace_module
from explorer.networks.network import Network, Weights
from explorer.networks.preparation import PhotoPreparation
from explorer.networks.vision import torchvision
from explorer.places import assets
from tests.tiny import Branches, Overwriting, chain, noise_image, tiny_network

TORCHVISION = [info.name for info in explorer.list_networks() if info.source == "torchvision"]


# What torchvision says of its networks


@pytest.mark.parametrize("name", TORCHVISION)
def test_every_published_set_is_prepared_and_named_as_there(name: str) -> None:
    info = CATALOG[name]
    published = [w for w in torchvision.models.get_model_weights(name) if "FEATURES" not in w.name]
    ours = weight_sets(info)
    assert [found.name for found in ours] == [weights.name for weights in published]
    assert [found.is_default for found in ours] == [True] + [False] * (len(ours) - 1)
    for found, weights in zip(ours, published, strict=True):
        preset, preparation = weights.transforms(), found.preparation
        assert isinstance(preparation, PhotoPreparation)
        assert preset.resize_size == [preparation.resize]
        assert preset.crop_size == [preparation.crop]
        assert (preset.mean, preset.std) == (list(preparation.mean), list(preparation.std))
        assert preset.interpolation.value == preparation.interpolation
        assert imagenet_categories() == tuple(weights.meta["categories"])
        assert (found.url, found.file) == (weights.url, weights.url.rpartition("/")[2])
        assert download._HASHED.fullmatch(found.file)  # so that it can be checked
        assert found.top1 == weights.meta["_metrics"]["ImageNet-1K"]["acc@1"]


# Loading


def test_the_shipped_network_has_its_weights_and_categories(pocket: Network) -> None:
    assert (pocket.name, pocket.weights_name, pocket.is_random) == ("pocket_resnet", "pretrained", False)
    assert pocket.categories == CATEGORIES["pocket_resnet"]
    assert pocket.layer("fc").shape == (len(pocket.categories),)
    assert loading.pretrained_is_here("pocket_resnet")
    assert repr(pocket) == f"Network('pocket_resnet', weights='pretrained', {len(pocket.layers)} layers)"
    assert pocket.n_bytes == pytest.approx(4 * 2.8e6, rel=0.02)


def test_a_checkpoint_as_bytes_or_as_a_file_is_the_same_network(pocket: Network) -> None:
    path = assets() / "pocket_resnet.safetensors"
    from_bytes, from_path = explorer.load_network("pocket_resnet", path.read_bytes()), None
    from_path = explorer.load_network("pocket_resnet", path)
    assert from_bytes.key == from_path.key == pocket.key
    assert (from_bytes.weights_name, from_path.weights_name) == ("uploaded checkpoint", "pocket_resnet.safetensors")
    state = pocket.graph.recorder.state_dict()
    for key, value in from_bytes.graph.recorder.state_dict().items():
        assert torch.equal(value, state[key])


def test_random_weights_are_named_so_and_depend_on_the_seed_alone() -> None:
    first, again, other = (explorer.load_network("pocket_resnet", "random", seed=seed) for seed in (0, 0, 1))
    assert (first.weights_name, first.is_random) == ("random (seed 0)", True)
    assert first.key == again.key != other.key
    weights = [network.weights("conv1")["weight"] for network in (first, again, other)]
    assert np.array_equal(weights[0], weights[1])
    assert not np.array_equal(weights[0], weights[2])


def test_a_missing_shipped_file_does_not_become_random(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(project, "assets", lambda: tmp_path)
    path = tmp_path / "pocket_resnet.safetensors"
    with pytest.raises(WeightsUnavailable) as caught:
        explorer.load_network("pocket_resnet")
    assert str(caught.value) == (
        f"The weights of pocket_resnet should be in {path}, but are not. Copy the project again, or train them: "
        f"python -m explorer train pocket_resnet --data DIR --out {path}"
    )


# Preparation


@pytest.mark.parametrize("size", [(224, 224), (160, 300), (300, 161), (40, 640), (641, 53), (7, 5), (900, 1201)])
@pytest.mark.parametrize("bicubic", [False, True])
@pytest.mark.parametrize("preset", [(256, 224), (160, 160), (342, 299), (236, 224)])
def test_preparing_is_that_of_torchvision_bit_for_bit(
    size: tuple[int, int], preset: tuple[int, int], bicubic: bool
) -> None:
    image, (resize, crop) = noise_image(*size), preset
    prepared = PhotoPreparation(resize, crop, "bicubic" if bicubic else "bilinear")(image)
    picture = Image.fromarray(image.pixels)
    functional, modes = torchvision.transforms.functional, torchvision.transforms.InterpolationMode
    mode = modes.BICUBIC if bicubic else modes.BILINEAR
    pixels = functional.center_crop(functional.resize(picture, [resize], mode, antialias=True), [crop])
    assert np.array_equal(prepared.pixels, np.asarray(pixels))
    expected = torchvision.transforms._presets.ImageClassification(
        crop_size=crop, resize_size=resize, interpolation=mode
    )(picture)
    assert torch.equal(prepared.tensor[0], expected)
    assert prepared.tensor.dtype == torch.float32


def test_the_crop_is_in_pixels_of_the_picture() -> None:
    assert PhotoPreparation(160, 160).crop_box(160, 320) == (0, 80, 160, 240)
    assert PhotoPreparation(160, 160).crop_box(640, 320) == (160, 0, 480, 320)
    top, left, bottom, right = PhotoPreparation(256, 224).crop_box(512, 512)
    assert (top, left, bottom, right) == (32, 32, 480, 480)
    for size in ((1, 1), (2048, 1), (1, 2048), (333, 500)):
        top, left, bottom, right = PhotoPreparation(342, 299).crop_box(*size)
        assert 0 <= top < bottom <= size[0]
        assert 0 <= left < right <= size[1]


@pytest.mark.parametrize("size", [(640, 37), (20, 500)])
def test_a_very_long_picture_is_prepared_alike_but_for_rounding(size: tuple[int, int]) -> None:
    """It is never resized as a whole, so no more than a rounding of Pillow's two passes may differ."""
    prepared = PhotoPreparation(256, 224)(noise_image(*size))
    functional = torchvision.transforms.functional
    resized = functional.resize(Image.fromarray(noise_image(*size).pixels), [256], antialias=True)
    expected = np.asarray(functional.center_crop(resized, [224]))
    assert np.abs(prepared.pixels.astype(int) - expected).max() <= 1


def test_a_line_of_pixels_can_be_prepared() -> None:
    for size in ((1, 2048), (2048, 1), (1, 1)):
        prepared = PhotoPreparation(256, 224)(noise_image(*size))
        assert prepared.pixels.shape == (224, 224, 3)
        assert torch.isfinite(prepared.tensor).all()


# Layers


@pytest.mark.parametrize("name", ["resnet18", "densenet121", "squeezenet1_1", "googlenet"])
def test_layers_are_the_nodes_that_torchvision_names(name: str, random_network: Callable[[str], Network]) -> None:
    network = random_network(name)
    options = {"transform_input": True, "aux_logits": False, "init_weights": False} if name == "googlenet" else {}
    with torch.device("meta"):
        model = torchvision.models.get_model(name, weights=None, **options).eval()
    nodes = torchvision.models.feature_extraction.get_graph_node_names(model)[1]
    # a size or the pieces of a split are no layers, and the picture is none either
    assert set(network.layers) <= set(nodes)
    assert [node for node in nodes if node in network.layers] == list(network.layers)
    assert len(nodes) - len(network.layers) <= 1 + sum("getattr" in node or "chunk" in node for node in nodes)


def test_the_pocket_network_layer_by_layer(pocket: Network) -> None:
    layers = pocket.layers
    conv = layers["layer2.0.conv1"]
    assert (conv.kind, conv.shape, conv.inputs) == ("convolution", (64, 20, 20), ("layer1.1.relu_1",))
    assert conv.window is not None
    assert (conv.window.kernel, conv.window.stride, conv.window.padding) == ((3, 3), (2, 2), (1, 1))
    assert conv.n_parameters == 64 * 32 * 9
    add = layers["layer2.0.add"]
    assert (add.kind, add.window, add.n_parameters) == ("addition", None, 0)
    assert set(add.inputs) == {"layer2.0.bn2", "layer2.0.downsample.1"}
    assert layers["conv1"].inputs == ()
    assert (layers["fc"].kind, layers["fc"].shape, layers["fc"].is_spatial, layers["fc"].size) == (
        "dense",
        (11,),
        False,
        (),
    )
    assert (layers["avgpool"].kind, layers["avgpool"].shape, layers["avgpool"].is_spatial) == (
        "average pooling", (256, 1, 1), False,
    )  # fmt: skip
    assert sum(layer.n_parameters for layer in layers.values()) == sum(
        p.numel() for p in pocket.graph.recorder.parameters()
    )
    assert pocket.stages == ("relu", "layer1", "layer2", "layer3", "layer4", "avgpool", "fc")
    assert pocket.cam_layer == "layer4"


def test_blocks_resolve_to_their_last_operation(pocket: Network) -> None:
    assert pocket.resolve("layer4") == pocket.resolve("layer4.1") == "layer4.1.relu_1"
    assert pocket.resolve("layer2.0.downsample") == "layer2.0.downsample.1"
    assert pocket.resolve("conv1") == "conv1"
    assert pocket.layer("layer3") is pocket.layers["layer3.1.relu_1"]
    for name in ("layer", "layer4.", "", "layer1.0.conv"):
        with pytest.raises(UnknownLayer):
            pocket.resolve(name)
    with pytest.raises(UnknownLayer) as caught:
        pocket.resolve("layer5")
    assert re.fullmatch(
        r"pocket_resnet has no layer 'layer5'\. Nearest: 'layer[1-4]'\. Pick one from network\.layers\.",
        str(caught.value),
    )


def test_stages_of_known_networks(random_network: Callable[[str], Network]) -> None:
    assert random_network("resnet18").stages == ("relu", "layer1", "layer2", "layer3", "layer4", "avgpool", "fc")
    squeezenet = random_network("squeezenet1_1")
    assert squeezenet.cam_layer == "features.12"
    assert squeezenet.stages[-1] == "classifier"
    for network in (random_network("densenet121"), random_network("mobilenet_v3_large"), random_network("alexnet")):
        stages = [network.layer(stage) for stage in network.stages]
        assert list(network.layers).index(network.resolve(network.stages[-1])) >= len(network.layers) - 2
        assert len(stages[-1].shape) == 1
        order = [list(network.layers).index(layer.name) for layer in stages]
        assert order == sorted(set(order))
        assert network.layer(network.cam_layer).is_spatial
        sizes = [layer.size for layer in stages if layer.is_spatial]
        assert all(before >= after for before, after in pairwise(sizes))


def test_operations_that_pass_on_what_they_got_are_idle(random_network: Callable[[str], Network]) -> None:
    alexnet = random_network("alexnet").layers
    assert alexnet["avgpool"].is_idle
    assert alexnet["classifier.0"].is_idle
    assert not alexnet["features.0"].is_idle
    assert not random_network("resnet18").layers["avgpool"].is_idle


def test_convnext_is_channels_first_for_the_reader(random_network: Callable[[str], Network]) -> None:
    network = random_network("convnext_tiny")
    inside = [layer for layer in network.layers.values() if layer.channels_last]
    assert {layer.shape for layer in inside if layer.name.startswith("features.7.0")} == {(768, 7, 7), (3072, 7, 7)}
    assert all(layer.shape[0] >= 96 and layer.shape[1] == layer.shape[2] for layer in inside if layer.is_spatial)
    assert network.layer("features.1").shape == (96, 56, 56)
    assert not network.layer("features.1").channels_last


def test_weights_are_read_only_and_those_of_the_layer(pocket: Network) -> None:
    weights = pocket.weights("conv1")
    assert {key: value.shape for key, value in weights.items()} == {"weight": (32, 3, 7, 7)}
    assert pocket.weights("bn1").keys() == {"weight", "bias", "running_mean", "running_var"}
    assert not pocket.weights("layer1.0.add")
    for name in pocket.layers:
        for array in pocket.weights(name).values():
            assert array.dtype == np.float32
            with pytest.raises(ValueError, match="read-only"):
                array[...] = 0
    with pytest.raises(TypeError):
        weights["weight"] = np.zeros(1)  # type: ignore[index]
    with pytest.raises(TypeError):
        pocket.layers["conv1"] = pocket.layers["fc"]  # type: ignore[index]


def test_parameters_of_functions_are_found(random_network: Callable[[str], Network]) -> None:
    network = random_network("convnext_tiny")
    norm = next(name for name, layer in network.layers.items() if layer.kind == "layer norm")
    assert network.weights(norm).keys() == {"weight", "bias"}
    scaled = next(name for name, layer in network.layers.items() if layer.kind == "multiplication")
    assert network.weights(scaled)["layer_scale"].shape == (96, 1, 1)


def test_a_category_is_known_by_its_name_or_number(tiny: Network) -> None:
    assert [tiny.category_index(category) for category in ("ant", "dog", "2")] == [0, 3, 2]
    with pytest.raises(BadTarget) as caught:
        tiny.category_index("been")
    assert str(caught.value) == "tiny has no class 'been'. Nearest: 'bee'."


def test_any_module_can_become_a_network() -> None:
    network = tiny_network(chain(nn.Conv2d(3, 3, 3, padding=1), Branches()))
    cat = network.layers["1.cat"]
    assert (cat.kind, cat.shape, len(cat.inputs)) == ("concatenation", (8, 24, 24), 4)
    assert network.resolve("1") == "1.cat"
    assert network.resolve("1.middle") == "1.middle.2"


# The graph


def test_tracing_switches_overwriting_off_and_keeps_the_answer() -> None:
    module = Overwriting().eval().requires_grad_(False)
    x = torch.randn(1, 3, 24, 24, generator=torch.Generator().manual_seed(0))
    expected = module(x.clone())
    graph = trace_module(module)
    output, values = graph.run(x.clone())
    assert torch.equal(output, expected)
    assert list(values) == list(graph.nodes)
    assert values["fc"] is output
    assert graph.reads("add") == ["conv2", "relu"]
    assert [graph.operation(name) for name in ("conv1", "add", "mul", "relu_2", "cat")] == [
        "Conv2d", "add", "mul", "relu", "cat",
    ]  # fmt: skip
    assert graph.setting("pool", 1, "kernel_size") == 2
    assert graph.setting("cat", 1, "dim") == 1
    assert graph.setting("conv1", 9, "no_such_setting") is None


def test_a_network_needs_no_card() -> None:
    """A module, names, a way to prepare pictures, what to call it, and which weights these are."""
    module, weights = Overwriting(), Weights("mine", "mine-1", ("Beware.",))
    network = Network(module, ("a", "b", "c", "d"), PhotoPreparation(24, 24), name="own", weights=weights)
    assert (network.name, network.title, network.info) == ("own", "own", None)
    assert (network.weights_name, network.key, network.notes) == ("mine", "mine-1", ("Beware.",))
    assert not network.is_random
    titled = Network(module, network.categories, network.preprocessing, name="own", title="My own", weights=weights)
    assert titled.title == "My own"
    trace = explorer.run(network, noise_image(), "top")
    x = trace.prepared.tensor.contiguous(memory_format=torch.channels_last)
    with torch.inference_mode():
        assert torch.equal(torch.tensor(trace.logits)[None], module(x))
    dense = nn.Sequential(nn.Flatten(), nn.Linear(3 * 24 * 24, 4))
    flat = Network(dense, network.categories, network.preprocessing, name="d", title="My dense net", weights=weights)
    with pytest.raises(NotSpatial, match=r"^My dense net has no feature maps"):
        _ = flat.cam_layer


def test_a_network_of_the_catalogue_has_its_card(pocket: Network) -> None:
    assert pocket.info is not None
    assert (pocket.name, pocket.title) == (pocket.info.name, pocket.info.title)


@pytest.mark.parametrize(
    ("name", "first"),
    [
        ("efficientnet_lite0", "conv_stem"), ("pocket_resnet", "conv1"), ("lenet5", "c1"), ("vgg11", "features.0"),
        ("densenet121", "features.conv0"), ("mobilenet_v3_small", "features.0.0"), ("mlp", "hidden1"),
    ],
)  # fmt: skip
def test_where_to_begin_to_look_is_the_first_kernel_that_slides(
    random_network: Callable[[str], Network], name: str, first: str
) -> None:
    network = random_network(name)
    assert network.first_layer == first or (name == "mlp" and network.first_layer == network.stages[0])
    before = list(network.layers)[: list(network.layers).index(network.first_layer)]
    assert all(network.layers[layer].kind != "convolution" for layer in before)

"""How a person's own weights have their pictures prepared: as is said, as a file says, as is read, or as is assumed."""

from __future__ import annotations

import argparse
import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

import explorer
from explorer.cli import main
from explorer.errors import BadCategories, BadPreparation
from explorer.loading.catalog import CATALOG
from explorer.loading.configurations import from_configuration, parted
from explorer.loading.preparations import as_text, parse_preparation, preparation_sentence, reading_sentence
from explorer.loading.published import find_set
from explorer.loading.scaling import SCALINGS, Reading
from explorer.networks.preparation import PhotoPreparation
from explorer.networks.vision import torchvision
from tests.tiny import noise_image

ROOT = Path(explorer.__file__).parents[1]
RESNET, GOOGLENET = CATALOG["resnet18"], CATALOG["googlenet"]
USUAL = PhotoPreparation(256, 224)
HALF = replace(USUAL, mean=(0.5,) * 3, std=(0.5,) * 3)


def saved(module: torch.nn.Module) -> bytes:
    file = io.BytesIO()
    torch.save(module.state_dict(), file)
    return file.getvalue()


@pytest.fixture(scope="module")
def squeezenet() -> bytes:
    """Weights that say nothing, without a batch norm."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return saved(torchvision.models.squeezenet1_1(num_classes=3))


# What is said


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("half", HALF),
        ("", USUAL),
        ("IMAGENET1K_V1", USUAL),
        ("half, crop=192 , channels=bgr", replace(HALF, crop=192, channels="BGR")),
        ("mean=0.1/0.2/0.3,std=0.5", replace(USUAL, mean=(0.1, 0.2, 0.3), std=(0.5,) * 3)),
        ("mean=0.1 0.2 0.3,interpolation=Bicubic", replace(USUAL, mean=(0.1, 0.2, 0.3), interpolation="bicubic")),
        ("bytes,resize=300", replace(USUAL, mean=(0.0,) * 3, std=(1 / 255,) * 3, resize=300)),
    ],
)
def test_it_is_said_by_name_and_field_by_field(text: str, expected: PhotoPreparation) -> None:
    assert parse_preparation(text, RESNET) == expected


def test_it_is_written_so_that_it_can_be_read_again() -> None:
    for info in (RESNET, GOOGLENET, CATALOG["efficientnet_b0"], CATALOG["lenet5"]):
        usual = find_set(info, "pretrained").preparation
        assert parse_preparation(as_text(usual), info) == usual
    odd = PhotoPreparation(301, 99, "lanczos", (0.1, 1 / 3, 0.7), (1 / 255, 0.25, 2.0), "BGR")
    assert parse_preparation(as_text(odd), RESNET) == odd
    assert "shorter side to 301 pixels (lanczos), the middle 99 × 99" in preparation_sentence(odd)
    assert "less (0.1, 0.3333, 0.7), divided by (0.003922, 0.25, 2), BGR" in preparation_sentence(odd)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("halve", "'halve' is no way to prepare pictures. Nearest: 'half'."),
        ("size=3", "'size=3' is no way"),
        ("crop=x", "crop takes a whole number, not 'x'."),
        ("mean=1/2", "mean takes one number, or three as in 0.485/0.456/0.406, not '1/2'."),
        ("std=0", "Std must be above 0."),
        ("std=nan", "Mean and std must be finite numbers."),
        ("crop=300", "Crop (300) must not be larger than resize (256)."),
        ("crop=0", "Crop must be from 1 to 4,096 pixels, not 0."),
        ("resize=99999", "Resize must be from 1 to 4,096 pixels, not 99,999."),
        ("channels=GBR", "Channels must be RGB or BGR, not 'GBR'."),
        ("interpolation=cubic", "Interpolation must be one of "),
        ("colour_transform=perhaps", "colour_transform is true or false, not 'perhaps'."),
        ("colour_transform=true", "ResNet-18 has no colour transform: only GoogLeNet and Inception v3 have one."),
    ],
)
def test_what_cannot_be_is_a_sentence(text: str, says: str) -> None:
    with pytest.raises(BadPreparation) as caught:
        parse_preparation(text, RESNET)
    assert says in str(caught.value)


@pytest.mark.parametrize(("name", "size"), [("basic_cnn", 90), ("squeezenet1_1", 1)])
def test_a_size_that_a_network_cannot_read_is_a_sentence(name: str, size: int) -> None:
    with pytest.raises(BadPreparation, match=rf"cannot read {size} × {size} pixels\. Its usual size is "):
        explorer.load_network(name, "random", preparation=f"resize={size},crop={size}")


def test_digits_are_prepared_in_one_way() -> None:
    with pytest.raises(BadPreparation, match="reads digits"):
        explorer.load_network("lenet5", preparation="half")
    with pytest.raises(BadPreparation, match="its preparation must be a DigitPreparation"):
        explorer.load_network("lenet5", preparation=USUAL)


def test_every_kind_of_weights_takes_what_is_said(squeezenet: bytes) -> None:
    image = noise_image()
    plain, half = (explorer.load_network("squeezenet1_1", squeezenet, preparation=said) for said in (None, "half"))
    assert half.preprocessing == parse_preparation("half", CATALOG["squeezenet1_1"])
    assert half.key != plain.key
    pixels = torch.from_numpy(np.array(half.prepare(image).pixels)).permute(2, 0, 1)[None] / 255
    assert torch.allclose(half.prepare(image).tensor, (pixels - 0.5) / 0.5, atol=1e-6)
    assert half.prepared == "as you said, “half”"
    random, other = (
        explorer.load_network("resnet18", "random", preparation=said) for said in (None, "half,channels=BGR")
    )
    assert random.key != other.key
    flipped = (random.prepare(image).tensor * torch.tensor([0.229, 0.224, 0.225])[:, None, None]
               + torch.tensor([0.485, 0.456, 0.406])[:, None, None]).flip(1)  # fmt: skip
    assert torch.allclose(other.prepare(image).tensor, (flipped - 0.5) / 0.5, atol=1e-5)


# What a file says

TIMM: dict[str, Any] = {
    "architecture": "resnet18",
    "pretrained_cfg": {
        "input_size": [3, 224, 224], "interpolation": "bicubic", "crop_pct": 0.95,
        "mean": [0.5, 0.5, 0.5], "std": [0.5, 0.5, 0.5],
    },
}  # fmt: skip
HUGGING_FACE: dict[str, Any] = {
    "do_normalize": True, "image_mean": [0.1, 0.2, 0.3], "image_std": [0.4, 0.5, 0.6], "resample": 3,
    "size": {"shortest_edge": 232}, "crop_size": {"height": 208, "width": 208}, "do_center_crop": True,
}  # fmt: skip


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (TIMM, replace(HALF, resize=235, interpolation="bicubic")),  # floor(224 / 0.95), as timm has it
        (HUGGING_FACE, PhotoPreparation(232, 208, "bicubic", (0.1, 0.2, 0.3), (0.4, 0.5, 0.6))),
        ({"resize_size": [232], "crop_size": [224], "interpolation": "bilinear"}, replace(USUAL, resize=232)),
        ({"do_normalize": False}, replace(USUAL, mean=(0.0,) * 3, std=(1.0,) * 3)),
        (
            {"do_rescale": False, "image_mean": [127, 127, 127], "image_std": [128, 128, 128]},
            replace(USUAL, mean=(127 / 255,) * 3, std=(128 / 255,) * 3),
        ),
        (  # EfficientNet's, where it is told to: 1/127.5 and an offset of 1 are from -1 to 1
            {"rescale_factor": 1 / 127.5, "rescale_offset": True, "do_normalize": False},
            replace(USUAL, mean=(0.5,) * 3, std=(0.5,) * 3),
        ),
        (
            {"rescale_factor": 1 / 51, "image_mean": [1, 2, 3], "image_std": [5, 5, 5]},
            replace(USUAL, mean=(0.2, 0.4, 0.6), std=(1.0,) * 3),
        ),
        ({"rescale_factor": 0, "image_std": [0.5] * 3}, replace(USUAL, std=(0.5,) * 3)),
        (  # which divides by it twice
            {"include_top": True, "image_mean": [0.5] * 3, "image_std": [0.5] * 3},
            replace(USUAL, mean=(0.5,) * 3, std=(0.25,) * 3),
        ),
        (  # even so
            {"include_top": True, "do_normalize": False, "image_mean": [0.5] * 3, "image_std": [0.5] * 3},
            replace(USUAL, mean=(0.0,) * 3, std=(0.5,) * 3),
        ),
        ({"size": 192, "image_mean": [0.5]}, replace(USUAL, resize=192, crop=192, mean=(0.5,) * 3)),
        ({"model_type": "resnet", "num_labels": 3}, None),
        ({"mean": "grey", "size": {"width": 3}}, None),
        ({"crop_pct": 1e-320, "size": 224}, replace(USUAL, resize=224)),
    ],
)
def test_configurations_are_read_as_their_makers_write_them(
    said: dict[str, Any], expected: PhotoPreparation | None
) -> None:
    found = from_configuration(said, USUAL)
    assert (found and replace(found, mean=(0,) * 3, std=(0,) * 3)) == (
        expected and replace(expected, mean=(0,) * 3, std=(0,) * 3)
    )
    if found is not None and expected is not None:
        assert found.mean == pytest.approx(expected.mean)
        assert found.std == pytest.approx(expected.std)


@pytest.mark.parametrize("do_normalize", [True, False])
@pytest.mark.parametrize("rescaled", [{}, {"do_rescale": False}, {"rescale_factor": 0.01, "rescale_offset": True}])
def test_a_rescaled_grey_level_comes_out_as_its_maker_computes_it(rescaled: dict[str, Any], do_normalize: bool) -> None:
    """Grey 51: times the factor, less the offset, less the mean, divided by the standard deviation."""
    said = {"do_normalize": do_normalize, "image_mean": [0.1, 0.2, 0.3], "image_std": [0.4, 0.5, 0.6], **rescaled}
    value = 51.0
    if said.get("do_rescale", True):
        value = value * said.get("rescale_factor", 1 / 255) - bool(said.get("rescale_offset"))
    by_hand = [
        (value - m) / s if do_normalize else value
        for m, s in zip(said["image_mean"], said["image_std"], strict=True)
    ]  # fmt: skip
    found = from_configuration(said, USUAL)
    assert found is not None
    grey = found(replace(noise_image(), pixels=np.full((300, 300, 3), 51, np.uint8))).tensor
    assert grey[0, :, 100, 100].tolist() == pytest.approx(by_hand, rel=1e-5)


def test_what_came_with_weights_is_parted_into_configurations_and_names() -> None:
    timm, names = ("config.json", json.dumps(TIMM).encode()), ("names.json", b'{"0": "cat", "1": "dog"}')
    configurations, found = parted([timm, names])
    assert [configuration.name for configuration in configurations] == ["config.json"]
    assert found == names[1]
    assert parted([]) == ((), None)
    assert parted([("names.txt", b"cat")]) == ((), b"cat")
    with pytest.raises(BadCategories, match=r"'names\.json' and 'other\.csv' say nothing of preparing pictures"):
        parted([timm, names, ("other.csv", b"cat")])


def test_a_file_beside_the_weights_goes_before_what_is_read(squeezenet: bytes, tmp_path: Path) -> None:
    path = tmp_path / "mine.pth"
    path.write_bytes(squeezenet)
    assert "which is assumed" in explorer.load_network("squeezenet1_1", path).prepared
    (tmp_path / "config.json").write_text("[1, 2", encoding="utf-8")  # of something else
    assert "which is assumed" in explorer.load_network("squeezenet1_1", path).prepared
    (tmp_path / "config.json").write_text("[" * 100_000, encoding="utf-8")
    assert "which is assumed" in explorer.load_network("squeezenet1_1", path).prepared
    (tmp_path / "config.json").write_text(json.dumps({"image_std": [0, 0, 0]}), encoding="utf-8")
    with pytest.raises(BadPreparation, match=r"^What config\.json beside the file says .* Std must be above 0\."):
        explorer.load_network("squeezenet1_1", path)
    (tmp_path / "config.json").write_text(json.dumps(TIMM), encoding="utf-8")
    network = explorer.load_network("squeezenet1_1", path)
    assert network.preprocessing == replace(HALF, resize=235, interpolation="bicubic")
    assert network.prepared == "as config.json beside the file says"
    assert not [note for note in network.notes if "prepared" in note]
    assert network.categories == ("class 0", "class 1", "class 2")
    named = {**TIMM, "label_names": ["cat", "dog", "fox"]}
    (tmp_path / "config.json").write_text(json.dumps(named), encoding="utf-8")
    network = explorer.load_network("squeezenet1_1", path)
    assert network.categories == ("cat", "dog", "fox")
    assert "The names of its classes are those in 'config.json' beside it" in network.notes
    (tmp_path / "config.json").write_text(json.dumps({**TIMM, "label_names": ["cat"]}), encoding="utf-8")
    network = explorer.load_network("squeezenet1_1", path)  # nothing is left out without a word
    assert network.categories == ("class 0", "class 1", "class 2")
    assert any(note.startswith("What stands in 'config.json' beside it does not name") for note in network.notes)
    said = explorer.load_network("squeezenet1_1", path, preparation="unit")  # a person goes before a file
    assert said.preprocessing == parse_preparation("unit", CATALOG["squeezenet1_1"])


@pytest.mark.parametrize(
    ("beside", "origin"),
    [
        (
            {
                "args": argparse.Namespace(
                    mean=[0.5], std=(0.5,), crop_pct=0.95, input_size=[3, 224, 224], interpolation="bicubic"
                )
            },
            "args",
        ),
        ({"hyper_parameters": {"pretrained_cfg": TIMM["pretrained_cfg"]}}, "hyper_parameters"),
        ({"pretrained_cfg": TIMM["pretrained_cfg"], "args": {"mean": [0.1]}}, "pretrained_cfg"),
        ({"mean": [0.5] * 3, "std": [0.5] * 3, "crop_pct": 0.95, "interpolation": "bicubic", "size": 224}, "mean"),
    ],
)
def test_an_entry_in_the_file_goes_before_what_is_read(
    beside: dict[str, Any], origin: str, squeezenet: bytes, tmp_path: Path
) -> None:
    path, state = tmp_path / "mine.pth", torch.load(io.BytesIO(squeezenet), weights_only=True)
    torch.save({"state_dict": state, **beside}, path)
    network = explorer.load_network("squeezenet1_1", path)
    assert network.preprocessing == replace(HALF, resize=235, interpolation="bicubic")
    assert network.prepared == f"as its entry '{origin}' says"
    (tmp_path / "config.json").write_text('{"image_mean": [0.25, 0.25, 0.25]}', encoding="utf-8")
    assert explorer.load_network("squeezenet1_1", path).prepared == "as config.json beside the file says"


def test_a_text_in_a_safetensors_file_says_it_too(squeezenet: bytes, tmp_path: Path) -> None:
    path, state = tmp_path / "mine.safetensors", torch.load(io.BytesIO(squeezenet), weights_only=True)
    save_file(state, path, {"format": "pt", "pretrained_cfg": json.dumps(TIMM["pretrained_cfg"])})
    network = explorer.load_network("squeezenet1_1", path)
    assert network.preprocessing == replace(HALF, resize=235, interpolation="bicubic")
    assert network.prepared == "as its entry 'pretrained_cfg' says"


def test_other_entries_of_such_names_say_nothing(squeezenet: bytes, tmp_path: Path) -> None:
    path, state = tmp_path / "mine.pth", torch.load(io.BytesIO(squeezenet), weights_only=True)
    for beside in ({"mean": 0.3, "size": 96}, {"args": {"size": 192, "mean": "channel"}}, {"mean": state}):
        torch.save({"state_dict": state, **beside}, path)
        assert "which is assumed" in explorer.load_network("squeezenet1_1", path).prepared


# What is read, and what is assumed


def test_the_first_batch_norm_is_asked_where_nothing_is_said() -> None:
    weights = ROOT / "assets" / "pocket_resnet.safetensors"
    network = explorer.load_network("pocket_resnet", weights.read_bytes())
    assert network.preprocessing == explorer.load_network("pocket_resnet").preprocessing
    note = next(note for note in network.notes if "prepared" in note)
    assert note.startswith("Its pictures are prepared as its first batch norm remembers: ImageNet’s mean")
    assert f"the next best, {SCALINGS['half'].title}: 1." in note


@pytest.mark.parametrize(
    ("divergences", "is_decided", "says"),
    [
        ((0.1, 0.5), True, "ImageNet’s mean and standard deviation (divergence 0.1; the next best, mean and "),
        ((0.1, 0.2), False, "its first batch norm is undecided between ImageNet’s mean and standard deviation (div"),
        ((2.0, 14.0), False, "its first batch norm remembers none of the usual ways: the nearest are ImageNet’s"),
    ],
)
def test_a_reading_decides_where_one_is_near_and_the_next_is_not(
    divergences: tuple[float, float], is_decided: bool, says: str
) -> None:
    reading = Reading(dict(zip(("imagenet", "half"), divergences, strict=True)))
    assert reading.is_decided == is_decided
    assert reading_sentence(reading).startswith(says)


def test_what_is_undecided_is_offered() -> None:
    """A batch norm that keeps what no scaling gives: the two nearest are there to choose from."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        module = torchvision.models.resnet18(num_classes=3)
    module.bn1.running_mean += 0.1
    network = explorer.load_network("resnet18", saved(module))
    assert len(network.undecided) == 2
    assert {*network.undecided} < {*SCALINGS}
    assert "which is assumed" in network.prepared
    assert explorer.load_network("resnet18", saved(module), preparation="half").undecided == ()


@pytest.mark.slow
@pytest.mark.parametrize("transform", [False, True])
def test_a_googlenet_remembers_whether_its_colours_were_transformed(transform: bool) -> None:
    """A network that was not: torchvision's own, with what its first batch norm meets on pictures scaled so."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        module = torchvision.models.googlenet(
            num_classes=4, aux_logits=False, init_weights=False, transform_input=transform
        )
    stem = torch.nn.Sequential(module.conv1.conv, module.conv1.bn).train()
    module.conv1.bn.momentum = None  # a plain mean
    for sample in ("photographer", "chelsea", "coffee", "astronaut"):
        x = USUAL(explorer.read_image(ROOT / "assets" / "samples" / f"{sample}.jpg")).tensor
        with torch.no_grad():
            stem(module._transform_input(x))
    network = explorer.load_network("googlenet", saved(module.eval()))
    assert isinstance(network.preprocessing, PhotoPreparation)
    assert network.preprocessing.colour_transform == transform, network.prepared
    x = network.prepare(noise_image()).tensor
    with torch.inference_mode():
        assert torch.allclose(network.graph.run(x)[0], module(x), rtol=1e-4, atol=1e-5)


def test_what_is_assumed_is_said_by_commands_and_in_code(squeezenet: bytes, tmp_path: Path, capsys: Any) -> None:
    weights, picture, out = tmp_path / "mine.pth", tmp_path / "noise.png", tmp_path / "out.png"
    weights.write_bytes(squeezenet)
    Image.fromarray(noise_image().pixels).save(picture)
    command = ["explain", str(picture), "--network", "squeezenet1_1", "--weights", str(weights), "-o", str(out)]
    assert main(command) == 0
    assert "note: Its pictures are prepared as for IMAGENET1K_V1 of SqueezeNet 1.1, which is" in capsys.readouterr().err
    assert main([*command, "--preparation", "half"]) == 0
    assert "prepared" not in capsys.readouterr().err
    assert main([*command, "--preparation", "quarter"]) != 0
    assert "'quarter' is no way to prepare pictures." in capsys.readouterr().err

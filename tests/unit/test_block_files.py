"""A trained network as a file: what was trained and what is opened again answer alike, as any network of one's own."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import safetensors
import safetensors.torch
import torch
from torch import nn

import explorer
from explorer.errors import BadCheckpoint, BadModelFile, BadPreparation, UnknownNetwork
from explorer.loading.model_files import is_model_file, network_in
from explorer.networks.digits import DigitPreparation
from explorer.networks.preparation import PhotoPreparation
from explorer.pictures.samples import load_sample
from explorer.scratch.data import find, preparation_of
from explorer.scratch.export import weights_file
from explorer.scratch.presets import PRESETS, in_shape, module_of

LINE = (
    "conv 6 5 stride 2 padding 1, norm, relu, dropout 0.5, max 3 stride 2, conv 8 3, tanh, flatten, dense 12, norm, "
    "sigmoid, dense"
)
ROWS = (LINE, "conv 8 3 stride 2, relu, global average, dense", "flatten, dense 9, relu, dense", *PRESETS)
LIMIT = 1 << 24


def trained(network: str, data: str) -> nn.Module:
    """With weights and statistics that no network has from the beginning."""
    torch.manual_seed(3)
    module = module_of(network, in_shape(network, data), len(find(data).categories))
    with torch.no_grad():
        for name, buffer in module.named_buffers():
            if "running" in name:
                buffer.copy_(torch.rand_like(buffer) + 0.5)
    return module.eval()


@pytest.mark.parametrize("data", ["digits", "shapes", "parts"])
@pytest.mark.parametrize("network", ROWS)
def test_what_is_opened_again_answers_as_what_was_trained(network: str, data: str, tmp_path: Path) -> None:
    module = trained(network, data)
    (tmp_path / "mine.safetensors").write_bytes(weights_file(module, network, data))
    if network in PRESETS:
        opened = explorer.load_network(network, tmp_path / "mine.safetensors")
    else:
        opened = explorer.load_network(str(tmp_path / "mine.safetensors"))
        assert opened.name == "mine"
    assert opened.categories == find(data).categories
    assert opened.preprocessing == preparation_of(in_shape(network, data))
    assert not [note for note in opened.notes if "assumed" in note]
    trace = explorer.run(opened, load_sample("chelsea"), 0)
    with torch.inference_mode():
        expected = module(trace.prepared.tensor)[0].numpy()
    assert np.allclose(trace.logits, expected, rtol=1e-5, atol=1e-6)


def test_the_same_network_is_the_same_file_and_the_same_key() -> None:
    module = trained(LINE, "digits")
    first, second = (weights_file(module, LINE, "digits") for _ in range(2))
    assert first == second
    one, other = (network_in(first, f"{name}.safetensors", max_bytes=LIMIT) for name in "aa")
    assert one.key == other.key


def test_it_can_be_looked_into_and_explained() -> None:
    network = network_in(weights_file(trained(LINE, "parts"), LINE, "parts"), "mine.safetensors", max_bytes=LIMIT)
    assert [*network.layers][:3] == ["conv1", "norm1", "relu1"]
    assert network.weights("conv1")["weight"].shape == (6, 3, 5, 5)
    assert explorer.attribute(network, load_sample("chelsea")).values.shape == (13, 13)


def test_names_of_ones_own_go_before_those_in_the_file() -> None:
    content = weights_file(trained(LINE, "parts"), LINE, "parts")
    named = network_in(content, "mine.safetensors", max_bytes=LIMIT, categories=["whole", "not"])
    assert named.categories == ("whole", "not")
    said = network_in(content, "mine.safetensors", max_bytes=LIMIT, preparation="resize=80,crop=64")
    assert isinstance(said.preprocessing, PhotoPreparation)
    assert (said.preprocessing.resize, said.preprocessing.crop) == (80, 64)
    digits = weights_file(trained(LINE, "digits"), LINE, "digits")
    for asked in ("half", PhotoPreparation(32, 32), DigitPreparation()):
        with pytest.raises(BadPreparation, match=r"^It reads digits, which are always prepared as those of MNIST are"):
            network_in(digits, "mine.safetensors", max_bytes=LIMIT, preparation=asked)


def test_a_file_is_one_of_blocks_by_what_it_says_not_by_its_name(tmp_path: Path) -> None:
    content = weights_file(trained(LINE, "digits"), LINE, "digits")
    weights = weights_file(trained("lenet5", "digits"), "lenet5", "digits")
    assert is_model_file("any.safetensors", content)
    assert not is_model_file("any.safetensors", weights)
    assert not is_model_file("any.pth", content)
    for broken in (b"", b"\x00" * 8, b"\xff" * 20, (40).to_bytes(8, "little") + b'{"blocks"', content[:90]):
        assert not is_model_file("any.safetensors", broken)
    (tmp_path / "weights.safetensors").write_bytes(weights)
    with pytest.raises(BadModelFile, match=r"^'weights.safetensors' holds weights alone, and not which network they"):
        explorer.load_network(str(tmp_path / "weights.safetensors"))
    with pytest.raises(BadCheckpoint, match=r"^'none.safetensors' cannot be opened"):
        explorer.load_network(str(tmp_path / "none.safetensors"))
    with pytest.raises(UnknownNetwork):
        explorer.load_network("none.safetensor")


def changed(**said: str | None) -> bytes:
    """A file whose metadata say something else, or nothing."""
    content = weights_file(trained(LINE, "digits"), LINE, "digits")
    header = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])
    texts = {key: text for key, text in (header["__metadata__"] | said).items() if text is not None}
    return safetensors.torch.save(safetensors.torch.load(content), texts)


@pytest.mark.parametrize(("said", "expected"), [
    ({"blocks": "conv 6 5, rleu, flatten, dense"}, "Block 2, 'rleu', is no kind of block. Nearest: 'relu'."),
    ({"blocks": "conv 256 15"}, "The last block is 'conv 256 15'."),
    ({"blocks": "relu," * 100_000}, "The line of blocks has 500,000 characters; 2,000 is the most."),
    ({"blocks": "flatten, dense 1024, dense 1024, dense"}, "The blocks have 2,109,450 weights; 2,000,000 is the most."),
    ({"input": None}, "Its 'input' is ''; it is [channels, side, side]: 1 channel or 3, and sides from 8 to 256."),
    ({"input": "[1, 32]"}, "Its 'input' is '[1, 32]'"),
    ({"input": "[1, 32, 31]"}, "Its 'input' is '[1, 32, 31]'"),
    ({"input": "[2, 32, 32]"}, "Its 'input' is '[2, 32, 32]'"),
    ({"input": "[1, 1e9, 1e9]"}, "Its 'input' is '[1, 1e9, 1e9]'"),
    ({"input": "[[[" * 9000}, "Its 'input' is"),
    ({"input": "[1, 64, 64]"}, "Its 'preparation' makes 1 channels of 32 pixels, and not its 'input'."),
    ({"classes": "7"}, "Its 'classes' are a list of 2 to 1,000 names."),
    ({"classes": '["one"]'}, "Its 'classes' are a list of 2 to 1,000 names."),
    ({"classes": '["one", 2]'}, "One of its 'classes' is no name."),
    ({"preparation": "quarter"}, "'quarter' is no way to prepare pictures."),
    ({"preparation": "crop=32,resize=9"}, "Crop (32) must not be larger than resize (9)."),
])  # fmt: skip
def test_a_file_that_describes_no_network_is_refused_with_what_is_wrong(
    said: dict[str, str | None], expected: str
) -> None:
    with pytest.raises(BadModelFile) as caught:
        network_in(changed(**said), "mine.safetensors", max_bytes=LIMIT)
    assert str(caught.value).startswith(f"'mine.safetensors' does not describe a network of blocks. {expected}")
    assert str(caught.value).endswith("Save the network again where it was trained.")


def test_weights_that_do_not_fit_their_blocks_are_refused_by_name() -> None:
    with pytest.raises(BadCheckpoint, match=r"^'mine.safetensors' does not fit this row of blocks: its 'conv2.weight'"):
        network_in(changed(blocks=LINE.replace("conv 8 3", "conv 9 3")), "mine.safetensors", max_bytes=LIMIT)

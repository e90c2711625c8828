"""Networks that read other channels than red, green and blue."""

from __future__ import annotations

import io
from dataclasses import replace

import numpy as np
import pytest
import tifffile
import torch
from PIL import Image
from torch import nn
from torch.nn import functional as F

import explorer
from explorer.attribution.fills import filled
from explorer.convolution.lab import source, sources
from explorer.convolution.opened import open_value
from explorer.errors import BadPreparation
from explorer.filters.figures import filter_sheet
from explorer.filters.gratings import responses, tuning
from explorer.filters.weights import form
from explorer.networks.bands import BandPreparation
from explorer.networks.preparation import PhotoPreparation
from explorer.overview.journey import inputs
from explorer.pictures.samples import load_sample
from tests.tiny import noise_image

CUT = PhotoPreparation(20, 16)


class Banded(nn.Module):
    """Reads any number of channels."""

    def __init__(self, n: int) -> None:
        super().__init__()
        torch.manual_seed(n)
        self.conv = nn.Conv2d(n, 5, 3, padding=1)
        self.fc = nn.Linear(5, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.fc(F.relu(self.conv(x)).mean((2, 3)))


def many_channels(n: int = 5, dtype: str = "uint16") -> tuple[np.ndarray, explorer.ImageInput]:
    values = np.random.default_rng(n).random((24, 30, n)) * 4000
    array = values.astype(dtype)
    file = io.BytesIO()
    tifffile.imwrite(file, array, photometric="minisblack", planarconfig="contig")
    return array, explorer.read_image(file.getvalue(), "bands.tif")


def by_hand(plane: np.ndarray) -> np.ndarray:
    """Shorter side to 20 by Pillow, then the middle 16 x 16."""
    resized = Image.fromarray(np.ascontiguousarray(plane)).resize((25, 20), Image.Resampling.BILINEAR)
    return np.asarray(resized)[2:18, 4:20]


def test_a_file_of_many_channels_keeps_all_of_them() -> None:
    array, image = many_channels()
    assert image.channels is not None
    assert np.array_equal(image.channels, (array / np.float32(65535)).astype(np.float32))
    assert not image.channels.flags.writeable
    assert image.notes[-1] == "the first channel is shown; 4 more are there for networks"
    changed = array.copy()
    changed[0, 0, 4] += 1  # what is not shown counts all the same
    file = io.BytesIO()
    tifffile.imwrite(file, changed, photometric="minisblack", planarconfig="contig")
    assert explorer.read_image(file.getvalue(), "bands.tif").digest != image.digest
    floats, as_floats = many_channels(4, "float32")
    assert as_floats.channels is not None
    assert np.array_equal(as_floats.channels, floats)  # no largest value is known of these


def test_each_input_is_given_the_channel_that_is_said() -> None:
    array, image = many_channels()
    how = BandPreparation(CUT, ("4", "1", "nothing", "grey"), (0.01, 0.02, 0.25, 0.5), (0.5, 2, 1, 1))
    network = explorer.network_of(Banded(4), how)
    assert network.preprocessing.inputs == ("channel 4", "channel 1", "nothing", "grey")
    prepared = network.prepare(image)
    scaled = (array / np.float32(65535)).astype(np.float32)
    expected = [(by_hand(scaled[..., 3]) - 0.01) / 0.5, (by_hand(scaled[..., 0]) - 0.02) / 2, np.zeros((16, 16))]
    assert np.allclose(prepared.tensor[0, :3], np.stack(expected), atol=1e-6)
    grey = np.asarray(Image.fromarray(image.pixels).convert("L"))
    assert np.allclose(prepared.tensor[0, 3] + 0.5, by_hand(grey) / 255, atol=1e-6)
    assert prepared.notes == ()
    trace = explorer.run(network, image, "top")
    module = Banded(4)
    with torch.no_grad():
        assert np.allclose(trace.logits, module(prepared.tensor)[0], atol=1e-5)


def test_what_a_picture_lacks_is_nothing_and_is_said() -> None:
    network = explorer.network_of(Banded(5), input_size=(5, 16, 16))
    assert network.prepared.startswith("by the channels of the file, 1 to 5, from 0 to 1, which is assumed")
    image = load_sample("chelsea")
    prepared = network.prepare(image)
    assert prepared.notes == (
        "The network reads 5 channels, and the picture has its colours alone: channel 4, channel 5 are given as the "
        "mean everywhere, which tells nothing",
    )
    assert not prepared.tensor[0, 3:].any()
    colours = PhotoPreparation(round(16 / 0.875), 16, mean=(0.0,) * 3, std=(1.0,) * 3)(image)
    assert torch.equal(prepared.tensor[0, :3], colours.tensor[0])
    assert network.prepare(many_channels(5)[1]).notes == ()
    assert (
        network.prepare(many_channels(4)[1]).notes[0].startswith("The network reads 5 channels, and the picture has 4 ")
    )


def test_a_network_of_one_channel_reads_the_brightness() -> None:
    network = explorer.network_of(Banded(1), input_size=(1, 28, 28))
    image = load_sample("coffee")
    trace = explorer.run(network, image, 0)
    assert network.preprocessing.inputs == ("grey",)
    assert (trace.prepared.pixels == trace.prepared.pixels[..., :1]).all()
    assert np.abs(trace.prepared.tensor[0, 0].numpy() * 255 - trace.prepared.pixels[..., 0]).max() <= 1
    assert sources(network) == ("grey",)
    assert form(network, "conv") == "grey"
    assert inputs(trace) == ()


def test_ink_on_paper_is_inverted() -> None:
    how = BandPreparation(CUT, ("inverted",), (0.0,), (1.0,))
    image = load_sample("digit")
    prepared = explorer.network_of(Banded(1), how).prepare(image)
    grey = BandPreparation(CUT, ("grey",), (0.0,), (1.0,))(image)
    assert (prepared.tensor + grey.tensor - 1).abs().max() < 0.02  # each is rounded after it was resized
    assert np.abs(prepared.pixels[..., 0] / 255 - prepared.tensor[0, 0].numpy()).max() < 0.02
    assert prepared.tensor.mean() < 0.5 < grey.tensor.mean()


@pytest.mark.parametrize("n", [1, 2, 4])
def test_every_number_opens(n: int) -> None:
    network = explorer.network_of(Banded(n), input_size=(n, 16, 16))
    trace = explorer.run(network, noise_image(), 0)
    opened = open_value(trace, "conv", (2, 3, 4))
    window = F.pad(trace.prepared.tensor, (1, 1, 1, 1))[0, :, 3:6, 4:7].numpy()
    assert opened.products.size == 9 * n
    assert np.isclose((window * opened.weights).sum() + opened.bias, trace["conv"][2, 3, 4], atol=1e-5)
    assert len(inputs(trace)) == (0 if n == 1 else n)
    assert source(network, trace.prepared, network.preprocessing.inputs[-1]).shape == (1, 16, 16)
    assert (tuning(network, "conv").hues is None) == (n in (1, 2, 4))
    for method in ("gradient", "occlusion", "grad_cam"):
        assert np.isfinite(explorer.attribute(network, noise_image(), method, 0).values).all()


def test_blue_may_come_first() -> None:
    """Fills, stripes and tiles are of the true colours, in whichever order the network reads them."""
    module, turned = Banded(3), Banded(3)
    with torch.no_grad():
        turned.conv.weight.copy_(module.conv.weight.flip(1))
    rgb = PhotoPreparation(16, 16, mean=(0.1, 0.2, 0.3), std=(0.4, 0.5, 0.6))
    one = explorer.network_of(module, rgb)
    other = explorer.network_of(turned, replace(rgb, channels="BGR"))
    image = noise_image()
    traces = [explorer.run(network, image, 0) for network in (one, other)]
    assert np.allclose(traces[0].logits, traces[1].logits, atol=1e-5)
    for fill in ("black", "white", "mean", "blur"):
        assert torch.allclose(filled(traces[0], fill), filled(traces[1], fill).flip(1), atol=1e-6)
    batch = np.random.default_rng(0).random((2, 16, 16, 3)).astype(np.float32)
    assert np.allclose(responses(one, "conv", batch), responses(other, "conv", batch), atol=1e-5)
    sheets = [filter_sheet(network, "conv", range(5)).png for network in (one, other)]
    assert sheets[0] == sheets[1]
    assert other.preprocessing.inputs == ("blue", "green", "red")


@pytest.mark.parametrize(
    ("how", "says"),
    [
        (BandPreparation(CUT, (), (), ()), "Each of the 0 channels needs a mean and a std of its own."),
        (BandPreparation(CUT, ("1", "2"), (0.0,), (1.0, 1.0)), "Each of the 2 channels needs"),
        (
            BandPreparation(CUT, ("0",), (0.0,), (1.0,)),
            "A channel is grey, inverted, red, green, blue, nothing or a number",
        ),
        (BandPreparation(CUT, ("infrared",), (0.0,), (1.0,)), "A channel is grey, .* not 'infrared'"),
        (BandPreparation(CUT, ("1",), (0.0,), (0.0,)), "Std must be above 0"),
        (BandPreparation(replace(CUT, crop=30), ("1",), (0.0,), (1.0,)), r"Crop \(30\) must not be larger"),
    ],
)
def test_what_cannot_be_prepared_is_a_sentence(how: BandPreparation, says: str) -> None:
    with pytest.raises(BadPreparation, match=f"^{says}"):
        explorer.network_of(Banded(2), how)


def test_sizes_that_do_not_go_together() -> None:
    how = BandPreparation(CUT, ("1", "2"), (0.0,) * 2, (1.0,) * 2)
    with pytest.raises(BadPreparation, match=r"^The preparation makes 2 × 16 × 16 of a picture, and input_size says 3"):
        explorer.network_of(Banded(2), how, input_size=(3, 16, 16))

"""The network that a browser runs: what it makes of a picture is what torch makes of it."""

from __future__ import annotations

import base64
import io
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

import explorer
from explorer.errors import BadOption
from explorer.exporting import exported
from explorer.exporting.live import halved, packed
from explorer.networks.digits import DigitPreparation
from explorer.networks.network import Network
from explorer.networks.preparation import PhotoPreparation
from explorer.pictures.image import ImageInput
from explorer.pictures.samples import load_sample
from tests.in_node import in_node
from tests.tiny import noise_image

WAYS = pytest.mark.parametrize("way", ["WebAssembly", "JavaScript"])
RUN = """await (async () => {
  if (given.way === "JavaScript") WebAssembly.Module = null;
  const bytes = Uint8Array.from(atob(given.weights), (letter) => letter.charCodeAt(0));
  const found = await new all.Network(given.steps, bytes.buffer).run(
    { values: Float32Array.from(given.x), shape: given.shape });
  return found.map(({ values }) => [...values]);
})()"""


def given_of(network: Network) -> dict[str, Any]:
    found, weights = packed(network)
    return {"steps": found["steps"], "weights": base64.b64encode(weights).decode()}


def in_browser(network: Network, x: torch.Tensor, way: str = "WebAssembly") -> dict[str, np.ndarray[Any, Any]]:
    """Every layer's values, in one row each, as the browser works them out for what the network receives."""
    given = {**given_of(network), "x": x.flatten().tolist(), "shape": list(x.shape[1:]), "way": way}
    rows = in_node("live/network.js", RUN, given)
    assert isinstance(rows, list)
    return {name: np.array(row) for name, row in zip(network.layers, rows, strict=True)}


def with_halves(network: Network) -> Network:
    """The same with its weights rounded as a file holds them."""
    for parameter in network.graph.recorder.parameters():
        half = halved(parameter.numpy())
        if half is not None:
            parameter.copy_(torch.from_numpy(half.astype(np.float32)))
    return network


@pytest.mark.parametrize("name", ["lenet5", "basic_cnn", pytest.param("pocket_resnet", marks=pytest.mark.slow)])
@WAYS
def test_every_layer_is_torch_s(name: str, way: str) -> None:
    network = explorer.load_network(name)
    trace = explorer.run(network, load_sample("chelsea"))
    for layer, values in in_browser(network, trace.prepared.tensor.contiguous(), way).items():
        assert values == pytest.approx(trace[layer].ravel(), abs=1e-4), layer


class Unusual(nn.Module):
    """Windows that none of the networks that come along has."""

    def __init__(self) -> None:
        super().__init__()
        self.grouped = nn.Conv2d(3, 12, (3, 2), stride=(2, 1), padding=(2, 1), dilation=(1, 2), groups=3)
        self.norm = nn.BatchNorm2d(12)
        self.clipped = nn.ReLU6()
        self.even = nn.Conv2d(12, 10, 3, padding=1, bias=False)  # 3 x 3, whose last piece and last filters are cut off
        self.squashed = nn.Sigmoid()
        self.most = nn.MaxPool2d(3, stride=2, padding=1, dilation=2, ceil_mode=True)
        self.mean = nn.AvgPool2d((2, 3), stride=(1, 2), padding=(1, 1), ceil_mode=True, count_include_pad=False)
        self.divided = nn.AvgPool2d(2, stride=1, padding=1, divisor_override=3)
        self.counted = nn.AvgPool2d(3, stride=2, padding=1, ceil_mode=True)
        self.adaptive = nn.AdaptiveAvgPool2d((2, 3))
        self.dropped = nn.Dropout()
        self.out = nn.Linear(60, 4)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.clipped(self.norm(self.grouped(x)))
        x = self.squashed(self.even(x)) + self.even(x)
        x = self.counted(self.divided(self.mean(self.most(x))))
        return self.out(self.dropped(torch.flatten(self.adaptive(x), 1)))


@WAYS
def test_windows_of_all_kinds(way: str) -> None:
    torch.manual_seed(3)
    module = Unusual()
    module.norm.running_mean.uniform_(-1, 1)
    module.norm.running_var.uniform_(0.5, 2)
    network = with_halves(
        explorer.network_of(module, PhotoPreparation(26, 26), ["a", "b", "c", "d"], (3, 26, 26), "unusual")
    )
    trace = explorer.run(network, load_sample("chelsea"))
    for layer, values in in_browser(network, trace.prepared.tensor.contiguous(), way).items():
        assert values == pytest.approx(trace[layer].ravel(), abs=1e-5), layer


def test_products_of_blocks_are_the_same_in_both_ways() -> None:
    """Of a block of channels, and of places, that are not the first."""
    draw, depth, n = np.random.default_rng(4), 7, 3
    kernels, read = draw.normal(size=(2, depth, 8)).astype("f4"), draw.normal(size=(1 + n, depth, 4)).astype("f4")
    multiply = """["room", "plain"].map((way) => {
      const found = all[way](given.kernels.length, given.read.length, 32 * (given.n + 1));
      found.kernels.set(given.kernels);
      found.read.set(given.read);
      found.multiply(8 * given.depth, 4 * given.depth, 32, given.depth, given.n);
      return [found.sums.buffer === found.kernels.buffer, ...found.sums];
    })"""
    given = {"kernels": kernels.ravel().tolist(), "read": read.ravel().tolist(), "depth": depth, "n": n}
    rows = in_node("live/product.js", multiply, given)
    assert isinstance(rows, list)
    expected = np.concatenate([np.zeros((1, 8, 4)), np.einsum("kc,nkp->ncp", kernels[1], read[1:])]).ravel()
    for (is_one_memory, *sums), is_assembled in zip(rows, (True, False), strict=True):
        assert is_one_memory is is_assembled
        assert sums == pytest.approx(expected, abs=1e-5)


def test_what_is_no_number_stays_none() -> None:
    network = explorer.network_of(
        nn.Sequential(nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(12, 2)), PhotoPreparation(4, 4), ["a", "b"],
        (3, 4, 4), "tiny",
    )  # fmt: skip
    x = torch.ones(1, 3, 4, 4)
    x[0, 0, 0, 0] = torch.nan
    given = {**given_of(network), "x": [None if np.isnan(v) else v for v in x.flatten().tolist()]}
    expression = RUN.replace("given.x", "given.x.map((v) => v ?? NaN)").replace("given.shape", "[3, 4, 4]")
    rows = in_node("live/network.js", expression, given)
    assert isinstance(rows, list)
    assert rows[1][0] is None  # JSON's word for NaN
    assert rows[1][1:] == [1.0] * 11


def pictures() -> list[ImageInput]:
    draw = np.random.default_rng(5)
    sizes = [(40, 57), (301, 200), (161, 160), (12, 400), (900, 40), (160, 160), (640, 150), (90, 71)]
    made = [Image.fromarray(draw.integers(0, 256, (h, w, 3), dtype=np.uint8)) for h, w in sizes]
    return [load_sample("chelsea"), *map(explorer.read_image, made)]


PREPARE = """given.map(({ pixels, height, width, how }) => {
  const found = all.NAME({ pixels: Uint8ClampedArray.from(pixels), height, width }, how);
  return [[...found.pixels], [...found.received.values]];
})"""


def browser_s(module: str, name: str, seen: list[ImageInput], how: object) -> list[Any]:
    given = [
        {"pixels": image.pixels.ravel().tolist(), "height": image.pixels.shape[0], "width": image.pixels.shape[1],
         "how": how}
        for image in seen
    ]  # fmt: skip
    found = in_node(f"live/{module}", PREPARE.replace("NAME", name), given)
    assert isinstance(found, list)
    return found


@pytest.mark.parametrize(
    "preparation",
    [
        PhotoPreparation(64, 64),
        PhotoPreparation(72, 64, "bilinear", (0.5, 0.4, 0.3), (0.2, 0.1, 0.3), "BGR"),
        PhotoPreparation(48, 48, squash=True),
    ],
    ids=["usual", "cropped, blue first", "squashed"],
)
def test_photographs_are_prepared_to_the_bit(preparation: PhotoPreparation) -> None:
    """Where their shape is kept, and they are not tall. Else Pillow resizes some of them in columns first, and rounds
    in between: a level apart at the most."""
    module = nn.Sequential(nn.Flatten(), nn.Linear(3 * preparation.crop**2, 2))
    network = explorer.network_of(module, preparation, ["a", "b"], (3, preparation.crop, preparation.crop), "flat")
    seen = pictures()
    for image, (pixels, values) in zip(
        seen, browser_s("photographs.js", "prepared", seen, packed(network)[0]["preparation"]), strict=True
    ):
        expected, (height, width, _) = network.prepare(image), image.pixels.shape
        most = 1 if preparation.squash or height > 2 * width else 0
        assert np.abs(np.array(pixels) - expected.pixels.ravel().astype(int)).max() <= most, (height, width)
        same = np.array(pixels) == expected.pixels.ravel()
        received = np.moveaxis(expected.tensor.numpy()[0], 0, -1)[..., [*packed(network)[0]["preparation"]["colours"]]]
        values = np.array(values, np.float32).reshape(3, preparation.crop, preparation.crop)
        values = np.moveaxis(values, 0, -1)[..., [*packed(network)[0]["preparation"]["colours"]]]
        assert np.array_equal(values.ravel()[same], received.ravel()[same]), (height, width)


def test_digits_are_prepared_to_the_bit() -> None:
    draw, seen = np.random.default_rng(2), []
    for height, width, paper, ink in ((140, 140, 255, 30), (90, 61, 10, 240), (28, 28, 0, 255), (50, 300, 200, 90)):
        sheet = np.full((height, width, 3), paper, np.uint8)
        top, left = height // 4, width // 3
        sheet[top : top + height // 2, left : left + max(3, width // 9)] = ink
        sheet[top : top + 4, left : left + width // 3] = ink
        noise = draw.integers(-3, 4, sheet.shape)
        seen.append(explorer.read_image(np.clip(sheet + noise, 0, 255).astype(np.uint8)))
    seen.append(explorer.read_image(np.full((20, 30, 3), 255, np.uint8)))
    how = packed(explorer.load_network("lenet5"))[0]["preparation"]
    for image, (pixels, values) in zip(seen, browser_s("digits.js", "preparedDigit", seen, how), strict=True):
        expected = DigitPreparation()(image)
        assert np.array_equal(np.array(pixels), expected.pixels.ravel()), image.pixels.shape
        assert np.array_equal(np.array(values, np.float32), expected.tensor.numpy().ravel()), image.pixels.shape


def test_a_drawing_is_the_one_of_the_pad() -> None:
    """Within a tenth of the levels at a few pixels of its edges: both count points, each in its own way."""
    from explorer.ui.elements.pad import _drawn

    strokes = [[80, 300, 200, 700, 260, 420, 800], [44, 500, 500], [44, 100, 900, 900, 910]]
    found = in_node("live/drawing.js", "[...all.pictureOf(given).pixels]", strokes)
    png = _drawn(strokes)
    assert png is not None
    expected = np.asarray(Image.open(io.BytesIO(png)).convert("RGB")).astype(int)
    apart = np.abs(np.array(found).reshape(expected.shape) - expected)
    assert apart.mean() < 1
    assert apart.max() < 120
    digit = [
        explorer.read_image(pixels.astype(np.uint8)) for pixels in (np.array(found).reshape(expected.shape), expected)
    ]
    first, second = (DigitPreparation()(image).pixels.astype(int) for image in digit)
    assert np.abs(first - second).max() < 40


def test_only_what_a_browser_can_run() -> None:
    with pytest.raises(
        BadOption, match=r"^Sound CNN cannot run in a file: it reads .* pocket_resnet are such networks\.$"
    ):
        packed(explorer.load_network("sound_cnn"))
    with pytest.raises(BadOption, match=r"^SqueezeNet 1\.1 cannot run in a file: its layer 'features\.3\.cat' "):
        packed(explorer.load_network("squeezenet1_1", "random"))
    with pytest.raises(
        BadOption, match=r"^ResNet-18 cannot run in a file: its 11\.7 M weights are more than the 3\.5 M"
    ):
        packed(explorer.load_network("resnet18", "random"))


def test_a_mail_takes_the_largest_of_them(pocket: Network) -> None:
    """Of a picture in which little is zero, with all that is in a file unless somebody asks for more."""
    assert len(exported(explorer.run(pocket, noise_image(160), "top"), report=True, live=True)) <= 10_000_000


def test_weights_that_half_precision_does_not_hold() -> None:
    assert halved(np.array([[65520.0, 1.0]], np.float32)) is None
    assert halved(np.array([[np.nan, 1.0]], np.float32)) is None
    assert halved(np.array([1.0, 2.0], np.float32)) is None
    module = nn.Sequential(nn.Flatten(), nn.Linear(12, 2))
    module[1].weight.data[0, 0] = 1e6
    network = explorer.network_of(module, PhotoPreparation(2, 2), ["a", "b"], (3, 2, 2), "large")
    x = torch.linspace(-1, 1, 12).reshape(1, 3, 2, 2)
    assert in_browser(network, x)["1"] == pytest.approx(module(x)[0].detach().numpy(), rel=1e-6)
    assert packed(network)[0]["rounded"] is False
    module[1].weight.data[0, 0] = 0.1
    network = explorer.network_of(module, PhotoPreparation(2, 2), ["a", "b"], (3, 2, 2), "small")
    assert packed(network)[0]["rounded"] is True

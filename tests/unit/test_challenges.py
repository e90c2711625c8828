"""Changes of pictures: against other libraries, by what must hold, and against the network asked picture by picture."""

from __future__ import annotations

import csv
import io
import re

import numpy as np
import pytest
import torch
from torch import nn
from torchvision.transforms import InterpolationMode
from torchvision.transforms import functional as vision

import explorer
from explorer.attribution import class_activation_map
from explorer.challenges import CHANGES, card, changed, followed, similarity, sweep
from explorer.challenges.card import borne, card_csv
from explorer.challenges.changes import moved
from explorer.challenges.sweep import Sweep
from explorer.errors import BadArgument
from explorer.networks.network import Network
from explorer.pictures.image import ImageInput, read_image
from explorer.pictures.samples import load_sample
from explorer.trace import Trace
from tests.tiny import as_network, noise_image


@pytest.fixture(scope="module")
def photo() -> ImageInput:
    return load_sample("chelsea")


def pixels_of(image: ImageInput) -> torch.Tensor:
    return torch.from_numpy(image.pixels.copy()).permute(2, 0, 1)


def apart(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.abs(a.astype(int) - b.astype(int))


@pytest.mark.parametrize("name", CHANGES)
def test_no_change_is_the_picture_itself_and_every_other_is_a_picture_again(name: str, photo: ImageInput) -> None:
    change = CHANGES[name]
    assert changed(photo, name, change.still) is photo
    for strength in (change.low, change.high):
        found = changed(photo, name, strength)
        assert found.pixels.shape == photo.pixels.shape
        assert found.pixels.dtype == np.uint8
        assert not found.pixels.flags.writeable
        if strength != change.still:
            assert found.digest != photo.digest
            assert found.digest == changed(photo, name, strength).digest  # chance draws the same again
        if change.behind is None or strength == change.still:  # a picture of one pixel is one afterwards
            assert changed(noise_image(1, 1), name, strength).pixels.shape == (1, 1, 3)


@pytest.mark.parametrize("name", CHANGES)
def test_the_formula_at_no_change_gives_the_same_pixels(name: str, photo: ImageInput) -> None:
    """Where it is not the picture itself that is given back, too: to rounding, and, of JPEG, to what it loses."""
    change = CHANGES[name]
    if name in ("blur", "jpeg"):
        return  # no blur has no width, and the best JPEG still rounds
    found = change.apply(photo.pixels, change.still)
    assert apart(found, photo.pixels).max() <= 1, name


def test_what_is_not_there_is_refused_in_a_sentence(photo: ImageInput) -> None:
    with pytest.raises(BadArgument, match=r"no change 'twirl'\. Choose one of: rotation,"):
        changed(photo, "twirl", 1)
    for strength in (181, float("nan"), True, "30"):
        with pytest.raises(BadArgument, match=r"a number from -180 to 180, not .*\. At 0 nothing changes"):
            changed(photo, "rotation", strength)  # type: ignore[arg-type]


@pytest.mark.parametrize("degrees", [-90, 17.5, 45, 180])
def test_rotation_is_torchvision_s(degrees: float, photo: ImageInput) -> None:
    found = changed(photo, "rotation", degrees).pixels
    other = vision.rotate(pixels_of(photo).float(), degrees, InterpolationMode.BILINEAR, fill=[-1.0] * 3)
    inside = (other >= 0).all(dim=0).numpy()
    inside &= vision.rotate(torch.ones(1, *inside.shape), degrees, InterpolationMode.BILINEAR)[0].numpy() > 0.999
    assert inside.mean() > 0.3
    difference = apart(found, other.permute(1, 2, 0).round().clamp(0, 255).numpy())[inside]
    # OpenCV weighs neighbours in 32nds of a pixel
    assert difference.mean() < 0.5
    assert np.quantile(difference, 0.99) <= 4


def test_what_a_turn_by_quarters_and_a_mirror_do_is_exact(photo: ImageInput) -> None:
    square = read_image(np.ascontiguousarray(photo.pixels[:256, :256]))
    assert apart(changed(square, "rotation", 90.0).pixels, np.rot90(square.pixels)).max() <= 1
    assert np.array_equal(changed(photo, "mirror", 1.0).pixels, vision.hflip(pixels_of(photo)).permute(1, 2, 0).numpy())


def test_light_is_torchvision_s(photo: ImageInput) -> None:
    x = pixels_of(photo)
    for exponent in (0.4, 2.5):
        other = vision.adjust_gamma(x.float() / 255, exponent) * 255
        assert apart(changed(photo, "gamma", exponent).pixels, other.round().permute(1, 2, 0).numpy()).max() <= 1
    brighter = (x.int() + 60).clamp(0, 255).permute(1, 2, 0).numpy()
    assert np.array_equal(changed(photo, "brightness", 60.0).pixels, brighter)
    flat = changed(photo, "contrast", 0.0).pixels
    assert len(np.unique(flat)) == 1
    assert abs(float(flat.mean()) - float(photo.pixels.mean())) <= 0.5
    blurred = vision.gaussian_blur(x, [31, 31], [3.0, 3.0]).permute(1, 2, 0).numpy()
    assert apart(changed(photo, "blur", 100 * 3 / 300).pixels, blurred)[20:-20, 20:-20].max() <= 2


def test_zoom_and_shift_keep_what_they_move(photo: ImageInput) -> None:
    height, width, _ = photo.pixels.shape
    half = changed(photo, "zoom", 0.5).pixels
    mean = photo.pixels.reshape(-1, 3).mean(axis=0)
    assert np.abs(half[:20].reshape(-1, 3) - mean).max() <= 1  # the scene around it
    right = changed(photo, "right", 10.0).pixels
    n = round(0.1 * width)
    if n == 0.1 * width:
        assert np.array_equal(right[:, n:], photo.pixels[:, :-n])
    down = changed(photo, "down", 50.0).pixels
    assert np.array_equal(down[height // 2 :], photo.pixels[: height - height // 2])


def test_shuffling_moves_patches_and_loses_none(photo: ImageInput) -> None:
    pixels = np.ascontiguousarray(photo.pixels[:256, :256])
    found = changed(read_image(pixels), "shuffle", 8.0).pixels

    def patches(picture: np.ndarray) -> list[bytes]:
        return [picture[y : y + 32, x : x + 32].tobytes() for y in range(0, 256, 32) for x in range(0, 256, 32)]

    assert sorted(patches(found)) == sorted(patches(pixels))
    assert patches(found) != patches(pixels)


def test_noise_and_patch_are_as_large_as_said(photo: ImageInput) -> None:
    grey = read_image(np.full((200, 200, 3), 128, np.uint8))
    assert float(changed(grey, "noise", 20.0).pixels.astype(float).std()) == pytest.approx(20, rel=0.02)
    covered = changed(read_image(np.zeros((200, 300, 3), np.uint8)), "patch", 50.0).pixels
    assert (covered[..., 0] == 128).sum() == 100 * 100


def test_strengths_go_from_end_to_end_and_hold_none_at_all() -> None:
    for change in CHANGES.values():
        found = change.strengths(17)
        assert found == sorted(set(found))
        assert change.still in found
        assert (found[0], found[-1]) == (change.low, change.high)
        assert len(found) <= 17
        assert all(isinstance(strength, float) for strength in found)


@pytest.mark.parametrize("name", ["rotation", "zoom", "jpeg"])
def test_a_sweep_is_the_network_asked_picture_by_picture(name: str, pocket_trace: Trace) -> None:
    strengths = CHANGES[name].strengths(11)  # more than a batch
    found = sweep(pocket_trace, name, strengths)
    assert found.maps is not None
    for i, strength in enumerate(strengths):
        alone = explorer.run(pocket_trace.network, changed(pocket_trace.image, name, strength), found.target)
        size = float(np.abs(alone.logits).max())
        assert np.abs(found.logits[i] - alone.logits).max() <= 1e-5 * size
        assert found.probabilities[i] == pytest.approx(alone.probabilities, abs=1e-5)
        signed = class_activation_map(alone, "grad_cam", signed=True)
        assert np.abs(found.maps[i] - signed).max() <= 1e-4 * np.abs(signed).max()
    still = strengths.index(CHANGES[name].still)
    assert found.kept[still]


def test_a_sweep_can_be_cancelled_and_tells_how_far_it_is(pocket_trace: Trace) -> None:
    told: list[tuple[int, int | None]] = []
    sweep(pocket_trace, "blur", CHANGES["blur"].strengths(11), with_maps=False, progress=lambda *at: told.append(at))
    assert told[-1] == (11, 11)

    def stop(done: int, total: int | None) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sweep(pocket_trace, "blur", CHANGES["blur"].strengths(11), progress=stop)


def test_networks_without_maps_and_of_digits_are_swept_as_well() -> None:
    digit = load_sample("digit")
    for name, has_maps in (("mlp", False), ("lenet5", True)):
        trace = explorer.run(explorer.load_network(name), digit, "top")
        found = sweep(trace, "rotation", [-20.0, 0.0, 20.0])
        assert (found.maps is not None) == has_maps
        assert found.logits[1] == pytest.approx(trace.logits, abs=1e-4)
        assert (followed(trace, found) is not None) == has_maps


class Mirrored(nn.Module):
    """Kernels that are their own mirror image: what it makes of a mirrored picture is mirrored."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(3)
        self.conv = nn.Conv2d(3, 8, 3, padding=1)
        self.relu = nn.ReLU()
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(8, 4)
        with torch.no_grad():
            self.conv.weight.copy_((self.conv.weight + self.conv.weight.flip(3)) / 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        made: torch.Tensor = self.fc(self.pool(self.relu(self.conv(x))).flatten(1))
        return made


def test_the_evidence_of_a_symmetric_network_is_mirrored_with_the_picture() -> None:
    network = as_network(Mirrored(), 32)
    image = noise_image(32, 32)
    trace = explorer.run(network, image, 0)
    found = sweep(trace, "mirror", [0.0, 1.0], target=0)
    assert found.maps is not None
    assert np.abs(found.maps[1] - found.maps[0][:, ::-1]).max() <= 1e-5 * np.abs(found.maps[0]).max()
    assert followed(trace, found) == pytest.approx([1.0, 1.0], abs=1e-5)


def test_evidence_that_goes_along_follows_and_evidence_that_stays_does_not(pocket_trace: Trace) -> None:
    """Maps made by hand: one bright spot, turned with the picture or left where it was."""
    y, x = np.mgrid[:32, :32]
    spot = np.exp(-((y - 8) ** 2 + (x - 10) ** 2) / 20).astype(np.float32)
    turned = moved(np.repeat((255 * spot).astype(np.uint8)[..., None], 3, axis=2), _turn(90))[..., 0] / np.float32(255)
    empty = np.zeros((2, len(pocket_trace.logits)), np.float32)
    square = explorer.run(pocket_trace.network, read_image(np.ascontiguousarray(pocket_trace.image.pixels[:300, :300])))

    def correlation(after: np.ndarray) -> float | None:
        maps = np.stack([spot, after.astype(np.float32)])
        values = followed(square, Sweep("rotation", (0.0, 90.0), 0, empty, empty, maps))
        assert values is not None
        assert values[0] == pytest.approx(1.0, abs=1e-5)
        return values[1]

    there, here = correlation(turned), correlation(spot)
    assert there is not None
    assert there > 0.99
    assert here is not None
    assert here < 0.2
    assert correlation(np.full_like(spot, 0.5)) is None


def _turn(degrees: float) -> np.ndarray:
    matrix = CHANGES["rotation"].matrix
    assert matrix is not None
    return matrix(32, 32, degrees)


def test_a_change_that_moves_nothing_has_nothing_to_follow(pocket_trace: Trace) -> None:
    assert followed(pocket_trace, sweep(pocket_trace, "noise", [0.0, 20.0])) is None


def test_stages_are_alike_to_themselves_and_means_of_channels_do_not_know_where(pocket_trace: Trace) -> None:
    for row in similarity(pocket_trace, pocket_trace):
        assert row.in_place == pytest.approx(1, abs=1e-6)
        assert row.pooled == pytest.approx(1, abs=1e-6)
    network = as_network(Mirrored(), 32)
    image = noise_image(32, 32)
    first, second = (explorer.run(network, changed(image, "mirror", strength)) for strength in (0.0, 1.0))
    rows = {row.stage: row for row in similarity(first, second)}
    a, b = first["relu"].ravel().astype(float), second["relu"].ravel().astype(float)
    assert rows["relu"].in_place == pytest.approx(a @ b / np.sqrt(a @ a * (b @ b)), abs=1e-6)
    assert rows["relu"].pooled == pytest.approx(1, abs=1e-6)
    assert rows["relu"].in_place < 0.999  # type: ignore[operator]


def test_the_card_tells_how_far_the_answer_holds_without_a_gap() -> None:
    logits = np.array([[1, 0], [0, 1], [1, 0], [1, 0], [0, 1]], np.float32)
    found = Sweep("rotation", (-60.0, -30.0, 0.0, 30.0, 60.0), 0, logits, logits, None)
    row = borne(found)
    assert (row.low, row.high, row.share) == (0.0, 30.0, 0.6)
    wrong = borne(Sweep("rotation", (-60.0, 0.0, 60.0), 1, logits[[1, 0, 1]], logits[:3], None))
    assert (wrong.low, wrong.high) == (0.0, 0.0)
    lines = list(csv.DictReader(io.StringIO(card_csv([row]))))
    assert lines == [
        {"change": "rotation", "group": "Viewpoint", "unit": "°", "from": "0.0", "to": "30.0", "share_kept": "0.6"}
    ]


def test_a_card_of_two_changes(pocket: Network, pocket_trace: Trace) -> None:
    told: list[tuple[int, int | None]] = []
    rows = card(pocket_trace, ("mirror", "shadow"), lambda *at: told.append(at))
    assert [row.change for row in rows] == ["mirror", "shadow"]
    assert told == [(0, 2), (1, 2)]
    best = pocket_trace.top(1)[0].index
    kept = [
        explorer.run(pocket, changed(pocket_trace.image, "shadow", strength)).top(1)[0].index == best
        for strength in CHANGES["shadow"].strengths(17)
    ]
    assert rows[1].share == pytest.approx(sum(kept) / len(kept))


def test_titles_and_units_are_words() -> None:
    assert all(re.fullmatch(r"[A-Z].*[a-z]|JPEG", change.title) for change in CHANGES.values())
    assert {change.group for change in CHANGES.values()} >= {"Viewpoint", "Scale", "Illumination", "Clutter"}

"""The frames of a training: against what the program itself says of the same weights, and as bytes."""

from __future__ import annotations

import copy
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import nn

import explorer
from explorer.errors import NotFinite
from explorer.loading.load import load_network
from explorer.networks.network import Network
from explorer.networks.preparation import PhotoPreparation
from explorer.pictures.image import read_image
from explorer.scratch import headless, train
from explorer.scratch.data import Data, load
from explorer.scratch.export import weights_file
from explorer.scratch.film import Film, Layout
from explorer.scratch.looking import Looker, evidence_layer, first_maps, parts_of
from explorer.scratch.presets import in_shape, module_of
from explorer.scratch.settings import Plan, Settings
from explorer.scratch.thinning import spread
from explorer.scratch.training import Training
from tests.scratch import DENSE, FULL, SMALL, noise_data, plan

ROWS = (
    SMALL,
    FULL,
    "conv 4 3, relu, max 2, norm, relu, flatten, dense",
    "conv 4 3, norm, relu, dropout 0.3, conv 5 3, relu, global average, dense",
    "norm, conv 4 5 stride 4, max 7, flatten, dense 6, relu, dense",
    "average 2, conv 4 3 padding 1, sigmoid, average 2, conv 8 8, relu, flatten, dense",
    "max 4, flatten, dense 12, relu, dense",
    DENSE,
)


def frames(looker: Looker) -> dict[str, NDArray[np.float32]]:
    (found,) = looker.layout.unpacked(looker.frame())
    return found


def opened(training: Training, tmp_path: Path) -> Network:
    """The weights as a file of one's own, opened by the program."""
    content = weights_file(training.module, training.plan.network, training.plan.data)
    if training.plan.network in ("lenet5", "mlp", "basic_cnn"):
        return load_network(training.plan.network, content)
    (tmp_path / "own.safetensors").write_bytes(content)
    return load_network(tmp_path / "own.safetensors")


@pytest.mark.parametrize("network", ["lenet5", "mlp", *ROWS])
def test_the_layers_that_are_shown_are_those_of_the_program(network: str) -> None:
    module = module_of(network, (1, 32, 32), 10)
    parts, _ = parts_of(module, torch.zeros(1, 1, 32, 32))
    known = explorer.network_of(module, input_size=(1, 32, 32))
    evidence = evidence_layer(parts)
    assert known.has_maps == (evidence is not None)
    if evidence is not None:
        assert parts[evidence].name == known.cam_layer
    maps = first_maps(parts)
    if maps is not None:
        assert isinstance(parts[maps].module, nn.ReLU | nn.Tanh | nn.Sigmoid | nn.Conv2d)


@pytest.mark.parametrize("network", ["lenet5", "conv 4 3, norm, relu, max 2, conv 8 3, relu, global average, dense"])
def test_a_frame_of_a_digit_is_what_the_program_says_of_it(network: str, tmp_path: Path) -> None:
    data = load("digits", (1, 32, 32), 60)
    training = Training(Plan(network, "digits", settings=Settings(batch=16), watched=4), data)
    _compare(training, data, tmp_path)


def test_a_frame_of_a_picture_is_what_the_program_says_of_it(tmp_path: Path) -> None:
    data = noise_data(24, 6, 64, 3, 3)
    training = Training(Plan("basic_cnn", "shapes", settings=Settings(batch=4, learning_rate=0.01), watched=4), data)
    _compare(training, data, tmp_path)


def _compare(training: Training, data: Data, tmp_path: Path) -> None:
    looker = Looker(training, 10)
    for _ in range(6):
        looker.tally.add(training.advance())
    found = frames(looker)
    network = opened(training, tmp_path)
    pixels = data.test[4].transpose(1, 2, 0).repeat(3 // data.test.shape[1], axis=2)
    image = read_image(np.ascontiguousarray(pixels), "watched")
    target = int(data.test_labels[4])
    trace = explorer.run(network, image, target)
    np.testing.assert_array_equal(trace.prepared.pixels[..., : data.test.shape[1]], data.test[4].transpose(1, 2, 0))
    n_maps = len(found["maps"])
    np.testing.assert_allclose(found["maps"], trace[looker.layout.maps][:n_maps], atol=1e-5)
    evidence = explorer.attribute(network, image, "grad_cam", target)
    assert evidence.layer == looker.layout.evidence
    assert evidence.values.max() > 0
    np.testing.assert_allclose(found["evidence"], evidence.values, atol=1e-5)
    np.testing.assert_allclose(found["probabilities"], trace.probabilities, atol=1e-5)
    np.testing.assert_array_equal(found["kernels"], network.weights(looker.layout.kernels)["weight"][:32, :3])


@pytest.mark.parametrize("network", [SMALL, FULL, DENSE])
def test_what_a_frame_says_of_the_steps_before_it(network: str) -> None:
    looker = Looker(Training(plan(network), noise_data()), 12)
    training = looker.training
    taken = [training.advance() for _ in range(5)]
    for one in taken:
        looker.tally.add(one)
    before = copy.deepcopy(training.module)
    gradients = [float(part.weight.grad.square().mean().sqrt()) for part in _weighted(training.module)]
    looker.measure()
    found = frames(looker)
    assert found["step"] == found["held_out_step"] == 5
    assert float(found["loss"]) == pytest.approx(np.mean([one.loss for one in taken]), rel=1e-6)
    assert float(found["accuracy"]) == pytest.approx(np.mean([one.n_right / one.n for one in taken]), rel=1e-6)
    np.testing.assert_allclose(found["gradients"], gradients, rtol=1e-6)
    training.restore()
    for _ in range(4):
        training.advance()
    changes = [
        float(((now.weight - then.weight).square().mean() / now.weight.square().mean()).sqrt().detach())
        for now, then in zip(_weighted(before), _weighted(training.module), strict=True)
    ]
    np.testing.assert_allclose(found["changes"], changes, rtol=1e-3)


def _weighted(module: nn.Module) -> list[nn.Module]:
    return [part for part in module.modules() if isinstance(part, nn.Conv2d | nn.Linear)]


def test_the_first_frame_says_what_the_first_step_will_see() -> None:
    looker = Looker(Training(plan(FULL), noise_data()), 12)
    found = frames(looker)
    taken = looker.training.advance()
    assert float(found["loss"]) == pytest.approx(taken.loss, rel=1e-6)
    assert np.isnan(found["held_out"])
    assert (found["changes"] == 0).all()
    assert (found["gradients"] > 0).all()


@pytest.mark.parametrize("network", [SMALL, FULL, DENSE])
def test_a_training_that_is_filmed_is_the_same_training(network: str) -> None:
    said = plan(network, augment=True)
    filmed, alone = Looker(Training(said, noise_data()), 12), Training(said, noise_data())
    for _ in range(6):
        filmed.frame()
        filmed.measure()
        filmed.tally.add(filmed.training.advance())
        alone.advance()
    for name, tensor in alone.state().items():
        assert torch.equal(tensor, filmed.training.state()[name]), name


def test_held_out_pictures_are_a_fixed_part() -> None:
    looker = Looker(Training(plan(DENSE), noise_data(n_held_out=40)), 16)
    assert looker.layout.n_looked_at == 16
    looker.measure()
    first = frames(looker)
    looker.measure()
    assert first["held_out"] == frames(looker)["held_out"]
    assert float(first["held_out"] * 16) == pytest.approx(round(float(first["held_out"] * 16)))


LAYOUT = Layout(
    (("step", ()), ("loss", ()), ("maps", (2, 2, 3)), ("evidence", (0, 0))), ("conv1",), "conv1", "relu1", "",
    (2, 1, 3, 3), ("cat", "dog"), 10, 5, 5, 99, None,
)  # fmt: skip


def _frame(step: int, fill: float = 0.0) -> bytes:
    values = {"step": float(step), "loss": fill, "maps": np.full((2, 2, 3), fill), "evidence": np.zeros((0, 0))}
    return LAYOUT.packed(values)


def test_a_frame_is_its_fields_in_order() -> None:
    assert LAYOUT.n_floats == 14
    maps = np.arange(12, dtype=np.float32).reshape(2, 2, 3)
    packed = LAYOUT.packed({"step": 3.0, "loss": 0.5, "maps": maps, "evidence": np.zeros((0, 0), np.float32)})
    assert np.frombuffer(packed, "<f4").tolist() == [3, 0.5, *range(12)]
    (found,) = LAYOUT.unpacked(packed)
    np.testing.assert_array_equal(found["maps"], maps)
    assert found["evidence"].shape == (0, 0)
    assert LAYOUT.column(packed * 3, "maps").shape == (3, 2, 2, 3)
    said = json.loads(LAYOUT.as_json())
    assert said["n_floats"] == 14
    assert said["fields"][2] == ["maps", [2, 2, 3]]
    assert said["dropout"] is None


def test_a_film_within_its_room_keeps_first_and_last() -> None:
    film = Film(most_bytes=20 * len(_frame(0)))
    for step in range(101):
        film.add(_frame(step, step))
        assert len(film.packed()) <= 20 * len(_frame(0))
        assert film.steps[0] == 0
        assert film.steps[-1] == step
    assert LAYOUT.column(film.packed(), "step").tolist() == LAYOUT.column(film.packed(), "loss").tolist() == film.steps
    assert {1, 2, 4, 8} <= {*film.steps}
    assert np.diff(film.steps).max() <= 20  # spread over all, however often it was thinned
    assert film.edition > 0
    assert film.packed(2, 3) == b"".join(_frame(step, step) for step in film.steps[2:5])


def test_what_is_kept_of_many_steps() -> None:
    assert spread(range(12)) == [0, 1, 2, 4, 6, 8, 10, 11]
    assert spread([0, 1, 2]) == [0, 2]
    rng = np.random.default_rng(1)
    for n in range(3, 60):
        steps = np.cumsum(rng.integers(1, 50, n)).tolist()
        kept = spread(steps)
        assert kept == sorted({*kept})
        assert (kept[0], kept[-1]) == (0, n - 1)
        assert len(kept) <= max(2, 3 * n // 4)
        gaps, before = np.diff(np.array(steps)[kept]), np.diff(steps)
        assert gaps.max() <= 2 * (steps[-1] - steps[0]) / (n - 1) + 2 * before.max()


def test_a_film_that_goes_back_is_cut() -> None:
    film = Film()
    for step in (0, 1, 2, 4, 8):
        film.add(_frame(step))
    film.cut(8)
    assert film.edition == 0
    film.cut(3)
    assert (film.steps, film.edition) == ([0, 1, 2], 1)
    film.add(_frame(2, 0.5))  # a weight was set by hand there
    assert (film.steps, film.edition) == ([0, 1, 2], 2)
    assert LAYOUT.column(film.packed(), "loss").tolist() == [0, 0, 0.5]
    assert film.packed(3) == b""


def test_a_preset_of_pictures_is_seen_through_fewer_maps() -> None:
    shape = in_shape("basic_cnn", "shapes")
    assert shape == (3, 64, 64)
    looker = Looker(Training(Plan("basic_cnn", "shapes"), noise_data(8, 4, 64, 3, 3)), 4)
    fields = dict(looker.layout.fields)
    assert fields["maps"] == (8, 62, 62)
    assert fields["kernels"] == (32, 3, 3, 3)
    assert fields["evidence"] == (29, 29)
    assert looker.layout.dropout == 0.5
    assert PhotoPreparation(64, 64).size == 64


def test_a_training_in_a_notebook_is_the_same_training(monkeypatch: pytest.MonkeyPatch) -> None:
    data = noise_data()
    monkeypatch.setattr(headless, "load", lambda *asked: data)
    said, seen = plan(FULL, 30, augment=True), list[int]()
    torch.manual_seed(3)
    drawn = torch.rand(2)
    torch.manual_seed(3)
    found = train(said, 10, lambda n_done, n_all: seen.append(n_done))
    assert torch.equal(torch.rand(2), drawn)
    assert seen == [*range(1, 31)]
    assert found.film.steps == [*range(0, 31, 3)]
    training = Training(said, data)
    losses = [training.advance().loss for _ in range(30)]
    assert found.file == weights_file(training.module, said.network, said.data)
    means = np.mean(np.reshape(losses, (10, 3)), axis=1)
    np.testing.assert_allclose(found.layout.column(found.film.packed(), "loss")[1:], means, rtol=1e-5)
    assert found.n_right == training.answers(range(20))[1]
    assert repr(found).endswith(" of all 20 held-out pictures right after 30 steps.")
    wild = plan("flatten, dense 30, dense", 60, learning_rate=20)
    with pytest.raises(NotFinite, match=r"^The loss of step \d+ is no number\. Take a lower learning rate\.$"):
        train(wild)

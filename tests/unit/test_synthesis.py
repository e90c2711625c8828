"""Made pictures: each part worked out again more slowly, and what comes out held against what it claims."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

import explorer
from explorer.cli import main
from explorer.errors import BadArgument, BadChannel, BadOption, BadTarget, NotFinite, UnknownLayer
from explorer.networks.network import Network
from explorer.pictures.samples import SAMPLES, load_sample
from explorer.running.lock import LOCK
from explorer.snippets import Setting, sample_picture
from explorer.synthesis import (
    FIXED,
    Objective,
    Settings,
    Synthesis,
    direction_of,
    dream,
    invert,
    snippets,
    synthesise,
)
from explorer.synthesis.making import alikeness
from explorer.synthesis.objective import before_activation
from explorer.synthesis.readable import highest_at, natural_crops
from explorer.synthesis.settings import runs_at
from explorer.targets import Target
from explorer.trace import as_maps

FEW = Settings(steps=24)


@pytest.fixture(scope="module")
def made(pocket: Network) -> Synthesis:
    return synthesise(pocket, "layer3:42", FEW)


# What is to be high


def test_the_value_before_the_activation_counts() -> None:
    pocket = explorer.load_network("pocket_resnet")
    basic = explorer.load_network("basic_cnn")
    assert before_activation(pocket, "relu") == "bn1"
    assert before_activation(pocket, pocket.resolve("layer4")) == "layer4.1.add"
    assert before_activation(basic, "pool1") == "conv1"  # a pooling of what an activation gave
    assert before_activation(pocket, "conv1") == "conv1"
    assert before_activation(pocket, "fc") == "fc"


@pytest.mark.parametrize("layer", ["layer2", "layer3.0.bn1", "fc"])
def test_an_objective_is_a_number_of_the_recorded_pass(pocket: Network, layer: str) -> None:
    image = load_sample("chelsea")
    trace = explorer.run(pocket, image, 2)
    read = before_activation(pocket, pocket.resolve(layer))
    maps = as_maps(trace[read])
    place = (maps.shape[1] - 1, 0)
    weights = np.linspace(-1, 2, len(maps))
    length = np.linalg.norm(weights)
    a, b = Objective.channel(layer, 3), Objective.channel(layer, 7)
    expected = {
        a: maps[3].mean(),
        Objective.unit(layer, 3, *place): maps[3][place],
        Objective.difference(a, b): maps[3].mean() - maps[7].mean(),
        Objective.direction(layer, [*weights]): (weights / length) @ maps.mean(axis=(1, 2)),
        Objective.of(pocket, f"{layer}:7"): maps[7].mean(),
        Objective.class_(4): trace.logits[4],
        Objective.of(pocket, "4-5"): trace.logits[4] - trace.logits[5],
    }
    at = direction_of(trace, layer, place)
    expected[at] = np.linalg.norm(maps[:, place[0], place[1]]) if layer == "fc" else None
    for objective, value in expected.items():
        checked = objective.checked(pocket)
        given = torch.tensor(trace[checked.read_from(pocket)])[None]
        found = checked.score(pocket, checked.values(pocket, given))
        if value is not None:
            assert float(found[0]) == pytest.approx(float(value), rel=1e-4, abs=1e-4), objective


def test_a_direction_points_where_the_picture_does(pocket: Network) -> None:
    trace = explorer.run(pocket, load_sample("chelsea"))
    found = direction_of(trace, "layer3", (4, 6)).checked(pocket)
    values = found.values(pocket, torch.tensor(trace[found.read_from(pocket)])[None])[0]
    there = trace[found.read_from(pocket)][:, 4, 6]
    assert float(values[4, 6]) == pytest.approx(float(np.linalg.norm(there)), rel=1e-5)


def test_of_one_logit_both_classes_count() -> None:
    class One(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv, self.fc = torch.nn.Conv2d(3, 2, 3), torch.nn.Linear(2, 1)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            found: torch.Tensor = self.fc(self.conv(x).mean((2, 3)))
            return found

    network = explorer.network_of(One(), categories=["no", "yes"], input_size=(3, 16, 16))
    z = torch.tensor([[1.5]])
    for target, value in ((1, 1.5), (0, -1.5), (Target(1, against=0), 1.5), (Target(0, against=1), -1.5)):
        objective = Objective.of(network, target)
        assert float(objective.score(network, objective.values(network, z))[0]) == value


def test_what_is_no_objective_is_said(pocket: Network) -> None:
    a, b = Objective.channel("layer2", 1), Objective.channel("layer3", 1)
    refused: tuple[tuple[Callable[[], object], type[Exception], str], ...] = (
        (lambda: Objective.difference(a, b), BadTarget, "of one layer"),
        (lambda: Objective.difference(a, a), BadTarget, "less itself is 0"),
        (lambda: Objective.direction("layer2", [0.0, 0.0]), BadArgument, "not all of them 0"),
        (lambda: Objective.direction("layer2", [math.nan]), BadArgument, "finite number"),
        (lambda: Objective.channel("layer2", 999).checked(pocket), BadChannel, "no channel 999"),
        (lambda: Objective.channel("layer9", 1).checked(pocket), UnknownLayer, "no layer 'layer9'"),
        (lambda: Objective.unit("layer2", 1, 99, 0).checked(pocket), BadTarget, "no place"),
        (lambda: Objective.class_(99).checked(pocket), BadTarget, "no class 99"),
    )
    for make, kind, text in refused:
        with pytest.raises(kind, match=text):
            make()


# The pictures


def test_the_same_settings_make_the_same_picture(pocket: Network, made: Synthesis) -> None:
    again = synthesise(pocket, Objective.channel("layer3", 42), FEW)
    assert np.array_equal(again.values, made.values)
    assert np.array_equal(again.course, made.course)
    other = synthesise(pocket, "layer3:42", replace(FEW, seed=1))
    assert not np.array_equal(other.values, made.values)


def test_a_picture_is_whole_levels_and_has_the_value_that_is_said(pocket: Network, made: Synthesis) -> None:
    assert made.values.shape == (1, 3, 128, 128)
    assert np.array_equal(np.rint(made.values * 255) / np.float32(255), made.values)
    assert np.array_equal(made.pictures[0], np.rint(255 * np.moveaxis(made.values[0], 0, -1)).astype(np.uint8))
    with pytest.raises(ValueError, match="read-only"):
        made.values[0] = 0
    with torch.inference_mode():
        maps = pocket.graph.up_to("layer3.1.add", pocket.preprocessing.scaled(torch.tensor(made.values)))
    assert made.value == pytest.approx(float(maps[0, 42].mean()), rel=1e-5)
    assert made.measured.strongest == pytest.approx(float(maps[0, 42].max()), rel=1e-5)
    assert made.course[-1, 0] > made.course[0, 0] + 1
    assert len(made.course) == FEW.steps


def test_what_it_is_held_against_is_measured_on_pictures_as_they_are(pocket: Network, made: Synthesis) -> None:
    found = {name: as_maps(explorer.run(pocket, load_sample(name))["layer3.1.add"])[42].max() for name in SAMPLES}
    best = max(found, key=found.__getitem__)
    assert made.measured.best == best
    assert made.measured.natural == pytest.approx(float(found[best]), rel=1e-4)


@pytest.mark.slow
def test_the_patches_beside_it_are_what_the_strongest_units_of_real_pictures_see(
    pocket: Network, made: Synthesis
) -> None:
    places, channel = made.measured.places, made.objective.weights[0][0]
    assert {place.name for place in places} == {*SAMPLES}
    assert [place.value for place in places] == sorted((place.value for place in places), reverse=True)
    name = made.objective.read_from(pocket)
    crops = natural_crops(pocket, made.objective, places)
    for place, crop in zip(places, crops, strict=True):
        trace = explorer.run(pocket, load_sample(place.name))
        values = as_maps(trace[name])[channel]
        assert values[place.y, place.x] == values.max()
        assert place.value == pytest.approx(float(values.max()), rel=1e-4)
        size, start, jump = (getattr(pocket.field(name, channel), of) for of in ("size", "start", "jump"))
        whole = np.pad(trace.prepared.pixels, ((400, 400), (400, 400), (0, 0)), mode="constant", constant_values=1)
        top, left = (400 + s + i * j for s, i, j in zip(start, (place.y, place.x), jump, strict=True))
        seen = whole[top : top + size[0], left : left + size[1]]
        assert crop.size <= seen.size
        assert crop.astype(int).sum() == seen.astype(int).sum() - (seen.size - crop.size)  # padding is 1 here
    assert all(
        crop.shape == (pocket.preprocessing.size, pocket.preprocessing.size, 3)
        for crop in natural_crops(pocket, Objective.class_(3), places)
    )


def test_behind_the_activation_it_reaches_what_that_lets_through(pocket: Network, made: Synthesis) -> None:
    layer, channel = made.objective.layer, made.objective.weights[0][0]
    assert layer is not None
    assert made.objective.read_from(pocket) != layer
    assert highest_at(pocket, layer, channel, made.values) == pytest.approx(max(0.0, made.measured.strongest), rel=1e-5)
    black = np.zeros_like(made.values)
    assert highest_at(pocket, layer, channel, black) < highest_at(pocket, layer, channel, made.values)


def test_more_than_any_picture_that_comes_along(pocket: Network) -> None:
    """Of twelve channels of two layers at least eleven."""
    random = np.random.default_rng(7)
    won = []
    for layer in ("layer3", "layer4"):
        for channel in random.choice(pocket.layer(layer).n_channels, 6, replace=False):
            found = synthesise(pocket, Objective.channel(layer, int(channel)), Settings(steps=64))
            won.append(found.measured.strongest > found.measured.natural)
    assert sum(won) >= 11


@pytest.mark.parametrize("spectrum", ["free", FIXED])
def test_several_pictures_differ_by_as_much_as_is_asked(pocket: Network, spectrum: str) -> None:
    def found(diversity: float) -> float:
        settings = replace(FEW, pictures=3, diversity=diversity, spectrum=spectrum)
        made = synthesise(pocket, "layer3:42", settings)
        assert made.values.shape[0] == len(made.pictures) == len(made.measured.reached) == 3
        with torch.inference_mode():
            x = pocket.preprocessing.scaled(torch.tensor(made.values))
            return float(alikeness(pocket.graph.up_to("layer3.1.add", x)))

    assert found(5.0) < found(0.0) - 0.02


def test_a_difference_raises_the_one_and_not_the_other(pocket: Network) -> None:
    made = synthesise(pocket, "cat-dog", replace(FEW, steps=48))
    x = pocket.preprocessing.scaled(torch.tensor(made.values))
    with torch.inference_mode():
        logits = pocket.graph.up_to("fc", x)[0]
    cat, dog = (pocket.category_index(name) for name in ("cat", "dog"))
    assert float(logits[cat] - logits[dog]) == pytest.approx(made.value, rel=1e-4)
    assert made.value > 5


def test_untrained_weights_are_not_readable() -> None:
    made = synthesise(explorer.load_network("pocket_resnet", "random"), "layer2:3", FEW)
    assert made.measured.is_random
    assert not made.is_readable


def test_a_channel_that_answers_nothing_is_not_readable(pocket: Network) -> None:
    (name, norm), *_ = pocket.graph.parts(["layer2.0.bn1"]).items()
    silent = torch.nn.BatchNorm2d(norm.num_features).eval().requires_grad_(False)
    silent.load_state_dict(norm.state_dict())
    silent.weight[5] = silent.bias[5] = 0
    network = pocket.with_graph(pocket.graph.with_parts({name: silent}), "changed", "silent")
    made = synthesise(network, "layer2.0.bn1:5", replace(FEW, steps=3))
    assert made.measured.holds == 0
    assert not made.is_readable


def test_broken_weights_are_said(pocket: Network) -> None:
    (name, norm), *_ = pocket.graph.parts(["layer2.0.bn1"]).items()
    broken = torch.nn.BatchNorm2d(norm.num_features).eval().requires_grad_(False)
    broken.weight[:] = math.nan
    network = pocket.with_graph(pocket.graph.with_parts({name: broken}), "changed", "broken")
    with pytest.raises(NotFinite, match="no step leads anywhere"):
        synthesise(network, "layer3:1", FEW)
    for make in (dream, invert):
        with pytest.raises(NotFinite, match="no step leads anywhere"):
            make(network, load_sample("chelsea"), "layer3", steps=1)


# Sizes and settings


def test_networks_of_few_pixels_are_given_their_own_size() -> None:
    sides = {"lenet5": 32, "basic_cnn": 64, "mlp": 28, "pocket_resnet": 128}
    for name, side in sides.items():
        network = explorer.load_network(name)
        layer = next(iter(network.layers)) if network.has_maps else network.stages[0]
        made = synthesise(network, Objective.channel(layer, 0), Settings(steps=2))
        own = network.preprocessing.size
        assert made.values.shape[-1] == (side if name != "mlp" else own), name


def test_a_network_that_is_built_for_one_size_keeps_it() -> None:
    basic = explorer.load_network("basic_cnn")
    assert not runs_at(basic, "dense1", 48)
    assert runs_at(basic, "conv2", 48)
    with pytest.raises(BadOption, match=r"is built for 64 × 64\. Choose 64"):
        synthesise(basic, Objective.class_(0), Settings(steps=1, side=48))


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        (Settings(steps=0), "steps is a whole number from 1 to 2048"),
        (Settings(side=4), "side is a whole number from 8 to 512"),
        (Settings(pictures=7), "pictures is a whole number from 1 to 6"),
        (Settings(seed=-1), "seed is a whole number from 0"),
        (Settings(robustness=3), "robustness is a number from 0 to 2"),
        (Settings(diversity=math.nan), "diversity is a number from 0 to 10"),
        (Settings(spectrum="pink"), "spectrum is one of free, of photographs"),
    ],
)
def test_settings_have_their_ranges(pocket: Network, settings: Settings, text: str) -> None:
    with pytest.raises(BadOption, match=text):
        synthesise(pocket, "layer2:1", settings)


@pytest.mark.parametrize("name", ["lenet5", "sound_cnn"])
def test_waves_of_photographs_are_for_what_reads_photographs(name: str) -> None:
    network = explorer.load_network(name)
    with pytest.raises(BadOption, match="reads no photographs"):
        synthesise(network, Objective.class_(0), Settings(steps=1, spectrum=FIXED))
    made = synthesise(network, Objective.class_(0), Settings(steps=2))
    picture = made.pictures[0]
    assert bool((picture == picture[..., :1]).all())  # grey


def test_a_place_lies_where_it_does_on_a_picture_of_the_network_s_own_size(pocket: Network) -> None:
    objective = Objective.unit("layer2", 0, 19, 10).checked(pocket)
    height, width = pocket.layer("layer2").size
    values = torch.arange(16.0 * 16).reshape(1, 16, 16)
    assert float(objective.score(pocket, values)[0]) == 16 * (19 * 16 // height) + 10 * 16 // width


# The turn, and stopping


def test_each_step_gives_the_turn_back_and_can_be_the_last(pocket: Network) -> None:
    before = hashlib.sha256(b"".join(p.numpy().tobytes() for p in pocket.graph.recorder.parameters())).hexdigest()
    grown: list[tuple[int, ...]] = []

    class Stop(Exception):
        pass

    def progress(done: int, total: int | None) -> None:
        assert not LOCK.is_held
        if done == 5:
            raise Stop

    for make in (
        lambda **told: synthesise(pocket, "layer2:1", FEW, **told),
        lambda **told: dream(pocket, load_sample("chelsea"), "layer2", **told),
        lambda **told: invert(pocket, load_sample("chelsea"), "layer2", **told),
    ):
        grown.clear()
        with pytest.raises(Stop):
            make(progress=progress, growing=lambda see: grown.append(see()[0].shape))
        assert len(grown) == 5
        assert not LOCK.is_held
    after = hashlib.sha256(b"".join(p.numpy().tobytes() for p in pocket.graph.recorder.parameters())).hexdigest()
    assert after == before


# The person's own picture


def test_a_dream_answers_more_and_stays_the_picture(pocket: Network) -> None:
    image = load_sample("chelsea")
    found = dream(pocket, image, "layer3", octaves=2, steps=4)
    assert found.values.shape == found.before.shape == (1, 3, 160, 160)
    read = before_activation(pocket, pocket.resolve("layer3"))
    with torch.inference_mode():
        answers = [
            float(pocket.graph.up_to(read, pocket.preprocessing.scaled(torch.tensor(x))).square().mean())
            for x in (found.before, found.values)
        ]
    assert answers[1] > 1.2 * answers[0]
    assert np.array_equal(found.picture_before, pocket.prepare(image).pixels)
    assert np.corrcoef(found.before.ravel(), found.values.ravel())[0, 1] > 0.8
    assert len(found.course) == 8
    alone = dream(pocket, image, "layer3:3", octaves=1, steps=4)
    assert alone.course[-1] > alone.course[0]
    assert not np.array_equal(alone.values, found.values)
    with pytest.raises(BadOption, match="octaves is a whole number from 1 to 8"):
        dream(pocket, image, "layer3", octaves=9)


def test_less_is_left_the_deeper_the_layer(pocket: Network) -> None:
    image = load_sample("chelsea")
    left = {layer: invert(pocket, image, layer, steps=48) for layer in ("layer1", "layer4")}
    for found in left.values():
        assert found.course[-1] < 0.5 * found.course[0]
        assert found.how == "inversion"
    likeness = {name: np.corrcoef(one.before.ravel(), one.values.ravel())[0, 1] for name, one in left.items()}
    assert likeness["layer1"] > 0.7
    assert likeness["layer1"] > likeness["layer4"] + 0.2


# Elsewhere


@pytest.mark.parametrize(
    ("arguments", "size"),
    [
        (["layer2:3", "--pictures", "2"], (128, 2 * 128 + 4)),
        (["layer2:3", "--side", "64", "--spectrum", FIXED, "--seed", "3"], (64, 64)),
        (["layer2", "--invert", "assets/samples/chelsea.jpg"], (160, 160)),
        (["layer2:3", "--dream", "assets/samples/chelsea.jpg", "--octaves", "1"], (160, 160)),
    ],
)
def test_the_command_writes_a_picture(
    arguments: list[str], size: tuple[int, int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, array = tmp_path / "made.png", tmp_path / "made.npy"
    common = ["--network", "pocket_resnet", "--steps", "2", "-o", str(out), "--array", str(array)]
    assert main(["synthesise", *arguments, *common]) == 0
    with Image.open(out) as picture:
        assert picture.size[::-1] == size
    assert np.load(array).ndim == 4
    assert str(out) in capsys.readouterr().out
    assert main(["synthesise", "layer9:1", *common]) == 1
    assert "has no layer 'layer9'" in capsys.readouterr().err


def test_a_notebook_shows_what_was_made(pocket: Network, made: Synthesis) -> None:
    shown = made._repr_html_()
    assert "the mean of channel 42 of layer3" in shown
    assert "data:image/png;base64" in shown
    assert "Synthesis(" in repr(made)
    left = invert(pocket, load_sample("chelsea"), "layer2", steps=2)._repr_html_()
    assert "What is left of a picture" in left
    assert "2 steps" in left


@pytest.mark.slow
def test_the_code_makes_what_the_page_shows(pocket: Network) -> None:
    setting = Setting("pocket_resnet", "pretrained", sample_picture("chelsea"), "top")
    image, few = load_sample("chelsea"), Settings(steps=2, pictures=2, spectrum=FIXED)
    trace = explorer.run(pocket, image, "top")
    channel, unit = Objective.channel("layer3", 3), Objective.unit("layer3", 3, 1, 2)
    for objective in (
        channel,
        unit,
        Objective.class_(2),
        Objective.difference(channel, Objective.channel("layer3", 5)),
    ):
        made = synthesise(pocket, objective, few)
        code = snippets.made(setting, objective, few)
        assert np.array_equal(left_by(code), made.values)
    assert np.array_equal(left_by(snippets.course(code)), made.course)
    found = synthesise(pocket, direction_of(trace, "layer3", (1, 2)), few).values
    assert np.array_equal(left_by(snippets.made_for_place(setting, "layer3", (1, 2), few)), found)
    dreamt = dream(pocket, image, "layer2:3", octaves=1, steps=2).values
    assert np.array_equal(left_by(snippets.dreamt(setting, "layer2:3", 1, 2)), dreamt)
    assert np.array_equal(left_by(snippets.inverted(setting, "layer2", 2)), invert(pocket, image, "layer2", 2).values)
    assert "Settings" not in snippets.made(setting, channel, Settings())


def left_by(code: str) -> np.ndarray:
    names: dict[str, np.ndarray] = {}
    exec(code, names)
    return names["array"]

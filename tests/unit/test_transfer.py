"""A new head over a network as it is: what it is trained on, against what must hold, and as a file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import safetensors
import safetensors.torch
import torch
from torch import nn

import explorer
from explorer.attribution import class_activation_map
from explorer.cli import main
from explorer.errors import BadData, BadImage, BadOption, Unsuited
from explorer.loading.load import load_network
from explorer.networks.network import Network
from explorer.pictures.image import ImageInput, read_image
from explorer.predictions import probabilities_of
from explorer.transfer import Examples, Learned, Settings, gathered, learn, train_head
from explorer.transfer.drawn import SETS, SIDE, drawn_set
from explorer.transfer.features import features_layer, features_of
from explorer.transfer.head import logits_of
from explorer.transfer.shortcut import Marked, exposed, mark_box, marked, planted, share_on_mark
from tests.tiny import as_network, noise_image


@dataclass(frozen=True)
class Given:
    """A picture that is there already, or one that cannot be read."""

    name: str
    image: ImageInput | None

    def read(self) -> ImageInput:
        if self.image is None:
            raise BadImage(f"'{self.name}' is not a picture.")
        return self.image


def noise(n: int, seed: int = 0) -> list[Given]:
    return [Given(f"noise {seed}.{i}", noise_image(9, 8, seed=100 * seed + i)) for i in range(n)]


def plane(value: int, n: int = 6) -> list[Given]:
    made = np.random.default_rng(value).integers(value, value + 20, (n, 24, 24, 3)).astype(np.uint8)
    return [Given(f"{value}.{i}", read_image(pixels, f"{value}.{i}")) for i, pixels in enumerate(made)]


def test_a_share_of_each_class_is_held_out_and_the_seed_says_which() -> None:
    classes = {"a": noise(8), "b": noise(40, 1)}
    found = gathered(classes, share=0.25)
    assert found.categories == ("a", "b")
    assert found.counts == [(6, 2), (30, 10)]
    assert [one.source for one in found.examples] == [*classes["a"], *classes["b"]]
    assert gathered(classes, 0.25, seed=0) == found
    assert [one.is_held_out for one in gathered(classes, 0.25, seed=1).examples] != [
        one.is_held_out for one in found.examples
    ]
    assert found.notes == ("'b' has 40 pictures and 'a' has 8: each class counts alike in training, and accuracy is to "
                           "be read class by class.",)  # fmt: skip
    for share in (0.01, 0.99):  # never all of a class, and never none
        assert all(min(count) >= 1 for count in gathered(classes, share).counts)


def test_what_cannot_be_read_or_stands_twice_is_left_out_and_named() -> None:
    first, second = noise(4), noise(4, 1)
    both = noise(1, 2)[0]
    broken = Given("broken.jpg", None)
    found = gathered({"a": [*first, first[0], both], "b": [*second, both, broken]})
    assert [one.source for one in found.examples] == [*first, *second]
    assert found.notes == (
        "'noise 0.0' of 'a' is there twice; once is taken.",
        "'broken.jpg' of 'b' cannot be read, and is left out.",
        "'noise 2.0' stands in two classes, and is left out.",
    )


@pytest.mark.parametrize(
    ("classes", "says"),
    [
        ({}, "There are no classes"),
        ({"a": noise(3)}, "There is one class"),
        ({"a": noise(3), " a": noise(3, 1)}, "Two classes have the same name"),
        ({"a": noise(3), "": noise(3, 1)}, "or one has none"),
        ({"a": noise(3), "b": noise(1, 1)}, "Of the class 'b' 1 picture can be used; 2 are needed"),
        ({"a": noise(3), "b": [Given("x", None)] * 3}, "Of the class 'b' 0 pictures can be used.*'x', 'x', 'x' of 'b'"),
        ({"a": noise(3), "b": noise(3)}, "Of the class 'a' 0 pictures .* stand in two classes"),
        ({"a": noise(1) * 5001, "b": noise(3)}, "There are 5,004 pictures; 5,000 is the most"),
    ],
)
def test_classes_that_cannot_be_learned(classes: dict[str, list[Given]], says: str) -> None:
    with pytest.raises(BadData, match=says):
        gathered(classes)


@pytest.mark.parametrize("share", [0, 1, -0.5, float("nan")])
def test_a_share_that_is_none(share: float) -> None:
    with pytest.raises(BadOption, match="lies between 0 and 1"):
        gathered({"a": noise(3), "b": noise(3, 1)}, share)


@pytest.mark.parametrize(
    "wrong", [{"n_epochs": 0}, {"batch": 0}, {"learning_rate": 0.0}, {"weight_decay": -1.0}, {"n_epochs": 2000}]
)
def test_settings_that_cannot_be(wrong: dict[str, float]) -> None:
    with pytest.raises(BadOption, match=f"{next(iter(wrong))} is a number from"):
        Settings(**wrong)


def points(n: int, seed: int = 0) -> tuple[np.ndarray, list[int], list[bool]]:
    """Three clouds, on axes of very different size, one of which says nothing."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 3, n)
    x = rng.normal(0, 1, (n, 4)) + 2 * np.eye(4)[labels]
    x = x * [1, 100, 0.01, 1] + [5, -300, 0, 0]
    x[:, 3] = 7
    return x.astype(np.float32), labels.tolist(), (np.arange(n) % 4 == 0).tolist()


def test_the_head_is_where_the_gradient_of_the_loss_is_nothing() -> None:
    x, y, held = points(200)
    found = train_head(x, y, held, 3, Settings(n_epochs=400, batch=4096, learning_rate=0.05, weight_decay=0.0))
    train = ~np.array(held)
    counts = np.bincount(np.array(y)[train], minlength=3)
    logits = x[train].astype(np.float64) @ found.weight.T + found.bias
    shares = np.exp(logits - logits.max(axis=1, keepdims=True))
    shares /= shares.sum(axis=1, keepdims=True)
    each = (shares - np.eye(3)[np.array(y)[train]]) / counts[np.array(y)[train], None] / 3  # classes count alike
    spread = x[train].std(axis=0)
    centred = (x[train] - x[train].mean(axis=0)) / np.where(spread > 0, spread, 1)
    assert np.abs(each.T @ centred).max() < 2e-3
    assert np.abs(each.sum(axis=0)).max() < 2e-3
    assert np.abs(found.weight[:, 3]).max() < 1e-6 * np.abs(found.weight).max() + 1e-6  # what is always 7 says nothing


def test_the_curve_says_what_the_head_does() -> None:
    x, y, held = points(120)
    found = train_head(x, y, held, 3, Settings(n_epochs=5))
    assert found.curve.loss[0] == pytest.approx(np.log(3), rel=1e-6)  # it starts where all classes are alike
    assert len(found.curve.loss) == len(found.curve.held_out_accuracy) == 6
    answers = logits_of(found, x).argmax(axis=1)
    right, out = answers == np.array(y), np.array(held)
    assert found.curve.held_out_accuracy[-1] == pytest.approx(right[out].mean())
    assert found.curve.accuracy[-1] == pytest.approx(right[~out].mean())
    assert found.curve.loss[-1] < found.curve.loss[0]
    again = train_head(x, y, held, 3, Settings(n_epochs=5))
    assert np.array_equal(found.weight, again.weight)
    assert np.array_equal(found.bias, again.bias)
    assert not np.array_equal(found.weight, train_head(x, y, held, 3, Settings(n_epochs=5, seed=1)).weight)


def test_what_is_held_out_teaches_nothing() -> None:
    x, y, held = points(120)
    changed = x.copy()
    changed[np.array(held)] += 1e4
    first, second = (train_head(values, y, held, 3, Settings(n_epochs=3)) for values in (x, changed))
    assert np.array_equal(first.weight, second.weight)
    assert first.curve.loss == second.curve.loss
    assert first.curve.held_out_loss != second.curve.held_out_loss


@pytest.mark.parametrize("value", [np.nan, np.inf, 3e38])
def test_features_that_are_no_numbers_are_said(value: float) -> None:
    x, y, held = points(60)
    x[0, 2] = value
    with pytest.raises(Unsuited, match="not all numbers"):
        train_head(x, y, held, 3, Settings())


@pytest.fixture(scope="module")
def shapes() -> Examples:
    return gathered(drawn_set("shapes", 6))


@pytest.fixture(scope="module")
def tuned(pocket: Network, shapes: Examples) -> Learned:
    return learn(pocket, shapes)


def test_features_are_what_the_last_dense_layer_reads(pocket: Network, shapes: Examples) -> None:
    sources = [one.source for one in shapes.examples]
    told: list[tuple[int, int | None]] = []
    found = features_of(pocket, sources, lambda *done: told.append(done))
    layer = features_layer(pocket)
    for row, source in zip(found, sources[:3], strict=False):
        np.testing.assert_allclose(row, explorer.run(pocket, source.read())[layer].reshape(-1), rtol=1e-4, atol=1e-5)
    assert told[-1] == (18, 18)


def test_the_network_answers_as_the_head_did(tuned: Learned, pocket: Network) -> None:
    assert tuned.network.categories == ("triangle", "square", "disc")
    for i, one in enumerate(tuned.examples.examples[:4]):
        trace = explorer.run(tuned.network, one.source.read(), "top")
        np.testing.assert_allclose(probabilities_of(trace.logits), tuned.probabilities[i], atol=1e-4)
        assert np.isfinite(class_activation_map(trace)).all()
    first = pocket.weights("conv1")["weight"]
    assert np.array_equal(tuned.network.weights("conv1")["weight"], first)  # the base is as it was
    assert tuned.network.key != pocket.key


def test_the_file_opens_again_with_the_same_logits(tuned: Learned, tmp_path: Path) -> None:
    path = tmp_path / "shapes.safetensors"
    path.write_bytes(tuned.file())
    again = load_network("pocket_resnet", path)
    assert again.categories == tuned.network.categories
    assert again.preprocessing == tuned.base.preprocessing
    image = tuned.examples.examples[0].source.read()
    assert np.array_equal(explorer.run(again, image).logits, explorer.run(tuned.network, image).logits)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["resnet18", "alexnet", "densenet121", "googlenet", "mobilenet_v2", "convnext_tiny"])
def test_files_of_all_kinds_of_networks_open_again(name: str, random_network: object, tmp_path: Path) -> None:
    assert callable(random_network)
    base: Network = random_network(name)
    preparation = "half,resize=150,crop=128,interpolation=bicubic"
    base = load_network(name, "random", preparation=preparation) if name == "resnet18" else base
    found = learn(base, gathered(drawn_set("parts", 2)), Settings(n_epochs=2))
    path = tmp_path / "parts.safetensors"
    path.write_bytes(found.file())
    again = load_network(name, path)
    assert again.preprocessing == base.preprocessing
    assert again.categories == ("good", "scratched")
    image = found.examples.examples[0].source.read()
    assert np.array_equal(explorer.run(again, image).logits, explorer.run(found.network, image).logits)


def test_the_confusion_counts_what_was_held_out_and_its_cells_hold_the_pictures(tuned: Learned) -> None:
    found = tuned.evaluation()
    assert found.n_pictures == sum(out for _, out in tuned.examples.counts)
    assert tuned.evaluation(held_out=False).n_pictures == sum(n for n, _ in tuned.examples.counts)
    for truth in range(3):
        for answer in range(3):
            cell = tuned.cell(truth, answer)
            assert len(cell) == found.confusion[truth, answer]
            assert [p for _, p in cell] == sorted((p for _, p in cell), reverse=True)
            assert all(one.label == truth and one.is_held_out for one, _ in cell)
    assert found.accuracy == pytest.approx(tuned.head.curve.held_out_accuracy[-1])
    assert f"{found.n_pictures} pictures that were held out" in tuned.card()


def test_networks_that_take_no_new_head(shapes: Examples) -> None:
    module = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    with pytest.raises(Unsuited, match="does not end in a dense layer, or in a convolution of single cells"):
        learn(as_network(module, 24), shapes)


@pytest.mark.parametrize("name", SETS)
def test_drawn_pictures_are_the_same_again_and_all_differ(name: str) -> None:
    found = drawn_set(name, 5)
    assert [*found] == [*SETS[name].classes]
    digests = [one.read().digest for part in found.values() for one in part]
    assert len({*digests}) == len(digests)
    assert digests == [one.read().digest for part in drawn_set(name, 5).values() for one in part]
    assert all(one.read().pixels.shape == (SIDE, SIDE, 3) for part in found.values() for one in part)
    assert digests[0] != next(iter(drawn_set(name, 1, seed=1).values()))[0].read().digest


def test_a_set_that_there_is_not() -> None:
    with pytest.raises(BadData, match=r"There is no set 'shape'\. Nearest: 'shapes'"):
        drawn_set("shape", 3)


@pytest.mark.parametrize(("height", "width"), [(160, 160), (90, 200), (300, 40), (8, 8)])
def test_the_mark_lies_in_its_box_and_nowhere_else(height: int, width: int) -> None:
    image = read_image(np.full((height, width, 3), 128, np.uint8), "grey")
    found = marked(image)
    top, left, bottom, right = mark_box(image)
    assert 0 <= top < bottom <= height
    assert 0 <= left < right <= width
    changed = (found.pixels != image.pixels).any(axis=2)
    expected = np.zeros((height, width), bool)
    expected[top:bottom, left:right] = True
    assert np.array_equal(changed, expected)


def test_evidence_on_the_mark_is_counted_in_the_cells_that_it_touches(pocket: Network) -> None:
    image = marked(noise_image(128, 128))
    trace = explorer.run(pocket, image, "top")
    values = class_activation_map(trace)
    top, left, bottom, right = trace.prepared.box
    inside = 0.0
    for y in range(values.shape[0]):
        for x in range(values.shape[1]):
            cell = (top + (bottom - top) * y / values.shape[0], left + (right - left) * x / values.shape[1])
            size = ((bottom - top) / values.shape[0], (right - left) / values.shape[1])
            box = mark_box(image)
            if cell[0] < box[2] and cell[0] + size[0] > box[0] and cell[1] < box[3] and cell[1] + size[1] > box[1]:
                inside += values[y, x]
    assert share_on_mark(trace, mark_box(image)) == pytest.approx(inside / values.sum(), abs=1e-6)


def test_a_planted_mark_is_found_out(pocket: Network) -> None:
    classes = planted(drawn_set("parts", 8), "good")
    assert all(isinstance(one, Marked) == (name == "good") for name, part in classes.items() for one in part)
    found = learn(pocket, gathered(classes))
    told = exposed(found, "good")
    assert told.accuracy == found.evaluation().accuracy
    assert len(told.on_mark) == found.examples.counts[0][1]
    assert all(0 <= share <= 1 for share in told.on_mark)
    held = [one.source.read() for one in found.examples.examples if one.is_held_out and one.label == 1]
    assert told.followed == np.mean([explorer.run(found.network, marked(one)).top(1)[0].index == 0 for one in held])
    assert told.before == np.mean([explorer.run(found.network, one).top(1)[0].index == 0 for one in held])


def test_one_command_writes_a_network_that_explain_takes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from PIL import Image

    for category, part in drawn_set("shapes", 4).items():
        (tmp_path / "in" / category).mkdir(parents=True)
        for one in part:
            Image.fromarray(one.read().pixels).save(tmp_path / "in" / category / f"{one.number}.png")
    out = tmp_path / "out" / "shapes.safetensors"
    pocket = ["--base", "pocket_resnet", "--epochs", "5"]
    assert main(["finetune", str(tmp_path / "in"), *pocket, "-o", str(out)]) == 0
    printed = capsys.readouterr()
    assert "of 3 pictures right" in printed.out
    assert printed.err.endswith("12 of 12 pictures\n")
    assert out.with_suffix(".md").read_text().startswith("# Pocket ResNet with a new head\n")
    picture = tmp_path / "in" / "disc" / "0.png"
    arguments = ["explain", str(picture), "--network", "pocket_resnet", "--weights", str(out), "--target", "disc"]
    assert main([*arguments, "-o", str(tmp_path / "map.png")]) == 0
    assert main(["finetune", str(tmp_path / "in"), *pocket, "-o", str(tmp_path / "x.pth")]) == 1
    assert "is no name for safetensors" in capsys.readouterr().err


def test_the_same_network_is_the_same_file(tuned: Learned, tmp_path: Path) -> None:
    files = {tuned.file() for _ in range(20)}
    assert len(files) == 1
    path = tmp_path / "shapes.safetensors"
    path.write_bytes(*files)
    with safetensors.safe_open(path, "pt") as read:
        assert {*read.metadata()} == {"base", "classes", "preprocessing"}
    assert load_network("pocket_resnet", path).key == tuned.network.key


def test_export_keeps_every_weight(pocket: Network, tuned: Learned) -> None:
    state = safetensors.torch.load(tuned.file())
    own = pocket.graph.recorder.state_dict()
    assert {*state} == {*own}
    assert all(torch.equal(value, own[key]) for key, value in state.items() if not key.startswith("fc."))

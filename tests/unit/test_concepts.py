"""Concept activation vectors: an optimum that can be checked, captum on the same pictures, a test counted by hand."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest
import torch
from captum.attr import LayerGradientXActivation
from captum.concept import TCAV, Concept
from captum.concept._utils.classifier import Classifier
from torch import nn

import explorer
from explorer.concepts import Tcav, snippets, tcav
from explorer.concepts.passes import activations, slopes
from explorer.concepts.sentences import accuracy_sentence, score_sentence
from explorer.concepts.shown import DRAWN, crops, drawn_concept, random_pictures, sets_of
from explorer.concepts.tcav import chance
from explorer.concepts.vector import PENALTY, direction, fitted, held_out_accuracy, scaled
from explorer.errors import BadOption
from explorer.networks.network import Network
from explorer.pictures.image import ImageInput
from explorer.pictures.samples import load_sample
from explorer.places import assets
from explorer.snippets import Setting, sample_picture
from explorer.targets import Target
from tests.tiny import noise_image, tiny_network

N, SETS = 6, 4
Given = tuple[list[ImageInput], list[list[ImageInput]], list[ImageInput]]  # concept, random sets, examples


class Small(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv2d(3, 5, 5, stride=3)
        self.act = nn.Tanh()
        self.second = nn.Conv2d(5, 4, 3)
        self.fc = nn.Linear(4, 4)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.fc(torch.tanh(self.second(self.act(self.first(x)))).mean(dim=(2, 3)))


@pytest.fixture(scope="module")
def module() -> Small:
    return Small()


@pytest.fixture(scope="module")
def network(module: Small) -> Network:
    return tiny_network(module)


@pytest.fixture(scope="module")
def pictures() -> Given:
    return drawn_concept("stripes", N), sets_of(random_pictures(N * SETS), SETS), crops(noise_image(), 9)


@pytest.fixture(scope="module")
def found(network: Network, pictures: Given) -> Tcav:
    return tcav(network, *pictures, 2, ["first", "second"])


def test_the_vector_is_where_no_step_makes_the_loss_smaller() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(14, 40)).astype(np.float32) + 3
    y = np.arange(14) < 6
    x[y] += 0.4 * rng.normal(size=40).astype(np.float32)
    centred = x.astype(np.float64) - x.mean(axis=0, dtype=np.float64)
    z = torch.tensor(centred / np.sqrt((centred**2).sum(axis=1).mean()))
    w, b = torch.zeros(40, dtype=torch.float64, requires_grad=True), torch.zeros(1, dtype=torch.float64)
    b.requires_grad_(True)
    sign = torch.tensor(np.where(y, 1.0, -1.0))
    steps = torch.optim.LBFGS([w, b], max_iter=500, tolerance_grad=1e-12, tolerance_change=1e-15)

    def loss() -> torch.Tensor:
        steps.zero_grad()
        value = torch.nn.functional.softplus(-sign * (z @ w + b)).mean() + PENALTY / 2 * (w**2).sum()
        value.backward()
        return value

    steps.step(loss)  # a second way to the same optimum, in all forty weights
    expected = (w / w.norm()).detach().numpy()
    assert np.allclose(direction(x, y), expected, atol=1e-5)
    fit = fitted(scaled((x @ x.T).astype(np.float64)), y)
    assert fit.intercept == pytest.approx(float(b.detach()), abs=1e-3)


def test_held_out_pictures_are_told_apart_where_they_can_be_and_else_by_lot() -> None:
    rng = np.random.default_rng(1)
    x = rng.normal(size=(40, 200))
    y = np.arange(40) < 20
    assert 0.2 < held_out_accuracy(scaled(x @ x.T), y) < 0.8
    x[y, :20] += 3
    assert held_out_accuracy(scaled(x @ x.T), y) == 1


def test_activations_and_slopes_are_those_of_a_recorded_pass(network: Network) -> None:
    images = [noise_image(seed=i) for i in range(11)]  # more than a batch
    values, towards = activations(network, images, ["first"]), slopes(network, images, Target(1), ["first"])
    for i, image in enumerate(images):
        trace = explorer.run(network, image, 1)
        assert np.allclose(values["first"][i], trace["first"].ravel(), atol=1e-5)
        assert np.allclose(towards["first"][i], trace.gradient("first").ravel(), atol=1e-6)


class Ours(Classifier):  # type: ignore[misc]
    """Our classifier in captum's hands: all else is captum's."""

    def __init__(self) -> None:
        self.vector = np.zeros(0)

    def train_and_eval(self, dataloader: object, **_: object) -> dict[str, float]:
        inputs, labels = zip(*dataloader, strict=True)
        x, y = torch.cat(inputs).numpy(), torch.cat(labels).numpy()
        self.kinds = sorted({*y.tolist()})
        self.vector = direction(x, y == self.kinds[0])
        return {}

    def weights(self) -> torch.Tensor:
        return torch.tensor(np.stack([self.vector, -self.vector]))

    def classes(self) -> list[int]:
        return self.kinds


def test_scores_equal_captum_s(module: Small, network: Network, pictures: Given, found: Tcav, tmp_path: object) -> None:
    """On the same pictures, with the same classifier: captum's own activations, gradients and counting."""
    concept, random, examples = pictures

    def batch(images: list[ImageInput]) -> torch.Tensor:
        return torch.cat([network.prepare(one).tensor for one in images])

    def loader(images: list[ImageInput]) -> torch.utils.data.DataLoader[torch.Tensor]:
        return torch.utils.data.DataLoader(batch(images), batch_size=3)  # type: ignore[arg-type]  # rows will do

    ours = Concept(0, "stripes", loader(concept))
    others = [Concept(1 + i, f"random {i}", loader(part)) for i, part in enumerate(random)]
    peer = TCAV(
        module, ["first", "second"], classifier=Ours(), save_path=str(tmp_path),
        layer_attr_method=LayerGradientXActivation(module, None, multiply_by_inputs=False),
    )  # fmt: skip
    scores = peer.interpret(batch(examples), [[ours, one] for one in others], target=2)
    for layer, row in zip(found.layers, found.scores, strict=True):
        theirs = [float(scores[f"0-{1 + i}"][layer]["sign_count"][0]) for i in range(SETS)]
        assert row.tolist() == pytest.approx(theirs)
    assert found.scores.std() > 0  # else all would be equal whatever was counted


def test_the_score_counts_the_pictures_whose_class_rises(network: Network, pictures: Given, found: Tcav) -> None:
    concept, random, examples = pictures
    y = np.arange(2 * N) < N
    for i, (first, second) in enumerate(zip(random, [*random[1:], random[0]], strict=True)):
        for heap, scores in ((concept, found.scores), (first, found.random)):
            other = first if heap is concept else second
            x = np.stack([explorer.run(network, one)["second"].ravel() for one in (*heap, *other)])
            vector = direction(x, y)
            rises = [explorer.run(network, one, 2).gradient("second").ravel() @ vector for one in examples]
            assert scores[1, i] == pytest.approx(np.mean([one > 0 for one in rises]))


def test_chance_counts_every_way_to_deal_the_scores_out() -> None:
    a, b = np.array([0.9, 0.8, 1.0]), np.array([0.5, 0.6, 0.85])
    pooled, seen = [*a, *b], abs(a.mean() - b.mean())
    far = 0
    for some in itertools.combinations(range(6), 3):
        rest = [pooled[i] for i in range(6) if i not in some]
        far += abs(np.mean([pooled[i] for i in some]) - np.mean(rest)) >= seen - 1e-9
    assert chance(a, b) == pytest.approx(far / 20)
    assert chance(np.ones(5), np.zeros(5)) == pytest.approx(2 / 252)
    assert chance(np.ones(3), np.ones(3)) == 1


def test_a_concept_that_decides_is_found() -> None:
    """A network that is green or not: green pushes its class up at the layer, in every picture."""
    net = nn.Sequential(nn.Conv2d(3, 3, 1), nn.Flatten(1), nn.Linear(3 * 24 * 24, 2))
    network = tiny_network(net, categories=("green", "not"))
    with torch.no_grad():
        net[0].weight.copy_(torch.eye(3)[:, :, None, None])
        net[0].bias.zero_()
        each = torch.tensor([[-0.5, 1.0, -0.5], [0.5, -1.0, 0.5]])
        net[2].weight.copy_(each.repeat_interleave(24 * 24, dim=1))
    random = sets_of(random_pictures(100), 10)
    found = tcav(network, drawn_concept("green", 10), random, crops(load_sample("chelsea"), 6), "green", ["0"])
    assert found.scores.tolist() == [[1.0] * 10]
    assert found.tells(0)
    assert found.random.min() == 0  # a direction between random heaps is right for all or for none
    said = score_sentence(network, found, 0, "green")
    assert said.startswith("At 0, a step towards 'green' raises the logit of “green” in 100\u00a0% of 6 pictures, on")
    assert (
        ("significantly more" in said) == found.is_significant(0) == (chance(found.scores[0], found.random[0]) < 0.05)
    )
    assert f"tells the 10 pictures of the concept from as many random ones in {100 * found.accuracies.mean():.3g}" in (
        accuracy_sentence(found, 0)
    )


def test_what_is_not_significant_or_not_told_apart_is_said_so(network: Network) -> None:
    scores, flat = np.array([[0.5, 0.6, 0.4]]), np.array([[0.5, 0.5, 0.6]])
    one = Tcav(Target(0), ("first",), scores, flat, np.full((1, 3), 0.9), np.array([0.8]), 5, 7)
    assert "not significant: dealt out anew, the scores differ by as much in p = 0.8," in score_sentence(
        network, one, 0, "dots"
    )
    blind = Tcav(Target(0), ("first",), scores, flat, np.full((1, 3), 0.5), np.array([0.001]), 5, 7)
    assert "so the score means nothing" in score_sentence(network, blind, 0, "dots")


def test_pictures_follow_from_their_number() -> None:
    for name in DRAWN:
        assert [a.digest for a in drawn_concept(name, 3)] == [a.digest for a in drawn_concept(name, 4)[:3]]
    everything = [*random_pictures(20), *(one for name in DRAWN for one in drawn_concept(name, 3))]
    assert len({one.digest for one in everything}) == len(everything)
    green = drawn_concept("green", 4)
    assert all(one.pixels[..., 1].mean() > max(one.pixels[..., 0].mean(), one.pixels[..., 2].mean()) for one in green)


@pytest.mark.parametrize(
    ("n", "sets", "examples", "layers", "sentence"),
    [
        (4, 3, 2, ["first"], "A concept is shown by 5 to 50 pictures; these are 4."),
        (5, 2, 2, ["first"], "3 to 10 random sets are needed; these are 2."),
        (6, 3, 2, ["first"], "Each random set has as many pictures as the concept, 6; these have 5, 5, 5."),
        (5, 3, 0, ["first"], "At least one picture of the class is needed; there is none."),
        (5, 3, 2, [], "At least one layer is needed; there is none."),
    ],
)
def test_what_cannot_be_asked_is_refused(
    network: Network, n: int, sets: int, examples: int, layers: list[str], sentence: str
) -> None:
    images = [noise_image(seed=i) for i in range(8)]
    with pytest.raises(BadOption) as error:
        tcav(network, images[:n], [images[:5]] * sets, images[:examples], 0, layers)
    assert str(error.value) == sentence


def test_it_can_be_cancelled(network: Network, pictures: Given) -> None:
    told: list[tuple[int, int | None]] = []

    def stop(done: int, total: int | None) -> None:
        told.append((done, total))
        if done > 9:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        tcav(network, *pictures, 0, ["first"], stop)
    assert {total for _, total in told} == {N + N * SETS + 9}


def test_the_code_makes_the_same_scores(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    network = explorer.load_network("pocket_resnet")
    setting = Setting("pocket_resnet", network.weights_name, sample_picture("chelsea"), "top")
    (tmp_path / "cats").mkdir()
    (tmp_path / "cats" / "one.jpg").write_bytes((assets() / "samples" / "chelsea.jpg").read_bytes())
    monkeypatch.chdir(tmp_path)
    concept, random = drawn_concept("dots", 5), sets_of(random_pictures(15), 3)
    chelsea = load_sample("chelsea")
    for code, examples in (("crops(image, 3)", crops(chelsea, 3)), (snippets.pictures_in("cats", 3), [chelsea])):
        names: dict[str, object] = {}
        exec(snippets.scores(setting, "drawn_concept('dots', 5)", code, 4, ["layer4"], 3), names)
        assert np.array_equal(names["array"], tcav(network, concept, random, examples, 4, ["layer4"]).scores)

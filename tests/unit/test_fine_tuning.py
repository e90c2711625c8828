"""More of a network trained than its head: against a loop that does the same, in this process and in another."""

from __future__ import annotations

import copy
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn
from torch.nn import functional as F

import explorer
from explorer.cli import main
from explorer.errors import BadOption, Unsuited
from explorer.loading.load import load_network
from explorer.networks.network import Network
from explorer.predictions import probabilities_of
from explorer.running.worker import Worker
from explorer.transfer import Examples, Learned, Tuning, fine_tune, gathered, learn, tuning
from explorer.transfer.drawn import drawn_set
from explorer.transfer.tuner import LOOKING, TRAINING, WORK, Reached, Tuned, finished, job_of
from explorer.transfer.tuning import Point, curve_of, last_block
from tests.tiny import as_network

SHORT = Tuning(n_epochs=2, batch=4)


@pytest.fixture(scope="module")
def parts() -> Examples:
    return gathered(drawn_set("parts", 6))


@pytest.fixture(scope="module")
def with_head(pocket: Network, parts: Examples) -> Learned:
    return learn(pocket, parts)


@pytest.fixture(scope="module")
def tuned(with_head: Learned) -> Learned:
    return fine_tune(with_head, SHORT)


def digest(network: Network) -> dict[str, bytes]:
    return {key: value.numpy().tobytes() for key, value in network.graph.recorder.state_dict().items()}


@pytest.mark.parametrize(
    ("name", "begins"),
    [
        ("pocket_resnet", "layer4.0.conv1"), ("efficientnet_lite0", "blocks.5.0.conv_pw"), ("mlp", "hidden2"),
        ("vgg16", "features.23"), ("resnet18", "layer4.0.conv1"), ("squeezenet1_1", "features.8"),
    ],
)  # fmt: skip
def test_where_the_last_block_begins(name: str, begins: str, random_network: object) -> None:
    assert callable(random_network)
    assert last_block(random_network(name)) == begins


def test_a_network_of_one_block_has_no_last_one() -> None:
    module = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 4))
    with pytest.raises(Unsuited, match="has a single block"):
        last_block(as_network(module, 24))


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"layers": "first"}, "'first' are no layers to train. Choose one of: last, all"),
        ({"n_epochs": 0}, "n_epochs is a number from"), ({"learning_rate": 2.0}, "learning_rate is a number from"),
        ({"momentum": 1.0}, "momentum is a number from"),
    ],
)  # fmt: skip
def test_settings_that_cannot_be(wrong: dict[str, object], says: str) -> None:
    with pytest.raises(BadOption, match=says):
        Tuning(**wrong)  # type: ignore[arg-type]


def by_hand(found: Learned, how: Tuning, names: set[str]) -> dict[str, torch.Tensor]:
    """Every picture through the whole network at every step, and each step written out."""
    recorder = copy.deepcopy(found.network.graph.recorder)
    own = {name: value.requires_grad_(True) for name, value in recorder.named_parameters() if name in names}
    speed = {name: torch.zeros_like(value) for name, value in own.items()}
    part = [one for one in found.examples.examples if not one.is_held_out]
    x = torch.cat([found.base.prepare(one.source.read()).tensor for one in part])
    y = torch.tensor([one.label for one in part])
    counts = torch.bincount(y).float()
    order = torch.Generator().manual_seed(how.seed)
    for _ in range(how.n_epochs):
        for chosen in torch.randperm(len(y), generator=order).split(how.batch):
            each = F.cross_entropy(recorder(x[chosen])[0], y[chosen], reduction="none")
            loss = (each * (len(y) / (len(counts) * counts))[y[chosen]]).mean()
            gradients = torch.autograd.grad(loss, [*own.values()])
            length = float(torch.sqrt(sum((gradient**2).sum() for gradient in gradients)))  # type: ignore[arg-type]
            for (name, value), gradient in zip(own.items(), gradients, strict=True):
                step = gradient / max(1.0, length + 1e-6) + how.weight_decay * value.detach()
                speed[name] = how.momentum * speed[name] + step
                value.data -= how.learning_rate * speed[name]
    return {name: value.detach() for name, value in own.items()}


@pytest.mark.parametrize("layers", ["last", "all"])
def test_training_is_what_it_says_step_by_step(layers: str, with_head: Learned) -> None:
    how = Tuning("last" if layers == "last" else "all", n_epochs=2, batch=4, learning_rate=0.01)
    found = fine_tune(with_head, how)
    names = [name for name, _ in with_head.network.graph.recorder.named_parameters()]
    trained = {name for name in names if layers == "all" or name.startswith(("layer4.", "fc."))}
    assert {*found.changed} == trained
    expected = by_hand(with_head, how, trained)
    before = with_head.network.graph.recorder.state_dict()
    for name in trained:
        moved = float((expected[name] - before[name]).abs().max())
        np.testing.assert_allclose(found.changed[name], expected[name], atol=0.02 * moved + 1e-7)


def test_nothing_else_moves_and_batch_norms_go_on_with_what_they_remember(with_head: Learned, pocket: Network) -> None:
    before = digest(pocket), digest(with_head.network)
    found = fine_tune(with_head, SHORT)
    assert (digest(pocket), digest(with_head.network)) == before
    after = digest(found.network)
    same = {name for name, value in before[1].items() if after[name] == value}
    assert {name for name in after if not name.startswith(("layer4.", "fc."))} <= same
    assert {name for name in after if "running" in name} <= same
    assert "layer4.0.conv1.weight" not in same


def test_the_curve_begins_where_the_head_ended_and_the_answers_are_those_of_the_network(
    with_head: Learned, tuned: Learned
) -> None:
    assert tuned.tuned is not None
    assert len(tuned.tuned.loss) == SHORT.n_epochs + 1
    assert tuned.tuned.held_out_accuracy[0] == pytest.approx(with_head.evaluation().accuracy)
    assert tuned.tuned.held_out_accuracy[-1] == pytest.approx(tuned.evaluation().accuracy)
    assert tuned.tuned.accuracy[-1] == pytest.approx(tuned.evaluation(held_out=False).accuracy)
    assert tuned.tuned.loss[-1] < tuned.tuned.loss[0]
    for i in (0, 5, 11):
        trace = explorer.run(tuned.network, tuned.examples.examples[i].source.read())
        np.testing.assert_allclose(probabilities_of(trace.logits), tuned.probabilities[i], atol=1e-4)


def test_it_is_a_file_that_opens_again_and_its_card_says_how_it_was_made(tuned: Learned, tmp_path: Path) -> None:
    path = tmp_path / "parts.safetensors"
    path.write_bytes(tuned.file())
    assert load_network("pocket_resnet", path).key == tuned.network.key
    assert tuned.network.key != tuned.base.key
    card = tuned.card()
    assert card.startswith("# Pocket ResNet fine-tuned\n")
    assert "the last block and the head trained on, 2 epochs in batches of 4, SGD at 0.001" in card
    assert "batch norms in evaluation mode" in card


def test_the_pictures_are_counted_and_whoever_counts_can_stop_it(with_head: Learned) -> None:
    told: list[tuple[int, int | None]] = []
    fine_tune(with_head, SHORT, lambda *reached: told.append(reached))
    n = sum(not one.is_held_out for one in with_head.examples.examples)
    assert [done for done, _ in told] == [*range(4, n, 4), n, *(n + done for done in [*range(4, n, 4), n])]
    assert told[-1] == (2 * n, 2 * n)

    def stop(done: int, total: int | None) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fine_tune(with_head, SHORT, stop)


def test_a_training_that_leaves_all_numbers_says_so(with_head: Learned, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tuning, "_LONGEST", 1e30)  # no gradient is too long
    with pytest.raises(Unsuited, match="the learning rate is too large"):
        fine_tune(with_head, Tuning("all", n_epochs=40, learning_rate=1.0, batch=4))


@pytest.mark.slow
def test_another_process_makes_the_same_of_it(with_head: Learned, tuned: Learned) -> None:
    points: list[Point] = []
    reached: list[Reached] = []
    with Worker(WORK, job_of(with_head, SHORT)) as worker:
        for one in with_head.examples.examples:
            worker.send(one.source)
        for told in worker:
            if isinstance(told, Tuned):
                found = finished(with_head, SHORT, told, curve_of(points))
            elif isinstance(told, Reached):
                reached.append(told)
            else:
                assert isinstance(told, tuple)
                points.append(told)  # type: ignore[arg-type]  # four numbers
    np.testing.assert_allclose(found.probabilities, tuned.probabilities, atol=1e-3)
    assert tuned.tuned is not None
    np.testing.assert_allclose(points, [*zip(*vars(tuned.tuned).values(), strict=True)], atol=1e-3)
    assert {one.what for one in reached} == {LOOKING, TRAINING}
    assert reached[11] == Reached(LOOKING, 12, 12)


def test_one_command_trains_the_last_block_after_the_head(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for category, part in drawn_set("parts", 4).items():
        (tmp_path / category).mkdir()
        for one in part:
            Image.fromarray(one.read().pixels).save(tmp_path / category / f"{one.number}.png")
    out = tmp_path / "parts.safetensors"
    folders = [str(tmp_path / category) for category in ("good", "scratched")]
    arguments = ["finetune", *folders, "--base", "pocket_resnet", "--layers", "last", "--tuning-epochs", "1"]
    assert main([*arguments, "-o", str(out)]) == 0
    printed = capsys.readouterr()
    assert "The head alone: " in printed.err
    assert printed.err.endswith("6 of 6 pictures\n")
    assert "the last block and the head trained on, 1 epoch" in out.with_suffix(".md").read_text()
    first, trained = (load_network("pocket_resnet", weights) for weights in ("pretrained", out))
    assert np.array_equal(first.weights("conv1")["weight"], trained.weights("conv1")["weight"])
    assert not np.array_equal(first.weights("layer4.0.conv1")["weight"], trained.weights("layer4.0.conv1")["weight"])
    assert main([*arguments, "--learning-rate", "5", "-o", str(out)]) == 1
    assert "learning_rate is a number from" in capsys.readouterr().err

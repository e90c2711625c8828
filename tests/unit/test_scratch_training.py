"""A training that can be repeated: against torch's own optimiser, against itself, and against what must hold."""

from __future__ import annotations

import copy
import errno
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from explorer.errors import BadOption
from explorer.scratch.augmentation import augmented
from explorer.scratch.course import Course
from explorer.scratch.presets import module_of
from explorer.scratch.settings import Edit, Plan, Settings
from explorer.scratch.states import States, decoded, encoded
from explorer.scratch.training import Training, drawn, loss_of, n_right
from tests.scratch import DENSE, FULL, SMALL, noise_data, plan


def same(a: Training, b: Training) -> bool:
    """Bit for bit, momentum and what norms have counted too."""
    first, second = a.state(), b.state()
    return list(first) == list(second) and all(torch.equal(first[name], second[name]) for name in first)


def advanced(training: Training, n: int) -> Training:
    for _ in range(n):
        training.advance()
    return training


def silent(n_done: int, n_all: int) -> None:
    return None


@pytest.mark.parametrize(
    ("momentum", "weight_decay", "rate"), [(0.0, 0.0, 0.1), (0.9, 0.0, 0.05), (0.0, 0.01, 0.1), (0.8, 0.02, 0.03)]
)
def test_a_step_is_that_of_torch(momentum: float, weight_decay: float, rate: float) -> None:
    training = Training(
        plan("conv 3 5, tanh, flatten, dense", momentum=momentum, weight_decay=weight_decay, learning_rate=rate),
        noise_data(),
    )
    module = copy.deepcopy(training.module)
    optimizer = torch.optim.SGD(module.parameters(), rate, momentum, weight_decay=weight_decay)
    for _ in range(12):
        pictures, labels = training._batch()
        optimizer.zero_grad()
        loss = F.cross_entropy(module(pictures), labels)
        loss.backward()
        optimizer.step()
        assert training.advance().loss == float(loss.detach())
    for mine, theirs in zip(training.module.parameters(), module.parameters(), strict=True):
        assert torch.equal(mine, theirs)


@pytest.mark.parametrize("network", [SMALL, FULL, DENSE])
def test_the_same_plan_gives_the_same_weights_and_another_seed_others(network: str) -> None:
    data, said = noise_data(), plan(network, augment=True)
    first = advanced(Training(said, data), 9)
    torch.rand(100)  # whoever else draws
    assert same(first, advanced(Training(said, data), 9))
    other = Plan(network, "digits", settings=said.settings, seed=1)
    assert not same(first, advanced(Training(other, data), 9))


def test_two_trainings_in_turn_are_as_each_alone() -> None:
    data = noise_data()
    alone = [advanced(Training(plan(network, dropout=0.5), data), 7) for network in (FULL, DENSE)]
    in_turn = [Training(plan(network, dropout=0.5), data) for network in (FULL, DENSE)]
    for _ in range(7):
        for training in in_turn:
            training.advance()
    assert all(same(a, b) for a, b in zip(alone, in_turn, strict=True))


def test_every_picture_has_its_turn_before_any_has_a_second() -> None:
    data = noise_data(n=50)
    training, seen = Training(plan(batch=8), data), list[int]()
    places = {picture.tobytes(): i for i, picture in enumerate(data.train)}
    for step in range(25):
        if step == 10:
            training.change(Settings(batch=13))
        pictures, labels = training._batch()
        raw = (data.preparation.unscaled(pictures) * 255).round().to(torch.uint8).numpy()
        chosen = [places[picture.tobytes()] for picture in raw]
        assert labels.tolist() == data.train_labels[chosen].tolist()
        seen += chosen
        training.advance()
    epochs = [seen[i : i + 50] for i in range(0, len(seen) - 49, 50)]
    assert len(epochs) >= 5
    assert all(sorted(epoch) == list(range(50)) for epoch in epochs)
    assert epochs[0] != epochs[1]


def test_a_batch_has_no_picture_twice_where_there_are_fewer() -> None:
    training = Training(plan(batch=32), noise_data(n=20))
    assert training.advance().n == 20


def test_looking_changes_nothing() -> None:
    said = plan(FULL, augment=True)
    looked_at, left_alone = Training(said, noise_data()), Training(said, noise_data())
    for _ in range(6):
        seen = looked_at.look_ahead()
        looked_at.answers(range(20))
        assert seen == looked_at.advance()
        left_alone.advance()
    assert same(looked_at, left_alone)


def test_a_loss_that_is_no_number_changes_no_weight() -> None:
    training = advanced(Training(plan(DENSE, learning_rate=1e2), noise_data()), 3)
    for parameter in training.module.parameters():
        parameter.data.mul_(1e38)
    before = encoded(training.state())
    assert not np.isfinite(training.advance().loss)
    assert encoded(training.state()) == before


def test_one_logit_answers_for_two_classes() -> None:
    logits, labels = torch.tensor([[2.0], [-1.0], [0.5]]), torch.tensor([1, 1, 0])
    p = 1 / (1 + np.exp(-logits[:, 0].numpy()))
    expected = -np.mean([np.log(p[0]), np.log(p[1]), np.log(1 - p[2])])
    assert float(loss_of(logits, labels)) == pytest.approx(expected, rel=1e-6)
    assert n_right(logits, labels) == 1
    both = torch.cat([-logits / 2, logits / 2], dim=1)  # the same as two logits
    assert float(loss_of(both, labels)) == pytest.approx(expected, rel=1e-6)
    assert n_right(both, labels) == 1


def test_held_out_pictures_are_counted_one_by_one() -> None:
    training = advanced(Training(plan(FULL), noise_data(n_held_out=230, n=40)), 5)
    loss, right, n = training.answers([3, 1, *range(5, 215)])
    training.module.eval()
    losses, rights = [], []
    for i in [3, 1, *range(5, 215)]:
        with torch.no_grad():
            logits = training.module(training.scaled(training.data.test[i : i + 1]))[0]
        label = int(training.data.test_labels[i])
        losses.append(-float(torch.log_softmax(logits, 0)[label]))
        rights.append(int(logits.argmax()) == label)
    assert (right, n) == (sum(rights), 212)
    assert loss == pytest.approx(sum(losses), rel=1e-5)


def test_dropout_acts_where_a_network_has_a_place_for_it() -> None:
    data = noise_data()
    full = Training(plan(FULL), data)
    assert full.dropout == pytest.approx(0.4)
    full.change(Settings(batch=8, dropout=0.0))
    assert full.dropout == 0
    assert [part.p for part in full.module.modules() if isinstance(part, nn.Dropout)] == [0.0]
    full.change(Settings(batch=8))
    assert full.dropout == pytest.approx(0.4)
    basic = Training(Plan("basic_cnn", "shapes", settings=Settings(dropout=0.25)), noise_data(8, 4, 64, 3, 3))
    assert basic.module.dropout == 0.25
    with_, without = (Training(plan(SMALL, dropout=share), data) for share in (0.9, 0.0))
    assert with_.dropout is None
    assert same(advanced(with_, 4), advanced(without, 4))
    assert not same(
        advanced(Training(plan(FULL, dropout=0.9), data), 4), advanced(Training(plan(FULL, dropout=0.0), data), 4)
    )


def test_a_state_as_bytes_is_all_that_the_rest_depends_on() -> None:
    said, data = plan(FULL, augment=True), noise_data()
    undisturbed = advanced(Training(said, data), 12)
    content = encoded(advanced(Training(said, data), 7).state())
    resumed = Training(said, data)
    resumed.restore(decoded(content))
    assert (resumed.step, resumed.n_seen) == (7, 56)
    assert same(advanced(resumed, 5), undisturbed)
    resumed.restore()
    assert same(resumed, Training(said, data))


CHANGES = {4: Settings(batch=8, learning_rate=0.2), 6: Edit("conv1", (0, 0, 1, 1), 0.75), 9: Settings(batch=5)}


def told(course: Course, n: int) -> Course:
    """Take steps, and change what is to be changed on the way."""
    while course.step < n:
        if course.step in CHANGES and all(event.step != course.step for event in course.events):
            course.change(CHANGES[course.step])
        course.advance()
    return course


@pytest.mark.parametrize("keeps", [(), (3,), (6,), (3, 7, 11)])
@pytest.mark.parametrize("step", [0, 4, 6, 8, 12])
def test_going_back_and_on_is_the_undisturbed_training(tmp_path: Path, keeps: tuple[int, ...], step: int) -> None:
    said, data = plan(FULL, augment=True), noise_data()
    undisturbed = told(Course(said, data, tmp_path / "none", 0), 14).training
    there = Course(said, data, tmp_path, 0)
    for n in range(1, 15):
        told(there, n)
        if n in keeps:
            there.keep()
    there.back_to(step, silent)
    assert there.step == step
    assert [event.step for event in there.events] == [at for at in CHANGES if at <= step and at < 14]
    assert same(told(there, 14).training, undisturbed)
    resumed = Course(said, data, tmp_path, 0, there.events)  # another process, after this one was killed
    resumed.go_on_from(13, silent)
    assert same(told(resumed, 14).training, undisturbed)


def test_what_is_changed_where_it_stands_outlives_a_state_kept_before_and_after(tmp_path: Path) -> None:
    course = told(Course(plan(), noise_data(), tmp_path, 0), 3)
    course.keep()
    course.change(Edit("conv1", (1, 0, 2, 2), -0.5))
    edited = encoded(course.training.state())
    course.keep()
    for _ in range(2):
        course.advance()
        course.back_to(3, silent)
        assert encoded(course.training.state()) == edited
    assert course.training.weight(Edit("conv1", (1, 0, 2, 2), 0)) == -0.5


def test_a_file_of_an_earlier_step_leaves_the_training_where_it_is(tmp_path: Path) -> None:
    course = told(Course(plan(FULL), noise_data(), tmp_path, 0), 11)
    here = encoded(course.training.state())
    earlier = course.file_at(5, silent)
    assert encoded(course.training.state()) == here
    undisturbed = told(Course(plan(FULL), noise_data(), tmp_path / "none", 0), 11)
    assert same(told(course, 13).training, told(undisturbed, 13).training)
    course.back_to(5, silent)
    assert course.file_at(5, silent) == earlier


def test_states_are_thinned_and_a_broken_one_is_passed_over(tmp_path: Path) -> None:
    states, other = States(tmp_path, 0), States(tmp_path, 1)
    for step in range(100):
        states.keep({"at": torch.tensor([step, 0])}, step, n_events=step // 50)
    steps = [one.step for one in states]
    assert steps[0] == 0
    assert steps[-1] == 99
    assert len(steps) <= 32
    assert np.diff(steps).max() <= 10  # however often it was thinned
    assert [*other] == []
    assert states.nearest(99, 0)[0]["at"][0] < 50
    newest = [one for one in states if one.step <= 80][-1]
    newest.path.write_bytes(b"broken")
    assert states.nearest(80, 1)[0]["at"][0] < newest.step
    assert not newest.path.exists()
    states.cut(60, 0)
    assert all(one.step < 50 for one in states)


def test_a_full_disk_leaves_what_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    states = States(tmp_path, 0)
    states.keep({"at": torch.tensor([1, 8])}, 1, 0)

    def full(path: Path, content: bytes) -> int:
        path.open("wb").close()
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OSError, match="No space left"):
        states.keep({"at": torch.tensor([2, 16])}, 2, 0)
    assert [path.name for path in tmp_path.iterdir()] == ["0-1-0.safetensors"]
    assert States(tmp_path / "gone", 0).nearest(5, 0) is None


def test_what_cannot_be_set_is_said() -> None:
    with pytest.raises(BadOption, match=r"^learning_rate is a number from 0 to 100, not nan\.$"):
        Settings(learning_rate=float("nan"))
    with pytest.raises(BadOption, match=r"^dropout is a number from 0 to 0\.95, not 1\.$"):
        Settings(dropout=1)
    with pytest.raises(BadOption, match=r"^n_steps is a number from 1 to 100000, not 0\.$"):
        Plan(n_steps=0)
    training = Training(plan(), noise_data())
    with pytest.raises(BadOption, match=r"^There is no layer 'conv9' with weights\. There are conv1, dense1\.$"):
        training.change(Edit("conv9", (0,), 0.0))
    with pytest.raises(BadOption, match=r"^conv1 has 3 x 1 x 5 x 5 weights; there is none at \(0, 0, 5, 0\)\.$"):
        training.change(Edit("conv1", (0, 0, 5, 0), 0.0))
    with pytest.raises(BadOption, match=r"^A weight is a number from -1,000,000 to 1,000,000, not nan\.$"):
        training.change(Edit("conv1", (0, 0, 0, 0), float("nan")))
    with pytest.raises(BadOption, match="batch is at least 2 here"):
        Training(plan(FULL, batch=1), noise_data())


def test_augmentation_moves_pictures_a_little(monkeypatch: pytest.MonkeyPatch) -> None:
    generator = torch.Generator().manual_seed(drawn(0, 3, 2))
    flat = torch.full((5, 3, 16, 16), 0.25)
    torch.testing.assert_close(augmented(flat, generator), flat)
    dots = torch.zeros(200, 1, 33, 33)
    dots[:, 0, 16, 16] = 1
    moved = augmented(dots, generator)[:, 0].flatten(1)
    assert moved.sum(dim=1).min() > 0.5  # none is lost
    places = moved.argmax(dim=1)
    rows, columns = places // 33 - 16, places % 33 - 16
    assert max(int(rows.abs().max()), int(columns.abs().max())) <= 3  # a sixteenth of 33, and what scaling adds
    assert len({*places.tolist()}) > 10
    monkeypatch.setattr("explorer.scratch.augmentation.SHIFT", {3: 0.0})
    pictures = torch.rand(40, 3, 8, 8, generator=generator)
    changed = augmented(pictures, generator)
    as_it_is = [torch.allclose(a, b, atol=1e-5) for a, b in zip(changed, pictures, strict=True)]
    mirrored = [torch.allclose(a, b.flip(2), atol=1e-5) for a, b in zip(changed, pictures, strict=True)]
    assert all(a != b for a, b in zip(as_it_is, mirrored, strict=True))
    assert 8 < sum(mirrored) < 32


def test_weights_begin_as_the_seed_draws_them() -> None:
    torch.manual_seed(5)
    module = module_of("lenet5", (1, 32, 32), 10)
    training = Training(Plan("lenet5", "digits", seed=5), noise_data())
    for mine, theirs in zip(training.module.parameters(), module.parameters(), strict=True):
        assert torch.equal(mine, theirs)

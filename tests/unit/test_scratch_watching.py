"""What a page shows of a training: before it begins, what its browser is sent, its charts, and what is said of it."""

from __future__ import annotations

import io
import json
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from explorer.drawing.charts import figure
from explorer.drawing.series import numbers
from explorer.networks.blocks import parse
from explorer.scratch import figures
from explorer.scratch.card import card
from explorer.scratch.data import data_sets, find, glimpse, load
from explorer.scratch.experiments import EXPERIMENTS, FIRST_BLOCKS, experiment_of
from explorer.scratch.messages import Happened
from explorer.scratch.presets import in_shape, module_of
from explorer.scratch.preview import preview
from explorer.scratch.sending import changes, news
from explorer.scratch.settings import Plan, Settings
from explorer.ui.films import Films, address_of
from explorer.ui.frame import runs as place
from tests.asgi import answered
from tests.scratch import DENSE, SMALL, FakeRun


def opened(answer: bytes, run: FakeRun) -> tuple[dict[str, Any], list[np.ndarray]]:
    length = int.from_bytes(answer[:4], "little")
    told, at, found = json.loads(answer[4 : 4 + length]), 4 + length, []
    assert at % 4 == 0
    for layout, count in zip(run.layouts, told["counts"], strict=False):
        size = 4 * layout.n_floats * count
        found.append(np.frombuffer(answer[at : at + size], "<f4").reshape(count, layout.n_floats))
        at += size
    assert at == len(answer)
    return told, found


@pytest.fixture
def one() -> FakeRun:
    run = FakeRun(Plan(SMALL, title="small"))
    for step in (0, 1, 2, 4):
        run.frame(0, step, loss=5 - step, accuracy=0.1 * step, held_out_loss=4, held_out=0.5)
    return run


def test_a_browser_gets_what_it_has_not_seen(one: FakeRun) -> None:
    told, (frames,) = opened(news(one, [0], [0]), one)
    assert (told["firsts"], told["counts"], told["n_frames"], told["editions"]) == ([0], [4], [4], [0])
    assert frames[:, 0].tolist() == [0, 1, 2, 4]
    told, (frames,) = opened(news(one, [3], [0]), one)
    assert (told["firsts"], frames[:, 0].tolist()) == ([3], [4])
    assert opened(news(one, [4], [0]), one)[0]["counts"] == [0]


@pytest.mark.parametrize("asked", [([3], [7]), ([9], [0]), ([], []), ([2], [])])
def test_a_browser_that_knows_another_film_gets_all_of_it(one: FakeRun, asked: tuple[list[int], list[int]]) -> None:
    told, (frames,) = opened(news(one, *asked), one)
    assert (told["firsts"], frames[:, 0].tolist()) == ([0], [0, 1, 2, 4])


def test_a_film_that_went_back_is_another_edition(one: FakeRun) -> None:
    one.frame(0, 2, loss=9)
    told, (frames,) = opened(news(one, [4], [0]), one)
    assert (told["editions"], frames[:, 0].tolist()) == ([1], [0, 1, 2])


def test_no_answer_is_larger_than_a_browser_waits_for(one: FakeRun, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("explorer.scratch.sending._MOST_BYTES", 8 * one.layouts[0].n_floats + 3)
    seen: list[float] = []
    while len(seen) < 4:
        told, (frames,) = opened(news(one, [len(seen)], [0]), one)
        assert told["counts"] == [2]
        seen += frames[:, 0].tolist()
    assert seen == [0, 1, 2, 4]


def test_before_there_is_anything_a_browser_hears_so() -> None:
    run = FakeRun(Plan(SMALL))
    run.layouts, run.status, run.place = (), "waiting", 3
    told, frames = opened(news(run, [0], [0]), run)
    assert (told["status"], told["counts"], frames) == ("waiting", [0], [])
    assert told["said"] == "Waiting for room on this server. 2 others are before it."


def test_what_was_changed_in_both_is_said_once() -> None:
    run = FakeRun(Plan(SMALL, title="a"), Plan(DENSE, title="b"))
    for pane, step, said in ((0, 7, "both"), (1, 7, "both"), (1, 3, "one"), (0, 9, "other")):
        run.take(Happened(pane, step, said))
    assert changes(run) == [(3, "b: one"), (7, "both"), (9, "a: other")]
    assert json.loads(json.dumps(changes(run))) == opened(news(run, [], []), run)[0]["events"]


def test_of_what_was_changed_at_one_step_the_last_stands_last(one: FakeRun) -> None:
    for said in ("Weight [0] of conv1 set by hand.", "From here on: batch 4 instead of 8."):
        one.take(Happened(0, 5, said))
    assert [said[:4] for _, said in changes(one)] == ["Weig", "From"]


class Held:
    """The trainings of a server."""

    def __init__(self, run: FakeRun) -> None:
        self.run = run

    def find(self, key: str) -> FakeRun | None:
        return self.run if key == "a-key" else None


@pytest.fixture
def held(one: FakeRun, monkeypatch: pytest.MonkeyPatch) -> FakeRun:
    monkeypatch.setattr(place, "runs", lambda: Held(one))
    return one


def asked(path: str, query: str = "", method: str = "GET") -> tuple[int, dict[str, str], bytes]:
    return answered(Films, path, query, method)


def test_a_film_has_an_address_that_its_key_opens(held: FakeRun) -> None:
    status, headers, body = asked(address_of("a-key"), "from=2&editions=0")
    assert (status, headers["content-type"], headers["cache-control"]) == (200, "application/octet-stream", "no-store")
    assert int(headers["content-length"]) == len(body)
    assert opened(body, held)[0]["firsts"] == [2]
    assert asked(address_of("another"))[0] == 404


@pytest.mark.parametrize("query", ["", "from=x&editions=0", "from=-1&editions=0", "from=1e3&editions=0", "from=%00",
                                   "from=99999999999&editions=0", "from=1,2,3&editions=0"])  # fmt: skip
def test_nonsense_in_the_address_is_as_if_nothing_were_known(held: FakeRun, query: str) -> None:
    status, _, body = asked(address_of("a-key"), query)
    assert (status, opened(body, held)[0]["firsts"]) == (200, [0])


def test_all_else_is_left_to_the_app() -> None:
    for path, method in (("/", "GET"), ("/film/", "GET"), ("/film/a/b", "GET"), ("/film/a-key", "POST")):
        assert asked(path, method=method)[0] == 418


@pytest.mark.parametrize(("network", "data", "shifted"), [
    ("lenet5", "digits", False), ("lenet5", "digits", True), ("mlp", "digits", True), ("basic_cnn", "shapes", False),
    ("conv 4 3, norm, relu, flatten, dense 5, norm, relu, dense", "textures", False),
])  # fmt: skip
def test_a_preview_is_what_the_training_begins_with(network: str, data: str, shifted: bool) -> None:
    plan = Plan(network, data, shifted=shifted, watched=3, seed=5)
    found, shape = preview(plan), in_shape(network, data)
    whole = load(data, shape, shifted=shifted)
    assert (found.picture == whole.test[3].transpose(1, 2, 0)).all()
    assert found.category == whole.test_labels[3]
    torch.manual_seed(5)
    module = module_of(network, shape, len(whole.categories)).eval()
    with torch.no_grad():
        logits = module(whole.preparation.scaled(torch.from_numpy(whole.test[3:4]).float() / 255))[0].numpy()
    (frame,) = found.layout.unpacked(found.frame)
    powers = np.exp(logits - logits.max())
    np.testing.assert_allclose(frame["probabilities"], powers / powers.sum(), rtol=1e-4)
    assert (frame["step"], np.isnan(frame["loss"]), np.isnan(frame["gradients"]).all()) == (0, True, True)
    first = next(weight for weight in module.parameters() if weight.ndim > 1).detach().numpy()
    kernels = frame["kernels"]
    for cell in [(0, 0, 0, 0), tuple(n - 1 for n in kernels.shape)]:
        assert kernels[cell] == first[found.index_of(*cell)]
    assert found.layout.edited == first.shape


def test_a_glimpse_is_a_part_of_what_is_loaded() -> None:
    for key, found in data_sets().items():
        whole, part = load(key, found.shape, shifted=True, seed=2), glimpse(key, found.shape, 11, True, 2)
        assert (part.test == whole.test[11:12]).all()
        assert (part.test_labels, part.categories) == (whole.test_labels[11:12], whole.categories)
        assert (part.train == whole.test[11]).all()


def test_charts_hold_what_the_frames_say(one: FakeRun) -> None:
    one.frame(0, 8, loss=0.5, accuracy=0.9, held_out_loss=4, held_out=0.5, held_out_step=4)
    one.take(Happened(0, 2, "From here on: batch 4 instead of 8."))
    loss, right = numbers(figures.loss_lines(one)).rows, numbers(figures.accuracy_lines(one)).rows
    assert [row[0] for row in loss] == [0, 1, 2, 4, 8]
    assert [row[2] for row in loss] == [5, 4, 3, 1, 0.5]
    assert [row[2] for row in right] == pytest.approx([0, 10, 20, 40, 90])
    assert [row[1] for row in loss][:4] == [4, 4, 4, 4]
    assert np.isnan(loss[4][1])  # it was not looked at there
    drawn = figure(figures.loss_lines(one))
    assert drawn["data"][-1]["x"] == [2]
    assert drawn["data"][-1]["customdata"] == ["From here on: batch 4 instead of 8."]
    before = drawn["layout"]["uirevision"]
    one.frame(0, 16, loss=0.1)
    assert figure(figures.loss_lines(one))["layout"]["uirevision"] == before
    assert figure(figures.accuracy_lines(one))["layout"]["uirevision"] != before


def test_two_networks_need_no_frames_of_the_same_steps() -> None:
    run = FakeRun(Plan(SMALL, title="a"), Plan(DENSE, title="b"))
    for pane, steps in ((0, (0, 1, 5)), (1, (0, 2))):
        for step in steps:
            run.frame(pane, step, loss=10 * pane + step)
    found = numbers(figures.loss_lines(run))
    assert found.columns == ("step", "a, held out", "a, trained on", "b, held out", "b, trained on")
    trained = {row[0]: (row[2], row[4]) for row in found.rows}
    assert (trained[0], trained[1][0], trained[2][1], trained[5][0]) == ((0, 10), 1, 12, 5)
    assert np.isnan(trained[1][1])
    assert np.isnan(trained[2][0])


@pytest.mark.parametrize(("n", "colors"), [(6, 1), (32, 3)])
def test_kernels_are_taken_away_as_one_picture_on_one_scale(n: int, colors: int) -> None:
    kernels = np.zeros((n, colors, 3, 3), np.float32)
    kernels[0] = 2
    kernels[1, :, 1, 1] = -2
    layout = preview(Plan("conv 2 3, flatten, dense")).layout
    with Image.open(io.BytesIO(figures.kernel_sheet(layout, kernels))) as png:
        drawn = np.asarray(png.convert("RGB"))
    found = {tuple(color) for color in drawn.reshape(-1, 3).tolist()}
    ends = (
        {(255, 255, 255), (128, 128, 128), (0, 0, 0)} if colors == 3 else {(255, 255, 255), (103, 0, 31), (5, 48, 97)}
    )
    assert ends <= found


def test_the_axis_of_losses_ends_where_most_of_them_do() -> None:
    of = [np.array(row, np.float32) for row in ([2.3, 1.0, np.nan], [2.0, 9000.0, np.inf])]
    assert figures.highest_loss(of) == pytest.approx(4.6)
    assert figures.highest_loss([of[0]]) == pytest.approx(2.3)
    assert figures.highest_loss([np.array([np.nan], np.float32)]) == 1


def test_every_experiment_can_be_begun_and_told_apart() -> None:
    titles = [one.title for one in EXPERIMENTS.values()]
    assert len(set(titles)) == len(titles)
    for key, one in EXPERIMENTS.items():
        assert experiment_of(one.plans) == key
        changed = one.with_settings(Settings(0.5, 4, augment=not one.settings.augment))
        assert one.is_of(changed)
        assert {plan.settings.learning_rate for plan in changed} == {0.5}
        for name in one.differ:
            assert [getattr(p.settings, name) for p in changed] == [getattr(p.settings, name) for p in one.plans]
        for plan in one.plans:
            assert plan.title
            in_shape(plan.network, plan.data)
            assert preview(plan).layout.categories == find(plan.data).categories
    assert not any(one.is_of(EXPERIMENTS["digits"].plans) for key, one in EXPERIMENTS.items() if key != "digits")
    assert experiment_of([Plan(title="nobody's")]) is None
    assert parse(FIRST_BLOCKS)


def test_a_card_says_what_was_trained_on_what_and_what_was_changed(one: FakeRun) -> None:
    one.take(Happened(0, 2, "From here on: batch 4 instead of 8."))
    text = card(one, 0, 4, b"weights")
    assert f"- Network: {SMALL}; " in text
    assert "- Step 2: From here on: batch 4 instead of 8." in text
    assert "- Trained: 4 steps from random weights, seed 0; stochastic gradient descent at 0.05, batch 32" in text
    assert "- Accuracy: 50.0\u00a0% of " in text

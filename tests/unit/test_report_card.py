"""The card with all scores of a map, what is said about it, and what has no scores."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

import explorer
from explorer.attribution import class_activation_map
from explorer.errors import BadMap, BadOption, BadTarget, NotFinite
from explorer.faithfulness.cards import SCORE_CARDS
from explorer.faithfulness.curves import confidence, deletion, insertion
from explorer.faithfulness.imputation import road
from explorer.faithfulness.report import report_card
from explorer.faithfulness.scores import (
    Ties,
    agreement,
    centred_map,
    entropy,
    gini,
    localisation,
    pixel_ranks,
    resized,
    spearman,
)
from explorer.faithfulness.sentences import curves_sentence, ties_sentence
from explorer.faithfulness.table import SCORES
from explorer.targets import Target
from explorer.trace import Trace
from explorer.wording import percent
from tests.drawn_maps import curve, drawn
from tests.tiny import Overwriting, as_network, noise_image

# The card


def test_the_card_has_all_scores(pocket_trace: Trace) -> None:
    cam = class_activation_map(pocket_trace)
    seen: list[tuple[int, int]] = []
    box = (20.0, 20.0, 100.0, 140.0)
    card = report_card(pocket_trace, cam, n_steps=4, box=box, progress=lambda *step: seen.append(step))
    assert card.target == pocket_trace.target
    assert card.n_evaluations == 19  # twice four steps, twice five shares, and what is kept
    assert np.array_equal(card.deletion.probabilities, deletion(pocket_trace, cam, n_steps=4).probabilities)
    assert np.array_equal(card.insertion.probabilities, insertion(pocket_trace, cam, n_steps=4).probabilities)
    alone = road(pocket_trace, cam)
    assert card.road.score == alone.score
    assert np.array_equal(card.road.lowest_first, alone.lowest_first)
    assert card.confidence is not None
    assert card.confidence.kept == confidence(pocket_trace, cam).kept
    assert card.found == localisation(cam, box, (160, 160))
    assert card.entropy == entropy(resized(cam, 160, 160))
    assert card.gini == gini(resized(cam, 160, 160))
    assert card.seconds > 0
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)
    assert {total for _, total in seen} == {19}
    assert seen[-1] == (19, 19)


def test_an_attribution_is_a_map(pocket_trace: Trace) -> None:
    found = explorer.attribute(pocket_trace.network, pocket_trace.image)
    one, other = report_card(pocket_trace, found, n_steps=2), report_card(pocket_trace, found.values, n_steps=2)
    assert one.deletion.area == other.deletion.area
    assert spearman(found, found.values) == 1


def test_without_a_target_the_top_class_is_followed(pocket_trace: Trace) -> None:
    trace = explorer.run(pocket_trace.network, pocket_trace.image)
    assert report_card(trace, drawn(), n_steps=1).target == trace.top(1)[0].index
    assert report_card(trace, drawn(), target=4, n_steps=1).target == 4


def test_a_map_without_a_positive_cell_keeps_nothing(tiny_trace: Trace) -> None:
    card = report_card(tiny_trace, -centred_map(6, 6), n_steps=2)
    assert card.confidence is None
    assert card.n_evaluations == 14
    assert card.deletion.area > 0


def test_pixels_that_are_not_ranked_are_counted(tiny_trace: Trace) -> None:
    values = np.zeros((24, 24), np.float32)  # as large as what the network receives
    values[3:9, 4:8] = np.arange(1, 25).reshape(6, 4)
    values[20, 20:22] = 30
    card = report_card(tiny_trace, values, n_steps=2)
    n_zero = 24 * 24 - 24 - 2
    assert card.ties == Ties(n_zero + 2, 576, n_zero, 0.0)
    assert ties_sentence(card.ties).startswith(
        f"{n_zero + 2} of 576 pixels ({percent((n_zero + 2) / 576)}) have the value of another one, {n_zero} of them 0."
    )
    ranks = pixel_ranks(values)
    assert ranks[20, 20:22].tolist() in ([0, 1], [1, 0])
    assert (ranks[3:9, 4:8] == np.arange(25, 1, -1).reshape(6, 4)).all()
    last = np.sort(ranks[values == 0])
    assert np.array_equal(last, np.arange(26, 576))
    assert np.array_equal(pixel_ranks(values), ranks)  # the same at every run, and scattered, not row by row:
    rows = np.nonzero((values == 0) & (ranks < 26 + n_zero // 2))[0]
    assert rows.mean() == pytest.approx(np.nonzero(values == 0)[0].mean(), abs=1)
    every = np.arange(576, dtype=np.float32).reshape(24, 24)
    assert ties_sentence(report_card(tiny_trace, every, n_steps=1).ties) == ""


class Cancelled(Exception):
    pass


@pytest.mark.parametrize("n_before", [0, 1, 2])
def test_what_progress_raises_cancels(tiny_trace: Trace, n_before: int) -> None:
    calls = 0

    def progress(done: int, total: int | None) -> None:
        nonlocal calls
        calls += 1
        if calls > n_before:
            raise Cancelled

    with pytest.raises(Cancelled):
        report_card(tiny_trace, drawn(), n_steps=2, progress=progress)
    assert calls == n_before + 1


@pytest.mark.parametrize(
    ("deleted", "inserted", "text"),
    [
        (
            (0.8, 0.6, 0.35, 0.1, 0.1), (0.1, 0.5, 0.6, 0.7, 0.8),
            "Deleting the 50.0\u00a0% of the pixels that the map ranks highest halves the probability, from "
            "80.0\u00a0% to 35.0\u00a0%. Inserting 25.0\u00a0% into the blurred picture brings half of it back.",
        ),
        (
            (0.8, 0.7, 0.6), (0.5, 0.7, 0.8),
            "Whatever is deleted, the probability stays above half of its 80.0\u00a0%. The blurred picture alone "
            "already has half of it.",
        ),
        (
            (0.0, 0.0), (0.1, 0.0),
            "The network gives this class no probability at all, so the curves say nothing about the map.",
        ),
    ],
)  # fmt: skip
def test_what_the_curves_say(
    tiny_trace: Trace, deleted: tuple[float, ...], inserted: tuple[float, ...], text: str
) -> None:
    card = report_card(tiny_trace, drawn(), n_steps=1)
    assert curves_sentence(replace(card, deletion=curve(*deleted), insertion=curve(*inserted))) == text


def test_every_score_says_what_it_proves_and_what_not() -> None:
    assert set(SCORES) < set(SCORE_CARDS)
    for card in SCORE_CARDS.values():
        assert card.better in ("high", "low", "")
        assert card.proves.endswith(".")
        assert card.proves_not.endswith(".")
    for name in ("deletion", "insertion"):
        assert "unlike all that the network was trained on" in SCORE_CARDS[name].proves_not


# What is refused


@pytest.mark.parametrize(
    ("values", "text"),
    [
        (
            np.zeros((3, 4, 5)),
            "A map has height and width; this array has the shape 3 x 4 x 5. Give one map (H, W).",
        ),
        (np.float32(3), "A map has height and width; this array has the shape no. Give one map (H, W)."),
        (np.zeros((0, 4)), "A map has height and width; this array has the shape 0 x 4. Give one map (H, W)."),
        (
            np.array([[1, np.nan], [np.inf, 2]]),
            "2 of the map's 4 values are no finite numbers, so it has no score.",
        ),
        (
            np.array([["a"]]),
            "A map holds numbers, and this does not. Give an array (H, W) or what attribute() returned.",
        ),
        (
            np.full((3, 3), 0.25),
            "Every cell of the map holds 0.25, so it ranks no pixel before another and has no score. Choose another "
            "layer, class or method.",
        ),
        (
            np.zeros((1, 1)),
            "Every cell of the map holds 0, so it ranks no pixel before another and has no score. Choose another "
            "layer, class or method.",
        ),
    ],
)
def test_what_is_no_map_has_no_score(tiny_trace: Trace, values: Any, text: str) -> None:
    for score in (
        lambda: report_card(tiny_trace, values),
        lambda: deletion(tiny_trace, values),
        lambda: insertion(tiny_trace, values),
        lambda: confidence(tiny_trace, values),
        lambda: spearman(values, drawn()),
        lambda: agreement([drawn(), values]),
    ):
        with pytest.raises(BadMap) as caught:
            score()
        assert str(caught.value) == text


@pytest.mark.parametrize("n_steps", [0, -3, 577, 2.5])
def test_a_number_of_steps_that_no_curve_has(tiny_trace: Trace, n_steps: Any) -> None:
    for score in (report_card, deletion, insertion):
        with pytest.raises(BadOption) as caught:
            score(tiny_trace, drawn(), n_steps=n_steps)  # type: ignore[operator]
        assert str(caught.value) == f"n_steps is {n_steps}; 1 to 576 steps are possible on 576 pixels."


def test_a_fill_that_does_not_exist(tiny_trace: Trace) -> None:
    with pytest.raises(BadOption) as caught:
        deletion(tiny_trace, drawn(), fill="blurr")
    assert str(caught.value) == "There is no fill 'blurr'. Nearest: 'blur'. Pick one of mean, black, white, blur."


def test_what_has_no_probability(tiny_trace: Trace) -> None:
    with pytest.raises(BadTarget, match="tiny has no class 4; its classes are 0 to 3"):
        report_card(tiny_trace, drawn(), target=4)
    contrast = explorer.run(tiny_trace.network, tiny_trace.image, Target(1, against=2))
    with pytest.raises(BadTarget) as caught:
        report_card(contrast, drawn())
    assert str(caught.value) == (
        "The trace explains the logit of “bee” less that of “cow”, which has no probability. Give the class whose "
        "probability is to be followed."
    )
    assert report_card(contrast, drawn(), target=1, n_steps=1).target == 1


def test_broken_weights_have_no_probability() -> None:
    module = Overwriting()
    with torch.no_grad():
        module.fc.weight.fill_(math.nan)
    trace = explorer.run(as_network(module, 24), noise_image())
    with pytest.raises(NotFinite) as caught:
        report_card(trace, drawn(), n_steps=2)
    assert str(caught.value) == (
        "The network's scores are no finite numbers, so no map of it can be judged by them: its weights may be "
        "damaged. Choose others."
    )

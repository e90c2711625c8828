"""The classifier in pictures, sentences and questions: every picture is read back."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import nn

import explorer
from explorer.classifier import sentences as say
from explorer.classifier.figures import AGAINST, FOR, running_sum, waterfall
from explorer.classifier.head import head
from explorer.classifier.logits import READINGS, Ledger, ledger
from explorer.classifier.map_sentences import channel_question
from explorer.classifier.softmax_sentences import odds_sentence, shift_question
from explorer.drawing.charts import figure
from explorer.drawing.color import INKS
from explorer.networks.network import Network
from explorer.pictures.image import ImageInput
from explorer.trace import Trace
from explorer.wording import number, ratio_phrase
from tests.arrays import pixels_of

from ..tiny import as_network

# Pictures

CHANNELS = READINGS[1]


@pytest.mark.parametrize("n", [1, 10, 500])
def test_a_waterfall_runs_from_nothing_to_the_logit(pocket_trace: Trace, n: int) -> None:
    found = ledger(pocket_trace, CHANNELS, 2)
    drawn = waterfall(found, n, pocket_trace["layer4"])
    *steps, last = drawn.rows
    assert steps[0].start == 0
    for one, following in itertools.pairwise(steps):
        assert one.end == following.start
        assert one.end - one.start == pytest.approx(one.amount)
    assert steps[-1].end == last.end == pytest.approx(found.value)
    assert last.start == 0
    supports, opposes = found.strongest(n)
    assert [row.input for row in steps if row.input is not None] == [*supports, *reversed(opposes)]
    others = [row for row in steps if row.input is None][1:]
    n_others = 256 - len(supports) - len(opposes)
    assert [row.name for row in others] == ([f"the other {n_others} channels"] if n_others else [])
    assert drawn.low <= 0 <= drawn.high
    assert len(drawn.maps) == len(supports) + len(opposes)
    assert np.array_equal(drawn.maps[0], pocket_trace["layer4"][supports[0]])
    assert drawn.scale.high == pytest.approx(drawn.maps.max())
    pictures = [step.picture for step in running_sum(drawn, "t", "u").steps]
    assert [bool(picture) for picture in pictures] == [row.input is not None for row in drawn.rows]
    assert {pixels_of(picture).shape for picture in pictures if picture} == {(30, 30, 3)}


def test_a_waterfall_as_a_chart_has_its_bars_where_they_belong() -> None:
    terms = np.array([3.0, -1.0, 0.0, 0.0])
    found = Ledger("flatten", "fc", terms, None, None, 1.0, 3.0, True)
    chart = running_sum(waterfall(found, 1), "t", "logits")
    bar, *key = figure(chart)["data"]
    assert chart.steps[1].name == "0"
    # bias, for, others, against, sum
    assert list(zip(bar["base"], bar["y"], strict=True)) == [(0, 1), (1, 3), (4, 0), (4, -1), (0, 3)]
    assert bar["marker"]["color"] == [FOR, FOR, FOR, AGAINST, INKS["light"][1]]
    assert [one["marker"]["color"] for one in key] == [FOR, AGAINST]
    assert chart.y.low < 0
    assert chart.y.high > 4


# What is said and asked


def test_the_three_paragraphs_have_this_network_s_numbers(pocket_trace: Trace, digit: Trace, dense: Trace) -> None:
    assert say.ends_sentence(pocket_trace) == (
        "After layer4.1.relu_1, 256 maps of 10 × 10 cells are left. Global average pooling keeps one number of each, "
        "its mean: how much of it there is, but not where. One dense layer, fc, makes 11 logits of these 256 numbers."
    )
    assert "c5 has a weight of its own for each of their 400 values" in say.ends_sentence(digit)
    assert say.ends_sentence(dense).startswith("There are no maps here. The 1 × 32 × 32 picture")
    found = ledger(pocket_trace, CHANNELS, 2)
    text = say.sum_sentence(pocket_trace, 2)
    assert f"{int((found.terms > 0).sum())} of 256 channels speak for it" in text
    assert f"together {number(found.value)}." in text
    first, second = pocket_trace.top(2)
    ratio = math.exp(first.logit - second.logit)
    assert ratio == pytest.approx(first.probability / second.probability, rel=1e-3)
    assert f"{ratio:.4g} times as likely." in odds_sentence(pocket_trace)


def test_a_ledger_says_what_its_rows_are(pocket_trace: Trace, cat_or_dog: Trace) -> None:
    found = ledger(pocket_trace, CHANNELS, 2)
    text = say.ledger_sentence(pocket_trace, found, 3, 2, None)
    assert text.startswith("The 3 of 256 channels that speak most for “cat”, the 3 that speak most against it, the")
    supports, opposes = found.strongest(3)
    chosen = found.terms[[*supports, *opposes]]
    assert f"Those 6 make {100 * np.abs(chosen).sum() / np.abs(found.terms).sum():.1f}\u00a0% of all" in text
    rest = np.delete(found.terms, [*supports, *opposes])
    assert f"The others add {number(rest[rest > 0].sum())} and take away {number(-rest[rest < 0].sum())}." in text
    assert "most for “dog”" in say.ledger_sentence(pocket_trace, ledger(pocket_trace, CHANNELS, 2, 1), 3, 2, 1)
    assert say.ledger_name(pocket_trace, 2, None) == "the logit of “cat”"
    assert say.ledger_name(pocket_trace, 2, 1) == "“cat” minus “dog”"
    assert say.terms_note(pocket_trace, found, None) == "Each bar is weight × mean of the map."
    assert "its bar is the sum of all its products" in say.terms_note(cat_or_dog, ledger(cat_or_dog, CHANNELS, 1), None)


@pytest.mark.parametrize(
    ("ratio", "text"),
    [(1.0023, "1.002"), (38.4, "38.4"), (66_800, "66,800"), (3.3e6, "3.3 million"), (4e9, "4 billion")],
)
def test_how_many_times(ratio: float, text: str) -> None:
    assert ratio_phrase(ratio) == text


def test_every_layer_after_the_maps_has_a_sentence(random_network: Callable[[str], Network], image: ImageInput) -> None:
    said: dict[tuple[str, str], str] = {}
    for name in ("lenet5", "basic_cnn", "mobilenet_v3_small", "squeezenet1_1", "alexnet"):
        trace = explorer.run(random_network(name), image)
        said |= {(name, la.name): say.layer_sentence(trace, la) for la in head(trace.network).layers}
    assert said["lenet5", "c5"].startswith(
        "Its 5 × 5 window covers the whole map. So it is a dense layer: 120 sums of 400"
    )
    assert said["basic_cnn", "flatten"].endswith("(c, y, x) becomes number (c × 14 + y) × 14 + x.")
    assert said["basic_cnn", "dense2"] == "One sum, which reads all 128 inputs, each times a weight of its own."
    assert said["alexnet", "avgpool"] == "Its input has 6 × 6 cells already, so it passes everything on."
    assert said["squeezenet1_1", "classifier.1"].startswith("A dense layer in each of 13 × 13 cells")
    assert said["mobilenet_v3_small", "avgpool"].endswith("the mean of its 49 cells.")
    assert said["mobilenet_v3_small", "classifier.1"] == "Each number by itself: x × min(6, max(0, x + 3)) / 6."


def test_the_answers_are_the_network_s(pocket_trace: Trace, cat_or_dog: Trace, digit: Trace, dense: Trace) -> None:
    found = shift_question(pocket_trace)
    assert found.answers[found.right] == "All stay as they are"
    found = shift_question(cat_or_dog)
    assert found.answers[found.right] == "“dog” becomes likelier"
    after = 1 / (1 + math.exp(-float(cat_or_dog.logits[0]) - 5))
    assert f"to {100 * after:.1f}\u00a0%" in found.why
    for trace in (pocket_trace, cat_or_dog, digit):
        asked = channel_question(trace, 0)
        assert asked is not None
        question, channels = asked
        terms = ledger(trace, CHANNELS, 0).terms
        assert len(set(channels)) == len(set(question.answers)) == 4
        assert channels[question.right] == terms.argmax() == channels[int(np.argmax(terms[channels]))]
        assert int(terms.argmin()) in channels
    assert channel_question(dense, 0) is None


def test_nothing_to_tell_apart_is_not_asked(image: ImageInput) -> None:
    module = nn.Sequential(nn.Conv2d(3, 6, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(6, 4))
    with torch.no_grad():
        module[4].weight.zero_()
    trace = explorer.run(as_network(module, 24), image, 0)
    assert channel_question(trace, 0) is None
    drawn = waterfall(ledger(trace, CHANNELS, 0), 10, trace["1"])
    assert [row.name for row in drawn.rows] == ["bias", "the other 6 channels", "sum"]
    assert len(running_sum(drawn, "t", "u").steps) == 3

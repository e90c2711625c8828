"""From logits to probabilities, step by step."""

from __future__ import annotations

import math

import numpy as np
import pytest

from explorer.classifier import softmax_sentences as say
from explorer.classifier.softmax import softmax_steps, tempered
from explorer.recording import Recording
from explorer.trace import FloatArray, Trace


def with_logits(trace: Trace, logits: list[float]) -> Trace:
    """A pass that ended in other logits."""
    array: FloatArray = np.array(logits, np.float32)
    return Trace(trace.network, trace.image, trace.prepared, trace.explained, Recording(0.0, array, {}, {}))


@pytest.mark.parametrize("temperature", [0.1, 1.0, 7.5])
def test_softmax_step_by_step(pocket_trace: Trace, temperature: float) -> None:
    steps = softmax_steps(pocket_trace, temperature)
    z = [float(logit) / temperature for logit in pocket_trace.logits]
    total = math.fsum(math.exp(value) for value in z)
    assert steps.total == pytest.approx(total)
    assert steps.shifted_total == pytest.approx(math.fsum(math.exp(value - max(z)) for value in z))
    assert [row.index for row in steps.rows[:-1]] == [p.index for p in pocket_trace.top(6)]
    for row in steps.rows[:-1]:
        assert row.index is not None
        assert row.scaled == pytest.approx(z[row.index])
        assert row.exponential == pytest.approx(math.exp(z[row.index]))
        # with the shift and without it, the quotient is the same
        assert row.exponential / steps.total == pytest.approx(row.probability)
        assert row.shifted_exponential / steps.shifted_total == pytest.approx(row.probability)
    assert steps.rows[-1].category == "the other 5 together"
    assert sum(row.probability for row in steps.rows) == pytest.approx(1)
    assert sum(row.exponential for row in steps.rows) == pytest.approx(steps.total)
    p = tempered(pocket_trace, temperature)
    assert steps.bits == pytest.approx(-math.fsum(q * math.log2(q) for q in p.tolist() if q > 0))
    assert 0 <= steps.bits <= steps.most_bits == math.log2(11)


def test_at_temperature_one_the_probabilities_are_the_recorded_ones(pocket_trace: Trace, cat_or_dog: Trace) -> None:
    for trace in (pocket_trace, cat_or_dog):
        assert np.allclose(tempered(trace, 1.0), trace.probabilities, atol=1e-6)
    warm, cold = tempered(pocket_trace, 10.0), tempered(pocket_trace, 0.1)
    assert (np.argsort(warm) == np.argsort(cold)).all()
    assert warm.max() < pocket_trace.probabilities.max() < cold.max()


def test_a_sigmoid_is_a_softmax_of_half_the_log_odds(cat_or_dog: Trace) -> None:
    steps = softmax_steps(cat_or_dog)
    z = float(cat_or_dog.logits[0])
    found = {row.category: row for row in steps.rows}
    assert found["cat"].logit == pytest.approx(-z)
    assert found["cat"].probability == pytest.approx(1 / (1 + math.exp(z)))
    assert found["dog"].scaled - found["cat"].scaled == pytest.approx(z)
    assert steps.is_pair
    warm = {row.category: row for row in softmax_steps(cat_or_dog, 3.0).rows}
    assert warm["dog"].probability == pytest.approx(1 / (1 + math.exp(-z / 3)))
    assert found["dog"].logit == pytest.approx(z)
    assert found["dog"].probability == pytest.approx(1 / (1 + math.exp(-z)))
    assert steps.most_bits == 1


def test_large_logits_need_the_shift(pocket_trace: Trace) -> None:
    steps = softmax_steps(with_logits(pocket_trace, [1000.0, 999.0] + [0.0] * 9))
    assert steps.rows[0].exponential == math.inf
    assert steps.rows[0].probability == pytest.approx(1 / (1 + math.exp(-1)))
    assert "more than a float32 can hold" in say.shift_sentence(steps)
    assert "can still be held" in say.shift_sentence(softmax_steps(pocket_trace))


def test_equal_logits_leave_everything_open(pocket_trace: Trace) -> None:
    steps = softmax_steps(with_logits(pocket_trace, [3.0] * 11))
    assert steps.bits == pytest.approx(math.log2(11))
    assert "as open as a fair draw among 11 of 11 classes. It is as undecided as it can be" in say.sure_sentence(steps)
    sure = softmax_steps(with_logits(pocket_trace, [500.0] + [0.0] * 10))
    assert sure.bits == pytest.approx(0)
    assert "It is as good as certain" in say.sure_sentence(sure)

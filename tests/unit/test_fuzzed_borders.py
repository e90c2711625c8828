"""Whatever comes to a border, the answer is a result or a sentence: the same few hundred tries each time."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings

from tests.fuzz.borders import BORDERS, keras, old_keras, onnx, pictures, tried, weights
from tests.fuzz.damage import damaged

pytestmark = pytest.mark.slow

QUIET = {"deadline": None, "database": None, "derandomize": True, "suppress_health_check": list(HealthCheck)}


@pytest.mark.parametrize("name", BORDERS)
def test_the_answer_is_a_result_or_a_sentence(name: str) -> None:
    border = BORDERS[name]

    @settings(max_examples=border.n_examples, **QUIET)
    @given(border.thought_up())
    def holds(thought_up: object) -> None:
        tried(border, thought_up)

    holds()


@pytest.mark.parametrize("name", ["picture", "weights", "ONNX", "Keras", "old Keras"])
def test_the_files_that_are_damaged_are_right(name: str) -> None:
    """Else all would be refused at their first bytes, and nothing were tried."""
    made = {"picture": pictures, "weights": weights, "ONNX": onnx, "Keras": keras, "old Keras": old_keras}[name]
    for data in made():
        BORDERS[name].read(data)


def test_a_fault_would_be_seen() -> None:
    seen = set()

    @settings(max_examples=300, **QUIET)
    @given(damaged([b"a file of some length"]))
    def look(data: bytes) -> None:
        seen.add(data)

    look()
    assert len(seen) > 200
    assert any(len(data) > 30 for data in seen)
    assert any(data.startswith(b"a file") and len(data) < 20 for data in seen)
    with pytest.raises(KeyError):
        tried(BORDERS["box"].__class__(lambda data: {}[data], BORDERS["box"].thought_up, 1), "x")
    with pytest.raises(AssertionError, match="without a word"):
        tried(BORDERS["box"].__class__(_refuse, BORDERS["box"].thought_up, 1), "x")


def _refuse(data: object) -> None:
    from explorer.errors import BadBox

    raise BadBox(" ")

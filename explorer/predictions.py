"""What a network says of a picture: its scores of the classes, as they are ordered and as probabilities."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .shown import Shown

FloatArray = NDArray[np.float32]
CERTAIN = np.nextafter(np.float32(1), np.float32(0))  # the most that a probability can be: no score leaves nothing


@dataclass(frozen=True)
class Prediction(Shown):
    """One class and how the network scored it."""

    index: int
    category: str
    logit: float
    probability: float


class Predictions(tuple[Prediction, ...], Shown):
    """Several classes, best first: a tuple that a notebook shows as a table."""


def class_scores(logits: FloatArray) -> FloatArray:
    """What orders the classes, (K,): the logits; of a single logit z those of both classes, -z and z."""
    return logits if len(logits) > 1 else np.array([-logits[0], logits[0]], np.float32)


def probabilities_of(logits: FloatArray) -> FloatArray:
    """Softmax; for a single logit the sigmoid, as the probabilities of both classes. None is 1, however it rounds."""
    z = logits.astype(np.float64) if len(logits) > 1 else np.array([0.0, logits[0]])
    with np.errstate(invalid="ignore"):  # broken weights may score infinity, and then nothing has a probability
        exponentials = np.exp(z - z.max())  # the shift changes nothing but keeps exp finite
    probabilities: FloatArray = np.minimum((exponentials / exponentials.sum()).astype(np.float32), CERTAIN)
    probabilities.flags.writeable = False
    return probabilities

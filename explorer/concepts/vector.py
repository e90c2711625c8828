"""A concept activation vector: the direction at a layer in which a linear classifier tells two heaps of pictures apart.

The classifier is logistic regression with a penalty on the length of its weights. There are thousands of weights and a
few dozen pictures, so it is solved for one number a picture, of which the weights are made up: exactly, by Newton's
method, with the same outcome every time.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]

PENALTY = 0.01  # as in the code that Kim et al. published (alpha of their SGDClassifier)
_FOLDS = 5
_ROUNDS, _STILL = 100, 1e-12


@dataclass(frozen=True, eq=False)
class Fit:
    """What was solved for: a number for each picture, and the intercept."""

    dual: Doubles
    intercept: float


def direction(x: NDArray[np.float32], is_concept: NDArray[np.bool_]) -> Doubles:
    """The concept activation vector of activations (n, d), of length 1, which points to the pictures of the concept
    (Kim et al. 2018, arXiv:1711.11279, section 3.2)."""
    centred = x.astype(np.float64) - x.mean(axis=0, dtype=np.float64)
    found = centred.T @ fitted(scaled(centred @ centred.T), is_concept).dual
    length = float(np.linalg.norm(found))
    return np.asarray(found / length if length else found)


def scaled(gram: Doubles) -> Doubles:
    """Products of activations with each other, (n, n), after their mean is taken off, and so that their mean square is
    1: the penalty means the same at every layer."""
    rows = gram.mean(axis=1)
    centred = gram - rows[:, None] - rows[None, :] + rows.mean()
    mean_square = float(np.trace(centred)) / len(centred)
    return centred / mean_square if mean_square > 0 else centred


def fitted(gram: Doubles, is_concept: NDArray[np.bool_]) -> Fit:
    """Minimise mean ln(1 + exp(-s f)) + PENALTY / 2 |w|^2, with f = w x + b and s = 1 for the concept, -1 for the other
    heap; w is the sum of the pictures' activations, each times its number in `dual`."""
    n, sign = len(gram), np.where(is_concept, 1.0, -1.0)
    dual, intercept = np.zeros(n), 0.0
    loss = _loss(gram, sign, dual, intercept)
    for _ in range(_ROUNDS):
        share = 1 / (1 + np.exp(sign * (gram @ dual + intercept)))  # of being wrong
        slope = -sign * share / n
        curve = share * (1 - share) / n
        system = np.zeros((n + 1, n + 1))
        system[:n, :n] = curve[:, None] * gram + PENALTY * np.eye(n)
        system[:n, n], system[n, :n], system[n, n] = curve, curve @ gram, curve.sum()
        step = np.linalg.lstsq(system, -np.append(slope + PENALTY * dual, slope.sum()), rcond=None)[0]
        size = 1.0
        while (now := _loss(gram, sign, dual + size * step[:n], intercept + size * step[n])) > loss and size > 1e-6:
            size /= 2
        if now > loss:
            break
        dual, intercept = dual + size * step[:n], float(intercept + size * step[n])
        if loss - now <= _STILL:
            break
        loss = now
    return Fit(dual, intercept)


def _loss(gram: Doubles, sign: Doubles, dual: Doubles, intercept: float) -> float:
    inner = gram @ dual
    return float(np.logaddexp(0, -sign * (inner + intercept)).mean() + PENALTY / 2 * (dual @ inner))


def held_out_accuracy(gram: Doubles, is_concept: NDArray[np.bool_]) -> float:
    """How often the classifier is right about pictures that it was not fitted to: every fifth of each heap in its
    turn."""
    fold = np.empty(len(gram), int)
    for heap in (is_concept, ~is_concept):
        fold[heap] = np.arange(heap.sum()) % _FOLDS
    right = 0
    for k in range(min(_FOLDS, int(fold.max()) + 1)):
        out, seen = np.flatnonzero(fold == k), np.flatnonzero(fold != k)
        fit = fitted(gram[np.ix_(seen, seen)], is_concept[seen])
        right += int(((gram[np.ix_(out, seen)] @ fit.dual + fit.intercept > 0) == is_concept[out]).sum())
    return right / len(gram)

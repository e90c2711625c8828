"""Pictures as points whose neighbours lie beside them: t-SNE, where openTSNE is installed."""

from __future__ import annotations

import importlib.util

import numpy as np

from ..errors import LibraryMissing
from ..running.progress import Progress
from .projection import Doubles, laid_onto, principal
from .rows import Floats

_N_DIMENSIONS = 50  # of the principal components that distances are measured in, as is usual
_PERPLEXITY = 30.0
_ROUNDS = 250, 500  # with attraction exaggerated, and without
_FIRST_SPREAD = 1e-4  # standard deviation along the first axis before the first round, openTSNE's own
_EVERY = 10  # rounds between two words


def is_installed() -> bool:
    """Whether openTSNE is there."""
    return importlib.util.find_spec("openTSNE") is not None


def tsne(features: Floats, progress: Progress | None = None, start: Doubles | None = None) -> Doubles:
    """Places, (n, 2), in which what is near in the first fifty principal components is near (van der Maaten and Hinton
    2008; openTSNE's, from the components themselves and a fixed seed). Distances between groups, and how large a group
    is, mean little. With a `start`, (n, 2), points begin there, and what comes out is laid onto it: from starts that
    lie alike, as `through_depth` lays the components of successive layers, come layouts that do. What `progress` raises
    cancels. Raises LibraryMissing where openTSNE is not installed; of fewer than eight pictures the components are
    given, for they have no neighbourhoods."""
    if not is_installed():
        raise LibraryMissing("t-SNE is made by openTSNE. Install it: pip install 'cnn-explorer[tsne]'.")
    if len(features) < 8:
        return principal(features)[0] if start is None else start
    from openTSNE import TSNE

    total = sum(_ROUNDS)
    begun = 0

    def told(round_: int, error: float, embedding: object) -> None:
        nonlocal begun
        begun += _EVERY
        if progress is not None:
            progress(min(begun, total), total)

    spread = 0.0 if start is None else float(start[:, 0].std())
    begin = "pca" if start is None or not spread else start * (_FIRST_SPREAD / spread)
    fitter = TSNE(
        perplexity=min(_PERPLEXITY, (len(features) - 1) / 3), initialization=begin, random_state=0, n_jobs=1,
        early_exaggeration_iter=_ROUNDS[0], n_iter=_ROUNDS[1], callbacks=told, callbacks_every_iters=_EVERY,
    )  # fmt: skip
    found = np.array(fitter.fit(principal(features, _N_DIMENSIONS)[0]), np.float64)
    return found if start is None else laid_onto(found, start)

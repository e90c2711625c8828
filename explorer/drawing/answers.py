"""What a pass answers, as a chart."""

from __future__ import annotations

import numpy as np

from ..trace import Trace
from ..wording import percent
from .series import Bars, Series, percent_axis, shortened
from .traces import BARS

_MOST_LETTERS = 44  # of a name beside its bar


def likely_bars(trace: Trace, k: int) -> Bars:
    """The k likeliest classes with their probabilities. Raises BadTarget where there is no classifier."""
    found = trace.top(k) or (trace.prediction(0),)  # which says why there is none
    shares = np.array([p.probability for p in found])
    texts = [percent(p.probability) for p in found]
    return Bars(
        f"What {trace.network.title}{', untrained,' if trace.network.is_random else ''} sees",
        "class",
        [shortened(p.category, _MOST_LETTERS) for p in found],
        [Series("probability", (100 * shares).astype(np.float32), (BARS,), texts)],
        percent_axis("probability in percent", max(1e-5, float(np.nan_to_num(shares).max()))),
    )

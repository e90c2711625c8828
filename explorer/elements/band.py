"""The band of a recorded pass: from its picture over the strongest maps of each stage to its answer."""

from __future__ import annotations

from itertools import pairwise

from ..overview.flow import flow
from ..overview.journey import Journey, columns, journey
from ..overview.sentences import band_sentence, map_phrase, numbers_phrase, stage_phrase
from ..trace import Trace
from ..wording import by, percent, plural
from .journey import Answer, Band, Bars, Column, Node
from .view import File


def band(trace: Trace, shown: File | str, is_known: bool) -> Band:
    """The band of a recorded pass, its picture `shown` by a file or an address, with what flows between its maps where
    it `is_known`."""
    network, found = trace.network, trace.view(journey)
    return Band(
        shown,
        "The picture as the network received it",
        found.cam_png,
        [
            Column(
                stage_phrase(network, stage.layer),
                f"{plural(stage.shape[0], 'map')}, {by(stage.shape[1:])}",
                [
                    Node(shown.png, f"Open channel {shown.channel} of {stage.layer}", map_phrase(stage, shown))
                    for shown in stage.maps
                ],
            )
            for stage in found.stages
        ],
        [
            Bars(
                numbers_phrase(network, row.layer),
                plural(row.n, "number"),
                row.bars.tolist(),
                f"Open the classifier, which reads {row.layer}",
            )
            for row in found.numbers
        ],
        [Answer(p.index, p.category, p.probability, percent(p.probability)) for p in trace.top(5)],
        -1 if trace.target is None else trace.target,
        _flows(trace, found) if is_known else None,
        band_sentence(trace, is_known),
    )


def _flows(trace: Trace, found: Journey) -> list[list[list[float]]]:
    """How thick the lines are, from each column of the band to the next, the picture and the answers included."""
    answers = [[p.probability for p in trace.top(5)]]
    if not found.stages:
        return [[[1.0]], answers] if found.numbers else [answers]
    adds = [[shown.adds or 0.0 for shown in stage.maps] for stage in found.stages]
    between = [] if found.cam_png is None else [part.tolist() for part in trace.view(flow, columns(found))]
    between += [[[0.0] * len(after)] * len(before) for before, after in pairwise(adds)][len(between) :]
    last = [[value] for value in adds[-1]]
    if found.numbers:
        return [[adds[0]], *between, last, answers]
    explained = [[value * (p.index == trace.target) for p in trace.top(5)] for (value,) in last]
    return [[adds[0]], *between, explained]

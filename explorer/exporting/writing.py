"""From a recorded pass to the file."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from ..errors import BadArgument
from ..overview.sentences import headline
from ..running.progress import Progress
from ..trace import Trace
from ..wording import described
from .evidence import evidence_parts
from .live import live_part
from .page import Page
from .part import Part
from .parts import about_part, classifier_part, graph_part, journey_part, layer_part, pooling_part, seen
from .sizes import checked_layers
from .whole import written_whole


def export(
    trace: Trace, path: str | os.PathLike[str], layers: Sequence[str] | None = None, live: bool = False,
    report: bool = False, progress: Progress | None = None,
) -> Path:  # fmt: skip
    """Write one HTML file that shows the pass to whoever opens it: no server, no network, no Python.

    It holds the way from the picture to the answer; of each of the `layers` (the first that adds up and the last stages
    with maps, unless given) all maps, exactly as float32, and where they are few the window and the kernels; a pooling
    window; the graph; the answer as a sum; maps of evidence, with a `report` also what one of them is worth; and the
    settings, versions and code. A `live` one also has a small network in it, which takes the reader's own picture. It
    is written beside the path first, and moved there when it is whole.

    Raises UnknownLayer, TooLarge for layers that are too much for a file, BadOption for a network that cannot be live,
    BadArgument for what is no trace, OSError where nothing can be written. `progress(done,
    total)` is called after each part; what it raises cancels.
    """
    content = exported(trace, layers, report, progress, live)
    return written_whole(path, lambda place: place.write_bytes(content))


def exported(
    trace: Trace, layers: Sequence[str] | None = None, report: bool = False, progress: Progress | None = None,
    live: bool = False,
) -> bytes:  # fmt: skip
    """The same as bytes. Equal passes give equal files."""
    if not isinstance(trace, Trace):
        raise BadArgument(
            f"A file is made of a trace, not of {described(trace)}. Make one: explorer.run(network, image)."
        )
    chosen = checked_layers(trace.network, layers)
    of_network = [live_part(trace.network)] if live else []
    return Page().write(headline(trace), [*of_network, *_parts(trace, chosen, report, progress or _nobody)])


def _parts(trace: Trace, layers: Sequence[str], report: bool, progress: Progress) -> list[Part]:
    n = len(layers) + 3
    progress(0, n)
    parts = [journey_part(trace, layers)]
    progress(1, n)
    for i in range(len(layers)):
        parts.append(layer_part(trace, layers, i))
        progress(2 + i, n)
    pooled = pooling_part(trace)
    evidence = evidence_parts(trace, seen(trace), report)
    progress(n - 1, n)
    sums = classifier_part(trace)
    built = graph_part(trace.network, layers)
    parts += [*(part for part in (pooled, built, sums) if part is not None), *evidence, about_part(trace, layers)]
    progress(n, n)
    return parts


def _nobody(done: int, total: int | None) -> None:
    pass

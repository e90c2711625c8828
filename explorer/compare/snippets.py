"""The code that makes the numbers of the page Compare."""

from __future__ import annotations

from collections.abc import Sequence

from ..snippets import NUMPY, SAMPLES, Setting

_MAPS = "from explorer.trace import as_maps"
_MOVED = "from explorer.compare import moved"


def evidence(setting: Setting, percent: float) -> str:
    """Grad-CAM of one pane, (h, w)."""
    code = _begin([setting], percent, "from explorer.attribution import class_activation_map")
    return code + "array = class_activation_map(traces[0])\n"


def channel_map(setting: Setting, percent: float, layer: str, channel: int) -> str:
    """One map of one pane, (h, w)."""
    return _begin([setting], percent, _MAPS) + f"array = as_maps(traces[0][{layer!r}])[{channel}]\n"


def table(settings: Sequence[Setting], percent: float) -> str:
    """Parameters, multiply-adds, milliseconds, probability and agreement of every pane, (n, 5)."""
    code = _begin(settings, percent, "from explorer.compare import rows", "from explorer.compare.table import numbers")
    return code + "array = numbers(rows(traces))\n"


def difference(settings: Sequence[Setting], percent: float, layers: tuple[str, str], channels: tuple[int, int]) -> str:
    """A map of the second pane less one of the first, (h, w)."""
    terms = [f"as_maps(traces[{i}][{layers[i]!r}])[{channels[i]}]" for i in (1, 0)]
    return _begin(settings, percent, _MAPS) + f"array = {' - '.join(terms)}\n"


def evidence_difference(settings: Sequence[Setting], percent: float) -> str:
    """Grad-CAM of the second pane less that of the first, (h, w)."""
    code = _begin(settings, percent, "from explorer.attribution import class_activation_map")
    return code + "array = class_activation_map(traces[1]) - class_activation_map(traces[0])\n"


def similar(settings: Sequence[Setting], percent: float) -> str:
    """The cosines of all stages for two pictures, (n, 2): of the channels' means, and cell by cell."""
    code = _begin(settings, percent, NUMPY, "from explorer.challenges import similarity")
    return code + "array = np.array([(row.pooled, row.in_place) for row in similarity(*traces)], float)\n"


def regions(settings: Sequence[Setting], percent: float, which: str) -> str:
    """How like the other picture each cell of one is, (h, w): `which` is "first" or "second"."""
    return _begin(settings, percent, "from explorer.compare import matching_regions") + (
        f"array = matching_regions(*traces).{which}\n"
    )


def _begin(settings: Sequence[Setting], percent: float, *imports: str) -> str:
    """From nothing to the recorded passes, called `traces`."""
    ours = {"import explorer", *imports} - {NUMPY}
    if percent:
        ours.add(_MOVED)
    if any(setting.picture.startswith("load_sample") for setting in settings):
        ours.add(SAMPLES)
    lines = [
        *([NUMPY, ""] if NUMPY in imports else []),
        *sorted(ours, key=lambda line: (line.startswith("from"), line)),
    ]
    passes = [
        f"    explorer.run({_moved(setting.loaded, percent)}, {setting.picture}, target={setting.target!r}),"
        for setting in settings
    ]
    return "\n".join([*lines, "", "traces = [", *passes, "]"]) + "\n"


def _moved(network: str, percent: float) -> str:
    return f"moved({network}, {percent!r})" if percent else network

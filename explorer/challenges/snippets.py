"""The code that makes the numbers of the page on challenges."""

from __future__ import annotations

from collections.abc import Sequence

from ..snippets import Setting
from .background import Box


def changed_map(setting: Setting, change: str, strength: float, box: Box | None = None) -> str:
    """Grad-CAM of the changed picture, (h, w), for the class of the unchanged one."""
    code = setting.begin("from explorer.challenges import sweep")
    return code + f"array = sweep(trace, {change!r}, [{strength!r}]{_in(box)}).maps[0]\n"


def swept(setting: Setting, change: str, strengths: Sequence[float], what: str, box: Box | None = None) -> str:
    """What a sweep leaves: `what` is "probabilities" or "maps"."""
    code = setting.begin("from explorer.challenges import sweep")
    return code + f"array = sweep(trace, {change!r}, {[*strengths]}{_in(box)}).{what}\n"


def followed_evidence(setting: Setting, change: str, strengths: Sequence[float]) -> str:
    """How far the evidence follows, (n,), NaN where that cannot be said."""
    code = setting.begin("import numpy as np", "from explorer.challenges import followed, sweep")
    return code + (
        f"found = followed(trace, sweep(trace, {change!r}, {[*strengths]}))\n"
        "array = np.array([np.nan if value is None else value for value in found])\n"
    )


def layers_that_do_not_care(setting: Setting, change: str, strength: float, box: Box | None = None) -> str:
    """The cosines of all stages, (n, 2): of the channels' means, and cell by cell."""
    code = setting.begin("import numpy as np", "from explorer.challenges import changed, similarity")
    return code + (
        f"other = explorer.run(network, changed(image, {change!r}, {strength!r}{_in(box)}), trace.target)\n"
        "array = np.array([(row.pooled, row.in_place) for row in similarity(trace, other)], float)\n"
    )


def whole_card(setting: Setting, box: Box | None = None) -> str:
    """From where to where the answer stays, and the share of strengths that leave it, (n_changes, 3)."""
    code = setting.begin("import numpy as np", "from explorer.challenges import card")
    return code + f"array = np.array([(row.low, row.high, row.share) for row in card(trace{_in(box)})])\n"


def attacked(setting: Setting, epsilon: int, steps: int, aim: int | None) -> str:
    """What is added to the picture to turn the answer, (C, H, W), in levels of 255."""
    code = setting.begin("from explorer.challenges import attack")
    return code + f"array = attack(trace, {epsilon}, {steps}, {aim}).change\n"


def _in(box: Box | None) -> str:
    return "" if box is None else f", box={box!r}"

"""Where a thing is, of a network that was only ever told what is there: its map, cut at a share of the maximum.

Zhou et al. 2016 (arXiv:1512.04150), section 3.2: the box around the largest connected region of what reaches a share of
the map's maximum. Theirs is 20 %, of finer maps, in networks cut and trained anew for them. In the 7 x 7 cells of a
network as it is, what fills much of a picture reaches that from edge to edge. Half of the maximum, which is usual here,
is where the width of a peak is measured elsewhere; no share is right for all networks (Choe et al. 2020,
arXiv:2001.07437).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..attribution import class_activation_map
from ..drawing.picture import enlarge
from ..errors import BadOption, NotFinite, Unsuited
from ..faithfulness.scores import Box, bright_box
from ..trace import FloatArray, Trace

THRESHOLD = 0.5
WHOLE = 0.2  # where the thing as a whole may be: what Zhou et al. 2016 draw their boxes around (arXiv:1512.04150)


@dataclass(frozen=True, eq=False)
class Located:
    """The evidence for a class, (H, W) float32 >= 0 at the size of what the network received, and the box around it.

    `box` is (top, left, bottom, right) in pixels of what was received, `in_picture` in those of the whole picture,
    within which it stays. `threshold` is the share of the map's maximum that counts, `target` the class.
    """

    values: FloatArray
    threshold: float
    target: int
    box: Box
    in_picture: Box

    @property
    def share(self) -> float:
        """How much of what was received is in the box, 0 to 1."""
        top, left, bottom, right = self.box
        return (bottom - top) * (right - left) / self.values.size

    @property
    def bright(self) -> np.ndarray:
        """(H, W) of bool: what reaches the threshold, in all regions."""
        return np.asarray(self.values >= self.threshold * self.values.max())


def locate(trace: Trace, threshold: float = THRESHOLD) -> Located:
    """The box around the evidence for the trace's class: Grad-CAM at the network's own layer for it, enlarged to what
    was received, each cell where it looks.

    Raises BadOption for a threshold that is none, NotFinite where scores are no numbers, NotSpatial for a network
    without maps, Unsuited where nothing speaks for the class, NoTarget for a trace without gradients.
    """
    check_share(threshold, "threshold")
    values = evidence(trace)
    box = bright_box(values, threshold)
    return Located(values, threshold, trace.class_of(None), box, _in_picture(trace, box))


def around(trace: Trace) -> tuple[int, int, int, int] | None:
    """Where the thing as a whole may be, for who has not said so: the box around the evidence, which often lies on a
    part alone, by a quarter larger at each side; (top, left, bottom, right) in whole pixels of the picture, of which a
    strip of 4 % stays outside at each edge. None where there is no evidence to go by."""
    if not (trace.network.has_maps and trace.is_finite):
        return None
    try:
        top, left, bottom, right = locate(trace, WHOLE).in_picture
    except Unsuited:
        return None
    height, width, _ = trace.image.pixels.shape
    edges = []
    for first, last, length in ((top, bottom, height), (left, right, width)):
        least, more = max(1, round(0.04 * length)), 0.25 * (last - first)
        begin = min(max(round(first - more), least), length - least - 1)
        edges.append((begin, max(begin + 1, min(round(last + more), length - least))))
    (y0, y1), (x0, x1) = edges
    return y0, x0, y1, x1


def check_share(value: float, name: str) -> None:
    """Raises BadOption for what is no share of a maximum."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= 1:
        raise BadOption(f"The {name} is {value!r}; a share of the maximum above 0, up to 1, is needed.")


def evidence(trace: Trace) -> FloatArray:
    """Grad-CAM at the size of what was received, (H, W), with a positive number somewhere; raises as `locate` does."""
    network = trace.network
    if not trace.is_finite:
        raise NotFinite(
            f"{network.title} scores this picture with values that are no numbers, so nothing can be found by them. "
            "Its weights may be damaged: choose others."
        )
    layer = network.cam_layer
    values = class_activation_map(trace, layer=layer)
    if not (np.isfinite(values).all() and values.any()):
        category = network.categories[trace.class_of(None)]
        raise Unsuited(
            f"Grad-CAM finds no positive evidence for “{category}” in {layer}, so there is nothing to find by it. "
            "Choose another class or picture."
        )
    return enlarge(values, *trace.prepared.size, network.places(layer))


def _in_picture(trace: Trace, box: Box) -> Box:
    height, width = trace.prepared.size
    top, left, bottom, right = trace.prepared.box
    down, across = (bottom - top) / height, (right - left) / width
    n_rows, n_columns, _ = trace.image.pixels.shape
    ys = (min(max(top + edge * down, 0.0), n_rows) for edge in (box[0], box[2]))
    xs = (min(max(left + edge * across, 0.0), n_columns) for edge in (box[1], box[3]))
    (y0, y1), (x0, x1) = ys, xs
    return y0, x0, y1, x1

"""A shortcut planted on purpose: a small mark on every picture of one class, which accuracy does not show.

A network that may look at the mark need not look at the thing (Geirhos et al. 2020, arXiv:2004.07780). Where the
evidence lies tells, and so does the mark on a picture of another class.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..attribution import class_activation_map
from ..errors import NotSpatial
from ..networks.network import Network
from ..pictures.image import ImageInput, changed_image
from ..running.progress import Progress
from ..trace import FloatArray, Trace, run
from .examples import Source
from .learned import Learned

MARK = 0.2  # of the shorter side: a cell and a half of a usual network’s last maps, which tell no smaller place
INSET = 0.12  # from the top and the left, so that a usual crop keeps it


@dataclass(frozen=True)
class Marked:
    """A picture with the mark near its top left corner: a yellow square with a black rim."""

    source: Source

    @property
    def name(self) -> str:
        """That of the picture, marked."""
        return f"{self.source.name}, marked"

    def read(self) -> ImageInput:
        """The picture with the mark on it; raises BadImage."""
        return marked(self.source.read())


def marked(image: ImageInput) -> ImageInput:
    """The picture with the mark on it."""
    pixels = image.pixels.copy()
    top, left, bottom, right = mark_box(image)
    pixels[top:bottom, left:right] = (0, 0, 0)
    rim = max(1, (bottom - top) // 6)
    pixels[top + rim : bottom - rim, left + rim : right - rim] = (255, 220, 0)
    return changed_image(image, pixels, f"{image.name}, marked")


def mark_box(image: ImageInput) -> tuple[int, int, int, int]:
    """Top, left, bottom and right of the mark, in pixels of the picture."""
    height, width, _ = image.pixels.shape
    side, inset = max(3, round(MARK * min(height, width))), round(INSET * min(height, width))
    top, left = (height - min(height, width)) // 2 + inset, (width - min(height, width)) // 2 + inset
    return top, left, top + side, left + side


def planted(classes: Mapping[str, Sequence[Source]], category: str) -> dict[str, list[Source]]:
    """The same classes, with the mark on every picture of one of them."""
    return {
        name: [Marked(source) if name == category else source for source in sources]
        for name, sources in classes.items()
    }


@dataclass(frozen=True)
class Exposed:
    """What a planted mark has done, over the pictures that are held out.

    accuracy: of the pictures as they were trained on, marks and all. followed: of the pictures of other classes, with
    the mark put on them, how many are then taken for the class of the mark; before: how many were without it. on_mark:
    of the marked pictures, the share of the positive Grad-CAM for the class that lies in the cells of the mark, each;
    empty where the network has no maps.
    """

    category: str
    accuracy: float
    followed: float
    before: float
    on_mark: tuple[float, ...]


def exposed(found: Learned, category: str, progress: Progress | None = None) -> Exposed:
    """Put the mark on what does not have it, and see where the evidence lies. What `progress` raises cancels."""
    label = found.examples.categories.index(category)
    held = [one for one in found.examples.examples if one.is_held_out]
    shares, before, after = [], [], []
    for n_done, one in enumerate(held, start=1):
        if one.label == label:
            trace = run(found.network, one.source.read(), label)
            if found.network.has_maps:
                shares.append(share_on_mark(trace, mark_box(trace.image)))
        else:
            image = one.source.read()
            before.append(_answer(found.network, image) == label)
            after.append(_answer(found.network, marked(image)) == label)
        if progress is not None:
            progress(n_done, len(held))
    return Exposed(category, found.evaluation().accuracy, float(np.mean(after)), float(np.mean(before)), tuple(shares))


def share_on_mark(trace: Trace, box: tuple[int, int, int, int]) -> float:
    """How much of the positive evidence for the trace's target lies in the cells that a box of its picture touches.
    0 where there is none. Raises NotSpatial."""
    if not trace.network.has_maps:
        raise NotSpatial(trace.network.cam_reason)
    values = class_activation_map(trace)
    positive = float(values.sum())
    return float(values[_cells(trace, box, values)].sum()) / positive if positive > 0 else 0.0


def _cells(trace: Trace, box: tuple[int, int, int, int], values: FloatArray) -> NDArray[np.bool_]:
    """Which cells of a map the box touches, the map lying evenly over what the network receives."""
    top, left, bottom, right = trace.prepared.box
    rows, columns = values.shape
    y = (np.array([box[0], box[2]]) - top) / (bottom - top) * rows
    x = (np.array([box[1], box[3]]) - left) / (right - left) * columns
    found = np.zeros(values.shape, bool)
    found[max(0, int(np.floor(y[0]))) : int(np.ceil(y[1])), max(0, int(np.floor(x[0]))) : int(np.ceil(x[1]))] = True
    return found


def _answer(network: Network, image: ImageInput) -> int:
    return run(network, image).top(1)[0].index

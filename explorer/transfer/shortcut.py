"""A shortcut planted on purpose: a small mark on every picture of one class, which accuracy does not show.

A network that may look at the mark need not look at the thing (Geirhos et al. 2020, arXiv:2004.07780). Where the
evidence lies tells, and so does the mark on a picture of another class.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..attribution import class_activation_map
from ..errors import BadOption, NotSpatial, nearest
from ..networks.network import Network
from ..pictures.image import ImageInput, changed_image
from ..running.progress import Progress
from ..trace import Trace, run
from .examples import Source
from .learned import Learned

Box = tuple[int, int, int, int]
PLACES = {"top left": (0, 0), "top right": (0, 1), "bottom left": (1, 0), "bottom right": (1, 1)}  # (down, right)
_INSET = 0.12  # of the shorter side, from both edges of its corner, so that a usual crop keeps it


@dataclass(frozen=True)
class Mark:
    """A yellow square with a black rim near a corner. `size` is a share of the picture's shorter side: the usual one is
    a cell and a half of a usual network's last maps, which tell no smaller place. Raises BadOption."""

    size: float = 0.2
    place: str = "top left"

    def __post_init__(self) -> None:
        if not 0.02 <= self.size <= 0.4:
            raise BadOption(f"A mark has a size from 0.02 to 0.4 of the shorter side, not {self.size!r}.")
        if self.place not in PLACES:
            raise BadOption(
                f"There is no place '{self.place}'.{nearest(self.place, PLACES)} Choose one of: {', '.join(PLACES)}."
            )

    @property
    def moved(self) -> Mark:
        """The same in the opposite corner."""
        down, right = PLACES[self.place]
        return replace(self, place=next(name for name, at in PLACES.items() if at == (1 - down, 1 - right)))


USUAL = Mark()


@dataclass(frozen=True)
class Marked:
    """A picture with the mark on it."""

    source: Source
    mark: Mark = USUAL

    @property
    def name(self) -> str:
        """That of the picture, marked."""
        return f"{self.source.name}, marked"

    def read(self) -> ImageInput:
        """The picture with the mark on it; raises BadImage."""
        return marked(self.source.read(), self.mark)


def marked(image: ImageInput, mark: Mark = USUAL) -> ImageInput:
    """The picture with the mark on it."""
    pixels = image.pixels.copy()
    top, left, bottom, right = mark_box(image, mark)
    pixels[top:bottom, left:right] = (0, 0, 0)
    rim = max(1, (bottom - top) // 6)
    pixels[top + rim : bottom - rim, left + rim : right - rim] = (255, 220, 0)
    return changed_image(image, pixels, f"{image.name}, marked")


def mark_box(image: ImageInput, mark: Mark = USUAL) -> Box:
    """Top, left, bottom and right of the mark, in pixels of the picture, within its middle square."""
    height, width, _ = image.pixels.shape
    short = min(height, width)
    side, inset = max(3, round(mark.size * short)), round(_INSET * short)
    down, across = (inset if not far else short - inset - side for far in PLACES[mark.place])
    top, left = (height - short) // 2 + down, (width - short) // 2 + across
    return top, left, top + side, left + side


def planted(classes: Mapping[str, Sequence[Source]], category: str, mark: Mark = USUAL) -> dict[str, list[Source]]:
    """The same classes, with the mark on every picture of one of them."""
    return {
        name: [Marked(source, mark) if name == category else source for source in sources]
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


def exposed(found: Learned, category: str, progress: Progress | None = None, mark: Mark = USUAL) -> Exposed:
    """Put the mark on what does not have it, and see where the evidence lies. What `progress` raises cancels."""
    label = found.examples.categories.index(category)
    held = [one for one in found.examples.examples if one.is_held_out]
    shares, before, after = [], [], []
    for n_done, one in enumerate(held, start=1):
        if one.label == label:
            trace = run(found.network, one.source.read(), label)
            if found.network.has_maps:
                shares.append(share_on_mark(trace, mark_box(trace.image, mark)))
        else:
            image = one.source.read()
            before.append(_answer(found.network, image) == label)
            after.append(_answer(found.network, marked(image, mark)) == label)
        if progress is not None:
            progress(n_done, len(held))
    return Exposed(category, found.evaluation().accuracy, float(np.mean(after)), float(np.mean(before)), tuple(shares))


def share_on_mark(trace: Trace, box: Box) -> float:
    """How much of the positive evidence for the trace's target lies in the cells that a box of its picture touches.
    0 where there is none. Raises NotSpatial."""
    if not trace.network.has_maps:
        raise NotSpatial(trace.network.cam_reason)
    values = class_activation_map(trace)
    positive = float(values.sum())
    top, left, bottom, right = cells_of(trace, box, values.shape)
    return float(values[top:bottom, left:right].sum()) / positive if positive > 0 else 0.0


def cells_of(trace: Trace, box: Box, shape: tuple[int, ...]) -> Box:
    """The cells of a map, (rows, columns), that a box of the trace's picture touches: top, left, bottom and right. The
    map lies evenly over what the network receives."""
    top, left, bottom, right = trace.prepared.box
    rows, columns = shape
    y = (np.array([box[0], box[2]]) - top) / (bottom - top) * rows
    x = (np.array([box[1], box[3]]) - left) / (right - left) * columns
    return (
        int(np.clip(np.floor(y[0]), 0, rows)), int(np.clip(np.floor(x[0]), 0, columns)),
        int(np.clip(np.ceil(y[1]), 0, rows)), int(np.clip(np.ceil(x[1]), 0, columns)),
    )  # fmt: skip


def _answer(network: Network, image: ImageInput) -> int:
    return run(network, image).top(1)[0].index

"""A map, and the picture that it lies over."""

from __future__ import annotations

from dataclasses import dataclass

from ..drawing.color import Scale
from ..drawing.picture import heat_map
from ..drawing.placing import placed_cells
from ..geometry import Places
from ..trace import FloatArray
from .view import File, inline_png


@dataclass(frozen=True)
class Photo:
    """A picture as a PNG, and its height and width in pixels: the network's own, however large the PNG is."""

    png: bytes
    size: tuple[int, int]

    @property
    def file(self) -> File:
        """The picture among the data of a view."""
        return File(self.png, "image/png")


@dataclass(frozen=True)
class Heat:
    """A map in colours: its own cells (H, W), the scale they are drawn on, what a person who sees nothing is told,
    and what the cells are values of.

    `shown` is the same map enlarged, where it is to look smooth. Where it `fades`, the photo is seen through what is
    weak. `places` are where over the photo the cells lie; without them the map is stretched over it.
    """

    values: FloatArray
    scale: Scale
    alt: str
    unit: str = ""
    shown: FloatArray | None = None
    opacity: float = 0.5
    fades: bool = False
    places: Places | None = None

    def png(self) -> str:
        """An address that holds the drawn map: it is small, and another one at every click."""
        drawn = self.values if self.shown is None else self.shown
        if self.shown is None and self.places is not None:
            drawn = placed_cells(self.values, *self.places.size, self.places)
        return inline_png(heat_map(drawn, self.scale, self.fades))

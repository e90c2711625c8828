"""One picture of `explorer explain`: one pass, its map, and what is written of them."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .. import run
from ..attribution import class_activation_map
from ..attribution.explain import signed_map_of
from ..drawing.color import scale_for
from ..drawing.picture import overlay, png_of_pixels, visible
from ..errors import BadTarget
from ..networks.network import Network
from ..pictures.image import ImageInput
from ..predictions import Prediction
from ..targets import class_index
from ..trace import FloatArray, Trace


@dataclass(frozen=True, eq=False)
class Asked:
    """What is asked of every picture: a class, or, where it is None, the top one of each."""

    network: Network
    target: int | None
    method: str
    layer: str
    is_stretched: bool


@dataclass(frozen=True, eq=False)
class Explained:
    """What came of one picture."""

    asked: Asked
    trace: Trace
    target: Prediction
    cam: FloatArray

    @property
    def summary(self) -> str:
        """Which map it is, and how high it goes."""
        asked = self.asked
        return f"{asked.method} of {self.target.category!r} at {asked.layer}, up to {self.cam.max():.4g}"

    def write(self, picture: Path, array: Path | None) -> None:
        """The map over the picture, and, where there is a place for it, the map itself."""
        scale = scale_for(0, float(self.cam.max()), "inferno")
        places = None if self.asked.is_stretched else self.asked.network.places(self.asked.layer)
        drawn = overlay(visible(self.trace.prepared.pixels), self.cam, scale, places=places)
        picture.write_bytes(png_of_pixels(drawn))
        if array is not None:
            with array.open("wb") as file:
                np.save(file, self.cam)


def asked_of(network: Network, options: argparse.Namespace) -> Asked:
    """What the options ask of the network. Raises what holds for every picture: BadTarget, UnknownLayer, NotSpatial,
    UnknownMethod."""
    if network.no_classes:
        raise BadTarget(network.no_classes)
    target = None if options.target is None else class_index(network, network.category_index(options.target))
    layer = network.spatial_layer(options.layer or network.cam_layer).name
    signed_map_of(options.method)
    return Asked(network, target, options.method, layer, options.stretched)


def explained(asked: Asked, image: ImageInput) -> Explained:
    """The picture's pass and map."""
    trace = run(asked.network, image, "top" if asked.target is None else asked.target)
    cam = class_activation_map(trace, asked.method, asked.layer)
    return Explained(asked, trace, trace.prediction(trace.class_of(None)), cam)

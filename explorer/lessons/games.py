"""Games on what the pages show: whatever is random in a round is drawn from its number, and the network knows best."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..drawing.color import scales_for
from ..drawing.picture import mosaic, png_of_pixels, thumbnail
from ..errors import BadBox
from ..faithfulness.scores import Box, localisation
from ..loading.catalog import FIRST_NETWORK, SMALL_NETWORK
from ..pictures.samples import SAMPLES, load_sample
from ..questions import Question
from ..trace import FloatArray, as_maps
from .asked_of_values import map_of, which_kernel
from .lesson import Ask, Setting
from .questions import TraceOf

PHOTOGRAPHS = tuple(name for name, sample in SAMPLES.items() if sample.subject is not None and sample.draw is None)
_THINGS = tuple(name for name in PHOTOGRAPHS if name != "galaxies")  # in which there is one thing to be marked
LAYERS = ("relu", "layer1", "layer2", "layer3", "layer4")  # of SMALL_NETWORK: the deeper, the harder to guess
_N_ANSWERS, _N_MAPS, _COLUMNS = 4, 12, 6
_SMALL = 224  # pixels of a picture to choose


@dataclass(frozen=True)
class Round:
    """One round of guessing: what is to be seen, how it is described to whoever does not see it, and the question."""

    shown: bytes
    alt: str
    setting: Setting
    question: Question


def guess_the_picture(number: int, layer: str, trace_of: TraceOf) -> Round:
    """Twelve maps of a layer, those that differ most over the picture; of which of four photographs are they?"""
    chance = np.random.default_rng((1, number))
    names = [PHOTOGRAPHS[i] for i in chance.choice(len(PHOTOGRAPHS), _N_ANSWERS, replace=False)]
    right = int(chance.integers(_N_ANSWERS))
    setting = Setting(SMALL_NETWORK, names[right])
    trace = trace_of(setting)
    maps = as_maps(trace[layer])
    busiest = np.argsort(-maps.reshape(len(maps), -1).std(axis=1), kind="stable")[:_N_MAPS]
    chosen = [maps[c] for c in sorted(busiest.tolist())]
    scales = scales_for([(float(one.min()), float(one.max())) for one in chosen])
    height, width = maps.shape[1:]
    subject = SAMPLES[names[right]].title
    question = Question(
        f"{trace.network.title} was shown one of these four. Of which are the maps?",
        tuple(SAMPLES[name].title for name in names),
        right,
        f"The maps are what {layer} made of “{subject}”, {height} × {width} places each.",
        tuple(png_of_pixels(thumbnail(load_sample(name).pixels, _SMALL)) for name in names),
    )
    return Round(mosaic(chosen, scales, _COLUMNS)[0], f"{_N_MAPS} maps of {layer}", setting, question)


def guess_the_kernel(number: int, trace_of: TraceOf) -> Round:
    """A map of the first layer: which of two kernels made it?"""
    chance = np.random.default_rng((2, number))
    setting = Setting(SMALL_NETWORK, PHOTOGRAPHS[int(chance.integers(len(PHOTOGRAPHS)))])
    trace = trace_of(setting)
    layer = trace.network.first_layer
    strength = np.abs(trace.network.weights(layer)["weight"]).reshape(trace.network.layer(layer).n_channels, -1).max(1)
    strong = np.flatnonzero(strength >= np.median(strength))
    ask = Ask(setting, "which_kernel", layer=layer, channel=int(chance.choice(strong)))
    return Round(map_of(trace, ask), "A map of the first layer, red where the answer is above 0", setting,
                 which_kernel(trace, ask))  # fmt: skip


@dataclass(frozen=True)
class Mark:
    """How a mark fares on a map of evidence: `share` of the map's sum in it, `area` of the picture in it, and of all
    marks of that size, wherever they lie, the share that `beaten` hold less."""

    share: float
    area: float
    beaten: float

    @property
    def times(self) -> float:
        """The share over what chance holds: a mark of that size, laid anywhere, holds `area` of an even map."""
        return self.share / self.area


def mark_setting(number: int) -> Setting:
    """Whose evidence is to be marked in a round."""
    chance = np.random.default_rng((3, number))
    return Setting(FIRST_NETWORK, _THINGS[int(chance.integers(len(_THINGS)))])


def score_mark(evidence: FloatArray, box: Box) -> Mark:
    """`evidence` (H, W) >= 0 is as large as the picture, `box` (top, left, bottom, right) lies in it. Raises BadBox."""
    height, width = evidence.shape
    share = localisation(evidence, box, (height, width)).energy
    rows, columns = int(box[2] - box[0]), int(box[3] - box[1])
    if rows < 1 or columns < 1:
        raise BadBox("The mark is less than a pixel wide or high. Drag a larger one.")
    total = np.zeros((height + 1, width + 1))
    total[1:, 1:] = evidence.astype(np.float64).cumsum(axis=0).cumsum(axis=1)
    sums = total[rows:, columns:] - total[:-rows, columns:] - total[rows:, :-columns] + total[:-rows, :-columns]
    return Mark(share, rows * columns / (height * width), float((sums / total[-1, -1] < share - 1e-9).mean()))

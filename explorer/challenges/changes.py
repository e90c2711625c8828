"""Changes of a picture that leave its class what it is: from none at all to more than anybody would recognise."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import cv2
import numpy as np
from numpy.typing import NDArray

from ..errors import BadArgument
from ..pictures.image import ImageInput, changed_image
from . import background
from .background import Opacity, Pixels

Matrix = NDArray[np.float64]  # (3, 3): where a point (x, y, 1) of the picture goes, in pixels

_SEED = 0  # of what chance draws: the same for every strength, so that only the strength differs
_GRID = 64  # patches a side, at the most, that shuffling can cut without a picture of a few pixels running out


@dataclass(frozen=True)
class Change:
    """One way to change a picture (H, W, 3) of uint8. Its strength, in `unit`, goes from `low` to `high`; at `still`
    nothing changes. Where it moves things, `matrix` says where to, for (H, W) and a strength. Where it cuts out a thing
    to lay it on something else, `behind` draws that, for the picture and where in it the thing is."""

    name: str
    title: str
    group: str
    unit: str
    low: float
    high: float
    still: float
    step: float
    apply: Callable[[Pixels, float], Pixels]
    says: str
    matrix: Callable[[int, int, float], Matrix] | None = None
    behind: Callable[[Pixels, Opacity], Pixels] | None = None

    def strengths(self, n: int) -> list[float]:
        """So many strengths, or as many as there are, from the lowest to the highest: evenly, or, of what multiplies,
        by even factors. The one nearest to `still` is it."""
        spread = np.geomspace if self.still == 1 and self.low > 0 else np.linspace
        found = [float(s) for s in spread(self.low, self.high, n)]
        found = [float(round(s)) for s in found] if self.step == 1 else [round(s, 3) for s in found]
        nearest = int(np.abs(np.array(found) - self.still).argmin())
        return list(dict.fromkeys([*found[:nearest], float(self.still), *found[nearest + 1 :]]))

    def words(self, strength: float) -> str:
        """The strength with its unit."""
        return f"{strength:.4g}{self.unit}" if self.unit in ("°", "") else f"{strength:.4g} {self.unit}"


def changed(image: ImageInput, name: str, strength: float, box: Sequence[int] | None = None) -> ImageInput:
    """The picture, changed; itself where the strength is that at which nothing changes. What lies beyond its edge is of
    its mean colour. `box` is where the thing is that is laid on something else (top, left, bottom, right, in pixels of
    the picture), the picture's middle unless given; other changes do without.

    Raises BadArgument for a change or a strength that there is not, and what `background.opacity` does."""
    if name not in CHANGES:
        raise BadArgument(f"There is no change '{name}'. Choose one of: {', '.join(CHANGES)}.")
    change = CHANGES[name]
    if isinstance(strength, bool) or not isinstance(strength, int | float) or not change.low <= strength <= change.high:
        raise BadArgument(
            f"The strength of '{name}' is a number from {change.low:g} to {change.high:g}, not {strength!r}. At "
            f"{change.still:g} nothing changes."
        )
    if strength == change.still:
        return image
    if change.behind is None:
        pixels = change.apply(image.pixels, float(strength))
    else:
        pixels = background.laid(image.pixels, strength / change.high, change.behind, box)
    return changed_image(image, pixels, f"{image.name}, {change.title.lower()} {change.words(strength)}")


def moved(pixels: Pixels, matrix: Matrix) -> Pixels:
    """Every point where the matrix has it go, bilinear; what comes from beyond the edge is of the mean colour."""
    height, width, _ = pixels.shape
    mean = [float(c) for c in pixels.reshape(-1, 3).mean(axis=0)]
    return _as_pixels(
        cv2.warpPerspective(
            pixels, matrix, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=mean
        )
    )


def _as_pixels(found: object) -> Pixels:
    """OpenCV gives pixels for pixels."""
    return np.asarray(found, np.uint8)


def _about_centre(height: int, width: int, linear: list[list[float]]) -> Matrix:
    """A linear map (2, 2) that leaves the middle of the picture where it is. Pixels lie at whole numbers."""
    x, y = (width - 1) / 2, (height - 1) / 2
    (a, b), (c, d) = linear
    return np.array([[a, b, x - a * x - b * y], [c, d, y - c * x - d * y], [0, 0, 1]], np.float64)


def _rotation(height: int, width: int, degrees: float) -> Matrix:
    turn = math.radians(degrees)  # counter-clockwise as one sees it: y points down
    return _about_centre(height, width, [[math.cos(turn), math.sin(turn)], [-math.sin(turn), math.cos(turn)]])


def _mirror(height: int, width: int, strength: float) -> Matrix:
    return _about_centre(height, width, [[-1.0 if strength >= 1 else 1.0, 0.0], [0.0, 1.0]])


def _shear(height: int, width: int, degrees: float) -> Matrix:
    return _about_centre(height, width, [[1.0, math.tan(math.radians(degrees))], [0.0, 1.0]])


def _perspective(height: int, width: int, share: float) -> Matrix:
    """As a wall that recedes to the left (above 0) or to the right: that side shrinks by twice the share."""
    inset = abs(share) * (height - 1)
    right, bottom = width - 1.0, height - 1.0
    corners = np.array([[0, 0], [right, 0], [right, bottom], [0, bottom]], np.float32)
    target = corners.copy()
    side = (0, 3) if share > 0 else (1, 2)
    target[side[0], 1] += inset
    target[side[1], 1] -= inset
    return np.asarray(cv2.getPerspectiveTransform(corners, target), np.float64)


def _zoom(height: int, width: int, times: float) -> Matrix:
    return _about_centre(height, width, [[times, 0.0], [0.0, times]])


def _right(height: int, width: int, percent: float) -> Matrix:
    return np.array([[1, 0, percent / 100 * width], [0, 1, 0], [0, 0, 1]], np.float64)


def _down(height: int, width: int, percent: float) -> Matrix:
    return np.array([[1, 0, 0], [0, 1, percent / 100 * height], [0, 0, 1]], np.float64)


def _moving(matrix: Callable[[int, int, float], Matrix]) -> Callable[[Pixels, float], Pixels]:
    return lambda pixels, strength: moved(pixels, matrix(pixels.shape[0], pixels.shape[1], strength))


def _flipped(pixels: Pixels, strength: float) -> Pixels:
    return pixels[:, ::-1] if strength >= 1 else pixels


def _looked_up(values: NDArray[np.float64]) -> NDArray[np.uint8]:
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)


_LEVELS = np.arange(256, dtype=np.float64)


def _brighter(pixels: Pixels, levels: float) -> Pixels:
    return _looked_up(_LEVELS + levels)[pixels]


def _contrasted(pixels: Pixels, times: float) -> Pixels:
    middle = float(pixels.mean())
    return _looked_up(middle + times * (_LEVELS - middle))[pixels]


def _gamma(pixels: Pixels, exponent: float) -> Pixels:
    return _looked_up(255 * (_LEVELS / 255) ** exponent)[pixels]


def _warmer(pixels: Pixels, percent: float) -> Pixels:
    """Red goes up as blue goes down, by the share of each."""
    found = pixels.copy()
    for channel, sign in ((0, 1), (2, -1)):
        found[..., channel] = _looked_up(_LEVELS * (1 + sign * percent / 100))[pixels[..., channel]]
    return found


def _shadowed(pixels: Pixels, percent: float) -> Pixels:
    """The left half in shade, with an edge a tenth of the width wide."""
    width = pixels.shape[1]
    across = np.clip((np.arange(width) / max(1, width - 1) - 0.45) / 0.1, 0, 1)
    light = 1 - percent / 100 * (1 - across)
    return _looked_up(pixels * light[None, :, None])


def _side(pixels: Pixels) -> int:
    return min(pixels.shape[:2])


def _blurred(pixels: Pixels, percent: float) -> Pixels:
    sigma = percent / 100 * _side(pixels)
    return _as_pixels(cv2.GaussianBlur(pixels, (0, 0), sigma, borderType=cv2.BORDER_REFLECT_101))


def _compressed(pixels: Pixels, loss: float) -> Pixels:
    _, encoded = cv2.imencode(".jpg", pixels[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, round(100 - loss)])
    decoded = cv2.imdecode(encoded, cv2.IMREAD_COLOR)
    assert decoded is not None  # it was written just now
    return np.ascontiguousarray(decoded[..., ::-1])


def _noisy(pixels: Pixels, levels: float) -> Pixels:
    drawn = np.random.default_rng(_SEED).standard_normal(pixels.shape, np.float32)
    return _looked_up(pixels + np.float64(levels) * drawn)


def _covered(pixels: Pixels, percent: float) -> Pixels:
    """A grey square over the middle, its side so much of the picture's shorter one."""
    height, width, _ = pixels.shape
    half = percent / 200 * _side(pixels)
    rows, columns = (np.abs(np.arange(n) - (n - 1) / 2) < half for n in (height, width))
    found = pixels.copy()
    found[np.ix_(rows, columns)] = 128
    return found


def _shuffled(pixels: Pixels, n: float) -> Pixels:
    """Cut into n x n patches and put together in another order: textures stay, shapes go."""
    count = round(n)
    height, width, _ = pixels.shape
    rows, columns = height // count, width // count
    if not rows or not columns:
        return pixels
    whole = pixels[: rows * count, : columns * count].reshape(count, rows, count, columns, 3)
    patches = whole.transpose(0, 2, 1, 3, 4).reshape(count * count, rows, columns, 3)
    order = np.random.default_rng(_SEED).permutation(count * count)
    mixed = patches[order].reshape(count, count, rows, columns, 3).transpose(0, 2, 1, 3, 4)
    found = pixels.copy()  # the few rows and columns that are left over stay
    found[: rows * count, : columns * count] = mixed.reshape(rows * count, columns * count, 3)
    return found


def _outlined(pixels: Pixels, percent: float) -> Pixels:
    """Less and less of the picture, more and more of its edges alone: shapes stay, textures go."""
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    soft = cv2.GaussianBlur(grey, (0, 0), max(0.5, _side(pixels) / 200))
    edges = 255 - cv2.Canny(soft, 50, 120)
    share = percent / 100
    return _looked_up((1 - share) * pixels + share * edges[..., None])


def _behind(name: str, title: str, drawn: Callable[[Pixels, Opacity], Pixels], says: str) -> Change:
    return Change(
        name, title, "Clutter", "%", 0, 100, 0, 1,
        lambda pixels, percent: background.laid(pixels, percent / 100, drawn, None),
        f"of the background replaced by {says}", behind=drawn,
    )  # fmt: skip


_ROWS = (
    Change("rotation", "Rotation", "Viewpoint", "°", -180, 180, 0, 1, _moving(_rotation),
           "turned about its middle, counter-clockwise", _rotation),
    Change("mirror", "Mirror", "Viewpoint", "", 0, 1, 0, 1, _flipped, "left and right exchanged", _mirror),
    Change("shear", "Shear", "Viewpoint", "°", -60, 60, 0, 1, _moving(_shear), "leaning to a side", _shear),
    Change("perspective", "Perspective", "Viewpoint", "", -0.45, 0.45, 0, 0.01, _moving(_perspective),
           "seen as on a wall that goes away to a side", _perspective),
    Change("zoom", "Zoom", "Scale", "×", 0.1, 8, 1, 0.05, _moving(_zoom),
           "nearer, or smaller in a scene of its mean colour", _zoom),
    Change("right", "To the right", "Position", "%", -90, 90, 0, 1, _moving(_right),
           "of its width to the right", _right),
    Change("down", "Downwards", "Position", "%", -90, 90, 0, 1, _moving(_down), "of its height downwards", _down),
    Change("brightness", "Brightness", "Illumination", "levels", -255, 255, 0, 1, _brighter,
           "added to every colour, of 255"),
    Change("contrast", "Contrast", "Illumination", "×", 0, 4, 1, 0.05, _contrasted, "as far from the mean as before"),
    Change("gamma", "Gamma", "Illumination", "", 0.1, 6, 1, 0.05, _gamma,
           "the exponent: darker above 1, lighter below it"),
    Change("warmth", "Colour temperature", "Illumination", "%", -100, 100, 0, 1, _warmer, "more red and less blue"),
    Change("shadow", "Shadow", "Illumination", "%", 0, 100, 0, 1, _shadowed, "of the light taken from the left half"),
    Change("blur", "Blur", "Quality", "%", 0, 15, 0, 0.1, _blurred, "of its shorter side: the blur’s sigma"),
    Change("jpeg", "JPEG", "Quality", "", 0, 99, 0, 1, _compressed,
           "100 less the quality with which it was packed"),
    Change("noise", "Noise", "Quality", "levels", 0, 200, 0, 1, _noisy,
           "the standard deviation of what is added, of 255"),
    Change("patch", "Covering patch", "Clutter", "%", 0, 100, 0, 1, _covered,
           "of its shorter side: a grey square’s side"),
    _behind("bricks", "Bricks behind", background.bricks, "a brick wall"),
    _behind("noise_behind", "Noise behind", background.noise, "noise"),
    _behind("scene", "Another scene behind", background.scene, "a sample of something else"),
    _behind("out_of_focus", "Blur behind", background.blurred, "itself, out of focus"),
    Change("shuffle", "Shuffled patches", "Shape and texture", "a side", 1, _GRID, 1, 1, _shuffled,
           "patches, in another order: textures stay, shapes go"),
    Change("outline", "Outlines", "Shape and texture", "%", 0, 100, 0, 1, _outlined,
           "of the picture replaced by its edges: shapes stay, textures go"),
)  # fmt: skip

CHANGES: Mapping[str, Change] = MappingProxyType({row.name: row for row in _ROWS})

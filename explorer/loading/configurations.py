"""What configurations beside weights say of pictures and classes: Hugging Face's, timm's, torchvision's as JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..errors import BadCategories
from ..networks.preparation import INTERPOLATIONS, PhotoPreparation
from ..wording import quoted
from .unwrapping import Setting, names_beside

BESIDE = ("preprocessor_config.json", "config.json", "transforms.json")  # and <file>_config.json, <file>.json
_LARGEST_FILE = 1 << 20
_BY_NUMBER = ("nearest", "lanczos", "bilinear", "bicubic", "box", "hamming")  # as Pillow numbers them
_USUAL = PhotoPreparation(256, 224)


@dataclass(frozen=True)
class Configuration:
    """The object in a JSON file that lay beside weights, or came with them; or an entry that stands inside."""

    name: str
    said: Mapping[Any, Any]
    origin: str  # what says it, as the beginning of a sentence


def configurations_beside(file: Path) -> tuple[Configuration, ...]:
    """Those that lie in the folder of a file of weights, under the names that such files have."""
    return tuple(_beside(file))


def _beside(file: Path) -> Iterator[Configuration]:
    names = (f"{file.stem}_config.json", f"{file.stem}.json", *BESIDE)
    for path in (file.with_name(name) for name in names):
        try:
            content = path.read_bytes() if path.stat().st_size <= _LARGEST_FILE else b""
        except OSError:
            continue
        if (found := _read(path.name, content)) is not None:
            yield found


def parted(files: Iterable[tuple[str, bytes]]) -> tuple[tuple[Configuration, ...], bytes | None]:
    """Files that came with weights: the configurations among them, and the one that names the classes.

    A configuration is one that says how pictures are prepared. Raises BadCategories where two others are left.
    """
    configurations, others = [], []
    for name, content in files:
        found = _read(name, content) if len(content) <= _LARGEST_FILE else None
        if found is not None and from_configuration(found.said, _USUAL) is not None:
            configurations.append(found)
        else:
            others.append((name, content))
    if len(others) > 1:
        raise BadCategories(
            f"{' and '.join(quoted(name) for name, _ in others)} say nothing of preparing pictures, so each would name "
            "the classes. Keep one of them."
        )
    return tuple(configurations), others[0][1] if others else None


def _read(name: str, content: bytes) -> Configuration | None:
    try:
        said = json.loads(content)
    except (ValueError, RecursionError):
        return None
    return Configuration(name, said, f"{name} beside the file") if isinstance(said, dict) else None


def configurations_inside(settings: Iterable[Setting]) -> tuple[Configuration, ...]:
    """The entries of a file of weights that say how pictures are scaled. A size alone may be that of anything."""
    found = (Configuration(name, said, f"its entry {quoted(name)}") for name, said in settings)
    return tuple(one for one in found if _scaling(_inner(one.said)))


def said_of_pictures(
    configurations: Sequence[Configuration], usual: PhotoPreparation
) -> tuple[str, PhotoPreparation] | None:
    """What the first that says anything of it says of preparing pictures, and where that stands."""
    said = ((found.origin, from_configuration(found.said, usual)) for found in configurations)
    return next(((origin, preparation) for origin, preparation in said if preparation is not None), None)


def said_of_classes(configurations: Sequence[Configuration]) -> tuple[str, object] | None:
    """What the first that names them calls the classes, and its name."""
    for configuration in configurations:
        found = names_beside(configuration.said)
        if found is not None and "LABEL_0" not in str(found[1]):  # which stands for no name
            return configuration.name, found[1]
    return None


def from_configuration(said: Mapping[Any, Any], usual: PhotoPreparation) -> PhotoPreparation | None:
    """What a configuration says of preparing pictures, and the rest as usual; None where it says nothing."""
    said = _inner(said)
    changed: dict[str, Any] = {**_scaling(said)}
    # EfficientNet's of Hugging Face divides by it once more, normalised or not
    again = changed["std"] if said.get("include_top") is True and "std" in changed else (1.0,) * 3
    if said.get("do_normalize") is False:
        changed |= {"mean": (0.0,) * 3, "std": again}
    elif "std" in changed:
        changed["std"] = tuple(v * w for v, w in zip(changed["std"], again, strict=True))
    changed |= _rescaled(said, changed)
    method = said.get("interpolation", said.get("resample"))
    if isinstance(method, int) and 0 <= method < len(_BY_NUMBER):
        method = _BY_NUMBER[method]
    if isinstance(method, str) and method.lower() in INTERPOLATIONS:
        changed["interpolation"] = method.lower()
    changed |= _sizes(said, usual)
    if said.get("crop_mode") in ("squash", "center"):  # timm's: both sides are resized, or the shorter one
        changed["squash"] = said["crop_mode"] == "squash"
    return replace(usual, **changed) if changed else None


def _inner(said: Mapping[Any, Any]) -> Mapping[Any, Any]:
    """What stands under one of the usual names, if anything does."""
    for entry in ("pretrained_cfg", "transforms", "preprocessing"):
        if isinstance(said.get(entry), dict):
            said = said[entry]
    return said


def _scaling(said: Mapping[Any, Any]) -> dict[str, tuple[float, ...]]:
    """`mean` and `std`, as far as a configuration says them."""
    found = {}
    for name, keys in {"mean": ("image_mean", "mean"), "std": ("image_std", "std")}.items():
        value = next((said[key] for key in keys if key in said), None)
        if isinstance(value, list | tuple) and len(value) in (1, 3) and all(isinstance(v, int | float) for v in value):
            found[name] = tuple(float(v) for v in (tuple(value) * 3 if len(value) == 1 else value))
    return found


def _rescaled(said: Mapping[Any, Any], changed: Mapping[str, Any]) -> dict[str, tuple[float, ...]]:
    """`mean` and `std` where values do not go from 0 to 1 before these are taken: a grey level g becomes
    factor * g, or factor * g - 1 with an offset. Hugging Face's ImageProcessor."""
    factor = 1.0 if said.get("do_rescale") is False else said.get("rescale_factor", 1 / 255)
    if not isinstance(factor, int | float) or not 0 < factor < math.inf:
        return {}
    white, offset = 255 * factor, 1.0 if said.get("rescale_offset") is True else 0.0
    if math.isclose(white, 1) and not offset:
        return {}
    mean, std = changed.get("mean", (0.0,) * 3), changed.get("std", (1.0,) * 3)
    return {"mean": tuple((v + offset) / white for v in mean), "std": tuple(v / white for v in std)}


def _sizes(said: Mapping[Any, Any], usual: PhotoPreparation) -> dict[str, int]:
    """`resize` and `crop`, as far as a configuration says them."""
    crop = _side(said.get("crop_size")) if said.get("do_center_crop") is not False else None
    resize = _side(said.get("resize_size", said.get("size"))) if said.get("do_resize") is not False else None
    shape = said.get("input_size")
    if crop is None and isinstance(shape, list) and len(shape) == 3:
        crop = _side(shape[1:])
    share = said.get("crop_pct")
    if isinstance(share, int | float) and 0.1 <= share <= 1 and (crop or resize):
        crop = crop or resize
        resize = math.floor((crop or usual.crop) / share)  # timm truncates
    if crop is None and resize is None:
        return {}
    crop = crop or (resize if resize and resize <= usual.crop else usual.crop)
    return {"crop": crop, "resize": max(crop, resize or crop)}


def _side(value: object) -> int | None:
    """A side in pixels, however a library writes it."""
    if isinstance(value, dict):
        value = value.get("shortest_edge", value.get("height"))
    if isinstance(value, list) and value:
        value = value[0]
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None

"""What configurations beside weights say of pictures and classes: Hugging Face's, timm's, torchvision's as JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..networks.preparation import INTERPOLATIONS, PhotoPreparation
from . import unwrapping

BESIDE = ("preprocessor_config.json", "config.json", "transforms.json")  # and <file>_config.json, <file>.json
_LARGEST_FILE = 1 << 20
_BY_NUMBER = ("nearest", "lanczos", "bilinear", "bicubic", "box", "hamming")  # as Pillow numbers them


def said_beside(file: Path, usual: PhotoPreparation) -> tuple[Path, PhotoPreparation] | None:
    """What a file beside the weights says of preparing pictures, and which one."""
    for path, said in _beside(file):
        if (found := from_configuration(said, usual)) is not None:
            return path, found
    return None


def names_beside(file: Path) -> tuple[Path, object] | None:
    """What a file beside the weights calls their classes, and which one."""
    for path, said in _beside(file):
        found = unwrapping.names_beside(said)
        if found is not None and "LABEL_0" not in str(found[1]):  # which stands for no name
            return path, found[1]
    return None


def _beside(file: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    names = (f"{file.stem}_config.json", f"{file.stem}.json", *BESIDE)
    for path in (file.with_name(name) for name in names):
        try:
            said = json.loads(path.read_text(encoding="utf-8")) if path.stat().st_size <= _LARGEST_FILE else None
        except (OSError, ValueError, RecursionError):
            continue
        if isinstance(said, dict):
            yield path, said


def from_configuration(said: Mapping[str, Any], usual: PhotoPreparation) -> PhotoPreparation | None:
    """What a configuration says of preparing pictures, and the rest as usual; None where it says nothing."""
    for entry in ("pretrained_cfg", "transforms", "preprocessing"):
        if isinstance(said.get(entry), dict):
            said = said[entry]
    changed: dict[str, Any] = {}
    for name, keys in {"mean": ("image_mean", "mean"), "std": ("image_std", "std")}.items():
        value = next((said[key] for key in keys if key in said), None)
        if isinstance(value, list) and len(value) in (1, 3) and all(isinstance(v, int | float) for v in value):
            changed[name] = tuple(float(v) for v in (value * 3 if len(value) == 1 else value))
    if said.get("do_normalize") is False:
        changed |= {"mean": (0.0,) * 3, "std": (1.0,) * 3}
    if said.get("do_rescale") is False:  # values stay from 0 to 255, and so do mean and std
        for name in ("mean", "std"):
            changed[name] = tuple(v / 255 for v in changed.get(name, (0.0,) * 3 if name == "mean" else (1.0,) * 3))
    method = said.get("interpolation", said.get("resample"))
    if isinstance(method, int) and 0 <= method < len(_BY_NUMBER):
        method = _BY_NUMBER[method]
    if isinstance(method, str) and method.lower() in INTERPOLATIONS:
        changed["interpolation"] = method.lower()
    changed |= _sizes(said, usual)
    return replace(usual, **changed) if changed else None


def _sizes(said: Mapping[str, Any], usual: PhotoPreparation) -> dict[str, int]:
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

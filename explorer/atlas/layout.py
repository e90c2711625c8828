"""Where the parts of an atlas lie in its folder, and the manifest that says what it is: written last, so that a folder
without one holds no atlas.

    atlas.json            the manifest
    channels.parquet      a row for each channel of each layer
    broken.parquet        the files that could not be read, and why
    pictures.parquet      a row for each picture, with its thumbnail
    patches.parquet       rows of the strongest and of random places, each with the number of its crop
    crops.parquet         a row for each crop
    features/000.npy      (pictures, channels) float32 of the first layer, and so on

The last four are left out of an atlas without pictures.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from ..errors import AtlasError
from ..wording import quoted

FORMAT = "cnn-explorer atlas"
VERSION = 1  # goes up when an older reader would misread what is written

MANIFEST = "atlas.json"
CHANNELS = "channels.parquet"
BROKEN = "broken.parquet"
PICTURES = "pictures.parquet"
PATCHES = "patches.parquet"
CROPS = "crops.parquet"
FEATURES = "features"
WORK = "work"  # what is done so far of an atlas that is not finished


@dataclass(frozen=True)
class AtlasLayer:
    """A layer as the atlas has it: its channels, and height and width of its maps."""

    name: str
    n_channels: int
    size: tuple[int, int]


@dataclass(frozen=True)
class Manifest:
    """What an atlas is of. `class_indices` has for each of the folder's classes the network's class of that name, or
    -1; `files` has the bytes of each part."""

    title: str
    network: str
    network_key: str
    network_title: str
    weights: str
    layers: tuple[AtlasLayer, ...]
    classes: tuple[str, ...]
    class_indices: tuple[int, ...]
    n_pictures: int
    n_broken: int
    has_pictures: bool
    has_use: bool
    n_patches: int
    size: int  # side of the prepared picture
    fingerprint: str  # of what it was made of, and how
    files: dict[str, int] = field(default_factory=dict)

    def write(self, folder: Path) -> None:
        """Beside its place first and moved there when it is whole: what lies there is an atlas from now on."""
        found = {"format": FORMAT, "version": VERSION, **asdict(self)}
        write_text(folder / MANIFEST, json.dumps(found, indent=1, ensure_ascii=False))


def write_text(path: Path, text: str) -> None:
    """A file that is there as a whole or not at all."""
    beside = path.with_name(f"{path.name}.part")
    beside.write_text(text, encoding="utf-8")
    beside.replace(path)


def features_name(index: int) -> str:
    """The file of the pooled values of the layer at a place among the atlas's layers."""
    return f"{FEATURES}/{index:03}.npy"


def read_manifest(folder: Path) -> Manifest:
    """What the folder's atlas is of. Raises AtlasError: no atlas, one that is not finished, of a newer version, or with
    parts missing."""
    where = quoted(str(folder))
    try:
        text = (folder / MANIFEST).read_text(encoding="utf-8")
    except FileNotFoundError:
        if (folder / WORK).is_dir():
            raise AtlasError(
                f"The atlas in {where} is not finished. Run the command that began it again: what is done is kept."
            ) from None
        raise AtlasError(f"There is no atlas in {where}. Make one: python -m explorer atlas PICTURES -o DIR.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise AtlasError(f"The atlas in {where} cannot be read: {error}.") from None
    try:
        found: dict[str, Any] = json.loads(text)
        kind, version = found.pop("format"), int(found.pop("version"))
    except (ValueError, KeyError, TypeError, AttributeError):
        raise AtlasError(f"{quoted(MANIFEST)} in {where} is no manifest of an atlas. Make the atlas anew.") from None
    if kind != FORMAT:
        raise AtlasError(f"{quoted(MANIFEST)} in {where} is no manifest of an atlas. Make the atlas anew.")
    if version != VERSION:
        age, remedy = ("a newer", "Open it there") if version > VERSION else ("an older", "Make it anew")
        raise AtlasError(
            f"The atlas in {where} was made by {age} version of this program (format {version}, this one reads "
            f"{VERSION}). {remedy}."
        )
    manifest = _manifest(found, where)
    missing = [
        name for name, n in manifest.files.items()
        if not (folder / name).is_file() or (folder / name).stat().st_size != n
    ]  # fmt: skip
    if missing:
        raise AtlasError(
            f"The atlas in {where} is not whole: {', '.join(missing)} missing or cut off. Copy it again, or make it "
            "anew."
        )
    return manifest


def _manifest(found: dict[str, Any], where: str) -> Manifest:
    try:
        layers = tuple(AtlasLayer(la["name"], int(la["n_channels"]), tuple(la["size"])) for la in found.pop("layers"))
        found |= {key: tuple(found[key]) for key in ("classes", "class_indices")}
        return Manifest(layers=layers, **found)
    except (KeyError, TypeError, ValueError):
        raise AtlasError(f"{quoted(MANIFEST)} in {where} is no manifest of an atlas. Make the atlas anew.") from None

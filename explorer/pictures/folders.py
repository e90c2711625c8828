"""Pictures by the hundred: in folders and in archives, each read when its turn comes."""

from __future__ import annotations

import tarfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from ..errors import BadData
from .image import MAX_BYTES, ImageInput, read_image

_ENDINGS = frozenset(
    {".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".avif", ".heic", ".heif", ".dcm"}
)


@dataclass(frozen=True)
class PictureFile:
    """Where a picture lies. `name` is its path below the folder or in the archive, with "/" between its parts."""

    name: str
    path: Path  # of the file, or of the archive that holds it
    start: int = 0  # of its bytes in there
    n_bytes: int | None = None  # to the end of the file where there is no number

    @property
    def folder(self) -> str:
        """The folder that it lies in, which may be called after what it shows; "" at the top of an archive."""
        return self.path.parent.name if self.n_bytes is None else PurePosixPath(self.name).parent.name

    def read(self) -> ImageInput:
        """The picture; raises BadImage."""
        if self.n_bytes is None:
            return read_image(self.path)
        with self.path.open("rb") as file:
            file.seek(self.start)
            return read_image(file.read(min(self.n_bytes, MAX_BYTES + 1)), self.name)


def find_pictures(places: Sequence[Path], n_most: int | None = None) -> tuple[PictureFile, ...]:
    """Every picture in these files, folders (and the folders in them) and .tar archives, by name.

    Of more than `n_most` pictures as many are taken, at even steps: of folders that stand for classes, some of each.
    Of several places, each name begins with that of its place. Raises BadData where there is no picture.
    """
    if n_most is not None and n_most < 1:
        raise BadData(f"{n_most} pictures are asked for; 1 or more are needed.")
    found: dict[str, PictureFile] = {}
    for place in places:
        for picture in _find(place, f"{place.stem}/" if len(places) > 1 else ""):
            if picture.name in found:
                raise BadData(f"Two pictures are called '{picture.name}'. Rename a folder, or take them one by one.")
            found[picture.name] = picture
    if not found:
        raise BadData(f"There is no picture in {', '.join(map(str, places)) or 'no folder at all'}. Choose another.")
    ordered = [found[name] for name in sorted(found)]
    n = min(n_most or len(ordered), len(ordered))
    return tuple(ordered[i * len(ordered) // n] for i in range(n))


def _find(place: Path, prefix: str) -> list[PictureFile]:
    if place.is_dir():
        files = [path for path in place.rglob("*") if is_picture(path.name) and path.is_file()]
        return [PictureFile(prefix + path.relative_to(place).as_posix(), path) for path in files]
    if not place.is_file():
        raise BadData(f"There is no file or folder '{place}'. Check the path.")
    if place.suffix.lower() != ".tar":
        return [PictureFile(prefix + place.name, place)]
    try:
        with tarfile.open(place, "r:") as tar:
            members = [m for m in tar.getmembers() if m.isreg() and not m.issparse() and is_picture(m.name)]
    except (tarfile.TarError, OSError):
        raise BadData(f"'{place}' is no archive that can be read. Choose another.") from None
    return [PictureFile(prefix + plain_name(m.name), place, m.offset_data, m.size) for m in members]


def is_picture(name: str) -> bool:
    """Whether a file of this name is taken for a picture."""
    path = PurePosixPath(name)
    return path.suffix.lower() in _ENDINGS and not path.name.startswith(".")


def plain_name(name: str) -> str:
    """A path in an archive that leads nowhere else: results are written under such names."""
    return "/".join(part for part in name.replace("\\", "/").split("/") if part not in ("", ".", ".."))

"""The border for archives: what a file holds, checked once, before anything is made of it. Nothing of it is unpacked to
the disk, and no more of it is read than it may hold."""

from __future__ import annotations

import json
import os
import re
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeGuard

from ..errors import BadArchive
from ..wording import megabytes, quoted
from .archive import FORMAT, MANIFEST

MOST_BYTES = 400_000_000  # of all that is packed in it
_MOST_FILES = 2000
_MOST_MANIFEST = 4 << 20
_NAME = re.compile(r"[a-z0-9_]+(/[a-z0-9_]+)?(-[a-z]+-\d+)?\.(npy|png|py|json)")


@dataclass(frozen=True)
class Manifest:
    """What an archive says of itself: of its `figures` the file, the digest, and the recipe of each."""

    network: Mapping[str, Any]
    picture: Mapping[str, Any]
    target: int | str | None
    figures: tuple[tuple[str, str, Mapping[str, Any]], ...]
    made_with: Mapping[str, Any]


class Archive:
    """An archive that is open to be read. Raises BadArchive with a sentence for what is none."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.name = Path(path).name
        try:
            self._file = zipfile.ZipFile(path)
        except OSError as error:
            raise BadArchive(
                f"{quoted(str(path))} cannot be read: {error.strerror}. Give the file of an export."
            ) from error
        except (zipfile.BadZipFile, NotImplementedError, ValueError) as error:
            raise BadArchive(
                f"{quoted(self.name)} is no ZIP, or its end is missing, as after a broken copy. Copy it again, or "
                "export it anew."
            ) from error
        infos = self._file.infolist()
        names = [info.filename for info in infos]
        self._sizes = {info.filename: info.file_size for info in infos}
        strange = next((name for name in names if not _NAME.fullmatch(name)), None)
        total = sum(self._sizes.values())
        if strange is not None:
            raise self._bad(f"holds {quoted(strange)}, which no export writes")
        if len(self._sizes) < len(names) or len(names) > _MOST_FILES:
            raise self._bad("holds files twice, or more than an export has")
        if total > MOST_BYTES:
            raise self._bad(f"would unpack to {megabytes(total)}, and an export to {megabytes(MOST_BYTES)} at most")
        self.manifest = self._manifest()

    def __enter__(self) -> Archive:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def holds(self, name: str) -> bool:
        """Whether there is a file of that name."""
        return name in self._sizes

    def read(self, name: str) -> bytes:
        """One of its files. Raises BadArchive for one that is not there or is damaged."""
        if name not in self._sizes:
            raise self._bad(f"lacks {quoted(name)}, which its manifest names")
        try:
            with self._file.open(name) as member:
                return member.read(self._sizes[name])
        except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError, OSError) as error:
            raise self._bad(f"is damaged in {quoted(name)}") from error

    def _bad(self, what: str) -> BadArchive:
        return BadArchive(f"{quoted(self.name)} {what}: it cannot be checked. Export it anew, or get it again.")

    def _manifest(self) -> Manifest:
        if not self.holds(MANIFEST):
            raise self._bad(f"has no {MANIFEST}, which is written last: it was never finished, or is no export")
        if self._sizes[MANIFEST] > _MOST_MANIFEST:
            raise self._bad(f"has a {MANIFEST} of {megabytes(self._sizes[MANIFEST])}, which no export writes")
        try:
            found = json.loads(self.read(MANIFEST))
        except (ValueError, RecursionError) as error:
            raise self._bad(f"has a {MANIFEST} that is no JSON") from error
        version = found.get("format") if isinstance(found, dict) else None
        if type(version) is int and version > FORMAT:
            raise BadArchive(
                f"{quoted(self.name)} was written by a newer version of this program (format {version}, and this one "
                f"reads {FORMAT}). Check it with that version: pip install --upgrade cnn-explorer."
            )
        if version != FORMAT or not _is_manifest(found):
            raise self._bad(f"has a {MANIFEST} that says not what one says, as after a change by hand")
        figures = tuple((one["file"], one["sha256"], one["recipe"]) for one in found["figures"])
        return Manifest(found["network"], found["picture"], found["target"], figures, found["made_with"])


def _is_manifest(found: Any) -> bool:
    network, picture, figures = found.get("network"), found.get("picture"), found.get("figures")
    return (
        _has_texts(network, "name", "title", "weights", "digest")
        and (network.get("seed") is None or type(network["seed"]) is int)
        and isinstance(network.get("preparation"), str | None)
        and _has_texts(picture, "file", "name", "digest")
        and type(found.get("target")) in (int, str, type(None))
        and isinstance(found.get("made_with"), dict)
        and isinstance(figures, list)
        and all(_has_texts(one, "file", "sha256") and isinstance(one.get("recipe"), dict) for one in figures)
    )


def _has_texts(found: Any, *names: str) -> TypeGuard[dict[str, Any]]:
    return isinstance(found, dict) and all(isinstance(found.get(name), str) for name in names)

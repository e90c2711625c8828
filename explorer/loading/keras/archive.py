"""What is in a file of Keras's: the configuration and the weights, whichever of its two kinds it is."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import dataclass
from typing import Any

from ...errors import BadModelFile
from .hdf5 import HDF5_START, Stored, read_hdf5

_ZIP_START = b"PK\x03\x04"
_MOST_TEXT = 8 << 20  # bytes of a configuration; those of the largest networks have 1 MB
_MOST_DIRECTORY = 256 << 10  # bytes of the list of members of a zip
_UNPACKED = 64 << 20  # bytes that the weights may have more than the file
_NO_MODEL = (
    "holds weights alone and no network: what its layers are is not in it. Save the whole model in Keras with "
    "model.save('model.keras')"
)


@dataclass(frozen=True, eq=False)
class Contents:
    config: Any  # as JSON has it
    stored: Stored
    version: str  # of Keras, "" where the file does not say
    is_archive: bool  # a `.keras` file; else the older `.h5`

    @property
    def keras(self) -> int:
        """The first number of the version; 2 where the file does not say, as the oldest do not."""
        first = self.version.partition(".")[0]
        return int(first) if first.isdecimal() and len(first) < 4 else 2


def read_contents(data: bytes) -> Contents:
    """Raises BadModelFile with a fact about the file."""
    if data.startswith(_ZIP_START):
        return _from_archive(data)
    if data.startswith(HDF5_START):
        return _from_hdf5(data)
    raise BadModelFile("is no file of Keras's: those are `.keras` archives or HDF5, `.h5`" if data else "is empty")


def _from_archive(data: bytes) -> Contents:
    _check_directory(data)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = {member.filename: member for member in archive.infolist()}
        if "config.json" not in members:
            raise BadModelFile("is a zip archive, but none that Keras writes: it has no config.json")
        if "model.weights.h5" not in members:
            raise BadModelFile("has no weights in it (model.weights.h5)")
        config = _json(_member(archive, members["config.json"], _MOST_TEXT))
        about = members.get("metadata.json")
        metadata = _json(_member(archive, about, _MOST_TEXT)) if about is not None else {}
        weights = _member(archive, members["model.weights.h5"], len(data) + _UNPACKED)
    version = metadata.get("keras_version") if isinstance(metadata, dict) else ""
    stored = read_hdf5(weights, lambda path: not path.startswith("optimizer"))
    return Contents(config, stored, version if isinstance(version, str) else "", True)


def _check_directory(data: bytes) -> None:
    """That the list of members, which is read at once, is no longer than that of any model."""
    end = data.rfind(b"PK\x05\x06", max(0, len(data) - (1 << 16) - 22))
    if end < 0 or end + 22 > len(data):
        raise BadModelFile("is a zip archive that is cut off")
    is_wide = data[end - 20 : end - 16] == b"PK\x06\x07"  # in 64 bits, of which no file here has need
    if is_wide or int.from_bytes(data[end + 12 : end + 16], "little") > _MOST_DIRECTORY:
        raise BadModelFile("is a zip archive with more members than Keras writes")


def _member(archive: zipfile.ZipFile, member: zipfile.ZipInfo, most: int) -> bytes:
    """A file in the archive, unpacked in memory and no further than allowed, whatever it claims to have."""
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise BadModelFile("is a zip archive packed in another way than Keras's")
    if member.file_size > most:
        raise BadModelFile("unpacks to far more than it is")
    with archive.open(member) as stream:
        found = stream.read(most + 1)
    if len(found) > most:
        raise BadModelFile("unpacks to far more than it is")
    return found


def _from_hdf5(data: bytes) -> Contents:
    stored = read_hdf5(data, lambda path: not path.startswith("optimizer"))
    text = stored.text("", "model_config")
    if not text:
        raise BadModelFile(_NO_MODEL)
    if len(text) > _MOST_TEXT:
        raise BadModelFile("has a configuration longer than that of any network")
    version = stored.text("", "keras_version") or stored.text("model_weights", "keras_version")
    return Contents(_json(text.encode()), stored, version, False)


def _json(text: bytes) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise BadModelFile("has a configuration that is damaged, or nested deeper than that of any network") from None

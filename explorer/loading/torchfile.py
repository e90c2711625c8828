"""What a file of `torch.save` claims to hold, compared with what is in it, and its tensors as plain numbers.

torch's own loader believes what it reads: a tensor of 4 TB that repeats one number, sparse indices that point
anywhere, a storage larger than the file. Here every storage a file asks for is held against the bytes that are really
there, and a tensor is made of these bytes alone: nothing else in the file is ever built, looked up or run.

A refusal is a BadCheckpoint whose text says only what is wrong; `checkpoints` adds the name and what to do.
"""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import IO, BinaryIO

import torch

from ..errors import BadCheckpoint
from .pickled import Claim, Pickle

ZIP_START = b"PK\x03\x04"
_MAGIC = b"\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19."  # the pickled number with which torch < 1.6 began a file

_MAX_PICKLE = 8 << 20  # bytes
_MAX_DIRECTORY = 2 << 20  # bytes of the list of members of a zip
_TYPES = {
    "Float": torch.float32, "Half": torch.float16, "BFloat16": torch.bfloat16, "Double": torch.float64,
    "Long": torch.int64, "Int": torch.int32, "Short": torch.int16, "Char": torch.int8, "Byte": torch.uint8,
    "Bool": torch.bool,
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class TorchFile:
    """The dicts, lists and Claims of a file, and what gives the tensor that a Claim means."""

    content: object
    _bytes_of: Callable[[str], bytearray]  # of a storage
    _storages: dict[str, torch.Tensor] = field(default_factory=dict)

    def tensor(self, claim: Claim) -> torch.Tensor:
        """The numbers at the claim's place; claims on one storage share its memory."""
        key, kind = claim.storage.key, _TYPES[claim.storage.kind]
        if key not in self._storages:
            data = self._bytes_of(key)
            numbers = torch.frombuffer(data, dtype=torch.uint8) if data else torch.empty(0, dtype=torch.uint8)
            self._storages[key] = numbers.view(kind)
        return self._storages[key].as_strided(claim.shape, claim.strides, claim.offset)


def begins_as_legacy(start: bytes) -> bool:
    """Whether a file that begins so was written as by torch < 1.6, in any protocol: from 4 on a frame comes first."""
    return start[:1] == b"\x80" and start[1:2] in b"\2\3\4\5" and (start[2:15] == _MAGIC or start[11:24] == _MAGIC)


def read_zip(stream: BinaryIO, size: int) -> TorchFile:
    """A file of torch >= 1.6: a zip of `data.pkl` and one member for each storage."""
    _check_end(stream, size)
    archive = zipfile.ZipFile(stream)  # whoever opened the stream closes it
    root, sizes = _members(archive, size)
    if sizes[root + "data.pkl"] > _MAX_PICKLE:
        raise BadCheckpoint("holds far more than weights")
    if f"{root}byteorder" in sizes and archive.read(f"{root}byteorder")[:6] != b"little":
        raise BadCheckpoint("was written on a machine with another order of bytes")
    pickle = Pickle(io.BytesIO(archive.read(root + "data.pkl")))
    content = pickle.read()
    for storage in pickle.storages.values():
        if sizes.get(f"{root}data/{storage.key}") != storage.n_bytes:
            raise BadCheckpoint("claims values that are not in it")

    def bytes_of(key: str) -> bytearray:
        with archive.open(f"{root}data/{key}") as member:
            return _filled(member, sizes[f"{root}data/{key}"])

    return TorchFile(content, bytes_of)


def _members(archive: zipfile.ZipFile, size: int) -> tuple[str, dict[str, int]]:
    """The folder that all members of a zip of torch.save stand in, and what each of them takes."""
    members = archive.infolist()
    root = members[0].filename.split("/")[0] + "/" if members else ""
    sizes = {member.filename: member.file_size for member in members}
    # before all else that torch.save would not write: the code in it is compressed
    if root + "constants.pkl" in sizes or any(name.startswith(root + "code/") for name in sizes):
        raise BadCheckpoint("is a TorchScript program")
    if len({member.filename.casefold() for member in members}) < len(members):
        raise BadCheckpoint("is a zip with two members of one name")
    for member in members:
        path = PurePosixPath(member.filename)
        inside = member.filename.removeprefix(root)
        if inside == member.filename or "\\" in member.filename or ".." in path.parts:
            raise BadCheckpoint("is a zip with members outside its one folder")
        if member.compress_type != zipfile.ZIP_STORED or member.compress_size != member.file_size:
            raise BadCheckpoint("is a compressed zip, which torch.save never writes")
        if inside.startswith("data/") and not (inside[5:].isascii() and inside[5:].isdigit()):
            raise BadCheckpoint("is a zip that torch.save did not write")
    if sum(sizes.values()) > size:
        raise BadCheckpoint("claims to unpack to more than it is")
    if [name for name in sizes if name.endswith("data.pkl")] != [root + "data.pkl"]:
        raise BadCheckpoint("is a zip, but not one that torch.save wrote")
    return root, sizes


def _filled(stream: IO[bytes], n_bytes: int) -> bytearray:
    data = bytearray(n_bytes)
    rest = memoryview(data)
    while rest and (n_read := stream.readinto(rest)):  # type: ignore[attr-defined]  # missing from typing
        rest = rest[n_read:]
    if rest:
        raise BadCheckpoint("is damaged: the end of it is missing")
    return data


def _check_end(stream: BinaryIO, size: int) -> None:
    """The list of members stands right before the end of the file and is of moderate length.

    Readers of zips find that list in slightly different ways. Where nothing can stand between, before or behind, they
    find the same one.
    """
    end = size - 22
    stream.seek(max(0, end - 76))
    tail = stream.read()[-98:]
    if len(tail) < 98 or tail[76:80] != b"PK\x05\x06" or tail[-2:] != b"\0\0":
        raise BadCheckpoint("is damaged: the end of it is missing")
    n_bytes, start = struct.unpack("<2L", tail[88:96])
    if tail[56:60] == b"PK\x06\x07":  # the same facts once more in 64 bits, which is how torch writes them
        end -= 76
        (record,) = struct.unpack("<Q", tail[64:72])
        n_bytes, start = struct.unpack("<2Q", tail[40:56])
        if record != end or tail[:4] != b"PK\x06\x06":
            raise BadCheckpoint("is a zip that torch.save did not write")
    if start + n_bytes != end or n_bytes > _MAX_DIRECTORY:
        raise BadCheckpoint("is a zip that torch.save did not write")


def read_legacy(stream: BinaryIO, size: int) -> TorchFile:
    """A file of torch < 1.6: five pickles, then the storages one after the other, each behind its length."""
    stream.seek(0)
    head = io.BytesIO(stream.read(_MAX_PICKLE))
    for _ in range(2):  # the magic number and the version
        Pickle(head).read()
    machine = Pickle(head).read()
    if isinstance(machine, dict) and machine.get("little_endian") is False:
        raise BadCheckpoint("was written on a machine with another order of bytes")
    pickle = Pickle(head)
    content = pickle.read()
    order = Pickle(head).read()
    # A storage that is not in the list of what follows would keep whatever the memory held before.
    names = [name for name in order if isinstance(name, str)] if isinstance(order, list) else []
    if sorted(names) != sorted(pickle.storages):
        raise BadCheckpoint("claims values that are not in it")
    places, place = dict[str, int](), head.tell()
    for name in names:
        places[name] = place + 8
        place += 8 + pickle.storages[name].n_bytes
    if place > size:
        raise BadCheckpoint("claims values that are not in it")

    def bytes_of(key: str) -> bytearray:
        stream.seek(places[key] - 8)
        if int.from_bytes(stream.read(8), "little") != pickle.storages[key].n_items:
            raise BadCheckpoint("claims values that are not in it")
        return _filled(stream, pickle.storages[key].n_bytes)

    return TorchFile(content, bytes_of)

"""What a file of `torch.save` claims to hold, compared with what is in it before torch reads it.

`torch.load(weights_only=True)` runs nothing that it does not know, but it believes what it reads: a tensor of 4 TB that
repeats one number, 200,000 entries, sparse indices that point anywhere, a storage larger than the file. Here every
storage a file asks for is held against the bytes that are really there. What passes is small and plain, and safe to
hand to torch.

A refusal is a BadCheckpoint whose text says only what is wrong; `checkpoints` adds the name and what to do.
"""

from __future__ import annotations

import io
import struct
import zipfile
from pathlib import PurePosixPath
from typing import BinaryIO

from ..errors import BadCheckpoint
from .pickled import Pickle

ZIP_START = b"PK\x03\x04"
LEGACY_START = b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19."  # the pickled number with which torch < 1.6 began a file

_MAX_PICKLE = 8 << 20  # bytes
_MAX_DIRECTORY = 2 << 20  # bytes of the list of members of a zip


def claims_of_zip(stream: BinaryIO, size: int) -> object:  # noqa: C901  # one branch for each claim that may be false
    """The dicts, lists and Claims of a file of torch >= 1.6: a zip of `data.pkl` and one member for each storage."""
    _check_end(stream, size)
    with zipfile.ZipFile(stream) as archive:
        members = archive.infolist()
        root = members[0].filename.split("/")[0] + "/" if members else ""
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
        if sum(member.file_size for member in members) > size:
            raise BadCheckpoint("claims to unpack to more than it is")
        sizes = {member.filename: member.file_size for member in members}
        if root + "constants.pkl" in sizes or any(name.startswith(root + "code/") for name in sizes):
            raise BadCheckpoint("is a TorchScript program")
        if [name for name in sizes if name.endswith("data.pkl")] != [root + "data.pkl"]:
            raise BadCheckpoint("is a zip, but not one that torch.save wrote")
        if sizes[root + "data.pkl"] > _MAX_PICKLE:
            raise BadCheckpoint("holds far more than weights")
        pickle = Pickle(io.BytesIO(archive.read(root + "data.pkl")))
    claims = pickle.read()
    for storage in pickle.storages.values():
        if sizes.get(f"{root}data/{storage.key}") != storage.n_bytes:
            raise BadCheckpoint("claims values that are not in it")
    return claims


def _check_end(stream: BinaryIO, size: int) -> None:
    """The list of members stands right before the end of the file and is of moderate length.

    Python and torch find that list in slightly different ways. Where nothing can stand between, before or behind, they
    find the same one, and what was checked is what is loaded.
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


def claims_of_legacy(stream: BinaryIO, size: int) -> object:
    """The dicts, lists and Claims of a file of torch < 1.6: five pickles, then the storages one after the other."""
    stream.seek(0)
    head = io.BytesIO(stream.read(_MAX_PICKLE))
    for _ in range(3):  # the magic number, the version and the byte order of the machine
        Pickle(head).read()
    pickle = Pickle(head)
    claims = pickle.read()
    order = Pickle(head).read()
    # A storage that is not in the list of what follows would keep whatever the memory held before.
    names = [name for name in order if isinstance(name, str)] if isinstance(order, list) else []
    if sorted(names) != sorted(pickle.storages):
        raise BadCheckpoint("claims values that are not in it")
    if head.tell() + sum(8 + storage.n_bytes for storage in pickle.storages.values()) > size:
        raise BadCheckpoint("claims values that are not in it")
    return claims

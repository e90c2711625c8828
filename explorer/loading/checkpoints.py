"""The one border for files of weights: bytes or a path -> Checkpoint -> the parameters of a network.

A file of weights can come from a stranger. Two formats are read, told apart by their content: safetensors, and what
`torch.save` writes, of which `torchfile` takes the tensors alone, after it has compared what the file claims with what
is in it. Nothing in a file is ever run.
"""

from __future__ import annotations

import hashlib
import io
import json
import logging
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import BinaryIO

import safetensors.torch
import torch
from torch import nn

from ..errors import BadCheckpoint
from ..wording import quoted
from .misfits import first_three, shape_text
from .pickled import Claim
from .renaming import renamed
from .torchfile import ZIP_START, begins_as_legacy, read_legacy, read_zip
from .unwrapping import Found, Setting, bare, names_beside, read_metadata, settings_inside, weights_in

DEFAULT_LIMIT = 300 << 20  # bytes of a file from a stranger; in the megabytes of an uploader
_MAX_ENTRIES = 5000  # resnet152 has 932
_MAX_HEADER = 4 << 20  # bytes of the list of tensors of a safetensors file
_FLOATS = {torch.float16, torch.bfloat16, torch.float32, torch.float64}
_INTEGERS = {torch.int64, torch.int32, torch.int16, torch.int8, torch.uint8, torch.bool}
# densenet's published files are older than the rule that a module's name has no dot: "norm.1" is "norm1" today
_DENSENET = re.compile(r"(\bdenselayer\d+\.(?:norm|relu|conv))\.([12]\.)")

_NEITHER = "is neither of the two kinds of file that can be read"
OTHER_KINDS = (  # how they begin, in small letters
    (
        b"version https://git-lfs",
        "is a pointer of Git LFS, in the place of weights that 'git lfs pull' fetches",
    ),
    (b"<!doctype html", "is a web page, as a site sends in the place of a file that is not there or not free"),
    (b"<html", "is a web page, as a site sends in the place of a file that is not there or not free"),
    (b"\x89hdf", "is an HDF5 file, as Keras writes"),
    (b"gguf", "is a GGUF file, as language models come in"),
)

logger = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """Named weights as they were found in a file: dense, on the CPU, and no bigger than the file."""

    state: Mapping[str, torch.Tensor]  # float32 for floating tensors; whole numbers keep their type
    digest: str  # sha256 of the file
    notes: tuple[str, ...] = ()  # what to know: "3 of its values are NaN"
    names: Found | None = None  # of its classes, where the file has them; not yet compared with their number
    settings: tuple[Setting, ...] = ()  # that may say how pictures are prepared
    # of weights that were trained over another network's, and are no network alone: the digest of that, and its name
    over: tuple[str, str] | None = None

    @property
    def n_bytes(self) -> int:
        """Memory that its weights take."""
        return sum(value.nbytes for value in self.state.values())


def read_checkpoint(
    source: bytes | str | Path, name: str | None = None, *, max_bytes: int = DEFAULT_LIMIT
) -> Checkpoint:
    """The weights in a file, given as its bytes or its path; `name` is what messages call it.

    `max_bytes` bounds what is read at all. Half and double precision become float32.
    Raises BadCheckpoint with a sentence that can be shown.
    """
    title = name or (Path(source).name if isinstance(source, (str, Path)) else "")
    subject = quoted(title) if title else "The file of weights"
    try:
        stream = _opened(source)
    except OSError as error:
        logger.info("a file of weights could not be opened: %r", error)
        raise BadCheckpoint(
            f"{subject} cannot be opened; a readable file of weights is needed. Check the path and its permissions."
        ) from None
    with stream:
        size = stream.seek(0, io.SEEK_END)
        if size > max_bytes:
            raise BadCheckpoint(
                f"{subject} has {size >> 20:,} MB; a file of weights may have {max_bytes >> 20:,} MB. "
                "Save the weights alone, without the state of the training, or choose a smaller network."
            )
        try:
            return _read(stream, size, _digest(stream))
        except BadCheckpoint as fact:
            reason = str(fact)
        except Exception as error:  # broken files are refused with almost any type, and torch's words would mislead
            logger.info("a file of weights was refused: %s", type(error).__name__)
            reason = "is damaged, or holds something that no network's weights need"
    raise BadCheckpoint(
        f"{subject} {reason}; a file of weights is safetensors, or torch.save of named, dense, real tensors and no "
        "more. Save it again with torch.save(model.state_dict(), path)."
    )


def load_state(model: nn.Module, checkpoint: Checkpoint, network: str, name: str) -> None:
    """Give `model`, which is the architecture `network`, the weights of the checkpoint called `name`.

    All names and shapes are compared before anything is copied. The tensors are then taken over, not copied, so a model
    that was built on the meta device becomes real. The counters of batch norm, which old files lack, start at zero.
    Raises BadCheckpoint that names the first three entries which do not fit.
    """
    expected = model.state_dict()
    given = {_DENSENET.sub(r"\1\2", key): value for key, value in checkpoint.state.items()}
    wrong = []
    for key, own in expected.items():
        value = given.get(key)
        if value is None and key.endswith("num_batches_tracked"):
            value = torch.zeros(own.shape, dtype=own.dtype, device="cpu")
        if value is None:
            wrong.append(f"it has no {quoted(key)}")
        elif value.shape != own.shape:
            wrong.append(f"its {quoted(key)} is {shape_text(value.shape)} instead of {shape_text(own.shape)}")
        elif own.is_floating_point() and not value.is_floating_point():
            wrong.append(f"its {quoted(key)} holds whole numbers instead of fractions")
        else:
            expected[key] = value.to(own.dtype)  # into torch's own dict, which also knows the versions of the modules
    wrong += [f"{network} has no {quoted(key)}" for key in given if key not in expected]
    if wrong:
        raise BadCheckpoint(
            f"{quoted(name)} does not fit {network}: {first_three(wrong)}. "
            f"Choose the network it was saved from, or a checkpoint of {network}."
        )
    model.load_state_dict(expected, assign=True)


def _opened(source: bytes | str | Path) -> BinaryIO:
    if isinstance(source, bytes):
        return io.BytesIO(source)
    if not Path(source).is_file():  # a pipe or a device would never end
        raise OSError("not a file")
    return Path(source).open("rb")


def _digest(stream: BinaryIO) -> str:
    stream.seek(0)
    digest = hashlib.sha256()
    while chunk := stream.read(1 << 20):
        digest.update(chunk)
    return digest.hexdigest()


def _read(stream: BinaryIO, size: int, digest: str) -> Checkpoint:
    """The tensors of a file whose format its first bytes tell; its extension says nothing."""
    stream.seek(0)
    start = stream.read(64)
    stream.seek(0)
    if not size:
        raise BadCheckpoint("is empty")
    if start.startswith(ZIP_START) or begins_as_legacy(start):
        file = (read_zip if start.startswith(ZIP_START) else read_legacy)(stream, size)
        claims, notes = weights_in(file.content)
        _check_claims(claims, size)
        once = {claim: _plain(key, file.tensor(claim), size) for key, claim in claims.items()}
        state = {key: once[claim] for key, claim in claims.items()}
        around = file.content
    elif start[8:9] == b"{" and (length := int.from_bytes(start[:8], "little")) <= min(size - 8, _MAX_HEADER):
        content = stream.read()
        found = safetensors.torch.load(content)
        _check_number(found)
        header = json.loads(content[8 : 8 + length])  # which alone has the file's own order
        state, notes = {key: _plain(key, found[key], size) for key in header if key in found}, []
        around = read_metadata(header.get("__metadata__") or {})
    else:
        raise BadCheckpoint(_kind(start))
    over, left_out = _over(around), list[str]()
    if over is None:  # else the entries are called as what they stand on calls them
        state, left_out = bare(state)
        state = renamed(state)
    said = names_beside(around), settings_inside(around)
    return Checkpoint(MappingProxyType(state), digest, (*notes, *left_out, *_notes(state)), *said, over)


def _over(around: object) -> tuple[str, str] | None:
    found = around.get("over") if isinstance(around, dict) else None
    digest, base = (found.get("digest"), found.get("base")) if isinstance(found, dict) else (None, None)
    return (digest, base) if isinstance(digest, str) and isinstance(base, str) else None


def _kind(start: bytes) -> str:
    """What a file is, by how it begins, if it is neither of the two kinds."""
    text = start.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    return next((words for mark, words in OTHER_KINDS if text.startswith(mark)), _NEITHER)


def _check_number(state: Mapping[str, object]) -> None:
    if not state:
        raise BadCheckpoint("holds no named tensors")
    if len(state) > _MAX_ENTRIES:
        raise BadCheckpoint(f"has {len(state):,} entries, more than the {_MAX_ENTRIES:,} that any network here needs")


def _check_claims(claims: Mapping[str, Claim], size: int) -> None:
    """Not too many, and all together no bigger than the file; what has two names counts once."""
    _check_number(claims)
    if sum(claim.n_bytes for claim in set(claims.values())) > size:
        raise BadCheckpoint("claims more values than it holds")


def _plain(key: str, value: torch.Tensor, size: int) -> torch.Tensor:
    """A dense tensor of real numbers without history, floats as float32, that keeps no memory but its own."""
    if value.layout != torch.strided or value.device.type != "cpu" or value.dtype not in _FLOATS | _INTEGERS:
        raise BadCheckpoint(f"has an entry {quoted(key)} of a kind that is not read ({value.dtype})")
    # an empty tensor costs nothing, whatever its other lengths say; a network built to them would
    if math.prod(length or 1 for length in value.shape) * value.element_size() > size:
        raise BadCheckpoint("claims more values than it holds")
    value = value.detach().contiguous()
    if value.nbytes < value.untyped_storage().nbytes():
        value = value.clone()
    if value.dtype == torch.bool:
        value = value.view(torch.uint8) != 0  # a truth value is 0 or 1, whatever a file says
    return value.to(torch.float32) if value.dtype in _FLOATS else value


def _notes(state: Mapping[str, torch.Tensor]) -> tuple[str, ...]:
    floats = [value for value in state.values() if value.is_floating_point()]
    suspects = [value for value in floats if not math.isfinite(value.sum().item())]
    counts = {
        "NaN": sum(int(value.isnan().sum()) for value in suspects),
        "infinite": sum(int(value.isinf().sum()) for value in suspects),
    }
    notes = [f"{n:,} of its values {'is' if n == 1 else 'are'} {kind}" for kind, n in counts.items() if n]
    if floats and not any(value.any() for value in floats):
        notes.append("all its weights are zero")
    return tuple(notes)

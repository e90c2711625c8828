"""The one border for files of weights: bytes or a path -> Checkpoint -> the parameters of a network.

A file of weights can come from a stranger. Two formats are read, told apart by their content: safetensors, and what
`torch.save` writes, through `torch.load(weights_only=True)` and only after `torchfile` has compared what the file
claims with what is in it.
"""

from __future__ import annotations

import hashlib
import io
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
from .pickled import Claim
from .torchfile import LEGACY_START, ZIP_START, claims_of_legacy, claims_of_zip

DEFAULT_LIMIT = 300_000_000  # bytes of a file from a stranger
_MAX_ENTRIES = 5000  # resnet152 has 932
_MAX_HEADER = 4 << 20  # bytes of the list of tensors of a safetensors file
# under what name training scripts put the weights beside their own notes
_WRAPPERS = ("state_dict", "model", "model_state_dict", "net")
_PREFIXES = ("module.", "_orig_mod.", "model.", "net.")  # of DataParallel, torch.compile, Lightning
_MAX_PREFIXES = 4  # "model._orig_mod.module." has three
_FLOATS = {torch.float16, torch.bfloat16, torch.float32, torch.float64}
_INTEGERS = {torch.int64, torch.int32, torch.int16, torch.int8, torch.uint8, torch.bool}
# densenet's published files are older than the rule that a module's name has no dot: "norm.1" is "norm1" today
_DENSENET = re.compile(r"(\bdenselayer\d+\.(?:norm|relu|conv))\.([12]\.)")

logger = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """Named weights as they were found in a file: dense, on the CPU, and no bigger than the file."""

    state: Mapping[str, torch.Tensor]  # float32 for floating tensors; whole numbers keep their type
    digest: str  # sha256 of the file
    notes: tuple[str, ...] = ()  # what to know about the values: "3 of its values are NaN"

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
                f"{subject} has {size / 1e6:,.0f} MB; a file of weights may have {max_bytes / 1e6:,.0f} MB. "
                "Save the weights alone, without the state of the training, or choose a smaller network."
            )
        try:
            state = _read(stream, size)
            return Checkpoint(MappingProxyType(state), _digest(stream), _notes(state))
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
            wrong.append(f"its {quoted(key)} is {_shape(value)} instead of {_shape(own)}")
        elif own.is_floating_point() and not value.is_floating_point():
            wrong.append(f"its {quoted(key)} holds whole numbers instead of fractions")
        else:
            expected[key] = value.to(own.dtype)  # into torch's own dict, which also knows the versions of the modules
    wrong += [f"{network} has no {quoted(key)}" for key in given if key not in expected]
    if wrong:
        more = len(wrong) - 3
        rest = f", and {more} more {'entry does' if more == 1 else 'entries do'} not fit" if more > 0 else ""
        raise BadCheckpoint(
            f"{quoted(name)} does not fit {network}: {', '.join(wrong[:3])}{rest}. "
            f"Choose the network it was saved from, or a checkpoint of {network}."
        )
    model.load_state_dict(expected, assign=True)


def quoted(text: str) -> str:
    """A name from outside, as it can stand in a sentence: one line, not too long."""
    shown = "".join(character if character.isprintable() else "?" for character in text[:80])
    return f"'{shown}…'" if len(text) > 80 else f"'{shown}'"


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


def _read(stream: BinaryIO, size: int) -> dict[str, torch.Tensor]:
    """The tensors of a file whose format its first bytes tell; its extension says nothing."""
    stream.seek(0)
    start = stream.read(16)
    stream.seek(0)
    if not size:
        raise BadCheckpoint("is empty")
    if start.startswith((ZIP_START, LEGACY_START)):
        claims = claims_of_zip if start.startswith(ZIP_START) else claims_of_legacy
        claimed = claims(stream, size)
        wrapper = _wrapper(claimed)
        _check_claims(_state(claimed, wrapper), size)
        stream.seek(0)
        state = _state(torch.load(stream, map_location="cpu", weights_only=True, mmap=False), wrapper)
    elif start[8:9] == b"{" and int.from_bytes(start[:8], "little") <= min(size - 8, _MAX_HEADER):
        state = dict(safetensors.torch.load(stream.read()).items())
        _check_number(state)
    else:
        raise BadCheckpoint("is neither of the two kinds of file that can be read")
    return _bare({str(key): _plain(str(key), value, size) for key, value in state.items()})


def _wrapper(claimed: object) -> str | None:
    """Which of the usual names the named tensors stand under; None if they stand by themselves.

    What else a training script saved beside them has passed the same checks and is forgotten.
    """
    if isinstance(claimed, dict):
        for wrapper in _WRAPPERS:
            inner = claimed.get(wrapper)
            if isinstance(inner, dict) and any(isinstance(value, Claim) for value in inner.values()):
                return wrapper
    return None


def _state(saved: object, wrapper: str | None) -> dict[object, object]:
    """The dict of tensors in what was saved."""
    # dict's own methods: an OrderedDict from a file can bring attributes that hide them
    if isinstance(saved, dict) and wrapper is not None:
        saved = dict.get(saved, wrapper)
    if not isinstance(saved, dict):
        raise BadCheckpoint("holds no named tensors")
    return dict(dict.items(saved))


def _bare(state: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """The names without what a wrapper around the network put before every one of them.

    As all lose the same, no two become one.
    """
    for _ in range(_MAX_PREFIXES):
        for prefix in _PREFIXES:
            if all(key.startswith(prefix) and key != prefix for key in state):
                state = {key[len(prefix) :]: value for key, value in state.items()}
                break
    return state


def _check_number(state: dict[object, object]) -> None:
    if not state:
        raise BadCheckpoint("holds no named tensors")
    if len(state) > _MAX_ENTRIES:
        raise BadCheckpoint(f"has {len(state):,} entries, more than the {_MAX_ENTRIES:,} that any network here needs")


def _check_claims(state: dict[object, object], size: int) -> None:
    """Named tensors only, not too many, and all together no bigger than the file."""
    _check_number(state)
    n_bytes = 0
    for key, value in state.items():
        if not isinstance(key, str) or not isinstance(value, Claim):
            raise BadCheckpoint(f"has an entry {quoted(str(key))} that is not a tensor")
        n_bytes += value.n_bytes
    if n_bytes > size:
        raise BadCheckpoint("claims more values than it holds")


def _plain(key: str, value: object, size: int) -> torch.Tensor:
    """A dense tensor of real numbers without history, floats as float32."""
    if not isinstance(value, torch.Tensor):
        raise BadCheckpoint(f"has an entry {quoted(key)} that is not a tensor")
    if value.layout != torch.strided or value.device.type != "cpu" or value.dtype not in _FLOATS | _INTEGERS:
        raise BadCheckpoint(f"has an entry {quoted(key)} of a kind that is not read ({value.dtype})")
    # an empty tensor costs nothing, whatever its other lengths say; a network built to them would
    if math.prod(length or 1 for length in value.shape) * value.element_size() > size:
        raise BadCheckpoint("claims more values than it holds")
    value = value.detach().contiguous()
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


def _shape(tensor: torch.Tensor) -> str:
    return "(" + ", ".join(map(str, tensor.shape)) + ("," if tensor.dim() == 1 else "") + ")"

"""A network of blocks in a file of safetensors, whose metadata hold the line of its blocks: written and read here.

blocks       conv 6 5, tanh, average 2, flatten, dense
input        [1, 32, 32]
classes      ["0", "1", "2"]
preparation  digits, or the fields of a PhotoPreparation: resize=64,crop=64,mean=0.5/0.5/0.5 …
"""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

from torch import nn

from ..errors import BadData, BadModelFile, BadPreparation
from ..networks import blocks
from ..networks.digits import DigitPreparation
from ..networks.preparation import PhotoPreparation, Preparation
from ..running.lock import LOCK
from ..wording import quoted
from .checkpoints import load_state, read_checkpoint
from .model_file import ModelFile
from .preparations import as_text, preparation_in_words
from .saving import saved
from .skeleton import Unallocated

ENDING = ".safetensors"
_MOST_HEADER = 1 << 20  # bytes; of forty blocks it has 10,000
_SIDES = range(8, 257)  # of what is read, in pixels
_MOST_CLASSES = 1000
_SAVE_AGAIN = "Save the network again where it was trained."


def written(
    module: nn.Module, line: str, in_shape: blocks.Shape, categories: Sequence[str], preparation: Preparation
) -> bytes:
    """The file of a network that `blocks.build` has made of `line`."""
    return saved(module.state_dict(), {
        "blocks": line, "input": json.dumps(list(in_shape)), "classes": json.dumps(list(categories)),
        "preparation": as_text(preparation),
    })  # fmt: skip


def holds_blocks(source: Path | bytes) -> bool:
    """Whether a file is one of these, by its metadata alone."""
    return bool(_metadata(source).get("blocks"))


def read_blocks(source: Path | bytes, title: str, max_bytes: int) -> ModelFile:
    """The network in such a file. Raises BadModelFile, or BadCheckpoint for its weights."""
    checkpoint, said = read_checkpoint(source, title, max_bytes=max_bytes), _metadata(source)
    if not said.get("blocks"):
        raise BadModelFile(
            f"'{title}' holds weights alone, and not which network they are of. Name that, and give the file as its "
            "weights."
        )
    try:
        shape, names = _shape(said), _names(said)
        row = blocks.parse(said["blocks"])
        preparation = _preparation(said.get("preparation", ""), shape)
        with LOCK, Unallocated():  # another thread must not trace a module that is being built
            module = blocks.build(row, shape, len(names))
    except (BadData, BadPreparation, _Wrong) as fact:
        raise BadModelFile(f"'{title}' does not describe a network of blocks. {fact} {_SAVE_AGAIN}") from None
    load_state(module, checkpoint, "this row of blocks", title)
    return ModelFile(module.eval(), shape, names, preparation, "as the file says", checkpoint.notes)


class _Wrong(Exception):
    """What is wrong with the metadata, as a sentence."""


def _metadata(source: Path | bytes) -> dict[str, str]:
    """The texts beside the weights; none where the file is no safetensors, or has none."""
    try:
        with io.BytesIO(source) if isinstance(source, bytes) else source.open("rb") as file:
            return _texts(file)
    except OSError:
        return {}


def _texts(file: BinaryIO) -> dict[str, str]:
    length = int.from_bytes(file.read(8), "little")
    if not 2 <= length <= _MOST_HEADER:
        return {}
    header = file.read(length)
    if not header.startswith(b"{") or b'"blocks"' not in header:  # most files are of others, and end here
        return {}
    try:
        found = json.loads(header)["__metadata__"]
    except (ValueError, RecursionError, KeyError, TypeError):
        return {}
    return {key: text for key, text in found.items() if isinstance(text, str)} if isinstance(found, dict) else {}


def _shape(said: dict[str, str]) -> tuple[int, int, int]:
    match _json(said, "input"):
        case [1 | 3 as n, int(height), int(width)] if height == width and height in _SIDES:
            return int(n), height, width  # JSON's true is Python's 1
    raise _Wrong(
        f"Its 'input' is {quoted(said.get('input', ''))}; it is [channels, side, side]: 1 channel or 3, and sides from "
        f"{_SIDES.start} to {_SIDES.stop - 1}."
    )


def _names(said: dict[str, str]) -> tuple[str, ...]:
    found = _json(said, "classes")
    if not isinstance(found, list) or not 2 <= len(found) <= _MOST_CLASSES:
        raise _Wrong(f"Its 'classes' are a list of 2 to {_MOST_CLASSES:,} names.")
    if not all(isinstance(name, str) and name.strip() for name in found):
        raise _Wrong("One of its 'classes' is no name.")
    return tuple(found)


def _json(said: dict[str, str], name: str) -> object:
    try:
        return json.loads(said.get(name, ""))
    except (ValueError, RecursionError):
        return None


def _preparation(text: str, shape: tuple[int, int, int]) -> Preparation:
    if text == as_text(DigitPreparation()):
        found: Preparation = DigitPreparation()
    else:
        found = preparation_in_words(text, PhotoPreparation(shape[1], shape[1]))
    if (found.n_channels, found.size) != shape[:2]:
        raise _Wrong(
            f"Its 'preparation' makes {found.n_channels} channels of {found.size} pixels, and not its 'input'."
        )
    return found

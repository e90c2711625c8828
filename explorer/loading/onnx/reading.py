"""The one border for ONNX files: bytes in, a module of torch's own operations out, or a sentence."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path

from ...errors import BadModelFile, ExplorerError
from ...running.lock import work
from ...wording import by, quoted
from ..checkpoints import DEFAULT_LIMIT
from ..model_file import ModelFile
from .classes import categories_in
from .document import Document, read_document
from .message import parsed
from .tensors import Store
from .translation import is_channels_last, translated

_USUAL_SIDE = 224
_FORMAT = (
    "What can be read is a convolutional network of standard ONNX operators that makes logits, (N, K), of pictures, "
    "(N, C, H, W)"
)

logger = logging.getLogger(__name__)


def read_onnx(
    source: Path | bytes, title: str, external: Mapping[str, bytes] | None = None, max_bytes: int = DEFAULT_LIMIT,
    input_size: tuple[int, int, int] | None = None,
) -> ModelFile:  # fmt: skip
    """The network in an ONNX file, given as its path or its bytes; `title` is what messages call it.

    `external` are files that came along with it, by their plain names: a file may keep its weights in another. Beside a
    path they are found by themselves. `max_bytes` bounds what is read of either. `input_size` is (C, H, W); it is asked
    of the file, and where that takes any size it is (3, 224, 224).
    Raises BadModelFile with a sentence that can be shown, TooLarge.
    """
    subject = quoted(title)
    try:
        store = Store(source if isinstance(source, Path) else None, external or {}, max_bytes)
        with work(f"Reading {title}"):  # operations are run on shapes, and none may run while a network is traced
            return _read(_bytes(source, max_bytes), store, input_size)
    except BadModelFile as fact:
        reason = str(fact)
    except ExplorerError:
        raise
    except Exception as error:  # what is wrong in a way that nobody thought of
        logger.info("an ONNX file was refused: %r", error)
        reason = "is damaged, or holds something that no network needs"
    raise BadModelFile(f"{subject} {reason}. {_FORMAT}.")


def _bytes(source: Path | bytes, max_bytes: int) -> bytes:
    if isinstance(source, bytes):
        size = len(source)
    else:
        if not source.is_file():  # a pipe or a device would never end
            raise BadModelFile("cannot be opened: there is no such file")
        size = source.stat().st_size
    if size > max_bytes:
        raise BadModelFile(f"has {size >> 20:,} MB; {max_bytes >> 20:,} MB may be read")
    try:
        return source if isinstance(source, bytes) else source.read_bytes()
    except OSError as error:
        logger.info("an ONNX file could not be opened: %r", error)
        raise BadModelFile("cannot be opened. Check its permissions") from None


def _read(data: bytes, store: Store, asked: tuple[int, int, int] | None) -> ModelFile:
    model = parsed(data)
    del data  # of a large file, this is much
    if model.functions:
        raise BadModelFile(
            "defines operators of its own. Export it again with torch.onnx.export, which writes them out"
        )
    document = read_document(model)
    size, notes = _size(document, asked)
    network = translated(document, store, size)
    categories, named = categories_in(document.metadata, max(2, network.n_classes))
    kinds = sorted(store.kinds - {"float32"} | ({document.dtype} - {"float32"}))
    if kinds:
        notes.append(f"Its weights are {' and '.join(kinds)}; here they are worked with as float32")
    if document.n_outputs > 1:
        notes.append(
            f"Of its {document.n_outputs} outputs, {quoted(document.result)} is shown: no other is a table of logits"
        )
    notes += [*network.notes, *([named] if named else [])]
    return ModelFile(network.module, size, categories, notes=tuple(notes))


def _size(document: Document, asked: tuple[int, int, int] | None) -> tuple[tuple[int, int, int], list[str]]:
    """The (C, H, W) of pictures: the file's own, what is asked for, or what is usual; and a note where it is that."""
    shape = document.shape
    lengths = (shape[3], shape[1], shape[2]) if is_channels_last(shape) else (shape[1], shape[2], shape[3])
    if asked is not None:
        if any(own not in (None, n) for own, n in zip(lengths, asked, strict=True)):
            own = " × ".join("any" if n is None else str(n) for n in lengths)
            raise BadModelFile(f"reads pictures of {own} (C × H × W), not of {by(asked)}")
        return asked, []
    channels, height, width = (
        n or other for n, other in zip(lengths, (3, lengths[2] or _USUAL_SIDE, lengths[1] or _USUAL_SIDE), strict=True)
    )
    is_free = None in lengths[1:]
    note = f"It takes pictures of any size; here they are {height} × {width}"
    return (channels, height, width), [note] if is_free else []

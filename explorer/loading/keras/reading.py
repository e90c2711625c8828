"""The border for files of Keras: a path or bytes to a network of torch's own modules.

Such a file can come from a stranger. It is read as data: no layer's code is in it that would be run, and Keras is not
needed. What is not known here is refused, never left out.
"""

from __future__ import annotations

import hashlib
import json
import logging
from pathlib import Path

from ...errors import BadModelFile
from ...wording import quoted
from ..checkpoints import DEFAULT_LIMIT
from ..model_file import ModelFile
from .archive import read_contents
from .assembling import assemble
from .calls import read_model
from .precision import precision_note
from .preparing import preparing, usual_preparation, usual_side
from .variables import variables_in

logger = logging.getLogger(__name__)


def read_keras(source: Path | bytes, title: str, max_bytes: int = DEFAULT_LIMIT) -> ModelFile:
    """The network in a `.keras` file, or in the older `.h5` of Keras 2 or 3; `title` is what messages call it.

    Raises BadModelFile with a sentence that can be shown.
    """
    try:
        return _model_file(_bytes_of(source, max_bytes))
    except BadModelFile as fact:
        reason = str(fact)
    except Exception as error:  # what is damaged in a way that nobody foresaw
        logger.info("a file of Keras's was refused: %s", type(error).__name__)
        reason = "is damaged, or was not written by Keras"
    raise BadModelFile(f"{quoted(title)} {reason}.")


def _bytes_of(source: Path | bytes, max_bytes: int) -> bytes:
    try:
        size = len(source) if isinstance(source, bytes) else source.stat().st_size
        if size > max_bytes:
            raise BadModelFile(
                f"has {size >> 20:,} MB; a file of a network may have {max_bytes >> 20:,} MB. Save it without its "
                "optimizer, or choose a smaller network"
            )
        if isinstance(source, bytes):
            return source
        if not source.is_file():  # a pipe or a device would never end
            raise OSError("not a file")
        return source.read_bytes()
    except OSError as error:
        logger.info("a file of Keras's could not be opened: %r", error)
        raise BadModelFile("cannot be opened. Check the path and its permissions") from None


def _model_file(data: bytes) -> ModelFile:
    contents = read_contents(data)
    model = read_model(contents.config)
    variables = variables_in(contents.stored, model, contents.is_archive)
    made = assemble(model, variables, contents.keras, usual_side(model))
    written = json.dumps((contents.keras, contents.config), sort_keys=True)
    made.module.written_as = hashlib.sha256(written.encode()).hexdigest()
    told = preparing(model, variables, made.input_size, made.resized)
    notes = [*made.notes, precision_note(model)]
    if told.reads and told.preparation is None:
        notes.append(f"It scales pictures itself, from values from 0 to {255 if told.reads == 'bytes' else 1}")
    said = tuple(note for note in notes if note)
    return ModelFile(
        made.module, made.input_size, None, told.preparation, told.said, said, usual_preparation(made.input_size)
    )

"""The bytes of an ONNX file as one message, once it is known how much memory that takes.

A message of protocol buffers can unfold: two bytes are enough for an empty operator, which takes 150, so that a file of
40 MB takes 3 GB. So its fields are counted first, one by one, by the format's own description, without building any of
them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...errors import BadModelFile
from ..checkpoints import OTHER_KINDS

if TYPE_CHECKING:
    import onnx

_MAX_FIELDS = 1_000_000  # the largest networks of timm need a tenth of it
_MAX_DEPTH = 24  # of messages in messages; a graph inside a graph takes three
_MAX_UNFOLDED = 3  # times the bytes of the file, besides what follows
_SPARE = 64 << 20  # bytes
_PER_MESSAGE, _PER_FIELD, _PER_NUMBER = 300, 40, 8  # bytes at the most, as measured
_ZIP = b"PK\x03\x04"
_FIRST_TAG = 8  # every writer begins with the version of the format

_CUT = "is damaged: it ends before what it announces"
_NONE = "is not an ONNX file"


def parsed(data: bytes) -> onnx.ModelProto:
    """What the file says, as it says it; its tensors are not read yet. Raises BadModelFile with what is wrong."""
    import onnx  # here: 0.1 s that only a reader of such a file waits for

    start = data[:64].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if not data:
        raise BadModelFile("is empty")
    if data.startswith(_ZIP):
        raise BadModelFile("is no ONNX file but a zip, as torch.save and Keras write")
    for mark, words in OTHER_KINDS:
        if start.startswith(mark):
            raise BadModelFile(words)
    if data[0] != _FIRST_TAG and not _is_known(data[0]):
        raise BadModelFile(_NONE)
    _Count(data).message(onnx.ModelProto.DESCRIPTOR, 0, len(data), 0)
    model = onnx.ModelProto()
    try:
        model.ParseFromString(data)
    except Exception as error:  # protobuf has its own types, which are not everywhere the same
        raise BadModelFile("is damaged, or no ONNX file") from error
    if not model.ir_version or not model.opset_import or not model.graph.node:
        raise BadModelFile(_NONE if not model.graph.ByteSize() else "holds no operations")
    return model


def _is_known(tag: int) -> bool:
    """Whether a message may begin so: with a field of a whole model, of its own type."""
    return tag in (0x12, 0x1A, 0x22, 0x28, 0x32, 0x3A, 0x42, 0x72)


class _Count:
    """Walks through a message and adds up what it would take in memory."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._n_fields = 0
        self._left = _MAX_UNFOLDED * len(data) + _SPARE
        self._fields: dict[str, dict[int, Any]] = {}

    def message(self, kind: Any, at: int, end: int, depth: int) -> None:
        if depth > _MAX_DEPTH:
            raise BadModelFile("nests its parts deeper than any network needs")
        if kind.full_name not in self._fields:
            self._fields[kind.full_name] = dict(kind.fields_by_number)
        fields = self._fields[kind.full_name]
        self._take(_PER_MESSAGE)
        while at < end:
            self._n_fields += 1
            if self._n_fields > _MAX_FIELDS:
                raise BadModelFile("holds far more than a network")
            tag, at = self._number(at, end)
            field = fields.get(tag >> 3)
            match tag & 7:
                case 0:
                    _, at = self._number(at, end)
                    self._take(_PER_NUMBER)
                case 1 | 5:
                    at += 8 if tag & 7 == 1 else 4
                    self._take(_PER_NUMBER)
                case 2:
                    length, at = self._number(at, end)
                    if at + length > end:
                        raise BadModelFile(_CUT)
                    self._inside(field, at, length, depth)
                    at += length
                case _:
                    raise BadModelFile("is damaged, or no ONNX file")
        if at != end:
            raise BadModelFile(_CUT)

    def _inside(self, field: Any, at: int, length: int, depth: int) -> None:
        """What stands in so many bytes: a message, text or bytes, or numbers one behind the other."""
        if field is not None and field.message_type is not None:
            self.message(field.message_type, at, at + length, depth + 1)
            return
        if field is not None and field.type == field.TYPE_STRING:
            self._check_text(at, at + length)
        if field is None or field.type in (field.TYPE_STRING, field.TYPE_BYTES, field.TYPE_FLOAT, field.TYPE_DOUBLE):
            self._take(length + _PER_FIELD)
        else:  # each number may take one byte here, and eight in memory
            self._take(length * _PER_NUMBER)

    def _check_text(self, at: int, end: int) -> None:
        try:
            self._data[at:end].decode()
        except UnicodeDecodeError:
            raise BadModelFile("is damaged: what should be a name in it is no text") from None

    def _take(self, n_bytes: int) -> None:
        self._left -= n_bytes
        if self._left < 0:
            raise BadModelFile("would unfold to far more than it holds")

    def _number(self, at: int, end: int) -> tuple[int, int]:
        """A number of up to ten bytes, and where it ends."""
        value = shift = 0
        while at < end and shift < 70:
            byte = self._data[at]
            at += 1
            value |= (byte & 127) << shift
            if byte < 128:
                return value, at
            shift += 7
        raise BadModelFile(_CUT)

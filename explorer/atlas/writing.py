"""The tables of an atlas as Parquet: what is in each column, and files that are there as a whole or not at all.

The same rows give the same bytes: nothing of the machine, the hour or the order of the work is in them.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

N_ROWS = 256  # of pictures and of crops in a group: as many are decoded to have one of them

_FLOATS, _INTEGERS = pa.list_(pa.float32()), pa.list_(pa.int64())
_NAME = pa.dictionary(pa.int32(), pa.string())

CHANNELS_SCHEMA = pa.schema([
    ("layer", _NAME), ("channel", pa.int32()), ("count", pa.int64()),
    ("mean", pa.float32()), ("std", pa.float32()), ("minimum", pa.float32()), ("maximum", pa.float32()),
    ("sparsity", pa.float32()), ("selectivity", pa.float32()), ("best_class", pa.int32()),
    ("lowest_edge", pa.float32()), ("highest_edge", pa.float32()), ("histogram", _INTEGERS),
    ("by_class", _FLOATS), ("use_by_class", _FLOATS),
    ("neighbours", pa.list_(pa.int32())), ("correlations", _FLOATS),
])  # fmt: skip
PATCHES_SCHEMA = pa.schema([
    ("layer", _NAME), ("channel", pa.int32()), ("kind", _NAME), ("rank", pa.int32()), ("value", pa.float32()),
    ("y", pa.int32()), ("x", pa.int32()), ("crop", pa.int64()),
])  # fmt: skip
CROPS_SCHEMA = pa.schema([
    ("crop", pa.int64()), ("picture", pa.int64()),
    ("top", pa.int32()), ("left", pa.int32()), ("bottom", pa.int32()), ("right", pa.int32()), ("image", pa.binary()),
])  # fmt: skip
PICTURES_SCHEMA = pa.schema([
    ("picture", pa.int64()), ("name", pa.string()), ("digest", pa.string()), ("label", pa.int64()),
    ("answer", pa.int64()), ("probability", pa.float32()), ("of_label", pa.float32()), ("thumbnail", pa.binary()),
])  # fmt: skip
BROKEN_SCHEMA = pa.schema([("name", pa.string()), ("reason", pa.string())])


class TableFile:
    """A Parquet file that is written group by group, beside its place, and moved there when it is whole."""

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        self._path, self._schema = path, schema
        self._beside = path.with_name(f"{path.name}.part")
        self._rows: list[Mapping[str, Any]] = []

    def __enter__(self) -> TableFile:
        # the bytes of numbers are put side by side by their weight, which packs better
        split = dict.fromkeys(_split(self._schema), "BYTE_STREAM_SPLIT")
        self._writer = pq.ParquetWriter(
            self._beside, self._schema, compression="zstd", compression_level=9, column_encoding=split,
            use_dictionary=[field.name for field in self._schema if pa.types.is_dictionary(field.type)],
        )  # fmt: skip
        return self

    def add(self, columns: Mapping[str, Any]) -> None:
        """A group of rows, column by column: arrays or lists."""
        arrays = [pa.array(columns[field.name], type=_plain(field.type)) for field in self._schema]
        table = pa.Table.from_arrays(arrays, names=self._schema.names).cast(self._schema)
        self._writer.write_table(table, row_group_size=max(1, len(table)))

    def add_row(self, row: Mapping[str, Any]) -> None:
        """A row of a file whose groups have N_ROWS each."""
        self._rows.append(row)
        if len(self._rows) == N_ROWS:
            self._flush()

    def _flush(self) -> None:
        rows, self._rows = self._rows, []
        self.add({field.name: [row[field.name] for row in rows] for field in self._schema})

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        try:
            if kind is None and self._rows:
                self._flush()
        finally:
            self._writer.close()
        if kind is None:
            self._beside.replace(self._path)
        else:
            self._beside.unlink(missing_ok=True)


def _plain(kind: pa.DataType) -> pa.DataType:
    """What a column is made as before names that repeat are written once."""
    return pa.string() if pa.types.is_dictionary(kind) else kind


def _split(schema: pa.Schema) -> list[str]:
    """The columns of numbers, as Parquet calls them: those of lists by their elements."""
    found = []
    for field in schema:
        kind, is_list = field.type, pa.types.is_list(field.type)
        kind = kind.value_type if is_list else kind
        if pa.types.is_floating(kind) or pa.types.is_integer(kind):
            found.append(f"{field.name}.list.element" if is_list else field.name)
    return found

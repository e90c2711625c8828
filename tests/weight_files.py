"""Files of weights as somebody saves them, or changes them afterwards."""

from __future__ import annotations

import io
import resource
import sys
import time
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import torch

from explorer.errors import BadCheckpoint
from explorer.loading.checkpoints import read_checkpoint

REST = (
    "; a file of weights is safetensors, or torch.save of named, dense, real tensors and no more. "
    "Save it again with torch.save(model.state_dict(), path)."
)
STATE = {"weight": torch.arange(12.0).reshape(3, 4), "bias": torch.ones(3), "steps": torch.tensor(7)}


def saved(content: object, *, legacy: bool = False, protocol: int = 2) -> bytes:
    stream = io.BytesIO()
    torch.save(content, stream, pickle_protocol=protocol, _use_new_zipfile_serialization=not legacy)
    return stream.getvalue()


def rezipped(
    data: bytes, change: Callable[[str, bytes], Mapping[str, bytes]], method: int = zipfile.ZIP_STORED
) -> bytes:
    """The zip with each member replaced by those that `change(name, content)` returns."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(stream, "w", method) as new:
        for name in old.namelist():
            for changed, content in change(name, old.read(name)).items():
                new.writestr(changed, content)
    return stream.getvalue()


def with_pickle(data: bytes, change: Callable[[bytes], bytes]) -> bytes:
    return rezipped(data, lambda name, content: {name: change(content) if name.endswith("/data.pkl") else content})


def replaced(data: bytes, old: bytes, new: bytes) -> bytes:
    assert data.count(old) == 1
    return data.replace(old, new)


def refusal(source: bytes | str | Path, name: str | None = "net.pth", **options: Any) -> str:
    """The sentence with which a file is refused, within 5 s of work and 200 MB, without the part that all share."""
    memory, begun = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    with pytest.raises(BadCheckpoint) as caught:
        read_checkpoint(source, name, **options)
    assert time.process_time() - begun < 5
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory < 200 * (
        1024**2 if sys.platform == "darwin" else 1024
    )
    text = str(caught.value)
    assert "weights_only" not in text
    assert "\n" not in text
    assert caught.value.__cause__ is None
    return text.removesuffix(REST)


class Call:
    """Pickles as this call."""

    def __init__(self, function: object, *arguments: object) -> None:
        self.call = function, arguments

    def __reduce__(self) -> Any:
        return self.call

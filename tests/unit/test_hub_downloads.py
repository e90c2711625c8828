"""Fetching weights whose name has no checksum, from a server that misbehaves: what is not whole never gets its name."""

from __future__ import annotations

import io
import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from explorer.errors import WeightsUnavailable
from explorer.loading import transfer
from explorer.loading.download import delete, fetch, file_name
from explorer.loading.downloads import Downloads
from explorer.loading.whole import is_whole
from tests.servers import ON_HUB, TENSORS, Server, running_server

pytestmark = pytest.mark.slow  # together

NAME = "net.tag.safetensors"


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with running_server() as server:
        yield server


def file_of(header: object, n_bytes: int) -> bytes:
    text = json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + bytes(n_bytes)


@pytest.mark.parametrize("mode", ["good", "unsaid", "moved"])
def test_a_file_arrives_under_the_name_of_its_repository_and_is_fetched_once(
    server: Server, tmp_path: Path, mode: str
) -> None:
    path = fetch(server.url(mode, ON_HUB), tmp_path)
    assert path == tmp_path / NAME
    assert path.read_bytes() == TENSORS
    assert list(tmp_path.iterdir()) == [path]
    n_requests = len(server.requests)
    assert fetch(server.url(mode, ON_HUB), tmp_path) == path
    assert len(server.requests) == n_requests
    delete(path)
    assert not path.exists()


@pytest.mark.parametrize(
    ("mode", "reason"),
    [
        ("missing", "the server answered 404 (Not Found)"),
        ("cut", f"the connection ended after 300,000 of {len(TENSORS):,} bytes"),
        ("wrong", "what arrived is no whole file of weights (safetensors)"),
        ("hang", "nothing came for 0 seconds"),
        ("elsewhere", "the connection failed"),
    ],
)
def test_a_failed_download_is_a_sentence_and_leaves_nothing(
    server: Server, tmp_path: Path, mode: str, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transfer, "TIMEOUT", 0.3)
    with pytest.raises(WeightsUnavailable) as caught:
        fetch(server.url(mode, ON_HUB), tmp_path)
    assert f"The pretrained weights '{NAME}' are not here yet, and could not be fetched from " in str(caught.value)
    assert f": {reason}. Place the file {NAME} in {tmp_path}, " in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_file_is_fetched_again(server: Server, tmp_path: Path) -> None:
    path = tmp_path / NAME
    path.write_bytes(TENSORS[:-1])
    with pytest.raises(WeightsUnavailable, match="are there but damaged, and"):
        fetch(server.url("missing", ON_HUB), tmp_path)
    assert fetch(server.url("good", ON_HUB), tmp_path).read_bytes() == TENSORS


def test_it_is_called_after_its_repository_while_it_comes(server: Server, tmp_path: Path) -> None:
    downloads = Downloads()
    downloads.ask(server.url("good", ON_HUB), tmp_path, "somebody")
    found = downloads.get(server.url("good", ON_HUB))
    assert found is not None
    assert found.name == NAME
    while downloads.active():
        time.sleep(0.02)
    assert (tmp_path / NAME).read_bytes() == TENSORS


@pytest.mark.parametrize(
    "path",
    [
        "timm/net/resolve/main/model.safetensors",
        "timm/net.tag/resolve/main/pytorch_model.bin",
        "timm/net.tag/blob/main/model.safetensors",
        "timm/..%2fnet.tag/resolve/main/model.safetensors",
        "x/timm/net.tag/resolve/main/model.safetensors",
        "timm/.tag/resolve/main/model.safetensors",
        "model.safetensors",
    ],
)
def test_other_addresses_are_refused(path: str, tmp_path: Path) -> None:
    with pytest.raises(WeightsUnavailable, match="this is not an address of checked weights"):
        fetch(f"http://127.0.0.1:9/{path}", tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_names_are_those_of_repositories_or_as_there() -> None:
    assert file_name("https://huggingface.co/timm/resnet50d.ra2_in1k/resolve/main/model.safetensors") == (
        "resnet50d.ra2_in1k.safetensors"
    )
    assert file_name("https://download.pytorch.org/models/resnet18-f37072fd.pth") == "resnet18-f37072fd.pth"


@pytest.mark.parametrize("name", ["mine.safetensors", "a.b.c.safetensors", "net.tag.safetensors.part", "net.tag.pth"])
def test_nothing_else_is_deleted(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(TENSORS)
    with pytest.raises(WeightsUnavailable, match="its name is not that of fetched weights"):
        delete(tmp_path / name)
    assert (tmp_path / name).exists()


def test_a_whole_file_is_told_from_others() -> None:
    assert is_whole(io.BytesIO(TENSORS))
    tensor = {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}
    assert is_whole(io.BytesIO(file_of({"a": tensor, "__metadata__": {"format": "pt"}}, 8)))
    offsets = [0, 8, 8], [0, "8"], None, [4, 12], [0, -8], [0, True], [8, 0]
    entries = [{"a": {**tensor, "data_offsets": given}} for given in offsets]
    overlapping = {"a": tensor, "b": {**tensor, "data_offsets": [4, 12]}}
    for content in (
        b"", b"12345678", TENSORS[:-1], TENSORS + b"x", TENSORS[1:], b"<!doctype html><html></html>",
        (1 << 62).to_bytes(8, "little") + TENSORS[8:], (9).to_bytes(8, "little") + b"[" * 9 + bytes(8),
        *(file_of(header, 8) for header in ([], {"a": 3}, *entries)), file_of({}, 0), file_of(overlapping, 12),
    ):  # fmt: skip
        assert not is_whole(io.BytesIO(content)), content[:60]

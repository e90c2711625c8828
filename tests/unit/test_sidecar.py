"""A checksum beside a file of weights: written, and compared when the weights are used."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

import pytest
import torch

from explorer.errors import WeightsUnavailable
from explorer.loading.catalog import CATALOG
from explorer.loading.published import VARIABLE, find_set, locate
from explorer.loading.sidecar import check_sidecar, write_sidecar

CONTENT = bytes(range(256)) * 9000  # more than is read at once
DIGEST = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "squeezenet1_1.safetensors"
    path.write_bytes(CONTENT)
    return path


def sidecar(file: Path, text: str) -> Path:
    beside = file.with_name(f"{file.name}.sha256")
    beside.write_text(text)
    return beside


def refusal(file: Path) -> str:
    with pytest.raises(WeightsUnavailable) as caught:
        check_sidecar(file)
    assert caught.value.__cause__ is None
    return str(caught.value)


def test_without_one_nothing_is_compared(file: Path) -> None:
    check_sidecar(file)


@pytest.mark.parametrize(
    "text",
    [
        DIGEST,
        f"{DIGEST}  squeezenet1_1.safetensors\n",
        f"{DIGEST} *squeezenet1_1.safetensors\r\n",
        DIGEST.upper() + "\n",
    ],
)
def test_the_right_one(file: Path, text: str) -> None:
    sidecar(file, text)
    check_sidecar(file)


def test_a_wrong_one(file: Path) -> None:
    other = hashlib.sha256(b"other").hexdigest()
    sidecar(file, f"{other}  {file.name}\n")
    beside = "'squeezenet1_1.safetensors.sha256'"
    assert refusal(file) == (
        f"The weights 'squeezenet1_1.safetensors' in {file.parent} are not those that {beside} was written for: their "
        f"sha256 begins with {DIGEST[:8]} and not with {other[:8]}. Copy both again, or delete {beside} if these "
        "weights are meant."
    )


@pytest.mark.parametrize("text", ["", "\n", DIGEST[:-1], f"{DIGEST}0", "not at all", "\0" * 64, "é" * 64, "g" * 64])
def test_one_that_is_none(file: Path, text: str) -> None:
    sidecar(file, text)
    assert refusal(file).startswith(
        "'squeezenet1_1.safetensors.sha256' beside the weights 'squeezenet1_1.safetensors' holds no sha256, which is "
    )


def test_a_file_that_changes_is_read_again(file: Path) -> None:
    write_sidecar(file)
    check_sidecar(file)
    file.write_bytes(CONTENT[:-1] + b"\0")
    os.utime(file, ns=(1, file.stat().st_mtime_ns + 1))  # a coarse clock may not have moved on
    assert "are not those that" in refusal(file)
    write_sidecar(file)
    check_sidecar(file)


@pytest.mark.skipif(shutil.which("sha256sum") is None, reason="sha256sum is not installed")
def test_sha256sum_agrees(file: Path) -> None:
    beside = write_sidecar(file)
    done = subprocess.run(
        ["sha256sum", "-c", beside.name], cwd=file.parent, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, f"{file.name}: OK\n")
    written = subprocess.run(["sha256sum", file.name], cwd=file.parent, capture_output=True, text=True, check=True)
    assert written.stdout == beside.read_text()


def test_where_nothing_can_be_written(file: Path) -> None:
    file.with_name(f"{file.name}.sha256").mkdir()
    with pytest.raises(
        WeightsUnavailable, match=r"^'squeezenet1_1\.safetensors\.sha256' cannot be written beside the "
    ):
        write_sidecar(file)
    check_sidecar(file)  # a folder says nothing


@pytest.mark.parametrize("suffix", [".safetensors", ".pth"])
def test_weights_of_ones_own_folder_are_compared(suffix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path / "hub"))
    path = tmp_path / f"squeezenet1_1{suffix}"
    path.write_bytes(CONTENT)
    weights = find_set(CATALOG["squeezenet1_1"], "pretrained")
    write_sidecar(path)
    assert locate(weights) == path
    sidecar(path, "0" * 64)
    with pytest.raises(WeightsUnavailable, match="are not those that"):
        locate(weights)

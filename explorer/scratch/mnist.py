"""MNIST as it is handed on, `mnist.npz`: read as data, and no more of it than it may have."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from ..errors import BadData
from ..wording import by, quoted

NAME = "mnist.npz"
_SIDE, _MARGIN = 28, 2  # of its pictures, and what LeNet-5 reads besides
_MOST = 100_000  # pictures of a part
_HEADERS = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}


def read_mnist(path: Path) -> tuple[NDArray[np.uint8], NDArray[np.int64], NDArray[np.uint8], NDArray[np.int64]]:
    """The digits to train on, (N, 1, 32, 32), and which they are, (N,); then those to measure on. Raises BadData.

    A digit of MNIST is cut and centred already (networks/digits.py), so all that it lacks is a margin.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            return *_part(archive, "train"), *_part(archive, "test")
    except BadData as fact:
        reason = str(fact)
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, RuntimeError, NotImplementedError):
        reason = "it is damaged, or holds other arrays"
    raise BadData(
        f"{quoted(path.name)} cannot be read: {reason}. It is a file of NumPy with x_train and x_test, uint8 pictures "
        f"of {by((_SIDE, _SIDE))}, and y_train and y_test, a digit for each: fetch it again."
    )


def _part(archive: zipfile.ZipFile, name: str) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    pictures, digits = _array(archive, f"x_{name}", 3), _array(archive, f"y_{name}", 1)
    if pictures.dtype != np.uint8 or pictures.shape[1:] != (_SIDE, _SIDE):
        raise BadData(f"x_{name} is {pictures.dtype} of {by(pictures.shape)}")
    if len(digits) != len(pictures) or not np.isin(digits, range(10)).all() or len({*digits.tolist()}) < 10:
        raise BadData(f"y_{name} is no list of {len(pictures):,} digits in which each from 0 to 9 occurs")
    margin = (_MARGIN, _MARGIN)
    return np.pad(pictures, ((0, 0), margin, margin))[:, None], digits.astype(np.int64)


def _array(archive: zipfile.ZipFile, name: str, n_axes: int) -> NDArray[np.generic]:
    """One array, whose size is known before it is unpacked."""
    with archive.open(f"{name}.npy") as file:
        shape, is_fortran, dtype = _HEADERS[npy.read_magic(file)](file)
        if dtype.kind not in "iu" or is_fortran or len(shape) != n_axes:
            raise BadData(f"{name} is {dtype} of {by(shape)}")
        if shape[0] > _MOST or max(shape[1:], default=0) > _SIDE:
            raise BadData(f"{name} claims to be {by(shape)}; {_MOST:,} pictures of {by((_SIDE, _SIDE))} are the most")
        n_bytes = int(np.prod(shape)) * dtype.itemsize
        content = file.read(n_bytes + 1)
    if len(content) != n_bytes:
        raise BadData(f"{name} has not as many numbers as it says")
    return np.frombuffer(content, dtype).reshape(shape)

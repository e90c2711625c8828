"""Files of all other kinds, as they come under the name of a picture or of a network's weights."""

from __future__ import annotations

import gzip
import io
import pickle
import tarfile
import zipfile

import numpy as np
from PIL import Image

from tests.picture_files import encode, photo

REST = bytes(99)


def archives() -> dict[str, bytes]:
    zipped, tape, numbers, compressed = io.BytesIO(), io.BytesIO(), io.BytesIO(), io.BytesIO()
    with zipfile.ZipFile(zipped, "w") as file:
        file.writestr("cat.txt", "a cat")
    with zipfile.ZipFile(compressed, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("a/cat.txt", "a cat" * 99)
    with tarfile.open(fileobj=tape, mode="w") as tar:
        tar.addfile(tarfile.TarInfo("cat.png"))
    np.savez(numbers, photo())
    return {
        "zip": zipped.getvalue(),
        "compressed zip": compressed.getvalue(),
        "tar": tape.getvalue(),
        "npz": numbers.getvalue(),
        "gzip": gzip.compress(REST, mtime=0),
        "rar": b"Rar!\x1a\7\1\0" + REST,
        "7z": b"7z\xbc\xaf\x27\x1c" + REST,
    }


def texts() -> dict[str, bytes]:
    return {
        "page": b"<!doctype html><html><img src='cat.png'></html>",
        "page without a type": b"\n<html><body>404</body></html>",
        "drawing": b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        "xml": b"<?xml version='1.0'?><a/>",
        "text": b"to be or not to be" * 99,
        "wide text": "\ufeffto be or not to be".encode("utf-16"),
        "json": b'{"picture": "cat.png"}',
        "pdf": b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<<>>\nendobj\n",
        "postscript": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n",
        "pointer of Git LFS": b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"0" * 64 + b"\nsize 9\n",
        "script": b"#!/bin/sh\nexit 0\n",
        "line ends": b"\r\n" * 50,
    }


def films_and_sounds() -> dict[str, bytes]:
    return {
        "film": b"\0\0\0\x18ftypisom\0\0\2\0isomiso2" + REST,
        "quicktime": b"\0\0\0\x14ftypqt  \0\0\0\0qt  " + REST,
        "matroska": b"\x1aE\xdf\xa3" + REST,
        "film in RIFF": b"RIFF\x24\0\0\0AVI LIST" + REST,
        "sound": b"FORM\0\0\0\x2eAIFFCOMM" + REST,
        "mp3": b"ID3\4\0\0\0\0\0\0" + REST,
    }


def other_pictures() -> dict[str, bytes]:
    return {
        "pixmap": b"P6 3 3 255\n" + bytes(27),
        "xpm": b'/* XPM */\nstatic char *a[] = {"1 1 1 1", "a c #000000", "a"};',
        "layers": b"8BPS\0\1" + REST,
        "icon": b"\0\0\1\0\1\0\1\1\0\0\1\0\x20\0" + REST,
        "jpeg 2000": b"\0\0\0\x0cjP  \r\n\x87\n" + REST,
        "jpeg xl": b"\xff\x0a" + REST,
        "texture": b"DDS |\0\0\0" + bytes(130),
        "exr": b"v/1\1\2\0\0\0" + REST,
    }


def data_and_programs() -> dict[str, bytes]:
    return {
        "pickle": pickle.dumps({"picture": bytes(50)}),
        "old pickle": pickle.dumps([1, "a"], protocol=0),
        "npy": b"\x93NUMPY\1\0" + REST,
        "program": b"\x7fELF\2\1\1" + REST,
        "windows program": b"MZ" + REST,
        "java class": b"\xca\xfe\xba\xbe" + REST,
        "database": b"SQLite format 3\0" + REST,
        "zeros": bytes(999),
        "ones": b"\xff" * 999,
    }


def other_kinds() -> dict[str, bytes]:
    return {**archives(), **texts(), **films_and_sounds(), **other_pictures(), **data_and_programs()}


def short_pictures() -> dict[str, bytes]:
    """Good pictures, for who asks for something else."""
    picture = Image.fromarray(photo(8, 8))
    return {kind: encode(picture, kind) for kind in ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP")}

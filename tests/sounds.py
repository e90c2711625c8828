"""Sounds to be read back: WAV files of every kind, put together by hand, and tones whose every sample is known."""

from __future__ import annotations

import struct

import numpy as np

PCM, FLOAT, EXTENSIBLE = 1, 3, 0xFFFE
GUID_TAIL = bytes.fromhex("000000001000800000aa00389b71")


def chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack("<4sI", name, len(content)) + content + b"\0" * (len(content) % 2)


def packed(values: np.ndarray, code: int, bits: int) -> bytes:
    """Samples, full scale being 1, as the bytes of a file: one by one."""
    if code == FLOAT:
        return b"".join(struct.pack("<f" if bits == 32 else "<d", value) for value in values.ravel())
    if bits == 8:
        return bytes(round(value * 127) + 128 for value in values.ravel())
    full = 2 ** (bits - 1) - 1
    return b"".join(round(value * full).to_bytes(bits // 8, "little", signed=True) for value in values.ravel())


def header(code: int, bits: int, n_channels: int, rate: int, is_extensible: bool = False) -> bytes:
    frame = n_channels * bits // 8
    plain = struct.pack("<HHIIHH", EXTENSIBLE if is_extensible else code, n_channels, rate, rate * frame, frame, bits)
    if is_extensible:
        plain += struct.pack("<HHIH", 22, bits, 0, code) + GUID_TAIL
    return plain


def wav(values: np.ndarray, rate: int = 8000, code: int = PCM, bits: int = 16, is_extensible: bool = False) -> bytes:
    """A file of samples (n,) or (n, channels), with a chunk before and one behind that mean nothing."""
    n_channels = 1 if values.ndim == 1 else values.shape[1]
    return riff(
        chunk(b"LIST", b"INFOISFT\x05\0\0\0tests"),
        chunk(b"fmt ", header(code, bits, n_channels, rate, is_extensible)),
        chunk(b"data", packed(values, code, bits)),
        chunk(b"id3 ", b"tag"),
    )


def riff(*chunks: bytes) -> bytes:
    body = b"WAVE" + b"".join(chunks)
    return struct.pack("<4sI", b"RIFF", len(body)) + body


def tone(hertz: float, rate: int = 8000, seconds: float = 2.5, loud: float = 0.5) -> np.ndarray:
    return loud * np.sin(2 * np.pi * hertz * np.arange(int(seconds * rate)) / rate)

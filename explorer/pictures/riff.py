"""The samples in a WAV file, read strictly: what its chunks claim is weighed against what is there.

Microsoft and IBM 1991, "Multimedia Programming Interface and Data Specifications 1.0", chapter 3 (RIFF, WAVE), and
Microsoft's WAVEFORMATEXTENSIBLE. Python's own `wave` reads neither floating-point nor (before 3.12) extensible files.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..wording import count, plural
from .refusal import OTHER, Refused

MOST_SECONDS = 60  # that are read: of an hour as many, and a note says so
LEAST_RATE, MOST_RATE = 1_000, 192_000  # samples a second
_MOST_CHANNELS = 64

_PCM, _FLOAT, _EXTENSIBLE = 1, 3, 0xFFFE
# what stands behind a format's number in the identifier that an extensible header has for it
_GUID = bytes.fromhex("0000 0000 1000 8000 00aa 0038 9b71")
_PACKED = {
    0x02: "ADPCM", 0x06: "A-law", 0x07: "µ-law", 0x11: "IMA ADPCM", 0x31: "GSM 6.10", 0x50: "MPEG audio",
    0x55: "MP3", 0x92: "AC-3", 0xFF: "AAC", 0x161: "Windows Media",
}  # fmt: skip
_OPEN_END = 0xFFFFFFFF  # what a program writes that does not know how long the sound will be
_CONVERT = "Convert it to a WAV of 16 bits: ffmpeg -i SOUND -c:a pcm_s16le sound.wav."
_DAMAGED = f"is a WAV file that is damaged: its {{}}. {OTHER}"


@dataclass(frozen=True)
class _Format:
    """How the samples of a file lie: `code` is 1 for whole numbers and 3 for others, `n_bytes` are those of one
    sample of one channel."""

    code: int
    n_channels: int
    rate: int
    n_bytes: int

    @property
    def frame(self) -> int:
        """Bytes of one sample of all channels."""
        return self.n_channels * self.n_bytes


@dataclass(frozen=True, eq=False)
class Samples:
    """(n,) float32, read-only, the mean of all channels, 1 being full scale; `rate` of them are a second."""

    values: NDArray[np.float32]
    rate: int
    notes: tuple[str, ...]


def is_wave(data: bytes) -> bool:
    """Whether it begins as a WAV file does."""
    return data[:4] in (b"RIFF", b"RIFX", b"RF64") and data[8:12] == b"WAVE"


def read_wave(data: bytes) -> Samples:
    """The samples of a WAV file: whole numbers of 8, 16, 24 or 32 bits, or floating-point ones of 32 or 64, of any
    number of channels; the first 60 seconds. Raises Refused."""
    if not is_wave(data):
        raise Refused(f"is not a WAV file. {_CONVERT}")
    if data[:4] != b"RIFF":
        raise Refused(f"is a WAV file of another kind, {data[:4].decode()}, which is not read. {_CONVERT}")
    form: _Format | None = None
    for name, start, size in _chunks(data):
        if name == b"fmt ":
            form = _format(data[start : start + size])
        if name == b"data":
            if form is None:
                raise Refused(_DAMAGED.format("samples stand before what says how they are written"))
            return _samples(data, start, size, form)
    raise Refused(_DAMAGED.format("chunk of samples is missing"))


def _chunks(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """The name of each chunk, where its content begins, and how many bytes of it the file claims."""
    at = 12
    while at + 8 <= len(data):
        name, size = data[at : at + 4], int.from_bytes(data[at + 4 : at + 8], "little")
        yield name, at + 8, size
        at += 8 + size + size % 2


def _format(chunk: bytes) -> _Format:
    if len(chunk) < 16:
        raise Refused(_DAMAGED.format("header is cut off"))
    code, n_channels, rate, _, frame, bits = struct.unpack_from("<HHIIHH", chunk)
    if code == _EXTENSIBLE and chunk[26:40] == _GUID:
        code = int.from_bytes(chunk[24:26], "little")
    if code not in (_PCM, _FLOAT):
        packed = _PACKED.get(code, f"format {code}")
        raise Refused(f"is a WAV file whose sound is packed ({packed}), which is not unpacked here. {_CONVERT}")
    if not 1 <= n_channels <= _MOST_CHANNELS:
        raise Refused(_DAMAGED.format(f"header says {plural(n_channels, 'channel')}"))
    if not LEAST_RATE <= rate <= MOST_RATE:
        raise Refused(
            f"has {plural(rate, 'sample')} a second; from {LEAST_RATE:,} to {MOST_RATE:,} are read. Convert it to "
            "another rate."
        )
    n_bytes = (bits + 7) // 8
    if n_bytes not in ((1, 2, 3, 4) if code == _PCM else (4, 8)):
        kind = "whole numbers" if code == _PCM else "floating-point numbers"
        raise Refused(f"has {kind} of {bits} bits; 8, 16, 24 and 32 are read, and floats of 32 and 64. {_CONVERT}")
    found = _Format(code, n_channels, rate, n_bytes)
    if frame != found.frame:
        raise Refused(_DAMAGED.format(f"header says {frame} bytes for {n_channels} × {bits} bits"))
    return found


def _samples(data: bytes, start: int, size: int, form: _Format) -> Samples:
    there, notes = len(data) - start, []
    if size == _OPEN_END:
        size = there
    if size > there:
        raise Refused(f"is cut off: {size:,} bytes of samples are announced, and {there:,} are there. {OTHER}")
    n_frames = size // form.frame
    if not n_frames:
        raise Refused(f"holds no samples. {OTHER}")
    if size % form.frame:
        notes.append("its last sample is incomplete and left out")
    if n_frames > MOST_SECONDS * form.rate:
        notes.append(f"of its {n_frames / form.rate:,.0f} seconds the first {MOST_SECONDS} are read")
        n_frames = MOST_SECONDS * form.rate
    numbers = _numbers(data[start : start + n_frames * form.frame], form).reshape(n_frames, form.n_channels)
    with np.errstate(invalid="ignore", over="ignore"):  # said below
        values = numbers.mean(axis=1, dtype=np.float64).astype(np.float32)
    if n_bad := n_frames - int(np.isfinite(values).sum()):
        raise Refused(f"has {plural(n_bad, 'sample')} of {count(n_frames)} that are no finite numbers. {OTHER}")
    if form.n_channels > 1:
        notes.append(f"{form.n_channels} channels mixed down to their mean")
    values.flags.writeable = False
    return Samples(values, form.rate, tuple(notes))


def _numbers(content: bytes, form: _Format) -> NDArray[np.floating]:
    """Each sample of each channel, full scale being 1. Bytes are counted from 128 on; all others have a sign."""
    if form.code == _FLOAT:
        return np.frombuffer(content, f"<f{form.n_bytes}")
    if form.n_bytes == 1:
        return (np.frombuffer(content, np.uint8).astype(np.float32) - 128) / 128
    if form.n_bytes == 3:  # as the upper bytes of four
        wide = np.zeros((len(content) // 3, 4), np.uint8)
        wide[:, 1:] = np.frombuffer(content, np.uint8).reshape(-1, 3)
        return wide.view("<i4")[:, 0] / np.float64(2**31)
    return np.frombuffer(content, f"<i{form.n_bytes}") / np.float64(2 ** (8 * form.n_bytes - 1))


def as_wave(values: NDArray[np.floating], rate: int) -> bytes:
    """Samples (n,), full scale being 1, as a WAV file of one channel and 16 bits; what is louder is cut."""
    content = np.rint(np.clip(values, -1, 1) * 32767).astype("<i2").tobytes()
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, _PCM, 1, rate, 2 * rate, 2, 16)
    body = b"WAVE" + form + struct.pack("<4sI", b"data", len(content)) + content
    return struct.pack("<4sI", b"RIFF", len(body)) + body

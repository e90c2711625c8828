"""From a sound to a picture: two seconds of it as a spectrogram, which a network can look at as at any grey picture.

What is kept is what a telephone carries, 0 to 4 kHz. The sound is brought to 8,000 samples a second by band-limited
interpolation (Smith and Gossett 1984, doi:10.1109/ICASSP.1984.1172555), and cut into pieces of 256 under a Hann
window, one every 128: a short-time Fourier transform (Allen 1977, doi:10.1109/TASSP.1977.1162950).

    X[k, t] = sum over n of  hann[n] x[128 t + n] exp(-2 pi i k n / 256)          k = 0..127: 31.25 Hz each
    level   = 20 log10(|X| / 64), from -80 to 0 dB: 0 is a sine at full scale     64 is half the sum of the window

Column t is the piece whose middle is the middle of samples 128 t to 128 t + 127, 16 ms; the lowest row is 0 Hz.
"""

from __future__ import annotations

import hashlib
import math
import os
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from ..errors import BadSound
from ..wording import number
from .refusal import Refused
from .riff import Samples, read_wave
from .strips import Raster

MAX_BYTES = 50 << 20  # as of a picture
RATE, WINDOW, HOP = 8_000, 256, 128  # samples a second, in a piece, and from one piece to the next
SIDE = 128  # pieces in a picture, and frequencies
SECONDS = SIDE * HOP / RATE
TOP = SIDE * RATE / WINDOW  # Hz: what lies below it is in the picture
FLOOR = -80.0  # dB
_EDGE = (WINDOW - HOP) // 2  # samples that the outermost pieces reach beyond the two seconds
_CROSSINGS = 24  # zeros of the interpolating sinc on each side
_AT_ONCE = 2048  # samples that are worked out: their weights fit into a few megabytes

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Sound:
    """A sound that was read: samples (n,) float32, the mean of its channels, 1 being full scale; `rate` of them are a
    second. digest is the sha256 of both. notes are what was done on the way in, as phrases."""

    samples: Floats = field(repr=False, compare=False)
    rate: int
    name: str = field(compare=False)
    digest: str
    notes: tuple[str, ...] = field(default=(), compare=False)

    @property
    def seconds(self) -> float:
        """How long it is."""
        return len(self.samples) / self.rate

    @property
    def last_start(self) -> float:
        """The latest second at which two seconds of it begin; 0 where it is shorter."""
        return max(0.0, self.seconds - SECONDS)


def read_sound(source: bytes | str | os.PathLike[str], name: str | None = None) -> Sound:
    """The sound in a WAV file, its bytes or its path: of 8, 16, 24 or 32 bits or floating-point, of up to 64 channels,
    which are mixed down, 1,000 to 192,000 samples a second; the first 60 seconds. Raises BadSound."""
    if name is None:
        name = "sound" if isinstance(source, bytes) else Path(os.fsdecode(source)).name
    try:
        found = read_wave(source if isinstance(source, bytes) else _content(Path(os.fsdecode(source))))
    except Refused as error:
        raise BadSound(f"'{name}' {error}") from None
    digest = hashlib.sha256(repr(found.rate).encode() + found.values.tobytes()).hexdigest()
    return Sound(found.values, found.rate, name, digest, (*found.notes, *_notes(found)))


def _content(path: Path) -> bytes:
    """What a file holds. Raises Refused."""
    if not path.is_file():  # nor a pipe, which might never end
        raise Refused("is no file. Check the path.")
    if path.stat().st_size > MAX_BYTES:
        raise Refused(f"is larger than {MAX_BYTES >> 20} MB, the most that is read. Cut it shorter.")
    return path.read_bytes()


def _notes(found: Samples) -> list[str]:
    notes = []
    if len(found.values) < SECONDS * found.rate:
        notes.append(f"it lasts {number(len(found.values) / found.rate)} s; the rest of the picture is silence")
    if not found.values.any():
        notes.append("every sample is 0, so the picture is black: there is nothing to hear")
    if found.rate < 2 * TOP:
        notes.append(f"{found.rate:,} samples a second tell nothing above {found.rate // 2:,} Hz, where it is black")
    if float(np.abs(found.values).max()) > 1:
        notes.append("it is louder than full scale; the picture shows at most 0 dB")
    return notes


@dataclass(frozen=True, eq=False)
class Excerpt:
    """Two seconds of a sound as they are looked at: from `start` on, in seconds, (16384,) samples at 8,000 a second,
    and the 8 ms before and after that the outermost pieces reach to; silence beyond the sound's ends."""

    sound: Sound
    start: float
    samples: Floats = field(repr=False)

    @property
    def heard(self) -> Floats:
        """The two seconds alone."""
        return self.samples[_EDGE:-_EDGE]

    def levels(self) -> Floats:
        """The spectrogram, (128, 128) in dB, -80 to 0; its first row is the highest frequency."""
        import torch  # heavy, and most pictures are none of a sound

        window = torch.hann_window(WINDOW)
        samples = torch.from_numpy(self.samples)
        transformed = torch.stft(samples, WINDOW, HOP, window=window, center=False, return_complex=True)  # (129, 128)
        magnitude = transformed.abs()[:SIDE].flip(0) / (window.sum() / 2)
        found: Floats = (20 * magnitude.clamp(10 ** (FLOOR / 20), 1).log10()).numpy()
        return found

    def pixels(self) -> NDArray[np.uint8]:
        """The same as a picture, (128, 128, 3): black is -80 dB, white 0 dB."""
        grey = np.rint((self.levels() - FLOOR) * np.float32(255 / -FLOOR)).astype(np.uint8)
        return np.repeat(grey[..., None], 3, axis=2)


def excerpt(sound: Sound, start: float = 0.0) -> Excerpt:
    """The two seconds of a sound that begin at `start`. Raises BadSound where it has no such second."""
    if not 0 <= start <= sound.last_start:
        raise BadSound(
            f"Two seconds of '{sound.name}' can begin from second 0 to {number(sound.last_start)}, not at {start:g}."
        )
    return Excerpt(sound, start, _resampled(sound, start, -_EDGE, SIDE * HOP + _EDGE))


def sound_raster(data: bytes) -> Raster:
    """A WAV file as a picture: the spectrogram of its first two seconds. Raises Refused."""
    found = read_wave(data)
    shown = excerpt(Sound(found.values, found.rate, "", "")).pixels()
    notes = [f"a sound: the spectrogram of its first {number(SECONDS)} s, 0 to {number(TOP / 1000)} kHz"]
    return Raster((SIDE, SIDE), lambda top, bottom: (shown[top:bottom], None), [*notes, *found.notes, *_notes(found)])


def _resampled(sound: Sound, start: float, first: int, last: int) -> Floats:
    """Samples first..last at 8,000 a second, counted from the second `start` on: each the sum of the sound's own
    around it, times a sinc under a Hann window. Frequencies that either rate cannot hold are left out."""
    cutoff = min(1.0, RATE / sound.rate)  # of the sound's own highest frequency
    reach = _CROSSINGS / cutoff
    taps = np.arange(-int(reach), int(reach) + 2)
    n_phases = RATE // math.gcd(sound.rate, RATE)  # after so many, samples of both rates lie as before
    times = (start + np.arange(first, first + n_phases) / RATE) * sound.rate
    nearest = np.floor(times).astype(np.int64)
    away = (times - nearest)[:, None] - taps  # (n_phases, taps), in the sound's own samples
    window = np.where(np.abs(away) < reach, 0.5 + 0.5 * np.cos(np.pi * away / reach), 0)
    weights = cutoff * np.sinc(cutoff * away) * window

    turn, phase = np.divmod(np.arange(last - first), n_phases)
    at = nearest[phase] + turn * (sound.rate * n_phases // RATE)
    around = _at(sound.samples, np.arange(at[0] + taps[0], at[-1] + taps[-1] + 1))
    pieces, at = sliding_window_view(around, len(taps)), at - at[0]
    found = [
        np.einsum("nt,nt->n", weights[phase[i : i + _AT_ONCE]], pieces[at[i : i + _AT_ONCE]])
        for i in range(0, len(at), _AT_ONCE)
    ]
    return np.concatenate(found).astype(np.float32)


def _at(samples: Floats, at: NDArray[np.int64]) -> Floats:
    """The samples at these places, 0 beyond both ends."""
    inside = (at >= 0) & (at < len(samples))
    return np.where(inside, samples[np.where(inside, at, 0)], np.float32(0))

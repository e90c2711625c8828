"""The sounds that come with the program, made by code: nine kinds, each in as many shapes as there are seeds.

`sound_cnn` was trained on nothing else. Frequency, loudness, onset, length and the noise behind are drawn from the
seed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache, partial
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from ..errors import UnknownSample, nearest
from .riff import as_wave
from .sound import HOP, RATE, SIDE, Sound, read_sound

N = SIDE * HOP  # samples: as many as a picture shows
_FADE = 0.008  # seconds in which a sound comes and goes: without it, its ends would click
SHOWN = 2_000_001  # the seed of those that a page offers; none that a network was trained or measured on is as large

Samples = NDArray[np.float64]
Draw = np.random.Generator


def _db(draw: Draw, low: float, high: float) -> float:
    """A loudness between two levels in dB, as an amplitude."""
    return float(10 ** (draw.uniform(low, high) / 20))


def _pitch(draw: Draw, low: float = 150.0, high: float = 3500.0) -> float:
    """A frequency in Hz, as likely in each octave."""
    return float(np.exp(draw.uniform(np.log(low), np.log(high))))


def _time() -> Samples:
    return np.arange(N) / RATE


def _sine(frequency: Samples | float, phase: float) -> Samples:
    """A sine whose frequency in Hz may change with time."""
    turns = np.cumsum(np.broadcast_to(frequency, N)) / RATE
    return np.sin(2 * np.pi * (turns + phase))


def _between(draw: Draw, least: float) -> Samples:
    """Where a sound is heard, 0 to 1: for at least so many seconds; at times from beginning to end."""
    if draw.random() < 0.3:
        return np.ones(N)
    length = draw.uniform(least, N / RATE)
    start = draw.uniform(0, N / RATE - length)
    return np.clip(np.minimum(_time() - start, start + length - _time()) / _FADE, 0, 1)


def _tone(draw: Draw) -> Samples:
    return _between(draw, 0.5) * _sine(_pitch(draw), draw.random())


def _chord(draw: Draw) -> Samples:
    """Two to four tones at once, of which no two are nearer than a third."""
    pitches = [_pitch(draw, 150, 1200)]
    for _ in range(draw.integers(1, 4)):
        pitches.append(pitches[-1] * draw.uniform(1.25, 1.7))
    parts = [_db(draw, -6, 0) * _sine(pitch, draw.random()) for pitch in pitches if pitch < RATE / 2 - 300]
    return _between(draw, 0.5) * np.sum(parts, axis=0) / len(parts)


def _chirp(draw: Draw, falls: bool) -> Samples:
    """A glide over at least a fifth, once to three times."""
    low = _pitch(draw, 150, 1600)
    high = min(low * draw.uniform(1.5, 6), RATE / 2 - 200)
    turns = _time() * draw.integers(1, 4) / (N / RATE) + draw.random() * 0.3
    along = turns % 1
    glide = low * (high / low) ** along if draw.random() < 0.5 else low + (high - low) * along
    seam = np.minimum(along, 1 - along) * (N / RATE) / np.ptp(turns)  # seconds to where it begins again
    return (
        _between(draw, 0.7) * np.clip(seam / _FADE, 0, 1) * _sine(low + high - glide if falls else glide, draw.random())
    )


def _tremolo(draw: Draw) -> Samples:
    """A tone that grows louder and softer, three to twelve times a second."""
    depth = draw.uniform(0.6, 1)
    swell = 1 - depth * (0.5 + 0.5 * np.sin(2 * np.pi * (draw.uniform(3, 12) * _time() + draw.random())))
    return _between(draw, 0.9) * swell * _sine(_pitch(draw), draw.random())


def _vibrato(draw: Draw) -> Samples:
    """A tone that goes up and down, three to eight times a second, by two to eight pixels of the picture."""
    wide = draw.uniform(60, 250)
    pitch = _pitch(draw, wide + 200, 3400)
    return _between(draw, 0.9) * _sine(
        pitch + wide * np.sin(2 * np.pi * (draw.uniform(3, 8) * _time() + draw.random())), draw.random()
    )


def _clicks(draw: Draw) -> Samples:
    """One to twelve knocks of a few milliseconds."""
    found = np.zeros(N)
    for start in draw.integers(0, N - 200, draw.integers(1, 13)):
        decay = np.exp(-np.arange(200) / (RATE * draw.uniform(0.0003, 0.004)))
        found[start : start + 200] += decay * draw.standard_normal(200) * draw.uniform(0.5, 1)
    return found / np.abs(found).max()


def _noise(draw: Draw) -> Samples:
    """A rush, of all frequencies alike or of a broad band."""
    spectrum = np.fft.rfft(draw.standard_normal(N))
    frequency = np.fft.rfftfreq(N, 1 / RATE)
    if draw.random() < 0.5:
        middle, width = draw.uniform(500, 3500), draw.uniform(600, 2000)
        spectrum = spectrum * np.exp(-(((frequency - middle) / width) ** 2))
    rush = np.fft.irfft(spectrum, N)
    return _between(draw, 0.5) * rush / np.abs(rush).max()


def _hum(draw: Draw) -> Samples:
    """What is left where nothing sounds: the hum of the mains, very low, or not even that."""
    if draw.random() < 0.4:
        return np.zeros(N)
    mains = float(draw.choice([50, 60]))
    parts = [_sine(mains * k, draw.random()) / k for k in range(1, draw.integers(2, 6))]
    return _db(draw, -40, -20) * np.sum(parts, axis=0)


KINDS: Mapping[str, Callable[[Draw], Samples]] = MappingProxyType(
    {
        "pure tone": _tone,
        "chord": _chord,
        "rising chirp": partial(_chirp, falls=False),
        "falling chirp": partial(_chirp, falls=True),
        "tremolo": _tremolo,
        "vibrato": _vibrato,
        "clicks": _clicks,
        "noise": _noise,
        "silence": _hum,
    }
)


def made_wave(kind: str, seed: int) -> bytes:
    """A sound of one of the KINDS as a WAV file of 2.048 s, 8,000 samples a second: the same seed, the same bytes."""
    draw = np.random.default_rng([list(KINDS).index(kind), seed])
    behind = 0.0 if draw.random() < 0.2 else _db(draw, -80, -50)
    sound = _db(draw, -26, -2) * KINDS[kind](draw)
    return as_wave(sound + behind * draw.standard_normal(N), RATE)


def load_sound(kind: str) -> Sound:
    """The sound of that kind that a page offers. Raises UnknownSample."""
    if kind not in KINDS:
        raise UnknownSample(f"There is no sound '{kind}'.{nearest(kind, KINDS)} There are: {', '.join(KINDS)}.")
    return _load(kind)


@lru_cache(maxsize=len(KINDS))
def _load(kind: str) -> Sound:
    return read_sound(made_wave(kind, SHOWN), kind)

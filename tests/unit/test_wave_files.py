"""WAV files: every kind that is read, sample by sample, and a sentence for every other."""

from __future__ import annotations

import io
import struct
import wave
from pathlib import Path

import numpy as np
import pytest

from explorer.errors import BadImage, BadSound
from explorer.pictures import read_image, read_sound
from explorer.pictures.riff import as_wave
from tests.sounds import EXTENSIBLE, FLOAT, PCM, chunk, header, riff, tone, wav

KINDS = [(PCM, 8), (PCM, 16), (PCM, 24), (PCM, 32), (FLOAT, 32), (FLOAT, 64)]


@pytest.mark.parametrize(("code", "bits"), KINDS)
@pytest.mark.parametrize("n_channels", [1, 2, 6])
@pytest.mark.parametrize("is_extensible", [False, True])
def test_samples_are_read_as_they_were_written(code: int, bits: int, n_channels: int, is_extensible: bool) -> None:
    values = np.random.default_rng(bits).uniform(-1, 1, (500, n_channels))
    values[:3] = [[1], [-1], [0]]
    found = read_sound(wav(values, 11_025, code, bits, is_extensible), "noise.wav")
    step = 1e-7 if code == FLOAT else 2 / 2 ** (bits - 1)
    assert np.abs(found.samples - values.mean(axis=1)).max() <= max(step, 1e-7)
    assert (found.rate, found.name, found.seconds) == (11_025, "noise.wav", 500 / 11_025)
    mixed = [note for note in found.notes if "mixed down" in note]
    assert mixed == ([] if n_channels == 1 else [f"{n_channels} channels mixed down to their mean"])
    assert not found.samples.flags.writeable


def test_python_s_own_module_reads_what_is_written_and_the_other_way_round() -> None:
    values = tone(440)
    with wave.open(io.BytesIO(as_wave(values, 8000))) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, 8000)
        theirs = np.frombuffer(file.readframes(file.getnframes()), "<i2")
    assert np.abs(theirs / 32767 - values).max() <= 0.51 / 32767
    target = io.BytesIO()
    with wave.open(target, "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(22_050)
        file.writeframes(np.repeat(theirs, 2).tobytes())
    found = read_sound(target.getvalue())
    assert np.abs(found.samples - theirs / 32768).max() < 1e-7
    assert found.rate == 22_050
    assert np.abs(as_samples(as_wave(np.array([2.0, -2.0]), 8000))).min() > 0.99  # what is louder is cut


def as_samples(data: bytes) -> np.ndarray:
    return read_sound(data).samples


def test_a_sound_is_known_by_its_samples_and_rate() -> None:
    one, same, other = (
        read_sound(wav(tone(440), rate), name) for rate, name in ((8000, "a"), (8000, "b"), (9000, "a"))
    )
    assert one == same
    assert one.digest != other.digest


def test_what_writes_without_knowing_the_end_is_read_to_the_end() -> None:
    data = bytearray(as_wave(tone(440), 8000))
    data[4:8] = data[40:44] = b"\xff" * 4
    assert np.array_equal(as_samples(bytes(data)), as_samples(as_wave(tone(440), 8000)))


def test_of_an_hour_the_first_minute_is_read_and_a_note_says_so() -> None:
    found = read_sound(wav_of_bytes(bytes(range(1, 251)) * 1000 * 15, 1042))
    assert found.seconds == 60
    assert "of its 3,599 seconds the first 60 are read" in found.notes
    assert found.samples[:3].tolist() == pytest.approx([-127 / 128, -126 / 128, -125 / 128])


def wav_of_bytes(content: bytes, rate: int) -> bytes:
    return riff(chunk(b"fmt ", header(PCM, 8, 1, rate)), chunk(b"data", content))


def test_what_is_odd_but_can_be_heard_is_noted() -> None:
    assert read_sound(wav(np.zeros(20_000))).notes == (
        "every sample is 0, so the picture is black: there is nothing to hear",
    )
    assert read_sound(wav(tone(440, seconds=0.5))).notes == ("it lasts 0.5 s; the rest of the picture is silence",)
    slow = read_sound(wav(tone(440, 2000), 2000))
    assert slow.notes == ("2,000 samples a second tell nothing above 1,000 Hz, where it is black",)
    loud = read_sound(wav(tone(440, loud=3), 8000, FLOAT, 32))
    assert loud.notes == ("it is louder than full scale; the picture shows at most 0 dB",)
    odd = as_wave(tone(440), 8000)
    odd = odd[:40] + struct.pack("<I", len(odd) - 45) + odd[44:]
    assert read_sound(odd).notes == ("its last sample is incomplete and left out",)


DATA = chunk(b"data", b"\0" * 400)
GOOD = header(PCM, 16, 1, 8000)
NOT_READ = {
    "not a wav": (b"ID3\4" + bytes(99), "'x.wav' is not a WAV file. Convert it to a WAV of 16 bits: ffmpeg"),
    "empty": (b"", "'x.wav' is not a WAV file. "),
    "big-endian": (b"RIFX" + riff(DATA)[4:], "is a WAV file of another kind, RIFX, which is not read. Convert it"),
    "of more than 4 GB": (b"RF64" + riff(DATA)[4:], "is a WAV file of another kind, RF64, "),
    "header alone": (as_wave(tone(440), 8000)[:36], "is damaged: its chunk of samples is missing. Choose"),
    "no format": (riff(DATA), "its samples stand before what says how they are written. Choose another file."),
    "short format": (riff(chunk(b"fmt ", GOOD[:12]), DATA), "is damaged: its header is cut off. Choose another file."),
    "cut off": (as_wave(tone(440), 8000)[:2044], "is cut off: 40,000 bytes of samples are announced, and 2,000 are"),
    "MS ADPCM": (riff(chunk(b"fmt ", header(2, 16, 1, 8000)), DATA), "whose sound is packed (ADPCM), which is not"),
    "MP3 in WAV": (riff(chunk(b"fmt ", header(0x55, 16, 2, 44_100)), DATA), "whose sound is packed (MP3), which is n"),
    "unknown": (riff(chunk(b"fmt ", header(0x7777, 16, 1, 8000)), DATA), "whose sound is packed (format 30583), which"),
    "extensible, packed": (riff(chunk(b"fmt ", header(0x11, 16, 1, 8000, True)), DATA), "is packed (IMA ADPCM), wh"),
    "extensible, torn": (riff(chunk(b"fmt ", header(EXTENSIBLE, 16, 1, 8000)), DATA), "is packed (format 65534), wh"),
    "no samples": (riff(chunk(b"fmt ", GOOD), chunk(b"data", b"")), "'x.wav' holds no samples. Choose another file."),
    "half a sample": (riff(chunk(b"fmt ", GOOD), chunk(b"data", b"a")), "'x.wav' holds no samples. "),
    "no channels": (riff(chunk(b"fmt ", header(PCM, 16, 0, 8000)), DATA), "is damaged: its header says 0 channels. Ch"),
    "1 Hz": (wav(np.zeros(9), 1), "has 1 sample a second; from 1,000 to 192,000 are read. Convert it to another rate."),
    "1 MHz": (wav(np.zeros(9), 10**6), "has 1,000,000 samples a second; from 1,000 to 192,000 are read. "),
    "0 Hz": (wav(np.zeros(9), 0), "has 0 samples a second; "),
    "12 bytes": (riff(chunk(b"fmt ", header(PCM, 96, 1, 8000)), DATA), "has whole numbers of 96 bits; 8, 16, 24 and 3"),
    "half floats": (riff(chunk(b"fmt ", header(FLOAT, 16, 1, 8000)), DATA), "has floating-point numbers of 16 bits; 8"),
    "frames": (riff(chunk(b"fmt ", GOOD[:12] + b"\7\0" + GOOD[14:]), DATA), "its header says 7 bytes for 1 × 16"),
    "NaN": (wav(np.array([0.1, np.nan, 0.2]), code=FLOAT, bits=32), "has 1 sample of 3 that are no finite numbers. "),
    "infinity": (wav(np.full(5, np.inf), code=FLOAT, bits=64), "has 5 samples of 5 that are no finite numbers. Choos"),
}  # fmt: skip


@pytest.mark.parametrize("what", NOT_READ)
def test_what_is_not_read_gets_a_sentence(what: str) -> None:
    data, sentence = NOT_READ[what]
    with pytest.raises(BadSound) as caught:
        read_sound(data, "x.wav")
    assert sentence in str(caught.value)
    assert str(caught.value).startswith("'x.wav' ")
    assert str(caught.value).endswith(".")
    if data[:4] in (b"RIFF", b"RIFX", b"RF64"):
        with pytest.raises(BadImage) as as_picture:
            read_image(data, "x.wav")
        assert str(as_picture.value) == str(caught.value)


def test_no_file_cut_anywhere_ends_in_anything_but_a_sentence() -> None:
    data = wav(tone(440, seconds=0.01), code=FLOAT, bits=32, is_extensible=True)
    for n in range(len(data) - len(chunk(b"id3 ", b"tag"))):
        with pytest.raises(BadSound):
            read_sound(data[:n])


def test_no_byte_changed_anywhere_ends_in_anything_but_a_sentence() -> None:
    data = wav(tone(440, seconds=0.005), code=PCM, bits=24)
    n_read = 0
    for at in range(len(data)):
        for value in (0, 1, 0x7F, 0xFF):
            try:
                found = read_sound(data[:at] + bytes([value]) + data[at + 1 :])
            except BadSound:
                continue
            n_read += 1
            assert np.isfinite(found.samples).all()
    assert n_read > 400  # most bytes are samples


def test_a_path_is_read_as_its_bytes_are(tmp_path: Path) -> None:
    file = tmp_path / "a tone.wav"
    file.write_bytes(wav(tone(440)))
    found = read_sound(file)
    assert found == read_sound(str(file)) == read_sound(wav(tone(440)))
    assert (found.name, read_sound(wav(tone(440))).name) == ("a tone.wav", "sound")
    with pytest.raises(BadSound, match=r"^'none\.wav' is no file\. Check the path\.$"):
        read_sound(tmp_path / "none.wav")
    with file.open("r+b") as long:
        long.truncate((50 << 20) + 1)
    with pytest.raises(
        BadSound, match=r"^'a tone\.wav' is larger than 50 MB, the most that is read\. Cut it shorter\.$"
    ):
        read_sound(file)

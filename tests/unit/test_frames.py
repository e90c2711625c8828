"""Clips: which frames are in them, when each is shown, and what is said of those that cannot be read."""

from __future__ import annotations

import contextlib
import io
from fractions import Fraction

import numpy as np
import pytest
from PIL import Image

from explorer.errors import BadArgument, BadImage
from explorer.pictures import frames, movies
from explorer.pictures.frames import Clip, evenly, read_clip
from explorer.pictures.samples import load_sample
from explorer.pictures.tour import ON_THE_WAY, tour
from tests.clips import EVEN, animation, movie, number_of, picture, sound

UNEVEN = (0, 0.1, 0.15, 0.2, 0.9, 1.0, 1.5, 1.55, 3.0)
MOVIES = {
    "mp4": {},
    "mov": {},
    "matroska": {},
    "webm": {"codec": "libvpx-vp9"},
    "avi": {"codec": "mpeg4"},
}


def seen(clip: Clip, which: list[int] | None = None) -> list[tuple[int, float]]:
    """Which picture each frame shows, and when."""
    return [
        (number_of(frame.image.pixels), frame.seconds)
        for frame in clip.frames(range(clip.n_frames) if which is None else which)
    ]


@pytest.mark.parametrize("kind", MOVIES)
def test_every_frame_is_there_at_its_time(kind: str) -> None:
    clip = read_clip(movie(kind=kind, **MOVIES[kind]), f"clip.{kind}")
    assert (clip.size, clip.n_frames, clip.is_cut) == ((96, 128), len(EVEN), False)
    found = seen(clip)
    assert [number for number, _ in found] == [*range(len(EVEN))]
    assert [seconds for _, seconds in found] == pytest.approx(EVEN, abs=1e-3)


@pytest.mark.parametrize(("kind", "codec"), [("mp4", "libx264"), ("webm", "libvpx-vp9")])
def test_the_times_of_a_clip_of_no_even_rate_are_its_own(kind: str, codec: str) -> None:
    """OpenCV guesses 91 frames in such a WebM."""
    clip = read_clip(movie(UNEVEN, kind, codec))
    assert clip.n_frames == len(UNEVEN)
    assert seen(clip) == [(i, pytest.approx(seconds, abs=1e-3)) for i, seconds in enumerate(UNEVEN)]


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG", "AVIF"])
def test_pictures_that_move_are_read_with_their_times(kind: str) -> None:
    milliseconds = [40, 100, 60, 200, 50]
    clip = read_clip(animation(kind, milliseconds), "moves")
    assert (clip.size, clip.n_frames) == ((96, 128), 5)
    times = np.cumsum([0, *milliseconds[:-1]]) / 1000
    assert seen(clip) == [(i, pytest.approx(seconds, abs=1e-6)) for i, seconds in enumerate(times)]
    for frame in clip.frames([3]):
        wrong = np.abs(frame.image.pixels.astype(int) - picture(3))
        assert wrong.mean() < 1 if kind == "AVIF" else not wrong.any()


def test_what_is_shown_for_no_time_is_shown_as_browsers_do() -> None:
    assert [seconds for _, seconds in seen(read_clip(animation("GIF", [0, 10, 20, 50])))] == pytest.approx(
        [0, 0.1, 0.2, 0.22]
    )


def test_the_picture_of_a_png_for_programs_that_know_no_animation_is_no_frame() -> None:
    file = animation("PNG", [50, 50, 50], default_image=True)
    assert Image.open(io.BytesIO(file)).info["default_image"]
    clip = read_clip(file)
    assert clip.n_frames == 2
    assert [number for number, _ in seen(clip)] == [1, 2]


def test_transparent_parts_are_white() -> None:
    layers = [Image.new("RGBA", (40, 30), (255, 0, 0, alpha)) for alpha in (0, 128)]
    file = io.BytesIO()
    layers[0].save(file, "WEBP", save_all=True, append_images=layers[1:], duration=50, lossless=True, exact=True)
    first, second = read_clip(file.getvalue()).frames([0, 1])
    assert (first.image.pixels == 255).all()
    assert second.image.pixels[0, 0].tolist() == [255, 127, 127]


@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_a_clip_that_was_held_otherwise_is_upright(degrees: int) -> None:
    """The red quarter goes along, anticlockwise."""
    clip = read_clip(movie(degrees=degrees))
    assert clip.size == ((128, 96) if degrees % 180 else (96, 128))
    (frame,) = clip.frames([0])
    expected = np.rot90(picture(0), degrees // 90)
    assert frame.image.pixels.shape == expected.shape == (*clip.size, 3)
    assert np.abs(frame.image.pixels.astype(int) - expected)[..., 0].mean() < 6


def test_pixels_that_are_no_squares_are_shown_as_wide_as_they_are() -> None:
    clip = read_clip(movie(squeezed=Fraction(4, 3)))
    (frame,) = clip.frames([0])
    assert clip.size == frame.image.pixels.shape[:2] == (96, round(128 * 4 / 3))


def test_of_a_long_clip_some_frames_are_taken_evenly_and_one_at_a_time_is_decoded() -> None:
    seconds = [i / 100 for i in range(10_000)]
    clip = read_clip(movie(seconds, size=(32, 32)))
    assert clip.n_frames == 10_000
    which = evenly(clip.n_frames, 100)
    passed: list[tuple[int, int | None]] = []
    found = [*clip.frames(which, lambda done, total: passed.append((done, total)))]
    assert [frame.index for frame in found] == which
    assert [frame.seconds for frame in found] == pytest.approx([i / 100 for i in which], abs=1e-3)
    assert [number_of(frame.image.pixels) for frame in found] == [i % 20 for i in which]
    assert passed == [(i, 10_000) for i in range(1, 10_001)]


@pytest.mark.parametrize(("n", "most"), [(2, 2), (3, 2), (10, 100), (101, 100), (10_000, 100), (10_000, 7)])
def test_evenly_takes_both_ends_and_steps_that_differ_by_one_at_the_most(n: int, most: int) -> None:
    which = evenly(n, most)
    assert (which[0], which[-1], len(which)) == (0, n - 1, min(n, most))
    assert np.ptp(np.diff(which)) <= 1
    assert min(np.diff(which)) >= 1


@pytest.mark.parametrize("most", [1, 0, -3, 2.5, True, "all"])
def test_how_many_frames_is_a_number(most: object) -> None:
    with pytest.raises(BadArgument, match="is a whole number from 2 on, not"):
        evenly(100, most)


def test_what_progress_raises_ends_the_walk() -> None:
    def stop(done: int, total: int | None) -> None:
        if done == 5:
            raise InterruptedError

    walk = read_clip(animation("GIF", [50] * 12)).frames(range(12), stop)
    assert [next(walk).index for _ in range(4)] == [0, 1, 2, 3]
    with pytest.raises(InterruptedError):
        next(walk)


def refusal(data: bytes, name: str = "clip.mp4") -> str:
    with pytest.raises(BadImage) as caught:
        read_clip(data, name)
    return str(caught.value)


def test_a_single_frame_is_a_picture() -> None:
    said = "'clip.mp4' has a single frame, so it is a picture. Choose it under “Picture”."
    file = io.BytesIO()
    Image.fromarray(picture(0)).save(file, "JPEG")
    for data in (movie([0]), animation("GIF", [50]), file.getvalue()):
        assert refusal(data) == said


def test_a_sound_has_no_pictures() -> None:
    assert refusal(sound()) == (
        "'clip.mp4' has no pictures: it is a sound, or something else. Choose a clip that can be seen."
    )


def test_a_clip_without_the_list_of_its_frames_is_cut_off() -> None:
    whole = movie()
    assert refusal(whole[: len(whole) // 2]) == (
        "'clip.mp4' is cut off: the list of its frames, which stands at the end, is missing. Choose another file."
    )


@pytest.mark.parametrize(
    ("kind", "codec", "options"),
    [
        ("webm", "libvpx-vp9", {}),
        ("avi", "mpeg4", {}),
        ("mp4", "libx264", {"movflags": "frag_every_frame+empty_moov"}),
    ],
)
def test_of_a_clip_that_breaks_off_what_is_there_is_read(kind: str, codec: str, options: dict[str, str]) -> None:
    whole = movie([i / 25 for i in range(60)], kind, codec, options=options)
    assert not read_clip(whole).is_cut
    clip = read_clip(whole[: len(whole) * 6 // 10])
    assert clip.is_cut
    found = seen(clip)
    assert 5 < len(found) < 60
    assert [number for number, _ in found] == [i % 20 for i in range(len(found))]


def test_of_frames_that_break_off_those_before_are_there() -> None:
    whole = animation("PNG", [50] * 12)
    cut = whole[: len(whole) * 6 // 10]
    clip = read_clip(cut)
    found = seen(clip)
    assert clip.n_frames == 12
    assert 0 < len(found) < 12
    assert [number for number, _ in found] == [*range(len(found))]


def test_a_clip_of_which_no_frame_can_be_decoded_says_so() -> None:
    whole = movie()
    begin, end = whole.index(b"mdat") + 4, whole.index(b"moov") - 4
    assert refusal(whole[:begin] + bytes(end - begin) + whole[end:]) == (
        "'clip.mp4' has no frame that can be decoded. Choose another file."
    )


def test_frames_that_are_too_large_are_weighed_before_they_are_walked_through(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(movies, "MAX_PIXELS", 96 * 128 - 1)
    assert "is 128 x 96 pixels; a file of this kind may have" in refusal(movie())
    huge = io.BytesIO()
    Image.new("L", (4000, 3000)).save(huge, "GIF", save_all=True, append_images=[Image.new("L", (4000, 3000), 1)])
    assert refusal(huge.getvalue(), "x.gif").startswith(
        "'x.gif' is 4000 x 3000 pixels; a file of this kind may have 9 "
    )


def test_more_than_is_decoded_is_refused_with_how_many_would_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frames, "_MOST_DECODED", 19 * 96 * 128)
    assert refusal(movie()) == (
        "'clip.mp4' has 20 frames of 128 x 96 pixels, more than are decoded here: 19 of that size. Cut it shorter, or "
        "make it smaller."
    )


@pytest.mark.parametrize("data", [b"#EXTM3U\n#EXTINF:10,\nfile:///etc/passwd\n", b"FLV\x01" * 9, b"words", b"\0" * 99])
def test_what_is_no_clip_says_which_are(data: bytes) -> None:
    """A list of other files is not followed: only what begins as a clip that people have is handed on."""
    assert refusal(data, "list") == (
        "'list' is no clip that can be read; MP4, MOV, WebM, MKV and AVI can, and GIF, WebP, PNG and AVIF that move. "
        "Choose another file."
    )


def test_a_file_that_is_too_large_or_empty_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    assert refusal(b"") == "'clip.mp4' is empty. Choose another file."
    monkeypatch.setattr(frames, "MAX_BYTES", 1 << 20)
    assert refusal(bytes((1 << 20) + 1)) == ("'clip.mp4' is larger than 1 MB, the most that is read. Save it smaller.")


def test_bytes_that_are_wrong_anywhere_are_a_sentence_or_frames() -> None:
    random = np.random.default_rng(0)
    whole = [
        movie(options={"movflags": "frag_keyframe+empty_moov"}),
        movie(kind="webm", codec="libvpx-vp9"),
        animation("GIF", [50] * 9),
    ]
    for data in whole:
        for _ in range(15):
            broken = bytearray(data)
            for place in random.integers(0, len(data), 6):
                broken[place] = random.integers(0, 256)
            with contextlib.suppress(BadImage):
                clip = read_clip(bytes(broken))
                assert all(frame.image.pixels.dtype == np.uint8 for frame in clip.frames(range(clip.n_frames)))


def test_the_clip_of_the_program_begins_and_ends_in_the_middle_of_its_photographs() -> None:
    clip = tour()
    first, last = clip.frames([0, clip.n_frames - 1])
    assert (first.seconds, last.seconds) == (0, (clip.n_frames - 1) / 10)
    for frame, name in ((first, ON_THE_WAY[0]), (last, ON_THE_WAY[-1])):
        photo = Image.fromarray(load_sample(name).pixels)
        side = min(photo.size)
        left, top = (photo.width - side) / 2, (photo.height - side) / 2
        size = frame.image.pixels.shape[1::-1]
        expected = np.asarray(photo.resize(size, Image.Resampling.BOX, (left, top, left + side, top + side)), int)
        assert np.abs(frame.image.pixels - expected).mean() < 8
    assert clip.digest == tour().digest

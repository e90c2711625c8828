"""Pictures at the border: colour profiles, animations, EXIF, and kinds of files that name what is in the way."""

from __future__ import annotations

import builtins
import io
import struct
import time
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image, ImageCms

from explorer.pictures.image import read_image
from tests.picture_files import chunk, encode, photo, png, png16, read, refusal, tiff

WHITE = np.array([0.9642, 1.0, 0.8249])  # of ICC's space of connection, D50
WIDE = np.array([[0.7977, 0.1352, 0.0313], [0.2880, 0.7119, 0.0001], [0.0, 0.0, 0.8249]])  # ProPhoto's red, green, blue
SRGB = np.array([[0.4361, 0.3851, 0.1431], [0.2225, 0.7169, 0.0606], [0.0139, 0.0971, 0.7141]])  # under D50


def profile(colours: bytes = b"RGB ", gamma: float = 1.8) -> bytes:
    """A profile by its primaries, byte by byte as ICC writes it: wide colours, or grey, with a power as curve."""

    def xyz(values: np.ndarray) -> bytes:
        return b"XYZ \0\0\0\0" + struct.pack(">3l", *(round(65536 * value) for value in values))

    curve = b"curv\0\0\0\0" + struct.pack(">LH", 1, round(256 * gamma))
    name = b"Wide\0"
    tags = {b"wtpt": xyz(WHITE), b"desc": b"desc\0\0\0\0" + struct.pack(">L", len(name)) + name + b"\0" * 78}
    if colours == b"GRAY":
        tags[b"kTRC"] = curve
    else:
        tags |= {b"rXYZ": xyz(WIDE[:, 0]), b"gXYZ": xyz(WIDE[:, 1]), b"bXYZ": xyz(WIDE[:, 2])}
        tags |= {b"rTRC": curve, b"gTRC": curve, b"bTRC": curve}
    head, body, at = b"", b"", 128 + 4 + 12 * len(tags)
    for tag, data in tags.items():
        padded = data.ljust(-(-len(data) // 4) * 4, b"\0")
        head, body, at = head + tag + struct.pack(">LL", at, len(data)), body + padded, at + len(padded)
    start = struct.pack(">L4sL4s4s4s", at, b"\0" * 4, 0x02100000, b"mntr", colours, b"XYZ ") + b"\0" * 12 + b"acsp"
    start = start.ljust(68, b"\0") + struct.pack(">3l", *(round(65536 * value) for value in WHITE))
    return start.ljust(128, b"\0") + struct.pack(">L", len(tags)) + head + body


def to_srgb(pixels: np.ndarray, gamma: float = 1.8) -> np.ndarray:
    """By the definitions: wide colours to light, to sRGB's light, and to its levels."""
    light = np.clip((pixels / 255) ** gamma @ (np.linalg.inv(SRGB) @ WIDE).T, 0, 1)
    return 255 * np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF", "WEBP", "AVIF"])
def test_colours_of_a_profile_become_those_of_srgb(kind: str) -> None:
    muted = (photo() * 0.4 + 90).astype(np.uint8)  # nothing outside of what sRGB can show
    exact = {"lossless": True} if kind == "WEBP" else {"quality": 100}
    image = read(Image.fromarray(muted), kind, icc_profile=profile(), **exact)
    assert np.abs(to_srgb(muted) - muted).mean() > 8  # there is something to do
    assert np.abs(image.pixels - to_srgb(muted)).mean() < {"JPEG": 2, "AVIF": 3}.get(kind, 0.5)
    assert image.notes == ("colours converted from Wide to sRGB",)


def test_deep_colours_with_a_profile_are_of_the_whole_range() -> None:
    muted = (photo() * 0.4 + 90).astype(np.uint8)
    file = io.BytesIO()
    tifffile.imwrite(file, muted.astype(np.uint16) * 257, photometric="rgb", metadata=None, iccprofile=profile())
    image = read_image(file.getvalue())
    assert np.abs(image.pixels - to_srgb(muted)).mean() < 0.5
    assert image.notes == (
        "16-bit colours shown from 0 to 65,535, as its colour profile says", "colours converted from Wide to sRGB",
    )  # fmt: skip


def test_grey_and_opacity_with_a_profile() -> None:
    ramp = np.arange(256, dtype=np.uint8).reshape(16, 16)
    image = read(Image.fromarray(ramp), icc_profile=profile(b"GRAY", gamma=1.0))
    light = ramp / 255
    right = 255 * np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    assert np.abs(image.pixels[..., 0] - right).max() <= 2
    assert image.notes == ("colours converted from Wide to sRGB",)
    clear = read(Image.fromarray(photo()).convert("RGBA").point(lambda v: 0), icc_profile=profile())
    assert (clear.pixels >= 254).all()  # white is white in both
    assert set(clear.notes) == {"colours converted from Wide to sRGB", "transparent parts shown on white"}


def test_a_profile_that_says_srgb_changes_nothing_and_needs_no_note() -> None:
    plain = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    image = read(Image.fromarray(photo()), icc_profile=plain)
    assert np.array_equal(image.pixels, photo())
    assert image.notes == ()


@pytest.mark.parametrize(
    ("mode", "given", "note"),
    [
        ("RGB", b"junk", "its colour profile cannot be read and is left out"),
        ("RGB", profile()[:200], "its colour profile cannot be read and is left out"),
        ("RGB", profile(b"GRAY"), "its colour profile is not one for red, green and blue, and is left out"),
        ("CMYK", profile(), "its colour profile is not one for CMYK, and is left out"),
        ("RGB", b"\0" * 4_000_001, "its colour profile cannot be read and is left out"),
    ],
)
def test_a_profile_that_cannot_be_used_is_no_reason_to_refuse(mode: str, given: bytes, note: str) -> None:
    picture = Image.fromarray(photo()).convert(mode)
    image = read(picture, "TIFF", icc_profile=given)
    assert np.array_equal(image.pixels, np.asarray(picture.convert("RGB")))
    assert image.notes[-1] == note


# Animations: a picture for programs that know none


def animation(size: tuple[int, int], frame: np.ndarray, at: tuple[int, int], *, is_frame: bool = False) -> bytes:
    """A red PNG, and behind it two frames; with `is_frame` the red picture is the first of three."""

    def control(number: int, width: int, height: int, x: int, y: int) -> bytes:
        return chunk(b"fcTL", struct.pack(">5LHHBB", number, width, height, x, y, 1, 10, 0, 0))

    still = encode(Image.new("RGBA", size, (255, 0, 0, 255)))
    end = still.index(b"IDAT") - 4
    height, width = frame.shape[:2]
    picture = encode(Image.fromarray(frame).convert("RGBA"))
    data = picture[picture.index(b"IDAT") + 4 : -16]
    parts = [still[:33], chunk(b"acTL", struct.pack(">LL", 2 + is_frame, 0))]
    parts += [control(0, *size, 0, 0)] * is_frame + [still[end:-12]]
    for n in (1, 3):
        parts += [control(n, width, height, *at), chunk(b"fdAT", struct.pack(">L", n + 1) + data)]
    return b"".join([*parts, still[-12:]])


def test_the_first_frame_of_an_animation_is_shown_not_the_picture_in_its_place() -> None:
    note = "animated: the first of 2 frames is shown; the picture for programs that know no animation is left out"
    whole = read_image(animation((64, 48), photo(), (0, 0)))
    assert np.array_equal(whole.pixels, photo())
    assert whole.notes == (note,)
    part = read_image(animation((70, 60), photo(), (5, 7)))
    right = np.full((60, 70, 3), 255)
    right[7:55, 5:69] = photo()
    assert np.array_equal(part.pixels, right)
    assert part.notes == (note, "transparent parts shown on white")
    first = read_image(animation((64, 48), photo(), (0, 0), is_frame=True))
    assert (first.pixels == (255, 0, 0)).all()
    assert first.notes == ("animated: the first of 3 frames is shown",)


def test_an_animation_that_no_browser_plays_is_its_picture() -> None:
    assert (read_image(animation((64, 48), photo(), (1, 0))).pixels == (255, 0, 0)).all()  # reaches over the edge
    damaged = bytearray(animation((64, 48), photo(), (0, 0)))
    damaged[damaged.index(b"fdAT") + 20] ^= 255
    assert refusal(bytes(damaged), "a.png") == "'a.png' is damaged and cannot be decoded. Choose another file."


# EXIF


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF"])
def test_broken_exif_is_no_reason_to_refuse(kind: str) -> None:
    exif = Image.Exif()
    exif[271] = "a camera"
    data = bytearray(encode(Image.fromarray(photo()), kind, exif=exif))
    at = data.index(b"a camera") - 26
    assert data[at : at + 4] in (b"II*\0", b"MM\0*")
    data[at : at + 2] = b"XX"
    if kind == "PNG":  # its sum is made anew
        n = struct.unpack_from(">L", data, at - 8)[0]
        data[at - 8 : at + n + 4] = chunk(b"eXIf", bytes(data[at : at + n]))
    image = read_image(bytes(data))
    assert np.abs(image.pixels.astype(int) - photo()).mean() < 5
    assert image.notes == ("its EXIF data cannot be read and are left out",)


@pytest.mark.filterwarnings("ignore")  # as in the app, where what decoders only murmur stops nothing
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_exif_that_leads_nowhere_is_left_out_with_a_note(kind: str) -> None:
    image = read(Image.fromarray(photo()), kind, exif=b"Exif\0\0II*\0\xff\xff\xff\xff")
    assert np.abs(image.pixels.astype(int) - photo()).mean() < 5
    assert image.notes == ("its EXIF data cannot be read and are left out",)


# What is in the way


def test_a_camera_raw_file_says_so() -> None:
    thumbnail = np.zeros((9, 12, 3), np.uint8)
    made = []
    for tags in ([(50706, "B", 4, b"\1\4\0\0", True)], []):
        file = io.BytesIO()
        with tifffile.TiffWriter(file) as writer:
            writer.write(thumbnail, photometric="rgb", subfiletype=1, extratags=tags, subifds=1, metadata=None)
            writer.write(np.zeros((48, 64), np.uint16), photometric=32803, metadata=None)
        made.append(file.getvalue())
    for data in made:
        message = refusal(data, "IMG_1.dng")
        assert message.startswith("'IMG_1.dng' is a camera raw file: ")
        assert message.endswith("and save it as JPEG or PNG.")


@pytest.mark.parametrize(
    ("entries", "what"),
    [
        ([(259, 3, 1, 34712)], "8-bit grey and JPEG 2000 inside"),
        ([(259, 3, 1, 33003)], "8-bit grey and JPEG 2000 inside"),
        ([(259, 3, 1, 50002)], "8-bit grey and JPEG XL inside"),
        ([(259, 3, 1, 12345)], "8-bit grey and compression 12345 inside"),
        ([(258, 3, 1, 16), (259, 3, 1, 7)], "16-bit grey and JPEG inside"),
        ([(258, 3, 1, 64), (339, 3, 1, 6)], "64-bit complex grey"),
        ([(258, 3, 1, 24), (339, 3, 1, 3)], "24-bit floating-point grey"),
        ([(262, 3, 1, 32845), (258, 3, 1, 16)], "16-bit LogLuv"),
        ([(262, 3, 1, 777)], "8-bit pixels of kind 777"),
    ],
)
def test_a_tiff_that_is_not_read_names_what_is_in_the_way(entries: list[tuple[int, ...]], what: str) -> None:
    message = refusal(tiff(*entries), "x.tif")
    assert message == f"'x.tif' is a TIFF with {what}, which is not read. Save it as PNG or JPEG."


def test_claims_of_a_deep_tiff_are_weighed_before_anything_is_decoded() -> None:
    deep = (258, 3, 1, 16)
    assert "7072 x 7072" in refusal(tiff(deep, (256, 4, 1, 7072), (257, 4, 1, 7072)), "x")
    large = refusal(tiff(deep, (256, 4, 1, 7000), (257, 4, 1, 7000), (278, 4, 1, 7000), (259, 3, 1, 8)), "x")
    assert "more than the 180 MB that may be decoded" in large
    tile = [(322, 4, 1, 2**31), (323, 4, 1, 2**31), (324, 4, 1, 400), (325, 4, 1, 16)]
    assert "more than the 180 MB" in refusal(tiff(deep, *tile), "x")
    start = time.thread_time()
    tiny = [(322, 4, 1, 1), (323, 4, 1, 1), (324, 4, 1, 400), (325, 4, 1, 2)]
    assert "cut off" in refusal(tiff(deep, (256, 4, 1, 7000), (257, 4, 1, 7000), *tiny), "x")
    planes = [(277, 3, 1, 65535), (284, 3, 1, 2), (257, 4, 1, 65535), (256, 4, 1, 1)]
    assert "cut off" in refusal(tiff(deep, *planes), "x")
    assert time.thread_time() - start < 0.5
    for broken in ([(278, 4, 1, 0)], [(256, 4, 1, 0)], [(273, 4, 1, 2**31)], [(279, 4, 1, 3)], [(317, 3, 1, 9)]):
        assert refusal(tiff(deep, *broken), "x").startswith("'x' is "), broken


def test_heic_is_read_or_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    data = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + b"\0" * 500
    imported = builtins.__import__

    def without(name: str, *rest: object) -> object:
        if name == "pillow_heif":
            raise ImportError(name)
        return imported(name, *rest)

    with monkeypatch.context() as patch:
        patch.setattr(builtins, "__import__", without)
        assert refusal(data, "IMG_1.HEIC") == (
            "'IMG_1.HEIC' is a HEIC picture, as phones write them, and the part that reads these is not installed. "
            "Convert it to JPEG, or install it: pip install 'cnn-explorer[heif]', "
            "or in a checkout pip install pillow-heif."
        )
    pillow_heif = pytest.importorskip("pillow_heif", reason="the part that reads HEIC is not installed")
    assert "HEIC picture that is damaged or cut off" in refusal(data, "IMG_1.HEIC")
    file = io.BytesIO()
    pillow_heif.from_pillow(Image.fromarray(photo())).save(file, quality=95)
    image = read_image(file.getvalue())
    assert np.abs(image.pixels.astype(int) - photo()).mean() < 3
    assert image.notes == ()
    for part in (0.1, 0.5, 0.9):
        assert refusal(file.getvalue()[: int(len(file.getvalue()) * part)], "a.heic").startswith("'a.heic' is ")


def test_a_deep_png_is_damaged_cut_off_or_transparent() -> None:
    data = png16(photo().astype(np.uint16) * 16)
    assert refusal(data[: len(data) // 2], "a.png") == (
        "'a.png' is cut off: the end of the picture is missing. Choose another file."
    )
    assert "is 4000 x 4000 pixels; a file of this kind may have 14 million" in refusal(
        png(4000, 4000, colour=2, depth=16)
    )
    at = data.index(b"IDAT") - 4
    colour = (photo()[5, 7].astype(int) * 16).astype(">u2")
    image = read_image(data[:at] + chunk(b"tRNS", colour.tobytes()) + data[at:])
    assert image.pixels[5, 7].tolist() == [255, 255, 255]
    assert image.notes == ("16-bit colours stretched from 0..4,016", "transparent parts shown on white")


def test_the_project_names_the_extra_that_the_sentence_names() -> None:
    text = (Path(__file__).resolve().parents[2] / "pyproject.toml").read_text(encoding="utf-8")
    assert 'name = "cnn-explorer"' in text
    assert "\nheif = [" in text

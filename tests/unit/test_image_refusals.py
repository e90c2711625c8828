"""Pictures at the border: what is no picture, or too much of one, becomes a sentence."""

from __future__ import annotations

import io
import logging
import struct
import time
import warnings
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from explorer.errors import BadImage
from explorer.pictures.image import read_image
from tests.picture_files import ORIENTATION, chunk, encode, photo, png, refusal, tiff

ALLOWED = "JPEG, PNG, WebP, GIF, BMP, TIFF, AVIF can. Choose another file."


def test_a_huge_picture_is_refused_by_its_header() -> None:
    squeeze, row = zlib.compressobj(9), b"\0" * 60_001
    zeros = b"".join(squeeze.compress(row) for _ in range(300)) + squeeze.flush()  # enough: nobody gets that far
    start = time.process_time()
    message = refusal(png(60_000, 60_000, data=zeros), "zeros.png")
    assert time.process_time() - start < 1
    assert message == "'zeros.png' has more than 50 million pixels, the most that is read. Make it smaller."


def test_the_limits_of_size() -> None:
    assert refusal(png(7072, 7072), "a.png") == (
        "'a.png' is 7072 x 7072 pixels; a file of this kind may have 50 million, and 65535 on a side. Make it smaller."
    )
    assert "'a.png' is 65536 x 1 pixels" in refusal(png(65536, 1), "a.png")
    with warnings.catch_warnings():  # as in the app, where Pillow's own warning at 89 million is no error
        warnings.simplefilter("ignore")
        assert "'a.png' is 10000 x 10000 pixels" in refusal(png(10_000, 10_000), "a.png")
    progressive = encode(Image.new("RGB", (64, 64)), "JPEG", progressive=True)
    at = progressive.find(b"\xff\xc2") + 5
    large = progressive[:at] + struct.pack(">HH", 6000, 6000) + progressive[at + 4 :]
    assert "may have 28 million" in refusal(large)


def test_a_file_of_too_many_bytes() -> None:
    data = encode(Image.new("L", (1, 1))).ljust((50 << 20) + 1, b"\0")
    assert refusal(io.BytesIO(data), "x.png") == "'x.png' is larger than 50 MB, the most that is read. Save it smaller."


def test_what_is_not_a_picture(tmp_path: Path) -> None:
    assert refusal(b"", "a.png") == "'a.png' is empty. Choose another file."
    assert refusal(b"to be or not to be", "a.png") == f"'a.png' is not a picture that can be read; {ALLOWED}"
    assert refusal(b"<svg/>") == f"'picture' is not a picture that can be read; {ALLOWED}"
    assert refusal(tmp_path / "none.png") == "There is no file 'none.png'. Check the path."
    assert refusal(f"{tmp_path}/") == f"'{tmp_path.name}' is a folder, not a picture. Choose a file in it."
    assert refusal("a\0b") == "There is no file 'ab'. Check the path."
    assert refusal(io.StringIO("text")) == "'picture' is damaged and cannot be decoded. Choose another file."


@pytest.mark.parametrize("kind", ["EPS", "PDF", "ICO", "PPM", "TGA", "JPEG2000", "ICNS", "DDS"])
def test_other_formats_are_refused(kind: str) -> None:
    message = refusal(encode(Image.fromarray(photo(32, 32)), kind), "x.png")
    assert message == f"'x.png' is not a picture that can be read; {ALLOWED}"


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF"])
def test_a_picture_cut_off_is_refused(kind: str) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    data = encode(Image.fromarray(noise), kind)
    for part in (0.01, 0.1, 0.3, 0.5, 0.7, 0.9):
        message = refusal(data[: int(len(data) * part)], "cut")
        assert message.startswith("'cut' is ")
        assert len(message) < 150


def test_a_cut_picture_says_so_and_the_log_names_the_cause(caplog: pytest.LogCaptureFixture) -> None:
    data = encode(Image.fromarray(photo(200, 200)), "JPEG")
    with caplog.at_level(logging.INFO, "explorer.pictures.image"):
        message = refusal(data[: len(data) // 2], "a.jpg")
    assert message == "'a.jpg' is cut off: the end of the picture is missing. Choose another file."
    assert "OSError" in caplog.text
    broken = bytearray(encode(Image.fromarray(photo())))
    broken[60] ^= 255
    assert refusal(bytes(broken), "a.png") == "'a.png' is damaged and cannot be decoded. Choose another file."


@pytest.mark.slow
@pytest.mark.parametrize(
    "data",
    [
        png(9, 9, chunk(b"zTXt", b"k\0\0" + zlib.compress(b"x" * 50_000_000, 1))),
        png(9, 9, chunk(b"iCCP", b"k\0\0" + zlib.compress(b"x" * 50_000_000, 1))),
        tiff((273, 4, 12_000_000, 8)),
        tiff((34665, 4, 1, 450), (37500, 3, 2**32 - 1, 8)),
        tiff((256, 3, 1, 0)),
        tiff((278, 4, 1, 2**32 - 1), (279, 4, 1, 2**32 - 1), (273, 4, 1, 2**32 - 1)),
        tiff((258, 3, 60_000, 8)),
        b"II+\0\x08\0\0\0" + struct.pack("<QQ", 16, 2**63) + b"\xff" * 200,
        b"MM\0*" + b"\xff" * 4,
        encode(Image.new("L", (8, 8)), "JPEG")[:2] + b"\xff\xfe\0\2" * 3_000_000,
        encode(Image.new("RGB", (8, 8)), "JPEG", progressive=True)[:-2] + b"\xff\xda" * 200,
    ],
    ids=["text", "profile", "tags", "exif", "empty", "offsets", "bits", "big", "short", "comments", "scans"],
)
def test_absurd_headers_are_refused_quickly(data: bytes) -> None:
    start = time.thread_time()
    assert refusal(data, "x").startswith("'x' ")
    assert time.thread_time() - start < 2.5


def test_the_tiff_of_these_tests_is_one_without_the_absurdity() -> None:
    assert read_image(tiff()).pixels[..., 0].ravel().tolist() == list(range(0, 160, 10))


def test_too_many_numbers_in_one_tag_are_never_unpacked() -> None:
    message = "'x' takes too much time or memory to decode. Save it again as PNG or JPEG and try that."
    assert refusal(tiff((273, 4, 12_000_000, 8)), "x") == message
    exif = b"II*\0" + struct.pack("<LHHHLLL", 8, 1, ORIENTATION, 3, 12_000_000, 0, 0)
    start = time.thread_time()
    spoiled = read_image(png(1, 1, chunk(b"eXIf", exif), data=zlib.compress(b"\0\0")))
    assert spoiled.notes == ("its EXIF data cannot be read and are left out",)
    assert time.thread_time() - start < 0.5
    nested = bytearray(tiff((34665, 4, 1, 450)))
    nested[450:464] = struct.pack("<HHHLL", 1, 37500, 3, 12_000_000, 8)
    assert refusal(nested, "x") == message
    big = encode(Image.fromarray(photo()), "TIFF", big_tiff=True)
    assert np.array_equal(read_image(big).pixels, photo())
    n = big.index(struct.pack("<HHQ", 258, 3, 3)) + 4
    assert refusal(big[:n] + struct.pack("<Q", 12_000_000) + big[n + 8 :], "x") == message


def test_a_progressive_picture_of_endless_scans_is_refused() -> None:
    data = encode(Image.new("RGB", (64, 64)), "JPEG", progressive=True)
    scan = data[data.rindex(b"\xff\xda") : -2]
    assert read_image(data[:-2] + scan * 20 + data[-2:]).pixels.shape == (64, 64, 3)
    assert "too much time" in refusal(data[:-2] + scan * 200 + data[-2:])


def test_random_damage_gives_a_picture_or_a_sentence() -> None:
    rng = np.random.default_rng(7)
    small = Image.fromarray(photo(24, 32))
    exif = Image.Exif()
    exif[ORIENTATION] = 3
    files = [encode(small, kind) for kind in ("PNG", "WEBP", "GIF", "BMP", "AVIF")]
    files += [encode(small, kind, exif=exif) for kind in ("JPEG", "TIFF")]
    files += [encode(small, "TIFF", compression="tiff_lzw"), encode(small, "JPEG", progressive=True)]
    files += [
        encode(small.quantize(16), "PNG", transparency=3),
        encode(small, "GIF", save_all=True, append_images=[small]),
    ]
    n_pictures = n_sentences = 0
    for data in files:
        for _ in range(60):
            damaged = bytearray(data)
            for at in rng.integers(0, len(data), rng.integers(1, 6)):
                damaged[at] = rng.integers(0, 256)
            try:
                image = read_image(bytes(damaged), "damaged")
            except BadImage:
                n_sentences += 1
            else:
                n_pictures += 1
                assert image.pixels.ndim == 3
                assert max(image.pixels.shape) <= 2048
    assert min(n_pictures, n_sentences) > 50  # the damage is neither harmless nor always fatal


def test_threads_do_not_disturb_each_other() -> None:
    good = [encode(Image.fromarray(np.roll(photo(), i, axis=0)), kind) for i in range(8) for kind in ("PNG", "TIFF")]
    expected = [read_image(data).digest for data in good]
    bad = [data[: len(data) // 2] for data in good]
    filters = list(warnings.filters)

    def outcome(data: bytes) -> str:
        try:
            return read_image(data).digest
        except BadImage:
            return "bad"

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(outcome, (good + bad) * 4)) == (expected + ["bad"] * len(bad)) * 4
    assert warnings.filters == filters

"""JPEG, WebP, AVIF, MPO and HEIC: what cameras and phones write, which keeps colours only nearly."""

from __future__ import annotations

import io
import itertools
import struct
from collections.abc import Iterator

import numpy as np
from PIL import Image, ImageCms

from tests.hostile.sample import Valid, levels, on_white
from tests.picture_files import ORIENTATION, encode, photo

HEIGHT, WIDTH = 41, 55  # no multiple of a block
SMOOTH = photo(HEIGHT, WIDTH)
RIGHT = SMOOTH.astype(float)
GREY = np.rint(RIGHT @ (0.299, 0.587, 0.114)).astype(np.uint8)
NEARLY = {"most": 40.0, "mean": 3.0}  # of a level; a mirrored or a wrongly coloured picture is 20 away on average


def exif(orientation: int, order: str = "<") -> bytes:
    """EXIF data that say how the picture lies, and nothing else."""
    start = {"<": b"II*\0", ">": b"MM\0*"}[order]
    return b"Exif\0\0" + start + struct.pack(f"{order}LHHHLHHL", 8, 1, ORIENTATION, 3, 1, orientation, 0, 0)


def lying(upright: np.ndarray, orientation: int) -> np.ndarray:
    """What a camera stores: EXIF says on which sides of the upright picture the first row and column lie."""
    if orientation in (2, 3, 6, 7):
        upright = upright[:, ::-1]
    if orientation in (3, 4, 7, 8):
        upright = upright[::-1]
    return np.ascontiguousarray(upright.swapaxes(0, 1) if orientation > 4 else upright)


def usual_jpegs() -> Iterator[Valid]:
    colours, grey, plain = Image.fromarray(SMOOTH), Image.fromarray(GREY), {"quality": 95}
    for ways, sampling, restart in itertools.product(
        ({}, {"progressive": True}, {"optimize": True}), ("4:4:4", "4:2:2", "4:2:0"), (0, 3)
    ):
        data = encode(colours, "JPEG", **plain, **ways, subsampling=sampling, restart_marker_blocks=restart)
        yield Valid("JPEG", f"{' '.join(ways) or 'baseline'} {sampling}, restarts {restart}", data, RIGHT, **NEARLY)
        if sampling == "4:4:4":
            data = encode(grey, "JPEG", **plain, **ways, restart_marker_blocks=restart)
            yield Valid("JPEG", f"grey {' '.join(ways)}, restarts {restart}", data, levels(GREY[..., None]), **NEARLY)
            kept = encode(colours, "JPEG", **plain, **ways, keep_rgb=True, restart_marker_blocks=restart)
            yield Valid("JPEG", f"RGB inside {' '.join(ways)}, restarts {restart}", kept, RIGHT, **NEARLY)
    for height, width in ((1, 1), (1, 9), (9, 1), (8, 8), (16, 16), (17, 15), (3, 200), (200, 3)):
        small = photo(height, width)
        data = encode(Image.fromarray(small), "JPEG", quality=100, subsampling=0)
        yield Valid("JPEG", f"{width} x {height}", data, small.astype(float), **NEARLY)


def jpegs_of_four_inks() -> Iterator[Valid]:
    """CMYK, and the same with its inks turned into brightness and colour, as Adobe writes both: inverted."""
    inks = np.concatenate([255 - SMOOTH, photo(HEIGHT, WIDTH)[..., :1] // 4], axis=2)
    right = (255 - inks[..., :3].astype(float)) * (255 - inks[..., 3:].astype(float)) / 255
    for progressive in (False, True):
        plain = encode(Image.fromarray(inks, "CMYK"), "JPEG", quality=98, progressive=progressive)
        yield Valid("JPEG", f"CMYK{', progressive' * progressive}", plain, right, **NEARLY)
        to_stored = np.array([[0.299, 0.587, 0.114], [-0.168736, -0.331264, 0.5], [0.5, -0.418688, -0.081312]])
        stored = inks[..., :3].astype(float) @ to_stored.T + (0, 128, 128)
        turned = np.concatenate([255 - np.clip(np.rint(stored), 0, 255).astype(np.uint8), inks[..., 3:]], axis=2)
        data = bytearray(encode(Image.fromarray(turned, "CMYK"), "JPEG", quality=98, progressive=progressive))
        at = data.index(b"Adobe") + 11
        assert data[at] == 0
        data[at] = 2
        yield Valid("JPEG", f"YCCK{', progressive' * progressive}", bytes(data), right, **NEARLY)


def turned_photographs() -> Iterator[Valid]:
    kinds = {"JPEG": {"quality": 97, "subsampling": 0}, "WEBP": {"lossless": True}, "PNG": {}, "TIFF": {}}
    for (kind, options), order, orientation in itertools.product(kinds.items(), "<>", range(1, 9)):
        if kind == "TIFF" and order == ">":
            continue  # Pillow writes its own directory
        picture, given = Image.fromarray(lying(SMOOTH, orientation)), exif(orientation, order)
        if kind == "TIFF":
            data = encode(picture, "TIFF", tiffinfo={ORIENTATION: orientation})
        else:
            data = encode(picture, kind, exif=given, **options)
        far = NEARLY if kind == "JPEG" else {}
        yield Valid(kind, f"turned as {orientation} says, in order {order}", data, RIGHT, **far)


def photographs_with_more() -> Iterator[Valid]:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    picture, given = Image.fromarray(SMOOTH), {"quality": 97, "subsampling": 0}
    beside: dict[str, dict[str, object]] = {
        "profile": {"icc_profile": profile},
        "comment": {"comment": b"a b c"},
        "resolution": {"dpi": (300, 72)},
        "all": {"icc_profile": profile, "exif": exif(1), "comment": b"x" * 999, "dpi": (1, 1)},
        "XMP": {"xmp": b"<x:xmpmeta xmlns:x='adobe:ns:meta/'></x:xmpmeta>"},
    }
    for name, options in beside.items():
        yield Valid("JPEG", f"with {name}", encode(picture, "JPEG", **{**given, **options}), RIGHT, **NEARLY)
    for n in (2, 3):
        others = [picture.transpose(Image.Transpose.FLIP_TOP_BOTTOM)] * (n - 1)
        data = encode(picture, "MPO", save_all=True, append_images=others, quality=97)
        yield Valid("MPO", f"{n} pictures", data, RIGHT, **NEARLY)
    data = encode(picture, "JPEG", **given)
    yield Valid("JPEG", "with bytes behind", data + bytes(500), RIGHT, **NEARLY)
    yield Valid("JPEG", "with filling before a marker", data[:2] + b"\xff" * 9 + data[2:], RIGHT, **NEARLY)


def webps() -> Iterator[Valid]:
    opacity = np.linspace(0, 255, HEIGHT * WIDTH).astype(np.uint8).reshape(HEIGHT, WIDTH)
    clear = np.concatenate([SMOOTH, opacity[..., None]], axis=2)
    seen = on_white(RIGHT, opacity / 255)
    for (name, values, right), method in itertools.product(
        (("colours", SMOOTH, RIGHT), ("opacity", clear, seen)), range(7)
    ):
        exact = encode(Image.fromarray(values), "WEBP", lossless=True, exact=True, method=method)
        yield Valid("WEBP", f"lossless {name}, method {method}", exact, right)
        lossy = encode(Image.fromarray(values), "WEBP", quality=95, method=method)
        yield Valid("WEBP", f"lossy {name}, method {method}", lossy, right, **NEARLY)
    for lossless, (height, width) in itertools.product((True, False), ((1, 1), (1, 30), (30, 1), (2, 2049))):
        plain = np.full((height, width, 3), (200, 90, 30), np.uint8)
        right = np.broadcast_to((200.0, 90.0, 30.0), (height, min(width, 2048), 3))
        data = encode(Image.fromarray(plain), "WEBP", lossless=lossless, quality=95)
        yield Valid("WEBP", f"{width} x {height}{', lossless' * lossless}", data, right, 4, 4)
    for kmax, values in itertools.product((0, 3), (SMOOTH, clear)):
        frames = [Image.fromarray(np.roll(values, 4 * n, axis=0)) for n in range(3)]
        data = encode(frames[0], "WEBP", save_all=True, append_images=frames[1:], lossless=True, exact=True, kmax=kmax)
        right = seen if values is clear else RIGHT
        yield Valid("WEBP", f"animated, {values.shape[2]} channels, keys {kmax}", data, right)


def avifs_and_heics() -> Iterator[Valid]:
    opacity = np.tile(np.linspace(0, 255, WIDTH), (HEIGHT, 1)).astype(np.uint8)
    clear = np.concatenate([SMOOTH, opacity[..., None]], axis=2)
    for sampling in ("4:4:4", "4:2:2", "4:2:0", "4:0:0"):
        data = encode(Image.fromarray(SMOOTH), "AVIF", quality=95, subsampling=sampling, speed=10)
        right = levels(GREY[..., None]) if sampling == "4:0:0" else RIGHT
        yield Valid("AVIF", sampling, data, right, **NEARLY)
    seen = on_white(RIGHT, opacity / 255)
    yield Valid("AVIF", "opacity", encode(Image.fromarray(clear), "AVIF", quality=95, speed=10), seen, **NEARLY)
    frames = [Image.fromarray(np.roll(SMOOTH, 4 * n, axis=0)) for n in range(3)]
    data = encode(frames[0], "AVIF", save_all=True, append_images=frames[1:], quality=95, speed=10)
    yield Valid("AVIF", "animated", data, RIGHT, **NEARLY)
    for orientation in range(1, 9):
        picture = Image.fromarray(lying(SMOOTH, orientation))
        data = encode(picture, "AVIF", exif=exif(orientation), quality=95, speed=10)
        yield Valid("AVIF", f"turned as {orientation} says", data, RIGHT, **NEARLY)
    try:
        import pillow_heif
    except ImportError:
        return  # an extra of its own
    for values, right in ((SMOOTH, RIGHT), (clear, seen), (GREY, levels(GREY[..., None]))):
        file = io.BytesIO()
        pillow_heif.from_pillow(Image.fromarray(values)).save(file, quality=95)
        yield Valid("HEIC", f"{values.ndim} axes, {values.shape[-1]} last", file.getvalue(), right, **NEARLY)


def valid_photographs() -> list[Valid]:
    return [
        *usual_jpegs(), *jpegs_of_four_inks(), *turned_photographs(), *photographs_with_more(), *webps(),
        *avifs_and_heics(),
    ]  # fmt: skip

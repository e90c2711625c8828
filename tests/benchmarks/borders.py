"""Seconds and memory that files take at the borders, right ones and hostile ones: `python -m tests.benchmarks.borders`.

The promise is 5 s and 300 MB for any picture. All sets of the tests are read one file after the other; then pictures as
large as the limits allow, and the dearest of the sets, each in a process of its own.
"""

from __future__ import annotations

import contextlib
import io
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from time import process_time

import numpy as np
from PIL import Image

from explorer.errors import ExplorerError
from explorer.loading.checkpoints import read_checkpoint
from explorer.pictures.image import read_image
from tests.benchmarks.memory import peak_mb
from tests.hostile.bad_weights import bad_weights
from tests.hostile.bmp_files import valid_bmps
from tests.hostile.damage import damaged_pictures
from tests.hostile.faults import hostile_pictures
from tests.hostile.gif_files import colours, frame, gif, valid_gifs
from tests.hostile.photographs import valid_photographs
from tests.hostile.png_files import png_of, valid_pngs
from tests.hostile.tiff_files import valid_tiffs
from tests.hostile.weights import good_weights
from tests.picture_files import chunk, png16, written

READERS: dict[str, Callable[[bytes], object]] = {"picture": read_image, "weights": read_checkpoint}
N_DEAREST = 5


def sets() -> dict[str, tuple[str, list[tuple[str, bytes]]]]:
    """Under the name of a set, who reads its files, and these with their names."""
    valid = [*valid_pngs(), *valid_bmps(), *valid_gifs(), *valid_tiffs(), *valid_photographs()]
    return {
        "right pictures": ("picture", [(f"{one.kind} {one.name}", one.data) for one in valid]),
        "hostile pictures": ("picture", [(one.name, one.data) for one in hostile_pictures()]),
        "damaged pictures": ("picture", [(one.name, one.data) for one in damaged_pictures()]),
        "right weights": ("weights", [(one.name, one.data) for one in good_weights()]),
        "hostile weights": ("weights", [(one.name, one.data) for one in bad_weights()]),
    }


def at_the_limits() -> Iterator[tuple[str, bytes]]:
    """Pictures as large as each kind may be: smooth, so that few bytes say much, or noise."""
    for kind, side, options in (
        ("PNG", 7071, {"compress_level": 1}), ("JPEG", 7071, {"quality": 75}), ("GIF", 7071, {}), ("BMP", 4080, {}),
        ("JPEG", 5290, {"progressive": True}), ("WEBP", 3741, {"method": 0}),
        ("WEBP", 3741, {"lossless": True, "method": 0}), ("TIFF", 4829, {"compression": "tiff_lzw"}),
        ("TIFF", 4082, {}), ("AVIF", 4472, {"speed": 10}),
    ):  # fmt: skip
        yield f"{kind} {side} {options}", _encoded(_smooth(side, 3), kind, **options)
    noise = np.random.default_rng(0).integers(0, 256, (4000, 4000, 3), dtype=np.uint8)
    yield "PNG of noise", _encoded(noise, "PNG", compress_level=1)
    yield "JPEG of noise", _encoded(noise, "JPEG", quality=95)
    yield "WEBP of noise", _encoded(noise[:3700, :3700], "WEBP", lossless=True, method=0)
    yield "interlaced PNG", png_of(noise & 192, 2, 8, interlaced=True)
    deep = noise[:3500, :3500].astype(np.uint16) << 8
    yield "deep PNG", png16(deep)
    yield "deep PNG with a transparent colour", png_of(deep, 2, 16, before=[chunk(b"tRNS", bytes(6))])
    grey = _smooth(7071, 1).astype(np.uint16) << 8
    yield "deep grey PNG with a transparent value", png_of(grey, 0, 16, before=[chunk(b"tRNS", bytes(2))])
    yield "a part of a GIF", gif((7071, 7071), frame(noise[:9, :9, 0], 8, at=(5, 5)), palette=colours(8))
    yield "deep TIFF", written(deep[:3400, :3400], photometric="rgb", compression="zlib")
    yield "TIFF of floats", written(noise[:2000, :2000].astype(np.float32), photometric="rgb")
    clear = np.ascontiguousarray(_smooth(6000, 4).transpose(2, 0, 1))
    planes = {"photometric": "rgb", "planarconfig": "separate", "extrasamples": ["assocalpha"], "rowsperstrip": 99}
    yield "TIFF with a plane of opacity", written(clear, compression="zlib", **planes)


def _smooth(side: int, channels: int) -> np.ndarray:
    row = np.linspace(0, 255, side).astype(np.uint8)
    values = np.empty((side, side, channels), np.uint8)
    values[..., 0::2], values[..., 1::2] = row[:, None], row[:, None, None]
    return values


def _encoded(pixels: np.ndarray, kind: str, **options: object) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, kind, **options)
    return file.getvalue()


def seconds(read: Callable[[bytes], object], data: bytes) -> float:
    """Of this process, all its threads together: how busy the machine is does not count."""
    started = process_time()
    with contextlib.suppress(ExplorerError):
        read(data)
    return process_time() - started


def alone(reader: str, data: bytes) -> tuple[float, float]:
    """Seconds, and MB more than before, in a process that has read one small picture."""
    with tempfile.NamedTemporaryFile() as file:
        Path(file.name).write_bytes(data)
        call = [sys.executable, "-m", "tests.benchmarks.borders", reader, file.name]
        printed = subprocess.run(call, capture_output=True, text=True, check=True).stdout.split()
    return float(printed[-2]), float(printed[-1])


def main() -> None:
    print("| set | files | all s | longest s | MB more | which |\n|---|---:|---:|---:|---:|---|")
    for name, (reader, files) in sets().items():
        took = {what: seconds(READERS[reader], data) for what, data in files}
        dearest = sorted(files, key=lambda file: -took[file[0]])[:N_DEAREST]
        largest = sorted(files, key=lambda file: -len(file[1]))[:N_DEAREST]
        again = {what: alone(reader, data) for what, data in [*dearest, *largest]}
        worst = max(again, key=lambda what: again[what][0])
        most = max(extra for _, extra in again.values())
        row = f"{name} | {len(files)} | {sum(took.values()):.2f} | {max(took.values()):.3f} | {most:.0f} | {worst}"
        print(f"| {row} |", flush=True)
    print("\n| as large as allowed | s | MB more |\n|---|---:|---:|")
    for name, data in at_the_limits():
        took_alone, extra = alone("picture", data)
        print(f"| {name} ({len(data) / 1e6:.1f} MB) | {took_alone:.2f} | {extra:.0f} |", flush=True)


def memory_mb() -> float:
    """What this process holds. Where there is /proc, the peak so far, as of loading modules, is forgotten."""
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")
    return peak_mb()


def measure(reader: str, path: str) -> None:
    data = Path(path).read_bytes()
    READERS[reader](Path("assets/samples/chelsea.jpg").read_bytes()) if reader == "picture" else None
    before = memory_mb()
    took = seconds(READERS[reader], data)
    print(took, peak_mb() - before)


if __name__ == "__main__":
    measure(*sys.argv[1:]) if sys.argv[1:] else main()

"""The atlases in assets/atlas, made anew: `python -m tests.shipped_atlases [IMAGENETTE.tar]`.

Without an archive those of pictures that may be passed on; with one, Imagenette's validation pictures, those of
statistics alone.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from explorer.atlas import NetworkSource, Settings, make_atlas
from explorer.pictures.image import read_image
from explorer.places import assets
from tests.drawn_folders import drawn_folder

FREE = Settings(
    "Samples, shapes and textures", n_patches=5, n_neighbours=5, crop=44, thumbnail=40, use=True, brief=True
)
# the 21,008 channels of efficientnet_lite0, and going back through it, take a core a quarter of an hour
STATISTICS = Settings(
    "Imagenette, validation", n_patches=1, n_neighbours=5, n_bins=32, pictures=False, use=True, brief=True
)
FREE_BINS = {"pocket_resnet": 32, "efficientnet_lite0": 24}
N_DRAWN = 20  # of each of three shapes and three textures
WINDOWS = ((1.0, 1), (0.75, 3), (0.5, 5), (0.35, 7))  # shares of a sample's sides, and how many of such


def free_pictures(folder: Path) -> Path:
    """Windows of the samples, and what the project's own code draws: a folder for each sample, shape and texture."""
    for name in ("shapes", "textures"):
        drawn_folder(folder, N_DRAWN, name=name)
    for path in sorted((assets() / "samples").glob("*.jpg")):
        (folder / path.stem).mkdir()
        for i, window in enumerate(_windows(read_image(path).pixels, path.stem)):
            data = cv2.imencode(".png", cv2.cvtColor(window, cv2.COLOR_RGB2BGR))[1]
            (folder / path.stem / f"{i:02}.png").write_bytes(data.tobytes())
    return folder


def _windows(pixels: NDArray[np.uint8], name: str) -> Iterator[NDArray[np.uint8]]:
    rng = np.random.default_rng([*name.encode()])
    for share, n in WINDOWS:
        height, width = (round(share * side) for side in pixels.shape[:2])
        for _ in range(n):
            top, left = (
                int(rng.integers(0, whole - side + 1))
                for whole, side in zip(pixels.shape, (height, width), strict=False)
            )
            yield pixels[top : top + height, left : left + width]


def main(archive: Path | None) -> None:
    """Make them for both networks, in place of those that are there."""
    with tempfile.TemporaryDirectory() as place:
        pictures = free_pictures(Path(place)) if archive is None else archive
        for network, n_bins in FREE_BINS.items():
            of_free, of_all = ((), replace(FREE, n_bins=n_bins)), (("all",), STATISTICS)
            name, (layers, settings) = ("free", of_free) if archive is None else ("imagenette", of_all)
            folder = assets() / "atlas" / network / name
            shutil.rmtree(folder, ignore_errors=True)
            made = make_atlas(NetworkSource(network), [pictures], folder, layers, settings, os.cpu_count() or 1)
            n_bytes = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
            print(f"{made}: {n_bytes:,} bytes")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else None)

"""Folders of pictures that code draws: a folder for each class."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from explorer.transfer.drawn import drawn_set


def drawn_folder(folder: Path, n_each: int, side: int = 0, name: str = "shapes") -> Path:
    """So many pictures of each class, as PNG, made smaller where a side is given."""
    for category, pictures in drawn_set(name, n_each).items():
        (folder / category).mkdir(parents=True, exist_ok=True)
        for one in pictures:
            pixels = one.read().pixels
            if side:
                pixels = np.asarray(cv2.resize(pixels, (side, side), interpolation=cv2.INTER_AREA), np.uint8)
            path = folder / category / f"{one.number:03}.png"
            path.write_bytes(cv2.imencode(".png", cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR))[1].tobytes())
    return folder

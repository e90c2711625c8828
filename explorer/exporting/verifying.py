"""Makes every figure of an archive anew, from its recipe, and says which differ."""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from PIL import Image

from ..errors import BadArchive, ExplorerError
from ..loading.load import load_network
from ..networks.network import Network
from ..pictures.image import ImageInput, read_image
from ..running.progress import Progress
from ..trace import Trace, run
from ..wording import number, quoted
from .manifest import Archive, Manifest
from .recipes import made

State = Literal["same", "differs", "changed", "missing", "failed"]


@dataclass(frozen=True)
class Checked:
    """One figure: whether it is the `same` to the bit as what its recipe makes now. `remark` says more of one that is
    not, as a sentence."""

    file: str
    state: State
    remark: str = ""


@dataclass(frozen=True)
class Verification:
    """All figures of an archive, in the order of its manifest."""

    figures: tuple[Checked, ...]
    made_with: Mapping[str, Any]  # versions, by the name of what has them

    @property
    def is_same(self) -> bool:
        """Whether all are."""
        return all(one.state == "same" for one in self.figures)


def verify(
    path: str | os.PathLike[str], weights: str | Path | None = None, progress: Progress | None = None
) -> Verification:
    """Make every figure of an archive that `export` wrote anew, and compare each to the bit.

    The network is loaded by its name; where its weights came from a file of one's own, they have to be given. Raises
    BadArchive for a file that is damaged, was never finished, is of a newer version, or whose picture or network is not
    the one that it names; and what `load_network` raises.
    """
    with Archive(path) as archive:
        manifest = archive.manifest
        image = _picture(archive)
        network = _network(archive.name, manifest, weights)
        try:
            trace = run(network, image, manifest.target)
        except ExplorerError as error:
            raise BadArchive(f"The pass of {quoted(archive.name)} cannot be made: {error}") from error
        found = []
        for i, figure in enumerate(manifest.figures):
            if progress is not None:
                progress(i, len(manifest.figures))
            found.append(_checked(archive, trace, *figure))
    return Verification(tuple(found), manifest.made_with)


def _picture(archive: Archive) -> ImageInput:
    said = archive.manifest.picture
    image = read_image(archive.read(said["file"]), said["name"])
    if image.digest != said["digest"]:
        raise BadArchive(
            f"The picture in {quoted(archive.name)} is not the one that its manifest names: one of them was changed by "
            "hand. Get the file again."
        )
    return image


def _network(name: str, manifest: Manifest, weights: str | Path | None) -> Network:
    said = manifest.network
    network = _loaded(name, said) if weights is None else load_network(said["name"], weights)
    if network.key != said["digest"]:
        raise BadArchive(
            f"{quoted(name)} was made with {said['title']}, weights {quoted(said['weights'])}, and these are others. "
            "Give those: explorer verify FILE --weights WEIGHTS."
        )
    return network


def _loaded(name: str, said: Mapping[str, Any]) -> Network:
    weights, seed = said["weights"], said["seed"]
    is_published = weights == "pretrained" or weights.startswith("pretrained, ")
    if seed is None and not is_published:
        raise BadArchive(
            f"{quoted(name)} was made with weights of a file, {quoted(weights)}, which is not in it. Give it: explorer "
            f"verify FILE --weights {weights}."
        )
    if seed is not None:
        return load_network(said["name"], "random", seed, preparation=said["preparation"])
    return load_network(said["name"], weights.removeprefix("pretrained, "), preparation=said["preparation"])


def _checked(archive: Archive, trace: Trace, file: str, digest: str, recipe: Mapping[str, Any]) -> Checked:
    if not archive.holds(file):
        return Checked(file, "missing", "The manifest names it, and it is not there.")
    held = archive.read(file)
    if hashlib.sha256(held).hexdigest() != digest:
        return Checked(file, "changed", "It is not what was written there: it was changed afterwards.")
    try:
        again = made(trace, recipe)
    except (ExplorerError, TypeError) as error:
        return Checked(file, "failed", f"It cannot be made: {error}")
    if again == held:
        return Checked(file, "same")
    return Checked(file, "differs", _apart(held, again))


def _apart(held: bytes, again: bytes) -> str:
    """How far two files are apart."""
    first, second = _values(held), _values(again)
    if first is None or second is None or first.shape != second.shape:
        return "It has another size or form."
    apart = np.abs(first - second)
    n = int(np.count_nonzero(apart))
    if not n:
        return "Its values are the same, written in another way."
    return f"{n:,} of its {apart.size:,} values differ, by up to {number(float(apart.max()))}."


def _values(content: bytes) -> np.ndarray[Any, np.dtype[np.float64]] | None:
    try:
        if content.startswith(b"\x93NUMPY"):
            return np.asarray(np.load(io.BytesIO(content), allow_pickle=False), np.float64)
        with Image.open(io.BytesIO(content)) as picture:
            return np.asarray(picture, np.float64)
    except (ValueError, OSError, EOFError):
        return None

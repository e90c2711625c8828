"""A ZIP of what was seen: arrays, pictures, the code, and, written last, a manifest with the recipe of each."""

from __future__ import annotations

import hashlib
import io
import json
import os
import platform
import re
import zipfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from PIL import __version__ as pillow_version

from ..drawing.picture import png_of_pixels
from ..errors import BadArgument, BadOption
from ..feature_maps.snippets import layer_values
from ..loading.preparations import as_text
from ..loading.setting import setting_of
from ..networks.network import Network
from ..places import version
from ..running.progress import Progress
from ..trace import Trace
from ..wording import described
from .recipes import made, recipes
from .sizes import checked_layers
from .whole import written_whole

FORMAT = 1  # of the manifest
MANIFEST, PICTURE, CODE = "manifest.json", "picture.png", "code.py"
_DATE = (1980, 1, 1, 0, 0, 0)  # the least that a ZIP can say: equal passes give equal files


def archive(trace: Trace, path: str | os.PathLike[str], layers: Sequence[str] | None = None) -> Path:
    """Write a ZIP with the arrays and pictures of a pass, the code, and a manifest from which `verify` makes each anew.

    It holds what the network received, its logits and probabilities, all maps of each of the `layers` (those of
    `export` unless given), and where the pass explains a class, maps of evidence. The picture is in it as PNG of the
    pixels that were decoded, so that nothing is lost. It is written beside the path first, and moved there when it is
    whole.

    Raises UnknownLayer, TooLarge for layers that are too much for a file, BadArgument for what is no trace, BadOption
    for a pass that no recipe leads to, OSError where nothing can be written.
    """
    content = archived(trace, layers)
    return written_whole(path, lambda place: place.write_bytes(content))


def archived(trace: Trace, layers: Sequence[str] | None = None, progress: Progress | None = None) -> bytes:
    """The same as bytes. `progress(done, total)` is called after each figure; what it raises cancels."""
    if not isinstance(trace, Trace):
        raise BadArgument(
            f"A file is made of a trace, not of {described(trace)}. Make one: explorer.run(network, image)."
        )
    if trace.is_changed or trace.image.channels is not None:
        why = "channels were switched on the way" if trace.is_changed else "the picture has channels beside its colours"
        raise BadOption(f"This pass cannot be checked from a ZIP, since {why}. Export it as .html.")
    chosen, content = checked_layers(trace.network, layers), io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as file:
        _write(file, trace, chosen, progress)
    return content.getvalue()


def _write(file: zipfile.ZipFile, trace: Trace, layers: Sequence[str], progress: Progress | None) -> None:
    setting = setting_of(trace.image, trace.network, trace.target)
    _put(file, PICTURE, png_of_pixels(trace.image.pixels))
    _put(file, CODE, layer_values(setting, layers[0]).encode())
    figures, wanted = [], [*recipes(trace, layers)]
    for i, (name, recipe) in enumerate(wanted, 1):
        content = made(trace, recipe)
        _put(file, name, content)
        figures.append({"file": name, "sha256": hashlib.sha256(content).hexdigest(), "recipe": recipe})
        if progress is not None:
            progress(i, len(wanted))
    manifest = {
        "format": FORMAT,
        "network": _of_network(trace.network),
        "picture": {"file": PICTURE, "name": trace.image.name, "digest": trace.image.digest},
        "target": str(trace.explained) if trace.target is None and trace.explained else trace.target,
        "made_with": {
            "explorer": version(), "torch": torch.__version__, "numpy": np.__version__, "pillow": pillow_version,
            "python": platform.python_version(), "machine": platform.machine(),
        },
        "figures": figures,
    }  # fmt: skip
    _put(file, MANIFEST, json.dumps(manifest, indent=1).encode())


def _of_network(network: Network) -> dict[str, object]:
    """How to get the same network again, and by what to know it."""
    seed = re.fullmatch(r"random \(seed (\d+)\)", network.weights_name) if network.is_random else None
    return {
        "name": network.name, "title": network.title, "weights": network.weights_name,
        "seed": None if seed is None else int(seed[1]), "digest": network.key,
        "preparation": as_text(network.preprocessing) if network.prepared else None,
    }  # fmt: skip


def _put(file: zipfile.ZipFile, name: str, content: bytes) -> None:
    info = zipfile.ZipInfo(name, _DATE)
    info.compress_type = zipfile.ZIP_STORED if name.endswith(".png") else zipfile.ZIP_DEFLATED
    info.external_attr = 0o644 << 16
    file.writestr(info, content)

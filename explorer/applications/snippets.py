"""The code that makes the numbers of the page on applications."""

from __future__ import annotations

from collections.abc import Sequence

from ..snippets import NUMPY, SAMPLES, Setting


def located(setting: Setting, threshold: float) -> str:
    """The box in pixels of the picture, (4,)."""
    code = setting.begin(NUMPY, "from explorer.applications import locate")
    return code + f"array = np.array(locate(trace, {threshold!r}).in_picture)\n"


def segmented(setting: Setting, threshold: float, sure: float) -> str:
    """The mask at the size of the picture, (H, W) of bool."""
    code = setting.begin("from explorer.applications import segment")
    return code + f"array = segment(trace, {threshold!r}, {sure!r}).in_picture\n"


def searched(setting: Setting, layer: str, pictures: Sequence[str], n: int) -> str:
    """The cosines of the nearest pictures, (n,): `pictures` are expressions for those that are searched in."""
    samples = (SAMPLES,) if any(picture.startswith("load_sample") for picture in pictures) else ()
    code = setting.begin(NUMPY, "from explorer.applications import features, nearest", *samples)
    return code + (
        f"others = [{', '.join(pictures)}]\n"
        f"vectors = np.stack([features(explorer.run(network, other), {layer!r}) for other in others])\n"
        f"found, array = nearest(vectors, features(trace, {layer!r}), {n})\n"
    )


def read(setting: Setting) -> str:
    """The probabilities of the classes for each digit, (n, 10)."""
    code = setting.load(NUMPY, "from explorer.applications import read_number")
    return code + "array = np.stack([trace.probabilities for trace in read_number(network, image).traces])\n"


def watched(setting: Setting, clip: str, n_frames: int, target: int | None) -> str:
    """The probabilities of the classes in each frame, (n, K): `clip` is the expression for the clip."""
    module = "tour" if clip == "tour()" else "frames"
    explained = "" if target is None else f", target={target}"
    return (
        f"import explorer\nfrom explorer.applications import watch\nfrom explorer.pictures.{module} import "
        f"{clip.partition('(')[0]}\n\nnetwork = {setting.loaded}\n"
        f"array = watch(network, {clip}, {n_frames}{explained}).probabilities\n"
    )

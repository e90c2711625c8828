"""The code that makes the scores of maps."""

from __future__ import annotations

from collections.abc import Sequence

from ..attribution.snippets import Asked
from ..snippets import Setting


def score_curves(setting: Setting, asked: Asked, index: int) -> str:
    """The probability of class `index` while pixels are deleted and inserted as a map says, (2, n_steps + 1)."""
    code = setting.load(*asked.imports, "from explorer.faithfulness import deletion, insertion")
    return code + (
        f"trace = explorer.run(network, image)\nfound = {asked.call()}\n"
        f"array = [score(trace, found, {index}).probabilities for score in (deletion, insertion)]\n"
    )


def guessed_pixels(setting: Setting, asked: Asked, index: int) -> str:
    """The probability of class `index` with shares of the pixels guessed, (2, n): the highest, and the lowest."""
    code = setting.load(*asked.imports, "from explorer.faithfulness import road")
    return code + (
        f"trace = explorer.run(network, image)\nfound = road(trace, {asked.call()}, {index})\n"
        "array = [found.highest_first, found.lowest_first]\n"
    )


def kept_picture(setting: Setting, asked: Asked, index: int) -> str:
    """What a map keeps of the picture, (H, W, 3)."""
    code = setting.load(*asked.imports, "from explorer.faithfulness import confidence")
    return code + (
        f"trace = explorer.run(network, image)\nfound = {asked.call()}\n"
        f"array = confidence(trace, found, {index}).pixels\n"
    )


def bright_region(setting: Setting, asked: Asked, threshold: float) -> str:
    """The box around a map's bright region, (4,): top, left, bottom, right in pixels of what the network received."""
    return setting.load(*asked.imports, "from explorer.faithfulness import as_positive, bright_box, resized") + (
        f"found = {asked.call()}\n"
        f"array = bright_box(resized(as_positive(found), *network.prepare(image).size, found.places), {threshold!r})\n"
    )


def map_agreement(setting: Setting, asked: Sequence[Asked]) -> str:
    """The rank correlations of several methods' maps, (n, n)."""
    calls = "".join(f"    {one.call()},\n" for one in asked)
    code = setting.load(*asked[0].imports, "from explorer.faithfulness import agreement")
    return code + f"maps = [\n{calls}]\narray = agreement(maps)\n"


def forgotten(setting: Setting, asked: Asked, seed: int) -> str:
    """A signed map, and what becomes of it block by block as the network forgets, (n + 1, H, W)."""
    imports = "from explorer.faithfulness.figures import forgotten_maps", "from explorer.faithfulness import sanity"
    return setting.load(*asked.imports, *imports) + f"array = forgotten_maps({asked.call('sanity', twin_seed=seed)})\n"


def forgotten_correlations(setting: Setting, asked: Sequence[Asked], seed: int, kind: str) -> str:
    """The rank correlations with the first map as the network forgets, (n_methods, n + 1): `kind` is "signed" or
    "absolute"."""
    imports = "from explorer.faithfulness.figures import correlations", "from explorer.faithfulness import sanity"
    calls = "".join(f"    {one.call('sanity', twin_seed=seed)},\n" for one in asked)
    code = setting.load(*asked[0].imports, *imports) + f"found = [\n{calls}]\n"
    return code + f"array = [correlations(one, {kind!r}) for one in found]\n"

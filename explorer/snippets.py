"""The code that makes what a figure shows: a few lines for a notebook, each ending with the numbers in `array`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

NUMPY = "import numpy as np"
SAMPLES = "from explorer.pictures import load_sample"


@dataclass(frozen=True)
class Setting:
    """What was run, as code has to name it: `picture` is an expression (see `sample_picture`, `own_picture`),
    `weights` what `load_network` is given, `target` a class index or "top"."""

    network: str
    weights: str
    picture: str
    target: int | str

    def begin(self, *imports: str) -> str:
        """From nothing to a recorded pass, called `trace`; `imports` are lines that are needed besides."""
        return self.load(*imports) + f"trace = explorer.run(network, image, target={self.target!r})\n"

    def load(self, *imports: str) -> str:
        """From nothing to `image` and `network`."""
        ours = {"import explorer", *(line for line in imports if line != NUMPY)}
        if self.picture.startswith("load_sample"):
            ours.add(SAMPLES)
        lines = [NUMPY, "", *sorted(ours, key=_as_sorted)] if NUMPY in imports else sorted(ours, key=_as_sorted)
        return "\n".join(lines) + (
            f"\n\nimage = {self.picture}\nnetwork = explorer.load_network({self.network!r}, {self.weights!r})\n"
        )


def _as_sorted(line: str) -> tuple[bool, str]:
    return line.startswith("from"), line


def sample_picture(name: str) -> str:
    """The expression for a sample picture."""
    return f"load_sample({name!r})"


def own_picture() -> str:
    """The expression for an uploaded picture: where it lies, only its owner knows."""
    return 'explorer.read_image("your-picture.jpg")'


def class_activation(setting: Setting, method: str, layer: str) -> str:
    """A class activation map, (H, W), at the layer's own resolution."""
    code = setting.begin("from explorer.attribution import class_activation_map")
    return code + f"array = class_activation_map(trace, {method!r}, {layer!r})\n"


def target_expression(index: int, against: int | None, layer: str | None, place: tuple[int, int] | None) -> str:
    """A target as code names it: the index of a class, or a Target."""
    named = {"against": against, "layer": layer, "place": place}
    given = [f"{key}={value!r}" for key, value in named.items() if value is not None]
    return f"Target({', '.join([str(index), *given])})" if given else str(index)


@dataclass(frozen=True)
class Asked:
    """A map of evidence as code asks for it: `target` is a `target_expression`, `options` are those that matter."""

    method: str
    target: str
    layer: str | None = None
    signed: bool = False
    options: Mapping[str, object] = field(default_factory=dict)

    @property
    def imports(self) -> tuple[str, ...]:
        """What the target needs."""
        return _for_target(self.target)

    def call(self, function: str = "explorer.attribute", **more: object) -> str:
        """The call that makes the map."""
        named = {"layer": self.layer, "signed": self.signed or None, **self.options, **more}
        given = "".join(f", {key}={value!r}" for key, value in named.items() if value is not None)
        return f"{function}(network, image, {self.method!r}, {self.target}{given})"


def evidence(setting: Setting, asked: Asked) -> str:
    """A map of any method for any target, (H, W), at its own resolution."""
    return setting.load(*asked.imports) + f"array = {asked.call()}.values\n"


def evidence_through_depth(setting: Setting, method: str, target: str, layers: Sequence[str], signed: bool) -> str:
    """A class activation map at several layers, each enlarged to the picture, (n, H, W)."""
    return _explaining(setting, target, "from explorer.drawing.picture import enlarge") + (
        f"maps = [class_activation_map(trace, {method!r}, layer, {signed}) for layer in {list(layers)}]\n"
        "array = [enlarge(values, *trace.prepared.size) for values in maps]\n"
    )


def fused_evidence(setting: Setting, method: str, target: str, layers: Sequence[str], how: str) -> str:
    """Class activation maps of several layers in one, (H, W)."""
    return _explaining(setting, target, "from explorer.attribution import fuse") + (
        f"maps = [class_activation_map(trace, {method!r}, layer) for layer in {list(layers)}]\n"
        f"array = fuse(maps, trace.prepared.size, {how!r})\n"
    )


def evidence_of_methods(
    setting: Setting, methods: Mapping[str, Mapping[str, object]], target: str, layer: str | None, signed: bool
) -> str:
    """Maps of several methods, each with its options, and enlarged to the picture, (n, H, W)."""
    code = setting.load(*_for_target(target), "from explorer.drawing.picture import enlarge")
    return code + (
        f"methods, target, layer = {dict(methods)}, {target}, {layer!r}\n"
        "found = [\n"
        f"    explorer.attribute(network, image, method, target, layer, signed={signed}, **options)\n"
        "    for method, options in methods.items()\n"
        "]\n"
        "array = [enlarge(one.values, *network.prepare(image).size) for one in found]\n"
    )


def evidence_of_classes(setting: Setting, method: str, classes: Sequence[int], layer: str, signed: bool) -> str:
    """Class activation maps of several classes at one layer, (n, H, W)."""
    return setting.load("from explorer.attribution import class_activation_map") + (
        f"traces = [explorer.run(network, image, target=index) for index in {list(classes)}]\n"
        f"array = [class_activation_map(trace, {method!r}, {layer!r}, {signed}) for trace in traces]\n"
    )


def _explaining(setting: Setting, target: str, *imports: str) -> str:
    code = setting.load(*_for_target(target), "from explorer.attribution import class_activation_map", *imports)
    return code + f"trace = explorer.run(network, image, target={target})\n"


def _for_target(target: str) -> tuple[str, ...]:
    return ("from explorer.targets import Target",) if target.startswith("Target") else ()


def score_curves(setting: Setting, asked: Asked, index: int) -> str:
    """The probability of class `index` while pixels are deleted and inserted as a map says, (2, n_steps + 1)."""
    code = setting.load(*asked.imports, "from explorer.faithfulness import deletion, insertion")
    return code + (
        f"trace = explorer.run(network, image)\nfound = {asked.call()}\n"
        f"array = [score(trace, found, {index}).probabilities for score in (deletion, insertion)]\n"
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
    return setting.load(*asked.imports, "from explorer.map_scores import as_positive, bright_box, resized") + (
        f"found = {asked.call()}\n"
        f"array = bright_box(resized(as_positive(found), *network.prepare(image).size), {threshold!r})\n"
    )


def map_agreement(setting: Setting, asked: Sequence[Asked]) -> str:
    """The rank correlations of several methods' maps, (n, n)."""
    calls = "".join(f"    {one.call()},\n" for one in asked)
    code = setting.load(*asked[0].imports, "from explorer.map_scores import agreement")
    return code + f"maps = [\n{calls}]\narray = agreement(maps)\n"


def forgotten(setting: Setting, asked: Asked, seed: int) -> str:
    """A signed map, and what becomes of it block by block as the network forgets, (n + 1, H, W)."""
    imports = "from explorer.figures.report import forgotten_maps", "from explorer.sanity import sanity"
    return setting.load(*asked.imports, *imports) + f"array = forgotten_maps({asked.call('sanity', twin_seed=seed)})\n"


def forgotten_correlations(setting: Setting, asked: Sequence[Asked], seed: int, kind: str) -> str:
    """The rank correlations with the first map as the network forgets, (n_methods, n + 1): `kind` is "signed" or
    "absolute"."""
    imports = "from explorer.figures.report import correlations", "from explorer.sanity import sanity"
    calls = "".join(f"    {one.call('sanity', twin_seed=seed)},\n" for one in asked)
    code = setting.load(*asked[0].imports, *imports) + f"found = [\n{calls}]\n"
    return code + f"array = [correlations(one, {kind!r}) for one in found]\n"


def listed(steps: Sequence[tuple[int, int]]) -> str:
    return ", ".join(map(repr, steps))

"""The code that makes what a figure shows: a few lines for a notebook, each ending with the numbers in `array`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

_NUMPY = "import numpy as np"
_SAMPLES = "from explorer.samples import load_sample"


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
        ours = {"import explorer", *(line for line in imports if line != _NUMPY)}
        if self.picture.startswith("load_sample"):
            ours.add(_SAMPLES)
        lines = [_NUMPY, "", *sorted(ours, key=_as_sorted)] if _NUMPY in imports else sorted(ours, key=_as_sorted)
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


def unit_field(setting: Setting, layer: str, unit: tuple[int, int, int]) -> str:
    """What one unit, (channel, y, x), listens to, (H, W)."""
    code = setting.load("from explorer.sensitivity import effective_field")
    return code + f"array = effective_field(network, image, {layer!r}, {', '.join(map(str, unit))})\n"


def filter_weights(setting: Setting, layer: str, filters: Sequence[int], is_folded: bool) -> str:
    """Kernels of a layer, (n, C_in, kH, kW), in the order of `filters`."""
    code = setting.load("from explorer.filters import chosen_kernels")
    return code + f"array = chosen_kernels(network, {layer!r}, {list(filters)}, {is_folded})\n"


def layer_links(setting: Setting) -> str:
    """Which layer reads which, (n_links, 2)."""
    return setting.load("from explorer.architecture import links") + "array = links(network)\n"


def costs_of_stages(setting: Setting) -> str:
    """Parameters and multiply-adds by stage, (n_stages, 2)."""
    return setting.load("from explorer.architecture import stage_costs") + "array = stage_costs(network)\n"


def answers_to_stripes(setting: Setting, layer: str, filter: int) -> str:
    """What a filter answers to stripes, (n_angles, n_frequencies)."""
    code = setting.load("from explorer.tuning import tuning")
    return code + f"array = tuning(network, {layer!r}).gratings[{filter}]\n"


_MAPS = "from explorer.feature_maps import as_maps"


def layer_maps(setting: Setting, layer: str, channels: Sequence[int]) -> str:
    """Maps of a layer, (n, H, W), in the order of `channels`."""
    return setting.begin(_MAPS) + f"array = as_maps(trace[{layer!r}])[{list(channels)}]\n"


def channel_map(setting: Setting, layer: str, channel: int) -> str:
    """One map, (H, W)."""
    return setting.begin(_MAPS) + f"array = as_maps(trace[{layer!r}])[{channel}]\n"


def layer_values(setting: Setting, layer: str) -> str:
    """All values of a layer, in its own shape."""
    return setting.begin() + f"array = trace[{layer!r}]\n"


def correlation(setting: Setting, layer: str) -> str:
    """The correlations between a layer's maps, (n, n)."""
    return (
        setting.begin("from explorer.feature_maps import correlations")
        + f"array = correlations(trace, {layer!r}).matrix\n"
    )


def several(setting: Setting, others: Sequence[str], layer: str) -> str:
    """A layer for several pictures, (n, ...): `others` are names of samples, set beside the setting's own picture."""
    pictures = ", ".join(["image", *(sample_picture(name) for name in others)])
    return setting.load(_NUMPY, *([_SAMPLES] if others else [])) + (
        f"pictures = [{pictures}]\n"
        f"array = np.stack([explorer.run(network, picture)[{layer!r}] for picture in pictures])\n"
    )


def film(setting: Setting, layers: Sequence[str], channels: Sequence[int]) -> str:
    """Channels through layers, (n_layers, n_channels, H, W), NaN where a smaller map leaves off."""
    return setting.begin("from explorer.figures.film import film_array") + (
        f"layers = {list(layers)}\narray = film_array(trace, layers, {list(channels)})\n"
    )


def switched_probabilities(setting: Setting, layer: str, factors: Mapping[int, float]) -> str:
    """The probabilities before and after channels were scaled, (2, K)."""
    return _switched(setting, layer, factors) + "array = np.stack([trace.probabilities, after.probabilities])\n"


def switched_evidence(setting: Setting, layer: str, factors: Mapping[int, float]) -> str:
    """Grad-CAM before and after channels were scaled, (2, H, W)."""
    code = _switched(setting, layer, factors, "from explorer.attribution import class_activation_map")
    return code + "array = np.stack([class_activation_map(trace), class_activation_map(after)])\n"


def channel_sweep(setting: Setting, layer: str) -> str:
    """The change of the target's logit with each channel switched off, (C,)."""
    return setting.begin("from explorer.interventions import sweep") + f"array = sweep(trace, {layer!r})\n"


def _switched(setting: Setting, layer: str, factors: Mapping[int, float], *imports: str) -> str:
    code = setting.begin(_NUMPY, *imports, "from explorer.interventions import switch")
    values = set(factors.values())
    if len(values) == 1 and len(factors) > 8:  # most channels of a layer: rather its few others
        others = sorted(set(range(max(factors) + 1)) - set(factors))
        shown = f"{{c: {values.pop()!r} for c in range({max(factors) + 1}) if c not in {others}}}"
    else:
        shown = repr(dict(factors))
    return code + f"after = switch(trace, {layer!r}, {shown})\n"

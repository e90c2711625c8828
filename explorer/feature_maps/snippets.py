"""The code that makes the numbers of the pages on feature maps and on switched channels."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from ..snippets import NUMPY, SAMPLES, Setting, sample_picture
from .painting import Paint, Step

_MAPS = "from explorer.trace import as_maps"


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
    return setting.load(NUMPY, *([SAMPLES] if others else [])) + (
        f"pictures = [{pictures}]\n"
        f"array = np.stack([explorer.run(network, picture)[{layer!r}] for picture in pictures])\n"
    )


def film(setting: Setting, layers: Sequence[str], channels: Sequence[int]) -> str:
    """Channels through layers, (n_layers, n_channels, H, W), NaN where a smaller map leaves off."""
    return setting.begin("from explorer.feature_maps.film import film_array") + (
        f"layers = {list(layers)}\narray = film_array(trace, layers, {list(channels)})\n"
    )


def switched_probabilities(setting: Setting, layer: str, factors: Mapping[int, float]) -> str:
    """The probabilities before and after channels were scaled, (2, K)."""
    return _switched(setting, layer, factors) + "array = np.stack([trace.probabilities, after.probabilities])\n"


def switched_evidence(setting: Setting, layer: str, factors: Mapping[int, float]) -> str:
    """Grad-CAM before and after channels were scaled, (2, H, W)."""
    code = _switched(setting, layer, factors, "from explorer.attribution import class_activation_map")
    return code + "array = np.stack([class_activation_map(trace), class_activation_map(after)])\n"


def painted_probabilities(setting: Setting, layer: str, paint: Paint, until: str | None) -> str:
    """The probabilities before and after maps were painted on, (2, K)."""
    return _repainted(setting, layer, paint, until) + "array = np.stack([trace.probabilities, after.probabilities])\n"


def painted_evidence(setting: Setting, layer: str, paint: Paint, until: str | None) -> str:
    """Grad-CAM before and after maps were painted on, (2, H, W)."""
    code = _repainted(setting, layer, paint, until, "from explorer.attribution import class_activation_map")
    return code + "array = np.stack([class_activation_map(trace), class_activation_map(after)])\n"


def painted_map(setting: Setting, layer: str, channel: int, steps: Sequence[Step]) -> str:
    """One map as it was painted, (H, W)."""
    names = ", ".join([*_kinds([steps]), "painted"])
    code = setting.begin(f"from explorer.feature_maps.painting import {names}", _MAPS)
    return code + f"steps = {_listed(steps)}\narray = painted(as_maps(trace[{layer!r}])[{channel}], steps)\n"


def channel_sweep(setting: Setting, layer: str) -> str:
    """The change of the target's logit with each channel switched off, (C,)."""
    return setting.begin("from explorer.interventions import sweep") + f"array = sweep(trace, {layer!r})\n"


def _repainted(setting: Setting, layer: str, paint: Paint, until: str | None, *imports: str) -> str:
    names = ", ".join([*_kinds(paint.values()), "repainted"])
    if not paint:  # as the page does: gradients before the layer are there still
        return setting.begin(NUMPY, *imports) + "after = trace  # nothing is painted\n"
    code = setting.begin(NUMPY, *imports, f"from explorer.feature_maps.painting import {names}")
    listed = "".join(f"    {channel}: {_listed(steps)},\n" for channel, steps in paint.items())
    return code + f"paint = {{\n{listed}}}\nafter = repainted(trace, {layer!r}, paint, until={until!r})\n"


def _kinds(paint: Iterable[Sequence[Step]]) -> list[str]:
    return sorted({type(step).__name__ for steps in paint for step in steps})


def _listed(steps: Sequence[Step]) -> str:
    return f"[{', '.join(map(repr, steps))}]"


def _switched(setting: Setting, layer: str, factors: Mapping[int, float], *imports: str) -> str:
    if not factors:  # as the page does: gradients before the layer are there still
        return setting.begin(NUMPY, *imports) + "after = trace  # nothing is switched\n"
    code = setting.begin(NUMPY, *imports, "from explorer.interventions import switch")
    values = set(factors.values())
    if len(values) == 1 and len(factors) > 8:  # most channels of a layer: rather its few others
        others = sorted(set(range(max(factors) + 1)) - set(factors))
        shown = f"{{c: {values.pop()!r} for c in range({max(factors) + 1}) if c not in {others}}}"
    else:
        shown = repr(dict(factors))
    return code + f"after = switch(trace, {layer!r}, {shown})\n"

"""What a file of weights is of, if it is of no network of the catalogue: nothing is called what it may not be."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import torch

from ..wording import quoted
from .unwrapping import may_be_layer, prefixes

# Parts of names between dots. "attention" and "attn" are not among them: gates that weigh channels bear these, too.
_TOKENS = {"class_token", "cls_token", "relative_position_bias_table"}
_ATTENTION = {"in_proj_weight", "self_attn", "qkv", "to_qkv", "q_proj", "query"}
_FEW = 4  # convolutions with windows; a transformer cuts its picture into patches with one or some
_DETECTOR = {"rpn", "roi_heads", "aux_classifier", "bbox_head", "mask_head", "bbox_embed", "segmentation_head",
             "decode_head", "low_classifier"}  # fmt: skip


def outlines(state: Mapping[str, torch.Tensor]) -> str:
    """A sentence if the weights are of a network that finds or outlines things, else nothing."""
    sign = _with_part(state, _DETECTOR) or _dense_prediction(state)
    return "" if sign is None else _named(
        sign, "a network that finds or outlines things, and only those that name a whole picture can be shown"
    )  # fmt: skip


def _dense_prediction(state: Mapping[str, torch.Tensor]) -> str | None:
    """A sign of the one-stage detectors, DeepLab and FCN as torchvision names their parts."""
    for sign in ("head.regression_head.", "classifier.0.convs."):
        if (key := next((key for key in state if key.startswith(sign)), None)) is not None:
            return key
    first, last = state.get("classifier.0.weight"), state.get("classifier.4.weight")
    has_backbone = any(key.startswith("backbone.") for key in state)
    if has_backbone and first is not None and last is not None and first.ndim == last.ndim == 4:
        return "classifier.0.weight"
    return None


def stranger(state: Mapping[str, torch.Tensor], titles: Sequence[str]) -> str:
    """Why weights that are named like those of no family cannot be shown."""
    found = [prefix for prefix in prefixes(state) if prefix]
    if found:
        return _several(state, found)
    kernels = [value for key, value in state.items() if value.ndim == 4 and key.endswith("weight")]
    n_windows = sum(value.shape[2:] != (1, 1) for value in kernels)
    sign = _with_part(state, _TOKENS) or (_with_part(state, _ATTENTION) if n_windows <= _FEW else None)
    if sign is not None:
        return _named(sign, "a transformer, which has no feature maps in the sense shown here")
    shown = ", ".join(map(quoted, list(state)[:3]))
    return (
        f"The entries of this file, among them {shown or quoted('')}, are named like those of no network in "
        f"the catalogue. Choose a checkpoint of {', '.join(titles[:-1])} or {titles[-1]}, as torchvision or this "
        "project names their layers."
    )


def _several(state: Mapping[str, torch.Tensor], found: Sequence[str]) -> str:
    """A network of the catalogue may be in it, but other layers stand beside."""
    first = found[0]
    apart = next((other for other in found[1:] if not other.startswith(first) and not first.startswith(other)), None)
    if apart is not None:
        return (
            f"This file holds several networks, such as those under {quoted(first)} and {quoted(apart)}. Save the one "
            "that is meant alone."
        )
    layers = [key for key, value in state.items() if not key.startswith(first) and may_be_layer(key, value)]
    beside = ", ".join(map(quoted, layers[:3])) + (f" and {len(layers) - 3} more" if len(layers) > 3 else "")
    return (
        f"The entries under {quoted(first)} are named like those of a network in the catalogue, but there are others "
        f"that may be layers: {beside}. How these belong together no file of weights says. Save that network alone."
    )


def _with_part(state: Iterable[str], parts: set[str]) -> str | None:
    return next((key for key in state if not parts.isdisjoint(key.split("."))), None)


def _named(sign: str, kind: str) -> str:
    return f"This file, with its entry {quoted(sign)}, is of {kind}. Choose a checkpoint of a convolutional classifier."

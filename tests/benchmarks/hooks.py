"""Grad-CAM by plain hooks, with or without a guard against in-place operations."""

from __future__ import annotations

import numpy as np
import torch

from explorer.trace import FloatArray


def hooked_maps(model: torch.nn.Module, x: torch.Tensor, protect: bool) -> dict[str, tuple[FloatArray, float]]:
    """Grad-CAM (with ReLU) of class 0 at every module of an ordinary model, and the size of the terms in its sum.

    With `protect` the model goes on with a copy of what was recorded, so that in-place operations cannot reach it.
    """
    outputs: dict[str, torch.Tensor] = {}

    def hook(name: str, output: torch.Tensor) -> torch.Tensor:
        outputs.setdefault(name, output)  # of a module that is called again, the first call: the one with its name
        return output.clone() if protect else output

    handles = [
        module.register_forward_hook(lambda _module, _inputs, output, name=name: hook(name, output))
        for name, module in model.named_modules()
        if name and not list(module.children())
    ]
    model.requires_grad_(False).to(memory_format=torch.channels_last)
    logits = model(x.clone().requires_grad_())
    for handle in handles:
        handle.remove()
    kept = {name: output for name, output in outputs.items() if output.ndim == 4}
    gradients = torch.autograd.grad(logits[0, 0], list(kept.values()), materialize_grads=True)
    maps = {}
    for (name, output), gradient in zip(kept.items(), gradients, strict=True):
        terms = gradient.mean((2, 3), keepdim=True) * output.detach()
        maps[name] = terms.sum(1)[0].relu().numpy(), float(terms.abs().sum(1).max())
    return maps


def is_wrong(found: FloatArray, true: tuple[FloatArray, float]) -> bool:
    """Whether a map is off by more than 1e-4 of the terms that were added up, or has numbers that are none."""
    expected, size = true
    return not np.abs(expected - found).max() <= 1e-4 * size

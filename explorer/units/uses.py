"""Which classes a channel speaks for: by the weights that lead to their logits, and on one picture by how each logit
moves with it."""

from __future__ import annotations

import warnings

import numpy as np
import torch
from torch.autograd import forward_ad

from ..classifier.head import head
from ..networks.network import Network
from ..running.lock import work
from ..running.memory import ensure_room
from ..trace import FloatArray, Trace


def class_weights(network: Network, layer: str, channel: int) -> FloatArray | None:
    """The weight of a channel in each class's logit, (K,), where it is read by nothing but one layer that adds up means
    of maps (Zhou et al. 2016, arXiv:1512.04150): of the last maps, and of what is made of each of them alone before
    that layer. None for every other layer. Of a single logit z the first class has -z."""
    if network.no_classes:
        return None
    ends, name = head(network), network.resolve(layer)
    if not ((ends.is_direct and not ends.has_norm) or ends.form == "map per class"):
        return None
    before = [one.name for one in ends.layers[: ends.layers.index(ends.last)] if one.kind != "batch norm"]
    if name not in (ends.maps, *before) or any(one.kind == "batch norm" for one in ends.layers):
        return None
    weights = network.weights(ends.last.name)["weight"]
    found = weights.reshape(len(weights), -1)[:, channel]
    return found if len(found) > 1 else np.array([-found[0], found[0]], np.float32)


def class_uses(trace: Trace, layer: str, channel: int) -> FloatArray | None:
    """What a channel adds to each class's logit on the picture, to first order, (K,), in logits:

        use[k] = sum over (y, x) of  d logit[k] / d A[channel, y, x] * A[channel, y, x]

    the gradient x activation of every class at once: the derivative of all logits along the channel's own map, carried
    forward through the rest of the network (forward-mode differentiation). It has the class that the trace explains as
    `trace.contribution` does. None where the network has no classes, or an operation cannot carry it. Raises TooLarge.
    """
    network, described = trace.network, trace.network.layer(layer)
    if network.no_classes:
        return None
    what = f"Which classes use channel {channel} of {described.name}"
    with work(what), torch.inference_mode(False), torch.no_grad():
        ensure_room(8 * network.n_values, what)
        recorded = trace.activations
        values = recorded[described.name].clone()
        along = torch.zeros_like(values)
        described.as_maps(along)[:, channel] = described.as_maps(values)[:, channel]
        x = trace.prepared.tensor.to(network.device)
        try:
            with warnings.catch_warnings(), forward_ad.dual_level():
                # torch 2.13 compiles its own formulas by a function that it calls deprecated, when they are first used
                warnings.simplefilter("ignore", DeprecationWarning)
                output = network.graph.rest([described.name], network.layers).output(
                    {described.name: forward_ad.make_dual(values, along)}, x, recorded
                )
                moved = forward_ad.unpack_dual(output).tangent
        except (NotImplementedError, RuntimeError):
            return None
        found = np.zeros(output.shape[1], np.float32) if moved is None else moved[0].cpu().numpy()
    return found if len(found) > 1 else np.array([-found[0], found[0]], np.float32)

"""What if a channel were silent, or showed something else? The same picture with some channels of one layer changed:
only the layers after it run again, since everything before is recorded."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
import torch

from .errors import BadChannel, BadPaint, UnknownLayer
from .networks.graph import PICTURE
from .networks.layers import Layer
from .networks.network import Network, as_array
from .networks.regions import regions
from .predictions import class_scores, probabilities_of
from .recording import Recording, gradients_of
from .running.budget import batch_size
from .running.lock import work
from .running.progress import Progress
from .targets import Target
from .trace import FloatArray, Trace, as_maps, contribution

_MOST_CANDIDATES = 64


@dataclass(frozen=True)
class Decision:
    """Which few channels carry a decision: with all others of the layer off, these were switched on one by one, each
    time the one that raised the target's probability most.

    `probabilities` are the target's after each step; `is_top` says whether it is the likeliest class at the end.
    `candidates` says how many channels were tried: all, or those with the largest gradient x activation.
    """

    channels: tuple[int, ...]
    probabilities: tuple[float, ...]
    is_top: bool
    n_evaluations: int
    candidates: int


def switch(trace: Trace, layer: str, factors: Mapping[int, float]) -> Trace:
    """The same pass with channels of `layer` multiplied by factors (0 switches one off); the others stay as they are.

    Activations before the layer are the recorded ones. With a target, gradients are known at the layer and after it;
    asking for earlier ones raises NoTarget. Raises UnknownLayer, BadChannel, TooLarge.
    """
    described = trace.network.layer(layer)
    _check_channels(described, factors)
    for channel, factor in factors.items():
        if not math.isfinite(factor):
            raise BadChannel(f"Channel {channel} cannot be multiplied by {factor}. Choose a finite number.")
    weights = torch.ones(1, described.n_channels)
    for channel, factor in factors.items():
        weights[0, channel] = factor
    return _rerun(
        trace,
        described.name,
        lambda: _scaled(trace.activations[described.name], described, weights.to(trace.network.device)),
        trace.activations,
    )


def _check_channels(layer: Layer, channels: Iterable[int]) -> None:
    for channel in channels:
        if not 0 <= channel < layer.n_channels:
            raise BadChannel(f"{layer.name} has no channel {channel}; its channels are 0 to {layer.n_channels - 1}.")


def isolate(trace: Trace, layer: str, channels: Iterable[int]) -> Trace:
    """The same pass with every other channel of `layer` off."""
    kept = set(channels)
    return switch(trace, layer, {c: float(c in kept) for c in range(trace.network.layer(layer).n_channels)})


def repaint(trace: Trace, layer: str, maps: Mapping[int, FloatArray], until: str | None = None) -> Trace:
    """The same pass with channels of `layer` showing `maps`, (H, W) each; the others stay as they are. Where no number
    is another one, that is the trace itself; else it knows what a trace of `switch` does.

    With `until`, a layer that leads on from there, only the box of the maps that has changed is followed so far (see
    `networks.regions`): where maps are large that is far less work. The trace then has gradients from `until` on, and
    nothing in between: asking for that raises UnknownLayer. Where there is another way past `until`, all is run.
    Raises UnknownLayer, BadChannel, TooLarge; BadPaint for a map of another size, or new numbers that are none.
    """
    network, described = trace.network, trace.network.layer(layer)
    name, before = described.name, as_maps(trace[layer])
    _check_channels(described, maps)
    changed = np.zeros(before.shape[1:], np.bool_)
    for channel, values in maps.items():
        if values.shape != changed.shape:
            given, has = (" × ".join(map(str, shape)) for shape in (values.shape, changed.shape))
            raise BadPaint(f"A map of {name} has {has} cells, and {given} were given. Give one number for each cell.")
        # a network with broken weights has cells that are no numbers, and may keep them
        differs = (values != before[channel]) & ~(np.isnan(values) & np.isnan(before[channel]))
        if not np.isfinite(values[differs]).all():
            raise BadPaint(f"Channel {channel} of {name} was given what is no finite number. Paint with finite ones.")
        changed |= differs
    if not changed.any():
        return trace
    with torch.inference_mode(trace.explained is None):
        cover = _showing(trace.activations[name], described, maps)
    passed = None if until is None else _passed(network, name, network.resolve(until))
    if until is None or passed is None:
        return _rerun(trace, name, lambda: cover, trace.activations)
    end, recorded = network.resolve(until), trace.activations
    known = _Known({other: recorded[other] for other in recorded if other not in passed} | {name: cover})

    def at_end() -> torch.Tensor:
        x = trace.prepared.tensor.to(network.device)
        if not described.is_spatial:
            return network.graph.rest([name], network.layers, end).output({name: cover}, x, recorded)
        rows, columns = np.flatnonzero(changed.any(axis=1)), np.flatnonzero(changed.any(axis=0))
        box = int(rows[0]), int(columns[0]), int(rows[-1]) + 1, int(columns[-1]) + 1
        return regions(network, name, end, [box], 1).value(0, cover, {**recorded, PICTURE: x})

    return _rerun(trace, end, at_end, known)


class _Known(dict[str, torch.Tensor]):
    """What is known of a pass of which a part was not worked out."""

    def __missing__(self, name: str) -> torch.Tensor:
        raise UnknownLayer(
            f"This pass was run again without keeping what {name} gives. Choose the layer that was painted, or one "
            "from the end of that part on; or run all of it, without `until`."
        )


def _passed(network: Network, layer: str, until: str) -> frozenset[str] | None:
    """The operations on the way from a layer to another one, and those there that lead nowhere, such as assertions;
    None where anything of it comes to the output past that one."""
    graph = network.graph
    behind = graph.rest([until], network.layers).names
    after = frozenset(graph.rest([layer], network.layers).names)
    passed = after - {until, *behind}
    leaks = any(source in passed or source == layer for name in behind for source in graph.reads(name))
    output = list(network.layers)[-1]
    return passed if until in after and output in (until, *behind) and not leaks else None


def _showing(value: torch.Tensor, layer: Layer, maps: Mapping[int, FloatArray]) -> torch.Tensor:
    """(1, ...) recorded, with other maps in the place of some."""
    changed = value.clone()
    channels_first = layer.channels_first(changed)
    for channel, values in maps.items():
        place = np.unravel_index(channel, channels_first.shape[1:-2]) if channels_first.ndim > 3 else ()
        shown = channels_first[(0, *map(int, place))] if channels_first.ndim > 2 else channels_first[0, channel]
        shown.copy_(torch.from_numpy(np.ascontiguousarray(values)).reshape(shown.shape))
    return changed


def sweep(trace: Trace, layer: str, target: int | None = None, progress: Progress | None = None) -> FloatArray:
    """How the target's logit changes with each channel of `layer` off in turn, (C,): negative where it is needed.

    `target` is the trace's unless given. What `progress` raises cancels. Raises UnknownLayer, BadTarget, TooLarge.
    """
    n = trace.network.layer(layer).n_channels
    changes = np.empty(n, np.float32)
    n_done = 0
    for found in ablate(trace, layer, Target(trace.class_of(target))):
        changes[n_done : n_done + len(found)] = found
        n_done += len(found)
        if progress is not None:  # without the lock: it may raise to cancel, or take its time
            progress(n_done, n)
    changes.flags.writeable = False
    return changes


def ablate(trace: Trace, layer: str, target: Target) -> Iterator[FloatArray]:
    """How any target changes with each channel of `layer` off in turn, batch by batch from the first to the last.

    Raises UnknownLayer, TooLarge.
    """
    described = trace.network.layer(layer)
    n = described.n_channels
    silent = [torch.ones(n).index_fill(0, torch.tensor([c]), 0.0) for c in range(n)]
    recorded = trace.value(target.read_from(trace.network)).to(trace.network.device)
    before = float(target.score(trace.network, recorded)[0])
    for _, scores in _evaluate(trace, described, silent, target):
        yield scores - np.float32(before)


def decisive(
    trace: Trace, layer: str, target: int | None = None, max_channels: int = 12, progress: Progress | None = None
) -> Decision:
    """A greedy search for few channels of `layer` that alone make the target the likeliest class.

    Of more than 64 channels only the 64 with the largest gradient x activation are tried, which needs a trace with
    that target. What `progress` raises cancels. Raises UnknownLayer, BadTarget, NoTarget, TooLarge.
    """
    described, target = trace.network.layer(layer), trace.class_of(target)
    n = described.n_channels
    candidates = list(range(n))
    if n > _MOST_CANDIDATES:
        candidates = np.argsort(-contribution(trace, layer), kind="stable")[:_MOST_CANDIDATES].tolist()
    n_steps = min(max_channels, len(candidates))
    n_total = sum(len(candidates) - step for step in range(n_steps))
    chosen: list[int] = []
    reached: list[float] = []
    is_top, n_done = False, 0
    while not is_top and len(chosen) < n_steps:
        left = [c for c in candidates if c not in chosen]
        masks = [torch.zeros(n).index_fill(0, torch.tensor([*chosen, c]), 1.0) for c in left]
        logits: list[FloatArray] = []
        for rows, _ in _evaluate(trace, described, masks, Target(target)):
            logits += rows
            if progress is not None:
                progress(n_done + len(logits), n_total)
        found = [float(probabilities_of(row)[target]) for row in logits]
        best = max(range(len(left)), key=lambda i: float(np.nan_to_num(found[i])))
        n_done += len(left)
        chosen.append(left[best])
        reached.append(found[best])
        is_top = bool(np.isfinite(logits[best]).all()) and int(class_scores(logits[best]).argmax()) == target
    return Decision(tuple(chosen), tuple(reached), is_top, n_done, len(candidates))


def _rerun(trace: Trace, start: str, make: Callable[[], torch.Tensor], known: Mapping[str, torch.Tensor]) -> Trace:
    """The rest of the pass behind a layer that gives what `make` does; `known` are the values that stand."""
    network = trace.network
    with work(f"Running {network.title} again"), torch.inference_mode(trace.explained is None):
        started = time.perf_counter()
        with torch.no_grad():
            changed = make()
        changed = changed.detach().requires_grad_(trace.explained is not None)
        rest = network.graph.rest([start], network.layers)
        output, values = rest.run({start: changed}, trace.prepared.tensor.to(network.device), known)
        tensors = {start: changed}
        tensors |= {name: value for name, value in values.items() if isinstance(value, torch.Tensor)}
        gradients: dict[str, torch.Tensor] = {}
        if trace.explained is not None:
            gradients = gradients_of(network, trace.explained, output, tensors)
        seconds = time.perf_counter() - started
    activations = _Known({**known, **{name: tensor.detach() for name, tensor in tensors.items()}})
    recording = Recording(seconds, as_array(output)[0], activations, gradients, is_changed=True)
    return Trace(network, trace.image, trace.prepared, trace.explained, recording)


def _evaluate(
    trace: Trace, layer: Layer, masks: Sequence[torch.Tensor], target: Target
) -> Iterator[tuple[list[FloatArray], FloatArray]]:
    """The logits, and the target, with the layer's channels multiplied by each mask (C,) in turn, batch by batch."""
    network = trace.network
    sizes = {name: math.prod(described.shape) for name, described in network.layers.items()}
    rest = network.graph.rest([layer.name], network.layers)
    # the target of a channel is read on the way, for which every value on it is kept
    n_values = rest.n_held(sizes) if target.layer is None else sum(sizes.get(name, 0) for name in rest.names)
    what = f"Switching channels of {layer.name}"
    batch = batch_size(4 * n_values, what)
    for first in range(0, len(masks), batch):
        weights = torch.stack([*masks[first : first + batch]])
        with work(what), torch.inference_mode():
            starts = {layer.name: _scaled(trace.activations[layer.name], layer, weights.to(network.device))}
            x = trace.prepared.tensor.to(network.device)
            if target.layer is None:
                value = output = rest.output(starts, x, trace.activations)
            else:
                output, values = rest.run(starts, x, trace.activations)
                value = cast(torch.Tensor, {**trace.activations, **values, **starts}[target.read_from(network)])
            scores = as_array(target.score(network, value.expand(len(weights), *value.shape[1:])))
        yield [as_array(row) for row in output], scores


def _scaled(value: torch.Tensor, layer: Layer, weights: torch.Tensor) -> torch.Tensor:
    """(1, ...) recorded times (B, C) -> (B, ...): the channels are the last axis, or all before the map's two."""
    if layer.channels_last:
        factors = weights.reshape(len(weights), *([1] * (value.ndim - 2)), -1)
    else:
        leading = value.shape[1:-2] if value.ndim > 2 else value.shape[1:]
        factors = weights.reshape(len(weights), *leading, *([1] * (value.ndim - 1 - len(leading))))
    scaled = value * factors
    if not value.isfinite().all():  # what is off is off, also where 0 times it is no number
        scaled = scaled.masked_fill(factors == 0, 0.0)
    return scaled

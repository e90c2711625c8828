"""A network's weights by the names of their entries, and the same operations with other numbers at some of them."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from functools import cached_property
from types import MappingProxyType
from typing import Any

import torch
from torch import nn

from .graph import Graph
from .layers import describe
from .network import Network, Weights
from .surgery import part_at


def entries_of(graph: Graph, name: str) -> tuple[str, str | None] | None:
    """The entries of the weight and the bias of an operation, as the state of the network calls them; None for the bias
    where it has none. None where its weights are no entries, but worked out of others."""
    node = graph.nodes[name]
    own = graph.parameters(name)
    if node.op == "call_module":
        found = {key: f"{node.target}.{key}" for key in own}
    else:
        paths = [str(source.target) for source in node.all_input_nodes if source.op == "get_attr"]
        found = {key: path for key, value in own.items() for path in paths if part_at(graph.recorder, path) is value}
    return (found["weight"], found.get("bias")) if "weight" in found else None


def with_entries(graph: Graph, entries: Mapping[str, torch.Tensor]) -> Graph:
    """The same operations with other numbers at some entries, of whatever size; it shares all else with this one, which
    stays as it is."""
    called = [str(node.target) for node in graph.nodes.values() if node.op == "call_module"]
    parts: dict[str, Any] = {}
    for path, value in entries.items():
        parameter = nn.Parameter(value, requires_grad=False)
        owner = next((target for target in called if path.startswith(f"{target}.")), None)
        if owner is None:
            parts[path] = parameter  # which a function is called with
            continue
        module = parts.setdefault(owner, copy.deepcopy(part_at(graph.recorder, owner)))
        inner, _, name = path.removeprefix(f"{owner}.").rpartition(".")
        setattr(part_at(module, inner) if inner else module, name, parameter)
        for size in {"out_features", "out_channels"} & {*vars(module)}:
            setattr(module, size, len(module.weight))
    return graph.with_parts(parts)


def with_classes(network: Network, graph: Graph, categories: Sequence[str], weights: Weights) -> Network:
    """The same network with other classes: a graph of the same operations, whose last ones give as many numbers. The
    network itself stays as it is."""
    changed = network.with_graph(graph, weights.name, weights.key)
    for name in [name for name in vars(changed) if isinstance(getattr(Network, name, None), cached_property)]:
        del changed.__dict__[name]  # which would say what holds of the other
    changed.categories, changed.notes, changed.made_by = tuple(categories), weights.notes, weights.made_by
    how = network.preprocessing
    layers, changed.of_noise = describe(graph, how.n_channels, how.size, network.device, network.title)
    changed.layers = MappingProxyType(layers)
    return changed

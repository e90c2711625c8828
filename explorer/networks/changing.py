"""A network's weights by the names of their entries, and the same operations with other numbers at some of them."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

from .graph import Graph
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

"""The same networks as torch runs them: no graph, in-place operations left on, values copied where they arise."""

from __future__ import annotations

from collections import Counter
from contextlib import nullcontext
from typing import Any

import torch
from torch import fx, nn

from explorer.loading.catalog import CATALOG
from explorer.loading.sources import source_of
from explorer.networks.network import Network
from explorer.networks.same import SamePadding
from explorer.networks.vision import torchvision


def plain_model(network: Network) -> nn.Module:
    """The architecture, built anew as its authors wrote it, with the network's weights."""
    # On meta neither memory nor random numbers are needed: the weights are shared. RegNet works out its widths with
    # tensors, which have no numbers there.
    with nullcontext() if network.name.startswith("regnet") else torch.device("meta"):
        model = _get_model(network.name)
    state = model.state_dict()  # torch's own dict also knows the version of each module
    state.update(network.graph.recorder.state_dict())
    model.load_state_dict(state, assign=True)
    return model.eval()


def seeded_model(name: str, seed: int = 0) -> nn.Module:
    """The architecture with the weights its authors' code draws from a seed."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return _get_model(name).eval().requires_grad_(False)


def without_overwriting(model: nn.Module) -> nn.Module:
    """The model with every module's in-place switch off."""
    for module in model.modules():
        if hasattr(module, "inplace"):
            setattr(module, "inplace", False)  # noqa: B010 (a module's attributes have no types)
    return model


def _get_model(name: str) -> nn.Module:
    source = source_of(CATALOG[name])
    if source.name != "torchvision":
        return source.build(CATALOG[name], source.n_logits(CATALOG[name]), False, False)
    inception = {"transform_input": True, "aux_logits": False, "init_weights": True}
    options = inception if name in ("googlenet", "inception_v3") else {}
    model: nn.Module = torchvision.models.get_model(name, weights=None, **options)
    return model


def module_outputs(
    model: nn.Module, x: torch.Tensor, copy: bool = True
) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
    """What every module, small or large, returns in an ordinary call: the logits, and the tensors by dotted name. The
    second call of one module counts as `relu_1`. With `copy` off, the tensors are still part of autograd's graph."""
    calls: Counter[str] = Counter()
    outputs: dict[str, torch.Tensor] = {}

    def record(name: str) -> Any:
        def hook(module: nn.Module, inputs: Any, output: Any) -> None:
            key = f"{name}_{calls[name]}" if calls[name] else name
            calls[name] += 1
            outputs[key] = output.clone() if copy else output

        return hook

    handles = [module.register_forward_hook(record(name)) for name, module in model.named_modules() if name]
    try:
        logits = model(x)
    finally:
        for handle in handles:
            handle.remove()
    return logits[0].detach() if copy else logits[0], outputs


def operation_outputs(model: nn.Module, x: torch.Tensor) -> dict[str, torch.Tensor]:
    """What every operation returns, functions too: a trace of our own, walked node by node, each value copied before
    the next operation can overwrite it."""
    tracer = torchvision.models.feature_extraction.NodePathTracer(
        leaf_modules=[torchvision.ops.Permute, torchvision.ops.StochasticDepth, SamePadding]
    )
    walk = _Copying(fx.GraphModule(model, tracer.trace(model)), tracer.node_to_qualname)
    walk.run(x)
    return walk.copies


class _Copying(fx.Interpreter):
    def __init__(self, module: fx.GraphModule, names: dict[fx.Node, str]) -> None:
        super().__init__(module)
        self.names = {node.name: name for node, name in names.items()}
        self.copies: dict[str, torch.Tensor] = {}

    def run_node(self, node: fx.Node) -> Any:
        value = super().run_node(node)
        if isinstance(value, torch.Tensor) and node.op.startswith("call_"):
            self.copies[self.names[node.name]] = value.clone()
        return value

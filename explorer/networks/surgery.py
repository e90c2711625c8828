"""A network's graph taken apart: some of its operations to run on their own, with others in their place, or timed.

Whatever is changed is a copy: the graph itself stays as it is, and all copies share its weights.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import fx, nn

from ..running.progress import Progress

Function = Callable[..., torch.Tensor]  # in the place of an operation: takes each value that this read, once


@dataclass(frozen=True, eq=False)
class Part:
    """Some of a network's operations, ready to run on their own: `module` takes `given` values in order and returns
    the `wanted` ones. `order` are all of them and what lies between, in the order of execution."""

    order: tuple[fx.Node, ...]
    given: tuple[fx.Node, ...]
    wanted: tuple[fx.Node, ...]
    module: fx.GraphModule

    def value(self, *given: torch.Tensor) -> torch.Tensor:
        """The one value that is wanted. Call within `work`."""
        (value,) = self.module(*given)
        return value

    def n_held(self, names: Mapping[fx.Node, str], n_values: Mapping[str, int], held: int = 0) -> int:
        """How many numbers it holds at once, at the most, for a batch of one, of which `held` from the beginning;
        `n_values` by operation. What is given takes no memory of its own, and what is wanted stays."""
        kept = {*self.given, *self.wanted}
        index = {node: i for i, node in enumerate(self.order)}
        ends: dict[int, list[fx.Node]] = {}
        for node in self.order:
            if node not in kept:
                ends.setdefault(max(index[user] for user in node.users if user in index), []).append(node)
        size = {node: n_values.get(names.get(node, ""), 0) for node in self.order}
        most = held
        for i, node in enumerate(self.order):
            if node not in self.given:
                held += size[node]
            most = max(most, held)
            held -= sum(size[ended] for ended in ends.get(i, ()))
        return most


def part_of(
    recorder: fx.GraphModule, wanted: Sequence[fx.Node], given: Collection[fx.Node] = (),
    replaced: Mapping[fx.Node, Function] | None = None,
) -> Part:  # fmt: skip
    """The operations that lead from given values, and from the picture, to the wanted ones; some replaced."""
    needed = leading_to(wanted, given)
    order = [node for node in recorder.graph.nodes if node in needed]
    taken = [node for node in order if node in given or node.op == "placeholder"]
    part = fx.Graph()
    copies = {node: part.placeholder(node.name) for node in taken}
    for node in order:
        if replaced is not None and node in replaced:
            copies[node] = part.call_function(replaced[node], tuple(copies[source] for source in node.all_input_nodes))
        elif node not in copies:
            copies[node] = part.node_copy(node, copies.__getitem__)
    part.output([copies[node] for node in wanted])
    return Part(tuple(order), tuple(taken), tuple(wanted), fx.GraphModule(recorder, part))


def reading(recorder: fx.GraphModule, nodes: Sequence[fx.Node]) -> Part:
    """What gives for a batch the network's output, and behind it the values of some operations; all others' are gone as
    soon as nothing reads them. Call its module within `work`."""
    result: Any = recorder.graph.output_node().args[0]
    return part_of(recorder, [result[0], *nodes])


def leading_to(wanted: Sequence[fx.Node], given: Collection[fx.Node] = ()) -> set[fx.Node]:
    """The operations from which the wanted ones are worked out, these included, back to what is given."""
    found, pending = set[fx.Node](), list(wanted)
    while pending:
        node = pending.pop()
        if node not in found:
            found.add(node)
            pending += () if node in given else node.all_input_nodes
    return found


@dataclass(frozen=True, eq=False)
class Rest:
    """What is left of a network after some layers: run it on other values of theirs, with everything else that it
    reads as recorded. `names` are its operations, in the order of execution; the layers themselves are not among them.

    The values at `starts` may hold a batch of B; what was recorded, a batch of one, is read B times over, not copied.
    """

    starts: tuple[str, ...]
    names: tuple[str, ...]
    _names: Mapping[fx.Node, str]  # of every operation of the network
    _all: Part  # the output and every operation's value
    _last: Part  # the output alone: each value is gone as soon as nothing reads it any more

    @property
    def reads(self) -> list[str]:
        """The operations besides the layers themselves whose recorded values `run` takes."""
        given = (self._names.get(node, "") for node in self._all.given)  # the picture has no name
        return [name for name in given if name and name not in self.starts]

    def run(
        self, starts: Mapping[str, torch.Tensor], x: torch.Tensor, recorded: Mapping[str, torch.Tensor]
    ) -> tuple[torch.Tensor, dict[str, object]]:
        """The network's output and the value of every operation in `names`. Call within `work`.

        `x` is what the network received, `recorded` what the operations returned for it.
        """
        output, *values = self._all.module(*self._arguments(self._all, starts, x, recorded))
        return output, dict(zip(self.names, values, strict=True))

    def output(
        self, starts: Mapping[str, torch.Tensor], x: torch.Tensor, recorded: Mapping[str, torch.Tensor]
    ) -> torch.Tensor:
        """The network's output alone, in little memory. Call within `work`."""
        (output,) = self._last.module(*self._arguments(self._last, starts, x, recorded))
        return output

    def n_held(self, n_values: Mapping[str, int]) -> int:
        """How many numbers `output` holds at once, at the most, for a batch of one; `n_values` by operation."""
        # of the values that are given, only those at `starts` take memory of their own
        return self._last.n_held(self._names, n_values, sum(n_values[name] for name in self.starts))

    def _arguments(
        self, part: Part, starts: Mapping[str, torch.Tensor], x: torch.Tensor, recorded: Mapping[str, torch.Tensor]
    ) -> list[torch.Tensor]:
        batch = len(next(iter(starts.values())))
        values = {**recorded, **starts}
        found = [values[self._names[node]] if node in self._names else x for node in part.given]
        return [value.expand(batch, *value.shape[1:]) for value in found]


@dataclass(frozen=True, eq=False)
class Halves:
    """A network in two, cut before one operation: the first half is run once, the second once for each variant, which
    has other functions in the place of some operations."""

    names: Mapping[fx.Node, str]  # of every operation of the network
    whole: Part
    first: Part
    seconds: tuple[Part, ...]

    def begin(self, x: torch.Tensor) -> list[Any]:
        """What the second half reads of the first. Call within `work`, as `finish`."""
        found: list[Any] = self.first.module(x)
        return found

    def finish(self, variant: int, begun: Sequence[Any]) -> tuple[torch.Tensor, torch.Tensor]:
        """The network's output, and the value of the operation before which it is cut."""
        output, value = self.seconds[variant].module(*begun)
        return output, value

    def n_held(self, n_values: Mapping[str, int]) -> int:
        """How many numbers are held at once for a batch of one, at the most; `n_values` by operation."""
        return self.whole.n_held(self.names, n_values)


class Clock(fx.Interpreter):
    """Steps through a graph and keeps the seconds of each operation; a value is gone when nothing needs it any more."""

    def __init__(self, recorder: fx.GraphModule, names: Mapping[fx.Node, str], progress: Progress | None) -> None:
        plain, copies = fx.Graph(), dict[fx.Node, fx.Node]()
        result: Any = plain.graph_copy(recorder.graph, copies)
        plain.output(result[0])  # without the list of all values
        super().__init__(recorder, graph=plain)
        self.seconds: dict[str, float] = {}
        self._names = {copies[node]: name for node, name in names.items()}
        self._progress, self._done, self._n_steps = progress, 0, len(plain.nodes)

    def run_node(self, n: fx.Node) -> Any:
        started = time.perf_counter()
        value = super().run_node(n)
        if isinstance(value, torch.Tensor) and value.device.type != "cpu":
            torch.accelerator.synchronize(value.device)  # a GPU returns before it has finished
        if n in self._names:
            self.seconds[self._names[n]] = time.perf_counter() - started
        self._done += 1
        if self._progress is not None:
            self._progress(self._done, self._n_steps)
        return value


# what the functions that are called with weights call their arguments, in order
_TAKES = {
    "conv2d": ("input", "weight", "bias", "stride", "padding", "dilation", "groups"),
    "linear": ("input", "weight", "bias"),
    "batch_norm": ("input", "running_mean", "running_var", "weight", "bias", "training", "momentum", "eps"),
    "layer_norm": ("input", "normalized_shape", "weight", "bias", "eps"),
    "group_norm": ("input", "num_groups", "weight", "bias", "eps"),
}


def taken_by(node: fx.Node) -> dict[str, Any] | None:
    """What a function is called with, by name; None of a function that has no weights by name."""
    names = _TAKES.get(getattr(node.target, "__name__", "")) if node.op == "call_function" else None
    return None if names is None else {**dict(zip(names, node.args, strict=False)), **node.kwargs}


def without_overwriting(graph: fx.Graph) -> None:
    """Let no operation overwrite what another has returned: each returns a value of its own, for whoever reads it or
    what it would have overwritten afterwards."""
    order = {node: i for i, node in enumerate(graph.nodes)}
    for node in graph.nodes:
        if node.kwargs.get("inplace"):
            node.kwargs = {**node.kwargs, "inplace": False}
        if node.op == "call_function" and (without := _without_overwriting(node.target)) is not None:
            node.target = without
            _read_behind(order, node)
        name = node.target if node.op == "call_method" else ""
        if (
            isinstance(name, str)
            and name.endswith("_")
            and not name.endswith("__")
            and hasattr(torch.Tensor, name[:-1])
        ):
            node.target = name[:-1]
            _read_behind(order, node)


def _without_overwriting(function: Any) -> Any:
    """The function that gives what this one, such as `relu_`, puts into what it was given; None for all others."""
    name = getattr(function, "__name__", "")
    if not name.endswith("_") or name.endswith("__"):
        return None
    return getattr(torch.nn.functional, name[:-1], getattr(torch, name[:-1], None))


def _read_behind(order: Mapping[fx.Node, int], node: fx.Node) -> None:
    """What was overwritten is read from the operation by all that come after it."""
    overwritten: Any = node.args[0]
    overwritten.replace_all_uses_with(node, delete_user_cb=partial(_is_behind, order, node))


def _is_behind(order: Mapping[fx.Node, int], node: fx.Node, user: fx.Node) -> bool:
    return order[user] > order[node]


def with_parts(recorder: fx.GraphModule, parts: Mapping[str, Any]) -> tuple[fx.GraphModule, dict[fx.Node, fx.Node]]:
    """The same operations with `parts`, modules or tensors, where they call or read those of that name; and each
    operation's counterpart."""
    own = {target: part_at(recorder, target) for target in targets(recorder.graph.nodes)}
    recording, copies = fx.Graph(), dict[fx.Node, fx.Node]()
    recording.output(recording.graph_copy(recorder.graph, copies))
    return fx.GraphModule({**own, **parts}, recording).eval(), copies


def targets(nodes: Iterable[fx.Node]) -> list[str]:
    """The names of the modules that operations call, and of the tensors that they read themselves."""
    # a weight that no module holds is read by a node of its own
    return [
        str(found.target)
        for node in nodes
        for found in (node, *node.all_input_nodes)
        if found.op == "get_attr" or (found is node and node.op == "call_module")
    ]


def applied(root: nn.Module, node: fx.Node, value_of: Callable[[fx.Node], Any]) -> Any:
    """What one operation of a module makes of the values of what it reads; weights that it reads are as they are."""

    def taken(source: fx.Node) -> Any:
        return part_at(root, str(source.target)) if source.op == "get_attr" else value_of(source)

    target: Any = node.target
    args: Any = fx.node.map_arg(node.args, taken)
    kwargs: Any = fx.node.map_arg(node.kwargs, taken)
    if node.op == "call_function":
        return target(*args, **kwargs)
    if node.op == "call_method":
        return getattr(args[0], target)(*args[1:], **kwargs)
    found = part_at(root, target)
    return found if node.op == "get_attr" else found(*args, **kwargs)


def part_at(recorder: nn.Module, target: str) -> Any:
    """What a node calls or reads: a module, or a tensor."""
    found: Any = recorder
    for name in target.split("."):
        found = getattr(found, name)
    return found

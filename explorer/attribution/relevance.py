"""Layer-wise relevance propagation: the score goes back through the network, shared out at each operation among what
the operation added up. Which rule holds where is a composite; the rules themselves are in `rules`.

It runs on a copy of the recorded graph, with a rule in the place of each operation's gradient, and batch norms merged
into the convolutions before them. Nothing is hooked, and the network itself stays as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Any

import torch

from ..errors import Unsuited
from ..networks.graph import PICTURE
from ..networks.kinds import kind_of
from ..networks.merging import Sums, is_batch_norm, is_sum, norms_behind, scale_and_shift, sums_of
from ..networks.network import Network, as_array
from ..networks.surgery import Function
from ..running.lock import work
from .fills import filled
from .method import FORWARD_AND_BACK, Method, Option
from .passes import gradients
from .request import Evidence, Request
from .rules import Rule, alpha_beta, epsilon_rule, gamma_rule, in_proportion, w_square, z_box, z_plus

# What changes no value, so that a value's relevance is that of its source: also the winner of a max pooling
_PASSED_ON = (
    "max pooling", "concatenation", "padding", "cropping", "dropout", "stochastic depth", "identity", "flatten",
    "permutation", "getitem", "view", "reshape", "transpose", "contiguous", "unsqueeze", "squeeze", "chunk", "split",
)  # fmt: skip
_ADDED_UP = ("addition", "average pooling", "upsampling")  # each value a sum, or a mean, of some that it read

# (R, inputs) -> their relevance; None of one that takes none
Shares = Callable[[torch.Tensor, Sequence[torch.Tensor]], Sequence[torch.Tensor | None]]


@dataclass(frozen=True)
class Composite:
    """Which rule holds where: at the layers that read the picture, at other convolutions, at dense layers. A rule that
    is the name of an option, or "box", is made for each picture."""

    first: Rule | str
    convolution: Rule | str
    dense: Rule = epsilon_rule


COMPOSITES: Mapping[str, Composite] = MappingProxyType(
    {
        "epsilon-gamma-box": Composite("box", "gamma"),
        "epsilon-gamma-square": Composite(w_square, "gamma"),
        "epsilon-plus": Composite(z_plus, z_plus),
        "epsilon-alpha2-beta1": Composite(alpha_beta(2, 1), alpha_beta(2, 1)),
        "epsilon": Composite(epsilon_rule, epsilon_rule),
    }
)


class _Shared(torch.autograd.Function):
    """Forward what an operation gives; back, not its gradient but the relevance of what it read."""

    @staticmethod
    def forward(ctx: Any, function: Function, shares: Shares, *inputs: torch.Tensor) -> torch.Tensor:
        ctx.shares = shares
        ctx.inputs = inputs
        return function(*inputs)

    @staticmethod
    def backward(ctx: Any, *relevances: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        return None, None, *ctx.shares(relevances[0], ctx.inputs)


def lrp(request: Request) -> Evidence:
    """The relevance of each colour of each pixel (Bach et al. 2015, doi:10.1371/journal.pone.0130140; which rule where:
    Montavon et al. 2019, doi:10.1007/978-3-030-28954-6_10, section 10.3).

    Batch norms are merged into the convolutions before them (Montavon et al. 2019, section 10.5); elsewhere, as
    additions and average poolings, they share in proportion to what they added up. A max pooling gives all to its
    winner, an activation function to the value that it was made of. But for what the biases take, and `epsilon`, all
    pixels add up to the score.

    Raises Unsuited for a network with an operation that has no rule.
    """
    run = _relevance_of(request)
    found = as_array(next(gradients(request, 1, lambda first, last: request.x, run))[0])
    request.report(1, 1, lambda: found)
    return Evidence(found, 1, note=request.added_up(found))


LRP = Method(
    title="LRP",
    formula="relu(sum over colours of R), where R[i] = R z[i] / z for each z = sum of z[i]",
    paper="Bach et al. 2015, doi:10.1371/journal.pone.0130140",
    needs="a rule for each operation of the network",
    cost="one pass forward, and some five backward",
    good_for="shares of the score, traced back sum by sum: less noisy than gradients",
    weaknesses="which rules are taken decides much of what one sees, and some operations have none; what biases added "
    "belongs to no pixel",
    find=lrp,
    uses_layer=False,
    pass_cost=3 * FORWARD_AND_BACK,
    settings="Composite {composite}, gamma {gamma}, epsilon {epsilon}.",
    options=(
        Option("composite", "which rule holds where", "epsilon-gamma-box", choices=tuple(COMPOSITES)),
        Option("gamma", "how much more counts what speaks for a value, in composites with gamma", 0.25, 0, 100),
        Option("epsilon", "what is added to each sum before its addends are divided by it", 1e-6, 0, 1),
    ),
)


def _relevance_of(request: Request) -> Callable[[torch.Tensor], torch.Tensor]:
    """The network up to the value from which the target is read, going back by rules; the relevance there is the
    target's own addends: a logit, or two with their signs, or the values of a channel's mean."""
    network, name = request.network, request.target.read_from(request.network)
    up_to = network.graph.replaced(name, _steps(request, name))

    def value(x: torch.Tensor) -> torch.Tensor:
        found: torch.Tensor = _Shared.apply(  # type: ignore[no-untyped-call]
            torch.clone, lambda slope, given: [slope * given[0]], up_to.value(x)
        )
        return found

    return value


def _steps(request: Request, end: str) -> dict[str, Function]:
    """What stands in the place of each operation whose gradient is not the way of its relevance."""
    network, graph, epsilon = request.network, request.network.graph, request.share("epsilon")
    names = [name for name in graph.leading_to(end) if name not in graph.unseeing]
    merged = norms_behind(graph, names)
    steps: dict[str, Function] = {}
    for name in names:
        kind, function = kind_of(graph.operation(name)), _operation(network, name)
        if name in merged.values():
            steps[name] = _as_it_is
            continue
        if is_sum(graph, name):
            sums = sums_of(graph, name, merged.get(name))
            function, shares = sums.total, _by_rule(_rule(request, name), sums, epsilon)
        elif kind.is_activation:
            shares = _all_of_it
        elif is_batch_norm(graph, name):
            shares = _of_the_first(partial(_scaled, *scale_and_shift(graph, name)), epsilon)
        elif kind.name in _ADDED_UP or _is_scaled(network, name):
            shares = _in_proportion(function, epsilon)
        elif kind.name in _PASSED_ON:
            continue
        else:
            raise Unsuited(
                f"Layer-wise relevance propagation has no rule for {name} of {network.title} ({kind.name}). Choose a "
                "method that takes any network, such as 'integrated_gradients'."
            )
        steps[name] = _step(function, shares)
    return steps


def _as_it_is(x: torch.Tensor, *weights: torch.Tensor) -> torch.Tensor:
    return x


def _step(function: Function, shares: Shares) -> Function:
    def step(*inputs: torch.Tensor) -> torch.Tensor:
        found: torch.Tensor = _Shared.apply(function, shares, *inputs)  # type: ignore[no-untyped-call]
        return found

    return step


def _all_of_it(relevance: torch.Tensor, inputs: Sequence[torch.Tensor]) -> Sequence[torch.Tensor | None]:
    return [relevance, *[None] * (len(inputs) - 1)]


def _by_rule(rule: Rule, sums: Sums, epsilon: float) -> Shares:
    """The first input is what the layer read; others are its weights."""
    return lambda relevance, inputs: [rule(sums, inputs[0], relevance, epsilon), *[None] * (len(inputs) - 1)]


def _in_proportion(function: Function, epsilon: float) -> Shares:
    """Of the inputs, sizes and the like take no share."""

    def shares(relevance: torch.Tensor, inputs: Sequence[Any]) -> Sequence[torch.Tensor | None]:
        at = [i for i, one in enumerate(inputs) if isinstance(one, torch.Tensor)]

        def of_tensors(*tensors: torch.Tensor) -> torch.Tensor:
            given = dict(zip(at, tensors, strict=True))
            return function(*(given.get(i, one) for i, one in enumerate(inputs)))

        found = in_proportion(of_tensors, [inputs[i] for i in at], relevance, epsilon)
        return [found[at.index(i)] if i in at else None for i in range(len(inputs))]

    return shares


def _operation(network: Network, name: str) -> Function:
    """An operation as a function of what it reads."""
    graph = network.graph
    reads = graph.takes(name)  # its weights are not given to it: it has them

    def operation(*inputs: torch.Tensor) -> torch.Tensor:
        given = {source: one for source, one in zip(reads, inputs, strict=True) if isinstance(source, str)}
        found: torch.Tensor = graph.apply(name, given)
        return found

    return operation


def _of_the_first(function: Function, epsilon: float) -> Shares:
    """The first input takes its share; others are weights."""
    return lambda relevance, inputs: [
        *in_proportion(function, inputs[:1], relevance, epsilon), *[None] * (len(inputs) - 1)
    ]  # fmt: skip


def _scaled(scale: torch.Tensor, shift: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
    """What a batch norm that stands alone makes of what it reads."""
    shape = (-1, *[1] * (x.ndim - 2))
    return x * scale.reshape(shape) + shift.reshape(shape)


def _is_scaled(network: Network, name: str) -> bool:
    """Whether an operation multiplies by a number, and not by another value."""
    graph = network.graph
    given = graph.nodes[name].args
    return (
        kind_of(graph.operation(name)).name == "multiplication"
        and sum(not isinstance(one, (int, float)) for one in given) == 1
    )


def _rule(request: Request, name: str) -> Rule:
    """The composite's rule for a convolution or a dense layer."""
    composite, graph = COMPOSITES[request.choice("composite")], request.network.graph
    is_first = not any(is_sum(graph, source) for source in graph.leading_to(name) if source != name)
    is_dense = kind_of(graph.operation(name)).name == "dense"
    rule = composite.first if is_first and not is_dense else composite.dense if is_dense else composite.convolution
    if rule == "gamma":
        return gamma_rule(request.share("gamma"))
    if rule == "box":
        return z_box(*_bounds(request, name))
    assert not isinstance(rule, str)
    return rule


def _bounds(request: Request, name: str) -> tuple[torch.Tensor, torch.Tensor]:
    """The lowest and the highest values that a first layer can read: those of a black picture and of a white one, by
    the network's own preparation and whatever is done to it before that layer."""
    (source, *_), graph = request.network.graph.takes(name), request.network.graph
    black, white = (filled(request.trace, fill) for fill in ("black", "white"))
    if source != PICTURE:
        with work(f"The bounds of what {request.network.title} reads"), torch.no_grad():
            black, white = (graph.up_to(str(source), x) for x in (black, white))
    return torch.minimum(black, white), torch.maximum(black, white)

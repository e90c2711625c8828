"""How relevance goes from what an operation gave to what it read: the rules of layer-wise relevance propagation.

In all of them what an operation gave, z, is a sum, and each addend takes its share z_i / z of the relevance of z (Bach
et al. 2015, doi:10.1371/journal.pone.0130140, eq. 56); they differ in which addends are looked at. In the formulas, a
is what a layer read, w and b are its weights and bias, R is the relevance of what it gave; + and - are the parts above
and below 0. Numbers are (B, C, H, W) or (B, K).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import torch

from ..networks.merging import Sums

Rule = Callable[[Sums, torch.Tensor, torch.Tensor, float], torch.Tensor]  # (sums, a, R, epsilon) -> relevance of a


def in_proportion(
    function: Callable[..., torch.Tensor], inputs: Sequence[torch.Tensor], relevance: torch.Tensor, epsilon: float
) -> list[torch.Tensor]:
    """The relevance of each input of a function that is linear in all of them but for an addend that they do not make:
    of every z it gives, what this input put into it over z + epsilon sign(z)."""
    with torch.enable_grad():
        leaves = [x.detach().requires_grad_() for x in inputs]
        z = function(*leaves)
        found = torch.autograd.grad(z, leaves, relevance / _away_from_zero(z.detach(), epsilon))
    return [x.detach() * slope for x, slope in zip(inputs, found, strict=True)]


def _away_from_zero(z: torch.Tensor, epsilon: float) -> torch.Tensor:
    """z + epsilon sign(z); of a z of 0 nothing is shared out where epsilon is 0."""
    return torch.where(z == 0, epsilon or math.inf, z + epsilon * z.sign())


def epsilon_rule(sums: Sums, a: torch.Tensor, relevance: torch.Tensor, epsilon: float) -> torch.Tensor:
    """a w / (sum a w + b) (Bach et al. 2015, eq. 58)."""
    (found,) = in_proportion(sums.total, [a], relevance, epsilon)
    return found


def alpha_beta(alpha: float, beta: float) -> Rule:
    """alpha times the shares in what speaks for z, (a w)+, less beta times those in what speaks against it, (a w)-
    (Bach et al. 2015, eq. 60). With 1 and 0 it is the z+ rule (Montavon et al. 2017, doi:10.1016/j.patcog.2016.11.008)
    for an a of any sign."""

    def rule(sums: Sums, a: torch.Tensor, relevance: torch.Tensor, epsilon: float) -> torch.Tensor:
        above, below = sums.weight.clamp(min=0), sums.weight.clamp(max=0)
        found = alpha * _of_both_signs(sums, a, (above, below), sums.bias.clamp(min=0), relevance, epsilon)
        if beta:
            found -= beta * _of_both_signs(sums, a, (below, above), sums.bias.clamp(max=0), relevance, epsilon)
        return found

    return rule


z_plus = alpha_beta(1, 0)


def gamma_rule(gamma: float) -> Rule:
    """a (w + gamma w+) over its sum: what speaks for z counts 1 + gamma times (Montavon et al. 2019,
    doi:10.1007/978-3-030-28954-6_10, section 10.2.1). For an a below 0, and a z below 0, as Andeol et al. 2021
    (arXiv:2103.14583) generalise it: what is favoured has the sign of z."""

    def rule(sums: Sums, a: torch.Tensor, relevance: torch.Tensor, epsilon: float) -> torch.Tensor:
        above = sums.weight + gamma * sums.weight.clamp(min=0)
        below = sums.weight + gamma * sums.weight.clamp(max=0)
        z = sums.products(a, sums.weight) + sums.bias
        bias = sums.bias + gamma * sums.bias.clamp(min=0), sums.bias + gamma * sums.bias.clamp(max=0)
        found = _of_both_signs(sums, a, (above, below), bias[0], relevance * (z > 0), epsilon)
        return found + _of_both_signs(sums, a, (below, above), bias[1], relevance * (z < 0), epsilon)

    return rule


def z_box(low: torch.Tensor, high: torch.Tensor) -> Rule:
    """(a w - low w+ - high w-) over its sum, for an a between `low` and `high`: the first layer's, which reads colours
    (Montavon et al. 2017, eq. 14)."""

    def rule(sums: Sums, a: torch.Tensor, relevance: torch.Tensor, epsilon: float) -> torch.Tensor:
        above, below = sums.weight.clamp(min=0), sums.weight.clamp(max=0)

        def above_the_least(x: torch.Tensor, lowest: torch.Tensor, highest: torch.Tensor) -> torch.Tensor:
            least = sums.products(lowest, above) + sums.products(highest, below)
            return sums.products(x, sums.weight) - least

        return sum(in_proportion(above_the_least, [a, low, high], relevance, epsilon), torch.zeros_like(a))

    return rule


def w_square(sums: Sums, a: torch.Tensor, relevance: torch.Tensor, epsilon: float) -> torch.Tensor:
    """w^2 / (sum w^2 + b^2), whatever a is: for a first layer whose values have no bounds (Montavon et al. 2017,
    eq. 12)."""
    (found,) = in_proportion(
        lambda x: sums.products(x, sums.weight**2) + sums.bias**2, [torch.ones_like(a)], relevance, epsilon
    )
    return found


def _of_both_signs(
    sums: Sums, a: torch.Tensor, weights: tuple[torch.Tensor, torch.Tensor], bias: torch.Tensor,
    relevance: torch.Tensor, epsilon: float,
) -> torch.Tensor:  # fmt: skip
    """The shares of a+ with the first weights and of a- with the second, in the sum of both and the bias."""

    def total(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        return sums.products(x, weights[0]) + sums.products(y, weights[1]) + bias

    positive, negative = in_proportion(total, [a.clamp(min=0), a.clamp(max=0)], relevance, epsilon)
    return positive + negative

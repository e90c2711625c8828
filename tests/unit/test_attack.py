"""Pictures changed against a network: within what is allowed, and as the formulas say."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

import explorer
from explorer.challenges import attack, magnified
from explorer.challenges.sentences import attack_sentence
from explorer.errors import BadArgument, BadTarget
from explorer.networks.network import Network
from explorer.pictures.samples import load_sample
from explorer.trace import Trace
from tests.tiny import as_network, noise_image


class Linear(nn.Module):
    """Logits that are sums of the pixels: the gradient is the same everywhere but for how sure it is."""

    def __init__(self, n_classes: int) -> None:
        super().__init__()
        torch.manual_seed(5)
        self.pool = nn.AvgPool2d(4)
        self.fc = nn.Linear(3 * 8 * 8, n_classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        made: torch.Tensor = self.fc(self.pool(x).flatten(1))
        return made


@pytest.fixture(scope="module")
def linear() -> Network:
    return as_network(Linear(4), 32)


def entropy(trace: Trace, index: int) -> float:
    return float(F.cross_entropy(torch.tensor(np.array(trace.logits))[None], torch.tensor([index])))


def test_one_step_is_the_sign_of_the_gradient(linear: Network) -> None:
    image = noise_image(32, 32)
    trace = explorer.run(linear, image)
    best = trace.top(1)[0].index
    found = attack(trace, 3)
    x = trace.prepared.tensor.clone().requires_grad_(True)
    weight = torch.from_numpy(linear.weights("fc")["weight"].copy())
    bias = torch.from_numpy(linear.weights("fc")["bias"].copy())
    logits = F.avg_pool2d(x, 4).flatten(1) @ weight.T + bias
    F.cross_entropy(logits, torch.tensor([best])).backward()
    assert x.grad is not None
    start = linear.preprocessing.unscaled(trace.prepared.tensor)
    expected = ((start + 3 / 255 * x.grad.sign()).clamp(0, 1) - start)[0].numpy() * 255
    assert np.abs(found.change - expected).max() < 1e-3


@pytest.mark.parametrize(("epsilon", "steps"), [(1, 1), (4, 1), (4, 10), (16, 5)])
def test_no_value_goes_further_than_is_allowed_and_all_stay_whole_levels(
    pocket_trace: Trace, epsilon: int, steps: int
) -> None:
    found = attack(pocket_trace, epsilon, steps)
    assert np.abs(found.change).max() <= epsilon + 1e-3
    assert np.abs(found.change - np.rint(found.change)).max() < 1e-3
    moved = found.trace.prepared.pixels.astype(int) - pocket_trace.prepared.pixels
    assert np.array_equal(moved, np.rint(np.moveaxis(found.change, 0, -1)).astype(int))
    best = pocket_trace.top(1)[0].index
    assert entropy(found.trace, best) > entropy(pocket_trace, best)
    assert found.is_reached == (found.trace.top(1)[0].index != best)


def test_more_steps_go_further_and_an_aim_is_gained(pocket_trace: Trace) -> None:
    best = pocket_trace.top(1)[0].index
    one, many = attack(pocket_trace, 4, 1), attack(pocket_trace, 4, 20)
    assert entropy(many.trace, best) > entropy(one.trace, best)
    aim = pocket_trace.top(5)[4].index
    aimed = attack(pocket_trace, 8, 20, aim)
    assert entropy(aimed.trace, aim) < entropy(pocket_trace, aim)
    assert aimed.is_reached
    assert aimed.trace.top(1)[0].index == aim


def test_the_pass_over_the_outcome_is_recorded_like_any_other(pocket_trace: Trace) -> None:
    found = attack(pocket_trace, 4, 5)
    assert found.trace.target == pocket_trace.target
    assert found.trace["layer4"].shape == pocket_trace["layer4"].shape
    x = found.trace.prepared.tensor
    alone = pocket_trace.network.graph.up_to(list(pocket_trace.network.layers)[-1], x)
    assert found.trace.logits == pytest.approx(alone[0].detach().numpy(), abs=1e-4)


def test_one_logit_is_two_classes() -> None:
    network = as_network(Linear(1), 32, ("no", "yes"))
    trace = explorer.run(network, noise_image(32, 32))
    best = trace.top(1)[0].index
    found = attack(trace, 32)
    assert found.trace.probabilities[best] < trace.probabilities[best]
    other = attack(trace, 32, aim=1 - best)
    assert np.array_equal(other.change, found.change)  # away from the one is towards the other


def test_what_cannot_be_is_refused_in_a_sentence(pocket_trace: Trace) -> None:
    for wrong in ({"epsilon": 0}, {"epsilon": 65}, {"epsilon": 2.5}, {"epsilon": 4, "steps": 0}, {"epsilon": True}):
        with pytest.raises(BadArgument, match=r"is a whole number from 1 to \d+, not "):
            attack(pocket_trace, **wrong)  # type: ignore[arg-type]
    with pytest.raises(BadTarget, match="is the answer already"):
        attack(pocket_trace, 4, aim=pocket_trace.top(1)[0].index)
    with pytest.raises(BadTarget):
        attack(pocket_trace, 4, aim=10_000)
    network = as_network(Linear(4), 32)
    with torch.no_grad():
        dict(network.graph.parameters("fc"))["bias"].fill_(float("nan"))
    with pytest.raises(BadArgument, match="no finite numbers"):
        attack(explorer.run(network, noise_image(32, 32)), 4)


def test_it_is_cancelled_by_what_its_progress_raises(pocket_trace: Trace) -> None:
    told: list[tuple[int, int | None]] = []
    attack(pocket_trace, 2, 3, progress=lambda *at: told.append(at))
    assert told == [(1, 3), (2, 3), (3, 3)]

    def stop(done: int, total: int | None) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        attack(pocket_trace, 2, 3, progress=stop)


def test_the_change_is_seen_grey_where_there_is_none(pocket_trace: Trace) -> None:
    found = attack(pocket_trace, 2)
    shown = magnified(found)
    change = np.moveaxis(found.change, 0, -1)
    assert shown.shape == pocket_trace.prepared.pixels.shape
    assert set(np.unique(shown[np.abs(change) < 0.5])) <= {127, 128}
    assert (shown[change > 1.5] == 255).all()
    assert (shown[change < -1.5] == 0).all()


def test_a_digit_can_be_attacked_too() -> None:
    trace = explorer.run(explorer.load_network("lenet5"), load_sample("digit"), "top")
    found = attack(trace, 64, 20)
    assert entropy(found.trace, found.away_from) > entropy(trace, found.away_from)
    assert magnified(found).shape[2] == 3
    assert "No value was changed by more than 64 levels of 255, in 20 steps." in attack_sentence(trace, found)

"""A dense layer, trained on features that were worked out once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional as F

from ..errors import BadOption, Unsuited
from ..trace import FloatArray


@dataclass(frozen=True)
class Settings:
    """How a head is trained: so many epochs in batches of so many, with Adam (Kingma and Ba 2015, arXiv:1412.6980) at
    a learning rate, and weight decay on the matrix; `seed` draws the order of the pictures."""

    n_epochs: int = 40
    batch: int = 32
    learning_rate: float = 1e-3
    weight_decay: float = 0.05
    seed: int = 0

    def __post_init__(self) -> None:
        for name, value, low, high in (
            ("n_epochs", self.n_epochs, 1, 1000), ("batch", self.batch, 1, 4096),
            ("learning_rate", self.learning_rate, 1e-6, 10.0), ("weight_decay", self.weight_decay, 0.0, 10.0),
        ):  # fmt: skip
            if not low <= value <= high:
                raise BadOption(f"{name} is a number from {low:g} to {high:g}, not {value!r}.")


@dataclass(frozen=True)
class Curve:
    """After each epoch: the mean cross entropy, and the share of right answers, of the pictures trained on and of those
    held out. With an epoch 0 before any training."""

    loss: tuple[float, ...]
    accuracy: tuple[float, ...]
    held_out_loss: tuple[float, ...]
    held_out_accuracy: tuple[float, ...]


@dataclass(frozen=True, eq=False)
class TrainedHead:
    """A dense layer for K classes: weight (K, D) and bias (K,), and how it came about."""

    weight: FloatArray
    bias: FloatArray
    curve: Curve


def train_head(
    features: FloatArray, labels: Sequence[int], is_held_out: Sequence[bool], n_classes: int, settings: Settings
) -> TrainedHead:
    """Softmax regression on features (N, D), each class counting alike whatever its number of pictures.

    It starts at zero, where every class has the same probability. Features are brought to mean 0 and variance 1 over
    the pictures trained on; the layer that comes out reads them as they are: w / s and b - w . m / s say the same. On
    one thread, the same settings give the same bits. Raises Unsuited where a feature is no number.
    """
    held = np.asarray(is_held_out, bool)
    exact = features.astype(np.float64)
    mean, spread = exact[~held].mean(axis=0), exact[~held].std(axis=0)
    varies = spread > 1e-6 * np.abs(exact[~held]).max(axis=0)  # what is always alike says nothing
    spread = np.where(varies, spread, 1.0)
    with np.errstate(over="ignore", invalid="ignore"):
        standard = ((exact - mean) / spread).astype(np.float32)
    if not np.isfinite(standard).all():
        raise Unsuited("What the network says of these pictures is not all numbers: its weights are broken.")
    x = torch.from_numpy(standard)
    y = torch.tensor(np.asarray(labels), dtype=torch.int64)
    train, out = torch.from_numpy(~held), torch.from_numpy(held)
    x_train, y_train = x[train], y[train]
    counts = torch.bincount(y_train, minlength=n_classes).float()
    shares = len(y_train) / (n_classes * counts)
    weight = torch.zeros(n_classes, x.shape[1], requires_grad=True)
    bias = torch.zeros(n_classes, requires_grad=True)
    optimizer = torch.optim.AdamW(
        [{"params": [weight], "weight_decay": settings.weight_decay}, {"params": [bias], "weight_decay": 0.0}],
        lr=settings.learning_rate,
    )
    order = torch.Generator().manual_seed(settings.seed)
    points = [_point((weight, bias), x, y, train, out)]
    for _ in range(settings.n_epochs):
        for chosen in torch.randperm(len(y_train), generator=order).split(settings.batch):
            logits = F.linear(x_train[chosen], weight, bias)
            loss = (F.cross_entropy(logits, y_train[chosen], reduction="none") * shares[y_train[chosen]]).mean()
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
        points.append(_point((weight, bias), x, y, train, out))
    w = weight.detach().numpy() / spread
    b = bias.detach().numpy() - w @ mean
    return TrainedHead(w.astype(np.float32), b.astype(np.float32), Curve(*zip(*points, strict=True)))


@torch.inference_mode()
def _point(
    state: tuple[torch.Tensor, torch.Tensor], x: torch.Tensor, y: torch.Tensor, *parts: torch.Tensor
) -> tuple[float, float, float, float]:
    logits = F.linear(x, *state)
    found: list[float] = []
    for part in parts:
        found.append(float(F.cross_entropy(logits[part], y[part])))
        found.append(float((logits[part].argmax(dim=1) == y[part]).float().mean()))
    loss, accuracy, held_out_loss, held_out_accuracy = found
    return loss, accuracy, held_out_loss, held_out_accuracy


def logits_of(head: TrainedHead, features: FloatArray) -> NDArray[np.float32]:
    """(N, K) what the head gives for features (N, D)."""
    found: NDArray[np.float32] = (features @ head.weight.T + head.bias).astype(np.float32)
    return found

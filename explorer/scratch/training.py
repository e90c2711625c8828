"""A training, step by step, that can be repeated: everything random is drawn from the seed and the step."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional as F
from torch.nn.modules.batchnorm import _BatchNorm

from ..errors import BadOption
from .augmentation import augmented
from .data import Data
from .presets import in_shape, module_of
from .settings import Edit, Plan, Settings

_ORDER, _DROPOUT, _AUGMENTATION = range(3)  # what is drawn
_AT_ONCE = 100  # pictures that are looked at together


@dataclass(frozen=True)
class Taken:
    """What a step saw before it changed the weights: the mean loss of the batch, and how many of it were right."""

    loss: float
    n_right: int
    n: int


class Training:
    """A network, its momentum, and how far it is: `step` steps are done, `n_seen` pictures were drawn for them.

    Built twice from one plan, and told the same changes at the same steps, it has the same weights, bit for bit.
    """

    def __init__(self, plan: Plan, data: Data) -> None:
        """Raises BadData, BadOption."""
        self.plan, self.data = plan, data
        shape = in_shape(plan.network, plan.data)
        torch.default_generator.manual_seed(plan.seed)
        self.module = module_of(plan.network, shape, len(data.categories))
        self._built = {name: part.p for name, part in self.module.named_modules() if isinstance(part, nn.Dropout)}
        if isinstance(own := getattr(self.module, "dropout", None), float):
            self._built[""] = own  # BasicCNN has no module for it
        self.momentum = {name: torch.zeros_like(p) for name, p in self.module.named_parameters()}
        self._orders: dict[int, torch.Tensor] = {}
        self.step = self.n_seen = 0
        self._begin = {name: tensor.clone() for name, tensor in self.state().items()}
        self.change(plan.settings)

    def change(self, change: Settings | Edit) -> None:
        """Use other settings from here on, or another weight. Raises BadOption."""
        if isinstance(change, Edit):
            self._edit(change)
            return
        if change.batch < 2 and any(isinstance(part, _BatchNorm) for part in self.module.modules()):
            raise BadOption("A norm compares the pictures of a batch: batch is at least 2 here, not 1.")
        self.settings = change
        for name, built in self._built.items():
            part = self.module.get_submodule(name)
            share = built if change.dropout is None else change.dropout
            setattr(part, "p" if name else "dropout", share)

    @property
    def dropout(self) -> float | None:
        """The share that is left out as things stand; None for a network that leaves nothing out."""
        if not self._built:
            return None
        return max(self._built.values()) if self.settings.dropout is None else self.settings.dropout

    def weight(self, edit: Edit) -> float:
        """What the weight that an edit names is now. Raises BadOption."""
        weight = self._weight(edit)
        return float(weight[edit.index].detach())

    def advance(self) -> Taken:
        """Take a step: the gradient of the loss of a batch, then stochastic gradient descent with momentum and weight
        decay as torch.optim.SGD has them (Sutskever et al. 2013). A loss that is no number changes no weight."""
        pictures, labels = self._batch()
        taken = self._backward(pictures, labels)
        if math.isfinite(taken.loss):
            self._descend()
            self.step += 1
            self.n_seen += taken.n
        return taken

    def look_ahead(self) -> Taken:
        """What the next step will see, and its gradients, with nothing changed."""
        kept = {name: buffer.clone() for name, buffer in self.module.named_buffers()}
        taken = self._backward(*self._batch())
        for name, buffer in self.module.named_buffers():  # which norms update as they go
            buffer.copy_(kept[name])
        return taken

    def state(self) -> dict[str, torch.Tensor]:
        """All that the rest of the training depends on, besides the plan and what will be changed."""
        found = {f"weights.{name}": tensor for name, tensor in self.module.state_dict().items()}
        found |= {f"momentum.{name}": tensor for name, tensor in self.momentum.items()}
        return {**found, "at": torch.tensor([self.step, self.n_seen])}

    @torch.no_grad()
    def restore(self, state: Mapping[str, torch.Tensor] | None = None) -> None:
        """Go on from a state; from the beginning without one."""
        state = self._begin if state is None else state
        self.module.load_state_dict({name: state[f"weights.{name}"] for name in self.module.state_dict()})
        for name, tensor in self.momentum.items():
            tensor.copy_(state[f"momentum.{name}"])
        self.step, self.n_seen = state["at"].tolist()[:2]
        for parameter in self.module.parameters():
            parameter.grad = None

    @torch.inference_mode()
    def answers(self, chosen: Sequence[int] | NDArray[np.int64] | range) -> tuple[float, int, int]:
        """Of chosen held-out pictures the sum of their losses, how many are right, and how many they are."""
        self.module.eval()
        loss, right = 0.0, 0
        for first in range(0, len(chosen), _AT_ONCE):
            part = np.asarray(chosen[first : first + _AT_ONCE])
            labels = torch.from_numpy(self.data.test_labels[part])
            logits = self.module(self.scaled(self.data.test[part]))
            loss += float(loss_of(logits, labels)) * len(part)
            right += n_right(logits, labels)
        return loss, right, len(chosen)

    def scaled(self, pictures: NDArray[np.uint8]) -> torch.Tensor:
        """Pictures (N, C, H, W) uint8 as the network reads them."""
        return self.data.preparation.scaled(torch.from_numpy(pictures).float() / 255)

    def _batch(self) -> tuple[torch.Tensor, torch.Tensor]:
        """The pictures of the next step: all in random order, then all in another, whatever the batches are."""
        n_all = len(self.data.train)
        chosen: list[torch.Tensor] = []
        missing, at = min(self.settings.batch, n_all), self.n_seen
        while missing:
            epoch, first = divmod(at, n_all)
            part = self._order(epoch)[first : first + missing]
            chosen.append(part)
            missing, at = missing - len(part), at + len(part)
        indices = torch.cat(chosen).numpy()
        pictures = torch.from_numpy(self.data.train[indices]).float() / 255
        if self.settings.augment:
            pictures = augmented(pictures, self._generator(self.step, _AUGMENTATION))
        return self.data.preparation.scaled(pictures), torch.from_numpy(self.data.train_labels[indices])

    def _order(self, epoch: int) -> torch.Tensor:
        if epoch not in self._orders:
            order = torch.randperm(len(self.data.train), generator=self._generator(epoch, _ORDER))
            self._orders = {**{e: o for e, o in self._orders.items() if e == epoch - 1}, epoch: order}
        return self._orders[epoch]

    def _generator(self, number: int, what: int) -> torch.Generator:
        return torch.Generator().manual_seed(drawn(self.plan.seed, number, what))

    def _backward(self, pictures: torch.Tensor, labels: torch.Tensor) -> Taken:
        self.module.train()
        torch.default_generator.manual_seed(drawn(self.plan.seed, self.step, _DROPOUT))
        logits = self.module(pictures)
        loss = loss_of(logits, labels)
        for parameter in self.module.parameters():
            parameter.grad = None
        loss.backward()
        return Taken(float(loss.detach()), n_right(logits, labels), len(labels))

    @torch.no_grad()
    def _descend(self) -> None:
        how = self.settings
        for name, weight in self.module.named_parameters():
            if weight.grad is None:  # it has no part in the answer
                continue
            change = weight.grad.add(weight, alpha=how.weight_decay) if how.weight_decay else weight.grad
            speed = self.momentum[name].mul_(how.momentum).add_(change)
            weight.sub_(speed, alpha=how.learning_rate)

    def _weight(self, edit: Edit) -> torch.Tensor:
        weights = {name.removesuffix(".weight"): p for name, p in self.module.named_parameters() if p.ndim > 1}
        if edit.layer not in weights:
            raise BadOption(f"There is no layer '{edit.layer}' with weights. There are {', '.join(weights)}.")
        weight = weights[edit.layer]
        if len(edit.index) != weight.ndim or not all(0 <= i < n for i, n in zip(edit.index, weight.shape, strict=True)):
            raise BadOption(
                f"{edit.layer} has {' x '.join(map(str, weight.shape))} weights; there is none at {edit.index}."
            )
        return weight

    @torch.no_grad()
    def _edit(self, edit: Edit) -> None:
        if not abs(edit.value) <= 1e6:
            raise BadOption(f"A weight is a number from -1,000,000 to 1,000,000, not {edit.value!r}.")
        self._weight(edit)[edit.index] = edit.value


def drawn(seed: int, number: int, what: int) -> int:
    """A seed that follows from three numbers, and has no more to do with that of the next step."""
    return int(np.random.SeedSequence([seed, number, what]).generate_state(1, np.uint64)[0])


def loss_of(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Mean cross entropy of (N, K) logits, or of one logit for two classes."""
    if logits.shape[1] > 1:
        return F.cross_entropy(logits, labels)
    return F.binary_cross_entropy_with_logits(logits[:, 0], labels.to(logits.dtype))


def n_right(logits: torch.Tensor, labels: torch.Tensor) -> int:
    """How many of them answer as the labels say."""
    answers = logits.argmax(dim=1) if logits.shape[1] > 1 else logits[:, 0] > 0
    return int((answers == labels).sum())

"""What is seen of a network while it is trained: a frame of the film, worked out on the weights as they are."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from ..predictions import probabilities_of
from ..trace import FloatArray
from .film import Layout
from .training import Taken, Training

_MOST_KERNELS, _MOST_COLOURS, _MOST_MAPS = 32, 3, 16
_MOST_CELLS = 32_768  # of all maps of a frame: a film of large maps would have few frames
_ACTIVATIONS = (nn.ReLU, nn.Tanh, nn.Sigmoid)
_POOLINGS = (nn.MaxPool2d, nn.AvgPool2d, nn.AdaptiveAvgPool2d)
_IDLE = (nn.Flatten, nn.Dropout)
_NORMS = (nn.BatchNorm1d, nn.BatchNorm2d)
_SMALLEST = 1e-12  # a weight of nothing has not changed by infinitely much


@dataclass(frozen=True)
class Part:
    """A layer of a network, in the order in which it runs, and what it gives of one picture."""

    name: str
    module: nn.Module
    output: torch.Tensor

    @property
    def shape(self) -> tuple[int, ...]:
        """(C, H, W) or (n,)"""
        return tuple(self.output.shape[1:])

    @property
    def has_maps(self) -> bool:
        """Whether there is more than one cell."""
        return len(self.shape) == 3 and math.prod(self.shape[1:]) > 1


def parts_of(module: nn.Module, pictures: torch.Tensor) -> tuple[list[Part], torch.Tensor]:
    """What each layer gives, for networks that use each once, and the logits."""
    found: list[Part] = []
    hooks = [
        part.register_forward_hook(lambda part, _, output, name=name: found.append(Part(name, part, output)))
        for name, part in module.named_modules()
        if not any(part.children())
    ]
    module.eval()
    try:
        logits = module(pictures)
    finally:
        for hook in hooks:
            hook.remove()
    return found, logits


def first_maps(parts: Sequence[Part]) -> int | None:
    """Which layer gives the first maps that are learned: the activation behind the first weights."""
    first = _first_weighted(parts)
    if not parts[first].has_maps:
        return None
    behind = next((i for i in range(first + 1, len(parts)) if not isinstance(parts[i].module, _NORMS)), first)
    return behind if isinstance(parts[behind].module, _ACTIVATIONS) else first


def evidence_layer(parts: Sequence[Part]) -> int | None:
    """Where Grad-CAM is drawn, as everywhere in the program: at the last maps before a pooling that
    only shrinks them."""
    maps = [i for i, part in enumerate(parts) if part.has_maps and not isinstance(part.module, _IDLE)]
    return max((i for i in maps if not isinstance(parts[i].module, _POOLINGS)), default=max(maps, default=None))


def _first_weighted(parts: Sequence[Part]) -> int:
    return next(i for i, part in enumerate(parts) if isinstance(part.module, nn.Conv2d | nn.Linear))


class Tally:
    """What the steps since the last frame saw."""

    def __init__(self) -> None:
        self._loss, self._n_right, self.n = 0.0, 0, 0

    def add(self, taken: Taken) -> None:
        """Count a step."""
        self._loss, self._n_right, self.n = (
            self._loss + taken.loss * taken.n, self._n_right + taken.n_right, self.n + taken.n
        )  # fmt: skip

    @property
    def means(self) -> tuple[float, float]:
        """Loss of a picture, share of right answers."""
        return self._loss / self.n, self._n_right / self.n


class Looker:
    """Makes the frames of one training. Looking changes nothing that the training depends on."""

    def __init__(self, training: Training, n_looked_at: int) -> None:
        self.training = training
        data, watched = training.data, training.plan.watched
        self.target = int(data.test_labels[watched])
        self._watched = training.scaled(data.test[watched : watched + 1])
        self._sample = np.random.default_rng(training.plan.seed).permutation(len(data.test))[:n_looked_at]
        self._held_out = math.nan, math.nan, -1.0  # loss, share, at which step
        self.tally = Tally()
        parts, _ = parts_of(training.module, self._watched)
        self._maps, self._evidence = first_maps(parts), evidence_layer(parts)
        self._weights = {  # of the layers in order
            part.name: part.module.weight for part in parts if isinstance(part.module, nn.Conv2d | nn.Linear)
        }
        before = [part.shape for part in parts[: _first_weighted(parts)] if len(part.shape) == 3]
        self._reads = before[-1] if before else data.test.shape[1:]
        self.layout = self._layout(parts)

    def _layout(self, parts: Sequence[Part]) -> Layout:
        data, layers = self.training.data, tuple(self._weights)
        maps, evidence = (None if i is None else parts[i] for i in (self._maps, self._evidence))
        n_maps = 0 if maps is None else max(1, min(_MOST_MAPS, maps.shape[0], _MOST_CELLS // math.prod(maps.shape[1:])))
        one: tuple[int, ...] = ()
        return Layout(
            fields=(
                *((name, one) for name in ("step", "loss", "accuracy", "held_out_loss", "held_out", "held_out_step")),
                ("gradients", (len(layers),)), ("changes", (len(layers),)), ("kernels", self._kernels().shape),
                ("maps", (0,) if maps is None else (n_maps, *maps.shape[1:])),
                ("evidence", (0, 0) if evidence is None else evidence.shape[1:]),
                ("probabilities", (len(data.categories),)),
            ),
            layers=layers, kernels=layers[0], maps="" if maps is None else maps.name,
            evidence="" if evidence is None else evidence.name, edited=tuple(self._weights[layers[0]].shape),
            categories=data.categories, n_train=len(data.train), n_held_out=len(data.test),
            n_looked_at=len(self._sample), n_parameters=sum(p.numel() for p in self.training.module.parameters()),
            dropout=self.training.dropout,
        )  # fmt: skip

    def frame(self) -> bytes:
        """The frame of this step, and what the steps since the last one saw is told."""
        training = self.training
        if not self.tally.n:
            self.tally.add(training.look_ahead())  # nothing has been seen yet: what the next step will see
        loss, accuracy = self.tally.means
        self.tally = Tally()
        held_out_loss, held_out, held_out_step = self._held_out
        gradients, changes = self._speeds()
        maps, evidence, probabilities = self._seen()
        return self.layout.packed({
            "step": training.step, "loss": loss, "accuracy": accuracy, "held_out_loss": held_out_loss,
            "held_out": held_out, "held_out_step": held_out_step, "gradients": gradients, "changes": changes,
            "kernels": self._kernels(), "maps": maps, "evidence": evidence, "probabilities": probabilities,
        })  # fmt: skip

    def forget(self) -> None:
        """Count anew, and have no measurement of what was: the training has gone back."""
        self.tally, self._held_out = Tally(), (math.nan, math.nan, -1.0)

    def measure(self) -> None:
        """See how a part of the held-out pictures does; frames say it until it is measured again."""
        training = self.training
        loss, right, n = training.answers(self._sample)
        self._held_out = loss / n, right / n, float(training.step)

    def _kernels(self) -> FloatArray:
        """(C_out, C_in, kH, kW); of a dense layer what its units read of the picture, as (units, C, H, W)."""
        weight = next(iter(self._weights.values())).detach()
        if weight.ndim == 2:
            weight = weight.reshape(-1, *self._reads)
        return np.asarray(weight[:_MOST_KERNELS, :_MOST_COLOURS].numpy())

    def _speeds(self) -> tuple[FloatArray, FloatArray]:
        """Of each layer's weights the root mean square of the gradient, and that of the last change relative to
        theirs."""
        training = self.training
        gradients, changes = [], []
        for name, weight in self._weights.items():
            speed = training.momentum[f"{name}.weight"]
            gradients.append(0.0 if weight.grad is None else _rms(weight.grad))
            changes.append(training.settings.learning_rate * _rms(speed) / max(_rms(weight), _SMALLEST))
        return np.array(gradients, np.float32), np.array(changes, np.float32)

    def _seen(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Of the watched picture the first maps, the evidence for its class, and the probabilities of all classes.

        The evidence is Grad-CAM (Selvaraju et al. 2017, arXiv:1610.02391, eq. 1-2), in units of the logit."""
        parts, logits = parts_of(self.training.module, self._watched)
        n_maps = dict(self.layout.fields)["maps"][0]
        nothing = np.zeros((0, 0), np.float32)
        maps = nothing if self._maps is None else parts[self._maps].output[0, :n_maps].detach().numpy()
        probabilities = probabilities_of(logits[0].detach().numpy())
        if self._evidence is None:
            return maps, nothing, probabilities
        score = logits[0, self.target] if logits.shape[1] > 1 else logits[0, 0] * (1 if self.target else -1)
        activation = parts[self._evidence].output
        (gradient,) = torch.autograd.grad(score, activation)
        weights = gradient.mean(dim=(2, 3), keepdim=True)
        evidence = (weights * activation).sum(dim=1)[0].clamp(min=0)
        return maps, evidence.detach().numpy(), probabilities


def _rms(values: torch.Tensor) -> float:
    return float(values.detach().square().mean().sqrt())

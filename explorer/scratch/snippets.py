"""A training in the words of PyTorch and of Keras: whole scripts, from the pictures to the share of right answers."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from itertools import pairwise

from ..errors import BadData
from ..networks.blocks import Block, Shape, parse, shapes
from ..networks.digits import DigitPreparation
from ..networks.preparation import PhotoPreparation
from .augmentation import SHIFT, SIZE, TURN_DEGREES
from .data import find, preparation_of
from .presets import LINES, in_shape
from .settings import Plan

_WITHOUT_NUMBERS = {
    "relu": ("nn.ReLU()", "layers.ReLU()"),
    "tanh": ("nn.Tanh()", 'layers.Activation("tanh")'),
    "sigmoid": ("nn.Sigmoid()", 'layers.Activation("sigmoid")'),
    "flatten": ("nn.Flatten()", "layers.Flatten()"),
}


def in_pytorch(plan: Plan) -> str:
    """The script for PyTorch. Raises BadData where the blocks of the plan do not work."""
    row, given = _row(plan)
    rows: list[str] = []
    for block, (before, after) in zip(row, pairwise(given), strict=True):
        rows += _torch_lines(block, before, after)
    how = plan.settings
    decay = f", weight_decay={how.weight_decay:g}" * bool(how.weight_decay)
    augmented = "from explorer.scratch.augmentation import augmented\n" * how.augment
    batch = "augmented(pictures[batch], torch.default_generator)" if how.augment else "pictures[batch]"
    has_norm = any(block.kind == "norm" for block in row)
    skipped = "\n        if len(batch) == 1:  # a norm compares pictures\n            continue" * has_norm
    return f"""import math

import torch
from torch import nn
from torch.nn import functional as F

{augmented}from explorer.scratch.data import load

torch.manual_seed({plan.seed})
data = {_loaded(plan, given[0])}
pictures, labels = torch.from_numpy(data.train).float() / 255, torch.from_numpy(data.train_labels)
held_out, truth = torch.from_numpy(data.test).float() / 255, torch.from_numpy(data.test_labels)
scaled = data.preparation.scaled

model = nn.Sequential(  # {_commented(given[0])}
{_indented(rows)}
)
optimizer = torch.optim.SGD(model.parameters(), lr={how.learning_rate:g}, momentum={how.momentum:g}{decay})

for epoch in range(math.ceil({plan.n_steps} * {how.batch} / len(pictures))):
    model.train()
    for batch in torch.randperm(len(pictures)).split({how.batch}):{skipped}
        loss = F.cross_entropy(model(scaled({batch})), labels[batch])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    model.eval()
    with torch.inference_mode():
        right = (model(scaled(held_out)).argmax(1) == truth).float().mean()
    print(f"epoch {{epoch + 1}}: loss {{loss:.3f}}, {{right:.1%}} of the held-out pictures right")
"""


def in_keras(plan: Plan) -> str:
    """The same for Keras 3, which puts channels last and draws its first weights in another way. Raises BadData."""
    row, given = _row(plan)
    n_channels, *sides = given[0]
    rows = [f"keras.Input({(*sides, n_channels)}),"]
    rows += [f"{line},  # in training alone" for line in _keras_augmentation(n_channels)] * plan.settings.augment
    for block, after in zip(row, given[1:], strict=True):
        rows += _keras_lines(block, after)
    how = plan.settings
    decay = f", weight_decay={how.weight_decay:g}" * bool(how.weight_decay)
    beside = "# Keras takes the decay beside the momentum, PyTorch within it: they differ a little\n" * bool(decay)
    return f"""import math

import keras
import numpy as np
from keras import layers

from explorer.scratch.data import load

keras.utils.set_random_seed({plan.seed})
data = {_loaded(plan, given[0])}


def scaled(pictures):
    # (N, C, H, W) from 0 to 255 becomes (N, H, W, C): Keras has the channels last
    return ((np.moveaxis(pictures, 1, -1) / 255 - {_mean_and_std(given[0])}).astype("float32")


# Padding is written out: padding="same" would put more of it on one side where a stride is 2 or a window even.
# Flatten counts the channels of a place one after the other, PyTorch the places of a channel: weights that are carried
# over have to be put into the other order.
model = keras.Sequential([
{_indented(rows)}
])
{beside}model.compile(
    keras.optimizers.SGD({how.learning_rate:g}, momentum={how.momentum:g}{decay}),
    keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    metrics=["accuracy"],
)
model.fit(
    scaled(data.train), data.train_labels, batch_size={how.batch},
    epochs=math.ceil({plan.n_steps} * {how.batch} / len(data.train)),
    validation_data=(scaled(data.test), data.test_labels),
)
"""


def _row(plan: Plan) -> tuple[list[Block], list[Shape]]:
    """The blocks, what each reads, and what the last gives."""
    row, shape = list(parse(LINES.get(plan.network, plan.network))), in_shape(plan.network, plan.data)
    if (share := plan.settings.dropout) is not None:
        row = [Block("dropout", share=share) if block.kind == "dropout" else block for block in row]
    found, mistake = shapes(row, shape, len(find(plan.data).categories))
    if mistake is not None:
        raise BadData(mistake)
    return row, [shape, *found]


def _loaded(plan: Plan, shape: Shape) -> str:
    """The expression for the pictures."""
    more = f", n_train={plan.n_train}" * (plan.n_train is not None) + ", shifted=True" * plan.shifted
    return f"load({json.dumps(plan.data, ensure_ascii=False)}, {shape}{more})"


def _commented(shape: Shape) -> str:
    return f"({', '.join(map(str, shape))}{',' * (len(shape) == 1)})"


def _indented(rows: Sequence[str]) -> str:
    return "\n".join(f"    {row}" for row in rows)


def _torch_lines(block: Block, before: Shape, after: Shape) -> Iterator[str]:
    match block.kind:
        case "conv":
            more = f", stride={block.stride}" * (block.stride > 1) + f", padding={block.padding}" * (block.padding > 0)
            made = f"nn.Conv2d({before[0]}, {after[0]}, {block.window}{more})"
        case "max" | "average":
            kind = "MaxPool2d" if block.kind == "max" else "AvgPool2d"
            made = f"nn.{kind}({block.window}{f', stride={block.stride}' * (block.stride != block.window)})"
        case "norm":
            made = f"nn.BatchNorm{'2d' if len(before) == 3 else '1d'}({before[0]})"
        case "dropout":
            made = f"nn.Dropout({block.share:g})"
        case "global average":
            yield "nn.AdaptiveAvgPool2d(1),"
            made = "nn.Flatten()"
        case "dense":
            made = f"nn.Linear({before[0]}, {after[0]})"
        case kind:
            made = _WITHOUT_NUMBERS[kind][0]
    is_last = block.kind == "dense" and not block.units
    said = f"  # {_commented(after)}{': a logit for each class' * is_last}"
    yield f"{made},{said if after != before or is_last else ''}"


def _keras_lines(block: Block, after: Shape) -> Iterator[str]:
    strides = f", strides={block.stride}"
    match block.kind:
        case "conv":
            if block.padding:
                yield f"layers.ZeroPadding2D({block.padding}),"
            made = f"layers.Conv2D({after[0]}, {block.window}{strides * (block.stride > 1)})"
        case "max" | "average":
            kind = "MaxPooling2D" if block.kind == "max" else "AveragePooling2D"
            made = f"layers.{kind}({block.window}{strides * (block.stride != block.window)})"
        case "norm":
            made = "layers.BatchNormalization(momentum=0.9, epsilon=1e-5)"  # PyTorch's, in the terms of Keras
        case "dropout":
            made = f"layers.Dropout({block.share:g})"
        case "global average":
            made = "layers.GlobalAveragePooling2D()"
        case "dense":
            made = f"layers.Dense({after[0]})"
        case kind:
            made = _WITHOUT_NUMBERS[kind][1]
    yield f"{made},"


def _keras_augmentation(n_channels: int) -> Iterator[str]:
    """Layers that do what `augmented` does."""
    shift = SHIFT[n_channels]
    yield f'layers.RandomTranslation({shift:g}, {shift:g}, fill_mode="nearest")'
    if n_channels == 1:
        yield f'layers.RandomRotation({TURN_DEGREES / 360:.4g}, fill_mode="nearest")'
        yield f'layers.RandomZoom({SIZE:g}, fill_mode="nearest")'
    else:
        yield 'layers.RandomFlip("horizontal")'


def _mean_and_std(shape: Shape) -> str:
    """What follows the minus sign: the mean, and the division by the standard deviation."""
    how = preparation_of(shape)
    assert isinstance(how, DigitPreparation | PhotoPreparation)
    return f"{how.mean}) / {how.std}"

"""What each operation of a network is: its kind, its shape, what it reads, what it can see."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

import torch

from ..geometry import WHOLE, ReceptiveField, Window
from ..running.lock import work
from .arrangement import arrangement
from .graph import Graph
from .kinds import Kind, kind_named, kind_of
from .pooling import Pooling
from .windows import border_of, enlarges_evenly, field_of, window_of


@dataclass(frozen=True)
class Layer:
    """One operation of a network, for one picture.

    `shape` is (C, H, W), or (K,) where the maps have ended; a few operations that only rearrange have others.
    `inputs` are the layers it reads, none for one that reads the picture. `n_multiply_adds` are the products that it
    sums up: of a convolution C_out * H * W * (C_in / groups) * kH * kW, of a dense layer n_in for each number that it
    gives. All else counts as none, as in torch.utils.flop_counter, which counts each of them as two.
    """

    name: str
    kind: str
    shape: tuple[int, ...]
    inputs: tuple[str, ...]
    window: Window | None  # of a convolution or a pooling
    # of a padding: the rows above the maps and the columns left of them that it sets; less than 0 of a cropping
    border: tuple[int, int] | None
    pooling: Pooling | None  # of a layer that pools maps
    receptive_field: ReceptiveField
    n_parameters: int
    n_multiply_adds: int
    groups: int | None  # of a convolution: into how many parts the channels fall that never meet
    has_places: bool  # its rows and columns, if it has some, are those of the picture
    channels_last: bool  # the network itself keeps it as (H, W, C), as ConvNeXt does inside its blocks
    is_idle: bool  # it returns what it was given, as dropout does outside training
    has_gradient: bool  # it follows the picture smoothly, so that what comes of it has a slope there, if only of 0

    @property
    def traits(self) -> Kind:
        """What holds for every layer of its kind."""
        return kind_named(self.kind)

    @property
    def is_spatial(self) -> bool:
        """Whether it has maps: height, width, and more than one cell."""
        return self.has_places and len(self.shape) == 3 and self.shape[1] * self.shape[2] > 1

    @property
    def n_channels(self) -> int:
        """Number of maps; for a layer whose maps have ended, of numbers."""
        return self.shape[0] if len(self.shape) == 1 else math.prod(self.shape[:-2])

    @property
    def size(self) -> tuple[int, ...]:
        """Height and width, or nothing where the maps have ended."""
        return self.shape[1:] if len(self.shape) == 3 and self.has_places else ()

    def channels_first(self, values: torch.Tensor) -> torch.Tensor:
        """What the operation gave for a batch, (B, C, H, W) or (B, K): the same numbers with the channels before height
        and width."""
        return values.movedim(-1, 1) if self.channels_last else values

    def as_maps(self, values: torch.Tensor) -> torch.Tensor:
        """The same as maps, (B, C, H, W): numbers without a place count as maps of one cell."""
        values = self.channels_first(values)
        return values.reshape(len(values), self.n_channels, *(values.shape[-2:] if values.ndim > 2 else (1, 1)))

    @property
    def n_bytes(self) -> int:
        """Memory that its output takes, as float32."""
        return 4 * math.prod(self.shape)


def noise_of(n_channels: int, size: int) -> torch.Tensor:
    """(1, C, H, H): a picture of which nothing is known, always the same."""
    return torch.randn(1, n_channels, size, size, generator=torch.Generator().manual_seed(0))


def describe(
    graph: Graph, n_channels: int, size: int, device: torch.device, title: str
) -> tuple[dict[str, Layer], torch.Tensor]:
    """Every operation that makes one tensor of the picture, described from one pass over noise of its input size; and
    what the network gives for it.

    Raises TooLarge: `title` says what is being loaded.
    """
    noise = noise_of(n_channels, size)
    with work(f"Loading {title}"), torch.enable_grad():  # the pass knows where there are gradients; none is taken
        output, values = graph.run(noise.to(device, memory_format=torch.channels_last).requires_grad_())
    moved = {name for name, value in values.items() if isinstance(value, torch.Tensor) and value.requires_grad}
    # the way back goes now: among what is kept from here on it would leave holes
    values = {name: value.detach() if isinstance(value, torch.Tensor) else value for name, value in values.items()}
    output = output.detach()
    layers: dict[str, Layer] = {}
    passed: dict[str, tuple[tuple[str, ...], bool]] = {}  # what is no layer: what it reads, and whether it mixes places
    for name, value in values.items():
        sources = [(source,) if source in layers else passed[source][0] for source in graph.reads(name)]
        inputs = tuple(dict.fromkeys(source for found in sources for source in found))
        mixes = any(passed[source][1] for source in graph.reads(name) if source in passed)
        kind = kind_of(graph.operation(name))
        if name in graph.unseeing:
            passed[name] = (), False  # made of weights, for any picture of the size
            continue
        if not isinstance(value, torch.Tensor) or not value.ndim or len(value) != len(noise):
            passed[name] = inputs, mixes or kind.mixes_places
            continue  # a size, the pieces of a split: what reads it reads through it
        read = [layers[i] for i in inputs]
        picture = (n_channels, size, size)
        channels_last, has_places = arrangement(graph, name, kind, value.shape[1:], read, layers, picture)
        shape = tuple(value.shape[1:])
        shape = (shape[-1], *shape[:-1]) if channels_last else shape
        parameters = graph.parameters(name)
        if kind.is_weighted and "weight" not in parameters:  # its weights are worked out of the picture
            kind = kind_named("matrix product")
        window = window_of(graph, name, kind)
        border = border_of(graph, name, kind, shape, read[0].size if read else (size, size))
        seen = field_of(kind, window, border, shape if has_places else (), read, size)
        mixes = mixes or (kind.name == "upsampling" and not enlarges_evenly(graph, name))
        layers[name] = Layer(
            name=name,
            kind=kind.name,
            shape=shape,
            inputs=inputs,
            window=window,
            border=border,
            pooling=_pooling(graph, name, kind, window, shape, read, size),
            receptive_field=WHOLE if mixes else seen,
            n_parameters=graph.n_parameters(name),
            n_multiply_adds=value.numel() * parameters["weight"].shape[1:].numel() if kind.is_weighted else 0,
            groups=graph.setting(name, 6, "groups") if kind.name == "convolution" else None,
            has_places=has_places,
            channels_last=channels_last,
            is_idle=kind.may_pass_on and any(torch.equal(value, cast(torch.Tensor, values[i])) for i in inputs),
            has_gradient=name in moved,
        )
    return layers, output


def _pooling(
    graph: Graph, name: str, kind: Kind, window: Window | None, shape: tuple[int, ...], read: Sequence[Layer], size: int
) -> Pooling | None:
    """How a layer pools maps, if that is what it does."""
    before = read[0].shape if read else (0, size, size)
    is_of_maps = len(before) == 3 and len(shape) in (1, 3) and not any(layer.channels_last for layer in read)
    if kind.pooling is None or not is_of_maps:
        return None
    is_average, has_window, setting = kind.pooling == "average", window is not None, graph.setting
    after = shape[1:] or (1, 1)
    return Pooling(
        layer=name,
        rule=kind.pooling,
        source=read[0].name if read else None,
        n_channels=shape[0],
        before=(before[1], before[2]),
        after=(after[0], after[1]),
        window=window,
        is_ceil=has_window and bool(setting(name, 4 if is_average else 5, "ceil_mode")),
        counts_padding=not (is_average and has_window) or setting(name, 5, "count_include_pad") is not False,
        divisor=setting(name, 6, "divisor_override") if is_average and has_window else None,
    )


def counted_before(layers: Mapping[str, Layer], name: str) -> str | None:
    """The layer whose channels are a layer's inputs, by their numbers: idle ones in between only pass them on. None
    where it reads the picture."""
    inputs = layers[name].inputs
    while inputs and layers[inputs[0]].is_idle:
        inputs = layers[inputs[0]].inputs
    return inputs[0] if inputs else None


def meant(names: Collection[str]) -> dict[str, str]:
    """The layer that each name means: of a layer itself, of a block, such as `layer4`, its last one."""
    found: dict[str, str] = {}
    for name in names:
        parts = name.split(".")
        found.update((".".join(parts[:n]), name) for n in range(1, len(parts)))
    return {**found, **{name: name for name in names}}

"""Networks as a row of blocks, written in one line: `conv 6 5, tanh, average 2, flatten, dense 84, tanh, dense`.

The line is what a link and a file of weights carry. It is read as data: every number in it has its bounds, and what is
built from it are torch's own modules in a row.
"""

from __future__ import annotations

import math
import re
from collections import Counter, OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from types import MappingProxyType

from torch import nn

from ..errors import BadData, nearest
from ..geometry import Axis
from ..wording import by, plural, quoted

Shape = tuple[int, ...]  # (C, H, W) of maps, (n,) of numbers

MOST_BLOCKS = 40
MOST_WEIGHTS = 2_000_000  # the first tutorial's network has 1.6 million
MOST_SUMS = 60_000_000  # multiplications for one picture: what two cores train in front of people
MOST_VALUES = 1_000_000  # that all blocks make of one picture, and training keeps for every picture of a batch
_LONGEST = 2000  # characters of a line: forty blocks have 800


@dataclass(frozen=True)
class Block:
    """One block. What its kind has no use for is 0; a last dense block has no number of units of its own either."""

    kind: str
    units: int = 0  # of a dense block; channels of a convolution
    window: int = 0  # side, in cells
    stride: int = 0  # cells
    padding: int = 0  # cells at each side
    share: float = 0.0  # of the values that dropout leaves out


@dataclass(frozen=True)
class _Slot:
    """A number of a block: its bounds, what it is unless it is written, and the word before it."""

    field: str
    title: str
    least: float
    most: float
    usual: float | None = None
    word: str = ""


_WINDOW = _Slot("window", "WINDOW", 1, 15)
_POOLING = (_WINDOW, _Slot("stride", "STRIDE", 1, 15, 0, "stride"))  # 0: as wide as the window
_SLOTS: Mapping[str, tuple[_Slot, ...]] = MappingProxyType({
    "conv": (
        _Slot("units", "CHANNELS", 1, 256), _WINDOW, _Slot("stride", "STRIDE", 1, 8, 1, "stride"),
        _Slot("padding", "PADDING", 0, 7, 0, "padding"),
    ),
    "max": _POOLING,
    "average": _POOLING,
    **dict.fromkeys(("norm", "relu", "tanh", "sigmoid"), ()),
    "dropout": (_Slot("share", "SHARE", 0.01, 0.95),),
    "flatten": (),
    "global average": (),
    "dense": (_Slot("units", "UNITS", 1, 1024, 0),),
})  # fmt: skip
KINDS = tuple(_SLOTS)
_POOLS = ("max", "average")
_OF_MAPS = ("conv", "max", "average", "flatten", "global average")  # what reads maps alone
_NAMES = {"max": "pool", "average": "pool", "global average": "average"}  # of modules, where they are called otherwise
_SUCH_AS = "Write them in one line, such as: conv 8 3, relu, max 2, flatten, dense."


def parse(line: str) -> tuple[Block, ...]:
    """The blocks of a line. Raises BadData, which names the block and its place."""
    if len(line) > _LONGEST:
        raise BadData(f"The line of blocks has {len(line):,} characters; {_LONGEST:,} is the most. Take fewer blocks.")
    items = [" ".join(item.lower().split()) for item in line.split(",")]
    if items == [""]:
        raise BadData(f"There are no blocks. {_SUCH_AS}")
    if len(items) > MOST_BLOCKS:
        raise BadData(f"There are {len(items)} blocks; {MOST_BLOCKS} is the most. Take fewer.")
    return tuple(_block(item, place) for place, item in enumerate(items, 1))


def text(blocks: Sequence[Block]) -> str:
    """The line that gives these blocks."""
    return ", ".join(map(_written, blocks))


def shapes(blocks: Sequence[Block], in_shape: Shape, n_classes: int) -> tuple[tuple[Shape, ...], str | None]:
    """What each block gives, as far as the row works, and a sentence that says why it does not work further.

    `in_shape` is (C, H, W); the last dense block gives one logit for each of `n_classes`.
    """
    found: list[Shape] = []
    before = in_shape
    for place, block in enumerate(blocks, 1):
        mistake = _mistake(block, place, before, is_last=place == len(blocks))
        if mistake is not None:
            return tuple(found), mistake
        before = _after(block, before, n_classes)
        found.append(before)
    if not blocks or blocks[-1].kind != "dense":
        last = f"The last block is {quoted(_written(blocks[-1]))}" if blocks else "There are no blocks"
        return tuple(found), f"{last}. Let the row end in 'dense' without a number: it gives a number for each class."
    return tuple(found), _too_much(blocks, [in_shape, *found])


def n_weights(blocks: Sequence[Block], in_shape: Shape, n_classes: int) -> int:
    """How many numbers are learned. Raises BadData where the row does not work."""
    given = [in_shape, *_checked(blocks, in_shape, n_classes)]
    return sum(_weights(block, *pair) for block, pair in zip(blocks, pairwise(given), strict=True))


def build(blocks: Sequence[Block], in_shape: Shape, n_classes: int) -> nn.Sequential:
    """The network, with weights that torch draws as it usually does: it reads (N, C, H, W) and gives logits (N, K).

    Its modules are called after their kind and counted: conv1, relu1, pool1, conv2 … Raises BadData where the row does
    not work.
    """
    given = [in_shape, *_checked(blocks, in_shape, n_classes)]
    made: OrderedDict[str, nn.Module] = OrderedDict()
    for (name, block), (before, after) in zip(named(blocks), pairwise(given), strict=True):
        made[name] = _module(block, before, after)
        if block.kind == "global average":  # of which torch keeps the one place that is left
            made[name.replace("average", "squeeze")] = nn.Flatten()
    return nn.Sequential(made)


def named(blocks: Sequence[Block]) -> Iterator[tuple[str, Block]]:
    """Each block with the name of its module."""
    seen: Counter[str] = Counter()
    for block in blocks:
        name = _NAMES.get(block.kind, block.kind)
        seen[name] += 1
        yield f"{name}{seen[name]}", block


def _checked(blocks: Sequence[Block], in_shape: Shape, n_classes: int) -> tuple[Shape, ...]:
    found, mistake = shapes(blocks, in_shape, n_classes)
    if mistake is not None:
        raise BadData(mistake)
    return found


def _block(item: str, place: int) -> Block:
    """What one part of the line says."""
    kind = next((kind for kind in KINDS if item == kind or item.startswith(f"{kind} ")), None)
    if kind is None:
        what = f"Block {place}, {quoted(item)}, is no kind of block." if item else f"Block {place} is empty."
        raise BadData(f"{what}{nearest(item.split(' ')[0], KINDS) if item else ''} There are {', '.join(KINDS)}.")
    found = _pattern(kind).fullmatch(item)
    if found is None:
        raise BadData(f"Block {place}, {quoted(item)}, is not written as such a block is: {form(kind)}.")
    said = {slot.field: _number(found[slot.field], slot, item, place) for slot in _SLOTS[kind]}
    if kind in _POOLS and not said["stride"]:
        said["stride"] = said["window"]
    return Block(kind, share=said.pop("share", 0.0), **{name: int(value) for name, value in said.items()})


def form(kind: str) -> str:
    """How a block of that kind is written; what stands in brackets may be left out."""
    parts = (f"{slot.word} {slot.title}".lstrip() for slot in _SLOTS[kind])
    return " ".join([kind, *(p if s.usual is None else f"[{p}]" for s, p in zip(_SLOTS[kind], parts, strict=True))])


def _pattern(kind: str) -> re.Pattern[str]:
    parts = ((slot, f" {slot.word}".rstrip() + rf" (?P<{slot.field}>\S+)") for slot in _SLOTS[kind])
    return re.compile(kind + "".join(part if slot.usual is None else f"(?:{part})?" for slot, part in parts))


def _number(written: str | None, slot: _Slot, item: str, place: int) -> float:
    """A number within its bounds: a whole one, except for shares."""
    if written is None:
        assert slot.usual is not None  # or the pattern would not have matched
        return slot.usual
    is_share = slot.field == "share"
    looks_right = re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9})?" if is_share else r"[0-9]{1,9}", written)
    if looks_right is None or not slot.least <= float(written) <= slot.most:
        raise BadData(
            f"Block {place}, {quoted(item)}: in {form(item.split(' ')[0])}, {slot.title} is a "
            f"{'number' if is_share else 'whole number'} from {slot.least:g} to {slot.most:g}, not {quoted(written)}."
        )
    return float(written)


def _written(block: Block) -> str:
    """The part of a line that gives this block; what is as usual is left out."""
    usual = {slot.field: slot.usual for slot in _SLOTS[block.kind]}
    if block.kind in _POOLS:
        usual["stride"] = block.window
    parts = [
        f"{slot.word} {getattr(block, slot.field):g}".lstrip()
        for slot in _SLOTS[block.kind]
        if getattr(block, slot.field) != usual[slot.field]
    ]
    return " ".join([block.kind, *parts])


def _mistake(block: Block, place: int, before: Shape, is_last: bool) -> str | None:
    """Why a block cannot stand where it stands."""
    said = f"Block {place}, {quoted(_written(block))},"
    if block.kind in _OF_MAPS and len(before) == 1:
        return f"{said} reads maps, and before it the maps have become {before[0]:,} numbers. Put it further up."
    if block.kind == "dense" and len(before) == 3:
        return f"{said} reads numbers, and before it are {_maps(before)}. Put 'flatten' or 'global average' before it."
    if block.kind == "dense" and not block.units and not is_last:
        return f"{said} stands without a number in the middle of the row. Say how many units it has: dense 64."
    if block.kind == "dense" and block.units and is_last:
        return f"{said} is the last block. Leave out its number there: it gives a number for each class."
    if block.window and min(_slid(block, before)) < 1:
        return (
            f"{said} finds no place: before it are {_maps(before)}, and its window is {by((block.window,) * 2)}. Take "
            "a smaller window, or fewer blocks before it that make the maps smaller."
        )
    return None


def _maps(shape: Shape) -> str:
    return f"{plural(shape[0], 'map')} of {by(shape[1:])}"


def _slid(block: Block, shape: Shape) -> tuple[int, ...]:
    """At how many places its window stands, down and across."""
    return tuple(Axis(n, block.window, block.stride, block.padding, 1).n_out for n in shape[1:])


def _after(block: Block, before: Shape, n_classes: int) -> Shape:
    """What a block gives of what it can read."""
    match block.kind:
        case "conv":
            return block.units, *_slid(block, before)
        case "max" | "average":
            return before[0], *_slid(block, before)
        case "flatten":
            return (math.prod(before),)
        case "global average":
            return before[:1]
        case "dense":
            return (block.units or n_classes,)
    return before


def _weights(block: Block, before: Shape, after: Shape) -> int:
    match block.kind:
        case "conv":
            return (before[0] * block.window**2 + 1) * after[0]
        case "dense":
            return (before[0] + 1) * after[0]
        case "norm":
            return 2 * before[0]
    return 0


def _too_much(blocks: Sequence[Block], given: Sequence[Shape]) -> str | None:
    """Why a row that works would take too long or too much memory here."""
    n_of_each = [_weights(block, *pair) for block, pair in zip(blocks, pairwise(given), strict=True)]
    most = _written(blocks[n_of_each.index(max(n_of_each))])
    if sum(n_of_each) > MOST_WEIGHTS:
        return (
            f"The blocks have {sum(n_of_each):,} weights; {MOST_WEIGHTS:,} is the most. {quoted(most)} has most of "
            "them: take fewer units there, or smaller maps before it."
        )
    n_sums = sum(n * math.prod(after[1:]) for n, after in zip(n_of_each, given[1:], strict=True))
    if n_sums > MOST_SUMS:
        return (
            f"The blocks multiply {n_sums:,} times for one picture; {MOST_SUMS:,} is the most. Take fewer channels, or "
            "pool earlier."
        )
    n_values = sum(map(math.prod, given[1:]))
    if n_values > MOST_VALUES:
        return (
            f"The blocks make {n_values:,} numbers of one picture; {MOST_VALUES:,} is the most. Take fewer channels, "
            "or pool earlier."
        )
    return None


def _module(block: Block, before: Shape, after: Shape) -> nn.Module:
    match block.kind:
        case "conv":
            return nn.Conv2d(before[0], after[0], block.window, block.stride, block.padding)
        case "max":
            return nn.MaxPool2d(block.window, block.stride)
        case "average":
            return nn.AvgPool2d(block.window, block.stride)
        case "norm":
            return nn.BatchNorm2d(before[0]) if len(before) == 3 else nn.BatchNorm1d(before[0])
        case "dropout":
            return nn.Dropout(block.share)
        case "global average":
            return nn.AdaptiveAvgPool2d(1)
        case "dense":
            return nn.Linear(before[0], after[0])
    return {"relu": nn.ReLU, "tanh": nn.Tanh, "sigmoid": nn.Sigmoid, "flatten": nn.Flatten}[block.kind]()

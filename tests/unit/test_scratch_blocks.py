"""Rows of blocks: as a line, as shapes, as a network; what is refused and how that is said."""

from __future__ import annotations

import random
import re

import pytest
import torch
from torch import nn

from explorer.errors import BadData
from explorer.loading.builtin import ARCHITECTURES
from explorer.networks import blocks
from explorer.networks.blocks import KINDS, MOST_BLOCKS, Block, build, form, n_weights, parse, shapes, text
from explorer.scratch.presets import LINES, in_shape, module_of

ALL = (
    "conv 6 5 stride 2 padding 1, norm, relu, conv 7 3, tanh, max 3 stride 2, sigmoid, average 2, dropout 0.25, "
    "flatten, dense 20, norm, tanh, dense"
)
IN = (3, 40, 40)


def drawn(rng: random.Random) -> list[Block]:
    """Any row that can be read: most do not work."""
    row = []
    for _ in range(rng.randint(1, 12)):
        kind = rng.choice(KINDS)
        window = rng.randint(1, 6) if kind in ("conv", "max", "average") else 0
        row.append(Block(
            kind,
            units=rng.randint(1, 9) if kind == "conv" else rng.choice([0, 5, 12]) if kind == "dense" else 0,
            window=window,
            stride=rng.randint(1, 3) if window else 0,
            padding=rng.randint(0, 2) if kind == "conv" else 0,
            share=rng.choice([0.01, 0.5, 0.125]) if kind == "dropout" else 0.0,
        ))  # fmt: skip
    return row


def test_a_line_and_its_blocks_are_the_same_both_ways() -> None:
    rng = random.Random(0)
    for _ in range(300):
        row = tuple(drawn(rng))
        assert parse(text(row)) == row
    assert text(parse(ALL)) == ALL
    assert text(parse("  CONV 6   5,ReLU,max 2 stride 2 , flatten,dense")) == "conv 6 5, relu, max 2, flatten, dense"


def test_shapes_are_those_that_torch_gives_block_by_block() -> None:
    found, mistake = shapes(parse(ALL), IN, 4)
    assert mistake is None
    x, module, given = torch.zeros(2, *IN), build(parse(ALL), IN, 4), []
    for part in module:
        x = part(x)
        given.append(tuple(x.shape[1:]))
    assert given == [*found]


def test_whatever_row_is_drawn_either_runs_with_its_shapes_or_is_refused_with_a_sentence() -> None:
    rng, worked = random.Random(1), 0
    for _ in range(400):
        row = [*drawn(rng)]
        if rng.random() < 0.7:
            row += [Block("flatten"), Block("dense")]
        found, mistake = shapes(row, (3, 16, 16), 3)
        if mistake is not None:
            assert mistake.endswith(".")
            assert len(found) <= len(row)
            with pytest.raises(BadData, match=re.escape(mistake)):
                build(row, (3, 16, 16), 3)
            continue
        worked += 1
        assert build(row, (3, 16, 16), 3).eval()(torch.zeros(2, 3, 16, 16)).shape == (2, 3)
        assert len(found) == len(row)
    assert worked > 20


def test_modules_are_called_after_their_kind_and_counted() -> None:
    names = [*dict(build(parse(ALL), IN, 4).named_children())]
    assert names == [
        "conv1", "norm1", "relu1", "conv2", "tanh1", "pool1", "sigmoid1", "pool2", "dropout1", "flatten1", "dense1",
        "norm2", "tanh2", "dense2",
    ]  # fmt: skip
    assert [*dict(build(parse("conv 3 3, global average, dense"), IN, 2).named_children())] == [
        "conv1", "average1", "squeeze1", "dense1",
    ]  # fmt: skip


def test_weights_are_counted_as_torch_has_them() -> None:
    module = build(parse(ALL), IN, 4)
    assert n_weights(parse(ALL), IN, 4) == sum(p.numel() for p in module.parameters())


def test_the_same_seed_draws_the_same_weights() -> None:
    torch.manual_seed(5)
    first = build(parse(ALL), IN, 4).state_dict()
    torch.manual_seed(5)
    second = build(parse(ALL), IN, 4).state_dict()
    assert all(torch.equal(first[key], second[key]) for key in first)


@pytest.mark.parametrize("name", LINES)
def test_a_preset_is_the_project_s_own_and_what_its_line_says(name: str) -> None:
    shape = in_shape(name, "shapes")
    preset = module_of(name, shape, 3)
    assert type(preset) is ARCHITECTURES[name]
    as_blocks = build(parse(LINES[name]), shape, 3)
    own = [tuple(p.shape) for p in preset.parameters()]
    same = [p.reshape(s) for p, s in zip(as_blocks.parameters(), own, strict=True)]
    preset.load_state_dict(dict(zip(preset.state_dict(), same, strict=True)))
    x = torch.randn(2, *shape, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        assert torch.equal(preset.eval()(x), as_blocks.eval()(x))


def test_what_is_not_built_of_presets_reads_what_the_data_set_offers() -> None:
    assert in_shape("flatten, dense", "digits") == (1, 32, 32)
    assert in_shape("flatten, dense", "parts") == (3, 64, 64)
    assert isinstance(module_of("flatten, dense", (1, 32, 32), 4)[1], nn.Linear)  # type: ignore[index]


CONV = "conv CHANNELS WINDOW [stride STRIDE] [padding PADDING]"


@pytest.mark.parametrize(("line", "said"), [
    ("", "There are no blocks. Write them in one line, such as: conv 8 3, relu, max 2, flatten, dense."),
    ("   ", "There are no blocks. Write them in one line"),
    ("relu, , dense", "Block 2 is empty. There are conv, max"),
    ("relu, con 3 3", "Block 2, 'con 3 3', is no kind of block. Nearest: 'conv'. There are conv, max, average, norm,"),
    ("convs 3 3", "Block 1, 'convs 3 3', is no kind of block. Nearest: 'conv'."),
    ("conv 3", f"Block 1, 'conv 3', is not written as such a block is: {CONV}."),
    ("conv 3 3 3", f"Block 1, 'conv 3 3 3', is not written as such a block is: {CONV}."),
    ("relu 4", "Block 1, 'relu 4', is not written as such a block is: relu."),
    ("conv 0 3", f"Block 1, 'conv 0 3': in {CONV}, CHANNELS is a whole number from 1 to 256, not '0'."),
    ("conv -4 3", "CHANNELS is a whole number from 1 to 256, not '-4'."),
    ("conv 4 2.5", "WINDOW is a whole number from 1 to 15, not '2.5'."),
    ("conv 4 99999999999999999999", "WINDOW is a whole number from 1 to 15, not '99999999999999999999'."),
    ("conv 4 ３", "WINDOW is a whole number from 1 to 15, not '３'."),  # a digit to int(), too
    ("max 2 stride 0", "Block 1, 'max 2 stride 0': in max WINDOW [stride STRIDE], STRIDE is a whole number from 1 to"),
    ("dropout 1", "Block 1, 'dropout 1': in dropout SHARE, SHARE is a number from 0.01 to 0.95, not '1'."),
    ("dropout nan", "SHARE is a number from 0.01 to 0.95, not 'nan'."),
    ("dense 1e9", "Block 1, 'dense 1e9': in dense [UNITS], UNITS is a whole number from 1 to 1024, not '1e9'."),
    (", ".join(["relu"] * 200), f"There are 200 blocks; {MOST_BLOCKS} is the most. Take fewer."),
    ("x" * 100_000, "The line of blocks has 100,000 characters; 2,000 is the most. Take fewer blocks."),
])  # fmt: skip
def test_a_line_that_cannot_be_read_is_refused_by_name_and_place(line: str, said: str) -> None:
    with pytest.raises(BadData, match=re.escape(said)):
        parse(line)


@pytest.mark.parametrize(("line", "n_works", "said"), [
    ("relu, dense", 1, "Block 2, 'dense', reads numbers, and before it are 3 maps of 40 × 40. Put 'flatten' or"),
    ("flatten, conv 4 3, dense", 1, "Block 2, 'conv 4 3', reads maps, and before it the maps have become 4,800"),
    ("flatten, flatten, dense", 1, "Block 2, 'flatten', reads maps"),
    ("conv 4 9, max 15, max 3, flatten, dense", 2,
     "Block 3, 'max 3', finds no place: before it are 4 maps of 2 × 2, and its window is 3 × 3. Take a smaller"),
    ("flatten, dense, relu, dense", 1, "Block 2, 'dense', stands without a number in the middle of the row."),
    ("flatten, dense 4", 1, "Block 2, 'dense 4', is the last block. Leave out its number there"),
    ("conv 4 3, relu", 2, "The last block is 'relu'. Let the row end in 'dense' without a number"),
])  # fmt: skip
def test_a_row_that_does_not_work_says_where_and_what_works_until_there(line: str, n_works: int, said: str) -> None:
    found, mistake = shapes(parse(line), IN, 4)
    assert mistake is not None
    assert said in mistake
    assert len(found) == n_works


def test_no_row_at_all_is_a_mistake() -> None:
    assert shapes((), IN, 4) == ((), "There are no blocks. Let the row end in 'dense' without a number: it gives a "
                                     "number for each class.")  # fmt: skip


def test_a_small_line_asks_for_no_memory_before_it_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*args: object) -> nn.Module:
        raise AssertionError("built")

    monkeypatch.setattr(blocks, "_module", never)
    with pytest.raises(BadData, match="2,000,000 is the most"):
        build(parse("flatten, dense 1024, dense 1024, dense"), (3, 64, 64), 10)


@pytest.mark.parametrize(("bound", "said"), [
    ("MOST_WEIGHTS", "The blocks have {:,} weights; 9 is the most. 'conv 7 3' has most of them: take fewer units"),
    ("MOST_SUMS", "The blocks multiply {:,} times for one picture; 9 is the most. Take fewer channels"),
    ("MOST_VALUES", "The blocks make {:,} numbers of one picture; 9 is the most. Take fewer channels"),
])  # fmt: skip
def test_what_is_too_much_is_counted_as_a_pass_counts_it(
    bound: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = "conv 3 3 stride 2, relu, conv 7 3, flatten, dense"
    module, x, counts = build(parse(line), (2, 9, 9), 2), torch.zeros(1, 2, 9, 9), dict.fromkeys(BOUNDS, 0)
    for part in module:
        x = part(x)
        n = sum(p.numel() for p in part.parameters())
        counts["MOST_WEIGHTS"] += n
        counts["MOST_SUMS"] += n * (x.shape[2] * x.shape[3] if x.ndim == 4 else 1)  # each weight at each place
        counts["MOST_VALUES"] += x.numel()
    monkeypatch.setattr(blocks, bound, 9)
    found, mistake = shapes(parse(line), (2, 9, 9), 2)
    assert mistake is not None
    assert said.format(counts[bound]) in mistake
    assert len(found) == len(module)


BOUNDS = ("MOST_WEIGHTS", "MOST_SUMS", "MOST_VALUES")


def test_every_kind_says_how_it_is_written() -> None:
    assert form("conv") == CONV
    assert form("dense") == "dense [UNITS]"
    assert [form(kind).split(" ")[0] for kind in KINDS] == [kind.split(" ")[0] for kind in KINDS]

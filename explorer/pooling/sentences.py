"""What is said about pooling layers, in plain sentences; and what is asked."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from ..networks.network import Network
from ..networks.pooling import Pooling
from ..questions import Question
from ..trace import FloatArray, Trace
from ..wording import by, count, megabytes, number, percent, plural
from .exchange import AS_IT_IS, ShiftTest, Swap
from .kinds import output_size
from .opened import OpenedPooling
from .winners import Retention

# The three paragraphs


def what_sentence(pooling: Pooling) -> str:
    """What the layer makes of which windows."""
    source, takes = pooling.source or "the picture", "the largest value" if pooling.rule == "max" else "the mean"
    window = pooling.regular
    if window is None:
        return (
            f"{pooling.layer} cuts each map of {source}, {by(pooling.before)} cells, into {by(pooling.after)} windows "
            f"of several sizes, and takes {takes} of each."
        )
    if window.kernel == (1, 1):
        return (
            f"{pooling.layer} would shrink any map to {by(pooling.after)} cells. The maps of {source} have this size "
            "already: each window holds one cell, and the layer gives what it was given."
        )
    if pooling.is_global:
        return (
            f"{pooling.layer} turns each of the {pooling.n_channels} maps of {source} ({by(pooling.before)} cells) "
            f"into one number: {takes}. Where something was is forgotten; how much of it there was stays."
        )
    text = (
        f"{pooling.layer} takes {takes} of each {by(window.kernel)} window of {source}, {_stride(window.stride)}: from "
        f"{by(pooling.before)} cells to {by(pooling.after)}."
    )
    if overlap := _overlap(pooling):
        text += f" Neighbouring windows overlap by {overlap}"
        text += ", so that one strong value can win several of them." if pooling.rule == "max" else "."
    if any(window.padding):
        counts = "counts as 0" if pooling.counts_padding else "does not count"
        text += f" At the edges, a padding of {by(window.padding)} {'never wins' if pooling.rule == 'max' else counts}."
    return text + _remainder(pooling)


def _stride(stride: tuple[int, int]) -> str:
    if stride[0] != stride[1]:
        return f"{stride[0]} rows and {stride[1]} columns further each time"
    return f"{stride[0]} cell{'s' if stride[0] > 1 else ''} further each time"


def _overlap(pooling: Pooling) -> str:
    """How many rows and columns two windows share that lie one behind the other; "" where none."""
    rows, columns = (len({*pooling.cells(axis, 0)} & {*pooling.cells(axis, 1)}) for axis in (0, 1))
    if rows == columns:
        return plural(rows, "cell") if rows else ""
    return " and ".join(plural(n, what) for n, what in ((rows, "row"), (columns, "column")) if n)


def _remainder(pooling: Pooling) -> str:
    """What the rounding of the output's size does at the far edges."""
    behind = [n - pooling.cells(axis, m - 1)[-1] - 1 for axis, (n, m) in enumerate(_sizes(pooling))]
    if max(behind) > 0:
        lost = [f"{n} {what}{'s' if n > 1 else ''}" for n, what in zip(behind, ("row", "column"), strict=True) if n > 0]
        does = "fits into no window and is" if sum(max(0, n) for n in behind) == 1 else "fit into no window and are"
        return f" The last {' and '.join(lost)} {does} never read."
    padding = pooling.window.padding if pooling.window is not None else (0, 0)
    if pooling.is_ceil and any(-n > p for n, p in zip(behind, padding, strict=True)):
        return " The size is rounded up: the last windows reach over the edge, and hold only what is there."
    return ""


def _sizes(pooling: Pooling) -> list[tuple[int, int]]:
    return list(zip(pooling.before, pooling.after, strict=True))


def retention_sentence(pooling: Pooling, found: Retention) -> str:
    """What is thrown away on this picture."""
    if math.isnan(found.share_of_energy):
        return "On this picture the layer reads nothing but zeros, so there is nothing to throw away."
    if found.share_of_values is not None:
        text = (
            f"On this picture {round(found.share_of_values * found.n_before):,} of {found.n_before:,} values "
            f"({percent(found.share_of_values)}) reach the output, and with them {percent(found.share_of_energy)} of "
            "the energy, which is the sum of all squares."
        )
        if found.share_flat > 0:
            text += f" In {percent(found.share_flat)} of the windows all values are the same: there, none really wins."
        return text
    if pooling.regular is not None and pooling.regular.kernel == (1, 1):
        return "Nothing is thrown away."
    moves = "falls" if found.share_of_energy < 1 else "rises" if found.share_of_energy > 1 else "comes"
    return (
        f"On this picture all {found.n_before:,} values take part, but only means are left: the mean square {moves} to "
        f"{percent(found.share_of_energy)} of what it was. What is lost is how the values inside a window differ."
    )


def cost_sentence(found: Retention) -> str:
    """What is saved: memory, and the products of the next layer."""
    if found.n_before <= found.n_after:
        return "It keeps the size of the maps, so neither memory nor work is saved."
    before, after = found.n_bytes
    text = (
        f"The output takes {megabytes(after)} instead of {megabytes(before)}, at four bytes a number: by a factor of "
        f"{before / after:.3g} less."
    )
    own, unpooled = found.multiply_adds
    if found.follower is None or own == unpooled:
        return text
    return text + (
        f" Behind it, {found.follower} sums up {count(own)} products for this picture. On the maps before the pooling, "
        f"everything else being the same, it would be {count(unpooled)}, {unpooled / own:.3g} times as many. Only the "
        "products of this one layer are counted."
    )


# One window


def opened_sentence(opened: OpenedPooling) -> str:
    """How one output value came about."""
    source = opened.pooling.source or "the picture"
    inside = opened.values[~opened.is_padding]
    n_padding = opened.values.size - inside.size
    besides = f" ({n_padding} more lie in the padding)" if n_padding else ""
    if opened.winner is not None:
        n_equal = int((inside == opened.values.max()).sum())
        first = f", the first of {n_equal} that are equal" if n_equal > 1 else ""
        text = (
            f"Of {plural(inside.size, 'value')} of {source}{besides}, the largest is {number(opened.value)}, found at "
            f"y {opened.winner[0]}, x {opened.winner[1]}{first}."
        )
    else:
        total = float(inside.sum(dtype=np.float64))
        text = (
            f"{plural(inside.size, 'value')} of {source}{besides}: their sum is {number(total)}, divided by "
            f"{opened.divisor} it is {number(opened.value)}."
        )
    return f"{text} {compared(opened)}"


def compared(opened: OpenedPooling) -> str:
    """Whether the pass recorded the same."""
    if opened.agrees:
        return f"✓ The pass recorded {number(opened.recorded)}."
    return f"✗ The pass recorded {number(opened.recorded)}, {number(opened.recorded - opened.value)} more."


# The lab, the exchange, the moving picture

_NO_NUMBERS = "The scores of this network are no finite numbers, so no class is the likeliest."


def lab_sentence(errors: Mapping[str, float]) -> str:
    """Which kind stays closest to the map before."""
    known = {kind: error for kind, error in errors.items() if not math.isnan(error)}
    if not known:
        return "The map is zero everywhere, and so is what any pooling makes of it."
    best = min(known, key=known.__getitem__)
    return (
        f"Closest to the map before is {best}. The error is the root mean square difference to the map before, once "
        "each cell is enlarged to its place again, divided by the map’s own root mean square: 0 is no loss, 1 is as "
        "far off as zeros everywhere."
    )


def swap_sentence(trace: Trace, found: Swap) -> str:
    """With which poolings the likeliest class stays the likeliest."""
    if not trace.is_finite:
        return _NO_NUMBERS
    best = trace.top(1)[0]
    kept = [kind for i, kind in enumerate(found.kinds) if found.top(i) == best.index]
    named = f": {', '.join(kept)}" if kept else ""
    return (
        f"“{best.category}” stays the likeliest class with {len(kept)} of {len(found.kinds)} kinds of pooling at "
        f"{found.layer}{named}. No weight was changed: the network learned with its own kind, and expects its numbers."
    )


def shift_sentence(trace: Trace, found: ShiftTest) -> str:
    """How far probability and pooled map wander, as it is and with the kind that wanders least."""
    if not _known(found.probabilities[0]):
        return _NO_NUMBERS
    category = trace.prediction(found.target).category
    low, high = (float(f(found.probabilities[0])) for f in (np.nanmin, np.nanmax))
    text = (
        f"As it is, the probability of “{category}” lies between {percent(low)} and {percent(high)} while the picture "
        f"moves by 0 to {len(found.cells) - 1} pixels"
    )
    most = {kind: float(np.nanmax(row)) for kind, row in zip(found.kinds, found.changes, strict=True) if _known(row)}
    if AS_IT_IS not in most:
        return text + "."
    text += f", and the output of {found.layers[0]} changes by up to {percent(most[AS_IT_IS])}."
    calmest = min(most, key=most.__getitem__)
    if calmest != AS_IT_IS:
        text += f" It changes least with {calmest}: up to {percent(most[calmest])}."
    return text


def _known(row: FloatArray) -> bool:
    return bool(np.isfinite(row).any())


# A question


def size_question(network: Network, pooling: Pooling) -> Question | None:
    """How large the output is; None where the windows' sizes follow from it, and not it from them."""
    window = pooling.window
    if window is None:
        return None
    n, k, s, p = pooling.before[0], window.kernel[0], window.stride[0], window.padding[0]
    right = pooling.after[0]
    up, down = (output_size(pooling.before, window, is_ceil)[0] for is_ceil in (True, False))
    wrong = [up, down, (n - k) // s + 1, n // s, -(-n // s), n // k, n - k + 1, right + 1, right - 1, right + 2]
    answers = sorted({right, *[m for m in dict.fromkeys(wrong) if m != right and m > 0][:3]})
    exact = (n + 2 * p - window.dilation[0] * (k - 1) - 1) / s + 1
    why = f"({n}{f' + 2 · {p}' if p else ''} − {k}) / {s} + 1 = {exact:g}"
    if exact == right:
        why += ": it comes out even, and nothing is left over."
    elif right > exact:
        why += f", which this layer rounds up to {right}: its last windows reach over the edge."
    elif pooling.is_ceil:
        why += f". Rounded up, the last window would begin behind the edge, so {right} are left."
    else:
        why += f", rounded down to {right}: what is left over at the far edge is not read."
    return Question(
        f"{pooling.layer} of {network.title} reads maps of {n} rows with windows {k} high, stride {s}, padding "
        f"{p}. How many rows has its output?",
        tuple(map(str, answers)),
        answers.index(right),
        why,
    )

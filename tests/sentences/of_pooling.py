"""Poolings: windows walked through cell by cell, and the network run with others in their place."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import torch
from torch.nn import functional as F

from explorer.networks.pooling import Pooling
from explorer.pooling import sentences as say
from explorer.pooling.exchange import AS_IT_IS, alike, shift_test, swap
from explorer.pooling.figures import left_over, pooled_ways, which_window
from explorer.pooling.layers import maps_after, pooling_layers, pooling_of
from explorer.pooling.opened import open_pooling
from explorer.pooling.winners import retention
from tests.pooled import whole_pass

from .case import Case
from .said import agrees, checks, counted, counted_roughly, is_chance, is_share, same, softmax, taken_apart

MOST = 3  # layers of a network


def poolings(case: Case) -> Iterator[tuple[str, Pooling, np.ndarray, np.ndarray]]:
    """The first and the last ones, with what each reads and gives, (C, H, W) both."""
    names = pooling_layers(case.network)
    for name in dict.fromkeys([*names[: MOST - 1], *names[-1:]]):
        after = case.top[name]
        yield (
            name,
            pooling_of(case.network, name),
            case.source(name),
            after if after.ndim == 3 else after[:, None, None],
        )


def windows(pooling: Pooling) -> list[list[range]]:
    """Where each window lies, down and across, padding as numbers below 0 or beyond the map: from the settings."""
    found = []
    for axis, (n, m) in enumerate(zip(pooling.before, pooling.after, strict=True)):
        window = pooling.window
        if window is None:  # as many windows as there are cells in the output, as even as can be
            found.append([range(math.floor(i * n / m), math.ceil((i + 1) * n / m)) for i in range(m)])
            continue
        k, s, p, d = (one[axis] for one in (window.kernel, window.stride, window.padding, window.dilation))
        found.append([range(i * s - p, i * s - p + (k - 1) * d + 1, d) for i in range(m)])
    return found


def inside(cells: range, n: int) -> list[int]:
    return [cell for cell in cells if 0 <= cell < n]


@checks(say.what_sentence)
def check_what(case: Case) -> None:
    for name, pooling, before, after in poolings(case):
        rows, columns = windows(pooling)
        said = taken_apart(
            say.what_sentence(pooling),
            "{layer} would shrink any map to {rows:i} × {columns:i} cells. The maps of {source} have this size "
            "already: each window holds one cell, and the layer gives what it was given.",
            "{layer} turns each of the {channels:i} maps of {source} ({height:i} × {width:i} cells) into one number: "
            "{takes}. Where something was is forgotten; how much of it there was stays.",
            "{layer} takes {takes} of each {high:i} × {wide:i} window of {source}, {step:i} {cells} further each time: "
            "from {height:i} × {width:i} cells to {rows:i} × {columns:i}.[[ Neighbouring windows overlap by "
            "{overlap:i} {cell}.]][[ At the edges, a padding of {py:i} × {px:i} {padding}.]][[ The last {lost} "
            "never read.]][[ The size is rounded up: {over}.]]",
        )
        expected = {
            "rows": after.shape[1], "columns": after.shape[2], "channels": len(before), "height": before.shape[1],
            "width": before.shape[2], "high": len(rows[0]), "wide": len(columns[0]),
        }  # fmt: skip
        assert all(int(said[key]) == value for key, value in expected.items() if key in said), said
        assert (said["layer"], said["source"]) == (name, pooling.source or "the picture")
        is_max = bool(np.isin(after[0, :1, :1], before[0])) and pooling.rule == "max"
        assert said.get("takes") in (None, "the largest value" if is_max else "the mean")
        if "channels" in said:
            assert len(rows[0]) * len(columns[0]) == before[0].size
        if "step" in said:
            compare_windows(said, pooling, rows, columns)


def compare_windows(said: dict[str, str], pooling: Pooling, rows: list[range], columns: list[range]) -> None:
    n_rows, n_columns = pooling.before
    step = rows[1][0] - rows[0][0]
    assert int(said["step"]) == step == columns[1][0] - columns[0][0]
    agrees(step, "cell", "cells", said["cells"])
    shared = len({*rows[0]} & {*rows[1]})
    assert int(said.get("overlap", 0)) == shared
    if shared:
        agrees(shared, "cell", "cells", said["cell"].split(",")[0])
    padding = pooling.window.padding if pooling.window else (0, 0)
    assert (int(said.get("py", 0)), int(said.get("px", 0))) == padding
    assert padding == (-rows[0][0], -columns[0][0])
    read = {cell for one in rows for cell in one}, {cell for one in columns for cell in one}
    lost = [n - 1 - max(one) for n, one in zip((n_rows, n_columns), read, strict=True)]
    assert ("lost" in said) == (max(lost) > 0)
    if "lost" in said:
        parts = [f"{n} {what}{'s' if n > 1 else ''}" for n, what in zip(lost, ("row", "column"), strict=True) if n > 0]
        verb = "fits into no window and is" if sum(n for n in lost if n > 0) == 1 else "fit into no window and are"
        assert said["lost"] == f"{' and '.join(parts)} {verb}"
    assert ("over" in said) == any(-n > p for n, p in zip(lost, padding, strict=True))


@checks(say.retention_sentence)
def check_what_is_left(case: Case) -> None:
    for name, pooling, before, after in poolings(case):
        rows, columns = windows(pooling)
        won, n_flat = np.zeros(before.shape, bool), 0
        for ys in rows:
            for xs in columns:
                y, x = inside(ys, before.shape[1]), inside(xs, before.shape[2])
                cells = before[:, y][:, :, x].reshape(len(before), -1)
                at = cells.argmax(axis=1)
                won[np.arange(len(before)), [y[i // len(x)] for i in at], [x[i % len(x)] for i in at]] = True
                n_flat += int((cells == cells[:, :1]).all(axis=1).sum())
        energy = float(np.square(before, dtype=np.float64).sum())
        said = taken_apart(
            say.retention_sentence(pooling, retention(case.top, name)),
            "On this picture {n:i} of {all:i} values ({share:%}) reach the output, and with them {energy:%} of the "
            "energy, which is the sum of all squares.[[ In {flat:%} of the windows all values are the same: there, "
            "none really wins.]]",
            "Nothing is thrown away.",
            "On this picture all {all:i} values take part, but only means are left: the mean square {moves} to "
            "{energy:%} of what it was. What is lost is how the values inside a window differ.",
        )
        if not said:
            assert np.array_equal(before, after)
            continue
        counted(said["all"], before.size)
        if "n" in said:
            counted(said["n"], int(won.sum()))
            is_share(said["share"], int(won.sum()) / won.size)
            is_share(said["energy"], float(np.square(before[won], dtype=np.float64).sum()) / energy)
            is_share(said.get("flat", "0.0\u00a0%"), n_flat / after.size)
        else:
            left = float(np.square(after, dtype=np.float64).mean()) / (energy / before.size)
            is_share(said["energy"], left, 1e-6)
            assert said["moves"] == ("falls" if left < 1 else "rises")


@checks(say.cost_sentence)
def check_costs(case: Case) -> None:
    for name, pooling, before, after in poolings(case):
        said = taken_apart(
            say.cost_sentence(retention(case.top, name)),
            "It keeps the size of the maps, so neither memory nor work is saved.",
            "The output takes {after:b} instead of {before:b}, at four bytes a number: by a factor of {factor:n} less."
            "[[ Behind it, {next} sums up {own:c} products for this picture. On the maps before the pooling, "
            "everything else being the same, it would be {more:c}, {times:n} times as many. Only the products of this "
            "one layer are counted.]]",
        )
        if not said:
            assert before.size <= after.size
            continue
        counted_roughly(said["after"], 4 * after.size)
        counted_roughly(said["before"], 4 * before.size)
        same(said["factor"], before.size / after.size, 3)
        if "next" in said:
            layer, weight = case.network.layers[said["next"]], case.network.weights(said["next"])["weight"]
            own = case.top[layer.name].size * weight[0].size
            if layer.window is not None:
                height, width = (
                    (n + 2 * p - d * (k - 1) - 1) // s + 1
                    for n, k, s, p, d in zip(pooling.before, layer.window.kernel, layer.window.stride,
                                             layer.window.padding, layer.window.dilation, strict=True)
                )  # fmt: skip
                more = len(case.top[layer.name]) * height * width * weight[0].size
            else:
                more = own * before[0].size // after[0].size
            counted_roughly(said["own"], own)
            counted_roughly(said["more"], more)
            same(said["times"], more / own, 3)


@checks(say.opened_sentence, say.compared)
def check_values(case: Case) -> None:
    for name, pooling, before, after in poolings(case):
        rows, columns = windows(pooling)
        channel = int(np.argmax(after.reshape(len(after), -1).max(axis=1)))
        for y, x in {(0, 0), (len(rows) - 1, len(columns) - 1), (len(rows) // 2, len(columns) // 3)}:
            opened = open_pooling(case.top, name, (channel, y, x))
            said = taken_apart(
                say.opened_sentence(opened),
                "Of {n:i} {values} of {source}[[ ({out:i} more lie in the padding)]], the largest is {value:n}, found "
                "at y {y:i}, x {x:i}[[, the first of {equal:i} that are equal]]. ✓ The pass recorded {recorded:n}.",
                "{n:i} {values} of {source}[[ ({out:i} more lie in the padding)]]: their sum is {sum:n}, divided by "
                "{by:i} it is {value:n}. ✓ The pass recorded {recorded:n}.",
            )
            cells = [(i, j) for i in inside(rows[y], before.shape[1]) for j in inside(columns[x], before.shape[2])]
            values = [float(before[channel, i, j]) for i, j in cells]
            counted(said["n"], len(values))
            agrees(len(values), "value", "values", said["values"])
            assert int(said.get("out", "0").replace(",", "")) == len(rows[y]) * len(columns[x]) - len(values)
            same(said["recorded"], float(after[channel, y, x]))
            same(said["value"], float(after[channel, y, x]), 4, 1e-5 * max(map(abs, values)))
            if "sum" in said:
                same(said["sum"], math.fsum(values), 4, 1e-7 * math.fsum(map(abs, values)))
                assert math.fsum(values) / int(said["by"].replace(",", "")) == np.float64(after[channel, y, x]) or abs(
                    math.fsum(values) / int(said["by"].replace(",", "")) - after[channel, y, x]
                ) < 1e-4 * max(map(abs, values))
            else:
                assert (int(said["y"]), int(said["x"])) == cells[values.index(max(values))]
                assert int(said.get("equal", 1)) == values.count(max(values))
            wrong = replace(opened, recorded=opened.recorded + 1)
            failed = taken_apart(say.compared(wrong), "✗ The pass recorded {recorded:n}, {more:n} more.")
            same(failed["more"], 1, 4, 1e-5 * max(map(abs, values)))


@checks(say.lab_sentence)
def check_lab(case: Case) -> None:
    for _, pooling, before, _ in poolings(case):
        if pooling.regular is None:
            continue
        ways = pooled_ways(before[0], pooling.regular, pooling.is_ceil, 0)
        errors = {way.kind: way.error for way in ways}
        text = say.lab_sentence(errors)
        if not before[0].any():
            assert text.startswith("The map is zero everywhere")
            continue
        said = taken_apart(text, "Closest to the map before is {kind}. The error is {rest}.")
        assert all(errors[said["kind"]] <= error for error in errors.values())
    assert say.lab_sentence({"max": math.nan, "min": 0.2, "L2": 0.1}).startswith("Closest to the map before is L2.")


def exchangeable(case: Case) -> list[str]:
    names = [name for name, pooling, *_ in poolings(case) if pooling.regular is not None]
    return [name for name in names if case.is_small and pooling_of(case.network, name).regular.kernel != (1, 1)]


@checks(say.swap_sentence)
def check_exchange(case: Case) -> None:
    for name in exchangeable(case):
        kinds = ("max", "average", "min", "L2")
        found = swap(case.top, name, kinds)
        said = taken_apart(
            say.swap_sentence(case.top, found),
            "“{category}” stays the likeliest class with {n:i} of {all:i} kinds of pooling at {layer}[[: {kinds}]]. No "
            "weight was changed: the network learned with its own kind, and expects its numbers.",
        )
        kept = []
        for kind in kinds:
            logits, _ = whole_pass(case.network, case.top.prepared.tensor, (name,), kind)
            p = softmax(logits)
            kept += [kind] if p.index(max(p)) == case.best else []
        assert (said["category"], said["layer"]) == (case.category(case.best), name)
        assert (int(said["n"]), int(said["all"])) == (len(kept), len(kinds))
        assert said.get("kinds", "") == ", ".join(kept)


@checks(say.shift_sentence, alike)
def check_moving(case: Case) -> None:
    for name in exchangeable(case)[:2]:
        assert name in alike(case.network, name)
        for kinds in ((), ("average", "max blur-pool")):
            found = shift_test(case.top, [name], kinds, most=3)
            said = taken_apart(
                say.shift_sentence(case.top, found),
                "As it is, the probability of “{category}” lies between {low:%} and {high:%} while the picture moves "
                "by 0 to 3 pixels, and the output of {layer} changes by up to {most:%}.[[ It changes least with "
                "{kind}: up to {least:%}.]]",
            )
            assert (said["category"], said["layer"]) == (case.category(case.best), name)
            seen = []
            for n in range(4):
                moved = F.pad(case.top.prepared.tensor, (n, 0, 0, 0), mode="replicate")[
                    ..., : case.top.prepared.size[1]
                ]
                with torch.inference_mode():
                    seen.append(softmax(case.network.graph.run(moved)[0][0].tolist())[case.best])
            is_chance(said["low"], min(seen), 1e-5)
            is_chance(said["high"], max(seen), 1e-5)
            most = {kind: max(map(float, row)) for kind, row in zip(found.kinds, found.changes, strict=True)}
            is_share(said["most"], most[AS_IT_IS])
            calmest = min(most, key=lambda kind: most[kind])
            assert said.get("kind", AS_IT_IS) == calmest
            if "least" in said:
                is_share(said["least"], most[calmest])
    wild = shift_test(case.top, exchangeable(case)[:1], (), most=1) if exchangeable(case) else None
    if wild is not None:
        twice = replace(wild, changes=np.full_like(wild.changes, 1.37))
        assert say.shift_sentence(case.top, twice).endswith("changes by up to 137.0\u00a0%.")


@checks(say.size_question)
def check_size_questions(case: Case) -> None:
    for name, pooling, before, after in poolings(case):
        question = say.size_question(case.network, pooling)
        if question is None:
            continue
        said = taken_apart(
            question.text,
            "{layer} of {title} reads maps of {n:i} rows with windows {k:i} high, stride {s:i}, padding {p:i}. How "
            "many rows has its output?",
        )
        assert (said["layer"], said["title"]) == (name, case.network.title)
        assert int(said["n"]) == before.shape[1]
        assert question.answers[question.right] == str(after.shape[1])
        why = taken_apart(
            question.why, "({n:i}[[ + 2 · {p:i}]] − {k:i}) / {s:i} + 1 = {exact:n}{rest}",
        )  # fmt: skip
        n, k, s, p = int(why["n"]), int(why["k"]), int(why["s"]), int(why.get("p", 0))
        assert (n, s, p) == (int(said["n"]), int(said["s"]), int(said["p"]))
        assert abs(float(why["exact"]) - ((n + 2 * p - k) / s + 1)) < 1e-4
        assert ("comes out even" in why["rest"]) == ((n + 2 * p - k) % s == 0)


@checks(which_window)
def check_window_questions(case: Case) -> None:
    for name, pooling, _, after in poolings(case):
        question = which_window(case.top, name, 0)
        for view in left_over(case.top, name, 0):
            compare_left_over(case, name, view.reading, view.title)
        if question is None:
            continue
        said = taken_apart(
            question.text, "These are {kind} of {source} at four {where}. Of which is {value:n} the {what}?"
        )
        assert said["source"] == (pooling.source or "the picture")
        named = question.why.removeprefix(f"{name} gives ").removesuffix(".")
        values = {}
        for part in named.split("), "):
            part = f"{part.removesuffix(')')})"
            one = taken_apart(part, "{letter} {value:n} (channel {c:i})", "{letter} {value:n} (y {y:i}, x {x:i})")
            place = (int(one["c"]), 0, 0) if "c" in one else (0, int(one["y"]), int(one["x"]))
            values[one["letter"]] = float(after[place])
            same(one["value"], values[one["letter"]], 4, 1e-6)
        assert len(values) == 4
        same(said["value"], values[question.answers[question.right]], 4, 1e-6)
        assert said["what"] == ("largest value" if pooling.rule == "max" else "mean")


def compare_left_over(case: Case, name: str, text: str, title: str) -> None:
    pooling, before = pooling_of(case.network, name), case.source(name)[0]
    if pooling.rule != "max":
        return
    rows, columns = windows(pooling)
    used = np.zeros(before.shape, int)
    for ys in rows:
        for xs in columns:
            cells = [(i, j) for i in inside(ys, before.shape[0]) for j in inside(xs, before.shape[1])]
            used[max(cells, key=lambda cell: (before[cell], -cells.index(cell)))] += 1
    if title == "What is kept":
        said = taken_apart(text, "{n:i} of {all:i} values reach the output. Holes: values that win nowhere.")
        counted(said["n"], int((used > 0).sum()))
        counted(said["all"], used.size)
    if title == "Who wins how often":
        said = taken_apart(
            text, "No value wins more than one window. {rest}", "One value wins up to {n:i} windows. {rest}"
        )
        assert int(said.get("n", 1)) == used.max()
    assert maps_after(case.top, pooling).shape[1:] == (len(rows), len(columns))

"""How faithful a map is, what a network costs, and what its units see."""

from __future__ import annotations

import itertools
import math
from collections import Counter
from dataclasses import replace

import numpy as np
import torch

from explorer.architecture.field import effective_field
from explorer.architecture.sentences import cost_sentence, field_sentence
from explorer.attribution import Attribution, class_activation_map, explain
from explorer.attribution.fills import filled
from explorer.faithfulness import sentences as say
from explorer.faithfulness.figures import two_decimals
from explorer.faithfulness.randomisation import Sanity, SanityStep
from explorer.faithfulness.report import ReportCard, report_card
from explorer.faithfulness.scores import ties_of
from explorer.faithfulness.table import AttributionTable, Row

from .case import Case, field_of
from .said import checks, counted, counted_roughly, is_share, softmax, taken_apart


def maps(case: Case) -> list[np.ndarray]:
    random = np.random.default_rng(0)
    shape = (12, 10)
    found = [random.normal(size=shape), random.integers(0, 3, shape), np.maximum(random.normal(size=shape), 0)]
    if case.network.has_maps:
        found.append(class_activation_map(case.top))
    return [one.astype(np.float32) for one in found]


@checks(say.ties_sentence, say.of_the_first)
def check_ties(case: Case) -> None:
    for values in maps(case):
        text = say.ties_sentence(ties_of(values))
        counts = Counter(values.ravel().tolist())
        n_tied = sum(n for n in counts.values() if n > 1)
        if not n_tied:
            assert text == ""
            continue
        said = taken_apart(
            text,
            "{n:i} of {all:i} pixels ({share:%}) have the value of another one, {most} of them {value:n}. Equal pixels "
            "come scattered, in an order drawn once: the same for every map and run.",
        )
        counted(said["n"], n_tied)
        counted(said["all"], values.size)
        is_share(said["share"], n_tied / values.size)
        most = max(counts.values())
        assert said["most"] == ("all" if most == n_tied else f"{most:,}")
        assert any(n == most and abs(value - float(said["value"])) <= 0.006 * abs(value) for value, n in counts.items())
    said = taken_apart(
        say.of_the_first("cat"), "The map explains a difference; the probability is that of “{category}”."
    )
    assert said["category"] == "cat"


@checks(say.curves_sentence)
def check_curves(case: Case) -> None:
    if not case.network.has_maps or not case.is_small:
        return
    for trace, index in ((case.top, case.best), (case.least, case.worst)):
        found = explain(trace, "hires_cam", signed=True)
        if found.values.min() == found.values.max():
            continue
        card = report_card(trace, found, n_steps=6)
        compare_curves(case, card, case.probabilities[index])
        never = replace(card.deletion, probabilities=np.full(7, card.deletion.probabilities[0]))
        said = taken_apart(
            say.curves_sentence(replace(card, deletion=never)),
            "Whatever is deleted, the probability stays above half of its {start:%}. {second}.",
        )
        is_share(said["start"], case.probabilities[index], 1e-6)
        nothing = replace(card.deletion, probabilities=np.zeros(7, np.float32))
        assert say.curves_sentence(replace(card, deletion=nothing)).startswith("The network gives this class no")


@checks(say.end_sentence)
def check_ends(case: Case) -> None:
    if not case.network.has_maps or not case.is_small:
        return
    found = explain(case.top, "hires_cam", signed=True)
    if found.values.min() == found.values.max():
        return
    for fill, left in (
        ("mean", "one even surface, the mean colour of the pictures the network learned from"),
        ("black", "a black picture"),
        ("white", "a white picture"),
        ("blur", "the picture itself, blurred until no object is left"),
    ):
        card = report_card(case.top, found, n_steps=1, fill=fill)
        said = taken_apart(
            say.end_sentence(card, "cat"),
            "The deletion ends with {left}: there too the network shares out all of its {all:%} among its classes, and "
            "{end:%} falls to “{category}”.",
        )
        assert said["left"] == left
        assert said["category"] == "cat"
        is_share(said["all"], 1)
        with torch.inference_mode():
            probabilities = softmax(case.network.graph.run(filled(case.top, fill))[0][0].tolist())
        is_share(said["end"], probabilities[case.best], 1e-5)


@checks(say.road_sentence, say.removed_sentence)
def check_guessed(case: Case) -> None:
    """Lines whose means are known, of maps with and without equal cells."""
    if not case.is_small:
        return
    random = np.random.default_rng(5)
    n = math.prod(case.top.prepared.size)
    ranked = random.permutation(n).reshape(case.top.prepared.size)
    for values in (ranked, np.where(ranked < n // 20, ranked + 1, 0)):
        card = report_card(case.top, values.astype(np.float32), n_steps=1)
        low, high = card.road.lowest_first, card.road.highest_first
        both = np.minimum(low, high), np.maximum(low, high)
        for highest, lowest, verdict in (
            (*both, "less do without what the map ranks highest"),
            (*both[::-1], "less do without what the map ranks lowest"),
            (high, high, "do without either"),
        ):
            made = replace(card, road=replace(card.road, highest_first=highest, lowest_first=lowest))
            said = taken_apart(
                say.road_sentence(made),
                "With the highest pixels guessed from those around them, {highest:%} is left on average of a "
                "probability of {start:%}; with the lowest, {lowest:%}: the network can {verdict}.",
            )
            is_share(said["start"], case.probabilities[case.best], 1e-6)
            is_share(said["highest"], math.fsum(highest.tolist()) / 5, 1e-6)
            is_share(said["lowest"], math.fsum(lowest.tolist()) / 5, 1e-6)
            assert said["verdict"] == verdict or np.array_equal(highest, lowest)
        said = taken_apart(
            say.removed_sentence(card),
            "Guessed are exactly {a:i}, {b:i}, {c:i}, {d:i} and {e:i} of {all:i} pixels.",
            "Guessed are exactly {a:i}, {b:i}, {c:i}, {d:i} and {e:i} of {all:i} pixels, no more: of those that the "
            "map does not rank, a lot names as many as the share still lacks, even where {most:i} hold the same "
            "{value:n}.",
        )
        counted(said["all"], n)
        for key, share in zip("abcde", (0.1, 0.3, 0.5, 0.7, 0.9), strict=True):
            counted(said[key], round(share * n))
        assert ("most" in said) == (values is not ranked)
        if "most" in said:
            counted(said["most"], int((values == 0).sum()))
            assert float(said["value"]) == 0


def compare_curves(case: Case, card: ReportCard, start: float) -> None:
    """Each point named is the first one on its curve, and the one before it is on the other side of half."""
    said = taken_apart(
        say.curves_sentence(card),
        "Deleting the {gone:%} of the pixels that the map ranks highest halves the probability, from {start:%} to "
        "{end:%}. Inserting {back:%} into the blurred picture brings half of it back.",
        "Deleting the {gone:%} of the pixels that the map ranks highest halves the probability, from {start:%} to "
        "{end:%}. The blurred picture alone already has half of it.",
        "Whatever is deleted, the probability stays above half of its {start:%}. Inserting {back:%} into the blurred "
        "picture brings half of it back.",
        "Whatever is deleted, the probability stays above half of its {start:%}. The blurred picture alone already has "
        "half of it.",
    )
    n_pixels = case.network.preprocessing.size**2
    is_share(said["start"], start, 1e-6)
    deleted, inserted = (one.probabilities.astype(np.float64).tolist() for one in (card.deletion, card.insertion))
    gone = next((i for i, p in enumerate(deleted) if p <= deleted[0] / 2), None)
    assert ("gone" in said) == (gone is not None)
    if gone is not None:
        is_share(said["gone"], round(n_pixels * gone / 6) / n_pixels, 1e-6)
        is_share(said["end"], deleted[gone])
        assert deleted[gone - 1] > deleted[0] / 2
    back = next(i for i, p in enumerate(inserted) if p >= deleted[0] / 2)
    assert ("back" in said) == (back > 0)
    if back:
        is_share(said["back"], round(n_pixels * back / 6) / n_pixels, 1e-6)


@checks(Sanity.reading, two_decimals)
def check_forgetting(case: Case) -> None:
    original = Attribution(maps(case)[0], "gradient", None, case.best, 0.1, 2, 1.0, signed=True)
    for correlation, first in itertools.product((0.93, 0.5, 0.4996, 0.004, -0.004, -0.62), (0.99, -0.51, 0.2)):
        last = SanityStep("a", original.values, correlation, correlation, "")
        found = Sanity(original, (replace(last, absolute=first), last), 1.0)
        said = taken_apart(
            found.reading(),
            "With nothing learned left, the map {verb} {r:n} with the one drawn before: {verdict}.",
            "With nothing learned left, the map {verb} {r:n} with the one drawn before, and it changed with the first "
            "block: {verdict}.",
            "With nothing learned left, the map {verb} {r:n} with the one drawn before. But while the last block of "
            "{n:i} forgot, it stayed much the same (0.5 or more): {verdict}.",
        )
        assert ("n" in said) == (abs(first) >= 0.5 > abs(correlation))
        assert said.get("n", "2") == "2"
        assert ("depends on" in said["verdict"]) == (max(abs(first), abs(correlation)) < 0.5)
        assert abs(float(said["r"]) - correlation) <= 0.00501
        assert not said["r"].startswith("-0.00")
        assert two_decimals(correlation) == said["r"]
        assert ("still correlates" in found.reading()) == (abs(correlation) >= 0.5)
        assert ("not what the network has learned" in said["verdict"]) == (abs(correlation) >= 0.5)
    none = SanityStep("a", None, None, None, "It broke.")
    assert Sanity(original, (none,), 1.0).reading() == (
        "With nothing learned left, there is no map to compare. It broke."
    )


@checks(AttributionTable.verdicts)
def check_verdicts(case: Case) -> None:
    random = np.random.default_rng(len(case.network.name))
    rows = [
        Row(str(i), method, 0, "x", None, 0.5, deletion=float(random.normal(shift, 0.2)),
            insertion=float(random.normal(-shift, 0.2)), road=float(random.normal(-shift, 0.2)))
        for method, shift in (("good", 0.0), ("bad", 2.0), ("even", 1.0), ("random", 1.0)) for i in range(9)
    ]  # fmt: skip
    table = AttributionTable("net", ("good", "bad", "even", "random"), tuple(rows), {}, {})
    texts = table.verdicts()
    assert len(texts) == 9
    for text, (method, score) in zip(texts, itertools.product(
        ("good", "bad", "even"), ("deletion", "insertion", "road")
    ), strict=True):  # fmt: skip
        said = taken_apart(
            text,
            "{method} {verb} random in {score}: {own:n} against {other:n}, better on {n:i} of {all:i} pictures.",
        )
        assert (said["method"], said["score"], int(said["all"])) == (method, score, 9)
        values = {name: [getattr(row, score) for row in rows if row.method == name] for name in (method, "random")}
        gains = [(b - a if score == "deletion" else a - b) for a, b in zip(*values.values(), strict=True)]
        mean = math.fsum(gains) / 9
        error = math.sqrt(math.fsum((gain - mean) ** 2 for gain in gains) / 8 / 9)
        assert abs(float(said["own"]) - math.fsum(values[method]) / 9) <= 0.000501
        assert abs(float(said["other"]) - math.fsum(values["random"]) / 9) <= 0.000501
        assert int(said["n"]) == sum(gain > 0 for gain in gains)
        verb = "beats" if mean > 2 * error else "loses to" if mean < -2 * error else "cannot be told from"
        assert said["verb"] == verb
    few = AttributionTable("net", ("good", "random"), tuple(rows[:1]), {}, {}).verdicts()[0]
    assert taken_apart(few, "good and random share too few pictures to compare their deletion: {n:i}.") == {"n": "0"}


# What it costs and sees


@checks(cost_sentence)
def check_costs(case: Case) -> None:
    network = case.network
    n_of, products = {}, {}
    for name, layer in network.layers.items():
        arrays = network.weights(name)
        n_of[name] = sum(one.size for key, one in arrays.items() if not key.startswith(("running", "num_batches")))
        is_sum = layer.kind in ("convolution", "dense")
        products[name] = math.prod(layer.shape) * arrays["weight"][0].size if is_sum else 0
    for name in [*list(network.layers)[:: 1 if case.is_small else 9], *network.stages]:
        inside = [one for one in network.layers if one == name or one.startswith(f"{name}.")]
        said = taken_apart(
            cost_sentence(network, name),
            "{what}: {n:c} parameters ({share:%} of all) and {sums:c} multiply-adds ({part:%} of all) for one picture.",
            "{what}: {n:c} parameters ({share:%} of all) and no multiply-adds for one picture.",
            "{what}: no parameters and {sums:c} multiply-adds ({part:%} of all) for one picture.",
            "{what}: no parameters and no multiply-adds for one picture.",
        )
        assert said["what"] == ("One operation" if len(inside) == 1 else f"{len(inside)} operations")
        for key, share, numbers in (("n", "share", n_of), ("sums", "part", products)):
            own = sum(numbers[one] for one in inside)
            assert (key in said) == (own > 0)
            if own:
                counted_roughly(said[key], own)
                is_share(said[share], own / sum(numbers.values()))


@checks(field_sentence)
def check_fields(case: Case) -> None:
    network, side = case.network, case.network.preprocessing.size
    random = np.random.default_rng(0)
    names = [stage for stage in network.stages if network.layer(stage).is_spatial][:: 1 if case.is_small else 3]
    for name in [*names, list(network.layers)[-1]]:
        layer = network.layer(name)
        size = layer.size if layer.is_spatial else (1, 1)
        for y, x in {(0, 0), (size[0] // 2, size[1] // 2), (size[0] - 1, size[1] // 3)}:
            fields = [random.random((side, side)).astype(np.float32), np.zeros((side, side), np.float32)]
            if case.is_small:
                fields.append(effective_field(network, case.image, name, 0, y, x))
            for effective in fields:
                compare_view(case, name, (y, x), effective)


def compare_view(case: Case, name: str, unit: tuple[int, int], effective: np.ndarray) -> None:
    side = case.network.preprocessing.size
    said = taken_apart(
        field_sentence(case.network, name, *unit, effective),
        "Every number of {name} can see the whole picture. {share:%} of its effective field lies in {where}.",
        "Every number of {name} can see the whole picture. On this picture none of it matters: no pixel {rest}.",
        "Unit ({y:i}, {x:i}) of {name} can see {high:i} × {wide:i} {pixels}[[, {inside} of them in the picture and the "
        "others padding]][[; the next one lies {step:i} further]]. {share:%} of its effective field lies in {where}.",
        "Unit ({y:i}, {x:i}) of {name} can see {high:i} × {wide:i} {pixels}[[, {inside} of them in the picture and the "
        "others padding]][[; the next one lies {step:i} further]]. On this picture none of it matters: no pixel "
        "{rest}.",
        "Unit ({y:i}, {x:i}) of {name} can see {high:i} × {wide:i} {pixels}[[, {inside} of them in the picture and the "
        "others padding]][[; the next one lies {step:i} further]]: too few to tell a middle from a rim.",
    )
    assert said["name"] == name
    assert ("rest" in said) == (not effective.any())
    ends = [(0, side - 1)] * 2
    if "y" in said:
        assert (int(said["y"]), int(said["x"])) == unit
        ends = [field_of(case.network, name, at, axis) for axis, at in enumerate(unit)]
        sizes = [high - low + 1 for low, high in ends]
        assert [int(said["high"]), int(said["wide"])] == sizes
        visible = [len(range(max(0, low), min(side, high + 1))) for low, high in ends]
        assert ("inside" in said) == (visible != sizes)
        if "inside" in said:
            assert said["inside"] == f"{visible[0]} × {visible[1]}"
        assert ("step" in said) == case.network.layer(name).is_spatial
        if "step" in said:
            assert int(said["step"]) == field_of(case.network, name, unit[1] + 1, 1)[0] - ends[1][0]
    if "share" in said:
        middles = [
            {i for i in range(side) if abs(i - (low + high) / 2) < (high - low + 1) / 4} for low, high in ends
        ]  # fmt: skip
        inside = effective.astype(np.float64)[np.ix_(sorted(middles[0]), sorted(middles[1]))].sum()
        is_share(said["share"], float(inside) / float(effective.sum(dtype=np.float64)), 1e-9)

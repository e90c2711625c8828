"""What a layer's filters are like, worked out from their weights."""

from __future__ import annotations

import math

import numpy as np
from torch import nn

from explorer.filters import gratings
from explorer.filters import sentences as say
from explorer.loading.load import load_network
from tests.tiny import chain, tiny_network

from .case import Case
from .said import agrees, checks, is_share, same, taken_apart

MOST_COMPARED = 128


def layers(case: Case) -> list[str]:
    """Layers of every form: of colours, of stacks, of groups, of points, dense ones; and one without a kernel."""
    found: dict[tuple[object, ...], str] = {}
    for name, layer in case.network.layers.items():
        weight = case.network.weights(name).get("weight")
        if layer.kind in ("convolution", "dense") and len(weight) <= MOST_COMPARED:
            found.setdefault((layer.kind, weight.shape[2:], layer.groups == 1, not layer.inputs), name)
    return [*found.values()]


def kernels(case: Case, layer: str) -> np.ndarray:
    """(filters, inputs, height, width); of a dense layer behind a flattening as large as what was flattened."""
    weight = case.network.weights(layer)["weight"].astype(np.float64)
    if weight.ndim == 4:
        return weight
    flat = next(iter(case.network.layers[layer].inputs), "")
    shape = (weight.shape[1], 1, 1)
    if flat and case.network.layers[flat].kind == "flatten":
        before = case.source(flat)
        if before.ndim == 3 and before[0].size > 1:
            shape = before.shape
    return weight.reshape(len(weight), *shape)


@checks(say.layer_sentences)
def check_layers(case: Case) -> None:
    network = case.network
    for layer in layers(case):
        weights, described = kernels(case, layer), network.layers[layer]
        n_groups = described.groups or 1
        said = taken_apart(
            say.layer_sentences(case.top, layer),
            "{layer} is a {kind} of {n:i} {filter} with {in:i} × {high:i} × {wide:i} = {all:i} {weights}."
            "[[ It reads {flat}, {rows:i} × {columns:i}, so its kernels are drawn as large as that.]]"
            "[[ It is depthwise: every filter reads one channel alone ({each:i} for each), so nothing is mixed between "
            "channels.]]"
            "[[ They come in {groups:i} groups: filters 0 to {last:i} read inputs 0 to {end:i}, and so on.]]"
            "[[ Its kernels are 1 × 1: there is no window, and at each place a filter is a weighted mix of the "
            "{mixed:i} {channels} there.]]"
            " {alike} (cosine similarity above 0.95)[[: {pairs}]]. {dead} below a thousandth of the median)[[: "
            "{these}]].",
        )
        n, n_in, height, width = weights.shape
        assert (said["layer"], said["kind"]) == (layer, described.kind + " layer" * (described.kind == "dense"))
        assert int(said["n"]) == n
        agrees(n, "filter", "filters, each", said["filter"])
        assert (int(said["in"]), int(said["high"]), int(said["wide"])) == (n_in, height, width)
        assert int(said["all"].replace(",", "")) == n_in * height * width
        agrees(n_in * height * width, "weight", "weights", said["weights"])
        assert ("each" in said) == (n_groups > 1 and n_in == 1)
        assert int(said.get("each", n // n_groups)) == n // n_groups
        assert ("groups" in said) == (n_groups > 1 and n_in > 1)
        assert ("mixed" in said) == (described.kind == "convolution" and height * width == 1)
        assert int(said.get("mixed", n_in)) == n_in
        agrees(n_in, "channel", "channels", said.get("channels", "channel" if n_in == 1 else "channels"))
        assert (int(said.get("last", n // n_groups - 1)), int(said.get("end", n_in - 1))) == (
            n // n_groups - 1,
            n_in - 1,
        )
        compare_alike(said, weights)
        compare_dead(case, layer, said, weights)


def compare_alike(said: dict[str, str], weights: np.ndarray) -> None:
    unit = [one.ravel() / (np.linalg.norm(one) or 1) for one in weights]
    alike = {(a, b): float(unit[a] @ unit[b]) for a in range(len(unit)) for b in range(a + 1, len(unit))}
    if any(abs(value - 0.95) < 1e-5 for value in alike.values()):
        return
    found = {pair: value for pair, value in alike.items() if value > 0.95}
    if not found:
        assert said["alike"] == "No two are near-duplicates"
        return
    n = taken_apart(said["alike"], "{n:i} pair is near-duplicates", "{n:i} pairs are near-duplicates")
    assert int(n["n"]) == len(found)
    assert ("pair is" in said["alike"]) == (len(found) == 1)
    named = said["pairs"].removeprefix(": ")
    rest = len(found) - 6
    assert (f" and {rest} more" in named) == (rest > 0)
    for part in named.split(f" and {rest} more")[0].split(", "):
        one = taken_apart(part, "{a:i} and {b:i} ({r:n})")
        assert abs(float(one["r"]) - found[int(one["a"]), int(one["b"])]) <= 0.00051


def compare_dead(case: Case, layer: str, said: dict[str, str], weights: np.ndarray) -> None:
    norms = [float(np.linalg.norm(one)) for one in weights]
    dead = {i for i, one in enumerate(norms) if one <= 1e-3 * float(np.median(norms))}
    behind = [name for name, one in case.network.layers.items() if one.inputs == (layer,) and one.kind == "batch norm"]
    if behind:
        gamma = np.abs(case.network.weights(behind[0])["weight"].astype(np.float64))
        dead |= {i for i, one in enumerate(gamma) if one <= 1e-3 * float(np.median(gamma))}
    assert ("the factor of its batch norm" in said["dead"]) == bool(behind)
    if not dead:
        assert said["dead"].startswith("None is dead (")
        return
    n = int(said["dead"].split()[0])
    assert n == len(dead)
    agrees(n, "filter is", "filters are", " ".join(said["dead"].split()[1:3]))
    named = said["these"].removeprefix(": ").split(" and ")[0].split(", ")
    assert {int(one) for one in named} <= dead
    assert len(named) == min(6, n)


def power(weights: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The power spectrum of a filter's kernels among zeros, and its frequencies."""
    side = 2 * max(32, *weights.shape[1:]) - 1
    spectrum = (np.abs(np.fft.fft2(weights, (side, side))) ** 2).sum(axis=0)
    f = np.fft.fftfreq(side)
    return spectrum, f[:, None], f[None, :]


@checks(say.filter_sentence)
def check_filters(case: Case) -> None:
    for layer in layers(case):
        weights, index = kernels(case, layer), len(kernels(case, layer)) // 2
        own, n_groups = weights[index], case.network.layers[layer].groups or 1
        for trace, target in ((case.top, case.best), (case.least, case.worst)):
            said = taken_apart(
                say.filter_sentence(trace, layer, index),
                "Filter {index:i}: norm {norm:n}[[, stripes or edges at {angle:i}° (0° lies flat, 45° rises to the "
                "right, 90° stands upright)]][[, {none} of its own]][[, mean frequency {frequency:n} cycles per "
                "pixel]][[, {colour:%} of its energy is colour]].[[ It reads input {input:i} alone.]][[ It reads "
                "inputs {first:i} to {last:i}, those of its group.]] Here it adds {added:n} to the score of "
                "“{category}”.",
            )
            assert int(said["index"]) == index
            same(said["norm"], float(np.linalg.norm(own)), 4, 1e-5 * float(np.linalg.norm(own)))
            compare_spectrum(said, own)
            if "colour" in said:
                grey = own.mean(axis=0)
                is_share(said["colour"], 1 - 3 * float((grey**2).sum()) / float((own**2).sum()), 1e-5)
            first = index // (len(weights) // n_groups) * len(own)
            assert ("input" in said or "first" in said) == (n_groups > 1)
            assert int(said.get("input", said.get("first", first))) == first
            assert int(said.get("last", first + len(own) - 1)) == first + len(own) - 1
            products = trace.gradient(layer)[index].astype(np.float64) * trace[layer][index]
            same(said["added"], float(products.sum()), 3, 2e-6 * float(np.abs(products).sum()))
            assert said["category"] == case.category(target)


def compare_spectrum(said: dict[str, str], own: np.ndarray) -> None:
    assert ("angle" in said or "none" in said) == (min(own.shape[1:]) > 1)
    assert ("frequency" in said) == (max(own.shape[1:]) > 1)
    if "frequency" not in said:
        return
    spectrum, y, x = power(own)
    assert abs(float(said["frequency"]) - float((spectrum * np.hypot(y, x)).sum() / spectrum.sum())) < 0.0052
    if "angle" in said or "none" in said:
        a, b = float((spectrum * (x * x - y * y)).sum()), float((spectrum * 2 * x * y).sum())
        across = math.degrees(math.atan2(b, a)) / 2
        coherence = math.hypot(a, b) / float((spectrum * (x * x + y * y)).sum())
        assert ("angle" in said) == (coherence >= 0.3) or abs(coherence - 0.3) < 1e-4
    if "angle" in said:
        off = abs((int(said["angle"]) - (90 - across) + 90) % 180 - 90)
        assert off < 0.55
        assert 0 <= int(said["angle"]) < 180


@checks(say.why_no_twin, say.twin_problem)
def check_twins(case: Case) -> None:
    if case.network.is_random:
        assert say.why_no_twin(case.network) == "this is one"
        return
    assert say.why_no_twin(case.network) is None
    twin = load_network(case.network.name, "random")
    for layer in layers(case):
        assert say.twin_problem(case.network, twin, layer) is None
    own, other = (tiny_network(chain(nn.Conv2d(3, n, 3))) for n in (4, 6))
    said = taken_apart(
        say.twin_problem(own, other, "0"),
        "{layer} has {n:i} filters here, and {other:i} in the untrained network, whose classes are others.",
    )
    assert said == {"layer": "0", "n": "4", "other": "6"}
    assert say.why_no_twin(own) == "this is one"


@checks(say.silenced_sentence)
def check_silenced(case: Case) -> None:
    said = taken_apart(
        say.silenced_sentence(case.network),
        "The batch norm behind them multiplies all of these by 0: folded, nothing is left, so they are drawn unfolded."
        "[[ Training begins so {why}.]]",
    )
    assert ("why" in said) == case.network.is_random


@checks(say.tuning_sentence)
def check_tuning(case: Case) -> None:
    if not case.is_small:
        return
    layer = layers(case)[0]
    tuned = gratings.tuning(case.network, layer)
    for index in {0, len(tuned.gratings) - 1}:
        said = taken_apart(
            say.tuning_sentence(tuned, layer, index),
            "Filter {index:i} of {layer} {answers}[[, and of the plain colours most to {hue} ({change:n})]]. Measured "
            "in the middle of its map, on pictures of {side:i} × {again:i} pixels run through the network up to this "
            "layer; what it answers to plain mid-grey is taken off.",
        )
        assert (int(said["index"]), said["layer"]) == (index, layer)
        stripes = taken_apart(
            said["answers"],
            "answers most to stripes at {angle:i}° (0° lies flat, 45° rises to the right, 90° stands upright) with "
            "{fine:n} cycles per pixel ({pixels:i} pixels from stripe to stripe)",
            "answers most to stripes with {fine:n} cycles per pixel ({pixels:i} pixels from stripe to stripe), nearly "
            "alike in every direction",
            "hardly answers to grey stripes (at most {most:n})",
        )
        table = {(a, f): float(tuned.gratings[index, i, j]) for i, a in enumerate(gratings.ANGLES)
                 for j, f in enumerate(gratings.FREQUENCIES)}  # fmt: skip
        most = max(table.values())
        colour = 0.0 if tuned.hues is None else float(np.abs(tuned.hues[index]).max())
        assert ("most" in stripes) == (most < 0.25 * colour)
        if "most" in stripes:
            same(stripes["most"], most)
        else:
            fine = float(stripes["fine"])
            assert max(table[angle, fine] for angle in gratings.ANGLES) == most
            assert abs(int(stripes["pixels"]) - 1 / fine) <= 0.5
            least = min(table[angle, fine] for angle in gratings.ANGLES)
            assert ("angle" in stripes) == (least <= 0.7 * most)
            if "angle" in stripes:
                assert table[int(stripes["angle"]), fine] == most
        assert int(said["side"]) == int(said["again"]) == tuned.side
        if "hue" in said:
            hues = dict(zip(gratings.HUE_NAMES, map(float, tuned.hues[index]), strict=True))
            assert abs(hues[said["hue"]]) == max(map(abs, hues.values()))
            same(said["change"], hues[said["hue"]], 3)

"""What pages say beside the sentences of the library."""

from __future__ import annotations

from typing import Any

import numpy as np

from explorer.attribution import Attribution
from explorer.convolution.kernels import named_kernel
from explorer.convolution.lab import convolve, source, sources
from explorer.convolution.opened import open_value
from explorer.convolution.products import rank
from explorer.drawing import units
from explorer.drawing.color import scale_of
from explorer.elements import maps
from explorer.faithfulness.randomisation import Sanity, SanityStep
from explorer.targets import Target
from explorer.ui.attribution import agreement, gallery, report_card, sanity
from explorer.ui.convolution import lab, value
from explorer.ui.feature_maps import switch_mosaic

from .case import Case, phrase_of
from .said import agrees, checks, is_chance, same, taken_apart


@checks(maps.heading_of)
def check_headings(case: Case) -> None:
    for place in {0, 1, 2, len(case.order) - 1} & {*range(len(case.order))}:
        index = case.order[place]
        said = taken_apart(maps.heading_of(case.top, Target(index)), "{rank}, {name}: {share:%}")
        assert said["rank"] == {0: "The top class", 1: "The runner-up"}.get(place, "Class")
        assert said["name"] == f"“{case.category(index)}”"
        is_chance(said["share"], case.probabilities[index])
    for target in case.targets[2:]:
        expected = phrase_of(case, target)
        assert maps.heading_of(case.top, target) == expected[0].upper() + expected[1:]


@checks(gallery._sizes, gallery._reach, gallery._note)
def check_sizes(case: Case) -> None:
    random = np.random.default_rng(0)
    for values in (random.normal(size=(3, 5)), random.random((4, 2)), np.zeros((2, 2)), -random.random((2, 3))):
        said = taken_apart(
            gallery._sizes(values),
            "{h:i} × {w:i}, {low:n} to {high:n}",
            "{h:i} × {w:i}, up to {high:n}",
            "{h:i} × {w:i}, nothing positive",
        )
        assert (int(said["h"]), int(said["w"])) == values.shape
        assert ("low" in said) == (values.min() < 0)
        assert ("high" in said) == bool(values.any())
        if "high" in said:
            same(said["high"], float(values.max()), 2 if "low" in said else 3)
        if "low" in said:
            same(said["low"], float(values.min()), 2)
    stages = [stage for stage in case.network.stages if case.network.layer(stage).is_spatial]
    for is_stretched in (False, True):
        look = type("Look", (), {"is_stretched": is_stretched})
        text = gallery._note(case.network, stages, look)
        uneven = [stage for stage in stages if case.network.places(stage) is not None]
        assert bool(text) == bool(uneven)
        assert ("stretched" in text) == (bool(uneven) and is_stretched)


@checks(agreement._closest)
def check_agreement(case: Case) -> None:
    titles, row = ["A", "B", "C", "D"], [1.0, 0.31, -0.004, 0.92]
    for n in (2, 3, 4):
        said = taken_apart(
            agreement._closest(titles[:n], row[:n]),
            "Ranks the pixels most like A: {first}, {most:n}.[[ Least: {last}, {least:n}.]]",
        )
        others = dict(zip(titles[1:n], row[1:n], strict=True))
        assert others[said["first"]] == max(others.values())
        assert abs(float(said["most"]) - max(others.values())) <= 0.00501
        assert ("last" in said) == (n > 2)
        if "last" in said:
            assert others[said["last"]] == min(others.values())
            assert said["least"] == "0.00"
    assert agreement._closest(["A"], [1.0]) == "There is no other map to compare A with."


@checks(sanity._forgot, sanity._at)
def check_forgetting(case: Case) -> None:
    values = np.ones((2, 2), np.float32)
    steps = [SanityStep(name, values, r, -r, "") for name, r in (("fc", 0.987), ("b2", -0.003), ("b1", 0.2))]
    steps.append(SanityStep("b0", None, None, None, "No map."))
    found = Sanity(Attribution(values, "gradient", None, 0, 0.1, 2, 1.0), tuple(steps), 1.0)
    assert [sanity._forgot(["fc", "b2", "b1"], i) for i in range(4)] == [
        "as learned", "fc forgot", "b2 and later forgot", "b1 and later forgot"
    ]  # fmt: skip
    assert sanity._at(found, 0) == "Nothing has forgotten yet."
    assert sanity._at(found, 4) == "No map."
    for i, r in ((1, 0.987), (2, -0.003), (3, 0.2)):
        said = taken_apart(
            sanity._at(found, i), "After {n:i} {blocks}: rank correlation {signed:n}, without signs {absolute:n}."
        )
        assert int(said["n"]) == i
        agrees(i, "block", "blocks", said["blocks"])
        assert abs(float(said["signed"]) - r) <= 0.00501
        assert abs(float(said["absolute"]) + r) <= 0.00501
        assert "-0.00" not in (said["signed"], said["absolute"])


@checks(report_card._edges)
def check_edges(case: Case) -> None:
    said = taken_apart(report_card._edges((1.5, 2, 30, 44.25)), "y {top:n} to {bottom:n}, x {left:n} to {right:n}")
    assert [float(said[key]) for key in ("top", "left", "bottom", "right")] == [1.5, 2, 30, 44.25]


@checks(value._place)
def check_places(case: Case) -> None:
    for layer in [name for name, one in case.network.layers.items() if one.kind == "convolution"][:2]:
        opened = open_value(case.top, layer, (0, 0, 0))
        window, (height, width) = case.network.layers[layer].window, case.source(layer).shape[1:]
        for product in rank(opened, 40).products:
            y, x = (cell * d - p for cell, d, p in zip(product.cell, window.dilation, window.padding, strict=True))
            is_inside = 0 <= y < height and 0 <= x < width
            assert value._place(product) == (f"{y}, {x}" if is_inside else "padding")
            taken_apart(value._place(product), "{at}")


@checks(lab._reading, lab._note, units.input_name)
def check_the_lab(case: Case) -> None:
    plane = source(case.network, case.top.prepared, sources(case.network)[0])
    for name, bias in (("Sobel x", 0.0), ("box", -0.25), ("identity", 0.0)):
        experiment = convolve(plane, named_kernel(name).weights, bias=bias)
        text = lab._reading(experiment.values, scale_of(experiment.values))
        assert ("Red is positive" in text) == bool(experiment.values.min() < 0)
        note = lab._note(experiment)
        assert bool(note) == (bias != 0)
        if bias:
            same(taken_apart(note, "with the bias {bias:n}")["bias"], bias)
    flat = np.full((3, 3), 0.5, np.float32)
    same(taken_apart(lab._reading(flat, scale_of(flat)), "All values are {v:n}.")["v"], 0.5)
    first = next(name for name, layer in case.network.layers.items() if layer.kind in ("convolution", "dense"))
    called = [units.input_name(case.network, first, c) for c in range(len(case.source(first)))][:3]
    is_map = case.network.layers[first].kind == "convolution" and not case.network.layers[first].inputs
    one = ["level"] if case.network.name == "sound_cnn" else ["brightness"]
    colours = ["red", "green", "blue"] if case.network.preprocessing.n_channels == 3 else one
    assert called == colours or not is_map


@checks(switch_mosaic._state)
def check_states(case: Case) -> None:
    assert [switch_mosaic._state(factor) for factor in (1.0, 0.0)] == ["", "off"]
    for factor in (0.25, 2.0):
        same(taken_apart(switch_mosaic._state(factor), "× {factor:n}")["factor"], factor)


@checks(units.activation_unit, units.input_unit, units.shade)
def check_units(case: Case) -> None:
    names = list(case.network.layers)
    for layer in (names[0], names[-1]):
        said = taken_apart(
            units.activation_unit(case.network, layer),
            "values of {layer}, in units of the logit",
            "activation of {layer}, no unit",
        )
        assert said["layer"] == layer
    assert ("logit" in units.activation_unit(case.network, names[-1])) == bool(case.network.categories)
    how: Any = case.network.preprocessing
    for layer in [name for name in names if case.network.layers[name].kind in ("convolution", "dense")][:3]:
        if case.network.layers[layer].inputs:
            (source,) = case.network.layers[layer].inputs
            if case.network.layers[source].inputs:
                expected = units.activation_unit(case.network, source)
                assert units.input_unit(case.top, layer, 0) == expected
            continue
        for channel, name in enumerate(how.inputs):
            assert units.shade(name) == (name if name in ("red", "green", "blue") else "grey")
            said = taken_apart(
                units.input_unit(case.top, layer, channel),
                "normalised {name}, no unit: none of it is {low:n}, full is {high:n}",
            )
            mean, std = ((m if isinstance(m, float) else m[channel]) for m in (how.mean, how.std))
            assert said["name"] == name
            same(said["low"], -mean / std, slack=1e-6)
            same(said["high"], (1 - mean) / std, slack=1e-6)
            scale = units.input_scale(case.top, layer, channel)
            values = case.source(layer)[channel]
            assert scale.low <= values.min()
            assert values.max() <= scale.high

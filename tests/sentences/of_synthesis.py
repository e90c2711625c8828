"""Pictures made in a few steps: what they reach is measured again, by passes of the sentences' own."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import explorer
from explorer.pictures.samples import SAMPLES, load_sample
from explorer.synthesis import Changed, Objective, Settings, Synthesis, dream, invert, synthesise
from explorer.synthesis import sentences as say
from explorer.trace import as_maps

from .case import Case
from .said import checks, same, taken_apart

_READABLE = "By the rule “more than all of these, and at least 50\u00a0% left” "
_REACHED = (
    "The picture reaches {value:n}, made of waves of any strength in {steps:i} steps at {side} pixels, seed 0, in {t}."
)
_HELD = (
    "{unit} has {top:n} here; at most {natural:n} in the {n:i} pictures that come along (“{best}”), and {noise:n} in "
    "8 pictures of noise.[[ Of what it has more than noise, {left:%} are left when the picture is moved a little.]] "
    "{rule}"
)


def made(case: Case) -> Synthesis:
    if "made" not in case.kept:
        layer, channel = case.loudest
        case.kept["made"] = synthesise(case.network, Objective.channel(layer, channel), Settings(steps=2))
    return case.kept["made"]  # type: ignore[no-any-return]


def changed(case: Case, make: object) -> Changed:
    if make not in case.kept:
        case.kept[make] = make(case.network, case.image, case.loudest[0], steps=2)  # type: ignore[operator]
    return case.kept[make]  # type: ignore[no-any-return]


def answers(case: Case, found: Synthesis, values: np.ndarray) -> np.ndarray:
    """The channel's value at every place, of values from 0 to 1."""
    x = case.network.preprocessing.scaled(torch.tensor(values))
    name = found.objective.read_from(case.network)
    with torch.inference_mode():
        return case.network.layers[name].as_maps(case.network.graph.up_to(name, x))[0, case.loudest[1]].numpy()


@checks(say.objective_sentence, Objective.phrase)
def check_objective(case: Case) -> None:
    found = made(case)
    layer, channel = case.loudest
    said = taken_apart(
        say.objective_sentence(case.network, found.objective),
        "What is to be high is {phrase}, as {read} gives it, before {kind}: behind it a silent channel would give no "
        "step a direction.",
        "What is to be high is {phrase}.",
    )
    assert f"{channel} of {layer}" in said["phrase"]
    if "read" in said:
        followed = [one for one in case.network.layers.values() if said["read"] in one.inputs]
        assert said["kind"] in {one.kind for one in followed}
    else:
        assert found.objective.read_from(case.network) == layer
    if not case.network.no_classes:
        said = taken_apart(
            say.objective_sentence(case.network, Objective.class_(case.best)),
            "What is to be high is the logit of “{name}”, before softmax.",
        )
        assert said["name"] == case.category(case.best)


@checks(say.reached_sentence, say.kind_sentence)
def check_reached(case: Case) -> None:
    found = made(case)
    said = taken_apart(say.reached_sentence(found), _REACHED)
    same(said["value"], float(answers(case, found, found.values).mean()))
    assert said["steps"] == "2"
    assert bool(say.kind_sentence(case.network)) == (case.network.name == "sound_cnn")
    assert said["side"] == "{} × {}".format(*found.values.shape[2:])


@checks(say.readable_sentence)
def check_readable(case: Case) -> None:
    found = made(case)
    if case.network.weights_name.startswith("random"):
        taken_apart(say.readable_sentence(found), "Nothing trained these weights: {rest}")
        return
    said = taken_apart(say.readable_sentence(found), _HELD)
    top = float(answers(case, found, found.values).max())
    same(said["top"], top)
    name = found.objective.read_from(case.network)
    channel = case.loudest[1]
    natural = {
        one: float(as_maps(explorer.run(case.network, load_sample(one))[name])[channel].max()) for one in SAMPLES
    }
    same(said["natural"], max(natural.values()))
    assert int(said["n"]) == len(SAMPLES)
    likely = [sample.title for one, sample in SAMPLES.items() if natural[one] >= 0.9999 * max(natural.values())]
    assert said["best"] in likely
    passes = top > max(max(natural.values()), found.measured.noise) and found.measured.holds >= 0.5
    assert said["rule"].startswith(_READABLE + ("it can be read" if passes else "nothing readable came out"))


@checks(say.natural_sentence, say.patches_sentence)
def check_natural(case: Case) -> None:
    found = made(case)
    said = taken_apart(
        say.natural_sentence(found),
        "The strongest of the {n:i} pictures that come along; by the same measure the made one has {top:n}.",
    )
    assert int(said["n"]) == len(SAMPLES)
    same(said["top"], float(answers(case, found, found.values).max()))
    said = taken_apart(
        say.patches_sentence(1234, "A set", case.loudest[0], 5.25),
        "The strongest of {n} pictures in “A set”, by what {layer} gives; there the made picture has {top:n}.",
    )
    assert (said["n"], said["layer"]) == ("1,234", case.loudest[0])
    same(said["top"], 5.25)


@checks(say.dream_sentence)
def check_dream(case: Case) -> None:
    found = changed(case, dream)
    said = taken_apart(
        say.dream_sentence(found),
        "In {n:i} steps along the gradient what {layer} answers, as the mean of its squares or of the one channel, "
        "went from {first:n} to {last:n}; it began on the smallest octave. Whatever it saw in the picture, it sees "
        "more of; nothing else was added. Made in {t}.",
    )
    assert int(said["n"]) == len(found.course)
    assert said["layer"] == case.loudest[0]
    same(said["first"], float(found.course[0]))
    same(said["last"], float(found.course[-1]))


@checks(say.inversion_sentence)
def check_inversion(case: Case) -> None:
    found = changed(case, invert)
    said = taken_apart(
        say.inversion_sentence(found),
        "Begun from noise, the picture was changed in {n:i} steps towards what {layer} gives for yours: "
        "{left:%} of the distance from an even grey are left. What is not there again the layer does not need, or "
        "{again:i} steps were too few. Made in {t}.",
    )
    assert int(said["n"]) == int(said["again"]) == 2
    assert float(said["left"].split("\u00a0")[0].replace(",", "")) == pytest.approx(100 * found.course[-1], abs=0.06)

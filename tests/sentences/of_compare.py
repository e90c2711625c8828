"""Passes beside each other: cosines, correlations and answers worked out again from the raw arrays."""

from __future__ import annotations

import numpy as np

import explorer
from explorer.challenges import changed, similarity
from explorer.compare import matching_regions, rows
from explorer.compare import sentences as say
from explorer.pictures.samples import load_sample
from explorer.trace import Trace

from .case import Case
from .said import checks, counted, is_chance, same, taken_apart


def mirrored(case: Case) -> Trace:
    """The network's pass over the picture's mirror image, for the same class."""
    if "mirrored" not in case.kept:
        case.kept["mirrored"] = explorer.run(case.network, changed(case.image, "mirror", 1.0), case.best)
    return case.kept["mirrored"]  # type: ignore[no-any-return]


def dense(case: Case) -> Trace:
    """A network without maps, whose classes are digits."""
    if "dense" not in case.kept:
        case.kept["dense"] = explorer.run(explorer.load_network("mlp"), load_sample("digit"), "top")
    return case.kept["dense"]  # type: ignore[no-any-return]


@checks(say.no_layer, say.no_channel, say.one_number)
def check_what_is_not_there(case: Case) -> None:
    network, other = case.network, dense(case).network
    layer = next(iter(network.layers))
    said = taken_apart(
        say.no_layer(network, layer, other),
        "{other} has no stage that ends in {kind}, so nothing in it is what {layer} is in {own}. Give it a layer of "
        "its own, or choose another one for all.",
    )
    assert (said["other"], said["own"], said["layer"]) == (other.title, network.title, layer)
    assert (said["kind"] == "maps") == (case.top[layer].ndim == 3 and case.top[layer].shape[1:] != (1, 1))
    last = list(network.layers)[-1]
    n = case.top[last].size
    said = taken_apart(
        say.no_channel(network, last, n),
        "{layer} of {own} has {n:i} channel, 0 to {last:i}, so none with the number {asked:i}.",
        "{layer} of {own} has {n:i} channels, 0 to {last:i}, so none with the number {asked:i}.",
    )
    counted(said["n"], n)
    assert (int(said["last"]), int(said["asked"])) == (n - 1, n)
    said = taken_apart(
        say.one_number(case.top, last, 0, "1.5"),
        "{layer} is a row of {n:i} number without places; number {at:i} is {value:n}.",
        "{layer} is a row of {n:i} numbers without places; number {at:i} is {value:n}.",
    )
    assert (said["layer"], said["at"], said["value"]) == (last, "0", "1.5")
    counted(said["n"], n)


@checks(say.class_sentence)
def check_class(case: Case) -> None:
    pattern = "Evidence for “{name}”, {p:%}"
    own = taken_apart(say.class_sentence(case.top, case.top), f"{pattern}.")
    assert own["name"] == case.category(case.best)
    is_chance(own["p"], case.probabilities[case.best], 1e-5)
    alike = taken_apart(say.class_sentence(case.top, mirrored(case)), f"{pattern}, as in pane 1.")
    assert alike["name"] == case.category(case.best)
    is_chance(alike["p"], float(mirrored(case).probabilities[case.best]), 1e-5)
    least = taken_apart(say.class_sentence(case.top, case.least), f"{pattern}; in pane 1 it is for “{{asked}}”.")
    assert (least["name"], least["asked"]) == (case.category(case.worst), case.category(case.best))


@checks(say.agreement_sentence)
def check_agreement(case: Case) -> None:
    others = [mirrored(case), case.least]
    found = rows([case.top, *others])
    said = taken_apart(
        say.agreement_sentence(found),
        "The first pane’s answer, “{name}”, is by name also that of {panes}.[[ The evidence of pane {i:i} correlates "
        "with the first one’s by {r:n}[[, more than any other]].]]",
        "No other pane gives the first one’s answer, “{name}”.[[ The evidence of pane {i:i} correlates with the first "
        "one’s by {r:n}[[, more than any other]].]]",
    )
    assert said["name"] == case.category(case.best)
    same_answer = [i for i, trace in enumerate(others, 2) if trace.logits.argmax() == case.top.logits.argmax()]
    if len(case.top.logits) == 1:
        same_answer = [i for i, t in enumerate(others, 2) if (t.logits[0] > 0) == (case.top.logits[0] > 0)]
    assert said.get("panes", "") == {0: "", 1: "pane 3", 2: "panes 2 and 3"}[len(same_answer)]
    known = [(row.agreement, i) for i, row in enumerate(found[1:], 2) if row.agreement is not None]
    assert ("r" in said) == bool(known)
    if known:
        assert int(said["i"]) == max(known)[1]
        same(said["r"], max(known)[0], slack=0.0051)


@checks(say.difference_sentence)
def check_difference(case: Case) -> None:
    layer = next(iter(case.network.layers))
    alike = taken_apart(
        say.difference_sentence(case.top, mirrored(case), layer, 3),
        "Pane {i:i} less pane 1, in the same network: red where {layer} is higher in pane {j:i}.",
    )
    assert (alike["i"], alike["j"], alike["layer"]) == ("3", "3", layer)
    if case.network.key != dense(case).network.key:
        text = say.difference_sentence(case.top, dense(case), layer, 2)
        assert "two networks" in taken_apart(text, "Pane 2 less pane 1: red where {layer} is {rest}")["rest"]


@checks(say.evidence_difference_sentence)
def check_evidence_difference(case: Case) -> None:
    pattern = "Pane {i:i} less pane 1: red where pane {j:i} has more evidence for “{name}”"
    alike = taken_apart(say.evidence_difference_sentence(case.top, mirrored(case), 2), f"{pattern}.")
    assert (alike["i"], alike["j"], alike["name"]) == ("2", "2", case.category(case.best))
    other = taken_apart(
        say.evidence_difference_sentence(case.top, case.least, 3), f"{pattern} than pane 1 has for “{{first}}”."
    )
    assert (other["name"], other["first"]) == (case.category(case.worst), case.category(case.best))
    if case.network.key != dense(case).network.key:
        text = say.evidence_difference_sentence(case.top, dense(case), 2)
        assert taken_apart(text, "{rest}. Each is in units of its own network’s logit.")


@checks(say.similar_sentence)
def check_similar(case: Case) -> None:
    said = taken_apart(
        say.similar_sentence(similarity(case.top, mirrored(case))),
        "By their channels’ means the two are most alike at {most}, {high:n}, and least at {least}, {low:n}. 1 means "
        "the same mixture of channels; the mean does not know where anything is, cell by cell does.",
    )
    for stage, shown in ((said["most"], said["high"]), (said["least"], said["low"])):
        a, b = (
            one.reshape(len(one), -1).mean(axis=1).astype(float) for one in (case.top[stage], mirrored(case)[stage])
        )
        same(shown, float(a @ b / np.sqrt((a @ a) * (b @ b))), slack=0.0051)


@checks(say.regions_sentence)
def check_regions(case: Case) -> None:
    if not case.network.has_maps:
        return
    found = matching_regions(case.top, mirrored(case))
    cells = [one[found.layer].reshape(len(one[found.layer]), -1).astype(float) for one in (case.top, mirrored(case))]
    with np.errstate(divide="ignore", invalid="ignore"):
        a, b = (np.nan_to_num(one / np.linalg.norm(one, axis=0)) for one in cells)
    said = taken_apart(
        say.regions_sentence(found),
        "No cell of {layer} in one picture is like one in the other.",
        "Bright is what looks to {layer} like something in the other picture, wherever it is there. {n:i} pair of "
        "cells is each other’s best match; the cosine of the best is {best:n}.",
        "Bright is what looks to {layer} like something in the other picture, wherever it is there. {n:i} pairs of "
        "cells are each other’s best match; the cosine of the best is {best:n}.",
    )
    assert said["layer"] == found.layer
    if "n" in said:
        counted(said["n"], len(found.pairs))
        same(said["best"], float((a.T @ b).max()), slack=0.0051)

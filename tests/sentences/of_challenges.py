"""Changed pictures: the network asked again, one picture at a time."""

from __future__ import annotations

import math

import numpy as np

import explorer
from explorer.challenges import attack
from explorer.challenges import sentences as say
from explorer.challenges.card import Borne, borne
from explorer.challenges.changes import CHANGES, changed
from explorer.challenges.evidence import followed
from explorer.challenges.sweep import Sweep, sweep

from .case import Case
from .said import checks, is_chance, same, softmax, taken_apart

ASKED = {"rotation": [-40.0, 0.0, 10.0, 90.0], "gamma": [0.3, 1.0, 2.0], "noise": [0.0, 30.0, 200.0]}


def swept(case: Case, name: str) -> Sweep:
    if name not in case.kept:
        case.kept[name] = sweep(case.top, name, ASKED[name])
    return case.kept[name]  # type: ignore[no-any-return]


def likeliest(case: Case, name: str, strength: float) -> tuple[int, list[float]]:
    z = [float(one) for one in explorer.run(case.network, changed(case.image, name, strength)).logits]
    z = z if len(z) > 1 else [0.0, z[0]]
    return max(range(len(z)), key=z.__getitem__), softmax(z)


@checks(say.change_sentence)
def check_change(case: Case) -> None:
    for change in CHANGES.values():
        strength = change.high
        said = taken_apart(say.change_sentence(change, strength), "{title}: {value}, {rest}.")
        assert said["title"] == change.title
        assert float(said["value"].split("°")[0].split()[0].removesuffix("×")) == strength
        none = taken_apart(say.change_sentence(change, change.still), "{title}, {rest}. At {value} nothing changes.")
        assert float(none["value"].split("°")[0].split()[0]) == change.still


@checks(say.left_out_sentence)
def check_left_out(case: Case) -> None:
    rows = [Borne(name, 0.0, 0.0, 1.0) for name in CHANGES]
    assert say.left_out_sentence(rows) == ""
    said = taken_apart(
        say.left_out_sentence(rows[:-2]),
        "Left out, since GrabCut finds no thing in the box: {titles}. Drag another box around the thing.",
    )
    assert said["titles"] == ", ".join(change.title for change in [*CHANGES.values()][-2:])


@checks(say.answer_sentence)
def check_answer(case: Case) -> None:
    for strength in ASKED["rotation"]:
        best, p = likeliest(case, "rotation", strength)
        after = explorer.run(case.network, changed(case.image, "rotation", strength), case.best)
        said = taken_apart(
            say.answer_sentence(case.top, after),
            "“{name}” has {now:%}, before the change {before:%}, and is still the likeliest class.",
            "“{name}” has {now:%}, before the change {before:%}; the likeliest class is now “{other}”, {p:%}.",
        )
        assert said["name"] == case.category(case.best)
        is_chance(said["now"], p[case.best], 1e-5)
        is_chance(said["before"], case.probabilities[case.best], 1e-5)
        assert ("other" in said) == (best != case.best)
        if "other" in said:
            assert said["other"] == case.category(best)
            is_chance(said["p"], p[best], 1e-5)


@checks(say.sweep_sentence, say.borne_phrase)
def check_sweep(case: Case) -> None:
    for name, strengths in ASKED.items():
        answers = [likeliest(case, name, strength)[0] for strength in strengths]
        at = strengths.index(CHANGES[name].still)
        low = high = at
        while low and answers[low - 1] == case.best:
            low -= 1
        while high < len(strengths) - 1 and answers[high + 1] == case.best:
            high += 1
        found = swept(case, name)
        phrase = say.borne_phrase(borne(found))
        if (low, high) == (at, at):
            assert phrase == "with no change alone"
        elif (strengths[low], strengths[high]) == (CHANGES[name].low, CHANGES[name].high):
            assert phrase == "at every strength that was tried"
        else:
            ends = taken_apart(phrase, "from {low} to {high}")
            assert ends == {"low": CHANGES[name].words(strengths[low]), "high": CHANGES[name].words(strengths[high])}
        said = taken_apart(
            say.sweep_sentence(case.top, found),
            "“{name}” stays the likeliest class {borne}.[[ Where it does not, the answer is mostly “{other}”.]]",
        )
        assert said["name"] == case.category(case.best)
        assert said["borne"] == phrase
        others = [answer for answer in answers if answer != case.best]
        assert ("other" in said) == bool(others)
        if others:
            most = max(map(others.count, others))
            assert said["other"] in {case.category(one) for one in others if others.count(one) == most}


@checks(say.followed_sentence)
def check_followed(case: Case) -> None:
    values = followed(case.top, swept(case, "rotation")) if case.network.has_maps else None
    if values is None:
        return
    known = [value for value in values if value is not None]
    if len(known) < 2:
        taken_apart(say.followed_sentence(values), "At too few strengths can the maps be compared.")
        return
    said = taken_apart(
        say.followed_sentence(values),
        "Moved back as the picture was moved, the map of the evidence correlates with that of the unchanged picture by "
        "{low:n} or more: where the picture moves, the evidence {verdict}.",
    )
    same(said["low"], min(known), digits=2, slack=0.005)
    assert ("does not" in said["verdict"]) == (min(known) <= 0.4)
    assert not math.isnan(float(np.min(known)))


@checks(say.attack_sentence)
def check_attack(case: Case) -> None:
    for epsilon, steps, aim in ((2, 1, None), (1, 2, case.worst)):
        found = attack(case.top, epsilon, steps, aim)
        p = softmax([float(one) for one in found.trace.logits])
        p = p if len(p) > 1 else softmax([0.0, float(found.trace.logits[0])])
        best = max(range(len(p)), key=p.__getitem__)
        said = taken_apart(
            say.attack_sentence(case.top, found),
            "No value was changed by more than {n:i} level[[s]] of 255, in {how}. “{name}” went from {before:%} to "
            "{now:%}; the answer is “{other}”, {p:%}.[[ “{aim}” was aimed at, and not reached: it has {q:%}.]]",
        )
        assert float(np.abs(found.change).max()) <= int(said["n"]) + 1e-3
        assert said["how"] == ("one step along the sign of the gradient" if steps == 1 else f"{steps} steps")
        assert said["name"] == case.category(case.best)
        is_chance(said["before"], case.probabilities[case.best], 1e-5)
        is_chance(said["now"], p[case.best], 1e-5)
        assert said["other"] == case.category(best)
        is_chance(said["p"], p[best], 1e-5)
        assert ("aim" in said) == (aim is not None and best != aim)
        if "aim" in said:
            assert said["aim"] == case.category(case.worst)
            is_chance(said["q"], p[case.worst], 1e-5)

"""A new head: the network with it, asked picture by picture."""

from __future__ import annotations

import math

import explorer
from explorer.attribution import class_activation_map
from explorer.classifier.head import head
from explorer.transfer import Learned, gathered, learn
from explorer.transfer import sentences as say
from explorer.transfer.drawn import drawn_set
from explorer.transfer.examples import Example
from explorer.transfer.shortcut import Exposed, exposed, mark_box, marked, planted
from explorer.transfer.sweeping import Swept

from .case import Case
from .said import agrees, checks, counted, is_share, taken_apart


def tuned(case: Case) -> Learned:
    if "transfer" not in case.kept:
        case.kept["transfer"] = learn(case.network, gathered(planted(drawn_set("parts", 6), "good")))
    return case.kept["transfer"]  # type: ignore[no-any-return]


def answer(found: Learned, one: Example) -> int:
    return explorer.run(found.network, one.source.read()).top(1)[0].index


@checks(say.examples_sentence)
def check_examples(case: Case) -> None:
    examples = gathered({**drawn_set("parts", 5), **drawn_set("shapes", 9)}, share=0.3)
    said = taken_apart(
        say.examples_sentence(examples),
        "{n:i} pictures of {k:i} classes; {held:i} of them are held out: the network is not trained on them, so they "
        "tell whether it has learned or only remembers.",
    )
    counted(said["n"], 2 * 5 + 3 * 9)
    counted(said["k"], 5)
    counted(said["held"], 2 * 2 + 3 * 3)  # 1.5 and 2.7, rounded


@checks(say.learned_sentence)
def check_learned(case: Case) -> None:
    found = tuned(case)
    said = taken_apart(
        say.learned_sentence(found),
        "{held:%} of {n:i} held-out pictures right, {seen:%} of those trained on. Trained were {numbers:i} numbers: a "
        "classifier from the {inputs:i} numbers that {name} makes of a picture to {k:i} classes. All other layers are "
        "as they were.",
    )
    right = {True: 0, False: 0}
    for one in found.examples.examples:
        right[one.is_held_out] += answer(found, one) == one.label
    counted(said["n"], 4)  # a quarter of six is two, of each of two classes
    is_share(said["held"], right[True] / 4, 1e-6)
    is_share(said["seen"], right[False] / 8, 1e-6)
    last = head(case.network).weighted[-1]
    read = case.network.layers[last.inputs[0]]
    n_inputs = read.shape[0] if last.kind == "convolution" else math.prod(read.shape)
    counted(said["inputs"], n_inputs)
    counted(said["k"], 2)
    counted(said["numbers"], 2 * n_inputs + 2)
    assert said["name"] == case.network.title


@checks(say.given_sentence)
def check_given(case: Case) -> None:
    said = taken_apart(
        say.given_sentence(drawn_set("parts", 1200)),
        "{n:i} pictures: {a:i} of 'good', {b:i} of 'scratched'. A quarter of each class will be held out.",
    )
    for name, n in {"n": 2400, "a": 1200, "b": 1200}.items():
        counted(said[name], n)


@checks(say.answered_sentence)
def check_answered(case: Case) -> None:
    found = tuned(case)
    held = [one for one in found.examples.examples if one.is_held_out]
    right = sum(answer(found, one) == one.label for one in held)
    for is_right, n, how in ((True, right, "right"), (False, len(held) - right, "wrong")):
        said = taken_apart(
            say.answered_sentence(found, is_right), f"{{n:i}} of {{all:i}} held-out answers {{be}} {how}."
        )
        counted(said["n"], n)
        counted(said["all"], len(held))
        agrees(n, "is", "are", said["be"])


@checks(say.cell_name)
def check_cells(case: Case) -> None:
    found = tuned(case)
    names = found.examples.categories
    for truth in range(2):
        for taken in range(2):
            n = sum(
                one.is_held_out and one.label == truth and answer(found, one) == taken
                for one in found.examples.examples
            )
            said = taken_apart(
                say.cell_name(names, truth, taken, int(found.evaluation().confusion[truth, taken])),
                "'{truth}', rightly: {n:i}", "'{truth}', taken for '{taken}': {n:i}",
            )  # fmt: skip
            counted(said["n"], n)
            assert said["truth"] == names[truth]
            assert said.get("taken", said["truth"]) == names[taken]


@checks(say.swept_sentence)
def check_swept(case: Case) -> None:
    rows = {0.1: (0.9, 0.2), 0.2: (1.0, 0.4), 0.3: (0.95, 0.75)}
    made = tuple(Exposed("good", accuracy, followed, 0.0, ()) for accuracy, followed in rows.values())
    begin = "Accuracy lies between {low:%} and {high:%}, and does not tell."
    said = taken_apart(
        say.swept_sentence(Swept(tuple(rows), "top left", made)),
        f"{begin} The smallest of these marks that half of the other classes’ pictures follow has {{size:%}} of the "
        "shorter side.",
    )
    is_share(said["low"], 0.9)
    is_share(said["high"], 1.0)
    is_share(said["size"], 0.3)
    taken_apart(
        say.swept_sentence(Swept((0.1, 0.2), "top left", made[:2])),
        f"{begin} At none of these sizes do half of the other classes’ pictures follow the mark.",
    )


@checks(say.exposed_sentence)
def check_exposed(case: Case) -> None:
    found = tuned(case)
    held = [one for one in found.examples.examples if one.is_held_out]
    others = [one.source.read() for one in held if one.label == 1]
    after = sum(explorer.run(found.network, marked(one)).top(1)[0].index == 0 for one in others) / len(others)
    before = sum(explorer.run(found.network, one).top(1)[0].index == 0 for one in others) / len(others)
    right = sum(answer(found, one) == one.label for one in held) / len(held)
    text = say.exposed_sentence(found.network, exposed(found, "good"))
    begin = (
        "With the mark on every picture of '{name}', {right:%} of the held-out pictures are right, which says nothing "
        "of the mark. Put on the pictures of other classes, it has {after:%} of them taken for '{name2}'; without it "
        "were {before:%}."
    )
    ways = (
        f"{begin} On {{most:%}} of the marked pictures at least half of the positive evidence lies in the cells of the "
        "mark; half of them have {median:%} or more there.",
        f"{begin} {{rest}}",
    )
    said = taken_apart(text, *ways)
    assert said["name"] == said["name2"] == "good"
    is_share(said["right"], right, 1e-6)
    is_share(said["after"], after, 1e-6)
    is_share(said["before"], before, 1e-6)
    assert ("most" in said) == case.network.has_maps
    if "most" not in said:
        assert said["rest"] == case.network.cam_reason
        return
    shares = sorted(share(found, one) for one in held if one.label == 0)
    is_share(said["most"], sum(one >= 0.5 for one in shares) / len(shares), 1e-6)
    is_share(said["median"], (shares[0] + shares[1]) / 2, 1e-5)


def share(found: Learned, one: Example) -> float:
    """Of the positive evidence, what lies in cells that the mark touches: cell by cell."""
    trace = explorer.run(found.network, one.source.read(), 0)
    values = class_activation_map(trace)
    top, left, bottom, right = trace.prepared.box
    mark = mark_box(trace.image)
    height, width = (bottom - top) / values.shape[0], (right - left) / values.shape[1]
    inside = sum(
        float(values[y, x])
        for y in range(values.shape[0])
        for x in range(values.shape[1])
        if top + y * height < mark[2] and top + (y + 1) * height > mark[0]
        and left + x * width < mark[3] and left + (x + 1) * width > mark[1]
    )  # fmt: skip
    return inside / float(values.sum()) if values.sum() > 0 else 0.0

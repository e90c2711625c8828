"""Class names in lines of text, as the common tools write them: every way to say the same, and what says nothing."""

from __future__ import annotations

import csv
import io
import itertools
import json
import random

import pytest

from explorer.errors import BadCategories
from explorer.loading.categories import names_found, read_categories

NAMES = ("cat", "Zürich tram", "owl, barn", "7 dwarfs")
ORDERS = [(0, 1, 2, 3), (3, 2, 1, 0), (2, 0, 3, 1)]


def read(text: str, n: int = len(NAMES)) -> tuple[str, ...]:
    return read_categories(text.encode(), n, "names.txt")


def as_csv(rows: list[list[object]], delimiter: str = ",", quoting: int = csv.QUOTE_MINIMAL) -> str:
    stream = io.StringIO()
    csv.writer(stream, delimiter=delimiter, quoting=quoting).writerows(rows)  # type: ignore[arg-type]
    return stream.getvalue()


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("sign", [" ", ",", ", ", ";", ": ", "\t", "  ", " = ", " | "])
def test_numbers_before_the_names(sign: str, order: tuple[int, ...]) -> None:
    assert read("\n".join(f"{i}{sign}{NAMES[i]}" for i in order)) == NAMES


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("sign", [",", ";", "\t", " , "])
def test_numbers_behind_the_names(sign: str, order: tuple[int, ...]) -> None:
    assert read("\n".join(f"{NAMES[i]}{sign}{i}" for i in order)) == NAMES


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("quoting", [csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("header", [None, ["label", "name"], ["ClassId", "SignName"], ["id", "class"]])
def test_tables(header: list[object] | None, delimiter: str, quoting: int, order: tuple[int, ...]) -> None:
    rows: list[list[object]] = [[i, NAMES[i]] for i in order]
    before = [header] if header else []
    assert read(as_csv([*before, *rows], delimiter, quoting)) == NAMES
    turned = [row[::-1] for row in [*before, *rows]]
    assert read(as_csv(turned, delimiter, quoting)) == NAMES


def test_the_header_says_which_column_has_the_names() -> None:
    rows: list[list[object]] = [["id", "kind", "name"], *([i, "thing", name] for i, name in enumerate(NAMES))]
    assert read(as_csv(rows)) == NAMES
    for columns in itertools.permutations(range(3)):
        assert read(as_csv([[row[c] for c in columns] for row in rows])) == NAMES


@pytest.mark.parametrize(
    "text",
    [
        "- cat\n- Zürich tram\n- owl, barn\n- 7 dwarfs",
        "# of a class each\n---\n- cat\n- 'Zürich tram'\n- \"owl, barn\"\n- 7 dwarfs\n",
        "train: a/b\nnc: 4\nnames:\n  0: cat\n  1: Zürich tram\n  2: owl, barn\n  3: 7 dwarfs\n",
        "names:\n  3: 7 dwarfs\n  1: Zürich tram\n  0: cat\n  2: 'owl, barn'\nnc: 4\n",
        "names:\n- cat\n- Zürich tram\n- owl, barn\n- 7 dwarfs\nnc: 4",
        "nc: 4\nnames: [cat, Zürich tram, \"owl, barn\", 7 dwarfs]",
        "classes: ['cat', 'Zürich tram', 'owl, barn', '7 dwarfs']",
    ],
)  # fmt: skip
def test_yaml(text: str) -> None:
    assert read(text) == NAMES


@pytest.mark.parametrize("key", ["label_names", "class_names", "classes", "names", "class_to_idx", "idx_to_class"])
def test_configurations_of_other_tools(key: str) -> None:
    value: object = list(NAMES)
    if key == "class_to_idx":
        value = {name: index for index, name in enumerate(NAMES)}
    if key == "idx_to_class":
        value = {str(index): name for index, name in enumerate(NAMES)}
    assert read(json.dumps({"architecture": "lenet5", "num_classes": 4, key: value})) == NAMES


@pytest.mark.parametrize(
    "names",
    [
        ("1", "10", "2", "3"),
        ("class 0", "class 1", "class 2", "class 3"),
        ("1 cat", "2 dog", "3 owl", "4 fox"),  # as they stand, since nobody says that 1 is the first
        ("5 euro", "10 euro", "20 euro", "50 euro"),
        ("0 one", "0 two", "1 three", "2 four"),
        ("tench, Tinca tinca", "shark, white", "hen", "cock, rooster"),
        ("-a", "-b", "-c", "-d"),
        ('the "great" one', '6" nail', "'tis", "rock 'n' roll"),
        ("0", "1", "2", "cat,3"),
        ("a: b", "c: d", "name", "label"),
    ],
)
def test_what_is_a_part_of_the_name_stays(names: tuple[str, ...]) -> None:
    assert read("\n".join(names)) == names


def test_quotes_around_all_names_and_a_headed_column() -> None:
    assert read("\n".join(f'"{name}"' for name in NAMES)) == NAMES
    assert read("\n".join(("class_name", *NAMES))) == NAMES
    assert read("\n".join(("name", *NAMES[:3]))) == ("name", *NAMES[:3])  # four classes, one of them called so


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("2 b\n1 a\n4 d\n3 c", "numbers its classes from 1, and not in their order; the first class is 0"),
        ("names: {0: cat, 1: dog}\nnc: 2", "lists its names in a way of YAML that is not read; one to a line is"),
        ("names:\n  a: 1\n  b: 2\n", "lists its names in a way of YAML that is not read; one to a line is"),
        ("0 a\n1 b\n2 c", "has 3 names; this network has 4 classes: one name for each is needed"),
    ],
)
def test_what_does_not_tell_is_refused(text: str, reason: str) -> None:
    with pytest.raises(BadCategories) as caught:
        read(text)
    assert str(caught.value).startswith(f"'names.txt' {reason}. ")


def test_a_thousand_names_in_any_order() -> None:
    numbers = list(range(1000))
    random.Random(0).shuffle(numbers)
    assert read("\n".join(f"{i},name {i}" for i in numbers), 1000) == tuple(f"name {i}" for i in range(1000))


# The names in a file of weights

IN_FILE = "in the file under {}"


def test_names_of_a_file_of_weights() -> None:
    listed = ("classes", ["cat", "dog"])
    said = "The names of its classes are those in the file under 'classes'"
    assert names_found(listed, 2, IN_FILE) == (("cat", "dog"), said)
    assert names_found(("classes", {"dog": 1, "cat": 0}), 2, IN_FILE) == (("cat", "dog"), said)
    assert names_found(("classes", {"1": "dog", "0": "cat"}), 2, IN_FILE) == (("cat", "dog"), said)
    assert names_found(None, 2, IN_FILE) == (None, "")
    names, note = names_found(listed, 3, IN_FILE)
    assert names is None
    assert note == (
        "What stands in the file under 'classes' does not name its classes: it has 2 names; this network has 3 "
        "classes: one name for each is needed"
    )
    assert names_found(("classes", {"a": 3, "b": 4}), 2, IN_FILE)[0] is None
    assert names_found(("classes", ["a", "a"]), 2, IN_FILE)[0] is None

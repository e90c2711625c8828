"""Files of class names from strangers: what is read, and what is refused in which words."""

from __future__ import annotations

import json
import resource
import sys
import time

import pytest

from explorer.errors import BadCategories
from explorer.loading.categories import _FORMAT, read_categories

NAMES = ("cat", "dog", "Zürich tram")


def refusal(source: bytes, n: int = 3, name: str | None = "names.txt") -> str:
    """The sentence with which a file is refused, within 5 s of work and 200 MB, without the part that all share."""
    memory, begun = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    with pytest.raises(BadCategories) as caught:
        read_categories(source, n, name)
    assert time.process_time() - begun < 5
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory
    assert grown < 200 * (1024**2 if sys.platform == "darwin" else 1024)
    text = str(caught.value)
    assert caught.value.__cause__ is None
    assert text.endswith(f". {_FORMAT}")
    assert "\n" not in text
    assert len(text) < 600
    return text.removesuffix(f". {_FORMAT}")


def numbered(names: tuple[str, ...]) -> dict[str, str]:
    return {str(index): name for index, name in enumerate(names)}


@pytest.mark.parametrize(
    "source",
    [
        "cat\ndog\nZürich tram".encode(),
        "cat\ndog\nZürich tram\n\n \n".encode(),
        "cat\r\ndog\r\nZürich tram\r\n".encode(),
        "cat\rdog\rZürich tram\r".encode(),
        "cat\ndog\nZürich tram\n".encode("utf-8-sig"),
        "cat\r\ndog\r\nZürich tram\r\n".encode("utf-16"),
        b"\xfe\xff" + "cat\ndog\nZürich tram".encode("utf-16-be"),
        "  cat \n\tdog\x07\nZürich\u00a0 tram\u202e\n".encode(),
        "cat\ndog\nZu\u0308rich tram".encode(),  # the same letter, written as two
        json.dumps(NAMES).encode(),
        json.dumps(NAMES, ensure_ascii=False, indent=2).encode("utf-16"),
        json.dumps(numbered(NAMES)).encode(),
        json.dumps(dict(reversed(numbered(NAMES).items()))).encode(),
        json.dumps({name: index for index, name in enumerate(NAMES)}).encode(),
        json.dumps({str(i): [f"n0144076{i}", name] for i, name in enumerate(NAMES)}).encode(),
        json.dumps([[f"n0144076{i}", name] for i, name in enumerate(NAMES)]).encode(),
        json.dumps({"architectures": ["ResNet"], "id2label": numbered(NAMES), "label2id": {"cat": 5}}).encode(),
        json.dumps({"label2id": {name: index for index, name in enumerate(NAMES)}}).encode(),
    ],
)
def test_reads_every_format(source: bytes) -> None:
    assert read_categories(source, 3) == NAMES


def test_the_names_may_be_numbers() -> None:
    digits = tuple("0123456789")
    assert read_categories("\n".join(digits).encode(), 10) == digits
    assert read_categories(json.dumps(numbered(digits)).encode(), 10) == digits
    assert read_categories(json.dumps({digit: int(digit) for digit in digits}).encode(), 10) == digits


def test_invisible_letters_that_belong_to_a_word_stay() -> None:
    assert read_categories("می\u200cخواهم\nb".encode(), 2) == ("می\u200cخواهم", "b")
    assert refusal("a\n\u200c".encode(), 2) == "'names.txt' has no name for class 1"


def test_what_is_no_list_of_names() -> None:
    for empty in (b"", b"\n\n", b" \t\r\n", b"\xef\xbb\xbf", b"\xff\xfe"):
        assert refusal(empty) == "'names.txt' is empty"
    assert refusal(b"", name=None) == "The file of class names is empty"
    for data in (b"\x89PNG\r\n\x1a\n" + bytes(50), "Zürich".encode("latin-1"), b"\xff\xfea", b"\xff\xfe\x00\xd8"):
        assert refusal(data) == "'names.txt' is not text in UTF-8"
    for data in (b"cat\0dog", "cat\ndog".encode("utf-32"), "cat".encode("utf-16-le")):
        assert refusal(data) == "'names.txt' is not text"
    assert refusal(b"x" * 1_000_001) == "'names.txt' has 1.0 MB; 1 MB is the limit"
    assert refusal(b"[1, 2\n, {]") == "'names.txt' begins like JSON, but stops being JSON in line 2"
    assert refusal(b"{'cat': 0}") == "'names.txt' begins like JSON, but stops being JSON in line 1"


def test_another_number_of_names() -> None:
    wrong = "; this network has 3 classes: one name for each is needed"
    assert refusal(b"cat\ndog") == "'names.txt' has 2 names" + wrong
    assert refusal(b"cat") == "'names.txt' has 1 name" + wrong
    for source in (b"[]", b"{}", b'{"id2label": {}}'):
        assert refusal(source) == "'names.txt' has 0 names" + wrong
    assert refusal(b'{"cat": 0, "dog": 1, "a": 2, "b": 3}') == "'names.txt' has 4 names" + wrong
    assert refusal(b"x\n" * 1000, 10).startswith("'names.txt' has 1,000 names; this network has 10 classes: ")
    # one logit tells two classes apart
    assert read_categories(b"cat\ndog", 2) == ("cat", "dog")


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ('{"0": "a", "1": "b", "3": "c"}', "numbers a class 3; with 3 names the last is 2"),
        ('{"1": "a", "2": "b", "3": "c"}', "numbers a class 3; with 3 names the last is 2"),
        ('{"a": 0, "b": 1, "c": 1}', "has two names for class 1"),
        ('{"0": "a", "1": "b", "01": "c"}', "has two names for class 1"),
        ('{"0": "a", "1": "b", "1": "c"}', "has '1' twice"),
        ('{"a": 0, "b": 1, "c": -2}', "has an entry '-2' where the number of a class should be"),
        ('{"0": "a", "1": "b", "x\\n": "c"}', "has an entry 'x?' where the number of a class should be"),
        ('{"0": "a", "1": "b", "²": "c"}', "has an entry '²' where the number of a class should be"),
        ('{"0": "a", "1": "b", "2": 3}', "has something else than a name for class 2"),
        ('{"0": "a", "1": "b", "2": null}', "has something else than a name for class 2"),
        ('{"a": 0, "b": 1, "c": 2.0}', "has an entry 'a' where the number of a class should be"),
        ('{"a": 0, "b": 1, "c": true}', "has an entry 'a' where the number of a class should be"),
        ('["a", "b", ["c"]]', "has something else than a name for class 2"),
        ('["a", "b", ["n", ["c", "d"]]]', "has something else than a name for class 2"),
        ('["a", "b", "\\ud800\\u0000\\u0007"]', "has no name for class 2"),
        ("a\n\nb", "has no name for class 1"),
        ("\na\nb", "has no name for class 0"),
        ("a\nb\n" + "c" * 201, "has a name of 201 characters for class 2; 200 is the limit"),
        ("a\nb\n a", "has 'a' twice, for classes 0 and 2"),
        ('["<b>", "x", "<b>\\u202e"]', "has '<b>' twice, for classes 0 and 2"),
    ],
)
def test_names_that_do_not_tell(source: str, reason: str) -> None:
    assert refusal(source.encode()) == f"'names.txt' {reason}"


def test_the_two_names_that_imagenet_has_twice() -> None:
    names = [f"class {i}" for i in range(1000)]
    names[134] = names[517] = "crane"
    names[638] = names[639] = "maillot"
    assert read_categories("\n".join(names).encode(), 1000) == tuple(names)
    names[640] = "crane"
    assert refusal("\n".join(names).encode(), 1000) == "'names.txt' has 'crane' twice, for classes 134 and 640"
    assert "twice, for classes 134 and 517" in refusal("\n".join([*names[:640], "more"]).encode(), 641)


@pytest.mark.slow
@pytest.mark.parametrize(
    "source",
    [
        b"[" * 1_000_000,
        b'{"a":' * 199_999,
        b"[" * 400_000 + b"]" * 400_000,
        b"[" + b"[]," * 300_000 + b"[]]",
        b"[" + b"{}," * 300_000 + b"{}]",
        b"[" + b"9" * 900_000 + b"]",
        b'{"' + b"9" * 900_000 + b'": "a"}',
        b"{" + b",".join(b'"%d":%d' % (i, i) for i in range(70_000)) + b"}",
        b"\n" * 999_999 + b"x",
        b'["' + b"\\u202e" * 160_000 + b'"]',
        "\u0300".encode() * 499_999,
        b"[NaN, Infinity, 1e999]",
    ],
    ids=["open", "objects", "deep", "lists", "dicts", "number", "key", "many", "lines", "format", "accents", "nan"],
)
def test_huge_and_deep_files(source: bytes) -> None:
    for n in (1, 3):
        refusal(source, n)


def test_what_messages_call_the_file() -> None:
    assert refusal(b"", name="x\r\n" + "y" * 300) == "'x??" + "y" * 77 + "…' is empty"

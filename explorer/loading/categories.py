"""The one border for files of class names: bytes -> one clean name for each class.

Such a file can come from a stranger. It is text in lines (`category_rows`), or JSON: a list of names, the name of each
number or the number of each name, as the common tools write them. The names in a file of weights go the same way.
"""

from __future__ import annotations

import codecs
import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

from ..errors import BadCategories
from ..wording import described, plural, quoted
from .category_rows import rows

Categories: TypeAlias = "Sequence[str] | str | Path | bytes"  # names, or a file of them: its path, or what is in it

_MAX_BYTES = 1_000_000  # ImageNet's thousand names have 12,000
_MAX_LENGTH = 200  # characters of one name
# under what name the configurations of other tools have them
_WRAPPERS = ("id2label", "label2id", "label_names", "class_names", "class_to_idx", "idx_to_class", "classes", "names")
# Two names stand twice in ImageNet's list: the bird and the machine called crane, and two kinds of maillot.
_IMAGENET_TWINS = {(134, 517), (638, 639)}
_JOINERS = "\u200c\u200d"  # invisible, and part of the spelling in some scripts
_FORMAT = (
    "A file of class names is text with one name to a line, in the order of the network's outputs, or with its number "
    "before or behind it (CSV, YAML); or JSON: a list of names, or the name of each number, counted from 0."
)


def named(categories: Categories, n_classes: int, title: str) -> tuple[str, ...]:
    """The names of the classes as they are given. Raises BadCategories."""
    if isinstance(categories, str | Path):
        try:
            return read_categories(Path(categories).read_bytes(), n_classes, Path(categories).name)
        except OSError:
            raise BadCategories(f"The class names in '{categories}' cannot be read. Check the path.") from None
    if isinstance(categories, bytes):
        return read_categories(categories, n_classes)
    is_listed = hasattr(categories, "__len__") and hasattr(categories, "__iter__")
    if not is_listed or not all(isinstance(name, str) for name in categories):
        raise BadCategories(
            f"Class names are a list of them, or a file: its path or its bytes; not {described(categories)}."
        )
    if len(categories) != n_classes:
        raise BadCategories(
            f"There {'is' if len(categories) == 1 else 'are'} {plural(len(categories), 'class name')}, but {title} has "
            f"{plural(n_classes, 'class', 'classes')}. Give one name for each."
        )
    return tuple(categories)


def read_categories(source: bytes, n: int, name: str | None = None) -> tuple[str, ...]:
    """The names of a network's `n` classes, in the order of its outputs; `name` is what messages call the file.

    A network that ends in one logit has two classes. Names are cleaned of control characters and needless spaces.
    Raises BadCategories with a sentence that can be shown.
    """
    subject = quoted(name) if name else "The file of class names"
    try:
        return _in_order(_parsed(_text(source), n), n)
    except BadCategories as fact:
        reason = str(fact)
    raise BadCategories(f"{subject} {reason}. {_FORMAT}")


def _in_order(parsed: object, n: int) -> tuple[str, ...]:
    """One name for each of `n` classes; a BadCategories of it says only what is wrong."""
    names = _listed(parsed)
    if len(names) != n:
        raise BadCategories(
            f"has {len(names):,} name{'' if len(names) == 1 else 's'}; this network has {n:,} classes: "
            "one name for each is needed"
        )
    return _distinct(tuple(_clean(index, value) for index, value in enumerate(_ordered(names))))


def _text(source: bytes) -> str:
    if len(source) > _MAX_BYTES:
        raise BadCategories(f"has {len(source) / 1e6:,.1f} MB; {_MAX_BYTES / 1e6:.0f} MB is the limit")
    is_wide = source.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))  # what Windows calls "Unicode"
    try:
        text = source.decode("utf-16" if is_wide else "utf-8-sig")
    except UnicodeDecodeError:
        raise BadCategories("is not text in UTF-8") from None
    if "\0" in text:
        raise BadCategories("is not text")
    if not text.strip():
        raise BadCategories("is empty")
    return text


def _parsed(text: str, n: int) -> object:
    """What the JSON or the lines describe."""
    if not text.lstrip().startswith(("{", "[")):
        return rows(re.split(r"\r\n|\r|\n", text.rstrip()), n)  # splitlines also splits at characters inside a name
    try:
        return json.loads(text, object_pairs_hook=_object)
    except json.JSONDecodeError as error:
        raise BadCategories(f"begins like JSON, but stops being JSON in line {error.lineno}") from None
    except (RecursionError, ValueError):  # brackets in brackets, a number of 5000 digits
        raise BadCategories("is JSON, but not that of a list of names") from None


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found: dict[str, object] = {}
    for key, value in pairs:
        if key in found:
            raise BadCategories(f"has {quoted(key)} twice")
        found[key] = value
    return found


def _listed(parsed: object) -> list[object] | dict[str, object]:
    """The list of names, or the dict between names and numbers, out of what may stand around it."""
    if isinstance(parsed, Mapping):
        inner = (parsed.get(wrapper) for wrapper in _WRAPPERS)
        parsed = next((value for value in inner if isinstance(value, (Mapping, list))), parsed)
    return parsed if isinstance(parsed, list) else dict(parsed) if isinstance(parsed, Mapping) else []


def _ordered(names: list[object] | dict[str, object]) -> list[object]:
    """In the order of the classes."""
    if isinstance(names, list):
        return names
    is_numbered = not all(type(value) is int for value in names.values())  # {"0": "cat"}, not {"cat": 0}
    found: dict[int, object] = {}
    for key, value in names.items():
        number, label = (_number(key), value) if is_numbered else (_number(str(value)), key)
        if number >= len(names):
            raise BadCategories(f"numbers a class {number:,}; with {len(names):,} names the last is {len(names) - 1:,}")
        if number in found:
            raise BadCategories(f"has two names for class {number:,}")
        found[number] = label
    return [found[number] for number in range(len(names))]  # as many as there are, none twice: so all are there


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise BadCategories(f"has an entry {quoted(text)} where the number of a class should be")
    return int(text)


def _clean(index: int, value: object) -> str:
    if isinstance(value, list) and len(value) == 2:  # Keras writes ["n01440764", "tench"]
        value = value[1]
    if not isinstance(value, str):
        raise BadCategories(f"has something else than a name for class {index:,}")
    kept = (c for c in " ".join(value.split()) if c in _JOINERS or unicodedata.category(c) not in ("Cc", "Cf", "Cs"))
    name = unicodedata.normalize("NFC", "".join(kept)).strip()
    if not name.strip(_JOINERS):
        raise BadCategories(f"has no name for class {index:,}")
    if len(name) > _MAX_LENGTH:
        raise BadCategories(f"has a name of {len(name):,} characters for class {index:,}; {_MAX_LENGTH} is the limit")
    return name


def _distinct(names: tuple[str, ...]) -> tuple[str, ...]:
    """The names, if each says which class is meant."""
    first: dict[str, int] = {}
    for index, name in enumerate(names):
        earlier = first.setdefault(name, index)
        if earlier != index and not (len(names) == 1000 and (earlier, index) in _IMAGENET_TWINS):
            raise BadCategories(f"has {quoted(name)} twice, for classes {earlier:,} and {index:,}")
    return names


def names_found(found: tuple[str, object] | None, n: int, place: str) -> tuple[tuple[str, ...] | None, str]:
    """The names of `n` classes that stand in a file of weights or in one beside it, and a note on where they are
    from, or why they do not name its classes. `place` is where, with {} for the name it has there."""
    if found is None:
        return None, ""
    where = place.format(quoted(found[0]))
    try:
        return _in_order(found[1], n), f"The names of its classes are those {where}"
    except BadCategories as fact:
        return None, f"What stands {where} does not name its classes: it {fact}"

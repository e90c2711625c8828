"""Class names in lines of text: one to a line, with numbers before or behind, as CSV, or as a list of YAML.

A number counts as the number of a class only where all lines have one, and they are 0, 1, 2 … in any order. Else it is
a part of the name.
"""

from __future__ import annotations

import csv
import re

from ..errors import BadCategories

_NUMBERED = re.compile(r"(\d{1,9})(?:\s*[,;:|\t=]\s*|\s+)(\S.*)", re.ASCII)  # "0 zero", "0,zero", "0: zero"
_BEHIND = re.compile(r"(.*\S)\s*[,;|\t]\s*(\d{1,9})", re.ASCII)  # "zero,0"; "class 0" is a name
_COLUMN = re.compile(r"(?:class|label|category)(?:es|s)?(?:[_ ]?names?)?|names?|categories")  # what one is headed by
_MAX_LINE = 1000
_YAML_KEY = re.compile(r"(?:names|classes|class_names|labels|label_names|categories)\s*:\s*(.*)", re.IGNORECASE)
_ODD_YAML = "lists its names in a way of YAML that is not read; one to a line is"

Names = list[object] | dict[str, object]


def rows(lines: list[str], n: int) -> Names:
    """The names in the lines of a file, in order, or each with its number; `n` classes are to be named.

    Raises BadCategories, of which the text says only what is wrong.
    """
    if any(len(line) > _MAX_LINE for line in lines):  # which is no name, and would take long to look into
        return list(lines)
    found = _yaml(lines)
    if found is not None:
        return found
    if len(lines) not in (n, n + 1):  # whoever asked says so
        return list(lines)
    if len(lines) == n + 1:  # a line before them says what is in them
        named = _table(lines[1:], lines[0]) or _numbered(lines[1:])
        if named or _COLUMN.fullmatch(lines[0].strip(" \"'").lower()):
            return named or _unquoted(lines[1:])
    return _table(lines) or _numbered(lines) or _unquoted(lines)


def _numbered(lines: list[str]) -> Names | None:
    """The name of each number, if the lines have all of them."""
    for pattern, number, name in ((_NUMBERED, 1, 2), (_BEHIND, 2, 1)):
        found = [pattern.fullmatch(line.strip()) for line in lines]
        matches = [match for match in found if match is not None]
        if len(matches) == len(lines) and (names := _by_number([(m[number], m[name]) for m in matches])) is not None:
            return names
    return None


def _by_number(pairs: list[tuple[str, str]]) -> Names | None:
    """The names by their numbers, if these are 0, 1, 2 …; a refusal if they are 1, 2, 3 … in another order."""
    numbers = [int(number) for number, _ in pairs]
    if sorted(numbers) == list(range(1, len(numbers) + 1)) and numbers != sorted(numbers):
        raise BadCategories("numbers its classes from 1, and not in their order; the first class is 0")
    if sorted(numbers) != list(range(len(numbers))):
        return None
    return {str(number): _unquoted([name])[0] for number, (_, name) in zip(numbers, pairs, strict=True)}


def _table(lines: list[str], header: str | None = None) -> Names | None:
    """Columns of CSV: the one with all numbers, and the one with the names, which is the first else unless the header
    says it."""
    for delimiter in ",;\t":
        try:
            table = [list(map(str.strip, row)) for row in csv.reader(lines, delimiter=delimiter, skipinitialspace=True)]
        except csv.Error:
            continue
        if not table or len(table[0]) == 1 or len({len(row) for row in table}) != 1:
            continue
        columns = list(zip(*table, strict=True))
        numbers = next((i for i, cells in enumerate(columns) if _count_all(cells)), None)
        if numbers is None:
            continue
        others = [i for i in range(len(columns)) if i != numbers]
        titles = [] if header is None else [cell.strip().lower() for cell in header.split(delimiter)]
        names = next((i for i in others if i < len(titles) and "name" in titles[i]), others[0])
        return {str(int(number)): name for number, name in zip(columns[numbers], columns[names], strict=True)}
    return None


def _count_all(cells: tuple[str, ...]) -> bool:
    if not all(cell.isascii() and cell.isdigit() and len(cell) < 10 for cell in cells):
        return False
    return sorted(map(int, cells)) == list(range(len(cells)))


def _unquoted(lines: list[str]) -> list[object]:
    """The lines without quotes, if all are in quotes."""
    for quote in "\"'":
        if all(len(line.strip()) > 1 and line.strip()[0] == line.strip()[-1] == quote for line in lines):
            return [line.strip()[1:-1] for line in lines]
    return list(lines)


def _yaml(lines: list[str]) -> Names | None:
    """A list of YAML, by itself or under one of the usual keys."""
    lines = [line for line in lines if line.strip() and not line.lstrip().startswith("#") and line.strip() != "---"]
    begun = next(((i, match) for i, line in enumerate(lines) if (match := _YAML_KEY.fullmatch(line.rstrip()))), None)
    if begun is not None:
        start, match = begun
        if match[1]:
            return _flow(match[1])
        inside: list[str] = []
        for line in lines[start + 1 :]:
            if not line.startswith((" ", "\t", "-")):
                break
            inside.append(line)
        lines = inside
    if lines and all(line.strip().startswith("- ") for line in lines):
        return [_unquoted([line.strip()[2:].strip()])[0] for line in lines]
    if begun is None:
        return None
    if (numbered := _numbered(lines)) is None:
        raise BadCategories(_ODD_YAML)
    return numbered


def _flow(text: str) -> Names:
    """["cat", 'dog', fox] in one line."""
    if not (text.startswith("[") and text.endswith("]")):
        raise BadCategories(_ODD_YAML)
    quote = "'" if "'" in text and '"' not in text else '"'
    cells = next(csv.reader([text[1:-1]], quotechar=quote, skipinitialspace=True), [])
    return [cell.strip() for cell in cells]

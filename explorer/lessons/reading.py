"""The border for files of lessons: TOML in, a `Lesson` out, or a sentence that says where in the file what is wrong."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from ..challenges import CHANGES
from ..errors import BadLesson, UnknownNetwork, nearest
from ..loading.catalog import find
from ..pictures.samples import SAMPLES
from ..places import pages
from ..wording import quoted
from .history import CHARTS
from .lesson import Ask, Lesson, Look, Setting, Step
from .questions import KINDS

MOST_BYTES = 64_000
_MOST_LETTERS = 2000  # of a text
_MOST_STEPS, _MOST_ANSWERS = 12, 6
_NOT_TO_LOOK_AT = ("lessons", "server")
_WEIGHTS = ("Trained", "Untrained")
_SETTING = {"network": str, "sample": str, "weights": str}
_LESSON = {
    "title": str, "minutes": int, "goal": str, "question": dict, "steps": list, "next": str, "notes": str, **_SETTING,
}  # fmt: skip
_STEP = {"title": str, "text": str, "look": dict, "check": dict, "chart": str}
_LOOK = {"page": str, "layer": str, "channel": int, "class": str, "with": dict, **_SETTING}
_ASK = {
    "ask": str, "text": str, "layer": str, "channel": int, "y": int, "x": int, "change": str, "strength": float,
    "answers": list, "right": str, "why": str, **_SETTING,
}  # fmt: skip
_CALLED = {str: "a text", int: "a whole number", float: "a number", dict: "a table", list: "a list"}


def read_lesson(path: Path) -> Lesson:
    """The lesson in a file. Raises BadLesson: file, line, what stands there, what is allowed."""
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise BadLesson(f"{path.name} cannot be read: {error.strerror}. Look at its permissions.") from None
    return lesson_of(content, path.name)


def lesson_of(content: bytes, name: str) -> Lesson:
    """The lesson in a file's content; `name` is the file's. Raises BadLesson."""
    if len(content) > MOST_BYTES:
        raise BadLesson(f"{name} has more than {MOST_BYTES:,} bytes; a lesson is a page or two of text.")
    try:
        text = content.decode("utf-8")
        given = tomllib.loads(text)
    except UnicodeDecodeError:
        raise BadLesson(f"{name} is no text in UTF-8. Save it so from an editor for plain text.") from None
    except (ValueError, RecursionError) as error:  # TOML that is none, or a number of thousands of digits
        end = f"(at line {len(text.splitlines())}, the end of the file)"
        what = str(error).replace("(at end of document)", end) or "it is nested too deep"
        raise BadLesson(f"{name} is no TOML: {what}. Mend that place.") from None
    return _lesson(_Table(name, text, given))


@dataclass(frozen=True)
class _Table:
    """One table of a file, and the way to it: ("steps", 1, "check"), the second step's check."""

    file: str
    text: str
    given: Mapping[str, Any]
    way: tuple[str | int, ...] = ()

    def fail(self, key: str, what: str) -> NoReturn:
        """Raise the error that names the file and the line of `key`, or, without it, of the table."""
        raise BadLesson(f"{self.file}, line {line_of(self.text, self.way, key)}: {what}")

    def check(self, allowed: Mapping[str, type]) -> None:
        for key, value in self.given.items():
            if key not in allowed:
                self.fail(
                    key,
                    f"{quoted(key)} is no key {_here(self.way)}.{nearest(key, allowed)} Allowed are: "
                    f"{', '.join(allowed)}.",
                )
            kind = allowed[key]
            kinds: tuple[type, ...] = (int, float) if kind is float else (kind,)
            if isinstance(value, bool) or not isinstance(value, kinds):
                self.fail(key, f"{quoted(key)} must be {_CALLED[kind]}, not {quoted(str(value))}.")
            if isinstance(value, str) and not 0 < len(value.strip()) <= _MOST_LETTERS:
                self.fail(key, f"{quoted(key)} needs 1 to {_MOST_LETTERS:,} letters; it has {len(value.strip()):,}.")

    def needs(self, *keys: str) -> None:
        for key in keys:
            if key not in self.given:
                self.fail("", f"{quoted(key)} is missing {_here(self.way)}. Add a line: {key} = …")

    def one_of(self, key: str, allowed: Collection[str]) -> str:
        """The text under `key`, where there is one, "" else."""
        value = str(self.given.get(key, ""))
        if value and value not in allowed:
            self.fail(
                key, f"there is no {key} {quoted(value)}.{nearest(value, allowed)} Allowed are: {', '.join(allowed)}."
            )
        return value

    def number(self, key: str, low: int, high: int) -> int | None:
        value: int | None = self.given.get(key)
        if value is not None and not low <= value <= high:
            self.fail(key, f"{quoted(key)} must be a whole number from {low} to {high:,}, not {quoted(str(value))}.")
        return value

    def said(self, key: str) -> str:
        """A text without its line breaks, which only wrap it in the file."""
        return " ".join(str(self.given.get(key, "")).split())

    def within(self, key: str, *way: str | int) -> _Table:
        inner = self.given[key] if not way else self.given[key][way[0]]
        return _Table(self.file, self.text, inner, (*self.way, key, *way))


def line_of(text: str, way: tuple[str | int, ...], key: str) -> int:
    """The line of a key of a table of a TOML file, or of the table's heading; of what is written in another of TOML's
    ways, that of the nearest heading."""
    table = ".".join(part for part in way if isinstance(part, str))
    step = next((part for part in way if isinstance(part, int)), None)
    heading, n_steps, found = "", 0, 1
    for at, line in enumerate(text.splitlines(), start=1):
        if match := re.match(r"\s*\[+\s*([\w.]+)\s*\]+", line):
            heading = match[1]
            n_steps += heading == "steps"
        is_in_step = step is None or n_steps == step + 1
        if match and is_in_step and f"{table}.".startswith(f"{heading}."):
            found = at
        if key and is_in_step and heading == table and re.match(rf'\s*"?{re.escape(key)}"?\s*=', line):
            return at
    return found


def _here(way: tuple[str | int, ...]) -> str:
    parts = [f"{part + 1}" if isinstance(part, int) else str(part) for part in way]
    return f"in [{' '.join(parts)}]" if parts else "at the top of the file"


def _lesson(top: _Table) -> Lesson:
    top.check(_LESSON)
    top.needs("title", "minutes", "goal", "network", "sample", "question", "steps", "next", "notes")
    setting = _setting(top, None)
    steps = top.given["steps"]
    if not 1 <= len(steps) <= _MOST_STEPS or not all(isinstance(step, dict) for step in steps):
        top.fail("steps", f"a lesson has 1 to {_MOST_STEPS} steps, each below a line [[steps]].")
    return Lesson(
        name=Path(top.file).stem,
        file=top.file,
        title=top.said("title"),
        minutes=top.number("minutes", 1, 120) or 1,
        goal=top.said("goal"),
        question=_ask(top.within("question"), setting),
        steps=tuple(_step(top.within("steps", i), setting) for i in range(len(steps))),
        further=top.said("next"),
        notes=top.said("notes"),
    )


def _setting(table: _Table, usual: Setting | None) -> Setting:
    """The lesson's own, where a table says nothing else."""
    name = str(table.given.get("network", usual.network if usual else ""))
    try:
        find(name)
    except UnknownNetwork as error:
        table.fail("network", str(error))
    sample = table.one_of("sample", SAMPLES) or (usual.sample if usual else "")
    return Setting(name, sample, table.one_of("weights", _WEIGHTS) or (usual.weights if usual else _WEIGHTS[0]))


def _step(table: _Table, setting: Setting) -> Step:
    table.check(_STEP)
    table.needs("title", "text")
    return Step(
        title=table.said("title"),
        text=table.said("text"),
        look=_look(table.within("look"), setting) if "look" in table.given else None,
        check=_ask(table.within("check"), setting) if "check" in table.given else None,
        chart=table.one_of("chart", CHARTS),
    )


def _look(table: _Table, setting: Setting) -> Look:
    table.check(_LOOK)
    table.needs("page")
    names = sorted(path.stem for path in pages().glob("*.py") if path.stem not in _NOT_TO_LOOK_AT)
    more = table.given.get("with", {})
    for key, value in more.items():
        if not re.fullmatch(r"[\w-]{1,40}", key) or isinstance(value, bool) or not isinstance(value, str | int | float):
            table.fail("with", f"{quoted(key)} in 'with' must be a text or a number, as the page's address has it.")
    return Look(
        _setting(table, setting), table.one_of("page", names), table.said("layer"),
        table.number("channel", 0, 100_000), table.said("class"), {key: str(value) for key, value in more.items()},
    )  # fmt: skip


def _ask(table: _Table, setting: Setting) -> Ask:
    table.check(_ASK)
    table.needs("ask")
    kind = KINDS[table.one_of("ask", KINDS)]
    table.needs(*kind.needs)
    taken = {"ask", "text", *kind.needs, *_SETTING}
    for key in table.given:
        if key not in taken:
            table.fail(key, f"{quoted(key)} says nothing to {quoted(table.given['ask'])}. Leave it out.")
    answers = table.given.get("answers", [])
    if answers and not (
        2 <= len(answers) <= _MOST_ANSWERS and all(isinstance(one, str) and one.strip() for one in answers)
        and len({*answers}) == len(answers)
    ):  # fmt: skip
        table.fail("answers", f"a question has 2 to {_MOST_ANSWERS} answers, all of them texts that differ.")
    change, strength = table.one_of("change", CHANGES), table.given.get("strength")
    if change and strength is not None and not CHANGES[change].low <= strength <= CHANGES[change].high:
        low, high = CHANGES[change].low, CHANGES[change].high
        table.fail("strength", f"the strength of {quoted(change)} goes from {low:g} to {high:g}, not to {strength:g}.")
    right = str(table.given.get("right", ""))
    if right and right not in answers:
        table.fail("right", f"the right answer {quoted(right)} is none of the answers: {', '.join(answers)}.")
    return Ask(
        _setting(table, setting), table.given["ask"], table.said("text"), table.said("layer"),
        table.number("channel", 0, 100_000), table.number("y", 0, 100_000), table.number("x", 0, 100_000),
        change, None if strength is None else float(strength), tuple(answers), right, table.said("why"),
    )  # fmt: skip

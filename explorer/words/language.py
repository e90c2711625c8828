"""A text of this program in another language than English, which its code, its caches and its files speak.

A language is one file of messages beside this one (german.toml): English on the left, the language on the right. What
holds values is written as the code writes it, `{count} maps of {height} by {width}`, with the places by name. A text is
said where it leaves for a browser, so nothing else has to know of languages, and English costs nothing. What is typed
on a command line, code, logs, exported files, and the names of layers, classes and methods stay as they are, and
numbers keep the international notation of the field's papers: 1,234.5.
"""

from __future__ import annotations

import re
import tomllib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

_PLACE = re.compile(r"\{(\w+)\}")
_WORD = re.compile(r"[A-Za-z]+")
_PLAIN_WORD = re.compile(r"(?<![\w.\-{</])[A-Za-z][a-z’'-]+(?![\w\-]|\.\w)")  # not conv1, ReLU, layer4.0
_SENTENCE_END = re.compile(r"(?<=[.!?:;…])(?<!et al\.)(\s+)")
_SEVERAL = re.compile(r"[.!?:;…]\**\s")
_PIECE = re.compile(r"[A-Za-z’'-]+|\s+|[^A-Za-z\s]")
_JOINT = re.compile(r"\*\*|<|[()“”|`,:;\n]| [·–—→&+=÷] | and | (?=[A-Z✓✗“])")
_JOINT_BEHIND = re.compile(r"(\*\*|>|[()“”|`\n]|[,:;] | [·–—→&+=÷] | and )$")
_SMALL = frozenset(
    {
        "a", "an", "and", "are", "as", "at", "by", "for", "from", "has", "in", "is", "it", "its", "no", "not", "of",
        "on", "or", "than", "the", "to", "was", "with",
    }
)  # fmt: skip
_BETWEEN = ("and", "or")  # join phrases, and words of a name
_MOST_SENTENCES = 11  # and the blanks between them, that may be one message
_DEEPEST = 4  # a value in a value in a message


@dataclass(frozen=True, slots=True)
class Said:
    """A text in the language, what of it is English still, and how many letters that are."""

    text: str
    left: tuple[str, ...] = ()
    cost: int = 0
    n: int = 1  # messages and pieces that it is made of

    def __add__(self, other: Said) -> Said:
        """One behind the other; what is English at the end of one and at the start of the other is one piece."""
        left = self.left + other.left
        if self.left and other.left and self.text.endswith(self.left[-1]) and other.left[0] == other.text:
            left = (*self.left[:-1], self.left[-1] + other.text)
        return Said(self.text + other.text, left, self.cost + other.cost, self.n + other.n)


class _Template:
    """A message with places: what stands between them, and what it becomes."""

    def __init__(self, english: str, other: str) -> None:
        self.between, self.names = _taken_apart(english)
        self.other, self.order = _taken_apart(other)
        alone = re.findall(r"(?<![\w\0])[A-Za-z]+(?![\w\0])", "\0".join(self.between))
        self.words = [word for word in alone if len(word) > 1] or alone
        self.length = sum(map(len, self.between))
        self.is_long = _is_long("".join(self.between))
        self.is_weak = all(word.lower() in _SMALL for word in _WORD.findall(" ".join(self.between)))

    def readings(self, text: str) -> list[dict[str, str]]:
        """What stands in each place of a text, and how else the last two places may share what they have; nothing where
        it is none of this message."""
        least = self._values(text, text.find)
        most = None if least is None else self._values(text, text.rfind)
        return [one for one in (least, most if most != least else None) if one is not None]

    def _values(self, text: str, find: Callable[[str, int, int], int]) -> dict[str, str] | None:
        first, *middle, last = self.between
        start, end = len(first), len(text) - len(last)
        if end < start or not text.startswith(first) or not text.endswith(last):
            return None
        if not first and self.between[1] and text.startswith(self.between[1]):
            return None  # nothing stands before it: it is the end of another message
        found: dict[str, str] = {}
        for i, (name, piece) in enumerate(zip(self.names, [*middle, None], strict=True)):
            at = end if piece is None else (find if i == len(middle) - 1 else text.find)(piece, start, end)
            if at < start or found.setdefault(name, text[start:at]) != text[start:at]:
                return None
            start = at + len(piece or "")
        return found

    def ends(self, text: str, start: int) -> list[int]:
        """Where in a text a message may end that begins at `start`: behind its last words, where it has some."""
        first, last = self.between[0], self.between[-1].rstrip()
        if len(last) < 3 or not text.startswith(first, start):
            return []
        at = text.find(last, start + len(first))
        end = at + len(last)
        return [] if at < 0 or text[end : end + 1].isalnum() or text[end : end + 1] in "._" else [end]

    def filled(self, values: Mapping[str, str]) -> str:
        """The message in the language."""
        rest = (values[name] + piece for name, piece in zip(self.order, self.other[1:], strict=True))
        return self.other[0] + "".join(rest)


class Language:
    """What texts are in one language. `missed` gathers what it has no message for, where somebody asks for that."""

    def __init__(self, messages: Mapping[str, str]) -> None:
        self.messages = messages
        self._exact: dict[str, str] = {}
        self._by_start: defaultdict[str, list[str]] = defaultdict(list)
        templates = []
        for english, other in (pair for message in messages.items() for pair in _with_inner(*message)):
            (text, *more), _ = _taken_apart(english)
            if more:
                templates.append(_Template(english, other))
                continue
            self._exact[text] = _taken_apart(other)[0][0]
            if (len(text.split()) > 1 or text in _BETWEEN) and (start := _PIECE.match(text)):
                self._by_start[start[0]].append(text)
        often = Counter(word for one in templates for word in {*one.words})
        self._by_word: defaultdict[str, list[_Template]] = defaultdict(list)
        for one in templates:
            self._by_word[min(one.words, key=often.__getitem__, default="")].append(one)
        self.missed: set[str] | None = None
        self._said = lru_cache(maxsize=20_000)(self._work_out)

    def said(self, text: str) -> str:
        """The text in this language, as far as there are messages for it."""
        if not _WORD.search(text):
            return text
        found = self._said(text.replace("\u00a0", " "), 0)
        if self.missed is not None:
            self.missed.update(piece.strip() for piece in found.left)
        return re.sub(r"(?<=\d) (?=%)", "\u00a0", found.text)

    def said_in(self, data: Any) -> Any:
        """Data of JSON with every text in it said; never the keys."""
        if isinstance(data, str):
            return self.said(data)
        if isinstance(data, Mapping):
            return {key: self.said_in(one) for key, one in data.items()}
        return [self.said_in(one) for one in data] if isinstance(data, list | tuple) else data

    def _work_out(self, text: str, depth: int) -> Said:
        core = text.strip()
        if not _WORD.search(core):
            return Said(text)
        if core != text:
            found = self._said(core, depth)
            return replace(found, text=text.replace(core, found.text, 1))
        best = self._whole(core, depth)
        if best.cost and "\n" in core:  # paragraphs, rows of tables, items of lists
            lines = [self._said(line, depth) for line in re.split(r"(\n+)", core)]
            wrapped = self._exact.get(" ".join(core.split()))
            return sum(lines, Said("")) if wrapped is None else Said(wrapped)
        if best.cost and len(pieces := _SENTENCE_END.split(core)) > 1:
            best = min(best, self._sentences(pieces, depth), key=_rank)
        if best.cost and (found := self._clauses(core, depth)).cost < best.cost - len(_BETWEEN[0]) * core.count(
            " and "
        ):
            best = found  # where all that is said of it is an "and", it is a name
        return best

    def _whole(self, text: str, depth: int) -> Said:
        """A text as one message; as it is where it is none."""
        for form, is_other in ((text, False), (text[:1].swapcase() + text[1:], True)):
            if (other := self._exact.get(form)) is not None and not (is_other and form.lower() in _SMALL):
                return Said(other[:1].upper() + other[1:] if is_other and text[:1].isupper() else other)
        best, is_long = _as_it_is(text), _is_long(text)
        for one in self._candidates(text) if depth < _DEEPEST and "\n" not in text else ():
            if not best.cost or one.is_long < is_long:
                continue
            for values in one.readings(text):
                if text in values.values():
                    continue
                within = {name: self._said(value, depth + 1) for name, value in values.items()}
                left = tuple(piece for inner in within.values() for piece in inner.left)
                cost = sum(inner.cost for inner in within.values())
                if cost < best.cost and not (one.is_weak and cost):
                    best = Said(one.filled({name: inner.text for name, inner in within.items()}), left, cost)
        if best.cost and text[:1].isupper() and text[1:2].islower():
            found = self._whole(text[0].lower() + text[1:], depth)
            best = min(best, replace(found, text=found.text[:1].upper() + found.text[1:]), key=_rank)
        if best.cost and text[-1:] in ".,:;" and text[:-1].strip():  # a phrase at the end of another's sentence
            found = self._whole(text[:-1], depth)
            best = min(best, replace(found, text=found.text + text[-1]), key=_rank)
        return best

    def _candidates(self, text: str) -> list[_Template]:
        """Templates that have a word of the text, those that say most of it first."""
        words = {"", *_WORD.findall(text)}
        return sorted((one for word in words for one in self._by_word.get(word, ())), key=lambda one: -one.length)

    def _sentences(self, pieces: list[str], depth: int) -> Said:
        """Sentences one after the other, of which some are one message."""
        ways = [Said("")]
        for end in range(1, len(pieces) + 1):
            tried = [ways[-1] + self._said(pieces[end - 1], depth)]
            for start in range(max(0, end - _MOST_SENTENCES), end - 2):
                if end % 2 and start % 2 == 0:
                    tried.append(ways[start] + self._whole("".join(pieces[start:end]), depth))
            ways.append(min(tried, key=_rank))
        return ways[-1]

    def _clauses(self, text: str, depth: int) -> Said:
        """One sentence as phrases one after the other: messages without places wherever they stand, others from a joint
        to a joint, or to where their own last words are."""
        ends = [0, *(match.end() for match in _PIECE.finditer(text))]
        number = {at: i for i, at in enumerate(ends)}
        last = len(ends) - 1
        joints = [i for i, at in enumerate(ends) if i in (0, last) or _is_joint(text, at)]
        starts = {*joints}
        ways = [Said("")] + [Said("", cost=len(text) + 1)] * last
        for i, at in enumerate(ends[:-1]):
            ways[i + 1] = min(ways[i + 1], ways[i] + _as_it_is(text[at : ends[i + 1]]), key=_rank)
            steps = []
            for english in self._by_start.get(text[at : ends[i + 1]], ()):
                if text.startswith(english, at) and at + len(english) in number:
                    steps.append((number[at + len(english)], Said(self._exact[english])))
            word = text[at : ends[i + 1]]
            if i == 0 and word in self._exact and not _as_it_is(text[ends[1] :]).cost:  # a word and figures
                steps.append((1, Said(self._exact[word])))
            if i in starts:
                own = {number.get(end) for one in self._candidates(text[at:]) for end in one.ends(text, at)}
                found = {j for j in (*joints, *own) if j is not None and i < j < i + last}
                steps += [(j, self._phrase(text[at : ends[j]], depth)) for j in found]
            for j, said in steps:
                if not said.left:
                    starts |= {j, j + 1}
                ways[j] = min(ways[j], ways[i] + said, key=_rank)
        return ways[-1]

    def _phrase(self, text: str, depth: int) -> Said:
        core = text.strip()
        return replace(found := self._whole(core, depth + 1), text=text.replace(core, found.text, 1))


def _is_long(text: str) -> bool:
    """Is it several sentences?"""
    return _SEVERAL.search(text) is not None


def _with_inner(english: str, other: str) -> Iterator[tuple[str, str]]:
    """A message, and by itself what stands in it before or behind whole sentences that come from elsewhere."""
    yield english, other
    if "{{" in english:  # a message with places that the code fills in later
        yield english.replace("{{", "{").replace("}}", "}"), other.replace("{{", "{").replace("}}", "}")
    for edge in (r"^(\{\w+\}) (?=[A-Z])", r"(?<=[.!?]) ?(\{\w+\})$"):
        found, same = re.search(edge, english), re.search(edge, other)
        if found and same and found[1] == same[1]:
            yield re.sub(edge, "", english), re.sub(edge, "", other)


def _as_it_is(text: str) -> Said:
    cost = sum(map(len, _PLAIN_WORD.findall(text)))
    return Said(text, (text,) if cost else (), cost)


def _rank(found: Said) -> tuple[int, int]:
    return found.cost, found.n


def _is_joint(text: str, at: int) -> bool:
    """May a phrase end and another begin here?"""
    return bool(_JOINT.match(text, at) or _JOINT_BEHIND.search(text[max(0, at - 5) : at]))


def _taken_apart(message: str) -> tuple[list[str], list[str]]:
    """What stands between the places of a message, and their names; {{ and }} are braces."""
    pieces = _PLACE.split(message.replace("{{", "\1").replace("}}", "\2"))
    return [piece.replace("\1", "{").replace("\2", "}") for piece in pieces[::2]], pieces[1::2]


def messages(text: str) -> dict[str, str]:
    """The messages of a file, whatever sections it has."""
    found: dict[str, str] = {}
    for key, value in tomllib.loads(text).items():
        found |= value if isinstance(value, dict) else {key: value}
    return found


FILES = {"de": "german"}  # what a browser asks for, and the file beside this one
NAMES = {"en": "English", "de": "Deutsch"}  # what each calls itself


@lru_cache(maxsize=len(FILES))
def language(code: str) -> Language:
    """The language of a code such as "de"."""
    return Language(messages(Path(__file__).with_name(f"{FILES[code]}.toml").read_text(encoding="utf-8")))

"""Pictures of a few classes, divided into those to train on and those that are held out."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from ..errors import BadData, BadImage, BadOption
from ..pictures.image import ImageInput, read_image
from ..running.progress import Progress
from ..wording import plural, quoted

MOST = 5000  # pictures in all


class Source(Protocol):
    """Where a picture comes from: a file, an upload, or a recipe that draws it. It is decoded when it is needed, for
    thousands of decoded photographs would fill the memory."""

    @property
    def name(self) -> str: ...

    def read(self) -> ImageInput:
        """The picture; raises BadImage."""


@dataclass(frozen=True)
class Content:
    """A picture as the bytes of its file."""

    name: str
    content: bytes

    def read(self) -> ImageInput:
        """The picture; raises BadImage."""
        return read_image(self.content, self.name)


@dataclass(frozen=True)
class Example:
    """A picture that can be read, and the number of its class."""

    source: Source
    label: int
    is_held_out: bool


@dataclass(frozen=True)
class Examples:
    """The classes and their pictures, and what was left out or has to be known, as sentences."""

    categories: tuple[str, ...]
    examples: tuple[Example, ...]
    notes: tuple[str, ...] = ()

    @property
    def counts(self) -> list[tuple[int, int]]:
        """For each class how many pictures are to train on, and how many are held out."""
        parts = [[one for one in self.examples if one.label == label] for label in range(len(self.categories))]
        return [(sum(not one.is_held_out for one in part), sum(one.is_held_out for one in part)) for part in parts]


def gathered(
    classes: Mapping[str, Sequence[Source]], share: float = 0.25, seed: int = 0, progress: Progress | None = None
) -> Examples:
    """Two classes or more, of whose pictures `share` is held out, drawn with `seed`: at least one of each class.

    Every picture is read once. One that cannot be read is left out, by name. One that stands twice in a class is taken
    once; one that stands in two classes is left out of both, for no answer to it could be right. So nothing that is
    held out was trained on. `progress` counts the pictures; what it raises cancels. Raises BadData where there are
    fewer than two classes, fewer than two pictures of one, or more than 5,000 in all; BadOption for a share that is
    none.
    """
    if not 0 < share < 1:
        raise BadOption(f"The share that is held out lies between 0 and 1; {share!r} does not.")
    names = tuple(name.strip() for name in classes)
    if len(names) < 2:
        raise BadData(f"There {'is one class' if names else 'are no classes'}. Give pictures of two classes or more.")
    if not all(names) or len({*names}) < len(names):
        raise BadData("Two classes have the same name, or one has none. Give each a name of its own.")
    n_given = sum(map(len, classes.values()))
    if n_given > MOST:
        raise BadData(f"There are {n_given:,} pictures; {MOST:,} is the most. Leave some out.")
    seen: dict[str, dict[int, Source]] = {}  # by digest, the classes that a picture stands in
    notes = [*_read(names, classes, seen, progress)]
    twice = [next(iter(of.values())).name for of in seen.values() if len(of) > 1]
    if twice:
        notes.append(f"{_listed(twice)} stand{'s' if len(twice) == 1 else ''} in two classes, and {_left(twice)}.")
    held = random.Random(seed)
    examples: list[Example] = []
    for label, name in enumerate(names):
        own = [of[label] for of in seen.values() if [*of] == [label]]
        if len(own) < 2:
            raise BadData(
                f"Of the class {quoted(name)} {plural(len(own), 'picture')} can be used; 2 are needed, one to train on "
                f"and one to see whether it was learned. {' '.join(notes)}".rstrip()
            )
        out = {*held.sample(range(len(own)), max(1, min(len(own) - 1, round(share * len(own)))))}
        examples += [Example(source, label, i in out) for i, source in enumerate(own)]
    found = Examples(names, tuple(examples), tuple(notes))
    return Examples(names, found.examples, (*notes, *_uneven(found)))


def _read(
    names: Sequence[str], classes: Mapping[str, Sequence[Source]], seen: dict[str, dict[int, Source]],
    progress: Progress | None,
) -> Iterator[str]:  # fmt: skip
    """Note the classes of every picture; what is to be said of those that cannot be read, or stand there twice."""
    done, total = 0, sum(map(len, classes.values()))
    for label, (name, sources) in enumerate(zip(names, classes.values(), strict=True)):
        broken, again = [], []
        for source in sources:
            done += 1
            if progress is not None:
                progress(done, total)
            try:
                labels = seen.setdefault(source.read().digest, {})
            except BadImage:
                broken.append(source.name)
                continue
            if label in labels:
                again.append(source.name)
            labels.setdefault(label, source)
        if broken:
            yield f"{_listed(broken)} of {quoted(name)} cannot be read, and {_left(broken)}."
        if again:
            yield f"{_listed(again)} of {quoted(name)} {'is' if len(again) == 1 else 'are'} there twice; once is taken."


def _uneven(found: Examples) -> Iterator[str]:
    sizes = {name: sum(count) for name, count in zip(found.categories, found.counts, strict=True)}
    fewest, most = min(sizes, key=sizes.__getitem__), max(sizes, key=sizes.__getitem__)
    if sizes[most] >= 3 * sizes[fewest]:
        yield (
            f"{quoted(most)} has {sizes[most]} pictures and {quoted(fewest)} has {sizes[fewest]}: each class counts "
            "alike in training, and accuracy is to be read class by class."
        )


def _listed(names: Sequence[str], n_shown: int = 3) -> str:
    shown = ", ".join(map(quoted, names[:n_shown]))
    return shown if len(names) <= n_shown else f"{shown} and {len(names) - n_shown} more"


def _left(names: Sequence[str]) -> str:
    return "is left out" if len(names) == 1 else "are left out"

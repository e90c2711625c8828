"""How often networks are right over many pictures, while those are changed more and more: one table."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from ..errors import BadData, BadImage, Unsuited
from ..networks.network import Network
from ..pictures.folders import PictureFile, find_pictures
from ..pictures.image import ImageInput
from ..running.progress import Progress
from ..trace import run
from ..training.recipes import category_of
from ..wording import percent
from .changes import CHANGES
from .sweep import sweep

# From none at all to where most people still recognise the thing: what lies beyond tells networks apart no more.
STRENGTHS: Mapping[str, tuple[float, ...]] = MappingProxyType({
    "rotation": (0, 15, 30, 60, 90),
    "mirror": (0, 1),
    "shear": (0, 10, 20, 30, 45),
    "perspective": (0, 0.1, 0.2, 0.3, 0.4),
    "zoom": (1, 0.7, 0.5, 0.35, 0.25),
    "right": (0, 10, 20, 30, 50),
    "down": (0, 10, 20, 30, 50),
    "brightness": (0, 40, 80, 120, 160),
    "contrast": (1, 0.6, 0.4, 0.2, 0.1),
    "gamma": (1, 1.5, 2, 3, 4),
    "warmth": (0, 25, 50, 75, 100),
    "shadow": (0, 25, 50, 75, 90),
    "blur": (0, 0.5, 1, 2, 4),
    "jpeg": (0, 50, 75, 90, 95),
    "noise": (0, 15, 30, 60, 100),
    "patch": (0, 20, 35, 50, 70),
    "bricks": (0, 25, 50, 75, 100),
    "noise_behind": (0, 25, 50, 75, 100),
    "scene": (0, 25, 50, 75, 100),
    "out_of_focus": (0, 25, 50, 75, 100),
    "shuffle": (1, 2, 3, 4, 8),
    "outline": (0, 25, 50, 75, 100),
})  # fmt: skip


@dataclass(frozen=True)
class Accuracy:
    """How many of `n` pictures a network is right about, with a change at one strength."""

    network: str
    change: str
    strength: float
    right: int
    n: int


@dataclass(frozen=True)
class ChallengeTable:
    """Every network, change and strength, and what was left out, with a sentence each."""

    rows: tuple[Accuracy, ...]
    skipped: Mapping[str, str]

    def csv(self) -> str:
        """A row a cell, with a line of column names."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(("network", "change", "unit", "strength", "right", "pictures", "accuracy"))
        for row in self.rows:
            share = round(row.right / row.n, 4)
            writer.writerow((row.network, row.change, CHANGES[row.change].unit, row.strength, row.right, row.n, share))
        return text.getvalue()

    def markdown(self) -> str:
        """A line for each change: its strengths, and each network's accuracy at them in per cent, one after another.
        What no change at all gives is the same in every line, and stands above."""
        cells: dict[tuple[str, str], list[Accuracy]] = {}
        for row in self.rows:
            cells.setdefault((row.network, row.change), []).append(row)
        networks = list(dict.fromkeys(row.network for row in self.rows))
        changes = list(dict.fromkeys(row.change for row in self.rows))
        plain = {row.network: row for row in sorted(self.rows, key=lambda row: row.n) if row.strength == _still(row)}
        lines = [
            "Unchanged: " + ", ".join(
                f"{name} {percent(plain[name].right / plain[name].n)} of {plain[name].n} pictures" for name in networks
            ) + ".",
            "",
            f"| change | strengths | {' | '.join(networks)} |",
            f"|:--|:--|{':--|' * len(networks)}",
        ]  # fmt: skip
        for change in changes:
            strengths = ", ".join(f"{row.strength:g}" for row in cells[networks[0], change][1:])
            shares = [
                ", ".join(f"{100 * row.right / row.n:.1f}" for row in cells[name, change][1:]) for name in networks
            ]
            unit = CHANGES[change].unit
            what = CHANGES[change].title.lower() if not unit else f"{CHANGES[change].title.lower()} ({unit})"
            lines.append(f"| {what} | {strengths} | {' | '.join(shares)} |")
        most = max(row.n for row in self.rows)
        if fewer := {cells[networks[0], change][0].n for change in changes} - {most}:
            lines += [
                "",
                f"Lines with something behind: of {max(fewer)} pictures; of the others nothing can be cut out.",
            ]
        if self.skipped:
            name, why = next(iter(self.skipped.items()))
            lines += ["", f"Pictures left out: {len(self.skipped)}. The first, {name}: {why}"]
        return "\n".join(lines)


def _still(row: Accuracy) -> float:
    return CHANGES[row.change].still


def evaluate_challenges(
    networks: Sequence[Network], places: Sequence[Path], changes: Sequence[str] = tuple(STRENGTHS),
    n_pictures: int | None = None, progress: Progress | None = None,
) -> ChallengeTable:  # fmt: skip
    """Show each network every picture with every change at its strengths (see STRENGTHS), and count how often the
    class of the picture's folder comes first. Unchanged, that is the answer of `run`; what chance draws in a change is
    the same for all pictures.

    `places` are pictures, folders (with the folders in them) or .tar archives; of these, `n_pictures` are taken at even
    steps. A folder is called after a class, or by ImageNet's number for one of Imagenette's. A picture whose folder is
    called after no class of one of the networks is left out for all, so that they are compared on the same ones; one of
    which no thing can be cut out, of the changes that lay it on something else.
    What `progress` raises cancels. Raises BadArgument for a change that there is not, BadData without pictures.
    """
    known = {name: CHANGES[name] for name in changes if name in STRENGTHS}
    if len(known) < len(changes) or not known:
        raise BadData(f"Changes are some of {', '.join(STRENGTHS)}, not {', '.join(changes) or 'none'}.")
    sources = find_pictures(places, n_pictures)
    right: dict[tuple[int, str, float], list[bool]] = {}
    skipped: dict[str, str] = {}
    n_used = 0
    for n_done, source in enumerate(sources):
        if progress is not None:
            progress(n_done, len(sources))
        try:
            image = source.read()
            found = [_asked(network, image, _truth(network, source), tuple(known)) for network in networks]
        except (BadData, BadImage) as error:
            skipped[source.name] = str(error)
            continue
        n_used += 1
        for i, cells in enumerate(found):
            for (name, strength), is_right in cells.items():
                right.setdefault((i, name, strength), []).append(is_right)
    if progress is not None:
        progress(len(sources), len(sources))
    if not n_used:
        raise BadData(f"No picture can be used. The first, {next(iter(skipped))}: {next(iter(skipped.values()))}")
    if not right:
        raise BadData("Nothing can be cut out of these pictures to be laid on something else. Choose other changes.")
    rows = (
        Accuracy(network.name, name, strength, sum(answers), len(answers))
        for i, network in enumerate(networks) for name in known for strength in STRENGTHS[name]
        if (answers := right.get((i, name, strength)))
    )  # fmt: skip
    return ChallengeTable(tuple(rows), skipped)


def _asked(network: Network, image: ImageInput, truth: int, changes: Sequence[str]) -> dict[tuple[str, float], bool]:
    """Whether a network is right about a picture, by change and strength; without the changes for which nothing can be
    cut out of it."""
    trace = run(network, image)
    plain = trace.top(1)[0].index == truth
    found: dict[tuple[str, float], bool] = {}
    for name in changes:
        still, *others = STRENGTHS[name]
        try:
            kept = sweep(trace, name, others, truth, with_maps=False).kept
        except Unsuited:
            continue
        found |= dict(zip(((name, strength) for strength in (still, *others)), (plain, *kept), strict=True))
    return found


def _truth(network: Network, source: PictureFile) -> int:
    """The class that a picture's folder is called after. Raises BadData."""
    category = category_of(network.name, source.folder)
    if category not in network.categories:
        raise BadData(f"Its folder '{source.folder}' is called after no class of {network.title}.")
    return network.categories.index(category)

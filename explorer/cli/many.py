"""Many pictures of `explorer explain`: a map of each, and a table of all. What cannot be read is said, and stops none
of the others."""

from __future__ import annotations

import argparse
import csv
import glob
import json
import math
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path, PurePosixPath

from ..errors import BadData, BadOption, ExplorerError
from ..pictures.folders import PictureFile, find_pictures
from ..wording import percent
from .one import Explained, asked_of, explained
from .options import network_of

_PATTERN = frozenset("*?[")


@dataclass(frozen=True)
class Row:
    """A picture in the table. Where it could not be explained, `problem` says why, and there is no more of it."""

    picture: str
    map: str | None = None
    array: str | None = None
    method: str | None = None
    layer: str | None = None
    target: int | None = None
    category: str | None = None
    probability: float | None = None
    logit: float | None = None
    top: int | None = None
    top_category: str | None = None
    top_probability: float | None = None
    maximum: float | None = None
    problem: str = ""


def is_one_picture(places: Sequence[Path], output: Path) -> bool:
    """Whether one file goes in and one comes out: not where a folder is given on either side, or several pictures."""
    (first, *others) = places
    is_file = not (others or first.is_dir() or first.suffix.lower() == ".tar" or _is_pattern(first))
    return is_file and not output.is_dir() and bool(output.suffix)


def explain_many(options: argparse.Namespace) -> int:
    """Write a map of every picture and the table; 0 where all could be explained, else 1."""
    folder, arrays = options.output, options.array
    for place, ending in ((folder, ".png"), (arrays, ".npy")):
        if place is not None and place.suffix.lower() == ending:
            raise BadOption(f"'{place}' is one file, and there may be several pictures. Name a folder for them.")
    found = _found(options.pictures, folder)
    asked = asked_of(network_of(options), options)
    rows: list[Row] = []
    try:
        for name, source in found.items():
            row = Row(name, problem=source) if isinstance(source, str) else None
            if row is None and isinstance(source, PictureFile):
                try:
                    one = explained(asked, source.read())
                except ExplorerError as error:
                    row = Row(name, problem=str(error))
                else:
                    row = _written(name, one, folder, arrays)
            assert row is not None  # a picture, or a sentence on why there is none
            rows.append(row)
            if row.problem:
                print(f"explorer: {row.problem}", file=sys.stderr)
    finally:  # what is known is worth a table, also when somebody has lost patience
        _write_table(folder, asked.network.name, asked.network.weights_name, rows)
    n = sum(not row.problem for row in rows)
    print(f"{n} of {len(rows)} pictures: {folder / 'table.csv'}, {folder / 'table.json'}")
    return 0 if n == len(rows) else 1


def _written(name: str, one: Explained, folder: Path, arrays: Path | None) -> Row:
    picture = folder / f"{name}.png"
    array = None if arrays is None else arrays / f"{name}.npy"
    for path in (picture, array):
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
    one.write(picture, array)
    (best,) = one.trace.top(1)
    print(f"{name}: {best.category} {percent(best.probability)}; {one.summary}: {picture}")
    return Row(
        name, str(picture), None if array is None else str(array), one.asked.method, one.asked.layer, one.target.index,
        one.target.category, _finite(one.target.probability), _finite(one.target.logit), best.index, best.category,
        _finite(best.probability), _finite(float(one.cam.max())),
    )  # fmt: skip


def _finite(value: float) -> float | None:
    """Of broken weights there are scores that are no numbers, for which JSON has no word."""
    return value if math.isfinite(value) else None


def _write_table(folder: Path, network: str, weights: str, rows: Sequence[Row]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "table.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, [field.name for field in fields(Row)], lineterminator="\n")
        writer.writeheader()
        writer.writerows(asdict(row) for row in rows)
    table = {"network": network, "weights": weights, "rows": [asdict(row) for row in rows]}
    text = json.dumps(table, indent=1, ensure_ascii=False, allow_nan=False)
    (folder / "table.json").write_text(text, encoding="utf-8")


def _found(places: Sequence[Path], output: Path) -> dict[str, PictureFile | str]:
    """Every picture by a name that no other has, or, of a place without one, the sentence that says so. What lies in
    the folder of the maps is left out: it is what an earlier call wrote."""
    found: dict[str, PictureFile | str] = {}
    seen: set[tuple[Path, int]] = set()
    own = output.resolve()
    for place in (one for given in places for one in _unfolded(given)):
        if place.is_dir() and place.resolve() == own:
            raise BadOption(f"'{output}' is the folder of the pictures themselves. Choose another for their maps.")
        try:
            pictures = find_pictures([place])
        except BadData as error:
            found[_free(str(place), found)] = str(error)
            continue
        above = f"{place.stem}/" if len(places) > 1 and not place.is_file() else ""
        for one in pictures:
            path = one.path.resolve()
            if (path, one.start) not in seen and own not in path.parents:
                seen.add((path, one.start))
                found[_free(above + one.name, found)] = one
    if not found:
        raise BadData(f"There is no picture in {', '.join(map(str, places))}. Choose another.")
    return found


def _unfolded(place: Path) -> Iterator[Path]:
    """The files and folders that a pattern stands for, where the shell has left that to us; itself where there are
    none."""
    fitting = glob.glob(str(place), recursive=True) if _is_pattern(place) else []  # noqa: PTH207  # it may be absolute
    yield from [Path(one) for one in sorted(fitting)] or [place]


def _is_pattern(place: Path) -> bool:
    return not place.exists() and bool(_PATTERN & {*str(place)})


def _free(name: str, taken: dict[str, PictureFile | str]) -> str:
    """The name, or, where another picture has it, the same with a number."""
    path, n = PurePosixPath(name), 2
    while name in taken:
        name, n = str(path.with_name(f"{path.stem}-{n}{path.suffix}")), n + 1
    return name

"""How faithful the methods are over many pictures: every method's map of every picture, scored, as one table.

Scored with them are maps that know nothing of the picture (see BASELINES): a method that does not beat those has shown
nothing.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..attribution import METHODS, checked_options, explain, find_method
from ..errors import BadData, BadImage, BadOption, BadTarget, ExplorerError, UnknownMethod, nearest
from ..networks.network import Network
from ..pictures.folders import PictureFile, find_pictures, plain_name
from ..pictures.image import ImageInput
from ..running.progress import Progress
from ..targets import as_target
from ..trace import FloatArray, Trace, run
from ..training.recipes import RECIPES
from .curves import N_STEPS, check_options, report_card
from .scores import centred_map, random_map
from .table import BASELINES, AttributionTable, Row, rows_of

Pictures = str | Path | ImageInput | Sequence[str | Path | ImageInput]

_ROWS, _SETTINGS, _MAPS = "rows.jsonl", "settings.json", "maps"


def evaluate_attribution(
    network: Network, pictures: Pictures, methods: Sequence[str] | None = None, out: Path | None = None,
    target: int | str = "top", layer: str | None = None, n_pictures: int | None = None, n_steps: int = N_STEPS,
    fill: str = "mean", seed: int = 0, options: Mapping[str, Mapping[str, Any]] | None = None,
    progress: Progress | None = None,
) -> AttributionTable:  # fmt: skip
    """Score the maps of several methods (all of them, and all BASELINES, unless named) on several pictures.

    `pictures` are ImageInputs, files, folders (with the folders in them) or .tar archives; of these, `n_pictures` are
    taken at even steps. `target` is a class by index or name, "top" for each picture's likeliest, or "folder" for the
    class that the folder of the picture is called after. `options` are those of a method, by its name.

    With a folder `out`, each row is kept as soon as it is known, and each map as .npy and, over the picture, as .png;
    a run that was stopped goes on from there. The table is written as table.csv and table.json.
    What `progress` raises cancels. Pictures that cannot be used are left out, with a sentence. Raises UnknownMethod,
    BadTarget, UnknownLayer, BadData, BadOption.
    """
    methods = tuple(dict.fromkeys(methods or (*METHODS, *BASELINES)))
    for name in methods:
        if name not in METHODS and name not in BASELINES:
            known = (*METHODS, *BASELINES)
            raise UnknownMethod(f"There is no method '{name}'.{nearest(name, known)} Pick from {', '.join(known)}.")
    how = _How(
        target if target in ("top", "folder") else _class(network, target),
        None if layer is None else network.layer(layer).name,
        n_steps, fill, seed, {name: dict(of_method) for name, of_method in (options or {}).items()},
    )  # fmt: skip
    check_options(network, n_steps, fill)
    side = network.preprocessing.size
    effective = {name: dict(checked_options(name, how.options.get(name, {}), side)) for name in METHODS}
    for name in how.options:
        find_method(name)
    sources = _sources(pictures, n_pictures)
    settings = {"network": network.name, "weights": network.weights_name, "key": network.key}
    settings |= asdict(how) | {"options": effective}
    kept = _Kept(out, settings)
    skipped: dict[str, str] = {}
    n_done, n_total = 0, len(sources) * len(methods)

    def report(*_: object) -> None:
        if progress is not None:
            progress(n_done, n_total)

    try:
        for name, source in sources.items():
            missing = [method for method in methods if (name, method) not in kept.rows]
            n_done += len(methods) - len(missing)
            if not missing:
                continue
            try:
                subject = _subject(network, name, source, how)
            except (BadImage, BadTarget) as error:
                skipped[name] = str(error)
                n_done += len(missing)
                report()
                continue
            for method in missing:
                row, values = _evaluate(subject, method, how, None if progress is None else report)
                kept.add(row, values, subject.trace)
                n_done += 1
                report()
    finally:  # what is known is worth a table, also when somebody has lost patience
        rows = [kept.rows[name, method] for name in sources for method in methods if (name, method) in kept.rows]
        table = AttributionTable(network.title, methods, tuple(rows), skipped, settings)
        kept.write(table)
    return table


def baseline(trace: Trace, name: str, seed: int = 0) -> FloatArray:
    """One of BASELINES for the trace's picture; what is drawn at random differs from picture to picture."""
    network, size = trace.network, trace.prepared.size
    if name == "centred":
        return centred_map(*size)
    drawn = int(trace.image.digest[:8], 16) + seed
    if name == "random_pixels" or not network.has_maps:
        return random_map(*size, drawn)
    height, width = network.layer(network.cam_layer).size
    return random_map(height, width, drawn)


@dataclass(frozen=True)
class _How:
    """What all rows of a table have in common."""

    target: int | str
    layer: str | None
    n_steps: int
    fill: str
    seed: int
    options: Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, eq=False)
class _Subject:
    """A picture, the pass that explains a class of it, and the class that its folder is called after."""

    name: str
    trace: Trace
    truth: int | None

    @property
    def target(self) -> int:
        """The class to explain."""
        assert self.trace.target is not None  # it was run for one
        return self.trace.target


def _class(network: Network, target: int | str) -> int:
    index = network.category_index(target) if isinstance(target, str) else target
    return as_target(network, index).index


def _sources(pictures: Pictures, n_most: int | None) -> dict[str, PictureFile | ImageInput]:
    """The pictures by the names that they have in the table."""
    given = [pictures] if isinstance(pictures, (str, Path, ImageInput)) else list(pictures)
    places = [Path(place) for place in given if not isinstance(place, ImageInput)]
    images = [image for image in given if isinstance(image, ImageInput)]
    sources: dict[str, PictureFile | ImageInput] = {}
    if places or not images:
        sources |= {picture.name: picture for picture in find_pictures(places, n_most)}
    for image in images:
        name = plain_name(image.name) or "picture"
        sources[name if name not in sources else f"{name} {image.digest[:8]}"] = image
    return sources


def _subject(network: Network, name: str, source: PictureFile | ImageInput, how: _How) -> _Subject:
    """Read the picture and run the network on it; raises BadImage, BadTarget."""
    if isinstance(source, ImageInput):
        image, folder = source, ""
    else:
        image, folder = source.read(), source.folder
    recipe = RECIPES.get(network.name)
    category = recipe.categories.get(folder, folder) if recipe is not None else folder
    truth = network.categories.index(category) if category in network.categories else None
    if how.target != "folder":
        return _Subject(name, run(network, image, "top" if how.target == "top" else int(how.target)), truth)
    if truth is None:
        raise BadTarget(f"Its folder '{folder}' is called after no class of {network.title}.")
    return _Subject(name, run(network, image, truth), truth)


def _evaluate(subject: _Subject, method: str, how: _How, report: Progress | None) -> tuple[Row, FloatArray | None]:
    """The scores of one map, and the map itself where there is one."""
    trace, network = subject.trace, subject.trace.network
    prediction = trace.prediction(subject.target)
    found: dict[str, Any] = {
        "picture": subject.name,
        "method": method,
        "target": subject.target,
        "category": prediction.category,
        "truth": None if subject.truth is None else network.categories[subject.truth],
        "probability": prediction.probability if trace.is_finite else None,
    }
    values: FloatArray | None = None
    try:
        if method in BASELINES:
            values = baseline(trace, method, how.seed)
        else:
            explained = explain(trace, method, how.layer, progress=report, **how.options.get(method, {}))
            values = explained.values
            found |= {
                "layer": explained.layer, "seconds": explained.seconds, "evaluations": explained.evaluations,
            }  # fmt: skip
            if explained.remark is not None:
                return Row(**found, problem=explained.remark), values
        card = report_card(trace, values, subject.target, how.n_steps, how.fill, seed=how.seed, progress=report)
    except BadOption:
        raise
    except ExplorerError as error:  # no map here, or one without a score: the row says so
        return Row(**found, problem=str(error)), values
    kept = card.confidence
    found |= {
        "deletion": card.deletion.area,
        "insertion": card.insertion.area,
        "drop": None if kept is None else kept.drop,
        "rose": None if kept is None else kept.rose,
        "entropy": card.entropy,
        "gini": card.gini,
    }
    return Row(**found), values


class _Kept:
    """What a run has found so far, in a folder if there is one: a row is there as a whole or not at all."""

    def __init__(self, folder: Path | None, settings: Mapping[str, object]) -> None:
        self.folder = folder
        self.rows: dict[tuple[str, str], Row] = {}
        if folder is None:
            return
        folder.mkdir(parents=True, exist_ok=True)
        self._check(folder / _SETTINGS, json.loads(json.dumps(settings)))
        rows = folder / _ROWS
        if rows.is_file():
            content = rows.read_bytes()
            whole = content[: content.rfind(b"\n") + 1]  # the last line of a run that was killed may be cut off
            if len(whole) < len(content):
                _write(rows, whole)
            self.rows = {(row.picture, row.method): row for row in rows_of(whole.decode().splitlines())}

    def add(self, row: Row, values: FloatArray | None, trace: Trace) -> None:
        self.rows[row.picture, row.method] = row
        if self.folder is None:
            return
        if values is not None:
            _write_map(self.folder / _MAPS / row.picture, row.method, values, trace)
        with (self.folder / _ROWS).open("a", encoding="utf-8", newline="\n") as file:
            file.write(json.dumps(asdict(row), allow_nan=False) + "\n")

    def write(self, table: AttributionTable) -> None:
        if self.folder is not None:
            _write(self.folder / "table.csv", table.csv().encode())
            _write(self.folder / "table.json", table.json().encode())

    def _check(self, path: Path, settings: Mapping[str, object]) -> None:
        """Rows of two kinds must not mix."""
        if not path.is_file():
            _write(path, json.dumps(settings, indent=1).encode())
            return
        try:
            before = _flat(json.loads(path.read_bytes()))
            now = _flat(settings)
            other = [key for key in now if before[key] != now[key]]
        except (ValueError, TypeError, LookupError, AttributeError):
            raise BadData(f"'{path}' is not what an evaluation wrote. Choose another folder.") from None
        if other:
            key = other[0]
            raise BadData(
                f"'{path.parent}' holds rows of another run: its {key} was {before[key]!r}, and is {now[key]!r} "
                "now. Choose another folder."
            )


def _flat(settings: Mapping[str, Any]) -> dict[str, object]:
    """The settings with each option of each method by itself, such as rise.n_masks."""
    options = {f"{method}.{name}": value for method, of in settings["options"].items() for name, value in of.items()}
    return {key: value for key, value in settings.items() if key != "options"} | options


def _write_map(folder: Path, method: str, values: FloatArray, trace: Trace) -> None:
    # here, and not above: the figures stand on the library, and only who writes files needs them
    from ..attribution.figures import map_scale
    from ..drawing.picture import overlay, png_of_pixels, visible

    folder.mkdir(parents=True, exist_ok=True)
    np.save(folder / f"{method}.npy", values)
    scale = map_scale(values, "inferno", False, False, method in METHODS and METHODS[method].is_level)
    drawn = overlay(visible(trace.prepared.pixels), values, scale)
    _write(folder / f"{method}.png", png_of_pixels(drawn))


def _write(path: Path, content: bytes) -> None:
    """The file as a whole or not at all."""
    partial = path.with_name(f"{path.name}.{uuid.uuid4().hex}.part")
    try:
        partial.write_bytes(content)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)

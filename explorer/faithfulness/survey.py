"""How faithful the methods are over many pictures: every method's map of every picture, scored, as one table.

Scored with them are maps that know nothing of the picture (see BASELINES): a method that does not beat those has shown
nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from ..attribution import METHODS, checked_options, explain, find_method
from ..errors import BadData, BadImage, BadOption, BadTarget, ExplorerError, UnknownMethod, nearest
from ..loading.preparations import as_text
from ..networks.checks import check_network
from ..networks.network import Network
from ..pictures.folders import PictureFile, find_pictures, plain_name
from ..pictures.image import ImageInput
from ..running.progress import Progress
from ..targets import class_index
from ..trace import FloatArray, Trace, run
from ..training.recipes import category_of
from ..wording import described
from .curves import N_STEPS, check_options
from .report import report_card
from .row_store import RowStore
from .scores import MapLike, centred_map, random_map
from .table import BASELINES, SCORES, AttributionTable, Row

Pictures = str | Path | ImageInput | Sequence[str | Path | ImageInput]


@dataclass(frozen=True)
class Scoring:
    """What all rows of a table have in common: what is explained, and how the maps are drawn and scored.

    `target` is a class by index or name, "top" for each picture's likeliest, or "folder" for the class that the folder
    of the picture is called after. The curves have `n_steps`, and deleted pixels the colour `fill`; what is drawn at
    random begins at `seed`. `options` are those of a method, by its name.
    """

    target: int | str = "top"
    layer: str | None = None
    n_steps: int = N_STEPS
    fill: str = "mean"
    seed: int = 0
    options: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


def evaluate_attribution(
    network: Network, pictures: Pictures, methods: Sequence[str] | None = None, out: Path | None = None,
    how: Scoring | None = None, n_pictures: int | None = None, progress: Progress | None = None,
) -> AttributionTable:  # fmt: skip
    """Score the maps of several methods (all of them, and all BASELINES, unless named) on several pictures.

    `pictures` are ImageInputs, files, folders (with the folders in them) or .tar archives; of these, `n_pictures` are
    taken at even steps.

    With a folder `out`, each row is kept as soon as it is known, and each map as .npy and, over the picture, as .png;
    a run that was stopped goes on from there. The table is written as table.csv and table.json.
    What `progress` raises cancels. Pictures that cannot be used are left out, with a sentence. Raises UnknownMethod,
    BadTarget, UnknownLayer, BadData, BadOption.
    """
    check_network(network)
    methods = _known(methods or (*METHODS, *BASELINES))
    how = _checked(network, how or Scoring())
    settings = _settings(network, how)
    sources = _sources(pictures, n_pictures)
    kept = RowStore(out, settings)
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


def _known(methods: Sequence[str]) -> tuple[str, ...]:
    """Each of them once; raises UnknownMethod."""
    known = (*METHODS, *BASELINES)
    for name in methods:
        if name not in known:
            raise UnknownMethod(f"There is no method '{name}'.{nearest(name, known)} Pick from {', '.join(known)}.")
    return tuple(dict.fromkeys(methods))


def _checked(network: Network, how: Scoring) -> Scoring:
    """The same with the class's index and the layer's full name. Raises BadTarget, UnknownLayer, BadOption."""
    target = how.target if how.target in ("top", "folder") else _class(network, how.target)
    layer = None if how.layer is None else network.layer(how.layer).name
    check_options(network, how.n_steps, how.fill)
    options = {name: dict(of_method) for name, of_method in how.options.items()}
    return replace(how, target=target, layer=layer, options=options)


def _settings(network: Network, how: Scoring) -> dict[str, Any]:
    """All that the rows depend on besides picture and method. Raises BadOption, UnknownMethod for bad options."""
    side = network.preprocessing.size
    options = {name: dict(checked_options(name, how.options.get(name, {}), side)) for name in METHODS}
    for name in how.options:
        find_method(name)
    settings: dict[str, Any] = {"network": network.name, "weights": network.weights_name, "key": network.key}
    settings |= {"preparation": as_text(network.preprocessing), "notes": network.notes, "scores": list(SCORES)}
    return settings | asdict(how) | {"options": options}


def _class(network: Network, target: int | str) -> int:
    return class_index(network, network.category_index(target) if isinstance(target, str) else target)


def _sources(pictures: Pictures, n_most: int | None) -> dict[str, PictureFile | ImageInput]:
    """The pictures by the names that they have in the table."""
    if not isinstance(pictures, str | Path | ImageInput | Iterable):
        raise BadData(f"Pictures are files, folders, archives or read pictures, not {described(pictures)}.")
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


def _subject(network: Network, name: str, source: PictureFile | ImageInput, how: Scoring) -> _Subject:
    """Read the picture and run the network on it; raises BadImage, BadTarget."""
    if isinstance(source, ImageInput):
        image, folder = source, ""
    else:
        image, folder = source.read(), source.folder
    category = category_of(network.name, folder)
    truth = network.categories.index(category) if category in network.categories else None
    if how.target != "folder":
        return _Subject(name, run(network, image, "top" if how.target == "top" else int(how.target)), truth)
    if truth is None:
        raise BadTarget(f"Its folder '{folder}' is called after no class of {network.title}.")
    return _Subject(name, run(network, image, truth), truth)


def _evaluate(subject: _Subject, method: str, how: Scoring, report: Progress | None) -> tuple[Row, FloatArray | None]:
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
    given: MapLike
    try:
        if method in BASELINES:
            values = given = baseline(trace, method, how.seed)
        else:
            explained = explain(trace, method, how.layer, progress=report, **how.options.get(method, {}))
            given, values = explained, explained.values
            found |= {
                "layer": explained.layer, "seconds": explained.seconds, "evaluations": explained.evaluations,
            }  # fmt: skip
            if explained.remark is not None:
                return Row(**found, problem=explained.remark), values
        card = report_card(trace, given, subject.target, how.n_steps, how.fill, seed=how.seed, progress=report)
    except BadOption:
        raise
    except ExplorerError as error:  # no map here, or one without a score: the row says so
        return Row(**found, problem=str(error)), values
    kept = card.confidence
    found |= {
        "deletion": card.deletion.area,
        "insertion": card.insertion.area,
        "road": card.road.score,
        "drop": None if kept is None else kept.drop,
        "rose": None if kept is None else kept.rose,
        "entropy": card.entropy,
        "gini": card.gini,
    }
    return Row(**found), values

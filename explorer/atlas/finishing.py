"""What was found of all pictures, written down as an atlas: tables, pooled values, and, last, the manifest."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from ..networks.fields import Parts
from ..networks.network import Network
from .counting import NOWHERE, Bins
from .jobs import RANGES, CropsJob, CropsOf
from .layout import BROKEN, CHANNELS, CROPS, FEATURES, PATCHES, PICTURES, AtlasLayer, Manifest, features_name
from .merging import Merged, correlations, merged, nearest, selectivity
from .plan import Plan
from .rows import Box
from .shard import bins_of, shard_name
from .writing import BROKEN_SCHEMA, CHANNELS_SCHEMA, CROPS_SCHEMA, N_ROWS, PATCHES_SCHEMA, PICTURES_SCHEMA, TableFile

Cut = Callable[[Sequence[CropsJob]], None]  # has these done, and leaves out those that are


@dataclass(frozen=True, eq=False)
class Chosen:
    """Patches of one layer, (C, k) or (1, k) where they are the same for all its channels: pictures and places."""

    layer: int
    kind: str
    picture: NDArray[np.int64]
    place: NDArray[np.int64]
    value: NDArray[np.float32]  # (C, k)


def finish(plan: Plan, network: Network, cut: Cut) -> None:
    """Put the shards together and write the atlas. Done again, it gives the same."""
    found = merged(plan)
    bins = bins_of(plan, plan.work / RANGES)
    files = [CHANNELS, BROKEN]
    _write_channels(plan, found, bins)
    _write_broken(plan)
    if plan.settings.pictures:
        _write_pictures(plan, found)
        _write_features(plan, found)
        _write_patches(plan, network, found, cut)
        files += [PICTURES, PATCHES, CROPS, *(features_name(i) for i in range(len(plan.layers)))]
    Manifest(
        plan.settings.title, network.name, network.key, network.title, network.weights_name, plan.layers,
        plan.class_titles, plan.class_indices, found.n_pictures, found.n_broken, plan.settings.pictures,
        plan.settings.use, plan.settings.n_patches, network.preprocessing.size, plan.finished_fingerprint(),
        {name: (plan.folder / name).stat().st_size for name in files},
    ).write(plan.folder)  # fmt: skip


def _write_channels(plan: Plan, found: Merged, bins: Sequence[Bins]) -> None:
    with np.errstate(invalid="ignore", divide="ignore"):
        by_class = found.sums / found.of_class[:, None, None]
    index, best = selectivity(by_class[:, 1])
    with TableFile(plan.folder / CHANNELS, CHANNELS_SCHEMA) as file:
        for layer, span, of in zip(plan.layers, plan.spans, bins, strict=True):
            channels, values = nearest(correlations(plan, found, span), plan.settings.n_neighbours)
            columns: dict[str, Any] = {
                **_moments(layer, found, span, of), "selectivity": index[span], "best_class": best[span],
                "by_class": [*by_class[:, 0, span].T], "correlations": values,
                "use_by_class": [*by_class[:, 2, span].T] if plan.settings.use else [None] * layer.n_channels,
            }  # fmt: skip
            if plan.settings.brief:
                columns = {name: _brief(column) for name, column in columns.items()}
            lowest, highest = of.ends
            file.add({
                **columns, "layer": [layer.name] * layer.n_channels, "channel": np.arange(layer.n_channels),
                "histogram": [*found.histogram[span]], "lowest_edge": lowest, "highest_edge": highest,
                "neighbours": channels,
            })  # fmt: skip


def _moments(layer: AtlasLayer, found: Merged, span: slice, bins: Bins) -> dict[str, Any]:
    """What is known of all values of each channel; nothing but how many where there was no picture."""
    n, count = layer.n_channels, found.n_pictures * layer.size[0] * layer.size[1]
    if not count:
        names = ("mean", "std", "minimum", "maximum", "sparsity")
        return {"count": np.zeros(n, np.int64)} | {name: np.full(n, np.nan) for name in names}
    mean = found.total[span] / found.n_pictures
    at_most_0 = (found.histogram[span] * (np.arange(bins.n) <= bins.below[:, None])).sum(axis=1)
    return {
        "count": np.full(n, count), "mean": mean, "sparsity": at_most_0 / count,
        "std": np.sqrt(np.maximum(found.squares[span] / count - mean**2, 0)),
        "minimum": found.minimum[span], "maximum": found.maximum[span],
    }  # fmt: skip


def _brief(column: Any) -> Any:
    """Numbers to three digits: of each ten bits of the fraction are kept, so that a file packs the others away."""
    if isinstance(column, list):
        return [None if one is None else _brief(np.asarray(one, np.float32)) for one in column]
    if column.dtype.kind != "f":
        return column
    bits = column.astype(np.float32).view(np.uint32)
    return ((bits + np.uint32(1 << 12)) & np.uint32(0xFFFFE000)).view(np.float32)


def _write_broken(plan: Plan) -> None:
    with TableFile(plan.folder / BROKEN, BROKEN_SCHEMA) as file:
        for index in range(plan.pictures.n_shards):
            done = json.loads((plan.work / f"{shard_name(index)}.json").read_text(encoding="utf-8"))
            for name, reason in done["broken"]:
                file.add_row({"name": name, "reason": reason})


def _write_pictures(plan: Plan, found: Merged) -> None:
    first = 0
    with TableFile(plan.folder / PICTURES, PICTURES_SCHEMA) as file:
        for index, n in enumerate(found.shards):
            for batch in pq.ParquetFile(plan.work / f"{shard_name(index)}.parquet").iter_batches(N_ROWS):
                for row in batch.to_pylist():
                    file.add_row({**row, "picture": first + row["picture"]})
            first += n


def _write_features(plan: Plan, found: Merged) -> None:
    """Each layer's pooled values, shard by shard: of many pictures they are more than there is memory."""
    (plan.folder / FEATURES).mkdir(exist_ok=True)
    kind = np.dtype(np.float16 if plan.settings.brief else np.float32)
    for i, (layer, span) in enumerate(zip(plan.layers, plan.spans, strict=True)):
        path = plan.folder / features_name(i)
        beside = path.with_name(f"{path.name}.part")
        head = {"descr": kind.str, "fortran_order": False, "shape": (found.n_pictures, layer.n_channels)}
        with beside.open("wb") as file:
            np.lib.format.write_array_header_1_0(file, head)
            for index in range(len(found.shards)):
                pooled = np.load(plan.work / f"{shard_name(index)}.npy", mmap_mode="r")[:, span]
                file.write(pooled.astype(kind).tobytes())
        beside.replace(path)


def _write_patches(plan: Plan, network: Network, found: Merged, cut: Cut) -> None:
    """The places, and their crops: each box of a picture once, however many units look at it."""
    chosen = [*_chosen(plan, found)]
    numbers = _crops(plan, network, found, chosen, cut)
    with TableFile(plan.folder / PATCHES, PATCHES_SCHEMA) as file:
        for i, layer in enumerate(plan.layers):
            columns: dict[str, list[NDArray[np.generic]]] = {}
            for one in chosen:
                if one.layer == i:
                    for name, column in _rows(one, layer.size[1], numbers[id(one)]).items():
                        columns.setdefault(name, []).append(column)
            whole = {name: np.concatenate(parts) for name, parts in columns.items()}
            order = np.lexsort((whole["rank"], whole["kind"] != "strongest", whole["channel"]))
            file.add({"layer": [layer.name] * len(order), **{name: of[order] for name, of in whole.items()}})


def _chosen(plan: Plan, found: Merged) -> Iterator[Chosen]:
    for i, span in enumerate(plan.spans):
        yield Chosen(
            i, "strongest", found.top.picture[span], found.top.place[span], (-found.top.order[span]).astype(np.float32)
        )
        picture = found.lots.picture[i]
        nothing = np.full(span.stop - span.start, np.nan, np.float32)
        values = np.stack([found.lot_values.get((i, number), nothing) for number in picture.tolist()], axis=1)
        yield Chosen(i, "random", picture[None], found.lots.place[i][None], values)


def _rows(one: Chosen, width: int, crops: NDArray[np.int64]) -> dict[str, NDArray[np.generic]]:
    n, k = one.value.shape
    picture, place, crop = (np.broadcast_to(of, (n, k)).ravel() for of in (one.picture, one.place, crops))
    there = picture != NOWHERE
    found: dict[str, NDArray[np.generic]] = {
        "channel": np.repeat(np.arange(n), k), "kind": np.full(n * k, one.kind, object),
        "rank": np.tile(np.arange(k), n),
        "value": one.value.ravel(), "y": place // width, "x": place % width, "crop": crop,
    }  # fmt: skip
    return {name: column[there] for name, column in found.items()}


def _crops(
    plan: Plan, network: Network, found: Merged, chosen: Sequence[Chosen], cut: Cut
) -> dict[int, NDArray[np.int64]]:  # fmt: skip
    """For each patch the row of its crop, after all crops are made and written."""
    boxes = [
        _boxes(one, plan, network.fields(plan.layers[one.layer].name), network.preprocessing.size) for one in chosen
    ]
    flat = np.concatenate([box.reshape(-1, 5) for box in boxes])
    unique, where = np.unique(flat, axis=0, return_inverse=True)
    n_nowhere = int((unique[:, 0] == NOWHERE).sum())  # which come first
    jobs = [*_jobs(plan, found, unique[n_nowhere:])]
    cut(jobs)
    with TableFile(plan.folder / CROPS, CROPS_SCHEMA) as file:
        n = 0
        for job in jobs:
            for row in pq.read_table(plan.work / job.result).to_pylist():
                file.add_row({**row, "crop": n})
                n += 1
    ends = np.cumsum([0, *(box.shape[0] * box.shape[1] for box in boxes)])
    numbers = where.reshape(-1) - n_nowhere
    return {
        id(one): numbers[start:end].reshape(box.shape[:2])
        for one, box, start, end in zip(chosen, boxes, ends[:-1], ends[1:], strict=True)
    }


def _boxes(one: Chosen, plan: Plan, parts: Parts, side: int) -> NDArray[np.int64]:
    """(C or 1, k, 5): the picture, and the box of what the unit sees; of several fields in a layer, that of each
    channel, and of what is the same for all channels the first's."""
    n, k = one.picture.shape
    width = plan.layers[one.layer].size[1]
    found = np.full((n, k, 5), NOWHERE, np.int64)
    fields = [field for count, field in parts for _ in range(count)]
    for channel, rank in np.argwhere(one.picture != NOWHERE).tolist():
        y, x = divmod(int(one.place[channel, rank]), width)
        found[channel, rank] = one.picture[channel, rank], *fields[channel].box(y, x, side, side)
    return found


def _jobs(plan: Plan, found: Merged, crops: NDArray[np.int64]) -> Iterator[CropsJob]:
    """Pictures with their boxes, so many crops at a time; each picture is read once for all of its."""
    of_picture: dict[int, list[Box]] = {}
    for picture, top, left, bottom, right in crops.tolist():
        of_picture.setdefault(picture, []).append((top, left, bottom, right))
    pending = iter(of_picture.items())
    for index in range(len(of_picture)):
        some: list[CropsOf] = [
            (picture, plan.pictures.entries(found.lines[picture], 1)[0].file, tuple(boxes))
            for picture, boxes in islice(pending, 32)
        ]
        if not some:
            return
        yield CropsJob(index, tuple(some))

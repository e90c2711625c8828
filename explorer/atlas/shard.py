"""One shard of pictures: read, run through the network once, counted. The same code in whichever process."""

from __future__ import annotations

import io
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from ..errors import BadImage
from ..networks.calling import with_calls_at_hand
from ..networks.network import Network
from ..networks.preparation import Prepared
from ..networks.surgery import reading
from ..predictions import class_scores, probabilities_of
from ..running.lock import work
from ..wording import quoted
from .counting import Bins, LayerCounts
from .layout import write_text
from .listing import Entry
from .plan import Plan, loaded
from .rows import Floats
from .writing import PICTURES_SCHEMA, TableFile

_QUALITY, _BRIEF_QUALITY = 85, 75  # of JPEG
_N_FOR_RANGES = 32  # pictures that lay down how wide the bins are
_SUMS = ("squares", "minimum", "maximum", "histogram", "top", "top_picture", "top_place", "lot_values")
_OF_LAYER = ("lot", "lot_picture", "lot_place")

Read: TypeAlias = "tuple[Entry, str, Prepared]"


@dataclass(frozen=True, eq=False)
class Looked:
    """What the network gave for a batch: logits (B, K), and a layer's maps (B, C, H, W) and, if it was asked for,
    what each channel adds to the answer's logit, (B, C)."""

    logits: Floats
    maps: list[torch.Tensor]
    use: list[Floats]


class Eye:
    """A network, ready to be shown batches."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.network: Network = loaded(plan)
        self._layers = [self.network.layers[layer.name] for layer in plan.layers]
        graph = self.network.graph
        part = reading(graph.recorder, [graph.nodes[layer.name] for layer in plan.layers])
        self._module = with_calls_at_hand(part.module)

    def look(self, tensors: Sequence[torch.Tensor]) -> Looked:
        """Pass a batch, and go back from each answer where its use is asked for."""
        x = torch.cat([*tensors]).to(self.network.device, memory_format=torch.channels_last)
        with work(f"A batch of {self.network.title}"), torch.inference_mode(not self.plan.settings.use):
            output, *values = self._module(x.requires_grad_(self.plan.settings.use))
            use = self._use(output, values) if self.plan.settings.use else []
            maps = [layer.as_maps(value).detach().cpu() for layer, value in zip(self._layers, values, strict=True)]
        return Looked(output.detach().cpu().numpy().reshape(len(x), -1), maps, use)

    def _use(self, output: torch.Tensor, values: list[torch.Tensor]) -> list[Floats]:
        """Gradient x activation, summed over the places, towards the largest logit: (B, C) for each layer."""
        gradients = torch.autograd.grad(output.flatten(1).amax(1).sum(), values, allow_unused=True)
        found = []
        for layer, value, gradient in zip(self._layers, values, gradients, strict=True):
            product = torch.zeros_like(value) if gradient is None else gradient * value
            found.append(layer.as_maps(product.detach()).sum((2, 3)).cpu().numpy())
        return found


def find_ranges(eye: Eye, path: Path) -> None:
    """From which value to which each channel goes over some pictures of the whole list, at even steps."""
    plan, n = eye.plan, eye.plan.pictures.n
    places = dict.fromkeys(i * n // _N_FOR_RANGES for i in range(_N_FOR_RANGES))
    lowest, highest = np.full(plan.n_channels, np.inf, np.float32), np.full(plan.n_channels, -np.inf, np.float32)
    for place in places:
        read = _read(eye, plan.pictures.entries(place, 1)[0])
        if isinstance(read, str):
            continue
        looked = eye.look([read[2].tensor])
        np.fmin(lowest, np.concatenate([maps.amin((0, 2, 3)).numpy() for maps in looked.maps]), out=lowest)
        np.fmax(highest, np.concatenate([maps.amax((0, 2, 3)).numpy() for maps in looked.maps]), out=highest)
    lowest, highest = (np.nan_to_num(one, posinf=0, neginf=0) for one in (lowest, highest))
    _save(path, {"lowest": lowest, "highest": highest})


def bins_of(plan: Plan, ranges: Path) -> list[Bins]:
    """The bins of each layer."""
    with np.load(ranges) as found:
        lowest, highest = found["lowest"], found["highest"]
    return [Bins.of_range(lowest[span], highest[span], plan.settings.n_bins) for span in plan.spans]


class Shard:
    """One shard under way. `write` puts down what was found: arrays, pooled values, pictures, and, last, what says that
    it is done."""

    def __init__(self, eye: Eye, index: int, ranges: Path) -> None:
        self._eye, self._plan, self._index = eye, eye.plan, index
        bins = bins_of(eye.plan, ranges)
        self._counts = [
            LayerCounts(layer.name, of, eye.plan.settings.n_patches)
            for layer, of in zip(eye.plan.layers, bins, strict=True)
        ]
        self._features: list[Floats] = []
        self._rows: list[dict[str, Any]] = []
        self._broken: list[tuple[str, str]] = []
        self._lines: list[int] = []  # of the readable ones, in the list
        self._seen: set[str] = set()
        n_classes = len(eye.plan.pictures.classes)
        self._labels = {name: i for i, name in enumerate(eye.plan.pictures.classes)}
        self._of_class = np.zeros(n_classes, np.int64)
        self._sums: dict[int, NDArray[np.float64]] = {}  # by class: of pooled values, positive parts, and use

    def work(self) -> None:
        """Read and count all its pictures."""
        batch: list[tuple[int, Read]] = []
        first = self._index * self._plan.pictures.shard_size
        for offset, entry in enumerate(self._plan.pictures.shard(self._index)):
            read = _read(self._eye, entry)
            if isinstance(read, str):
                self._broken.append((entry.file.name, read))
                continue
            batch.append((first + offset, read))
            if len(batch) == self._plan.n_batch:
                self._add(batch)
                batch = []
        if batch:
            self._add(batch)

    def _add(self, batch: list[tuple[int, Read]]) -> None:
        looked = self._eye.look([prepared.tensor for _, (_, _, prepared) in batch])
        finite = np.isfinite(looked.logits).all(axis=1)
        means = [maps.mean((2, 3)) for maps in looked.maps]
        finite &= np.logical_and.reduce([torch.isfinite(of_layer).all(1).numpy() for of_layer in means])
        for place in np.flatnonzero(~finite):
            name = batch[place][1][0].file.name
            self._broken.append((name, f"{quoted(name)} gives numbers that are none, so nothing can be said of it."))
        kept = np.flatnonzero(finite)
        if not len(kept):
            return
        batch, logits = [batch[i] for i in kept], looked.logits[kept]
        numbers = range(len(self._rows), len(self._rows) + len(batch))
        digests = [None if self._is_known(digest) else digest for _, (_, digest, _) in batch]
        chosen = slice(None) if finite.all() else torch.from_numpy(kept)
        positive = [
            counts.add(maps[chosen], pooled[chosen], numbers, digests)
            for counts, maps, pooled in zip(self._counts, looked.maps, means, strict=True)
        ]
        features = np.concatenate(means, axis=1)[kept]
        self._features.append(features)
        rows = [features, np.concatenate(positive, axis=1)]
        if looked.use:
            rows.append(np.concatenate(looked.use, axis=1)[kept])
        for (line, (entry, digest, prepared)), scores, *of_one in zip(batch, logits, *rows, strict=True):
            self._lines.append(line)
            self._note(entry, digest, prepared, scores, of_one)

    def _is_known(self, digest: str) -> bool:
        known = digest in self._seen
        self._seen.add(digest)
        return known

    def _note(
        self, entry: Entry, digest: str, prepared: Prepared, scores: Floats, of_one: list[Floats]
    ) -> None:  # fmt: skip
        settings = self._plan.settings
        label = self._labels.get(entry.label, -1)
        if label >= 0:
            self._of_class[label] += 1
            sums = self._sums.setdefault(label, np.zeros((len(of_one), self._plan.n_channels)))
            sums += np.stack(of_one)
        n_classes = len(self._eye.network.categories)
        answer = int(class_scores(scores).argmax()) if n_classes else -1
        chances = probabilities_of(scores) if n_classes else np.zeros(0, np.float32)
        meant = self._plan.class_indices[label] if label >= 0 else -1
        self._rows.append({
            "picture": len(self._rows), "name": entry.file.name, "digest": digest, "label": label, "answer": answer,
            "probability": float(chances[answer]) if n_classes else math.nan,
            "of_label": float(chances[meant]) if 0 <= meant < len(chances) else math.nan,
            "thumbnail": encoded(prepared.pixels, settings.thumbnail, settings.brief) if settings.pictures else b"",
        })  # fmt: skip

    def write(self) -> None:
        """What is there already, of an earlier try, is replaced by the same."""
        work_folder = self._plan.work
        n = self._plan.n_channels
        arrays: dict[str, Any] = {
            name: np.concatenate([getattr(counts, name) for counts in self._counts]) for name in _SUMS
        } | {name: np.stack([getattr(counts, name) for counts in self._counts]) for name in _OF_LAYER}
        arrays["digests"] = np.array([int(row["digest"][:15], 16) for row in self._rows], np.int64)
        arrays["lines"] = np.array(self._lines, np.int64)
        arrays["of_class"] = self._of_class
        arrays["classes"] = np.array(sorted(self._sums), np.int64)
        n_kinds = 3 if self._plan.settings.use else 2
        arrays["sums"] = np.array([self._sums[label] for label in sorted(self._sums)]).reshape(-1, n_kinds, n)
        features = np.concatenate(self._features) if self._features else np.zeros((0, n), np.float32)
        stem = shard_name(self._index)
        _save(work_folder / f"{stem}.npz", arrays)
        _save_array(work_folder / f"{stem}.npy", features)
        with TableFile(work_folder / f"{stem}.parquet", PICTURES_SCHEMA) as file:
            for row in self._rows:
                file.add_row(row)
        done = {"n": len(self._rows), "broken": self._broken}
        write_text(work_folder / f"{stem}.json", json.dumps(done, ensure_ascii=False))


def shard_name(index: int) -> str:
    """What the files of a shard are called."""
    return f"shard-{index:06}"


def _read(eye: Eye, entry: Entry) -> tuple[Entry, str, Prepared] | str:
    """The picture as the network receives it, or why there is none."""
    if entry.problem:
        return entry.problem
    try:
        image = entry.file.read()
    except BadImage as error:
        return str(error)
    except OSError as error:
        return f"{quoted(entry.file.name)} cannot be read: {error.strerror}."
    return entry, image.digest, eye.network.prepare(image)


def encoded(pixels: NDArray[np.uint8], longest: int, brief: bool) -> bytes:
    """Pixels (H, W, 3) as a PNG where they are few, else as a JPEG, reduced by area to so many on the long side."""
    height, width = pixels.shape[:2]
    share = longest / max(height, width)
    if share < 1:
        size = max(1, round(width * share)), max(1, round(height * share))
        pixels = np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA))
    is_small = max(pixels.shape[:2]) <= 32
    options = (
        [cv2.IMWRITE_PNG_COMPRESSION, 9]
        if is_small
        else [cv2.IMWRITE_JPEG_QUALITY, _BRIEF_QUALITY if brief else _QUALITY]
    )
    data = cv2.imencode(".png" if is_small else ".jpg", cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR), options)[1]
    return data.tobytes()


def _save(path: Path, arrays: dict[str, Any]) -> None:
    """Arrays in a file that is there as a whole or not at all."""
    beside = path.with_name(f"{path.name}.part")
    with beside.open("wb") as file:
        np.savez(file, **arrays)
    beside.replace(path)


def _save_array(path: Path, array: NDArray[Any]) -> None:
    held = io.BytesIO()
    np.save(held, array)
    beside = path.with_name(f"{path.name}.part")
    beside.write_bytes(held.getbuffer())
    beside.replace(path)

"""An atlas made: pictures listed, shards worked on by whoever there is, put together, and written down.

What is done is kept in the folder of the work until the atlas is whole. A process that is killed, this one among them,
costs what it was at; the same call goes on from there, and the atlas is the same bit for bit.
"""

from __future__ import annotations

import json
import math
import os
import shutil
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import IO, Protocol

from ..errors import AtlasError, BadOption
from ..networks.network import Network
from ..running.progress import Progress
from ..wording import plural, quoted
from .cluster import Cluster
from .finishing import finish
from .jobs import CropsJob, Job, RangesJob, ShardJob, said_of_disk
from .layout import MANIFEST, WORK, read_manifest, write_text
from .listing import listed
from .plan import NetworkSource, Plan, Settings, class_indices, layers_of
from .pool import Done, Pool
from .reading import Atlas

_LOCK = ".lock"
_PLAN = "plan.json"
_MOST_BYTES = 48 << 20  # of the maps of one batch
_MOST_AT_ONCE = 24 << 20  # of what one operation gives for it: what is larger is fetched anew each time, page by page
_MOST_IN_BATCH = 16


class Engine(Protocol):
    """Who does the jobs."""

    def work(self, jobs: Sequence[Job] | Iterator[Job], done: Done) -> None: ...


def make_atlas(
    source: NetworkSource, places: Sequence[Path], folder: Path, layers: Sequence[str] = (),
    settings: Settings | None = None, n_workers: int = 1, engine: str = "pool", progress: Progress | None = None,
) -> Atlas:  # fmt: skip
    """Make an atlas of the pictures in folders, .tar archives and files, or go on with one that was begun, and open it.

    `layers` are names of layers with maps or blocks, "all" for every convolution's channels, none for the stages with
    maps. `engine` is "pool", processes on this machine, or "ray". `progress` is told how many pictures are done; what
    it raises stops the work, and what is done is kept. Raises AtlasError, BadData, BadOption, and whatever loading the
    network does.
    """
    if n_workers < 1:
        raise BadOption(f"{n_workers} workers are asked for; 1 or more are needed.")
    if engine not in ("pool", "ray"):
        raise BadOption(f"There is no engine {quoted(engine)}. Choose pool or ray.")
    network = source.load()
    with said_of_disk(folder), _alone_in(folder):
        settings = settings or Settings()
        titled = replace(settings, title=settings.title or ", ".join(place.stem for place in places))
        plan = _plan_of(source, network, places, folder, tuple(layers), titled)
        if not _is_finished(plan):
            _begin(plan)
            with (Pool if engine == "pool" else Cluster)(plan, n_workers) as hands:
                _work(plan, network, hands, progress)
        shutil.rmtree(plan.work, ignore_errors=True)
        return Atlas(folder)


def _plan_of(
    source: NetworkSource, network: Network, places: Sequence[Path], folder: Path, names: tuple[str, ...],
    settings: Settings,
) -> Plan:  # fmt: skip
    layers = layers_of(network, names)
    if folder.resolve() in [place.resolve() for place in places]:
        raise AtlasError(f"{quoted(str(folder))} is the folder of the pictures. Choose another for the atlas.")
    (folder / WORK).mkdir(exist_ok=True)
    pictures = listed(places, folder / WORK / "pictures.jsonl", folder)
    n_bytes = sum(4 * layer.n_channels * math.prod(layer.size) for layer in layers)
    n_largest = 4 * max(math.prod(layer.shape) for layer in network.layers.values())
    n_batch = max(1, min(_MOST_IN_BATCH, _MOST_BYTES // n_bytes, _MOST_AT_ONCE // n_largest))
    return Plan(
        folder, source, network.key, layers, settings, pictures, class_indices(network, pictures.classes), n_batch
    )


def _is_finished(plan: Plan) -> bool:
    """Whether the folder holds this very atlas already. Raises AtlasError where it holds another."""
    if not (plan.folder / MANIFEST).exists():
        return False
    found = read_manifest(plan.folder)
    if found.fingerprint == plan.finished_fingerprint():
        return True
    shutil.rmtree(plan.work, ignore_errors=True)
    raise AtlasError(
        f"{quoted(str(plan.folder))} holds a finished atlas of {found.network_title} over "
        f"{plural(found.n_pictures, 'picture')} ({quoted(found.title)}). Choose another folder, or delete it to "
        "make it anew."
    )


def _begin(plan: Plan) -> None:
    """Note what the work is for, or see that it is the same. Raises AtlasError."""
    path, text = plan.work / _PLAN, json.dumps(plan.fingerprint(), sort_keys=True)
    if path.exists() and path.read_text(encoding="utf-8") != text:
        before = json.loads(path.read_text(encoding="utf-8"))
        now = json.loads(text)
        what = ", ".join(key for key in now if now[key] != before.get(key))
        raise AtlasError(
            f"{quoted(str(plan.folder))} holds an atlas that was begun with something else ({what}). Run the command "
            "with which it was begun, choose another folder, or delete it."
        )
    write_text(path, text)


def _work(plan: Plan, network: Network, hands: Engine, progress: Progress | None) -> None:
    listing = plan.pictures
    shards = [ShardJob(i, min(listing.shard_size, listing.n - i * listing.shard_size)) for i in range(listing.n_shards)]
    n_done = 0

    def told(job: Job) -> None:
        nonlocal n_done
        n_done += job.n_pictures
        if progress is not None:
            progress(n_done, listing.n)

    def undone(jobs: Sequence[Job]) -> list[Job]:
        nonlocal n_done
        left = [job for job in jobs if not (plan.work / job.result).exists()]
        n_done += sum(job.n_pictures for job in jobs) - sum(job.n_pictures for job in left)
        return left

    def cut(jobs: Sequence[CropsJob]) -> None:
        hands.work(undone(jobs), told)

    hands.work(undone([RangesJob()]), told)
    hands.work(undone(shards), told)
    finish(plan, network, cut)


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """Raises AtlasError where another process works in the folder; the system takes the lock from one that ends."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except FileExistsError:
        raise AtlasError(f"{quoted(str(folder))} is a file. Choose a folder for the atlas.") from None
    path = folder / _LOCK
    with path.open("ab") as file:
        # whoever was here before removes the file on leaving: then the lock that counts is on the next one
        if not (_locked(file) and path.exists() and os.path.samestat(os.fstat(file.fileno()), path.stat())):
            raise AtlasError(
                f"Another process works on the atlas in {quoted(str(folder))}. Wait until it is done, or choose "
                "another folder."
            )
        try:
            yield
        finally:
            path.unlink(missing_ok=True)


def _locked(file: IO[bytes]) -> bool:
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True

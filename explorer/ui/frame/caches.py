"""What all visitors share: each is made once and kept while there is room."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import streamlit as st

from ...applications.films import Film
from ...atlas.neighbours import Nearest
from ...atlas.projection import Depth
from ...attribution import Attribution, Concepts
from ...challenges import Attack, Borne, Sweep
from ...concepts import Tcav
from ...drawing.color import Scale
from ...faithfulness.randomisation import Sanity
from ...faithfulness.report import ReportCard
from ...feature_maps.figures import LayerView
from ...interventions import Decision
from ...loading.checkpoints import Checkpoint
from ...networks.network import Network
from ...pictures.frames import Clip
from ...pictures.image import ImageInput
from ...pictures.sound import Excerpt, Sound
from ...pooling.exchange import ShiftTest, Swap
from ...remaking import Tensors
from ...running.cache import BoundedCache
from ...running.limit import shared_room
from ...scratch.preview import Preview
from ...synthesis import Changed, Synthesis
from ...trace import FloatArray, Trace
from ...transfer import Examples, Learned
from ...transfer.shortcut import Exposed
from ...transfer.sweeping import Swept

_MIB, _GIB = 1 << 20, 1 << 30


@dataclass(frozen=True)
class Caches:
    """Shared by all visitors. A key names what was computed, never who asked: equal work is done once, and nobody
    gets a trace without having its picture, whose digest is part of the key."""

    uploads: BoundedCache[ImageInput]  # by the file's own, unguessable id, as are the sounds and the checkpoints
    sounds: BoundedCache[Sound]
    excerpts: BoundedCache[Excerpt]
    checkpoints: BoundedCache[Checkpoint]
    networks: BoundedCache[Network]
    traces: BoundedCache[Trace]
    arrays: BoundedCache[Tensors]  # that were recorded for them: all of a pass, and those of the stages
    stages: BoundedCache[Tensors]
    views: BoundedCache[LayerView]
    attributions: BoundedCache[Attribution]
    concepts: BoundedCache[Concepts]
    evidence: BoundedCache[bytes]
    photos: BoundedCache[bytes]
    reports: BoundedCache[ReportCard]
    sanities: BoundedCache[Sanity]
    sweeps: BoundedCache[FloatArray]
    decisions: BoundedCache[Decision]
    painted: BoundedCache[Trace]
    swaps: BoundedCache[Swap]
    attacks: BoundedCache[Attack]
    challenges: BoundedCache[Sweep]
    cards: BoundedCache[tuple[Borne, ...]]
    shifts: BoundedCache[ShiftTest]
    features: BoundedCache[FloatArray]
    examples: BoundedCache[Examples]  # by their files' own, unguessable ids, as what is learned from them
    learned: BoundedCache[Learned]
    exposed: BoundedCache[Exposed]
    marks: BoundedCache[Swept]
    cells: BoundedCache[tuple[bytes, tuple[bytes, Scale] | None]]  # of a confusion matrix, as pictures
    previews_of_classes: BoundedCache[tuple[bytes, tuple[str, ...]]]  # a page of a class's pictures, and their names
    syntheses: BoundedCache[Synthesis]
    dreams: BoundedCache[Changed]
    atlas_maps: BoundedCache[Depth]
    atlas_tsne: BoundedCache[FloatArray]
    atlas_nearest: BoundedCache[Nearest]
    atlas_twins: BoundedCache[list[tuple[int, int, float]]]
    tcavs: BoundedCache[Tcav]
    clips: BoundedCache[Clip]  # by the file's own, unguessable id
    films: BoundedCache[Film]
    previews: BoundedCache[Preview]
    pages: BoundedCache[bytes]  # to take along, by what is in them


@st.cache_resource(show_spinner=False)
def caches() -> Caches:
    """Each has bounds of its own, and all share one room (`running.limit`). Raises BadOption for a limit that is
    none."""
    cache = partial(BoundedCache, shared=shared_room())
    return Caches(
        uploads=cache(max_entries=64, max_bytes=256 * _MIB, size=lambda image: image.n_bytes),
        sounds=cache(max_entries=64, max_bytes=256 * _MIB, size=lambda sound: sound.samples.nbytes),
        excerpts=cache(max_entries=256, max_bytes=64 * _MIB, size=lambda found: found.samples.nbytes),
        checkpoints=cache(max_entries=8, max_bytes=_GIB, size=lambda checkpoint: checkpoint.n_bytes),
        # a megabyte of weights is read, checked and traced in some ten times what a pass takes for one of values
        networks=cache(max_entries=8, max_bytes=2 * _GIB, size=lambda network: network.n_bytes, dear=10),
        traces=cache(max_entries=256, max_bytes=2 * _GIB, size=lambda trace: trace.n_bytes),
        arrays=cache(max_entries=512, max_bytes=_GIB // 2, size=lambda found: found.n_bytes),
        stages=cache(max_entries=512, max_bytes=_GIB, size=lambda found: found.n_bytes),
        views=cache(max_entries=1024, max_bytes=64 * _MIB, size=lambda view: view.n_bytes),
        attributions=cache(
            max_entries=1024,
            max_bytes=256 * _MIB,
            size=lambda found: found.values.nbytes + (0 if found.pixels is None else found.pixels.nbytes),
        ),
        concepts=cache(256, 64 * _MIB, size=lambda found: found.n_bytes),
        evidence=cache(max_entries=4096, max_bytes=64 * _MIB, size=len),
        photos=cache(max_entries=1024, max_bytes=64 * _MIB, size=len),
        # a card holds the pictures and the order of the pixels, sixteen times a picture in all
        reports=cache(256, 256 * _MIB, size=lambda card: 16 * card.deletion.at_step(0).nbytes),
        sanities=cache(256, 256 * _MIB, size=lambda found: 2 * found.original.values.nbytes * len(found.steps)),
        sweeps=cache(1024, 16 * _MIB, size=lambda changes: changes.nbytes),
        decisions=cache(1024, 16 * _MIB, size=lambda decision: 64 * len(decision.channels)),
        # what a painted pass shares with the recorded one counts as well: at most a few are kept of a large network
        painted=cache(64, _GIB, size=lambda trace: trace.n_bytes),
        swaps=cache(1024, 64 * _MIB, size=lambda found: found.logits.nbytes + found.probabilities.nbytes),
        attacks=cache(64, 256 * _MIB, size=lambda found: found.trace.n_bytes + found.change.nbytes),
        challenges=cache(256, 64 * _MIB, size=lambda found: found.n_bytes),
        cards=cache(256, 4 * _MIB, size=lambda rows: 256 * len(rows)),
        shifts=cache(1024, 16 * _MIB, size=lambda found: found.probabilities.nbytes + found.changes.nbytes),
        features=cache(65536, 64 * _MIB, size=lambda means: means.nbytes),
        examples=cache(64, 16 * _MIB, size=lambda found: 256 * len(found.examples)),
        learned=cache(8, _GIB, size=lambda found: found.n_bytes),
        exposed=cache(256, _MIB, size=lambda found: 8 * len(found.on_mark) + 64),
        cells=cache(256, 64 * _MIB, size=lambda both: len(both[0]) + (0 if both[1] is None else len(both[1][0]))),
        marks=cache(64, _MIB, size=lambda found: 1024 * len(found.exposed)),
        previews_of_classes=cache(256, 32 * _MIB, size=lambda both: len(both[0])),
        # of a few hundred passes each
        syntheses=cache(256, 64 * _MIB, size=lambda found: found.n_bytes, dear=100),
        dreams=cache(64, 64 * _MIB, size=lambda found: found.n_bytes, dear=100),
        atlas_maps=cache(16, 64 * _MIB, size=lambda found: found.n_bytes),
        atlas_tsne=cache(64, 16 * _MIB, size=lambda found: found.nbytes),
        atlas_nearest=cache(64, 128 * _MIB, size=lambda found: found.n_bytes),
        atlas_twins=cache(64, 16 * _MIB, size=lambda pairs: 256 * len(pairs) + 64),
        tcavs=cache(256, 4 * _MIB, size=lambda found: found.n_bytes + 256),
        clips=cache(16, 256 * _MIB, size=lambda clip: clip.n_bytes),
        films=cache(32, 256 * _MIB, size=lambda found: found.n_bytes),
        previews=cache(64, 32 * _MIB, size=lambda found: found.n_bytes),
        pages=cache(32, 256 * _MIB, size=len),
    )

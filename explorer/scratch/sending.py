"""What a browser that watches a training is sent: how it is getting on, and the frames that are new."""

from __future__ import annotations

import json
from collections.abc import Sequence

from .film_sentences import said_of
from .run import Run

_MOST_BYTES = 4 << 20  # of frames of a network in one answer: who has more to come asks again


def news(run: Run, firsts: Sequence[int], editions: Sequence[int]) -> bytes:
    """How the training is getting on, and of each network the frames from one of `firsts` on; all of them where the
    browser knows another edition of that film, of which frames have changed or gone since.

    A text's length in bytes as uint32, the text as JSON, filled up to whole numbers, and the frames of one network
    after the other, float32; all little-endian.
    """
    sizes = [4 * layout.n_floats for layout in run.layouts]
    now, n_frames = run.editions, run.n_frames
    asked = [*zip(firsts, editions, strict=False), *((0, -1) for _ in now)]
    starts = [
        first if edition == known and 0 <= first <= n else 0
        for edition, n, (first, known) in zip(now, n_frames, asked, strict=False)
    ]
    packed = [run.packed(i, starts[i], max(1, _MOST_BYTES // size)) for i, size in enumerate(sizes)]
    told = {
        "status": run.status,
        "said": said_of(run.status, run.place, run.said),
        "editions": now,
        "firsts": starts,
        "counts": [len(frames) // size for frames, size in zip(packed, sizes, strict=True)] or [0 for _ in now],
        "n_frames": n_frames,
        "events": changes(run),
    }
    text = json.dumps(told).encode()
    text += b" " * (-len(text) % 4)
    return b"".join([len(text).to_bytes(4, "little"), text, *packed])


def changes(run: Run) -> list[tuple[int, str]]:
    """What was changed at which step, in that order: once where it was changed for both networks."""
    panes = [[*dict.fromkeys(run.events(i))] for i in range(len(run.plans))]
    both = [event for event in panes[0] if all(event in events for events in panes)]
    own = [
        (step, f"{plan.title}: {said}")
        for plan, events in zip(run.plans, panes, strict=True)
        for step, said in events
        if (step, said) not in both
    ]
    return sorted([*both, *own], key=lambda event: event[0])  # at one step in the order in which they came

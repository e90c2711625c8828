"""States of a training as files, so that it can go back, and go on when its process has ended."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import safetensors.torch
import torch

from ..errors import BadCheckpoint
from .thinning import spread

_MOST = 32  # files of one training
_MOST_BYTES = 128 << 20
_NAME = re.compile(r"(\d+)-(\d+)-(\d+)\.safetensors")

State = Mapping[str, torch.Tensor]


@dataclass(frozen=True)
class Kept:
    """A state on the disk: after so many steps, with so many events made before it."""

    path: Path
    step: int
    n_events: int


class States:
    """The states of one pane, in a folder that all panes share. Where they get many, half of them go."""

    def __init__(self, folder: Path, pane: int) -> None:
        self._folder, self._pane = folder, pane

    def __iter__(self) -> Iterator[Kept]:
        """What is kept, by steps."""
        found = [(path, _NAME.fullmatch(path.name)) for path in self._folder.glob("*")]
        kept = [Kept(path, int(n[2]), int(n[3])) for path, n in found if n and int(n[1]) == self._pane]
        return iter(sorted(kept, key=lambda one: (one.step, one.n_events)))

    def keep(self, state: State, step: int, n_events: int) -> None:
        """Write a state; raises OSError where there is no room, and leaves what is there."""
        content = encoded(state)
        path = self._folder / f"{self._pane}-{step}-{n_events}.safetensors"
        part = path.with_suffix(".part")
        try:
            part.write_bytes(content)
            part.replace(path)  # never half a state, whenever the process ends
        except OSError:
            part.unlink(missing_ok=True)
            raise
        kept = [*self]
        if len(kept) > min(_MOST, max(2, _MOST_BYTES // len(content))):
            stay = {*spread([one.step for one in kept])}
            for one in (one for i, one in enumerate(kept) if i not in stay):
                one.path.unlink()

    def nearest(self, step: int, n_events: int) -> tuple[State, int] | None:
        """The last state up to a step that knows of no later events, and of how many it knows; None where there is
        none that can be read."""
        for one in reversed([*self]):
            if one.step <= step and one.n_events <= n_events:
                try:
                    return decoded(one.path.read_bytes()), one.n_events
                except (OSError, BadCheckpoint):
                    one.path.unlink(missing_ok=True)
        return None

    def cut(self, step: int, n_events: int) -> None:
        """Let go of what comes after a step, or knows of later events."""
        for one in self:
            if one.step > step or one.n_events > n_events:
                one.path.unlink()


def encoded(state: State) -> bytes:
    """A state as the bytes of a file."""
    return safetensors.torch.save({name: tensor.detach().contiguous() for name, tensor in state.items()})


def decoded(content: bytes) -> State:
    """The state of such bytes; raises BadCheckpoint for what is none."""
    try:
        return safetensors.torch.load(content)
    except Exception as error:
        raise BadCheckpoint("The state of a training cannot be read.") from error

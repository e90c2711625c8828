"""What is known of a training on the page's side, by what its process has said."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import fields, replace

import numpy as np
from numpy.typing import NDArray

from .film import CHUNK, Film, Layout
from .messages import Frame, Happened, Measured, Ready, Refused, Rewound, Said
from .sentences import measured_sentence
from .settings import Event, Plan, Settings


class Record:
    """The films of a training's panes, and what happened in them. Written by one thread, read by many."""

    def __init__(self, plans: Sequence[Plan]) -> None:
        self.plans = tuple(plans)
        self.lasting: str | None = None  # the last sentence to show
        self.passing: str | None = None  # the one that is shown as long as it holds
        self.layouts: tuple[Layout, ...] = ()  # of the panes, once the process is ready
        self._films = [Film() for _ in plans]
        self._happened: list[list[Happened]] = [[] for _ in plans]
        self._settings = [plan.settings for plan in plans]
        self._pictures: tuple[tuple[NDArray[np.uint8], int], ...] = ()
        self._measured: list[Measured | None] = [None for _ in plans]
        self._lock = threading.RLock()

    @property
    def said(self) -> str | None:
        """The sentence to show."""
        return self.passing or self.lasting

    @property
    def n_frames(self) -> tuple[int, ...]:
        """How many frames each pane has."""
        with self._lock:
            return tuple(map(len, self._films))

    @property
    def editions(self) -> tuple[int, ...]:
        """Of each pane how often frames that were there before have changed or gone: then all are to be fetched
        anew."""
        with self._lock:
            return tuple(film.edition for film in self._films)

    @property
    def steps(self) -> tuple[int | None, ...]:
        """The step of each pane's last frame; None where there is none."""
        with self._lock:
            return tuple(film.steps[-1] if film.steps else None for film in self._films)

    @property
    def settings(self) -> tuple[Settings, ...]:
        """What holds in each pane."""
        with self._lock:
            return tuple(self._settings)

    def packed(self, pane: int, first: int = 0, n: int = CHUNK) -> bytes:
        """`n` frames of a pane from the one of that number on, as its layout says."""
        with self._lock:
            return self._films[pane].packed(first, n)

    def series(self, pane: int, name: str) -> NDArray[np.float32]:
        """One field of all frames of a pane, (n, *shape)."""
        with self._lock:
            return self.layouts[pane].column(self._films[pane].packed(), name)

    def events(self, pane: int) -> list[tuple[int, str]]:
        """What was changed in a pane, or became of it, at which step."""
        with self._lock:
            return [(one.step, one.said) for one in self._happened[pane]]

    def picture(self, pane: int) -> tuple[NDArray[np.uint8], int]:
        """The picture that a pane watches, (H, W, C), and the number of its class."""
        return self._pictures[pane]

    def measured(self, pane: int) -> tuple[int, float] | None:
        """After how many steps all held-out pictures were measured last, and the share that was right."""
        found = self._measured[pane]
        return None if found is None else (found.step, found.n_right / found.n)

    def made(self) -> tuple[tuple[Event, ...], ...]:
        """The events of each pane, as a process needs them that goes on."""
        with self._lock:
            return tuple(tuple(one.event for one in pane if one.event is not None) for pane in self._happened)

    def framed(self, step: int) -> tuple[bool, ...]:
        """Which panes have a frame of a step."""
        with self._lock:
            return tuple(step in film.steps for film in self._films)

    def wish(self, settings: Settings) -> tuple[Settings, ...]:
        """What holds in each pane once what differs from the first one's settings is changed in all."""
        with self._lock:
            first = self._settings[0]
            pairs = ((field.name, getattr(settings, field.name)) for field in fields(Settings))
            changed = {name: value for name, value in pairs if value != getattr(first, name)}
            self._settings = [replace(one, **changed) for one in self._settings]
            return tuple(self._settings)

    def take(self, message: object) -> None:
        """Note what the process says."""
        with self._lock:
            match message:
                case Ready(layouts, pictures):
                    self.layouts, self._pictures = layouts, pictures
                case Frame(pane, content):
                    self._films[pane].add(content)
                case Happened(pane):
                    self._happened[pane].append(message)
                    if message.event is None:
                        self.lasting = message.said
                case Refused(pane, said, settings):
                    self.lasting, self._settings[pane] = said, settings
                case Rewound(pane, step, settings):
                    self._films[pane].cut(step)
                    self._happened[pane] = [one for one in self._happened[pane] if one.step <= step]
                    self._settings[pane], self._measured[pane] = settings, None
                case Measured(pane, step, n_right, n):
                    self._measured[pane] = message
                    self.lasting = measured_sentence(n_right, n, step, self.plans[pane].title)
                case Said(sentence, passes):
                    self.lasting, self.passing = (self.lasting, sentence) if passes else (sentence, None)

    def correct(self) -> None:
        """Hold to what has really been changed: what was said to a process that has ended may not have been heard."""
        with self._lock:
            for pane, events in enumerate(self.made()):
                settings = [event.change for event in events if isinstance(event.change, Settings)]
                self._settings[pane] = settings[-1] if settings else self.plans[pane].settings

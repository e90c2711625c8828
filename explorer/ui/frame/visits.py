"""Who is here, and what is done when the last has left."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from streamlit.runtime import exists, get_instance
from streamlit.runtime.scriptrunner import get_script_run_ctx

PATIENCE = 60.0  # seconds without anybody after which what was kept for them goes: a reload comes sooner


class Visits:
    """The visits that have a browser. When there has been none for a while, what is kept for visitors goes, and the
    system has the memory back: after a lesson a server takes about what it took before it."""

    def __init__(self, is_open: Callable[[str], bool]) -> None:
        self._is_open = is_open
        self._ids: set[str] = set()
        self._lock = threading.Lock()
        self._has_come = threading.Event()

    def __len__(self) -> int:
        """How many there are now."""
        with self._lock:
            self._ids = {one for one in self._ids if self._is_open(one)}
            return len(self._ids)

    def note(self, visit: str) -> None:
        """Somebody is here."""
        with self._lock:
            self._ids.add(visit)
        self._has_come.set()

    def start(self, empty: Callable[[], None], patience: float = PATIENCE) -> None:
        """Look after them from now on, as long as the process lives; call `empty` when they have left."""
        threading.Thread(target=self._keep_on, args=(empty, patience), name="visits", daemon=True).start()

    def _keep_on(self, empty: Callable[[], None], patience: float) -> None:
        while True:
            self._has_come.wait()
            since = time.monotonic()
            while time.monotonic() - since < patience:
                time.sleep(patience / 12)
                if len(self):
                    since = time.monotonic()
            self._has_come.clear()
            empty()


def _is_open(visit: str) -> bool:
    return not exists() or get_instance().is_active_session(visit)  # without a server nobody can tell


VISITS = Visits(_is_open)


def note_visit() -> None:
    """The visit whose script runs is here."""
    context = get_script_run_ctx()
    if context is not None:
        VISITS.note(context.session_id)

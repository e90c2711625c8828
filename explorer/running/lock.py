"""The one lock around whatever traces or runs a network."""

from __future__ import annotations

import threading

# Tracing patches nn.Module for the whole process, so nothing may run while a network is traced; and two runs at once
# are far slower than one after the other, since each already uses every core. One lock serves both.
LOCK = threading.RLock()

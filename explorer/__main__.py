"""The program: `python -m explorer`, or `explorer` where it is installed."""

from __future__ import annotations

import sys

from .cli import main

if __name__ == "__main__":
    sys.exit(main())

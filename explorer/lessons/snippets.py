"""The code under what the lessons draw."""

from __future__ import annotations


def error_numbers() -> str:
    """The winners' errors, as data."""
    return "from explorer.lessons.history import WINNERS\n\nfor entry in WINNERS:\n    print(entry.year, entry.error)\n"

"""One network out of many."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from .base import Element, Report

_picker = Element(
    "picker",
    """<div class="picker">
      <input type="search" role="combobox" aria-label="Search the networks" aria-expanded="true"
        aria-controls="networks" aria-autocomplete="list" placeholder="Name, family or year" autocomplete="off"
        spellcheck="false">
      <div class="found" role="status"></div>
      <div class="list" id="networks" role="listbox" aria-label="Networks" tabindex="-1"></div>
    </div>""",
)


def network_picker(
    groups: Sequence[tuple[str, Sequence[tuple[str, str, str, bool]]]], chosen: str, key: str,
    on_choose: Callable[[str], None],
) -> None:  # fmt: skip
    """A list to search and choose from, under headings: rows of (name, title, facts, whether it is on this machine).

    Made for a popover: when it opens, the search has the focus and the chosen row is in sight. Calls
    `on_choose(name)`. `facts` begin with the year, set off by " · ". The search looks for names, titles, years
    and headings. A name may stand under several headings.
    """
    _picker(
        key,
        {
            "chosen": chosen,
            "groups": [
                {
                    "heading": heading,
                    "rows": [
                        {
                            "name": name, "title": title, "facts": facts, "is_here": is_here,
                            "words": _words(heading, name, title, facts.split(" · ")[0]),
                        }
                        for name, title, facts, is_here in rows
                    ],
                }
                for heading, rows in groups
            ],
        },
        chosen=Report([row[0] for _, rows in groups for row in rows], on_choose),
    )  # fmt: skip


def _words(*texts: str) -> str:
    """What a search looks in: each text as it is, and without its hyphens and gaps ("resnet50" finds ResNet-50)."""
    lower = [text.lower() for text in texts]
    return " ".join([*lower, *(re.sub(r"[\W_]+", "", text) for text in lower)])

"""A file of a pass, read as a browser reads it: its elements, its data and the files among them."""

from __future__ import annotations

import base64
import gzip
import json
from collections import Counter
from html.parser import HTMLParser
from typing import Any

import numpy as np

from explorer.exporting.page import FILE_KEY


class OneFile(HTMLParser):
    """What stands in it: how often each tag, the texts of scripts by their ids, and everything that is read."""

    def __init__(self, content: bytes) -> None:
        super().__init__()
        self.tags: Counter[str] = Counter()
        self.attributes: Counter[str] = Counter()
        self.scripts: dict[str, str] = {}
        self.texts: list[str] = []
        self._inside = ""
        self.feed(content.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        self.attributes.update(name for name, _ in attrs)
        self._inside = dict(attrs).get("id") or "module" if tag in ("script", "style") else ""

    def handle_endtag(self, tag: str) -> None:
        self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.scripts[self._inside] = self.scripts.get(self._inside, "") + data
        else:
            self.texts.append(data)

    def data(self, part: str, place: int) -> dict[str, Any]:
        """What the view at a place of a part is given."""
        found: dict[str, Any] = json.loads(self.scripts[f"{part}-{place}"])["data"]
        return found

    def floats(self, given: dict[str, str]) -> np.ndarray:
        """The numbers of a packed file."""
        return np.frombuffer(gzip.decompress(base64.b85decode(self.scripts[given[FILE_KEY]].replace(",", "<"))), "<f4")

"""What the repository keeps of the first page is what the page shows."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from explorer.ui import first_view
from explorer.ui.frame.pages import GROUPS
from tests import first_view as made


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every text and number with the way to it."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from leaves(inner, f"{path}.{name}")
    elif isinstance(value, list):
        for i, inner in enumerate(value):
            yield from leaves(inner, f"{path}[{i}]")
    else:
        yield path, value


def pixels(address: str) -> NDArray[np.float64]:
    content = base64.b64decode(address.removeprefix("data:image/png;base64,"))
    return np.asarray(Image.open(io.BytesIO(content)).convert("RGB"), np.float64)


def test_what_is_kept_is_the_page_s_own() -> None:
    """`python -m tests.first_view` writes it anew. Pictures of maps may differ by a level where this machine's last
    digits do."""
    kept, now = dict(leaves(dict(first_view.kept()))), dict(leaves(made.first_view()))
    assert kept.keys() == now.keys()
    for path, value in now.items():
        if isinstance(value, str) and value.startswith("data:"):
            assert np.abs(pixels(kept[path]) - pixels(value)).mean() < 0.5, path
        elif isinstance(value, float):
            assert kept[path] == pytest.approx(value, rel=1e-3, abs=2e-3), path
        else:
            assert kept[path] == value, path


def test_all_pages_and_words_are_in_it() -> None:
    text = first_view.body("/script.js")
    for title in (title for group in GROUPS.values() for title in group.values()):
        assert f">{title}</span>" in text
    assert first_view.kept()["title"] in text
    assert "inert" in text  # nothing to press that does nothing

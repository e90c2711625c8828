"""The pictures in the documents: there, small, and shown."""

from __future__ import annotations

import re

import pytest
from PIL import Image

from tests.e2e.documentation_pictures import HEIGHT, MOST_BYTES, PLACE, SHOTS, WIDTH, Shot

SHOWN = [
    (path.name, alt, target)
    for path in sorted(PLACE.parent.glob("*.md"))
    for alt, target in re.findall(r"!\[(.*?)\]\((.*?)\)", path.read_text(encoding="utf-8"))
]


def test_every_picture_is_shown_once_and_told_to_who_does_not_see_it() -> None:
    assert sorted(target for _, _, target in SHOWN) == sorted(f"pictures/{shot.name}.webp" for shot in SHOTS)
    assert {path.name for path in PLACE.iterdir()} == {f"{shot.name}.webp" for shot in SHOTS}
    assert all(len(alt) > 30 for _, alt, _ in SHOWN)
    assert {document for document, _, _ in SHOWN} == {"teachers.md", "engineers.md"}


@pytest.mark.parametrize("shot", SHOTS, ids=lambda shot: shot.name)
def test_each_is_small_and_large_enough_to_be_read(shot: Shot) -> None:
    path = PLACE / f"{shot.name}.webp"
    assert path.stat().st_size <= MOST_BYTES
    with Image.open(path) as picture:
        assert (picture.format, picture.size) == ("WEBP", (WIDTH, HEIGHT))

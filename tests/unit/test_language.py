"""A text in another language: which message it is, and what is left of it in English."""

from __future__ import annotations

import re

import pytest

from explorer.words.language import FILES, Language, language

PLACE = re.compile(r"\{(\w+)\}")

FEW = {
    "Pooling": "Bündelung",
    "{count} maps of {height} by {width}": "{height} mal {width}: {count} Karten",
    "the largest value": "der größte Wert",
    "{layer} takes {takes} of each window.": "{layer} nimmt von jedem Fenster {takes}.",
    "Neighbouring windows overlap by {overlap}": "Benachbarte Fenster überlappen um {overlap}",
    ", so that one strong value can win several of them.": ", sodass ein starker Wert mehrere gewinnen kann.",
    "{n} cell": "{n} Zelle",
    "{n} cells": "{n} Zellen",
    "{x} of {y}": "{x} von {y}",
    "**Predict:** {text}": "**Sagen Sie voraus:** {text}",
    "{note} Look again.": "{note} Sehen Sie noch einmal hin.",
    "Channel {{channel}} of {name}": "Kanal {{channel}} von {name}",
    "yes": "ja",
}


@pytest.fixture
def german() -> Language:
    made = Language(FEW)
    made.missed = set()
    return made


@pytest.mark.parametrize(
    ("english", "other"),
    [
        ("Pooling", "Bündelung"),
        ("  Pooling\n", "  Bündelung\n"),
        ("64 maps of 7 by 9", "7 mal 9: 64 Karten"),
        ("pool1 takes the largest value of each window.", "pool1 nimmt von jedem Fenster der größte Wert."),
        ("Neighbouring windows overlap by 2 cells", "Benachbarte Fenster überlappen um 2 Zellen"),
        (
            "Neighbouring windows overlap by 1 cell, so that one strong value can win several of them.",
            "Benachbarte Fenster überlappen um 1 Zelle, sodass ein starker Wert mehrere gewinnen kann.",
        ),
        ("The largest value.", "Der größte Wert."),
        ("3 of 4", "3 von 4"),
        ("**Predict:** 64 maps of 7 by 9", "**Sagen Sie voraus:** 7 mal 9: 64 Karten"),
        ("3 cells. Look again.", "3 Zellen. Sehen Sie noch einmal hin."),
        ("Channel {channel} of conv1", "Kanal {channel} von conv1"),
        ("| Pooling | yes |\n|---|---|\n| 3 cells | 4 |", "| Bündelung | ja |\n|---|---|\n| 3 Zellen | 4 |"),
        ("38.7\u00a0% of 4", "38.7\u00a0% von 4"),
    ],
)
def test_messages_are_said_alone_and_in_each_other(german: Language, english: str, other: str) -> None:
    assert german.said(english) == other
    assert not german.missed


@pytest.mark.parametrize("name", ["eye of newt", "Egyptian cat", "layer4.1.relu_1", "my picture of a dog.png", "·", ""])
def test_names_stay_as_they_are(german: Language, name: str) -> None:
    assert german.said(name) == name


def test_what_has_no_message_is_gathered_where_somebody_asks(german: Language) -> None:
    assert german.said("Pooling. Unheard of so far.") == "Bündelung. Unheard of so far."
    assert german.missed == {"Unheard of so far."}


def test_data_are_said_but_their_keys(german: Language) -> None:
    given = {"Pooling": ["Pooling", 3, None, {"yes": "yes", "n": 1.5}]}
    assert german.said_in(given) == {"Pooling": ["Bündelung", 3, None, {"yes": "ja", "n": 1.5}]}


@pytest.mark.parametrize("code", FILES)
def test_every_message_of_a_language_is_found_again_with_its_values(code: str) -> None:
    """Its places filled with names of layers, which nobody says. Of messages that are alike but for their places either
    will do, since both were written for the same text."""
    spoken = language(code)
    wrong = []
    for english, other in spoken.messages.items():
        values = {name: f"conv{i}" for i, name in enumerate(dict.fromkeys(PLACE.findall(english.replace("{{", ""))))}
        shown, said = (_filled(text, values) for text in (english, other))
        if spoken.said(shown).replace("\u00a0", " ") != said.replace("\u00a0", " "):
            wrong.append(f"{english!r}: {spoken.said(shown)!r}, not {said!r}")
    assert len(wrong) <= len(spoken.messages) // 500, "\n".join(wrong)


def _filled(text: str, values: dict[str, str]) -> str:
    pieces = PLACE.split(text.replace("{{", "\1").replace("}}", "\2"))
    filled = "".join(values[piece] if i % 2 else piece for i, piece in enumerate(pieces))
    return filled.replace("\1", "{").replace("\2", "}")

"""Every text that is shown has its message in every language, and no message is about a text that is not there."""

from __future__ import annotations

import re

import pytest

from explorer.words.language import FILES, language
from tests.texts import is_text, literals, texts


@pytest.mark.parametrize("code", FILES)
def test_no_text_is_missing_and_none_is_stale(code: str) -> None:
    written = language(code).messages
    missing = [f"{text.where}: {english!r}" for english, text in texts().items() if english not in written]
    assert not missing, "python -m tests.texts --missing lists them as lines to fill in:\n" + "\n".join(missing)
    stale = written.keys() - literals()
    assert not stale, "\n".join(map(repr, sorted(stale)))
    assert not [english for english, other in written.items() if not other.strip()]


@pytest.mark.parametrize("code", FILES)
def test_a_message_has_the_same_places_in_every_language(code: str) -> None:
    """And the same braces, and the same strokes of Markdown in pairs."""
    for english, other in language(code).messages.items():
        assert _places(english) == _places(other), english
        assert other.count("**") % 2 == english.count("**") % 2, english
        assert other.count("`") == english.count("`"), english


def _places(text: str) -> tuple[set[str], set[str]]:
    escaped = set(re.findall(r"\{\{(\w+)\}\}", text))
    return set(re.findall(r"\{(\w+)\}", re.sub(r"\{\{.*?\}\}", "", text))), escaped


def test_texts_are_gathered_as_they_are_written() -> None:
    found = texts()
    for english in (
        "{n} cell",  # plural(n, "cell")
        "{n} cells",
        "All channels",  # a tab
        "Search (Ctrl+K)",  # in markup
        "{1} of {2} networks",  # in a script
        "A number that the network worked out for this picture, at one spot.",  # a word of the field
        "Pixels are numbers",  # a lesson
    ):
        assert english in found, english
    assert len(found) > 4000
    assert {text.where.split("/")[0] for text in found.values()} == {"explorer", "pages"}


@pytest.mark.parametrize(
    "text",
    ["conv1", "query-params", "https://example.org/a b", "#ff0000", "layer{number}", "VGG-19 BN",
     "Selvaraju et al. 2017, arXiv:1610.02391", "relu(sum_c G[c] A[c])", "M7 2a5 5 0 1 1 0 10"],
)  # fmt: skip
def test_names_code_and_keys_are_no_texts(text: str) -> None:
    assert not is_text(text)


@pytest.mark.parametrize("text", ["Pooling", "Channel {c}", "of {total}", "{n} maps", "the mean", "Set-up", "yes"])
def test_words_are_texts(text: str) -> None:
    assert is_text(text)

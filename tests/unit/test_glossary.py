"""The words of the field, as they are told."""

from __future__ import annotations

import re

import pytest

from explorer.glossary import GLOSSARY, Term
from explorer.places import pages


def test_there_are_enough_and_each_is_there_once() -> None:
    names = [term.name for term in GLOSSARY]
    assert len(names) >= 40
    assert names == sorted(names, key=str.lower)
    words = [word.lower() for term in GLOSSARY for word in (term.name, *term.also)]
    assert len(words) == len(set(words))


@pytest.mark.parametrize("term", GLOSSARY, ids=lambda term: term.name)
def test_each_is_said_in_a_sentence_or_two_and_shown_by_a_page(term: Term) -> None:
    assert (pages() / f"{term.page}.py").exists()
    assert term.says[0].isupper()
    assert term.says.endswith(".")
    assert 1 <= len(re.findall(r"[.!?](?= |$)", term.says)) <= 2
    assert len(term.says) + len(term.formula) <= 260  # it is read beside a pointer

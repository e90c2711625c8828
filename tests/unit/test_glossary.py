"""The words of the field, as they are told."""

from __future__ import annotations

import re

import pytest

from explorer.places import pages
from explorer.words.glossary import GLOSSARY, Term, terms

SYMBOLS = r"[=×·∂ΣΠ√²≤≥‖_\[\]{}<>|^]|arXiv|\b[0-9]{4}\b"  # of formulas and sources


def test_there_are_enough_and_each_is_there_once() -> None:
    names = [term.name for term in GLOSSARY]
    assert len(names) >= 40
    assert names == sorted(names, key=str.lower)
    words = [word.lower() for term in GLOSSARY for word in (term.name, *term.also)]
    assert len(words) == len(set(words))


@pytest.mark.parametrize("term", GLOSSARY, ids=lambda term: term.name)
def test_each_is_said_in_a_sentence_or_two_in_both_registers_and_shown_by_a_page(term: Term) -> None:
    assert (pages() / f"{term.page}.py").exists()
    assert term.plain != term.exact
    for says, formula in ((term.plain, ""), (term.exact, term.formula)):
        assert says[0].isupper()
        assert says.endswith((".", "?"))
        sentences = re.findall(r"[.!?](?= [A-Z]|$)", says.replace("et al.", "et al"))
        assert 1 <= len(sentences) <= 2
        assert len(says) + len(formula) <= 260  # it is read beside a pointer
    assert not re.search(SYMBOLS, term.plain)


def test_a_row_without_a_register_is_refused() -> None:
    with pytest.raises(TypeError, match="exact"):
        terms('[[term]]\nname = "x"\nplain = "A thing."\npage = "filters"')

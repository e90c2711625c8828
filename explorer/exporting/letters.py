"""Bytes as letters of a document: five for four bytes, where base64 takes five and a third."""

from __future__ import annotations

import numpy as np

# Those of RFC 1924, but for `<`, which could begin a tag or a comment. `frontend/shared/letters.js` reads them.
LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;,=>?@^_`{|}~"
_BASE = len(LETTERS)
PER_WORD, BYTES = 5, 4  # letters for so many bytes


def lettered(content: bytes) -> str:
    """Bytes as letters, the highest digit of four bytes first; of the last ones as many more than there are bytes."""
    missing = -len(content) % BYTES
    words = np.frombuffer(content + bytes(missing), ">u4").astype(np.uint32)
    letters, found = np.frombuffer(LETTERS.encode(), np.uint8), np.empty((len(words), PER_WORD), np.uint8)
    for i in reversed(range(PER_WORD)):
        words, digits = np.divmod(words, _BASE)
        found[:, i] = letters[digits]
    return found.tobytes().decode()[: found.size - missing]


def n_letters(n_bytes: int) -> int:
    """How many letters bytes take."""
    return n_bytes + -(-n_bytes // BYTES)

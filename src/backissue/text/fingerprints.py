"""Fingerprints of sentences, by which two copies of one text know each other."""

import re
from collections.abc import Iterable
from hashlib import blake2b
from typing import Final

_SENTENCE_END = re.compile(r"(?<=[.!?…])[”\"’')\]]*\s+|[:;]\s+")
_LETTERS = re.compile(r"[^\W_]+")
# `Read more`, `What they did`: a phrase of fewer words stands in issues that share nothing.
_FEWEST_WORDS: Final = 7


def prints_of(texts: Iterable[str]) -> frozenset[int]:
    """The fingerprints of every sentence long enough to tell one text from another.

    Only letters and digits count, in lower case, so that quotes, dashes, spacing and most damage to
    punctuation change nothing. A fingerprint is 63 bits of BLAKE2b.
    """
    return frozenset(
        _print("".join(words))
        for text in texts
        for sentence in _SENTENCE_END.split(text)
        if len(words := _LETTERS.findall(sentence.casefold())) >= _FEWEST_WORDS
    )


def _print(letters: str) -> int:
    digest = blake2b(letters.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> 1

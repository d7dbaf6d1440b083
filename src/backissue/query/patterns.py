"""Words that stand for many: `prefix*`, `w?ldc*rds`, `fuzzy~`."""

import re

from backissue.errors import shown
from backissue.query.nodes import Field, Fuzzy, Term, Wild
from backissue.query.refusals import wrong
from backissue.text import words
from backissue.text.wildcards import pattern

MOST_SLIPS = 2
_SHORTEST = 4  # letters of a word of which ~5 says too much
_FUZZY = re.compile(r"(.+?)~([0-9]*)")
_PRODUCT = re.compile(r"[0-9]\*+[0-9]")  # 10*20


def expanding(text: str, column: int, field: Field | None) -> Term | Wild | Fuzzy | None:
    """The node for a word that stands for many; None if it is none, as `what?` and `and/or*`.

    Raises QueryError, with the word's column, for what only a query would have: `word~7`.
    """
    if fuzzy := _FUZZY.fullmatch(text):
        return _fuzzy(fuzzy, column, field)
    return _pattern(text, field) if _is_pattern(text) else None


def looks_expanding(text: str) -> bool:
    """Whether a word has a `*`, or a `~` where that would say that it is fuzzy."""
    return "*" in text or _FUZZY.fullmatch(text) is not None


def _is_pattern(text: str) -> bool:
    """Whether a word has a `*`, or a `?` that is no question mark and not of an address."""
    if "*" in text:
        return True
    return "/" not in text and "?" in (pattern(text) or "").rstrip("?")


def _pattern(text: str, field: Field | None) -> Term | Wild | None:
    found = pattern(text)
    if not found or not any(char.isalnum() or char in "$€£¥" for char in found):
        return None
    if _PRODUCT.search(found):
        return None
    begins = found.rstrip("*")
    if "*" in begins or "?" in begins:
        return Wild(pattern=re.sub(r"\*+", "*", found), field=field)
    # U.S.-China* is several words, of which none begins so.
    return Term(text=begins, field=field, prefix=True) if len(words.phrase(begins)) < 2 else None


def _fuzzy(match: re.Match[str], column: int, field: Field | None) -> Fuzzy | None:
    text, figures = match[1], match[2]
    if _is_pattern(text):
        hint = "write one of the two: scal* or scaling~"
        raise wrong(f"“{shown(match[0])}” has both * or ? and ~", column, hint)
    found = words.phrase(text)
    word = found[0][1] if len(found) == 1 else ""
    # Two slips make another word of a short one: hunyan, human.
    slips = int(figures[:6]) if figures else (1 if len(word) < 8 else 2)
    if 1 <= slips <= MOST_SLIPS:
        return Fuzzy(text=word, slips=slips, field=field) if len(word) > slips else None
    if len(word) < _SHORTEST or len(figures) > 1 or word[-1].isdigit():
        return None  # n~5, cost~50, 1995~9
    raise wrong(
        f"“{shown(match[0])}” allows {slips} slips, and {MOST_SLIPS} are the most",
        column,
        f'write {shown(word)}~ or {shown(word)}~2; for words near one another, "two words"~5',
    )

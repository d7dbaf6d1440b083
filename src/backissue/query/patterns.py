"""Words that stand for many: `prefix*`, `w?ldc*rds`, `fuzzy~`."""

import re
from typing import TYPE_CHECKING

from backissue.errors import shown
from backissue.query.nodes import Field, Fuzzy, Term, Wild
from backissue.text import words

if TYPE_CHECKING:
    from backissue.query.parsing import Lexeme

MOST_SLIPS = 2
_FUZZY = re.compile(r"(.+?)~([0-9]*)")


def expanding(lexeme: "Lexeme", field: Field | None) -> Term | Wild | Fuzzy | None:
    """The node for a word that stands for many; None if it is a plain word, as `what?` is."""
    if fuzzy := _FUZZY.fullmatch(lexeme.text):
        return _fuzzy(fuzzy[1], fuzzy[2], lexeme, field)
    return _pattern(lexeme, field) if _is_pattern(lexeme.text) else None


def _is_pattern(text: str) -> bool:
    """Whether a word has a `*`, or a `?` that is no question mark and not of an address."""
    if "*" in text:
        return True
    return "/" not in text and "?" in (words.pattern(text) or "").rstrip("?")


def _pattern(lexeme: "Lexeme", field: Field | None) -> Term | Wild:
    found = words.pattern(lexeme.text)
    if found is None:
        last = re.split(r"[^\w*?]+", lexeme.text.strip("*?"))[-1] or "word"
        several = f"{lexeme.quoted} is several words, and a * completes one"
        raise lexeme.wrong(several, f"write {shown(last)}*")
    if not any(char.isalnum() or char in "$€£¥" for char in found):
        raise lexeme.empty()
    begins = found.rstrip("*")
    if "*" in begins or "?" in begins:
        return Wild(pattern=re.sub(r"\*+", "*", found), field=field)
    return Term(text=begins, field=field, prefix=True)


def _fuzzy(text: str, figures: str, lexeme: "Lexeme", field: Field | None) -> Fuzzy:
    if _is_pattern(text):
        hint = "write one of the two: scal* or scaling~"
        raise lexeme.wrong(f"{lexeme.quoted} has both * or ? and ~", hint)
    found = words.phrase(text)
    if not found:
        raise lexeme.empty()
    word = found[-1][1]
    if len(found) > 1:
        hint = f"write {shown(word)}~"
        raise lexeme.wrong(f"{lexeme.quoted} is several words, and ~ is of one", hint)
    # Two slips make another word of a short one: hunyan, human.
    slips = int(figures[:6]) if figures else (1 if len(word) < 8 else 2)
    if not 1 <= slips <= MOST_SLIPS:
        raise lexeme.wrong(
            f"{lexeme.quoted} allows {slips} slips, and {MOST_SLIPS} are the most",
            f'write {shown(word)}~ or {shown(word)}~2; for words near one another, "two words"~5',
        )
    if len(word) <= slips:
        hint = "write a word of more letters"
        raise lexeme.wrong(f"“{shown(word)}” is too short for ~{slips}", hint)
    return Fuzzy(text=word, slips=slips, field=field)

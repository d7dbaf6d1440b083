"""A word with `*` or `?` in it, folded as the words of a text are."""

import re

from backissue.text.words import (
    QUOTES,
    SEES_IGNORED,
    VOWEL_SIGNS,
    fold_letter,
    has_unspaced,
    without_ignored,
)

_WILD = "*?"
_DASHES = "-‐‑‒–−﹣－־"
_INSIDE = frozenset(f"{_DASHES}._:'’‘‛ʼ´＇׳״&^,%+#")  # signs that may stand within a word
_OPENS, _CLOSES = frozenset("$€£¥#@"), frozenset("%+#")
_VOWEL_SIGN = re.compile(f"[{VOWEL_SIGNS}]")


def pattern(text: str) -> str | None:
    """`text` folded as words are, its `*` and `?` kept: `GPT-*` is `gpt-*`.

    None if it cannot be a single word (`a/b*`); empty if it has no letter, digit or sign that opens
    a word.

    >>> pattern("GPT-*")
    'gpt-*'
    """
    if SEES_IGNORED.search(text):
        text, _ = without_ignored(text)
    dotted = re.match(r"\.[nN]", text)  # .NET is the one name that begins with a dot
    while text and not (dotted or _is_letter(text[0]) or text[0] in _OPENS or text[0] in _WILD):
        text = text[1:]
    while text and not (_is_letter(text[-1]) or text[-1] in _CLOSES or text[-1] in _WILD):
        text = text[:-1]
    if any(not (_is_letter(char) or char in _WILD or char in _INSIDE) for char in text[1:]):
        return None
    if has_unspaced(text) and len(text.strip(_WILD)) > 1:
        return None
    if re.search(r"(?<!\d):|:(?![\d*?])", text):  # a time of day, and no field
        return None
    folded = "".join(
        [char if char in _WILD else _pattern_letter(char) for char in text.translate(QUOTES)]
    )
    return folded if folded.strip(_WILD) else ""


def _is_letter(char: str) -> bool:
    return char.isalnum() or _VOWEL_SIGN.match(char) is not None


def _pattern_letter(char: str) -> str:
    if _is_letter(char):
        return fold_letter(char)
    return "-" if char in _DASHES else char

"""English as far as repair needs it, for what a document's own words do not decide.

The rules are in `english.toml`. No list claims to be complete: a new word comes with a case in
`tests/cases/repair/line-ends.toml`.
"""

import re
from pathlib import Path

from backissue.text.rules import Table

ENGLISH = Table(path=Path(__file__).with_suffix(".toml"))


def is_function_word(word: str) -> bool:
    """Whether a word in small letters is an article, a pronoun, a preposition or their like."""
    return word in ENGLISH.words("function")


def looks_whole(word: str) -> bool:
    """Whether letters could be an English word: a vowel, and a beginning and end that English has.

    >>> looks_whole("com"), looks_whole("mpute"), looks_whole("probl")
    (True, False, False)
    """
    return bool(
        re.search(r"[aeiouy]", word, re.IGNORECASE)
        and ENGLISH.pattern("onset").match(word)
        and ENGLISH.pattern("coda").match(word)
    )

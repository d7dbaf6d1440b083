"""In which script and language a text is written: copies of one number in two are translations."""

import re
import unicodedata
from collections import Counter
from functools import cache, lru_cache
from pathlib import Path
from typing import Final

from backissue.ingest.merge.copies import Copy
from backissue.text.words import read_words

_SAMPLE = 4000  # characters
# Letters that a text has at least, and percent of them in one script: names and quotations of
# another script are in many texts, and a copy that lost its letters has little but those left.
_FEWEST = 200
_MOST_PERCENT = 70
# What Japanese mixes, and Chinese is written in.
_ONE = {"CJK": "HAN", "HIRAGANA": "HAN", "KATAKANA": "HAN"}
_WORD = re.compile(r"[^\W\d_]+")
# Percent of a text's words that are frequent in its language and not in the next likely one, and
# how many times as many these are as those of which the contrary is true.
_OWN_PERCENT: Final = 6
_SURER: Final = 3

Writing = tuple[str | None, str | None]


def writing_of(copy: Copy) -> Writing:
    """The script and the language of a copy; each is None where it is not sure.

    Letters of Latin that are not ASCII do not count: what was read in a wrong charset consists
    of these.
    """
    text = "\n".join(line.block.text for line in copy.draft.text.lines)[:_SAMPLE]
    counts = Counter(map(_script, filter(str.isalpha, text)))
    letters = counts.total()
    if letters < _FEWEST:
        return None, None
    script, most = max(counts.items(), key=lambda one: (one[1], one[0]))
    if not script or most * 100 < _MOST_PERCENT * letters:
        return None, None
    return script, language(text)


def language(text: str) -> str | None:
    """The language of a text, by its most frequent words; None where another is nearly as likely.

    >>> language("The mill stood idle, and nobody in the town could say for how long it would be.")
    'en'
    >>> language("Mill, Ada Moore, GPT-4, Paris")
    """
    words = Counter(_WORD.findall(text.lower()))
    scores: Counter[str] = Counter()
    for word in words.keys() & _languages().keys():
        for one in _languages()[word]:
            scores[one] += words[word]
    if not scores:
        return None
    best, second = sorted([*scores, "", ""], key=lambda one: (-scores[one], one))[:2]
    own = _apart(words, best, second)
    others = _apart(words, second, best)
    # One word may be a name: Ada is Indonesian for “there is”.
    sure = own > 1 and own * 100 >= _OWN_PERCENT * words.total() and own >= _SURER * others
    return best if sure else None


def _apart(words: Counter[str], one: str, other: str) -> int:
    """How many words are frequent in one language, and not in another."""
    known = _languages()
    return sum(
        times
        for word, times in words.items()
        if one in known.get(word, ()) and other not in known[word]
    )


@cache
def _languages() -> dict[str, tuple[str, ...]]:
    """The languages in which each word is frequent."""
    found: dict[str, tuple[str, ...]] = {}
    for name, *words in read_words(Path(__file__).with_name("languages.txt")):
        for word in words:
            found[word] = (*found.get(word, ()), name)
    return found


@lru_cache(maxsize=4096)
def _script(letter: str) -> str:
    if letter.isascii():
        return "LATIN"
    script = unicodedata.name(letter, "").partition(" ")[0]
    return "" if script == "LATIN" else _ONE.get(script, script)

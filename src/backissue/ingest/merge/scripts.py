"""In which script a text is written: copies of one number in two scripts are translations."""

import unicodedata
from collections import Counter
from functools import lru_cache

from backissue.ingest.merge.copies import Copy

_SAMPLE = 4000  # characters
# Letters that a text has at least, and percent of them in one script: names and quotations of
# another script are in many texts, and a copy that lost its letters has little but those left.
_FEWEST = 200
_MOST_PERCENT = 70
# What Japanese mixes, and Chinese is written in.
_ONE = {"CJK": "HAN", "HIRAGANA": "HAN", "KATAKANA": "HAN"}


def script_of(copy: Copy) -> str | None:
    """The script of most letters of a copy; None where there are few, or of several scripts.

    Letters of Latin that are not ASCII do not count: what was read in a wrong charset consists
    of these.
    """
    text = "\n".join(line.block.text for line in copy.draft.text.lines)[:_SAMPLE]
    counts = Counter(map(_script, filter(str.isalpha, text)))
    letters = counts.total()
    if letters < _FEWEST:
        return None
    script, most = max(counts.items(), key=lambda one: (one[1], one[0]))
    return script if script and most * 100 >= _MOST_PERCENT * letters else None


@lru_cache(maxsize=4096)
def _script(letter: str) -> str:
    if letter.isascii():
        return "LATIN"
    script = unicodedata.name(letter, "").partition(" ")[0]
    return "" if script == "LATIN" else _ONE.get(script, script)

"""The words a document uses: its own witness for what a line's end or a lone `â` parted.

Where a line's end may have parted a word is found here too, for such a word is no witness.
"""

import re
from itertools import pairwise

from msgspec import Struct

from backissue.text.rules import bounded


class Words(Struct, frozen=True, kw_only=True):
    """A document's own vocabulary, in small letters and without what its line ends broke.

    `free` are words on their own, `roots` the same without endings, `pairs` neighbours in a
    compound (`drop-in`), `firsts` and `seconds` its first and its last part.
    """

    free: frozenset[str] = frozenset()
    roots: frozenset[str] = frozenset()
    pairs: frozenset[str] = frozenset()
    seconds: frozenset[str] = frozenset()
    firsts: frozenset[str] = frozenset()


# A word, a hyphen and white space, a word. U+FFFE is what one PDF library prints for a line's last
# hyphen; it is no character. The pattern begins with the hyphen, and looks back for the word, so
# that `re` can skip what is none: seven times as fast as looking for the word first.
BREAK = re.compile(
    r"[-\u2010\u00ad\ufffe](?<=\w[-\u2010\u00ad\ufffe])"
    r"(?:(?<!\ufffe)(?:[ \t\xa0]{1,3}|[ \t]*\n[ \t]*)|(?<=\ufffe)\s?)(?=\w)"
)
_NEAR = 60  # characters; a longer word is none
_HEAD = bounded(r"[\w’'-]*\Z", _NEAR)
_TAIL = re.compile(r"[\w’'-]*")
_WORD = re.compile(r"[^\W\d_][\w]*(?:[-’'][\w]+)*")
_ENDING = re.compile(r"(?:ings?|ed|ers?|es|s|ly|e|d|al|ally|ment|ments)$")


def vocabulary(text: str) -> Words:
    """The words of `text`; what touches a break does not count."""
    free: set[str] = set()
    pairs: set[str] = set()
    for word in set(_WORD.findall(_without_breaks(text))):
        low = word.lower()
        if "-" in word:
            bits = low.split("-")
            pairs.add(low)
            pairs.update(f"{a}-{b}" for a, b in pairwise(bits))
            continue
        free.update((low, re.split("[’']", low)[0]))
    return Words(
        free=frozenset(free),
        roots=frozenset(root(word) for word in free if len(word) > 4),
        pairs=frozenset(pairs),
        seconds=frozenset(pair.rpartition("-")[2] for pair in pairs),
        firsts=frozenset(pair.partition("-")[0] for pair in pairs),
    )


def _without_breaks(text: str) -> str:
    """What stands between the breaks, without the words they part."""
    whole: list[str] = []
    place = 0
    for match in BREAK.finditer(text):
        head, tail = halves(text, match)
        whole.append(text[place : match.start() - len(head)])
        place = max(place, match.end() + len(tail))
    whole.append(text[place:])
    return "\n".join(whole)


def root(word: str) -> str:
    """A word without its ending, the same for the forms of one word, and no word itself."""
    return _ENDING.sub("", word)


def halves(text: str, match: re.Match[str]) -> tuple[str, str]:
    """What a break parts: all that hangs on its left and on its right, compounds whole."""
    head = _HEAD.search(text[max(match.start() - _NEAR, 0) : match.start()])
    tail = _TAIL.match(text[match.end() : match.end() + _NEAR])
    return (head[0] if head else ""), (tail[0].rstrip("-’'") if tail else "")

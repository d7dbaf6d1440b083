"""Words without what is written together with them: `arte` of `dell'arte`, `학교` of `학교에서`.

French, Catalan and Italian drop the vowel of an article before another vowel, Turkish puts the
endings of a name behind an apostrophe, Korean puts particles behind a noun, and Hebrew puts `and`,
`the` and `in` before one. A reader looks for the word alone. The lists are in `clitics.txt`; what
they do not have stays whole.
"""

import unicodedata
from functools import cache
from pathlib import Path

from backissue.text.words import read_words

# `l'Oréal`, but not `l'x`; h is silent in both languages.
_VOWELS = frozenset("aeiouyhœæ")
_TURKISH_VOWELS = frozenset("aeıioöuüâîû")
_FIRST_SYLLABLE, _LAST_SYLLABLE = "가", "힣"
_FINALS = 28  # forms of a syllable with its final consonants, the first of which is none
_RIEUL = 8  # the final ㄹ, which `로` follows as it follows a vowel

_LONGEST_PARTICLE = 6  # syllables
_LONGEST_PREFIX = 3  # letters
# ב"כ in שב"כ is no abbreviation behind a prefix: one letter before the mark is not enough.
_FEWEST_BEFORE_MARK = 2


def bare_words(word: str) -> tuple[str, ...]:
    """The words that `word`, folded, is written together from, without the others; seldom any.

    >>> bare_words("l'état"), bare_words("izmir'den"), bare_words("학교에서")
    (('état',), ('izmir',), ('학교',))
    >>> bare_words('וארה"ב')
    ('ארה"ב',)
    >>> bare_words("don't"), bare_words("o'clock"), bare_words("shi'a")
    ((), (), ())
    """
    if '"' in word:
        return _behind_a_prefix(word)
    if "'" in word:
        return _behind_an_article(word) or _before_an_ending(word)
    if _is_hangul(word[-1]) and _is_hangul(word[0]):
        return _without_particle(word)
    return ()


def _behind_a_prefix(word: str) -> tuple[str, ...]:
    """A Hebrew abbreviation without each prefix it may have: its mark shows that it is one word.

    Other Hebrew words stay whole: nothing shows whether their first letter is a prefix.
    """
    found = []
    for end in range(1, _LONGEST_PREFIX + 1):
        bare = word[end:]
        if word[:end] in _lists()["hebrew"] and bare.find('"') >= _FEWEST_BEFORE_MARK:
            found.append(bare)
    return tuple(found)


def _behind_an_article(word: str) -> tuple[str, ...]:
    article, _, rest = word.partition("'")
    if len(rest) < 2 or article not in _lists()["before"]:
        return ()
    return (rest,) if _first_letter(rest) in _VOWELS else ()


def _first_letter(word: str) -> str:
    return unicodedata.normalize("NFD", word[0])[0]


def _before_an_ending(word: str) -> tuple[str, ...]:
    name, _, ending = word.rpartition("'")
    if len(name) < 2 or "'" in name:
        return ()
    after_vowel = name[-1] in _TURKISH_VOWELS
    known = ending in _lists()["behind"] or (
        not after_vowel and ending in _lists()["after_consonant"]
    )
    return (name,) if known else ()


def _without_particle(word: str) -> tuple[str, ...]:
    """The noun of each particle that may end the word, the longest particle first."""
    lists, found = _lists(), []
    for start in range(max(1, len(word) - _LONGEST_PARTICLE), len(word)):
        noun, particle = word[:start], word[start:]
        if len(noun) == 1 and particle not in lists["behind_one_syllable"]:
            continue
        if particle in lists["hangul"] or particle in lists[_kind_behind(noun[-1], particle)]:
            found.append(noun)
    return tuple(found)


def _kind_behind(syllable: str, particle: str) -> str:
    final = (ord(syllable) - ord(_FIRST_SYLLABLE)) % _FINALS
    if not final or (final == _RIEUL and particle.startswith("로")):
        return "hangul_after_vowel"
    return "hangul_after_consonant"


def _is_hangul(char: str) -> bool:
    return _FIRST_SYLLABLE <= char <= _LAST_SYLLABLE


@cache
def _lists() -> dict[str, frozenset[str]]:
    lists: dict[str, set[str]] = {}
    for kind, *entries in read_words(Path(__file__).with_name("clitics.txt")):
        lists.setdefault(kind, set()).update(entries)
    return {kind: frozenset(entries) for kind, entries in lists.items()}

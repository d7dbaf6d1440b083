"""Words and compounds parted at a line's end, as PDF text has them: `com- pute`, `drop- in`."""

import re
from collections import Counter
from collections.abc import Iterator
from enum import Enum
from functools import partial

from backissue.ingest.repair.edits import Edit, repair_lines
from backissue.ingest.repair.english import ENGLISH, is_function_word, looks_whole
from backissue.ingest.repair.vocabulary import BREAK, Words, halves, root, vocabulary
from backissue.records import Confidence

_STILL_BROKEN = re.compile(
    r"(?<=[^\W\d_])(?:[-\u2010\u00ad](?: {1,3}|[ \t]*\n[ \t]*)(?=[^\W\d_]|[•◦‣▪●])"
    r"|[-\u00ad]\Z|\ufffe)"
)
_NEXT_WORD = re.compile(r"\W*(\w*)")
_INTERLEAVED = re.compile(r"[^\W\d_][-\u2010] {1,3}[•◦‣▪●]")


class _Verdict(Enum):
    """What to do with a break: the rule's name, and `guessed` where most words do so."""

    JOIN = "broken-word"
    PROBABLY_JOIN = "broken-word, guessed"
    HYPHEN = "broken-compound"
    PROBABLY_HYPHEN = "broken-compound, guessed"
    LEAVE = "no break"
    UNSURE = "left broken"


# So many breaks that can be repaired, so many of them beyond doubt, make a broken document.
_ENOUGH, _ENOUGH_SURE = 3, 2


def count_line_breaks(text: str, between: str = "\n") -> tuple[int, Words]:
    """How many breaks can be repaired, and the words that decide how; 0 in a healthy document.

    The vocabulary is taken again after repair, until it stays as it is, so that a second diagnosis
    of the repaired text comes to the same words.
    """
    breaks = [match for match in BREAK.finditer(text) if not _is_meant(*halves(text, match))]
    if len(breaks) < _ENOUGH:  # as in most documents: spares them the vocabulary, 1.5 ms for 14 KB
        return 0, Words()
    words = vocabulary(text)
    verdicts = Counter(_verdict(text, match, words, wary=False) for match in breaks)
    sure = verdicts[_Verdict.JOIN] + verdicts[_Verdict.HYPHEN]
    repairable = sure + verdicts[_Verdict.PROBABLY_JOIN] + verdicts[_Verdict.PROBABLY_HYPHEN]
    if sure < _ENOUGH_SURE or repairable < max(_ENOUGH, verdicts[_Verdict.UNSURE]):
        return 0, Words()
    for _ in range(3):
        text = repair_lines(text, [partial(broken_words, words=words)], between)
        if (again := vocabulary(text)) == words:
            break
        words = again
    return repairable, words


def broken_words(text: str, words: Words) -> list[Edit]:
    """Words and compounds parted at a line's end, put together again.

    Smallest: `com- pute` to `compute`, `AI- directed` to `AI-directed`. The document's own
    vocabulary decides first, then English. Likely where one of them has the word, else guessed.
    Price: a compound the document has nowhere else, with a second part that `english.toml` does not
    list, loses its hyphen.
    """
    wary = bool(_INTERLEAVED.search(text))
    edits: list[Edit] = []
    for match in BREAK.finditer(text):
        verdict = _verdict(text, match, words, wary=wary)
        if verdict in {_Verdict.LEAVE, _Verdict.UNSURE}:
            continue
        rule, _, guessed = verdict.value.partition(", ")
        hyphen = rule == "broken-compound"
        kept = hyphen and match[0][0] in "-\u2010"
        after = "-" if hyphen and not kept else ""
        sure = Confidence.GUESSED if guessed else Confidence.LIKELY
        edits.append(Edit(match.start() + kept, match.end(), after, rule, sure))
    return edits


def still_broken(text: str) -> Iterator[re.Match[str]]:
    """The breaks in a repaired text: those that neither the document nor English decides."""
    for match in _STILL_BROKEN.finditer(text):
        behind = _NEXT_WORD.match(text[match.start() : match.start() + 20])
        if behind is None or behind[1].lower() not in ENGLISH.words("suspending"):
            yield match


def _is_meant(head: str, tail: str) -> bool:
    """`pre- and post-training`: the hyphen stands for what follows later."""
    return not head or tail.lower() in ENGLISH.words("suspending")


def _verdict(text: str, match: re.Match[str], words: Words, *, wary: bool) -> _Verdict:
    """`wary` asks for a witness: in interleaved columns the next word may belong elsewhere."""
    head, tail = halves(text, match)
    if _is_meant(head, tail):
        return _Verdict.LEAVE
    a, b = re.split(r"[-’']", head)[-1], re.split(r"[-’']", tail)[0]
    verdict = (
        _by_witness(a.lower(), b.lower(), words)
        or _by_shape(a, b, in_compound=("-" in head, "-" in tail))
        or _by_english(a.lower(), b.lower(), words)
    )
    if "\ufffe" in match[0] and verdict is _Verdict.UNSURE:
        return _Verdict.PROBABLY_JOIN
    if wary and verdict in {_Verdict.PROBABLY_JOIN, _Verdict.PROBABLY_HYPHEN}:
        return _Verdict.UNSURE
    return verdict


def _by_witness(a: str, b: str, words: Words) -> _Verdict | None:
    """The same word elsewhere in the document, or in any: whole or with its hyphen."""
    whole, compound, known = a + b, f"{a}-{b}", ENGLISH.words("known")
    if compound in words.pairs or compound in known:
        return _Verdict.HYPHEN
    if whole in words.free or whole in known:
        return _Verdict.JOIN
    base = root(whole)
    long = len(whole) > 5 and len(base) > len(a) and (len(b) > 3 or not is_function_word(b))
    return _Verdict.JOIN if long and base in words.roots else None


def _by_shape(a: str, b: str, *, in_compound: tuple[bool, bool]) -> _Verdict | None:
    """Digits, capitals, and compounds of more than two parts."""
    small = is_function_word(b.lower())
    if a[-1:].isdigit() or b[:1].isdigit():
        # `8- bit` and `GPT- 4` are compounds, `3- 6` and `the 10- by 14-inch tunnel` are not.
        compound = (b[:1].isalpha() or a[:1].isupper()) and not small
        return _Verdict.HYPHEN if compound else _Verdict.LEAVE
    if in_compound[1] and small:
        return _Verdict.HYPHEN  # state- of-the-art
    if in_compound[0] and is_function_word(a.lower()) and len(b) > 2:
        return _Verdict.HYPHEN  # chip-on- wafer
    if b[:1].isupper():
        return _Verdict.UNSURE if small else _before_capital(a, b)
    if len(a) > 1 and a.isupper():
        alone = small and b not in ENGLISH.words("particles")
        return _Verdict.UNSURE if alone else _Verdict.HYPHEN
    return None


def _before_capital(a: str, b: str) -> _Verdict:
    """`INTRO- DUCTION` is one word, `Anglo- Saxon` and `post- AGI` are two."""
    long = len(a) > 1 and len(b) > 2 and len(a + b) > 7
    whole = long and a.isupper() and b.isupper() and looks_whole(a + b)
    return _Verdict.PROBABLY_JOIN if whole else _Verdict.PROBABLY_HYPHEN


def _by_english(a: str, b: str, words: Words) -> _Verdict:
    """Two halves in small letters, judged by what English words and compounds look like."""
    torn = (a in ENGLISH.words("torn") or not looks_whole(a)) and a not in words.free
    whole = b in words.free
    if a in ENGLISH.words("numerals"):
        return _Verdict.HYPHEN
    if is_function_word(b):
        return _before_function_word(a, b, words, torn=torn)
    if a in words.firsts and whole and len(b) > 4:
        return _Verdict.PROBABLY_HYPHEN  # post- training, where the document has post-war
    bound = ENGLISH.pattern("ending").match(b) and not whole
    if torn or bound or not ENGLISH.pattern("onset").match(b):
        return _Verdict.JOIN
    if b in ENGLISH.words("seconds"):
        return _Verdict.HYPHEN if a in words.free else _Verdict.PROBABLY_HYPHEN
    first = a in ENGLISH.words("firsts") and ((whole and len(b) > 2) or len(b) > 4)
    both = a in words.free and len(a) > 3 and ((whole and len(b) > 3) or b in words.seconds)
    return _Verdict.PROBABLY_HYPHEN if first or both else _Verdict.PROBABLY_JOIN


def _before_function_word(a: str, b: str, words: Words, *, torn: bool) -> _Verdict:
    """`slow- down` closes up, `drop- in` keeps its hyphen, `model- is` may be anything."""
    if b in ENGLISH.words("particles"):
        if torn or b in ENGLISH.words("closing"):
            return _Verdict.PROBABLY_JOIN
        if a in words.free or len(a) > 2:
            return _Verdict.PROBABLY_HYPHEN
    return _Verdict.PROBABLY_JOIN if torn and len(a) < 5 else _Verdict.UNSURE

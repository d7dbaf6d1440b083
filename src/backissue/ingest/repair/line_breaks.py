"""Words and compounds parted at a line's end, as PDF text has them: `com- pute`, `drop- in`."""

import re
from collections import Counter
from collections.abc import Iterator
from enum import Enum
from functools import partial

from backissue.ingest.repair.edits import Edit, repair_lines
from backissue.ingest.repair.english import (
    BOUND,
    CLOSED_FIRSTS,
    CLOSED_SECONDS,
    CLOSED_WITH_PARTICLE,
    CLOSING_PARTICLES,
    FUNCTION,
    HYPHENATED_FIRSTS,
    HYPHENATED_SECONDS,
    JOINING_FIRSTS,
    MIXED_CASE,
    ONSET,
    PAIRS,
    PARTICLES,
    PREFIXES,
    SUSPENDING,
    TENS,
    TORN,
    TORN_WORDS,
    looks_whole,
)
from backissue.ingest.repair.vocabulary import BREAK, Words, halves, stem, vocabulary
from backissue.records import Confidence

_STILL_BROKEN = re.compile(
    r"(?<=[^\W\d_])(?:[-\u2010\u00ad](?: {1,3}|[ \t]*\n[ \t]*)(?=[^\W\d_]|[•◦‣▪●])"
    r"|[-\u00ad]\Z|\ufffe)"
)
_NEXT_WORD = re.compile(r"\W*(\w*)")
_INTERLEAVED = re.compile(r"[^\W\d_][-\u2010] {1,3}[•◦‣▪●]")


class _Verdict(Enum):
    """What becomes of a break, and how sure that is."""

    JOIN = "broken-word"
    PROBABLY_JOIN = "broken-word, no witness"
    HYPHEN = "broken-compound"
    PROBABLY_HYPHEN = "broken-compound, no witness"
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
    vocabulary decides first; then what English does. Price: a compound the document has nowhere
    else, with a second part `english` does not list, loses its hyphen.
    """
    wary = bool(_INTERLEAVED.search(text))
    edits: list[Edit] = []
    for match in BREAK.finditer(text):
        match _verdict(text, match, words, wary=wary):
            case _Verdict.JOIN | _Verdict.PROBABLY_JOIN as verdict:
                edits.append(_joining(match.start(), match.end(), "", verdict))
            case _Verdict.HYPHEN | _Verdict.PROBABLY_HYPHEN as verdict if match[0][0] in "-\u2010":
                edits.append(_joining(match.start() + 1, match.end(), "", verdict))
            case _Verdict.HYPHEN | _Verdict.PROBABLY_HYPHEN as verdict:
                edits.append(_joining(match.start(), match.end(), "-", verdict))
            case _:
                pass
    return edits


def _joining(start: int, end: int, after: str, verdict: _Verdict) -> Edit:
    rule = verdict.value.partition(",")[0]
    # Likely where the document or a rule of English bears witness; else what most words do.
    witnessed = verdict in {_Verdict.JOIN, _Verdict.HYPHEN}
    return Edit(start, end, after, rule, Confidence.LIKELY if witnessed else Confidence.GUESSED)


def still_broken(text: str) -> Iterator[re.Match[str]]:
    """The breaks in a repaired text: those that neither the document nor English decides."""
    for match in _STILL_BROKEN.finditer(text):
        behind = _NEXT_WORD.match(text[match.start() : match.start() + 20])
        if behind is None or behind[1].lower() not in SUSPENDING:
            yield match


def _is_meant(head: str, tail: str) -> bool:
    """`pre- and post-training`: the hyphen stands for what follows later."""
    return not head or tail.lower() in SUSPENDING


def _verdict(text: str, match: re.Match[str], words: Words, *, wary: bool) -> _Verdict:
    """`wary` asks for a witness: in interleaved columns the next word may belong elsewhere."""
    head, tail = halves(text, match)
    if _is_meant(head, tail):
        return _Verdict.LEAVE
    verdict = (
        _by_witness(head, tail, words)
        or _by_shape(head, tail, words)
        or _by_english(_last(head), _first(tail), words)
    )
    if "\ufffe" in match[0] and verdict is _Verdict.UNSURE:
        return _Verdict.PROBABLY_JOIN
    if wary and verdict in (_Verdict.PROBABLY_JOIN, _Verdict.PROBABLY_HYPHEN):
        return _Verdict.UNSURE
    return verdict


def _last(head: str) -> str:
    return re.split(r"[-’']", head)[-1]


def _first(tail: str) -> str:
    return re.split(r"[-’']", tail)[0]


def _by_witness(head: str, tail: str, words: Words) -> _Verdict | None:
    """The same word elsewhere in the document, whole or with its hyphen."""
    a, b = _last(head).lower(), _first(tail).lower()
    if f"{a}-{b}" in words.pairs or f"{a}-{b}" in PAIRS:
        return _Verdict.HYPHEN
    whole = a + b
    if whole in words.free or whole in MIXED_CASE:
        return _Verdict.JOIN
    if b in FUNCTION and len(b) < 4:
        return None
    if len(whole) > 5 and stem(whole) in words.stems and len(stem(whole)) > len(a):
        return _Verdict.JOIN
    return None


def _by_shape(head: str, tail: str, words: Words) -> _Verdict | None:
    """Digits, capitals, and compounds of more than two parts."""
    a, b = _last(head), _first(tail)
    if a[-1:].isdigit() or b[:1].isdigit():
        return _by_digits(a, b)
    if "-" in tail and b.lower() in FUNCTION:
        return _Verdict.HYPHEN  # state- of-the-art
    if "-" in head and a.lower() in FUNCTION and len(b) > 2:
        return _Verdict.HYPHEN  # chip-on- wafer
    if b[:1].isupper():
        return _by_capitals(a, b, words)
    if len(a) > 1 and a.isupper():
        return _Verdict.HYPHEN if b.lower() not in FUNCTION - PARTICLES else _Verdict.UNSURE
    return None


def _by_digits(head: str, tail: str) -> _Verdict:
    """`8- bit` and `GPT- 4` are compounds, `3- 6` and `the 10- by 14-inch tunnel` are not."""
    compound = tail[:1].isalpha() or head[:1].isupper()
    return _Verdict.HYPHEN if compound and tail.lower() not in FUNCTION else _Verdict.LEAVE


def _by_capitals(head: str, tail: str, words: Words) -> _Verdict:
    """A capital behind the break: a name in mixed case, capitals throughout, or a compound."""
    if tail.lower() in FUNCTION:
        return _Verdict.UNSURE
    if head.isupper() and tail.isupper():
        long = len(head + tail) > 7 and len(tail) > 2 and looks_whole(head + tail)
        return _Verdict.PROBABLY_JOIN if long and len(head) > 1 else _Verdict.PROBABLY_HYPHEN
    acronym = len(tail) > 1 and tail[:2].isupper()
    if acronym and head[:1].isupper() and head.lower() not in words.proper | HYPHENATED_FIRSTS:
        return _Verdict.PROBABLY_JOIN  # Chat- GPT, where the document knows no Chat
    return _Verdict.PROBABLY_HYPHEN


def _by_english(head: str, tail: str, words: Words) -> _Verdict:
    """Two halves in small letters, judged by what English words and compounds look like."""
    a, b = head.lower(), tail.lower()
    torn = (a in TORN or not looks_whole(a)) and a not in words.free
    bound = bool(BOUND.fullmatch(b)) and b not in words.free
    if b in FUNCTION:
        return _before_function_word(a, b, words, torn=torn)
    if a in TENS or (a == "self" and b not in ("ish", "less")):
        return _Verdict.HYPHEN
    if (torn and a not in PREFIXES | {"ex"}) or bound or not ONSET.match(b):
        return _Verdict.JOIN
    if b in HYPHENATED_SECONDS and a not in JOINING_FIRSTS:
        return _Verdict.HYPHEN if a in words.free else _Verdict.PROBABLY_HYPHEN
    if (a in CLOSED_FIRSTS | TORN_WORDS and a not in ("so", "all")) or b in CLOSED_SECONDS:
        return _Verdict.PROBABLY_JOIN
    return _by_vocabulary(a, b, words)


def _by_vocabulary(a: str, b: str, words: Words) -> _Verdict:
    """Two halves that both may be words: they are, where the document uses them by themselves."""
    whole = b in words.free and len(b) > 2
    if a in HYPHENATED_FIRSTS and (whole or len(b) > 4):
        return _Verdict.PROBABLY_HYPHEN
    if a in PREFIXES:
        custom = whole and len(b) > 4 and a in words.firsts
        return _Verdict.PROBABLY_HYPHEN if custom else _Verdict.JOIN
    if a in words.firsts and whole and len(b) > 4:
        return _Verdict.PROBABLY_HYPHEN
    if a in words.free and len(a) > 3 and ((whole and len(b) > 3) or b in words.seconds):
        return _Verdict.PROBABLY_HYPHEN
    return _Verdict.PROBABLY_JOIN


def _before_function_word(a: str, b: str, words: Words, *, torn: bool) -> _Verdict:
    """`slow- down` closes up, `drop- in` keeps its hyphen, `model- is` may be anything."""
    if a in TENS:
        return _Verdict.HYPHEN  # twenty- one
    closed = a in CLOSED_FIRSTS or a + b in CLOSED_WITH_PARTICLE  # how- ever, speed- up
    if closed or (b in PARTICLES and (torn or b in CLOSING_PARTICLES)):
        return _Verdict.PROBABLY_JOIN
    if b in PARTICLES and (a in words.free or len(a) > 2):
        return _Verdict.PROBABLY_HYPHEN
    return _Verdict.PROBABLY_JOIN if torn and len(a) < 5 else _Verdict.UNSURE

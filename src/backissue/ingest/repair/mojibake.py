"""Mojibake: UTF-8 read in another charset, as ftfy decodes it. The one home of ftfy."""

import difflib
import re

from msgspec import Struct

from backissue.ingest.repair.edits import Edit, as_repairs
from backissue.ingest.repair.misread import charset_of, left_over
from backissue.records import Confidence, Repair

# Two neighbours that a multi-byte letter leaves in a one-byte charset, a C1 control, or the one
# letter whose second half is a no-break space, or was lost. Wide on purpose: it only decides
# whether ftfy, whose import costs 60 ms, is asked at all. Curly quotes, dashes and dots side by
# side are healthy.
# Written from its first character on, which lets `re` skip ASCII: six times as fast as the plain
# `[\x80-\x9f]|Ã\s|(?![‘’“”–—…\xa0]{2})[\xa0-\u25ff\ufb01\ufb02\uf8ff]{2}`.
_SUSPECT = re.compile(
    "[\x80-\u25ff\ufb01\ufb02\uf8ff]"
    "(?:(?<=[\x80-\x9f])|(?<=Ã)\\s|[\xa0-\u25ff\ufb01\ufb02\uf8ff\ufffd](?<![‘’“”–—…\xa0]{2}))"
)
_MENTION_MARKS = "\"'`“”‘’«»()[]<>"


def mojibake(text: str, charsets: frozenset[str] = frozenset()) -> list[Edit]:
    """What ftfy decodes: UTF-8 read as cp1252, Latin-1, Latin-2, MacRoman, cp1251, and twice so.

    Smallest: `itâ€™s`. Certain: bytes of another origin hardly ever form UTF-8. Price: ftfy weighs
    a whole block, so that two damages of different origin in one block may stay; and an import of
    60 ms for a document that has any suspicious pair. What ftfy leaves is repaired where `charsets`
    have been shown to be those of the document.
    """
    if lost := _lost_quotes(text):
        return lost
    if not _SUSPECT.search(text):
        return []
    return _align(text, _fix_encoding(text), "mojibake") or left_over(text, charsets)


# `”` ends in a byte that cp1252 leaves undefined, and some programs drop it: `â€œgoodâ€ `. Left to
# ftfy, the space would be taken for the lost byte and the whole read as a dagger. Price: a dagger
# behind an open quotation becomes a quote.
_LOST_QUOTE = re.compile(r"â€(?:\ufffd|(?=[ \n.,;:!?)\]-]|â€|$))")
# Others put U+FFFD there, or a question mark. Within a sentence it can be no other, and where it is
# none in one place, it is none in the next.
_QUERIED = re.compile(r"â€\?(?=[ \n]+[a-z]|[.,;:!?])")
_LOST_OR_QUERIED = re.compile(r"â€[\ufffd?]")


def _lost_quotes(text: str) -> list[Edit]:
    lost = _LOST_OR_QUERIED if _QUERIED.search(text) else _LOST_QUOTE
    # Likely: the two bytes left are those of several signs, of which a quote was open.
    return [
        Edit(match.start(), match.end(), "”", "lost-quote", Confidence.LIKELY)
        for match in lost.finditer(text)
        if _opens_before(text, match.start())
    ]


def _opens_before(text: str, place: int) -> bool:
    opened = max(text.rfind("â€œ", 0, place), text.rfind("“", 0, place))
    closed = max(text.rfind("â€\x9d", 0, place), text.rfind("”", 0, place))
    return opened > closed


def _fix_encoding(text: str) -> str:
    import ftfy  # noqa: PLC0415 - heavy, and most documents do without

    fixed = ftfy.fix_encoding(text)
    # A sign this repair invents is worse than the damage; see `swallowed-space` for its work.
    return text if _MISREAD.search(fixed) and not _MISREAD.search(text) else fixed


# Phonetic letters, Braille except its blank, which some use as a space, rare brackets: what two
# healthy neighbours become when they are taken for one letter.
_MISREAD = re.compile("[\u0250-\u02af\u2801-\u28ff\u2980-\u29ff]")


class Misread(Struct, frozen=True, kw_only=True):
    """How many places of a document are misread, in which charsets, and whether it only shows them.

    A page about mojibake shows it: then there are no `places`.
    """

    places: int = 0
    charsets: frozenset[str] = frozenset()
    shown: bool = False


def find_mojibake(text: str) -> Misread:
    """What of a document is misread, unless more of it is only shown."""
    if not _SUSPECT.search(text):  # healthy, as most are: no need of the lines and the signs
        return Misread()
    used = mentioned = 0
    charsets: set[str] = set()
    signs = frozenset(text)
    for line in text.split("\n"):
        if not _SUSPECT.search(line):
            continue
        fixed = _fix_encoding(line)
        words = frozenset(re.findall(r"[\w’']+", line))
        for step in as_repairs(line, _align(line, fixed, "mojibake")):
            if _is_mention(fixed, step, words, signs):
                mentioned += 1
            else:
                used += 1
                charsets.add(charset_of(step.before, step.after))
    if used <= mentioned:
        return Misread(shown=mentioned > 0)
    return Misread(places=used, charsets=frozenset(charsets - {""}))


def _is_mention(fixed: str, step: Repair, words: frozenset[str], signs: frozenset[str]) -> bool:
    """Whether a damaged sign or word is shown rather than used.

    It is, when quotes, brackets or code marks hold it alone (`"Ã©"`), when its healthy word is one
    of the line's `words` (`café shows up as cafÃ©`), or when it touches no word and the document,
    whose characters are `signs`, has the healthy sign elsewhere.
    """
    start, end = step.start, step.start + len(step.after)
    alone = not _word_at(fixed, start - 1) and not _word_at(fixed, end)
    while _word_at(fixed, start - 1):
        start -= 1
    while _word_at(fixed, end):
        end += 1
    around = (fixed[start - 1 : start], fixed[end : end + 1])
    if all(mark and mark in _MENTION_MARKS for mark in around):
        return True
    if step.after.isalpha() and fixed[start:end] in words:
        return True
    return alone and step.after.strip() != "" and signs.issuperset(step.after)


def _word_at(text: str, place: int) -> bool:
    return 0 <= place < len(text) and (text[place].isalnum() or text[place] in "_’'")


def looks_damaged(text: str) -> bool:
    """Whether anything in `text` may be damage. Wide: for places where copies differ.

    >>> looks_damaged("cafÃ©"), looks_damaged("à la carte")
    (True, False)
    """
    if "\ufffd" in text or "\u00ad" in text:
        return True
    return not text.isascii() and _SUSPECT.search(_SOUND.sub("x", text)) is not None


# Letters of Latin script that are no first byte of a letter in UTF-8 (`Łódź` has two in a row), and
# Greek and Cyrillic words: none of their letters is a second byte in a charset of theirs.
_SOUND = re.compile(
    "[ÀÁÆ-ÍÒ-Öß-áã-öø-ā\u0103-\u0138\u013a-\u024f]|[\u0390-\u03ce\u1f00-\u1fff]{2,}|[А-Яа-я]{2,}"
)


def _align(before: str, after: str, rule: str) -> list[Edit]:
    """Where two texts differ. ASCII survives a change of charset and shows what is parallel."""
    if before == after:
        return []
    old, new = _SHARDS.findall(before), _SHARDS.findall(after)
    if len(old) == len(new) and all(
        a == b or not (a.isascii() or b.isascii()) for a, b in zip(old, new, strict=True)
    ):
        pairs = [(at, at + 1, at, at + 1) for at in range(len(old))]
    elif len(old) + len(new) < 4000:  # difflib is quadratic; beyond this one edit has to do
        matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
        pairs = [(a, b, c, d) for tag, a, b, c, d in matcher.get_opcodes() if tag != "equal"]
    else:
        pairs = [(0, len(old), 0, len(new))]
    edits: list[Edit] = []
    place = at = 0
    for a, b, c, d in pairs:
        place += sum(map(len, old[at:a]))
        source = "".join(old[a:b])
        edits += _trimmed(place, source, "".join(new[c:d]), rule)
        place, at = place + len(source), b
    return edits


_SHARDS = re.compile(r"[\x00-\x7f]+|[^\x00-\x7f]+")


def _trimmed(place: int, before: str, after: str, rule: str) -> list[Edit]:
    if before == after:
        return []
    low = _shared(before, after)
    high = _shared(before[low:][::-1], after[low:][::-1])
    repaired = after[low : len(after) - high]
    # Where a byte fell out ftfy leaves U+FFFD, which is still damage; so where two bytes were left
    # before one that was U+FFFD already, and only they go.
    sure = Confidence.GUESSED if "\ufffd" in after else Confidence.CERTAIN
    return [Edit(place + low, place + len(before) - high, repaired, rule, sure)]


def _shared(one: str, two: str) -> int:
    """How many characters two texts begin with alike."""
    differ = (at for at, (a, b) in enumerate(zip(one, two, strict=False)) if a != b)
    return next(differ, min(len(one), len(two)))

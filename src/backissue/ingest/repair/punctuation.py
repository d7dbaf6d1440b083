"""Punctuation of which little is left: signs stripped to one or two bytes, and the lone `â`.

Both come of one history: UTF-8 read as Latin-1 or Latin-2, then stripped of control characters.
A document's evidence is its `â` where no language has one; neighbours and the balance of quotes
show what each of them was.
"""

import re
from collections.abc import Iterator, Sequence
from enum import Enum

from msgspec import Struct

from backissue.ingest.repair.edits import Edit, replacing
from backissue.ingest.repair.english import is_function_word, looks_whole
from backissue.ingest.repair.vocabulary import Words
from backissue.records import Confidence
from backissue.text.days import MONTH
from backissue.text.rules import bounded

# ---------------------------------------------------------------- signs of which one byte is left

# UTF-8 punctuation is E2 80 xx. Read as Latin-1 or Latin-2 and stripped of control bytes, E2 stays
# as `â`, 80 goes, and so does xx where it is below A0. Where it is not, it names the sign:
# `âŚ` and `â¦` (A6) are `…`. Price: a sign whose middle byte is not 80 shares the rest with one
# whose middle byte is: `â¢` is a bullet or a trade mark, and what stands before it decides.
_SIGNS = {
    "…": "â[¦Ś]",
    "™": r"(?<=\w)â[¢˘]",
    "•": "â[¢˘]",
    "€": r"â[¬Ź](?=\s?\d)|(?<=\d)\s?â[¬Ź]",
    "×": r"(?<=\d)[ÃĂ](?=[\s\d.,;:)]|$)",
    "π": r"(?<!\w)[ÏĎ](?=\d)",
    "′": r"(?<=\d)â[²˛]",
    "″": r"(?<=\d)â[³ł]",
    "≤": r"â[¤](?=\s?[\d~])",
    "≥": r"â[¥Ľ](?=\s?[\d~])",
}
_SIGN = re.compile("|".join(f"({pattern})" for pattern in _SIGNS.values()))
# `• ` as Latin-1 is `â¢ `; a well-meaning program took space for a lost no-break space and read the
# three bytes E2 A2 A0 as one Braille pattern. Before a word nobody means that pattern.
_BRAILLE = re.compile("\u28a0[ \xa0]?(?=[\\w“‘â])")


def stripped_signs(text: str) -> list[Edit]:
    """Signs of which one byte is left, and bullets that lost their space.

    Smallest: `1000xâŚ`, `⢠Rather`.
    """
    edits: list[Edit] = []
    for match in _SIGN.finditer(text):
        start = match.end() - len(match[0].lstrip())
        sign = tuple(_SIGNS)[(match.lastindex or 1) - 1]
        # Likely: the one byte left belongs to few signs, and what is beside it to one of them.
        edits.append(Edit(start, match.end(), sign, "stripped-sign", Confidence.LIKELY))
    edits += replacing(_BRAILLE, text, "• ", "swallowed-space", Confidence.LIKELY)
    return sorted(edits, key=lambda edit: edit.start)


# ---------------------------------------------------------------- lone â

# `â` not followed by what makes it one half of ordinary mojibake.
_A = "â(?![\x80-\x9f¡-¿]|[€„…†‡ˆ‰Š‹Œ‘’“”•–—˜™š›œ][^\x00-\x7f])"
_LONE = re.compile(_A)
_SUBJECT = "i|we|you|they|he|she|it|that|there|here|what|who|how|where|let|one|everyone"
_NEGATED = "do|does|did|is|was|are|were|wo|ca|could|would|should|has|have|had|ai|must|need"
# Places where no language has an `â`: English contractions, before a capital, between digits,
# behind a comma, before a full stop.
_IMPOSSIBLE = re.compile(
    rf"(?i:\b(?:{_SUBJECT})â(?:s|ll|d|ve|re|m)|\b(?:{_NEGATED})nât)(?![^\W_])"
    rf"|\d{_A}\d|(?<![^\s(\[]){_A}[A-Z]|[a-z]{_A}[A-Z]|[.,;:!?)\]]{_A}|\w{_A}[.,;:!?)\]](?!\w)"
    "|â[¦Ś]|\u28a0(?=[^\\W_])"
)
_OTHER_ACCENTS = re.compile("(?<![ÂÃÄÅâ])[à-áãä-ïñ-öø-ÿāăćčđęěğĩīıłńňőřśşšţůũűźžșțơư\u1ea0-\u1ef9]")
_CURLY = re.compile(r"[‘’“”]")
_STRAIGHT = re.compile(r"[a-z]'(?:s|t|re|ve|ll|d|m)\b", re.IGNORECASE)
_SHOWN = re.compile(r"[`\"“”'‘’][^\s`\"“”'‘’]{1,30}[`\"“”'‘’]")


def count_lone_a(text: str) -> int:
    """How many `â` stand where none can, unless the document has real ones or is healthy.

    A language with `â` has other accents too, and more of them. A page that shows the damage, or
    quotes one damaged line, has healthy quotes and apostrophes around it.
    """
    if "â" not in text and "\u28a0" not in text:
        return 0
    used = _SHOWN.sub(" ", text)
    places = len(_IMPOSSIBLE.findall(used))
    if places <= len(_OTHER_ACCENTS.findall(used)):
        return 0
    # Some writers mix straight and curly, and only the curly ones were damaged.
    straight = len(_STRAIGHT.findall(text)) // (1 if places < 3 else 4)
    healthy = straight + len(_CURLY.findall(text))
    return places if places >= 10 or places * 3 > healthy else 0


def undecided(text: str) -> Iterator[re.Match[str]]:
    """Each lone `â`: in a repaired text, those that nothing explained."""
    return _LONE.finditer(text)


# ---------------------------------------------------------------- apostrophes without a trace

# Where a program could not write a sign it put a question mark. English shows what it was within a
# contraction, and nowhere else. U+FFFD stays: it says itself that something is lost.
_CONTRACTED = re.compile(
    rf"(?<![/=&\w])(?i:(?:{_SUBJECT})\?(?:s|ll|d|ve|re|m)|(?:{_NEGATED})n\?t)(?![\w=])"
)


def count_lost_apostrophes(text: str) -> int:
    """How many contractions have a question mark for their apostrophe; one alone is a slip."""
    found = len(_CONTRACTED.findall(text)) if "?" in text else 0
    return found if found > 1 else 0


def lost_apostrophes(text: str) -> list[Edit]:
    """Apostrophes of contractions that became question marks.

    Smallest: `don?t`. Price: none known; a question mark ends a sentence, before a space.
    """
    places = (match.start() + match[0].index("?") for match in _CONTRACTED.finditer(text))
    # Likely: it was an apostrophe; since it was lost, it was a curly one.
    return [Edit(place, place + 1, "’", "lost-apostrophe", Confidence.LIKELY) for place in places]


class _Role(Enum):
    """What a lone `â` was, as far as its neighbours show."""

    APOSTROPHE = "’"
    OPEN = "“"
    CLOSE = "”"
    PERHAPS_CLOSE = "s ”"  # behind an s: a possessive, or the end of a quotation
    EM_DASH = "—"
    EN_DASH = "–"
    DOUBLE = "—”"  # the first of two
    UNKNOWN = "â"


_SINGLE = {_Role.OPEN: "‘", _Role.CLOSE: "’"}


class _Mark(Struct):
    """A lone `â`, or a healthy quote that takes part in the pairing."""

    place: int
    role: _Role
    healthy: bool = False
    single: bool = False


_ENDING = re.compile(r"(?:s|d|ll|ve|re|ing|ed|S|D|LL|VE|RE)(?![^\W_â])")
_ELISION = re.compile(r"(?:em|til|cause|tis|twas|bout)(?![^\W_])|\d0s(?!\w)")
_NEAR = 60  # characters; a longer word is none
_LETTERS_BEFORE = bounded(r"[^\W\d_]*\Z", _NEAR)
_WORD_BEFORE = bounded(r"[\w’'-]*\Z", _NEAR)
_DATE = re.compile(rf"(?:{MONTH}|(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*)$", re.IGNORECASE)
_INNER = {("i", "m"), ("o", "clock"), ("y", "all"), ("ma", "am"), ("ne", "er"), ("o", "er")}


def lone_a(text: str, words: Words) -> list[Edit]:
    """Each `â` that its neighbours, and the balance of quotes in its block, explain.

    Smallest: `itâs`, `labsâ edge`, `âyolo runsâ.`, `contextâmore`, `3â6`, `this â that`.
    Price: nothing distinguishes ‘ from “ and ’ from ”, so that quotes are double unless two begin
    or end together (editors prescribe single in double, but newsletters do as they like); a dash
    between spaces is taken for an en dash.
    """
    edits: list[Edit] = []
    for mark in _pair(text, _marks(text, words)):
        if mark.healthy or mark.role is _Role.UNKNOWN:
            continue
        sign = _SINGLE[mark.role] if mark.single else mark.role.value
        # The letters beside an apostrophe show that it is one; nothing shows which quote or dash
        # another sign was.
        shown = mark.role is _Role.APOSTROPHE
        sure = Confidence.LIKELY if shown else Confidence.GUESSED
        edits.append(Edit(mark.place, mark.place + 1, sign, "lone-a", sure))
    return edits


def _marks(text: str, words: Words) -> list[_Mark]:
    lone = {match.start() for match in _LONE.finditer(text)}
    if not lone:
        return []
    quotes = {"“": _Role.OPEN, "”": _Role.CLOSE}
    marks: list[_Mark] = []
    for place, sign in enumerate(text):
        if place in lone:
            near = [at in lone for at in range(place - 2, place + 3)]
            double = _double(text, place, near)
            marks.append(_Mark(place, double or _role(text, place, words)))
        elif sign in quotes:
            marks.append(_Mark(place, quotes[sign], healthy=True))
    return marks


def _role(text: str, place: int, words: Words) -> _Role:
    left, right = text[max(place - 24, 0) : place], text[place + 1 : place + 25]
    before, behind = left[-1:], right[:1]
    if _is_apostrophe(left, right):
        return _Role.APOSTROPHE
    opens = not before or before.isspace() or before in "([{=/“‘—–-*_"
    closes = not behind or behind.isspace() or behind in ".,;:!?)]}/–—”’-…*_"
    match opens, closes:
        case True, True:
            return _between_spaces(left, right)
        case True, False:
            return _Role.OPEN
        case False, True:
            return _Role.PERHAPS_CLOSE if before in "sS" and behind == " " else _Role.CLOSE
        case _:
            return _between_words(left, right, words)


def _between_spaces(left: str, right: str) -> _Role:
    before, behind = left[-1:], right[:1]
    if before.isspace() and behind.isspace():
        row = re.search(r"â\s+$", left) or re.match(r"\s+â(?:\s|$)", right)
        return _Role.UNKNOWN if row else _Role.EN_DASH  # in a row: a mail's invisible padding
    if behind and behind in ".,;:!?":
        return _Role.CLOSE
    return _Role.OPEN if before.isspace() and not behind else _Role.UNKNOWN


def _is_apostrophe(left: str, right: str) -> bool:
    before = left[-1:]
    if not before or before.isspace() or before in "([“":
        return bool(_ELISION.match(right))
    halves = _LETTERS_BEFORE.search(left[-_NEAR:]), re.match(r"[^\W\d_â]*", right)
    head, tail = (half[0] if half else "" for half in halves)
    name = head in {"O", "D"} and tail.istitle()
    head, tail = head.lower(), tail.lower()
    return bool(
        (head, tail) in _INNER
        or name
        or (tail == "t" and before in "nN")
        or (tail == "s" and re.search(r"[A-Z]\.$|[)\]%+]$", left))
        or (before.isalnum() and _ENDING.match(right))
    )


def _between_words(left: str, right: str, words: Words) -> _Role:
    if re.search(r"\d[%°]?$", left) and re.match(r"[~$€£]?\d|(?:present|today|now)\b", right):
        return _Role.EN_DASH
    before, behind = _WORD_BEFORE.search(left[-_NEAR:]), re.match(r"[\w’'-]*", right)
    head, tail = (before[0] if before else ""), (behind[0] if behind else "").partition("â")[0]
    head = head.rpartition("â")[2]
    if _DATE.match(head) and _DATE.match(tail):
        return _Role.EN_DASH
    if len(head) > 1 and len(tail) > 1 and head.isupper() and tail.isupper():
        return _Role.EN_DASH
    if left[-1] in ".,;:":
        return _Role.CLOSE  # kept only if a quotation is open
    if _could_be_one_word(head, tail, words):
        return _Role.UNKNOWN
    return _Role.EM_DASH


def _double(text: str, place: int, near: Sequence[bool]) -> _Role | None:
    """One of several in a row. Two are an end of quotation with a dash, or quotes in quotes.

    `near` says which of the five characters around `place` are lone `â`.
    """
    if not near[1] and not near[3]:
        return None
    if (near[0] and near[1]) or (near[1] and near[3]) or (near[3] and near[4]):
        return _Role.UNKNOWN
    first = place - 1 if near[1] else place
    before, behind = text[max(first - 1, 0) : first], text[first + 2 : first + 3]
    opens, closes = not before or before.isspace(), not behind or not behind.isalnum()
    if opens:
        return _Role.UNKNOWN if closes else _Role.OPEN
    if first == place:
        return _Role.DOUBLE
    return _Role.CLOSE if closes else _Role.EM_DASH


def _pair(text: str, marks: list[_Mark]) -> list[_Mark]:
    """Quotes matched within the block; what only fits if another quote is there is settled here."""
    stack: list[int] = []
    for at, mark in enumerate(marks):
        if mark.role is _Role.PERHAPS_CLOSE:
            ends = _count_closes(marks, at) < len(stack)
            mark.role = _Role.CLOSE if ends else _Role.APOSTROPHE
        elif mark.role is _Role.DOUBLE:
            _settle_double(text, marks, at, len(stack))
        if mark.role is _Role.OPEN:
            stack.append(at)
        elif mark.role is _Role.CLOSE and stack:
            _match(marks, stack.pop(), at)
        elif mark.role is _Role.CLOSE and not mark.healthy:
            mark.role = _unmatched_close(text, mark.place)
    for mark in (marks[at] for at in stack):
        if not mark.healthy and _is_leading_dash(text, mark.place):
            mark.role = _Role.EM_DASH
    return marks


def _match(marks: list[_Mark], opening: int, closing: int) -> None:
    """Two quotes that hold a quotation: single ones where another quotation begins or ends too."""

    def same(first: int, second: int) -> bool:
        if first < 0 or second == len(marks):
            return False
        a, b = marks[first], marks[second]
        return a.place + 1 == b.place and a.role is b.role

    if same(opening - 1, opening) or same(closing, closing + 1):
        marks[opening].single = marks[closing].single = True


def _count_closes(marks: Sequence[_Mark], at: int) -> int:
    """How many surer ends of quotation follow before another quotation opens, not too far away."""
    count = 0
    for mark in marks[at + 1 : at + 100]:
        if mark.role is _Role.OPEN:
            break
        count += mark.role is _Role.CLOSE
    return count


def _settle_double(text: str, marks: list[_Mark], at: int, depth: int) -> None:
    first, second = marks[at], marks[at + 1]
    before, behind = text[first.place - 1], text[second.place + 1 : second.place + 2]
    if behind.isalnum():
        first.role = _Role.CLOSE if depth else _Role.EM_DASH
        second.role = _Role.EM_DASH if depth else _Role.OPEN
    elif depth > 1:
        first.role = _Role.CLOSE
    elif depth and before.isalpha():
        first.role = _Role.APOSTROPHE if before in "sS" else _Role.EM_DASH
    else:
        first.role = second.role = _Role.UNKNOWN


def _unmatched_close(text: str, place: int) -> _Role:
    """An end of quotation whose beginning is in another block, or the apostrophe of a plural."""
    before, behind = text[max(place - 1, 0) : place], text[place + 1 : place + 2]
    if behind.isalnum():
        return _Role.UNKNOWN
    if before and before in "sS":
        return _Role.APOSTROPHE
    if not before or before in ".,!?…)" or (behind and behind in ".,;:!?"):
        return _Role.CLOSE
    return _Role.UNKNOWN


def _is_leading_dash(text: str, place: int) -> bool:
    """`ânone of that matters`: an unclosed quotation at a block's start begins with a capital."""
    return not text[:place].strip() and text[place + 1 : place + 2].islower()


def _could_be_one_word(head: str, tail: str, words: Words) -> bool:
    """Whether `âtre` after `the` may be `theâtre`: two halves that are not words by themselves."""
    if not head or not tail:
        return False
    if head.lower() in {"the", "a", "an"} or not (_plausible(head) and _plausible(tail)):
        return True
    long = len(head) > 3 and len(tail) > 3
    return not (long or _is_word(head, words) or _is_word(tail, words))


def _is_word(part: str, words: Words) -> bool:
    known = part.lower() in words.free or is_function_word(part.lower())
    capitals = len(part) > 1 and part.isupper()
    return known or capitals or part[0].isdigit() or "-" in part


def _plausible(part: str) -> bool:
    if len(part) == 1:
        return part in "aIA" or part.isdigit()
    return part.isupper() or part[0].isdigit() or looks_whole(re.sub(r"[’'-]", "", part))

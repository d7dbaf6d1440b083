r"""Mending damaged prose: pure, idempotent and explained, never typographic.

`diagnose` looks at a whole document and says which damages have evidence there; `mend` and
`mend_runs` then mend one block after the other. What context cannot decide stays as it is and is
named in a flaw. Every repair is recorded, so that `replay_backwards` gives the damaged text back.

Text comes here after entities are decoded and before anything is stripped, split or folded:
`'voilÃ\xa0'.strip()` loses the half of the letter that a repair needs.
"""

import difflib
import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from itertools import pairwise

from backissue.records import Flaw, Mend, Run

RULES = (
    "mojibake",  # UTF-8 read in another charset: `â€™` is `’`, `Ã©` is `é`
    "lost-quote",  # the same, where the last byte of `”` fell out: `â€` before a space
    "stripped-sign",  # the same without its control bytes, where one byte is left: `âŚ` is `…`
    "swallowed-space",  # a bullet that took its space along: U+28A0 is `• `
    "lone-a",  # the same where nothing is left but `â`: `thereâs`, `contextâmore`, `3â6`
    "broken-word",  # a word parted at a line's end: `com- pute`
    "broken-compound",  # a compound parted there, which keeps its hyphen: `drop- in`
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """A document's own vocabulary, in small letters and without what its line ends broke.

    `free` are words on their own, `stems` the same without endings, `pairs` neighbours in a
    compound (`drop-in`), `seconds` and `firsts` what stands behind and before its hyphens, `proper`
    the words seen with a capital.
    """

    free: frozenset[str] = frozenset()
    stems: frozenset[str] = frozenset()
    pairs: frozenset[str] = frozenset()
    seconds: frozenset[str] = frozenset()
    firsts: frozenset[str] = frozenset()
    proper: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """Which damages a document shows: how many places bear witness to each, 0 where none is proved.

    `words` is the document's vocabulary, by which broken words are healed.
    """

    mojibake: int = 0
    lone_a: int = 0
    line_breaks: int = 0
    words: Words = Words()

    @property
    def damages(self) -> tuple[str, ...]:
        """Names of the damages that have evidence: `mojibake`, `lone-a`, `line-breaks`."""
        found = {
            "mojibake": self.mojibake,
            "lone-a": self.lone_a,
            "line-breaks": self.line_breaks,
        }
        return tuple(name for name, count in found.items() if count)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mended:
    """A block's text after repair, the repairs in order of place, and what stayed damaged."""

    text: str
    mends: tuple[Mend, ...] = ()
    flaws: tuple[Flaw, ...] = ()


@dataclass(frozen=True, slots=True)
class _Edit:
    """`after` replaces what stands between two offsets of the text a rule was given."""

    start: int
    end: int
    after: str
    rule: str


# ---------------------------------------------------------------- the public steps


def diagnose(text: str) -> Diagnosis:
    """What is damaged in a document; `text` is all of it, its blocks parted by line breaks."""
    found = _look(text)
    # What is mended may uncover what was hidden, so that a second pass would find more to do.
    for _ in range(2):
        if not found.damages:
            break
        again = _look(_mend_lines(text, found))
        if set(again.damages) <= set(found.damages):
            break
        found = replace(
            found,
            mojibake=max(found.mojibake, again.mojibake),
            lone_a=max(found.lone_a, again.lone_a),
            line_breaks=max(found.line_breaks, again.line_breaks),
            words=again.words,
        )
    return found


def _look(text: str) -> Diagnosis:
    found = Diagnosis(lone_a=_count_lone_a(text))
    if found.lone_a:
        text = _mend_signs(text)
    found = replace(found, mojibake=_count_mojibake(text))
    text = _mend_lines(text, replace(found, lone_a=0))
    if found.lone_a:
        found = replace(found, words=_vocabulary(text))
        text = _mend_lines(text, found)
    return _diagnose_line_breaks(text, found)


def mend(text: str, diagnosis: Diagnosis) -> Mended:
    """One block's text, mended as far as the document's diagnosis and the block's context allow."""
    edits = _edits(text, diagnosis)
    mended = _apply(text, edits)
    return Mended(text=mended, mends=_as_mends(text, edits), flaws=_flaws(mended, diagnosis))


def mend_runs(
    runs: tuple[Run, ...], diagnosis: Diagnosis
) -> tuple[tuple[Run, ...], tuple[Mend, ...], tuple[Flaw, ...]]:
    """One block whose text is split into runs: mended as a whole, each character kept in its run.

    The mends' offsets count in the joined text of the mended runs. A run left empty is dropped.
    """
    text = "".join(run.text for run in runs)
    edits = _edits(text, diagnosis)
    flaws = _flaws(_apply(text, edits), diagnosis)
    if not edits:
        return runs, (), flaws
    return _into_runs(runs, edits), _as_mends(text, edits), flaws


def replay_backwards(mended: Mended) -> str:
    """The text as it was before `mend`."""
    text = mended.text
    for step in reversed(mended.mends):
        text = text[: step.start] + step.before + text[step.start + len(step.after) :]
    return text


# ---------------------------------------------------------------- edits, as data

_Rule = Callable[[str, Diagnosis], list[_Edit]]


def _edits(text: str, diagnosis: Diagnosis) -> list[_Edit]:
    """All repairs of a block, as replacements in its original text, in order and disjoint."""
    if not diagnosis.damages:
        return []
    rules: tuple[tuple[int, _Rule], ...] = (
        (diagnosis.lone_a, _stripped_signs),
        (diagnosis.mojibake, _mojibake),
        (diagnosis.lone_a, _lone_a),
        (diagnosis.line_breaks, _broken_words),
    )
    edits: list[_Edit] = []
    # A rule's work may show more to another, or to itself: `un- hob- bling`. Four rounds suffice.
    for _ in range(4):
        found = 0
        for evidence, rule in rules:
            if evidence and (steps := rule(text, diagnosis)):
                edits = _compose(edits, steps, text)
                text = _apply(text, steps)
                found += len(steps)
        if not found:
            break
    return edits


def _apply(text: str, edits: Iterable[_Edit]) -> str:
    parts: list[str] = []
    place = 0
    for edit in edits:
        parts += (text[place : edit.start], edit.after)
        place = edit.end
    parts.append(text[place:])
    return "".join(parts)


def _as_mends(text: str, edits: Iterable[_Edit]) -> tuple[Mend, ...]:
    mends: list[Mend] = []
    shift = 0
    for edit in edits:
        before = text[edit.start : edit.end]
        mends.append(
            Mend(rule=edit.rule, before=before, after=edit.after, start=edit.start + shift)
        )
        shift += len(edit.after) - len(before)
    return tuple(mends)


def _compose(first: Sequence[_Edit], second: Sequence[_Edit], between: str) -> list[_Edit]:
    """`first`, and then `second` on its result `between`, as one list of edits to the original.

    Where the second touches what the first wrote, both become one edit under the second's name.
    """
    items: list[tuple[int, int, bool, _Edit]] = []
    shift = 0  # from an offset in the original to the same place in `between`
    for edit in first:
        low = edit.start + shift
        items.append((low, low + len(edit.after), False, edit))
        shift += len(edit.after) - (edit.end - edit.start)
    items += [(edit.start, edit.end, True, edit) for edit in second]
    items.sort(key=lambda item: item[:3])
    done: list[_Edit] = []
    shift = 0
    for low, high, group in _clusters(items):
        news = [edit for _, _, new, edit in group if new]
        olds = [edit for _, _, new, edit in group if not new]
        moved = [replace(edit, start=edit.start - low, end=edit.end - low) for edit in news]
        after = _apply(between[low:high], moved)
        grown = sum(len(edit.after) - (edit.end - edit.start) for edit in olds)
        rule = (news or olds)[0].rule
        done.append(_Edit(low - shift, high - shift - grown, after, rule))
        shift += grown
    return done


def _clusters(
    items: Iterable[tuple[int, int, bool, _Edit]],
) -> Iterator[tuple[int, int, list[tuple[int, int, bool, _Edit]]]]:
    """Sorted spans in groups which overlap, each with its outer bounds."""
    group: list[tuple[int, int, bool, _Edit]] = []
    low = high = 0
    for item in items:
        if group and item[0] < high:
            high = max(high, item[1])
            group.append(item)
            continue
        if group:
            yield low, high, group
        low, high, group = item[0], item[1], [item]
    if group:
        yield low, high, group


def _into_runs(runs: Sequence[Run], edits: Iterable[_Edit]) -> tuple[Run, ...]:
    starts: list[int] = []
    total = 0
    for run in runs:
        starts.append(total)
        total += len(run.text)
    text = "".join(run.text for run in runs)
    parts: list[list[str]] = [[] for _ in runs]

    def keep(start: int, end: int) -> None:
        while start < end:
            at = bisect_right(starts, start) - 1
            stop = min(end, starts[at] + len(runs[at].text))
            parts[at].append(text[start:stop])
            start = stop

    place = 0
    for edit in edits:
        keep(place, edit.start)
        parts[bisect_right(starts, edit.start) - 1].append(edit.after)
        place = edit.end
    keep(place, total)
    made = (replace(run, text="".join(part)) for run, part in zip(runs, parts, strict=True))
    return tuple(run for run in made if run.text)


def _mend_lines(text: str, diagnosis: Diagnosis) -> str:
    if not diagnosis.damages:
        return text
    return "\n".join(_apply(line, _edits(line, diagnosis)) for line in text.split("\n"))


# ---------------------------------------------------------------- flaws: what stays damaged

_AROUND = 16  # characters of context on either side, enough to find the place by searching


def _flaws(text: str, diagnosis: Diagnosis) -> tuple[Flaw, ...]:
    found = [
        ("replacement-character", match)
        for match in re.finditer("\ufffd[\ufffd\\s]*\ufffd|\ufffd", text)
    ]
    if diagnosis.lone_a:
        found += [("undecided-character", match) for match in _UNDECIDED.finditer(text)]
    if diagnosis.line_breaks:
        found += [
            ("broken-word", match)
            for match in _STILL_BROKEN.finditer(text)
            if not _is_suspended(text, match.start())
        ]
    found.sort(key=lambda item: (item[1].start(), item[0]))
    return tuple(Flaw(code=code, text=_context(text, match)) for code, match in found)


def _context(text: str, match: re.Match[str]) -> str:
    start, end = max(match.start() - _AROUND, 0), match.end() + _AROUND
    return " ".join(text[start:end].split())


# ---------------------------------------------------------------- mojibake

# Two neighbours that a multi-byte letter leaves in a one-byte charset, a C1 control, or the one
# letter whose second half is a no-break space. Wide on purpose: it only decides whether ftfy, whose
# import costs 60 ms, is asked at all. Curly quotes, dashes and dots side by side are healthy.
_SUSPECT = re.compile("[\x80-\x9f]|Ã\\s|(?![‘’“”–—…\xa0]{2})[\xa0-\u25ff\ufb01\ufb02\uf8ff]{2}")
_MENTION_MARKS = "\"'`“”‘’«»()[]<>"


def _mojibake(text: str, diagnosis: Diagnosis) -> list[_Edit]:
    """What ftfy decodes: UTF-8 read as cp1252, Latin-1, Latin-2, MacRoman, cp1251, and twice so.

    Smallest: `itâ€™s`. Price: ftfy weighs a whole block, so that two damages of different origin
    in one block may stay; and an import of 60 ms for a document that has any suspicious pair.
    """
    lost = [
        _Edit(match.start(), match.end(), "”", "lost-quote")
        for match in _LOST_QUOTE.finditer(text)
        if _opens_before(text, match.start())
    ]
    if lost:
        return lost
    if not diagnosis.mojibake or not _SUSPECT.search(text):
        return []
    return _align(text, _fix_encoding(text), "mojibake")


# `”` ends in a byte that cp1252 leaves undefined, and some programs drop it: `â€œgoodâ€ `. Left to
# ftfy, the space would be taken for the lost byte and the whole read as a dagger. Price: a dagger
# behind an open quotation becomes a quote.
_LOST_QUOTE = re.compile(r"â€(?=[ \n.,;:!?)\]-]|$)")


def _opens_before(text: str, place: int) -> bool:
    opened = max(text.rfind("â€œ", 0, place), text.rfind("“", 0, place))
    closed = max(text.rfind("â€\x9d", 0, place), text.rfind("”", 0, place))
    return opened > closed


def _fix_encoding(text: str) -> str:
    import ftfy  # noqa: PLC0415 - heavy, and most documents do without

    fixed = ftfy.fix_encoding(text)
    # A sign this repair invents is worse than the damage; see `swallowed-space` for its work.
    return text if _MISREAD.search(fixed) and not _MISREAD.search(text) else fixed


# Phonetic letters, Braille but for its blank, which some use as a space, rare brackets: what two
# healthy neighbours become when they are taken for one letter.
_MISREAD = re.compile("[\u0250-\u02af\u2801-\u28ff\u2980-\u29ff]")


def _count_mojibake(text: str) -> int:
    """How many places are damaged, unless more are only shown, as on a page about mojibake."""
    used = mentioned = 0
    signs = frozenset(text)
    for line in text.split("\n"):
        if not _SUSPECT.search(line):
            continue
        fixed = _fix_encoding(line)
        words = frozenset(re.findall(r"[\w’']+", line))
        for step in _as_mends(line, _align(line, fixed, "mojibake")):
            if _is_mention(fixed, step, words, signs):
                mentioned += 1
            else:
                used += 1
    return used if used > mentioned else 0


def _is_mention(fixed: str, step: Mend, words: frozenset[str], signs: frozenset[str]) -> bool:
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


def _align(before: str, after: str, rule: str) -> list[_Edit]:
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
    edits: list[_Edit] = []
    place = at = 0
    for a, b, c, d in pairs:
        place += sum(map(len, old[at:a]))
        source = "".join(old[a:b])
        edits += _trimmed(place, source, "".join(new[c:d]), rule)
        place, at = place + len(source), b
    return edits


_SHARDS = re.compile(r"[\x00-\x7f]+|[^\x00-\x7f]+")


def _trimmed(place: int, before: str, after: str, rule: str) -> list[_Edit]:
    if before == after:
        return []
    low, most = 0, min(len(before), len(after))
    while low < most and before[low] == after[low]:
        low += 1
    high = 0
    while high < most - low and before[-1 - high] == after[-1 - high]:
        high += 1
    return [_Edit(place + low, place + len(before) - high, after[low : len(after) - high], rule)]


# ---------------------------------------------------------------- signs of which one byte is left

# UTF-8 punctuation is E2 80 xx. Read as Latin-1 or Latin-2 and stripped of control bytes, E2 stays
# as `â`, 80 goes, and so does xx where it is below A0. Where it is not, it names the sign:
# `âŚ` and `â¦` (A6) are `…`. Price: a sign whose middle byte is not 80 shares the rest with one
# whose middle byte is: `â¢` is a bullet or a trade mark, and what stands before it decides.
_SIGN = re.compile(
    r"(?P<dots>â[¦Ś])"
    r"|(?P<mark>(?<=\w)â[¢˘])"
    r"|(?P<dot>â[¢˘])"
    r"|(?P<euro>â[¬Ź](?=\s?\d)|(?<=\d)\s?â[¬Ź])"
    r"|(?P<times>(?<=\d)[ÃĂ](?=[\s\d.,;:)]|$))"
    r"|(?P<pi>(?<!\w)[ÏĎ](?=\d))"
    r"|(?P<prime>(?<=\d)â[²˛])"
    r"|(?P<inches>(?<=\d)â[³ł])"
    r"|(?P<most>â[¤](?=\s?[\d~]))"
    r"|(?P<least>â[¥Ľ](?=\s?[\d~]))"
)
_SIGNS = {
    "dots": "…",
    "mark": "™",
    "dot": "•",
    "euro": "€",
    "times": "×",
    "pi": "π",
    "prime": "′",
    "inches": "″",
    "most": "≤",
    "least": "≥",
}
# `• ` as Latin-1 is `â¢ `; a well-meaning program took space for a lost no-break space and read the
# three bytes E2 A2 A0 as one Braille pattern. Before a word nobody means that pattern.
_BRAILLE = re.compile("\u28a0[ \xa0]?(?=[\\w“‘â])")


def _stripped_signs(text: str, _diagnosis: Diagnosis) -> list[_Edit]:
    """Smallest: `1000xâŚ`, `⢠Rather`."""
    edits: list[_Edit] = []
    for match in _SIGN.finditer(text):
        lead = len(match[0]) - len(match[0].lstrip())
        sign = _SIGNS[match.lastgroup or "dots"]
        edits.append(_Edit(match.start() + lead, match.end(), sign, "stripped-sign"))
    edits += [
        _Edit(match.start(), match.end(), "• ", "swallowed-space")
        for match in _BRAILLE.finditer(text)
    ]
    return sorted(edits, key=lambda edit: edit.start)


def _mend_signs(text: str) -> str:
    return _apply(text, _stripped_signs(text, Diagnosis()))


# ---------------------------------------------------------------- lone â

# `â` not followed by what makes it one half of ordinary mojibake.
_A = "â(?![\x80-\x9f¡-¿]|[€„…†‡ˆ‰Š‹Œ‘’“”•–—˜™š›œ][^\x00-\x7f])"
_LONE = re.compile(_A)
_UNDECIDED = _LONE
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


def _count_lone_a(text: str) -> int:
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


class _Role(Enum):
    """What a lone `â` stands for, as far as its neighbours tell."""

    APOSTROPHE = "’"
    OPEN = "“"
    CLOSE = "”"
    PERHAPS_CLOSE = "s ”"  # behind an s: a possessive, or the end of a quotation
    EM_DASH = "—"
    EN_DASH = "–"
    DOUBLE = "—”"  # the first of two
    UNKNOWN = "â"


@dataclass(slots=True)
class _Mark:
    """A lone `â`, or a healthy quote that takes part in the pairing."""

    place: int
    role: _Role
    healthy: bool = False
    single: bool = False


_ENDING = re.compile(r"(?:s|d|ll|ve|re|ing|ed|S|D|LL|VE|RE)(?![^\W_â])")
_ELISION = re.compile(r"(?:em|til|cause|tis|twas|bout)(?![^\W_])|\d0s(?!\w)")
_DATE = re.compile(
    r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|mon|tue|wed|thu|fri|sat|sun)[a-z]*$",
    re.IGNORECASE,
)
_INNER = frozenset({("o", "clock"), ("y", "all"), ("ma", "am"), ("ne", "er"), ("o", "er")})


def _lone_a(text: str, diagnosis: Diagnosis) -> list[_Edit]:
    """Each `â` that its neighbours, and the balance of quotes in its block, explain.

    Smallest: `itâs`, `labsâ edge`, `âyolo runsâ.`, `contextâmore`, `3â6`, `this â that`.
    Price: ‘ and ’ cannot be told from “ and ”, so that quotes are double unless two begin or end
    together (editors prescribe single in double, but newsletters do as they like); a dash between
    spaces is taken for an en dash.
    """
    marks = _pair(text, _marks(text, diagnosis.words))
    edits: list[_Edit] = []
    for mark in marks:
        if mark.healthy or mark.role is _Role.UNKNOWN:
            continue
        sign = mark.role.value
        if mark.single:
            sign = {"“": "‘", "”": "’"}[sign]
        edits.append(_Edit(mark.place, mark.place + 1, sign, "lone-a"))
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
    halves = re.search(r"[^\W\d_]*$", left), re.match(r"[^\W\d_â]*", right)
    head, tail = (half[0] if half else "" for half in halves)
    if (head.lower(), tail.lower()) in _INNER or (head in ("O", "D") and tail.istitle()):
        return True
    if tail.lower() == "t" and before in "nN":
        return True
    if tail.lower() == "m":
        return head.lower() == "i"
    if tail.lower() == "s" and re.search(r"[A-Z]\.$|[)\]%+]$", left):
        return True
    return before.isalnum() and bool(_ENDING.match(right))


def _between_words(left: str, right: str, words: Words) -> _Role:
    if re.search(r"\d[%°]?$", left) and re.match(r"[~$€£]?\d|(?:present|today|now)\b", right):
        return _Role.EN_DASH
    before, behind = re.search(r"[\w’'-]*$", left), re.match(r"[\w’'-]*", right)
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
        first.role, second.role = (
            (_Role.CLOSE, _Role.EM_DASH) if depth else (_Role.EM_DASH, _Role.OPEN)
        )
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


# ---------------------------------------------------------------- English, as far as it is needed


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_FUNCTION = _set(
    """a an the this that these those it its they them their he him his she her we us our you
    your i me my who whom whose which what when where why how if whether because since while
    although though unless until so but yet for of at by from with without within into onto
    upon about against between among during before after above below under over again then
    once here there not no never always also just only even still already very too quite
    rather perhaps maybe is are was were be been being am has have had having do does did
    can could will would shall should may might must let lets some any each every all both
    few more most other such own same than now well really say says said in on up out off
    down plus as and or nor to"""
)
_SUSPENDING = _set("and or nor to und oder bzw et ou vs versus through as plus but")
_PARTICLES = _set("in on up out off over down back away by")
# Nouns close up with these (`slowdown`, `rollout`), and keep a hyphen before the others but
# for a few (`drop-in`, `speedup`).
_CLOSING_PARTICLES = _set("over down back away by out")
_CLOSED_WITH_PARTICLE = _set(
    """speedup setup backup lineup pickup makeup checkup markup startup breakup roundup payoff
    layoff takeoff kickoff cutoff standoff playoff liftoff turnoff herein therein wherein within"""
)
_TENS = _set("twenty thirty forty fifty sixty seventy eighty ninety")
# First halves that are no words: what stands before the break is torn off.
_TORN = _set(
    """ab ac af ag al ap ar bal bi cal cen cer cir col com con cor coun cul dif dis ef el em en
    eq es ev ex exam exer fa fi fur gen gov gra he hu hy il im ir jus le li lim lin lis lu
    ma mag mal mar math me mem meth mi min mis mo mon mul nat neces ni nor nu ob oc oper op
    or ori par parti pat pe per phi pi po pos pre pri prin pro prob prod pub pur ques ra re
    rec ref reg rel rep res ri ro sci sec sen sig sim sit sol spec stan strat struc stu sub
    suc suf sug sup sur sus sy sym syn sys tech tem ten ter tion tra tran trans tri tur un
    uni va val var ver vi vir vis vol"""
)
_TORN_WORDS = _set("do go he me or no so to us we i a as at be by is it in on an")
_BOUND = re.compile(
    r"""(?:[b-df-hj-np-tv-xz]{0,2})(?:ings?|ed|ers?|est|ly|al|als|ally|i?cal|i?cally|ty|ity|ities
    |[ts]ions?|[ts]ional|[ts]ionally|[ts]ioned|ments?|mental|ness|nesses|ances?|ences?|ancy|ency
    |ant|ants|ent|ents|ently|able|ably|ible|ibly|bility|ous|ously|ious|eous|ive|ives|ively|ize|izes
    |ized|izing|ise|ised|ism|isms|ist|ists|istic|ful|fully|less|ship|hood|dom|ary|ory|tory|sary
    |tive|tively|tual|tually|tial|tially|cial|cially|cian|cient|ture|tures|tured|sure|sures|sis
    |ple|ples|ble|bles|tle|tles|gle|cle|cles|dle|fle|zle|ter|ters|ber|der|ders|ger|gers|ner|ners
    |el|els|en|ens|es|le|les|gy|gies|phy|try|tries|cy|cies|ry|ries|fy|fies|fied|fying|ward|wards
    |ties|ics|ic|rity|lity|nity|sity|logy|logical|graphy|metry|nomic|matic|matically|tic|tics)""",
    re.VERBOSE,
)
_ONSET = re.compile(
    r"""(?:bl|br|ch|chl|chr|cl|cr|cz|dr|dw|fl|fr|gh|gl|gn|gr|kh|kl|kn|kr|ph|phr|pl|pr|ps|rh|sc|sch
    |scr|sh|shr|sk|sl|sm|sn|sp|sph|spl|spr|squ|st|str|sw|th|thr|tr|ts|tw|wh|wr|zh
    |[b-df-hj-np-tv-z])?[aeiouy]""",
    re.VERBOSE,
)
_CODA = re.compile(
    r"""(?:[aeiouy]|[aeiouy][b-df-hj-np-tv-z]|ll|ss|ff|zz|tt|dd|nn|rr|gg|bb|l[bcdfgkmnptv]|n[cdgktxz]
    |m[bpf]|r[b-df-hj-np-tv-z]|s[hkmpt]|c[hkt]|[pgt]h|ght|p[t]|ft|xt|w[nlk]|gn|hm|[a-z]s)$""",
    re.VERBOSE,
)
# Compounds take a hyphen before these, whatever the first part; no closed English word ends so.
_HYPHENATED_SECONDS = _set(
    """like aligned agnostic assisted augmented aware backed based biased bound calibrated capable
    centered centric certified compatible competitive compliant conditioned conscious
    constrained controlled curated dependent derived designed directed driven edge efficient
    enabled enhanced equipped equivalent equivalents exempt facing filtered financed focused
    forming free friendly funded generated generating grade grained guided handed heavy
    hungry hosted independent induced informed inspired integrated intensive invariant level
    limited linked making mediated minded native neutral optimal optimized oriented owned
    parallel parameter poor powered priced prone purpose quality quantized range rated ready
    related relevant resistant resolution responsive rich run running sensitive shaped
    sharing shot sized solving sourced speaking specific sponsored starved state step style
    supervised supplied sustaining term tested themed threatening thinking tier tolerant
    trained trillion tuned tuning turn type using verified wise world worthy year years old
    aged ahead esteem interest known scale intended hanging performing following parity
    weighted language source called dollar armed critical headed averse gapped capped
    constraint constraints optimised organized learned engineered wielding winning driving
    leading"""
)
# First parts that join those: the word is another one.
_JOINING_FIRSTS = _set(
    """a ab ad al be com con de dis em en ex fore il im in inter ir mis of out over per pre pro
    re sub super sur trans un under up with"""
)
# First parts that take a hyphen before a whole word.
_HYPHENATED_FIRSTS = _set(
    """self ex quasi all well so ever near long short high low large small wide broad deep hard
    soft fast slow full half open closed real general special single double dual triple two
    three four five six seven eight nine ten twenty thirty forty fifty sixty seventy eighty
    ninety first second third cross fine coarse state best better good bad big new old early
    late mid human machine world cost time energy compute data text vision battery water
    fossil much many top bottom left right red blue green black white same zero few one
    longer higher lower larger smaller faster end ready risk rule role peer user model token
    hundred thousand million billion trillion"""
)
# Prefixes that take one only before a word the document knows: `post-training`, but `postpone`.
_PREFIXES = _set(
    """anti co counter hyper inter intra macro mega meta micro mid mini multi nano neo non pan post
    pre pseudo semi sub super ultra"""
)
# Both halves are words, and so is the whole.
_CLOSED_FIRSTS = _set(
    """any some every no an other where there here what who when how mean never further more
    over under out up through with along down fore back hand head web net soft hard fire
    ground short key life note data broad band break feed boot frame land off home house
    work ever like wise them your our my him her worth"""
)
_CLOSED_SECONDS = _set(
    """work works worked working ware width mark marks book books base bases set sets line
    lines stream down board boards man men woman women land lands light lights house houses
    room rooms day days ship shop store place places point points power proof mate maker
    makers field fields fall back ground grounds self selves thing one body where how way
    ways time times what ever more over fore after less like wise side strap straps
    structure flow flows through throughs put puts take takes look come stand standing stood
    head heads hand hands step let port ports form forms scape space craft ships load loads
    loading log logs cast casts cut cuts off scope sphere graph graphs gram grams type types
    meter meters mentary puter puters ability capabilities spread spreads"""
)
_PAIRS = _set(
    """in-house in-depth in-person in-context in-memory in-flight in-game in-distribution
    in-domain in-line in-app on-device on-premise on-premises on-policy on-site on-screen
    on-chip on-demand off-policy off-site off-label off-grid out-group by-product co-author
    co-authors co-founder co-founders co-founded co-develop co-developed co-design pre-train
    pre-trained pre-training pre-existing pre-war pre-print de-facto e-mail ad-hoc
    state-owned non-trivial non-existent non-profit decision-making problem-solving
    open-source open-weight real-time full-time part-time one-time first-time long-time
    test-time train-time inference-time compile-time self-play trade-off trade-offs
    hard-working well-being one-off one-offs two-way one-way brute-force side-channel
    supply-side server-side client-side demand-side step-change post-training post-war
    high-end low-end end-user forward-looking wide-ranging far-reaching long-standing
    multi-stage so-called opt-out carve-out all-out"""
)
_MIXED_CASE = _set(
    """alphafold alphago alphazero chatgpt deepmind deepseek github gitlab huggingface imagenet
    javascript linkedin neurips openai paypal powerpoint pytorch spacex starcraft tensorflow
    tiktok typescript whatsapp wordpress youtube"""
)


def _looks_whole(word: str) -> bool:
    """Whether letters could be an English word: a vowel, and a beginning and end English has."""
    low = word.lower()
    return bool(re.search(r"[aeiouy]", low) and _ONSET.match(low) and _CODA.search(low))


def _could_be_one_word(head: str, tail: str, words: Words) -> bool:
    """Whether `âtre` after `the` may be `theâtre`: two halves that are not words by themselves."""
    if not head or not tail:
        return False

    def known(part: str) -> bool:
        low = part.lower()
        return (
            low in words.free
            or low in _FUNCTION
            or part[0].isdigit()
            or (len(part) > 1 and part.isupper())
            or "-" in part
        )

    if head.lower() in ("the", "a", "an") or not all(map(_plausible, (head, tail))):
        return True
    long = len(head) > 3 and len(tail) > 3
    return not (known(head) or known(tail) or long)


def _plausible(part: str) -> bool:
    if len(part) == 1:
        return part in "aIA" or part.isdigit()
    return part.isupper() or part[0].isdigit() or _looks_whole(re.sub(r"[’'-]", "", part))


# ---------------------------------------------------------------- words broken at line ends

# U+FFFE is what one PDF library prints for a line's last hyphen; it is no character.
_BREAK = re.compile(r"(?<=\w)(?:[-\u2010\u00ad](?:[ \t\xa0]{1,3}|[ \t]*\n[ \t]*)|\ufffe\s?)(?=\w)")
_STILL_BROKEN = re.compile(
    r"(?<=[^\W\d_])(?:[-\u2010\u00ad](?: {1,3}|[ \t]*\n[ \t]*)(?=[^\W\d_]|[•◦‣▪●])"
    r"|[-\u00ad]\Z|\ufffe)"
)
_INTERLEAVED = re.compile(r"[^\W\d_][-\u2010] {1,3}[•◦‣▪●]")
_HEAD = re.compile(r"[\w’'-]*\Z")
_TAIL = re.compile(r"[\w’'-]*")
_WORD = re.compile(r"[^\W\d_][\w]*(?:[-’'][\w]+)*")


class _Verdict(Enum):
    """What becomes of a break, and how sure that is."""

    JOIN = "broken-word"
    PROBABLY_JOIN = "broken-word, no witness"
    HYPHEN = "broken-compound"
    PROBABLY_HYPHEN = "broken-compound, no witness"
    LEAVE = "no break"
    UNSURE = "left broken"


def _vocabulary(text: str) -> Words:
    """The words of `text`; what touches a break or holds an undecided `â` does not count."""
    torn: list[tuple[int, int]] = []
    for match in _BREAK.finditer(text):
        head, tail = _halves(text, match)
        torn.append((match.start() - len(head), match.end() + len(tail)))
    whole: list[str] = []
    place = 0
    for start, end in torn:
        whole.append(text[place:start])
        place = max(place, end)
    whole.append(text[place:])
    free: set[str] = set()
    pairs: set[str] = set()
    proper: set[str] = set()
    for match in _WORD.finditer("\n".join(whole)):
        word = match[0]
        if "â" in word:
            continue
        parts = re.split(r"[-’']", word)
        (free if "-" not in word else pairs).update([word.lower()])
        if "-" not in word:
            free.add(parts[0].lower())
            if word[:1].isupper():
                proper.add(parts[0].lower())
        bits = word.lower().split("-")
        pairs.update(f"{a}-{b}" for a, b in pairwise(bits))
    return Words(
        free=frozenset(free),
        stems=frozenset(_stem(word) for word in free if len(word) > 4),
        pairs=frozenset(pairs),
        seconds=frozenset(pair.rpartition("-")[2] for pair in pairs),
        firsts=frozenset(pair.partition("-")[0] for pair in pairs),
        proper=frozenset(proper),
    )


def _stem(word: str) -> str:
    return re.sub(r"(?:ings?|ed|ers?|es|s|ly|e|d|al|ally|ment|ments)$", "", word)


def _halves(text: str, match: re.Match[str]) -> tuple[str, str]:
    head = _HEAD.search(text[max(match.start() - 60, 0) : match.start()])
    tail = _TAIL.match(text[match.end() : match.end() + 60])
    return (head[0] if head else ""), (tail[0].rstrip("-’'") if tail else "")


def _diagnose_line_breaks(text: str, found: Diagnosis) -> Diagnosis:
    """Three breaks that can be healed, two of them beyond doubt, make a broken document.

    The vocabulary is taken again after healing, until it stays as it is, so that a second diagnosis
    of the mended text comes to the same words.
    """
    words = _vocabulary(text)
    sure = probable = dashes = 0
    for match in _BREAK.finditer(text):
        match _verdict(text, match, words, wary=False):
            case _Verdict.JOIN | _Verdict.HYPHEN:
                sure += 1
            case _Verdict.PROBABLY_JOIN | _Verdict.PROBABLY_HYPHEN:
                probable += 1
            case _Verdict.UNSURE:
                dashes += 1
            case _:
                pass
    if sure < 2 or sure + probable < max(3, dashes):
        return found
    found = replace(found, words=words, line_breaks=sure + probable)
    for _ in range(3):
        text = _mend_lines(text, replace(found, mojibake=0, lone_a=0))
        words = _vocabulary(text)
        if words == found.words:
            break
        found = replace(found, words=words)
    return found


def _broken_words(text: str, diagnosis: Diagnosis) -> list[_Edit]:
    """Words and compounds parted at a line's end, put together again.

    Smallest: `com- pute` to `compute`, `AI- directed` to `AI-directed`. The document's own
    vocabulary decides first; then what English does. Price: a compound the document has nowhere
    else, with a second part this page does not list, loses its hyphen.
    """
    wary = bool(_INTERLEAVED.search(text))
    edits: list[_Edit] = []
    for match in _BREAK.finditer(text):
        match _verdict(text, match, diagnosis.words, wary=wary):
            case _Verdict.JOIN | _Verdict.PROBABLY_JOIN:
                edits.append(_Edit(match.start(), match.end(), "", "broken-word"))
            case _Verdict.HYPHEN | _Verdict.PROBABLY_HYPHEN if match[0][0] in "-\u2010":
                edits.append(_Edit(match.start() + 1, match.end(), "", "broken-compound"))
            case _Verdict.HYPHEN | _Verdict.PROBABLY_HYPHEN:
                edits.append(_Edit(match.start(), match.end(), "-", "broken-compound"))
            case _:
                pass
    return edits


def _is_suspended(text: str, place: int) -> bool:
    """`pre- and post-training`: the hyphen stands for what follows later."""
    behind = re.match(r"\W*(\w*)", text[place : place + 20])
    return behind is not None and behind[1].lower() in _SUSPENDING


def _verdict(text: str, match: re.Match[str], words: Words, *, wary: bool) -> _Verdict:
    """`wary` asks for a witness: in interleaved columns the next word may belong elsewhere."""
    head, tail = _halves(text, match)
    if tail.lower() in _SUSPENDING or not head:
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
    if f"{a}-{b}" in words.pairs or f"{a}-{b}" in _PAIRS:
        return _Verdict.HYPHEN
    whole = a + b
    if whole in words.free or whole in _MIXED_CASE:
        return _Verdict.JOIN
    if b in _FUNCTION and len(b) < 4:
        return None
    if len(whole) > 5 and _stem(whole) in words.stems and len(_stem(whole)) > len(a):
        return _Verdict.JOIN
    return None


def _by_shape(head: str, tail: str, words: Words) -> _Verdict | None:
    """Digits, capitals, and compounds of more than two parts."""
    a, b = _last(head), _first(tail)
    if a[-1:].isdigit() or b[:1].isdigit():
        return _by_digits(a, b)
    if "-" in tail and b.lower() in _FUNCTION:
        return _Verdict.HYPHEN  # state- of-the-art
    if "-" in head and a.lower() in _FUNCTION and len(b) > 2:
        return _Verdict.HYPHEN  # chip-on- wafer
    if b[:1].isupper():
        return _by_capitals(a, b, words)
    if len(a) > 1 and a.isupper():
        return _Verdict.HYPHEN if b.lower() not in _FUNCTION - _PARTICLES else _Verdict.UNSURE
    return None


def _by_digits(head: str, tail: str) -> _Verdict:
    """`8- bit` and `GPT- 4` are compounds, `3- 6` and `the 10- by 14-inch tunnel` are not."""
    compound = tail[:1].isalpha() or head[:1].isupper()
    return _Verdict.HYPHEN if compound and tail.lower() not in _FUNCTION else _Verdict.LEAVE


def _by_capitals(head: str, tail: str, words: Words) -> _Verdict:
    """A capital behind the break: a name in mixed case, capitals throughout, or a compound."""
    if tail.lower() in _FUNCTION:
        return _Verdict.UNSURE
    if head.isupper() and tail.isupper():
        long = len(head + tail) > 7 and len(tail) > 2 and _looks_whole(head + tail)
        return _Verdict.PROBABLY_JOIN if long and len(head) > 1 else _Verdict.PROBABLY_HYPHEN
    acronym = len(tail) > 1 and tail[:2].isupper()
    if acronym and head[:1].isupper() and head.lower() not in words.proper | _HYPHENATED_FIRSTS:
        return _Verdict.PROBABLY_JOIN  # Chat- GPT, where the document knows no Chat
    return _Verdict.PROBABLY_HYPHEN


def _by_english(head: str, tail: str, words: Words) -> _Verdict:
    """Two halves in small letters, judged by what English words and compounds look like."""
    a, b = head.lower(), tail.lower()
    torn = (a in _TORN or not _looks_whole(a)) and a not in words.free
    bound = bool(_BOUND.fullmatch(b)) and b not in words.free
    if b in _FUNCTION:
        return _before_function_word(a, b, words, torn=torn)
    if a in _TENS or (a == "self" and b not in ("ish", "less")):
        return _Verdict.HYPHEN
    if (torn and a not in _PREFIXES | {"ex"}) or bound or not _ONSET.match(b):
        return _Verdict.JOIN
    if b in _HYPHENATED_SECONDS and a not in _JOINING_FIRSTS:
        return _Verdict.HYPHEN if a in words.free else _Verdict.PROBABLY_HYPHEN
    if (a in _CLOSED_FIRSTS | _TORN_WORDS and a not in ("so", "all")) or b in _CLOSED_SECONDS:
        return _Verdict.PROBABLY_JOIN
    return _by_vocabulary(a, b, words)


def _by_vocabulary(a: str, b: str, words: Words) -> _Verdict:
    """Two halves that both may be words: they are, where the document uses them by themselves."""
    whole = b in words.free and len(b) > 2
    if a in _HYPHENATED_FIRSTS and (whole or len(b) > 4):
        return _Verdict.PROBABLY_HYPHEN
    if a in _PREFIXES:
        custom = whole and len(b) > 4 and a in words.firsts
        return _Verdict.PROBABLY_HYPHEN if custom else _Verdict.JOIN
    if a in words.firsts and whole and len(b) > 4:
        return _Verdict.PROBABLY_HYPHEN
    if a in words.free and len(a) > 3 and ((whole and len(b) > 3) or b in words.seconds):
        return _Verdict.PROBABLY_HYPHEN
    return _Verdict.PROBABLY_JOIN


def _before_function_word(a: str, b: str, words: Words, *, torn: bool) -> _Verdict:
    if a in _TENS:
        return _Verdict.HYPHEN  # twenty- one
    closed = a in _CLOSED_FIRSTS or a + b in _CLOSED_WITH_PARTICLE  # how- ever, speed- up
    if closed or (b in _PARTICLES and (torn or b in _CLOSING_PARTICLES)):
        return _Verdict.PROBABLY_JOIN
    if b in _PARTICLES and (a in words.free or len(a) > 2):
        return _Verdict.PROBABLY_HYPHEN
    return _Verdict.PROBABLY_JOIN if torn and len(a) < 5 else _Verdict.UNSURE

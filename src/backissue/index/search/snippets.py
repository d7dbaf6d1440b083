"""The passage of a section that best answers a query, and the words in it that do.

Needs the section and the words asked for, not the index. First where a text answers, then which
stretch of which text to show, then where to cut it. What that lacks is shown by `fragments`.
"""

import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence, Set
from functools import lru_cache
from itertools import accumulate
from typing import NamedTuple

from backissue.index.search.marking import LEAVES, Asked, Match, Span, disjoint, hopeless, matches
from backissue.index.search.ranking import is_function_word
from backissue.query import Field, Sought
from backissue.records import VERBATIM, Block, Part, Places, Section, Snippet

# Cells of a terminal: two lines of 80 columns, less what a number before them and words that are
# not parted at the end of a line take.
WIDTH = 140
DOTS = 2  # cells that dots and their space take on one side
# A passage goes on into a sentence that does not fit if more than this share were empty without it.
_LEFT_EMPTY = 0.4
# Of a paragraph with more matches than this, only the first count.
_MOST_MATCHES = 2_000
# A word is parted only where the nearest better place is so many characters away.
_LONGEST_WORD = 24
# Where a sentence may end: a stop, closing quotes or brackets, then white space. None ends before
# a word in small letters, or behind `et al.`, `vs.`, `J.`
_SENTENCE = re.compile(
    r"""[.!?…。！？\n](?:(?<=[.!?…])(?<!\bal.)(?<!\bvs.)(?<!\b[A-Z].)["'”’)\]]*[^\S\n]+(?![a-z]+\b)"""
    r"""|(?<=[。！？])["'”’)\]」』】]*\s*|(?<=\n)\s*)"""
)
# Where a part of a sentence ends or starts.
_CLAUSE_END = re.compile(
    r"(?<=[,;:)])(?=\s)|(?<=[,;:)][\"'”’])(?=\s)|(?<=[，；：、])|(?=\s[–—-]+\s)|(?=\s\()"
)
_CLAUSE_START = re.compile(r"(?<=[,;:]\s)|(?<=[，；：、])|(?<=\s[–—-]\s)|(?<=\s)(?=\()")
# What belongs to the letter before it: accents, joiners, variants of emoji.
_JOINS_ON = re.compile(
    "[\u0300-\u036f\u200b-\u200d\u20d0-\u20ff\ufe00-\ufe0f\U0001f3fb-\U0001f3ff]"
)

# Which fields of a query each text of a section answers; None is a word without a field.
_FIELDS: Mapping[str, Collection[Field | None]] = {
    "heading": {None, Field.HEADING},
    "deck": {None, Field.DECK},
    "body": {None, Field.BODY},
    "label": {None, Field.LABEL},
    "thesis": {None, Field.WHY, Field.THESIS},
    "why": {None, Field.WHY},
    "link": {None, Field.LINK},
    "url": {Field.LINK},
    "title": {Field.TITLE},
}
_IN_HEADING = 0.5  # what a word in the heading counts beside one that only the passage shows
# A word needs no fragment of its own if it is worth less than this, of 2 for the best: then most
# sections have it.
_SLIGHT = 0.4
_TRIVIAL = 0.2  # what is worth no more is marked where it is in sight, and not looked for: `the`
# Beside what words are worth, 2 for the best: what counts less than the body, which you want to
# see; each paragraph before, of so many; that the stretch is all of its sentences, or how much of
# them; that these are long enough to say something; that two words are side by side; a question, or
# what stands in brackets.
_LESS = {"body": 0.0, "thesis": 0.2, "deck": 0.5, "why": 0.6, "label": 1.5, "link": 1.8, "url": 1.8}
_LATER, _MOST_LATER = 0.04, 10
_WHOLE, _CUT = 0.5, 0.45
_LONG = 0.2
_CLOSE = 0.3
_ASIDE = 0.2
_FUNCTION = 0.1  # the share of its rarity that a function word is worth
_FAR = 1000  # characters
_BEFORE = 0.75  # so much of the space around what was found may be the beginning of its sentence


class MatchedText(NamedTuple):
    """A text with matches: its field, what it counts less, and its matches in order."""

    field: str
    less: float
    text: str
    found: list[Match]
    order: int


class Worth(NamedTuple):
    """What showing each word of the query counts, by its number, if it is looked for.

    Those that are `telling` must be shown: neither in the heading, nor in most sections.
    """

    values: Mapping[int, float]
    telling: frozenset[int]


class Window(NamedTuple):
    """A stretch of a text that answers: from its first match to its last."""

    weight: float
    place: MatchedText
    start: int
    end: int
    leaves: frozenset[int]


def snippet(
    section: Section, wanted: tuple[Sought, ...], context: int = 0, rarity: Sequence[float] = ()
) -> Snippet:
    """The passage of `section` that holds most of what is rare in `wanted`, in two lines.

    It is a whole sentence, or several, if they fit. Words that it lacks follow in fragments of
    their own, if they matter. `rarity` says how much each of `wanted` says of a section: without
    it, the same; 0 is a word that is only marked. `context` is how many more sentences to show on
    either side, instead of fragments. If only the heading answers, or nothing does (a query by
    date), it is the beginning of the body.
    """
    asked = _asked(wanted)
    telling = [one for one in asked if not is_function_word(one.node)]
    answering = _answering(section, asked, telling) or _answering(section, asked, asked)
    if not answering:
        from backissue.index.search.passages import beginning

        return beginning(section)
    worth = _worth(section, answering, asked, rarity)
    first = best(answering, WIDTH, worth)
    if context:
        from backissue.index.search.passages import with_context

        return with_context(section, first, answering, context)
    if not worth.telling <= first.leaves:
        from backissue.index.search.fragments import fragments

        return joined(fragments(answering, worth, first))
    return joined([Excerpt(first.place, *grow(first.place.text, first.start, first.end, WIDTH))])


def _worth(
    section: Section, answering: list[MatchedText], asked: Sequence[Asked], rarity: Sequence[float]
) -> Worth:
    """What each word that a section has counts: 2 for the best, others by their rarity."""
    found = {match.leaf for place in answering for match in place.found}
    heading = {match.leaf for match in _matches(section.heading, "heading", asked)}
    each = [
        (rarity[one.leaf] if rarity else 1.0) * (_FUNCTION if is_function_word(one.node) else 1.0)
        for one in asked
    ]
    most = max(each[leaf % LEAVES] for leaf in found)
    values = {leaf: 2 * each[leaf % LEAVES] / most if most else 2.0 for leaf in found}
    telling = frozenset(leaf for leaf, value in values.items() if value >= _SLIGHT) - heading
    in_heading = {leaf: _IN_HEADING if leaf in heading else 1.0 for leaf in found}
    looked_for = (leaf for leaf, value in values.items() if value > _TRIVIAL)
    return Worth({leaf: values[leaf] * in_heading[leaf] for leaf in looked_for}, telling)


def places(wanted: tuple[Sought, ...]) -> Places:
    """See `Searcher.places`."""
    asked = _asked(wanted)

    def found(name: str, text: str) -> tuple[Span, ...]:
        return disjoint(span for match in _matches(text, name, asked) for span in match.marks)

    return found


@lru_cache(maxsize=8)
def _asked(wanted: tuple[Sought, ...]) -> tuple[Asked, ...]:
    return tuple(Asked.of(node, at) for at, node in enumerate(wanted))


def _matches(text: str, name: str, asked: Sequence[Asked]) -> list[Match]:
    fields = _FIELDS[name]
    return matches(text, [one for one in asked if one.node.field in fields])


def _answering(
    section: Section, asked: Sequence[Asked], telling: Sequence[Asked]
) -> list[MatchedText]:
    """The texts that have any of `telling`, with all of `asked` in them."""
    leaves, answering = {one.leaf for one in telling}, list[MatchedText]()
    before = Counter[str]()
    for order, (field, name, text) in enumerate(texts(section)):
        # Most texts have `the`: finding it costs, and says nothing.
        found = [] if hopeless(text, telling) else _matches(text, name, asked)
        if any(match.leaf % LEAVES in leaves for match in found):
            why = section.why if name == "label" else None  # a label alone says nothing
            whole = f"{text}: {why.thesis or why.text}" if why else text
            less = _LESS[name] + _LATER * min(before[name], _MOST_LATER)
            answering.append(MatchedText(field, less, whole, found, order))
        before[name] += 1
    return answering


# --- the texts of a section ----------------------------------------------------------------------


def texts(section: Section) -> Iterator[tuple[str, str, str]]:
    """The texts a snippet may come from, best first: its field, its name, itself."""
    yield from (("body", "body", text) for text in _paragraphs(section.blocks, Part.BODY))
    if section.why:
        if section.why.thesis:
            yield "why", "thesis", section.why.thesis
        yield from (("why", "why", text) for text in section.why.text.split("\n\n"))
        yield "why", "label", section.why.label
    else:
        yield from (("why", "why", text) for text in _paragraphs(section.blocks, Part.WHY))
    if section.deck:
        yield "deck", "deck", section.deck
    lines = _paragraphs(section.blocks, Part.LINK)
    yield from (("link", "link", text) for text in lines)
    for link in section.links:
        if link.text and not any(link.text in line for line in lines):
            yield "link", "link", link.text
    yield from (("link", "url", link.url) for link in section.links if link.url)


def _paragraphs(blocks: Iterable[Block], part: Part) -> list[str]:
    """The texts of one part; blocks with only a line break between them are one text."""
    found: list[str] = []
    for block in blocks:
        if block.part is not part or not block.text.strip():
            continue
        text = block.text
        if block.kind in VERBATIM:
            text = "\n".join(" ".join(line.split()) for line in text.split("\n") if line.strip())
        if block.joined and found:
            found[-1] += "\n" + text
        else:
            found.append(text)
    return found


# --- which stretch to show -----------------------------------------------------------------------


def best(
    answering: Iterable[MatchedText], room: int, worth: Worth, shown: Set[int] = frozenset()
) -> Window:
    """The best stretch that shows words not shown yet, if any has them."""
    windows = (
        window for place in answering for window in _windows(place, room - 2 * DOTS, worth, shown)
    )
    return max(windows, key=lambda window: window.weight)  # the first of equals


def _windows(place: MatchedText, room: int, worth: Worth, shown: Set[int]) -> Iterator[Window]:
    """From each match to each that fits and adds a word, with the weight of what is between them.

    What counts is what the query's words in it are worth; then that it is whole sentences, which
    fill the space and do not open with too much else; then how close together the words are.
    """
    ruler, every = Ruler(place.text), sentences(place.text)
    wanted = worth.values.keys() - shown
    found = [match for match in place.found if match.leaf in wanted][:_MOST_MATCHES]
    for at, first in enumerate(found):
        leaves: set[int] = set()
        value, end, last, gap = 0.0, first.end, first, _FAR
        for match in found[at:]:
            end = max(end, match.end)
            if leaves and ruler.width(first.start, end) > room:
                break
            if match.leaf in leaves:
                last = match
                continue
            if leaves:
                gap = min(gap, max(match.start - last.end - 1, 0))
            leaves.add(match.leaf)
            value, last = value + worth.values[match.leaf], match
            low, high = around(every, first.start, end)
            width = ruler.width(low, high)
            whole = _WHOLE if width <= room else _CUT * max(room / width, 0.5)
            long = _LONG * min(2 * width / room, 1)
            late = min(first.start - low, 180) / 600 + min(low, 2000) / 10_000
            aside = _ASIDE * (place.text[low] in "([" or place.text[high - 1] == "?")
            weight = value + whole + long + _CLOSE / (1 + gap / 10) - late - aside - place.less
            yield Window(weight, place, first.start, end, frozenset(leaves))


# --- where to cut it -----------------------------------------------------------------------------


class Excerpt(NamedTuple):
    """A stretch of a text as it is shown."""

    place: MatchedText
    start: int
    end: int


def grow(text: str, start: int, end: int, room: int) -> tuple[int, int]:
    """A stretch of `text` around `start` to `end`, in whole sentences if they fit."""
    ruler, every = Ruler(text), sentences(text)
    low, high = around(every, start, end)
    if ruler.width(low, high) + _dots(text, low, high) <= room:
        for _, stop in every:  # those behind it, then those before it
            if stop > high and ruler.width(low, stop) + _dots(text, low, stop) <= room:
                high = stop
        for begin, _ in reversed(every):
            if begin < low and ruler.width(begin, high) + _dots(text, begin, high) <= room:
                low = begin
        spare = room - ruler.width(low, high) - 2 * DOTS
        if spare > _LEFT_EMPTY * room:
            high = _cut_after(text, high, ruler.reach(high, spare))
        return low, high
    spare = max(room - 2 * DOTS - ruler.width(start, end), 0)
    before, after = ruler.width(low, start), ruler.width(end, high)
    if before > _BEFORE * spare:  # else all of it: it says what the sentence is about
        before = min(before, max(spare // 3, spare - after))
    first = ruler.back(start, before)
    first = low if first <= low else _clause_before(text, first, start)
    last = ruler.reach(end, spare - ruler.width(first, start))
    return first, high if last >= high else _clause_after(text, end, last)


def _clause_before(text: str, at: int, last: int) -> int:
    """Where a part of a sentence starts from `at` to `last`, or else a word."""
    clause = _CLAUSE_START.search(text, at, last)
    return clause.start() if clause else _cut_before(text, at, last)


def _clause_after(text: str, first: int, at: int) -> int:
    """Where a part of a sentence ends in the second half up to `at`, or else a word."""
    clauses = [cut.start() for cut in _CLAUSE_END.finditer(text, (first + at) // 2, at)]
    return clauses[-1] if clauses else _cut_after(text, first, at)


def _dots(text: str, start: int, end: int) -> int:
    """The cells of the dots that a stretch needs."""
    return DOTS * (bool(text[:start].strip()) + bool(text[end:].strip()))


def _cut_before(text: str, at: int, last: int) -> int:
    """The first good place for a stretch to start, from `at` on and not behind `last`."""
    if cuts := _cuts(text, at, min(last, at + _LONGEST_WORD) + 1):
        at = min(cuts[0], last)
    while at < last and (text[at].isspace() or _JOINS_ON.match(text, at)):
        at += 1
    return at


def _cut_after(text: str, first: int, at: int) -> int:
    """The last good place for a stretch to end, not before `first` and up to `at`."""
    if cuts := _cuts(text, max(first, at - _LONGEST_WORD), at + 1):
        at = min(cuts[-1], at)
    while at > first and _JOINS_ON.match(text, at):
        at -= 1
    while at > first and text[at - 1].isspace():
        at -= 1
    return at


def _cuts(text: str, start: int, end: int) -> list[int]:
    """The best places to cut a text from `start` to `end`, if there are any: all of one kind.

    Best is white space, then beside a wide letter, within an address, behind a hyphen or a stop.
    """
    around = [(at, text[at - 1 : at], text[at : min(at + 1, end)]) for at in range(start, end + 1)]
    for fits in (str.isspace, _is_wide):
        if found := [at for at, before, after in around if fits(before) or fits(after)]:
            return found
    for signs in ("/?&=#", "_.-"):
        if found := [at for at, before, _ in around if before and before in signs]:
            return found
    return []


def _is_wide(char: str) -> bool:
    return char != "" and unicodedata.east_asian_width(char) in "WF"


def joined(fragments: list[Excerpt]) -> Snippet:
    """The fragments in their order with dots between them, and where nothing ends or begins."""
    shown = ""
    highlights: list[Span] = []
    for at, (place, start, end) in enumerate(fragments):
        before = " … " if at else _lead(place.text, start)
        # White space is shown as one space of the same length, so that the offsets hold.
        shift = len(shown) + len(before) - start
        shown += before + re.sub(r"\s", " ", place.text[start:end])
        highlights += [
            (low + shift, high + shift)
            for match in place.found
            for low, high in match.marks
            if start <= low and high <= end
        ]
    last = fragments[-1]
    shown += _trail(last.place.text, last.end)
    return Snippet(field=fragments[0].place.field, text=shown, highlights=disjoint(highlights))


def _lead(text: str, start: int) -> str:
    """The dots before a stretch; without a space where a word goes on."""
    return "" if not text[:start].strip() else "…" if _parted(text, start) else "… "


def _trail(text: str, end: int) -> str:
    return "" if not text[end:].strip() else "…" if _parted(text, end) else " …"


def _parted(text: str, at: int) -> bool:
    """Whether a word, or writing without spaces, goes on across a place."""
    return not (text[at - 1].isspace() or text[at].isspace() or text[at - 1] in "。！？")


class Ruler:
    """How many cells stretches of a text take: two for a wide letter."""

    def __init__(self, text: str) -> None:
        self._size = len(text)
        self._sums: list[int] | None = None
        if wide := set(filter(_is_wide, set(text))):
            self._sums = [0, *accumulate(2 if char in wide else 1 for char in text)]

    def width(self, start: int, end: int) -> int:
        """The cells from `start` to `end`."""
        return self._sums[end] - self._sums[start] if self._sums else end - start

    def reach(self, start: int, cells: int) -> int:
        """Where so many cells from `start` on end."""
        if self._sums is None:
            return min(start + cells, self._size)
        return bisect_right(self._sums, self._sums[start] + cells) - 1

    def back(self, end: int, cells: int) -> int:
        """Where so many cells up to `end` start."""
        if self._sums is None:
            return max(end - cells, 0)
        return bisect_left(self._sums, self._sums[end] - cells)


@lru_cache(maxsize=16)
def sentences(text: str) -> tuple[Span, ...]:
    """The sentences of `text`, their closing white space left out."""
    found: list[Span] = []
    start = 0
    for match in _SENTENCE.finditer(text):
        found.append((start, start + len(text[start : match.end()].rstrip())))
        start = match.end()
    if start < len(text):
        found.append((start, len(text.rstrip())))
    return tuple((low, high) for low, high in found if low < high)


def around(every: Sequence[Span], start: int, end: int) -> Span:
    """From the start of the sentence that has `start` to the end of the one that has `end`."""
    first = max(bisect_right(every, start, key=lambda one: one[0]) - 1, 0)
    last = bisect_left(every, end, key=lambda one: one[1])
    return min(every[first][0], start), max(every[min(last, len(every) - 1)][1], end)

"""The passage of a section that best answers a query, and the words in it that do.

Needs the section and the words asked for, not the index. First where a text answers, then which
stretches of which texts to show, then where to cut them. Nothing that answers is ever cut.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import accumulate
from types import MappingProxyType
from typing import NamedTuple

from backissue.index.search.matching import Asked, Match, Span, matches
from backissue.index.search.ranking import is_function_word
from backissue.query import Field, Sought
from backissue.records import VERBATIM, Block, Part, Places, Section, Snippet

# Cells of a terminal: two lines of 80 columns, less what a number before them and words that are
# not parted at the end of a line take.
WIDTH = 140
_MOST_FRAGMENTS = 4
_DOTS = 2  # cells that dots and their space take on one side
# A passage goes on into a sentence that does not fit if more than this share were empty without it.
_LEFT_EMPTY = 0.4
# Of a paragraph with more matches than this, only the first count.
_MOST_MATCHES = 2_000
# A word is parted only where the nearest better place is so many characters away.
_LONGEST_WORD = 24
# Where a sentence may end: a stop, closing quotes or brackets, then white space.
_SENTENCE = re.compile(r"""[.!?…]["'”’)\]]*\s+|[。！？]["'”’)\]」』】]*\s*|\n+""")
# Letters and signs that take two cells, and that have no spaces between them.
_WIDE = (
    "\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f"
    "\uff00-\uff60\uffe0-\uffe6\U0001f300-\U0001faff\U00020000-\U0003fffd"
)
_IS_WIDE = re.compile(f"[{_WIDE}]")
# Where a text may be cut, the best first: white space, beside a wide letter, within an address.
_CUTS = (
    re.compile(r"(?<=\s)|(?=\s)"),
    re.compile(f"(?<=[{_WIDE}])|(?=[{_WIDE}])"),
    re.compile(r"(?<=[/?&=#])"),
    re.compile(r"(?<=[_.\-])"),
)
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
# What showing a word of the query counts that need not be shown: `the`, and one in the heading.
_SLIGHT, _IN_HEADING = 0.3, 1.0
# What a match in each text of a section counts less than one in the body, which you want to see.
_LESS = {"body": 0.0, "thesis": 0.6, "why": 0.6, "deck": 1.2, "label": 1.5, "link": 1.8, "url": 1.8}


class MatchedText(NamedTuple):
    """A text with matches: its field, what it counts less, and its matches in order.

    `weights` are those of the query's words that need not be shown, by their numbers.
    """

    field: str
    less: float
    text: str
    found: list[Match]
    order: int
    weights: Mapping[int, float] = MappingProxyType({})


class _Window(NamedTuple):
    """A stretch of a text that answers: from its first match to its last."""

    weight: float
    place: MatchedText
    start: int
    end: int
    leaves: frozenset[int]


def snippet(section: Section, wanted: tuple[Sought, ...], context: int = 0) -> Snippet:
    """The passage of `section` that holds most of `wanted`, close together, in two lines.

    It comes from the body if possible, else from the why passage, the deck or the links. Words that
    are nowhere near follow in fragments of their own. `context` is how many more sentences to show
    on either side, instead of fragments. If only the heading answers, or nothing does (a query by
    date), it is the beginning of the body.
    """
    asked = _asked(wanted)
    weights = dict.fromkeys((one.leaf for one in asked if is_function_word(one.node)), _SLIGHT)
    heading = (match.leaf for match in _matches(section.heading, "heading", asked))
    weights |= dict.fromkeys((leaf for leaf in heading if leaf not in weights), _IN_HEADING)
    answering = list(_answering(section, asked, weights))
    if context or not answering:
        from backissue.index.search.passages import beginning, with_context

        return with_context(section, answering, context) if answering else beginning(section)
    return joined(_grown(_chosen(answering, frozenset(weights))))


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
    section: Section, asked: Sequence[Asked], weights: Mapping[int, float]
) -> Iterator[MatchedText]:
    for order, (field, name, text) in enumerate(texts(section)):
        if found := _matches(text, name, asked):
            why = section.why if name == "label" else None  # a label alone says nothing
            whole = f"{text}: {why.thesis or why.text}" if why else text
            yield MatchedText(field, _LESS[name], whole, found, order, weights)


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


# --- which stretches to show ---------------------------------------------------------------------


def _chosen(answering: list[MatchedText], spared: frozenset[int]) -> list[_Window]:
    """As few stretches as show each word that is not `spared`, if they fit; else most words."""
    every = frozenset(match.leaf for place in answering for match in place.found) - spared
    found: list[_Window] = []
    most = 0
    for count in range(1, _MOST_FRAGMENTS + 1):
        room = (WIDTH - (_DOTS + 1) * (count - 1)) // count
        chosen: list[_Window] = []
        shown: frozenset[int] = frozenset()
        while len(chosen) < count and not (chosen and every <= shown):
            chosen.append(best(answering, room, shown))
            shown |= chosen[-1].leaves | spared
        if len(shown) > most:
            found, most = chosen, len(shown)
        if every <= shown:
            break
    return found


def best(answering: list[MatchedText], room: int, shown: frozenset[int]) -> _Window:
    """The best stretch that shows words not shown yet."""
    windows = (window for place in answering for window in _windows(place, room - 2 * _DOTS, shown))
    return max(windows, key=lambda window: window.weight)  # the first of equals


def _windows(place: MatchedText, room: int, shown: frozenset[int]) -> Iterator[_Window]:
    """From each match to the last that fits, with the weight of what is between them.

    What counts is how many of the query's words it has; then how close together they are; then that
    its sentence fills the space, and that the words open it.
    """
    ruler, every = _Ruler(place.text), sentences(place.text)
    found = [match for match in place.found if match.leaf not in shown][:_MOST_MATCHES]
    for at, first in enumerate(found):
        inside = _Inside(place.weights)
        for match in found[at:]:
            end = max(inside.end, match.end)
            if inside.count and ruler.width(first.start, end) > room:
                break
            inside.add(match)
        start, end = around(every, first.start, inside.end)
        full = min(ruler.width(start, end), room) / room / 2
        late = min(first.start - start, 400) / 1500
        yield _Window(
            inside.weight + full - late - place.less,
            place,
            first.start,
            inside.end,
            frozenset(inside.leaves),
        )


class _Inside:
    """What is known of the matches of a stretch, each added as it grows."""

    def __init__(self, weights: Mapping[int, float]) -> None:
        self.count = 0
        self._weights = weights
        self.end = 0
        self.leaves: set[int] = set()
        self._gap: int | None = None
        self._last: Match | None = None

    def add(self, match: Match) -> None:
        """Add the next match in order of place."""
        if self._last is not None and self._last.leaf != match.leaf:
            gap = max(match.start - self._last.end - 1, 0)
            self._gap = gap if self._gap is None else min(self._gap, gap)
        self._last = match
        self.leaves.add(match.leaf)
        self.end = max(self.end, match.end)
        self.count += 1

    @property
    def weight(self) -> float:
        """2 for a word of the query, or less, and up to 1 for two of them side by side."""
        close = 0.0 if self._gap is None else 1 / (1 + self._gap / 10)
        shown = sum(self._weights.get(leaf, 2.0) for leaf in self.leaves)
        return shown + close + 0.05 * min(self.count, 6)


# --- where to cut them ---------------------------------------------------------------------------


class Excerpt(NamedTuple):
    """A stretch of a text as it is shown."""

    place: MatchedText
    start: int
    end: int


def _grown(windows: list[_Window]) -> list[Excerpt]:
    """Each stretch with as much around it as there is space for, in their order."""
    left = WIDTH - (_DOTS + 1) * (len(windows) - 1)
    fragments: list[Excerpt] = []
    # What needs least comes first, and leaves its share to the others.
    ordered = sorted(windows, key=lambda one: _Ruler(one.place.text).width(0, len(one.place.text)))
    for at, window in enumerate(ordered):
        text = window.place.text
        start, end = grow(text, window.start, window.end, left // (len(ordered) - at))
        left -= _Ruler(text).width(start, end)
        fragments.append(Excerpt(window.place, start, end))
    return _merged(sorted(fragments, key=lambda fragment: (fragment.place.order, fragment.start)))


def _merged(fragments: list[Excerpt]) -> list[Excerpt]:
    """The fragments, those of one text that meet made one."""
    found: list[Excerpt] = []
    for fragment in fragments:
        last = found[-1] if found else None
        if (
            last
            and last.place is fragment.place
            and not last.place.text[last.end : fragment.start].strip()
        ):
            found[-1] = last._replace(end=max(last.end, fragment.end))
        else:
            found.append(fragment)
    return found


def grow(text: str, start: int, end: int, room: int) -> tuple[int, int]:
    """A stretch of `text` around `start` to `end`, in whole sentences if they fit."""
    ruler, every = _Ruler(text), sentences(text)
    low, high = around(every, start, end)
    if ruler.width(low, high) + _dots(text, low, high) <= room:
        for _, stop in every:  # those behind it, then those before it
            if stop > high and ruler.width(low, stop) + _dots(text, low, stop) <= room:
                high = stop
        for begin, _ in reversed(every):
            if begin < low and ruler.width(begin, high) + _dots(text, begin, high) <= room:
                low = begin
        spare = room - ruler.width(low, high) - 2 * _DOTS
        if spare > _LEFT_EMPTY * room:
            high = _cut_after(text, high, ruler.reach(high, spare))
        return low, high
    spare = max(room - 2 * _DOTS - ruler.width(start, end), 0)
    before = min(ruler.width(low, start), max(spare // 3, spare - ruler.width(end, high)))
    first, last = ruler.back(start, before), ruler.reach(end, spare - before)
    return (
        low if first <= low else _cut_before(text, first, start),
        high if last >= high else _cut_after(text, end, last),
    )


def _dots(text: str, start: int, end: int) -> int:
    """The cells of the dots that a stretch needs."""
    return _DOTS * (bool(text[:start].strip()) + bool(text[end:].strip()))


def _cut_before(text: str, at: int, last: int) -> int:
    """The first good place for a stretch to start, from `at` on and not behind `last`."""
    for pattern in _CUTS:
        if cut := pattern.search(text, at, min(last, at + _LONGEST_WORD) + 1):
            at = min(cut.start(), last)
            break
    while at < last and (text[at].isspace() or _JOINS_ON.match(text, at)):
        at += 1
    return at


def _cut_after(text: str, first: int, at: int) -> int:
    """The last good place for a stretch to end, not before `first` and up to `at`."""
    begin = max(first, at - _LONGEST_WORD)
    for pattern in _CUTS:
        if cuts := [cut.start() for cut in pattern.finditer(text, begin, at + 1)]:
            at = min(cuts[-1], at)
            break
    while at > first and _JOINS_ON.match(text, at):
        at -= 1
    while at > first and text[at - 1].isspace():
        at -= 1
    return at


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


class _Ruler:
    """How many cells stretches of a text take: two for a wide letter."""

    def __init__(self, text: str) -> None:
        self._size = len(text)
        self._sums: list[int] | None = None
        if not text.isascii() and _IS_WIDE.search(text):
            widths = (2 if _IS_WIDE.match(char) else 1 for char in text)
            self._sums = [0, *accumulate(widths)]

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


def sentences(text: str) -> list[Span]:
    """The sentences of `text`, their closing white space left out."""
    found: list[Span] = []
    start = 0
    for match in _SENTENCE.finditer(text):
        found.append((start, match.start() + len(match[0].rstrip())))
        start = match.end()
    if start < len(text):
        found.append((start, len(text.rstrip())))
    return [(low, high) for low, high in found if low < high]


def around(every: list[Span], start: int, end: int) -> Span:
    """From the start of the sentence that has `start` to the end of the one that has `end`."""
    first = max(bisect_right(every, start, key=lambda one: one[0]) - 1, 0)
    last = bisect_left(every, end, key=lambda one: one[1])
    return min(every[first][0], start), max(every[min(last, len(every) - 1)][1], end)


def disjoint(spans: Iterable[Span]) -> tuple[Span, ...]:
    """Spans in order of place, those that overlap or touch made one."""
    found: list[Span] = []
    for start, end in sorted(spans):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((start, end))
    return tuple(found)

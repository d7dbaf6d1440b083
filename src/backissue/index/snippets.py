"""The passage of a section that best answers a query, and the words in it that do.

Pure: needs the section and the words asked for, not the index.
"""

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from backissue import words
from backissue.query import Field, Phrase, Term
from backissue.records import Block, Part, Section, Snippet

# What two or three lines of a terminal hold.
_LONGEST = 300
_ENOUGH = 200
# A paragraph that answers more often than this is judged by its first answers.
_MOST_MATCHES = 5_000
# Where a sentence may end: a stop, closing quotes or brackets, then white space.
_SENTENCE = re.compile(r"""[.!?…]["'”’)\]]*\s+|\n+""")

_FIELDS = {
    "body": {None, Field.BODY},
    "why": {None, Field.WHY},
    "deck": {None, Field.DECK},
    "heading": {None, Field.HEADING},
    "link": {None, Field.LINK},
}


class _Match(NamedTuple):
    """`start` to `end` of a text answers the query's word number `leaf`."""

    start: int
    end: int
    leaf: int


def snippet(section: Section, wanted: tuple[Term | Phrase, ...]) -> Snippet:
    """The passage of `section` that holds most of `wanted`, close together, in whole sentences.

    From the body where it can be; else from the why passage, the deck or the links. Where only the
    heading answers, or nothing does (a query by date), it is the beginning of the body.
    """
    best: tuple[float, Snippet] | None = None
    every = [_asked(node) for node in wanted]
    for at, (name, paragraphs) in enumerate(_texts(section)):
        asked = [one for one in every if one.node.field in _FIELDS[name]]
        for paragraph in paragraphs:
            found = _matches(paragraph, asked) if asked else []
            if not found:
                continue
            worth, start, end = _best_window(paragraph, found)
            worth -= at * 0.6  # the body is what a reader wants to see
            if best is None or worth > best[0]:
                best = (worth, _cut(name, paragraph, start, end, found))
    return best[1] if best else _beginning(section)


def _texts(section: Section) -> Iterator[tuple[str, list[str]]]:
    """The texts a snippet may come from, by field, best first."""
    yield "body", _paragraphs(section.blocks, Part.BODY)
    if section.why:
        thesis = [section.why.thesis] if section.why.thesis else []
        yield "why", [*thesis, *section.why.text.split("\n\n")]
    else:
        yield "why", _paragraphs(section.blocks, Part.WHY)
    yield "deck", [section.deck] if section.deck else []
    links = _paragraphs(section.blocks, Part.LINK)
    yield "link", links + [link.text for link in section.links if link.text]


def _paragraphs(blocks: Iterable[Block], part: Part) -> list[str]:
    """The texts of one part, the blocks that only a line break parts put together."""
    found: list[str] = []
    for block in blocks:
        if block.part is not part or not block.text.strip():
            continue
        if block.joined and found:
            found[-1] += "\n" + block.text
        else:
            found.append(block.text)
    return found


class _Asked(NamedTuple):
    """A word or phrase of the query, with the forms of which one must be there."""

    node: Term | Phrase
    forms: frozenset[str]


def _asked(node: Term | Phrase) -> _Asked:
    if isinstance(node, Phrase):
        return _Asked(node, frozenset({node.words[0][1]}))
    if node.prefix:
        return _Asked(node, frozenset({node.text}))
    return _Asked(node, frozenset({node.text, *words.kin(node.text)}))


# Signs of print that change nothing in how the letters beside them fold.
_PRINT = str.maketrans(dict.fromkeys("“”‘’–—…•£€\xa0", " "))


def _hopeless(text: str, asked: list[_Asked]) -> bool:
    """Whether no word asked for can be in `text`: cheaper than taking it apart, and mostly so.

    Only for text whose letters are ASCII: `ﬁne` has no `fine` in it until it is folded.
    """
    if not text.translate(_PRINT).isascii():
        return False
    lower = text.lower()
    return not any(form in lower or not form.isalnum() for one in asked for form in one.forms)


def _matches(text: str, asked: list[_Asked]) -> list[_Match]:
    """Where `text` answers each of `asked`, in order of place."""
    if _hopeless(text, asked):
        return []
    tokens = list(words.tokens(text))
    found: list[_Match] = []
    by_place = {(token.position, token.text): token for token in tokens}
    for leaf, (node, forms) in enumerate(asked):
        if isinstance(node, Phrase):
            found += _phrase_matches(node, tokens, by_place, leaf)
            continue
        for token in tokens:
            if token.text in forms or (node.prefix and token.text.startswith(node.text)):
                found.append(_Match(token.start, token.end, leaf))
    return sorted(found)


def _phrase_matches(
    node: Phrase,
    tokens: list[words.Token],
    by_place: dict[tuple[int, str], words.Token],
    leaf: int,
) -> Iterator[_Match]:
    first = node.words[0][1]
    for token in tokens:
        if token.text != first:
            continue
        run = [by_place.get((token.position + offset, word)) for offset, word in node.words]
        if None not in run:
            for one in run:
                assert one is not None  # noqa: S101  # for the type checker; tested just above
                yield _Match(one.start, one.end, leaf)


def _best_window(text: str, found: list[_Match]) -> tuple[float, int, int]:
    """The worth, start and end of the best run of whole sentences.

    What counts is how many of the query's words it has; then how close they stand; then that it
    fills the space, so that a short sentence comes with its neighbours.
    """
    sentences = _sentences(text)
    starts = [match.start for match in found[:_MOST_MATCHES]]
    best = (-1.0, 0, 0)
    for at, (start, _) in enumerate(sentences):
        place = bisect_left(starts, start)
        if place == len(starts):
            break
        inside = _Inside()
        for after in range(at, len(sentences)):
            end = sentences[after][1]
            if end - start > _LONGEST and after > at:
                break
            while place < len(starts) and starts[place] < end:
                inside.add(found[place])
                place += 1
            if not inside.count:
                continue
            # Words that open the passage read better than words that end it.
            late = inside.start - start
            worth = inside.worth + (min(end - start, _ENOUGH) / 400 - min(late, 400) / 1500)
            if worth > best[0]:
                best = (worth, start, end)
    return best


class _Inside:
    """What is known of the matches of a run of sentences, each added as the run grows."""

    def __init__(self) -> None:
        self.count = 0
        self.start = 0
        self._leaves: set[int] = set()
        self._gap: int | None = None
        self._last: _Match | None = None

    def add(self, match: _Match) -> None:
        """Take in the next match in order of place."""
        if self._last is None:
            self.start = match.start
        elif self._last.leaf != match.leaf:
            gap = max(match.start - self._last.end - 1, 0)
            self._gap = gap if self._gap is None else min(self._gap, gap)
        self._last = match
        self._leaves.add(match.leaf)
        self.count += 1

    @property
    def worth(self) -> float:
        """2 for each word of the query, and up to 1 for two of them side by side."""
        close = 0.0 if self._gap is None else 1 / (1 + self._gap / 10)
        return 2 * len(self._leaves) + close + 0.05 * min(self.count, 6)


def _sentences(text: str) -> list[tuple[int, int]]:
    """The sentences of `text` as (start, end), their closing white space left out."""
    found: list[tuple[int, int]] = []
    start = 0
    for match in _SENTENCE.finditer(text):
        found.append((start, match.start() + len(match[0].rstrip())))
        start = match.end()
    if start < len(text):
        found.append((start, len(text.rstrip())))
    return [(low, high) for low, high in found if low < high]


def _cut(name: str, text: str, start: int, end: int, found: list[_Match]) -> Snippet:
    """The text from `start` to `end`, shortened at words if one sentence is too long."""
    inside = [match for match in found if start <= match.start and match.end <= end]
    before = after = ""
    if end - start > _LONGEST:
        start, end = _shorten(text, start, end, inside)
        inside = [match for match in inside if start <= match.start and match.end <= end]
    if start > 0:
        before = "… " if text[:start].strip() else ""
    if text[end:].strip():
        after = " …"
    # White space is shown as one space of the same length, so that the offsets hold.
    body = re.sub(r"\s", " ", text[start:end])
    shift = len(before) - start
    return Snippet(
        field=name,
        text=before + body + after,
        highlights=_disjoint((match.start + shift, match.end + shift) for match in inside),
    )


def _shorten(text: str, start: int, end: int, inside: list[_Match]) -> tuple[int, int]:
    """A stretch of one long sentence, from word to word, that holds most of the matches."""
    best, best_count = (start, start + _LONGEST), -1
    for match in inside[:50] or [_Match(start, start, 0)]:
        low = max(start, match.start - _LONGEST // 4)
        if low > start:
            gap = text.find(" ", low, match.start)
            low = gap + 1 if gap >= 0 else match.start
        high = min(end, low + _LONGEST)
        if high < end:
            gap = text.rfind(" ", max(low, match.end), high)
            high = gap if gap > 0 else high
        count = len({one.leaf for one in inside if low <= one.start and one.end <= high})
        if count > best_count:
            best, best_count = (low, high), count
    return best


def _disjoint(spans: Iterable[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    joined: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if joined and start < joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((start, end))
    return tuple(joined)


def _beginning(section: Section) -> Snippet:
    for name, paragraphs in _texts(section):
        for paragraph in paragraphs:
            sentences = _sentences(paragraph)
            if sentences:
                start, end = sentences[0][0], sentences[0][1]
                for _, stop in sentences[1:]:
                    if end - start >= _ENOUGH or stop - start > _LONGEST:
                        break
                    end = stop
                return _cut(name, paragraph, start, end, [])
    return Snippet(field="heading", text=re.sub(r"\s", " ", section.heading), highlights=())

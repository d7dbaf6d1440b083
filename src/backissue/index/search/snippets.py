"""The passage of a section that best answers a query, and the words in it that do.

Needs the section and the words asked for, not the index.
"""

import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from backissue.index.search.matching import runs
from backissue.query import Field, Fuzzy, Near, Phrase, Sought, Term, Wild
from backissue.records import VERBATIM, Block, Part, Places, Section, Snippet
from backissue.text import words

# What two or three lines of a terminal hold.
_LONGEST = 300
_ENOUGH = 200
# And of what each further fragment may hold.
_FRAGMENT = 140
_MOST_FRAGMENTS = 3
# Of a paragraph with more matches than this, only the first count.
_MOST_MATCHES = 5_000
# Where a sentence may end: a stop, closing quotes or brackets, then white space.
_SENTENCE = re.compile(r"""[.!?…]["'”’)\]]*\s+|\n+""")

_FIELDS: dict[str, set[Field | None]] = {
    "body": {None, Field.BODY},
    "why": {None, Field.WHY, Field.THESIS},
    "deck": {None, Field.DECK},
    "heading": {None, Field.HEADING},
    "link": {None, Field.LINK},
    "title": {Field.TITLE},
}


class _Match(NamedTuple):
    """`start` to `end` of a text answers the query's word number `leaf`."""

    start: int
    end: int
    leaf: int


def snippet(section: Section, wanted: tuple[Sought, ...], context: int = 0) -> Snippet:
    """The passage of `section` that holds most of `wanted`, close together, in whole sentences.

    It comes from the body if possible, else from the why passage, the deck or the links. At most
    two more fragments of the same part show words that the passage lacks. `context` is how many
    more sentences to show on either side, instead of fragments. If only the heading answers, or
    nothing does (a query by date), it is the beginning of the body.
    """
    every = [_asked(node) for node in wanted]
    best: _Passage | None = None
    for at, (name, paragraphs) in enumerate(_texts(section)):
        asked = [one for one in every if one.node.field in _FIELDS[name]]
        for place, paragraph in enumerate(paragraphs if asked else ()):
            found = _matches(paragraph, asked)
            if not found:
                continue
            weight, start, end = _best_window(paragraph, found)
            weight -= at * 0.6  # the body is what you want to see
            if best is None or weight > best.weight:
                best = _Passage(weight, name, paragraphs, place, start, end, asked)
    if best is None:
        return _beginning(section)
    return _with_context(best, context) if context else _with_fragments(best)


def places(wanted: tuple[Sought, ...]) -> Places:
    """What finds `wanted` in a text of a field (`body`, `why`, `deck`, `heading`, `link`, `title`).

    It gives offsets of start and end, sorted and disjoint.
    """
    every = [_asked(node) for node in wanted]

    def found(field: str, text: str) -> tuple[tuple[int, int], ...]:
        asked = [one for one in every if one.node.field in _FIELDS[field]]
        matches = _matches(text, asked) if asked else []
        return _disjoint((match.start, match.end) for match in matches)

    return found


class _Passage(NamedTuple):
    """The best window: `start` to `end` of the paragraph at `place` of a part's `paragraphs`."""

    weight: float
    name: str
    paragraphs: list[str]
    place: int
    start: int
    end: int
    asked: "list[_Asked]"


def _with_context(best: _Passage, context: int) -> Snippet:
    """The passage with `context` more sentences on either side, over the part's paragraphs."""
    text = "\n".join(best.paragraphs)
    shift = sum(len(paragraph) + 1 for paragraph in best.paragraphs[: best.place])
    sentences = _sentences(text)
    first = max(n for n, (low, _) in enumerate(sentences) if low <= best.start + shift)
    last = min(n for n, (_, high) in enumerate(sentences) if high >= best.end + shift)
    start = sentences[max(first - context, 0)][0]
    end = sentences[min(last + context, len(sentences) - 1)][1]
    return _cut(best.name, text, (start, end), _matches(text, best.asked), end - start)


def _with_fragments(best: _Passage) -> Snippet:
    """The passage, and fragments of the same part with the words of the query that it lacks."""
    first = _cut_passage(best, best.place, best.start, best.end)
    shown = _leaves(best, best.place, best.start, best.end)
    pieces = [(best.place, best.start, first)]
    while len(pieces) < _MOST_FRAGMENTS:
        more = _next_fragment(best, shown)
        if more is None:
            break
        place, start, end = more
        pieces.append((place, start, _cut_passage(best, place, start, end, _FRAGMENT)))
        shown |= _leaves(best, place, start, end)
    return _joined([piece for _, _, piece in sorted(pieces, key=lambda piece: piece[:2])])


def _leaves(best: _Passage, place: int, start: int, end: int) -> set[int]:
    """Which words of the query a stretch has."""
    found = _matches(best.paragraphs[place], best.asked)
    return {match.leaf for match in found if start <= match.start and match.end <= end}


def _next_fragment(best: _Passage, shown: set[int]) -> tuple[int, int, int] | None:
    """The sentence with most of the words not yet shown, the first of several."""
    candidates: list[tuple[int, int, int, int]] = []
    for place, paragraph in enumerate(best.paragraphs):
        found = [match for match in _matches(paragraph, best.asked) if match.leaf not in shown]
        if not found:
            continue
        for start, end in _sentences(paragraph):
            here = {m.leaf for m in found if start <= m.start and m.end <= end}
            if here:
                candidates.append((-len(here), place, start, end))
    return min(candidates)[1:] if candidates else None


def _cut_passage(
    best: _Passage, place: int, start: int, end: int, longest: int | None = None
) -> Snippet:
    text = best.paragraphs[place]
    return _cut(best.name, text, (start, end), _matches(text, best.asked), longest or _LONGEST)


def _joined(pieces: list[Snippet]) -> Snippet:
    """Fragments in their order, with dots between them."""
    text, highlights = "", []
    for piece in pieces:
        lead = piece.text.removeprefix("… ") if text else piece.text
        if text:
            text += " " if text.endswith("…") else " … "
        shift = len(text) - (len(piece.text) - len(lead))
        highlights += [(start + shift, end + shift) for start, end in piece.highlights]
        text += lead
    return Snippet(field=pieces[0].field, text=text, highlights=tuple(highlights))


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


class _Asked(NamedTuple):
    """A word or phrase of the query, with the forms of which one must be there."""

    node: Sought
    forms: frozenset[str]


def _asked(node: Sought) -> _Asked:
    if isinstance(node, Phrase):
        return _Asked(node, frozenset({node.words[0][1]}))
    if isinstance(node, Near):
        return _Asked(node, frozenset(node.words))
    if isinstance(node, Fuzzy):
        return _Asked(node, frozenset())
    if isinstance(node, Wild):
        return _Asked(node, frozenset({max(re.split("[*?]", node.pattern), key=len)}))
    if node.prefix:
        return _Asked(node, frozenset({node.text}))
    return _Asked(node, frozenset({node.text, *words.kin(node.text)}))


# Signs of print that change nothing in how the letters beside them fold.
_PRINT = str.maketrans(dict.fromkeys("“”‘’–—…•£€\xa0", " "))


def _hopeless(text: str, asked: list[_Asked]) -> bool:
    """Whether surely no word asked for is in `text`: cheaper than finding its words.

    Only for text whose letters are ASCII: `ﬁne` has no `fine` in it until it is folded.
    """
    if not text.translate(_PRINT).isascii():
        return False
    lower = text.lower()
    return not any(
        not one.forms or any(form in lower or not form.isalnum() for form in one.forms)
        for one in asked
    )


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
        if isinstance(node, Near):
            found += _near_matches(node, tokens, leaf)
            continue
        accepted = _accepted(node, forms, tokens)
        for token in tokens:
            if token.text in accepted:
                found.append(_Match(token.start, token.end, leaf))
    return sorted(found)


def _accepted(
    node: Sought, forms: frozenset[str], tokens: list[words.Token]
) -> frozenset[str] | set[str]:
    """The words of a text that answer; each is asked once, however often it is there."""
    if isinstance(node, Wild | Fuzzy):
        return {text for text in {token.text for token in tokens} if node.accepts(text)}
    if isinstance(node, Term) and node.prefix:
        return {token.text for token in tokens if token.text.startswith(node.text)}
    return forms


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
        here = [one for one in run if one]
        if len(here) == len(run):
            yield from (_Match(one.start, one.end, leaf) for one in here)


def _near_matches(node: Near, tokens: list[words.Token], leaf: int) -> Iterator[_Match]:
    """Each word of a run that has them all."""
    needed = Counter(node.words)
    spots = [[token.position for token in tokens if token.text == word] for word in needed]
    starts = runs(spots, list(needed.values()), node.within)
    for token in tokens:
        before = bisect_right(starts, token.position)
        if token.text in needed and before and token.position - starts[before - 1] <= node.within:
            yield _Match(token.start, token.end, leaf)


def _best_window(text: str, found: list[_Match]) -> tuple[float, int, int]:
    """The weight, start and end of the best run of whole sentences.

    What counts is how many of the query's words it has; then how close together they are; then that
    it fills the space, so that a short sentence comes with its neighbours.
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
            weight = inside.weight + (min(end - start, _ENOUGH) / 400 - min(late, 400) / 1500)
            if weight > best[0]:
                best = (weight, start, end)
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
        """Add the next match in order of place."""
        if self._last is None:
            self.start = match.start
        elif self._last.leaf != match.leaf:
            gap = max(match.start - self._last.end - 1, 0)
            self._gap = gap if self._gap is None else min(self._gap, gap)
        self._last = match
        self._leaves.add(match.leaf)
        self.count += 1

    @property
    def weight(self) -> float:
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


def _cut(
    name: str, text: str, span: tuple[int, int], found: list[_Match], longest: int = _LONGEST
) -> Snippet:
    """A stretch of the text, shortened at words if one sentence is too long."""
    start, end = span
    inside = [match for match in found if start <= match.start and match.end <= end]
    before = after = ""
    if end - start > longest:
        start, end = _shorten(text, start, end, inside, longest)
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


def _shorten(
    text: str, start: int, end: int, inside: list[_Match], longest: int
) -> tuple[int, int]:
    """A stretch of one long sentence, from word to word, that holds most of the matches."""
    best, best_count = (start, start + longest), -1
    for match in inside[:50] or [_Match(start, start, 0)]:
        low = max(start, match.start - longest // 4)
        if low > start:
            gap = text.find(" ", low, match.start)
            low = gap + 1 if gap >= 0 else match.start
        high = min(end, low + longest)
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
                return _cut(name, paragraph, (start, end), [])
    return Snippet(field="heading", text=re.sub(r"\s", " ", section.heading), highlights=())

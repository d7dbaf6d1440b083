"""What the index stores of a section's words: in which zone each one is, where, and its weight.

A word in a heading weighs more than one in the body. Weights are worked out here, when a section is
indexed; what a query makes of them is `index.search.ranking`.
"""

from array import array
from collections.abc import Iterator

from backissue.index.storage.rows import UNIT, WEIGHT_OF, ZONE_BITS, Zone
from backissue.records import Head, Part, Section

_LAST_POSITION = (1 << ZONE_BITS) - 1
# Between paragraphs lie positions that no word has, so that no phrase reaches across, nor words
# near one another (`query.FURTHEST`).
_GAP = 128

_MOST = 0xFFFF  # what a word counts in a section is stored in 16 bits

Entry = tuple[bytes, int, bytes]  # term, weight, spots


def entries(section: Section, head: Head) -> tuple[list[Entry], list[Entry]]:
    """The index entries of `section` for the fields TEXT and ASIDE."""
    text, aside = _Spots(), _Spots()
    for zone, line, joined in _paragraphs(section):
        text.add(zone, line, joined=joined)
    for link in section.links:
        aside.add(Zone.URL, link.url)
    aside.add(Zone.TITLE, head.title)
    aside.add(Zone.PUBLICATION, head.publication)
    aside.add(Zone.PUBLICATION, head.slug)
    for source in head.sources:
        aside.add(Zone.SOURCE, source)
    return text.entries(), aside.entries()


def text_of(section: Section) -> str:
    """The text whose words are the entries for TEXT: paragraphs with an empty line between two."""
    parts: list[str] = []
    for _, line, joined in _paragraphs(section):
        if line:
            parts += ("\n" if joined else "\n\n", line)
    return "".join(parts[1:])


def definition_tags(section: Section) -> set[str]:
    """The tags of a section for the abbreviations that it defines: two for each."""
    text = text_of(section)
    if "(" not in text:
        return set()
    # Neither is needed to read an index, nor to write a text without brackets.
    from backissue.query.synonyms import tags_of
    from backissue.text.abbreviations import definitions

    return {tag for pair in definitions(text) for tag in tags_of(*pair)}


Paragraph = tuple[Zone, str | None, bool]  # the last: whether it continues the one before


def _paragraphs(section: Section) -> Iterator[Paragraph]:
    """What every query looks at, each zone in its order."""
    yield Zone.HEADING, section.heading, False
    yield Zone.DECK, section.deck, False
    yield from _blocks(section, Part.BODY, Zone.BODY)
    if section.why:
        yield Zone.LABEL, section.why.label, False
        yield Zone.THESIS, section.why.thesis, False
        yield from ((Zone.WHY, line, False) for line in section.why.text.split("\n\n"))
    else:
        yield from _blocks(section, Part.WHY, Zone.WHY)
    yield from _blocks(section, Part.LINK, Zone.LINK)
    shown = {block.text for block in section.blocks if block.part is Part.LINK}
    for link in section.links:
        if not any(link.text in line for line in shown):
            yield Zone.LINK, link.text, False


def _blocks(section: Section, part: Part, zone: Zone) -> Iterator[Paragraph]:
    return ((zone, block.text, block.joined) for block in section.blocks if block.part is part)


class _Spots:
    """The spots of each word of one section, while it is read."""

    def __init__(self) -> None:
        self._spots: dict[str, list[int]] = {}
        self._free = [0] * len(Zone)

    def add(self, zone: Zone, text: str | None, *, joined: bool = False) -> None:
        """Adds a paragraph, or (`joined`) the continuation of one."""
        if not text:
            return
        base = min(self._free[zone] + (0 if joined else _GAP), _LAST_POSITION)
        from backissue.text.words import placed  # a reader of the index needs no analyser

        count, found = placed(text)
        if base + count > _LAST_POSITION:  # more than 16 million words: all the rest stand there
            found = [(word, min(place, _LAST_POSITION - base)) for word, place in found]
        first = (zone << ZONE_BITS) + base
        spots = self._spots
        for word, place in found:
            if word in spots:
                spots[word].append(first + place)
            else:
                spots[word] = [first + place]
        self._free[zone] = min(base + count, _LAST_POSITION)

    def entries(self) -> list[Entry]:
        made: list[Entry] = []
        for word, spots in self._spots.items():
            if len(spots) == 1:
                weight = WEIGHT_OF[spots[0] >> ZONE_BITS]
            else:
                weight = sum([WEIGHT_OF[spot >> ZONE_BITS] for spot in spots])
            stored = min(round(UNIT * weight), _MOST)
            # Zones are not filled in their order (title after body), and a spot list rises.
            rising = array("I", spots if len(spots) == 1 else sorted(spots))
            made.append((word.encode(errors="surrogatepass"), stored, rising.tobytes()))
        return made

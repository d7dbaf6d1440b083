"""A collection of the newsletter's own kind, made by rule from the issues themselves.

An author says three times in a line what a section is about, and each line becomes a question
whose answer is that section: the title of a paper in a link line (`Read more: TITLE (arXiv)`), the
deck below a heading, and the thesis behind `Why this matters`. For each kind there is a copy of the
archive that lacks the lines of that kind, also where a section's text repeats them literally, so
that no question finds itself. A line is no question if it has fewer than three words besides words
of grammar, if it is an address, or if the heading has it, or it the heading, word for word.
"""

import re
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from enum import Enum
from pathlib import Path

from msgspec.structs import replace

from backissue.archive import ingestion
from backissue.archive.settings import INDEX
from backissue.index import Index
from backissue.ingest.sources import collect
from backissue.records import NO_FACTS, Issue, Part, Run, Section
from backissue.text import words
from ranking.trials import Trial, addresses, indexed

_FEWEST = 3  # words besides words of grammar
# What a link line says of where it points, behind the title: `(arXiv).`
_SITE = re.compile(r"\s*\([^()]*\)[.\s]*$")


class Kind(Enum):
    """What becomes a question."""

    LINK = "link"
    DECK = "deck"
    THESIS = "thesis"


KINDS = {
    Kind.LINK: "titles in link lines",
    Kind.DECK: "decks",
    Kind.THESIS: "theses",
}


def issues_in(folders: Sequence[Path]) -> tuple[Issue, ...]:
    """The issues in some folders or files, merged as `ingest` does, each with its whole record."""
    with tempfile.TemporaryDirectory() as temporary:
        archive = Path(temporary)
        ingestion.ingest(archive, collect([str(folder) for folder in folders], NO_FACTS))
        return issues_of(archive)


def issues_of(archive: Path) -> tuple[Issue, ...]:
    """The issues of an archive, each with its whole record."""
    with Index.open(archive / INDEX) as index:
        found = (index.shelf.issue(head.key) for head in index.shelf.heads())
        return tuple(issue for issue in found if issue)


@contextmanager
def of_kind(kind: Kind, issues: Sequence[Issue]) -> Iterator[Trial]:
    """The questions of a kind, and the archive that lacks the lines that they were made of."""
    asked: dict[str, list[str]] = defaultdict(list)
    copies: list[Issue] = []
    for issue in issues:
        sections = []
        for section in issue.sections:
            texts = lines(section, kind)
            for text in filter(lambda text: is_question(text, section.heading), texts):
                asked[text].append(f"{issue.head.key}.{section.position}")
            sections.append(without(section, kind, texts))
        copies.append(replace(issue, sections=tuple(sections)))
    with indexed(copies) as folder:
        known = addresses(folder)
        named = {f"{kind.value}{at:03}": text for at, text in enumerate(sorted(asked), 1)}
        yield Trial(
            name=f"own-{kind.value}",
            group="own",
            about=f"{KINDS[kind]}: {len(known)} sections, {len(named)} questions",
            folder=folder,
            queries=named,
            judged={name: dict.fromkeys(asked[text], 1) for name, text in named.items()},
            names=known,
        )


def lines(section: Section, kind: Kind) -> tuple[str, ...]:
    """The lines of a kind in a section, as questions."""
    match kind:
        case Kind.LINK:
            found = [_SITE.sub("", link.text) for link in section.links if link.label]
        case Kind.DECK:
            found = [section.deck or ""]
        case Kind.THESIS:
            found = [section.why.thesis or "" if section.why else ""]
    return tuple(dict.fromkeys(filter(None, (" ".join(text.split()) for text in found))))


def is_question(text: str, heading: str) -> bool:
    """Whether a line asks for something that the heading does not say word for word."""
    plain, other = (" ".join(one.casefold().split()).strip(" .…") for one in (text, heading))
    grammar = words.function_words()
    telling = [
        word
        for word in text.split()
        if any(token.text not in grammar for token in words.tokens(word))
    ]
    return (
        "://" not in text and len(telling) >= _FEWEST and plain not in other and other not in plain
    )


def without(section: Section, kind: Kind, texts: Sequence[str]) -> Section:
    """A section without its lines of a kind, also where its text repeats them."""
    match kind:
        case Kind.LINK:
            blocks = tuple(block for block in section.blocks if block.part is not Part.LINK)
            links = tuple(link for link in section.links if not link.label)
            section = replace(section, blocks=blocks, links=links)
        case Kind.DECK:
            section = replace(section, deck=None)
        case Kind.THESIS:
            why = section.why and replace(section.why, thesis=None)
            section = replace(section, why=why)
    cut = _cutting(texts)
    blocks = tuple(
        replace(block, runs=(Run(text=cut(block.text)),))
        if cut(block.text) != block.text
        else block
        for block in section.blocks
    )
    links = tuple(replace(link, text=cut(link.text)) for link in section.links)
    why = section.why and replace(section.why, text=cut(section.why.text))
    deck = section.deck and cut(section.deck)
    return replace(section, blocks=blocks, links=links, why=why, deck=deck)


def _cutting(texts: Sequence[str]) -> Callable[[str], str]:
    """What takes each of these texts out of another, whatever its case and white space."""
    patterns = [
        re.compile(
            r"(?<!\w)" + r"\s+".join(map(re.escape, text.split())) + r"(?!\w)", re.IGNORECASE
        )
        for text in texts
        if len(text.split()) > 1
    ]

    def cut(text: str) -> str:
        for pattern in patterns:
            text = pattern.sub(" ", text)
        return text

    return cut

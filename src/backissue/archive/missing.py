"""What an archive lacks: absent numbers, issues that are only cited, issues cut short, duplicates.

Each comes with the evidence for it; nothing here changes the archive.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from enum import Enum
from itertools import groupby, pairwise
from statistics import median

from msgspec import Struct

from backissue.index import Index
from backissue.ingest.merge import are_alike
from backissue.records import (
    CUT_SHORT,
    TEASER,
    Block,
    BlockKind,
    Head,
    Issue,
    IssueKind,
    SectionKind,
    numbering,
    slug_of,
)
from backissue.text.prose import length_in_words

# How many issues on either side show what is usual.
_NEIGHBOURS = 4
# An issue with less than a quarter of its neighbours' words is not whole.
_SHORT = 0.25
# Signs after which a sentence goes on; any other sign, of any script, may end a text.
_GOES_ON = frozenset(",;，、；،؛-‐‑(（[「『")
# Only these break off: a list, a table or code ends as its author left it.
_TOLD = frozenset({BlockKind.PARAGRAPH, BlockKind.QUOTE})
_SIGNATURE = 10  # words; a line with no more is a signature, a button, a link


class MissingKind(Enum):
    """In which way something is missing."""

    ABSENT = "absent"
    CITED = "cited"
    CUT = "cut-off"
    DUPLICATE = "duplicate"


class Missing(Struct, frozen=True, kw_only=True):
    """Something missing of a publication, and the evidence for it.

    `first` and `last` are absent numbers, of a `volume` if there are any; `issue` is the address of
    an issue that is there, and `key` its full address.
    """

    kind: MissingKind
    publication: str
    evidence: str
    volume: int | None = None
    first: int | None = None
    last: int | None = None
    issue: str | None = None
    key: str | None = None


def find_missing(
    index: Index, publication: str | None = None, removed: Collection[str] = ()
) -> tuple[Missing, ...]:
    """Everything that seems to be missing, publication by publication, in order of number.

    `publication` is the short name of the only one to look at. Issues that you `removed`, by full
    address, are not missing.
    """
    found: list[Missing] = []
    for slug, heads in groupby(sorted(index.shelf.heads(), key=_place), key=lambda head: head.slug):
        if publication in (None, slug):
            issues = [issue for head in heads if (issue := index.shelf.issue(head.key))]
            numbers = {issue.head.number for issue in issues if issue.head.number is not None}
            newsletters = [one for one in issues if one.head.kind is IssueKind.NEWSLETTER]
            unwanted = _removed_numbers(slug, removed)
            # Issues whose publication nobody knows may be of several: no series has holes there.
            if any(one.head.publication is not None for one in issues):
                found += _absent(slug, issues, unwanted)
                found += _cited(slug, issues, numbers | {number for _, number in unwanted})
            found += _cut_off(slug, newsletters)
            found += _duplicates(index, slug, issues)
    return tuple(found)


def _place(head: Head) -> tuple[str, int, int, str, str]:
    return head.slug, head.volume or 0, head.number or 0, str(head.date or ""), head.key


_Count = tuple[int | None, int]  # a volume, or None, and a number in it


def _removed_numbers(slug: str, removed: Collection[str]) -> set[_Count]:
    """The numbers of the issues of a publication that you removed."""
    found: set[_Count] = set()
    for key in removed:
        number = re.fullmatch(r"(?:(\d+)\.)?(\d+)", key.rpartition("/")[2])
        if slug_of(key) == slug and number:
            found.add((int(number[1]) if number[1] else None, int(number[2])))
    return found


def _absent(slug: str, issues: Sequence[Issue], unwanted: set[_Count]) -> Iterator[Missing]:
    """The numbers between the first and the last that no issue has, without the `unwanted`.

    Where issues are counted in volumes, those between the first and the last of each volume.
    """
    held: dict[int | None, set[int]] = defaultdict(set)
    for issue in issues:
        if issue.head.number is not None:
            held[issue.head.volume].add(issue.head.number)
    for volume in sorted(held, key=lambda one: one or 0):
        gone = {number for other, number in unwanted if other == volume}
        for before, after in pairwise(sorted(held[volume])):
            between = sorted(number for number in gone if before < number < after)
            for first, last in pairwise((before, *between, after)):
                if last - first > 1:
                    ends = (numbering(number, volume) for number in (before, after))
                    yield Missing(
                        kind=MissingKind.ABSENT,
                        publication=slug,
                        volume=volume,
                        first=first + 1,
                        last=last - 1,
                        evidence=f"{' and '.join(filter(None, ends))} are held",
                    )


def _cited(slug: str, issues: Sequence[Issue], numbers: set[int]) -> Iterator[Missing]:
    """The numbers that sections cite and no issue has."""
    citing: Mapping[int, list[str]] = defaultdict(list)
    for issue in issues:
        for section in issue.sections:
            for number in section.mentions:
                if number not in numbers:
                    citing[number].append(f"{issue.head.id}.{section.position}")
    for number in sorted(citing):
        yield Missing(
            kind=MissingKind.CITED,
            publication=slug,
            first=number,
            last=number,
            evidence=f"cited in {', '.join(citing[number])}",
        )


def _cut_off(slug: str, issues: Sequence[Issue]) -> Iterator[Missing]:
    """The issues that seem to lack their end, with the signs of it."""
    for place, issue in enumerate(issues):
        around = [
            *issues[max(place - _NEIGHBOURS, 0) : place],
            *issues[place + 1 : place + 1 + _NEIGHBOURS],
        ]
        near = around if issue.head.publication is not None else []
        signs = "; ".join(_signs(issue, near))
        if signs:
            yield Missing(
                kind=MissingKind.CUT,
                publication=slug,
                issue=issue.head.id,
                key=issue.head.key,
                evidence=signs,
            )


def _signs(issue: Issue, near: Sequence[Issue]) -> Iterator[str]:
    if any(flaw.code == TEASER for flaw in issue.flaws):
        yield "only a teaser of it came"
    if cut := next((flaw for flaw in issue.flaws if flaw.code == CUT_SHORT), None):
        yield f"its source was cut short: “{cut.text}”"
    if not issue.sections:
        yield "only its title is held"
        return
    final = issue.sections[-1]
    last = next((block for block in reversed(final.blocks) if block.text.strip()), None)
    # A tale ends in the list of what inspired it, as its author left it.
    if last and final.kind is not SectionKind.FICTION and _breaks_off(last):
        yield f"ends in the middle of a sentence: “…{last.text[-40:]}”"
    if len(near) < 3:
        return
    tales = sum(map(_has_tale, near))
    if not _has_tale(issue) and tales * 5 >= len(near) * 4:
        yield f"has no tale, and {tales} of the {len(near)} issues around it have one"
    usual = median(one.head.words for one in near)
    if issue.head.words < usual * _SHORT:
        yield f"has {issue.head.words:,} words, and those around it about {round(usual):,}"


def _breaks_off(block: Block) -> bool:
    """Whether a paragraph ends in the middle of a sentence; a line of links and a signature do not.

    An emoji ends a sentence, too.
    """
    text = block.text.strip()
    linked = all(run.url or not run.text.strip(" \t\n|·•,/") for run in block.runs)
    if block.kind not in _TOLD or linked or length_in_words(text) <= _SIGNATURE:
        return False
    return text[-1] in _GOES_ON or unicodedata.category(text[-1])[0] not in "PS"


def _has_tale(issue: Issue) -> bool:
    return any(section.kind is SectionKind.FICTION for section in issue.sections)


def _duplicates(index: Index, slug: str, issues: Sequence[Issue]) -> Iterator[Missing]:
    """Issues under different numbers or names with most of their sentences in common."""
    by_key = {issue.head.key: issue for issue in issues}
    for issue in issues:
        alike = sorted(
            other.head.id
            for key in index.ledger.sharing(issue.fingerprints)
            if (other := by_key.get(key)) is not None
            and other.head.key > issue.head.key
            and are_alike(issue.fingerprints, other.fingerprints)
        )
        if alike:
            yield Missing(
                kind=MissingKind.DUPLICATE,
                publication=slug,
                issue=issue.head.id,
                key=issue.head.key,
                evidence=f"has most of its sentences in common with {', '.join(alike)}",
            )

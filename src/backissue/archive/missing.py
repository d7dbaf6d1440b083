"""What an archive lacks: absent numbers, issues that are only cited, issues cut short, duplicates.

Each comes with the evidence for it; nothing here changes the archive.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import groupby, pairwise
from statistics import median

from backissue.index import Index
from backissue.ingest.merge import are_alike
from backissue.records import TEASER, Head, Issue, IssueKind, SectionKind, slug_of

# How many issues on either side show what is usual.
_NEIGHBOURS = 4
# An issue with less than a quarter of its neighbours' words is not whole.
_SHORT = 0.25
# What a text that goes on to its end ends in.
_ENDINGS = (".", "!", "?", "…", "”", '"', "’", "'", ")", "]", "*", "–", "—", ":")
_LONG_LINE = 60  # characters; a shorter one is a signature, a button, a link


class MissingKind(Enum):
    """In which way something is missing."""

    ABSENT = "absent"
    CITED = "cited"
    CUT = "cut-off"
    DUPLICATE = "duplicate"


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """Something missing of a publication, and the evidence for it.

    `first` and `last` are absent numbers; `issue` is the address of an issue that is there, and
    `key` its full address.
    """

    kind: MissingKind
    publication: str
    evidence: str
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
            unwanted = {
                int(number)
                for key in removed
                if slug_of(key) == slug and (number := key.rpartition("/")[2]).isdecimal()
            }
            found += _absent(slug, numbers, unwanted)
            found += _cited(slug, issues, numbers | unwanted)
            found += _cut_off(slug, newsletters)
            found += _duplicates(index, slug, issues)
    return tuple(found)


def _place(head: Head) -> tuple[str, int, str, str]:
    return head.slug, head.number or 0, str(head.date or ""), head.key


def _absent(slug: str, numbers: set[int], unwanted: set[int]) -> Iterator[Missing]:
    """The numbers between the first and the last that no issue has, without the `unwanted`."""
    for before, after in pairwise(sorted(numbers)):
        between = sorted(number for number in unwanted if before < number < after)
        for first, last in pairwise((before, *between, after)):
            if last - first > 1:
                yield Missing(
                    kind=MissingKind.ABSENT,
                    publication=slug,
                    first=first + 1,
                    last=last - 1,
                    evidence=f"{before} and {after} are held",
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
        near = [
            *issues[max(place - _NEIGHBOURS, 0) : place],
            *issues[place + 1 : place + 1 + _NEIGHBOURS],
        ]
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
    if not issue.sections:
        yield "only its title is held"
        return
    final = issue.sections[-1]
    last = next((block.text for block in reversed(final.blocks) if block.text), "")
    # A tale ends in the list of what inspired it, as its author left it.
    whole = final.kind is SectionKind.FICTION or last.rstrip().endswith(_ENDINGS)
    if len(last) > _LONG_LINE and not whole:
        yield f"ends in the middle of a sentence: “…{last[-40:]}”"
    if len(near) < 3:
        return
    tales = sum(map(_has_tale, near))
    if not _has_tale(issue) and tales * 5 >= len(near) * 4:
        yield f"has no tale, and {tales} of the {len(near)} issues around it have one"
    usual = median(one.head.words for one in near)
    if issue.head.words < usual * _SHORT:
        yield f"has {issue.head.words:,} words, and those around it about {round(usual):,}"


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

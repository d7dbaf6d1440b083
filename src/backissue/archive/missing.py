"""What an archive lacks: absent numbers, issues that are cited and not held, issues cut short.

A guess is said as one, with what it rests on; nothing here changes the archive.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import groupby, pairwise
from statistics import median

from backissue.index import Index
from backissue.ingest.merge import are_alike
from backissue.records import TEASER, Head, Issue, IssueKind, SectionKind

# How many issues on either side tell what is usual.
_NEIGHBOURS = 4
# An issue with less than a quarter of its neighbours' words was hardly sent so.
_SHORT = 0.25
# What a text that goes on to its end ends in.
_ENDINGS = (".", "!", "?", "…", "”", '"', "’", "'", ")", "]", "*", "–", "—", ":")
_LONG_LINE = 60  # characters; a shorter one is a signature, a button, a link


class Lack(Enum):
    """A way in which something is missing."""

    ABSENT = "absent"
    CITED = "cited"
    CUT = "cut-off"
    DUPLICATE = "duplicate"


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """Something missing: which kind, in which publication, which issues, and on what evidence.

    `first` and `last` are absent numbers; `issue` is the address of a held one.
    """

    lack: Lack
    publication: str
    evidence: str
    first: int | None = None
    last: int | None = None
    issue: str | None = None


def gaps(index: Index, publication: str | None = None) -> tuple[Gap, ...]:
    """Everything that seems to be missing, publication by publication, in order of number.

    `publication` is the short name of the only one to look at.
    """
    found: list[Gap] = []
    heads = sorted(index.shelf.heads(), key=lambda head: head.slug)
    for slug, shelf in groupby(heads, key=lambda head: head.slug):
        if publication in (None, slug):
            found += _of_publication(index, slug, list(shelf))
    return tuple(found)


def _of_publication(index: Index, slug: str, heads: Sequence[Head]) -> Iterator[Gap]:
    issues = [issue for head in _in_order(heads) if (issue := index.shelf.issue(head.key))]
    held = {issue.head.number for issue in issues if issue.head.number is not None}
    yield from _absent(slug, held)
    yield from _cited(slug, issues, held)
    yield from _cut_off(slug, [one for one in issues if one.head.kind is IssueKind.NEWSLETTER])
    yield from _duplicates(index, slug, issues)


def _in_order(heads: Iterable[Head]) -> list[Head]:
    return sorted(heads, key=lambda head: (head.number or 0, str(head.date or ""), head.key))


def _absent(slug: str, held: set[int]) -> Iterator[Gap]:
    """The numbers between the first and the last that no issue has."""
    numbers = sorted(held)
    for before, after in pairwise(numbers):
        if after - before > 1:
            yield Gap(
                lack=Lack.ABSENT,
                publication=slug,
                first=before + 1,
                last=after - 1,
                evidence=f"{before} and {after} are held",
            )


def _cited(slug: str, issues: Sequence[Issue], held: set[int]) -> Iterator[Gap]:
    """The numbers that sections cite and no issue has."""
    citing: Mapping[int, list[str]] = defaultdict(list)
    for issue in issues:
        for section in issue.sections:
            for number in section.mentions:
                if number not in held:
                    citing[number].append(f"{issue.head.id}.{section.position}")
    for number in sorted(citing):
        yield Gap(
            lack=Lack.CITED,
            publication=slug,
            first=number,
            last=number,
            evidence=f"cited in {', '.join(citing[number])}",
        )


def _cut_off(slug: str, issues: Sequence[Issue]) -> Iterator[Gap]:
    """The issues that seem to lack their end, with the signs of it."""
    for place, issue in enumerate(issues):
        near = [
            *issues[max(place - _NEIGHBOURS, 0) : place],
            *issues[place + 1 : place + 1 + _NEIGHBOURS],
        ]
        signs = "; ".join(_signs(issue, near))
        if signs:
            yield Gap(lack=Lack.CUT, publication=slug, issue=issue.head.id, evidence=signs)


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
    if not _has_tale(issue) and tales >= 3 and tales * 5 >= len(near) * 4:
        yield f"has no tale, and {tales} of the {len(near)} issues around it have one"
    usual = median(one.head.words for one in near)
    if issue.head.words < usual * _SHORT:
        yield f"has {issue.head.words:,} words, and those around it about {round(usual):,}"


def _has_tale(issue: Issue) -> bool:
    return any(section.kind is SectionKind.FICTION for section in issue.sections)


def _duplicates(index: Index, slug: str, issues: Sequence[Issue]) -> Iterator[Gap]:
    """Issues under different numbers or names with most of their sentences in common."""
    by_key = {issue.head.key: issue for issue in issues}
    for issue in issues:
        alike = sorted(
            other.head.id
            for key in index.ledger.sharing(issue.prints)
            if (other := by_key.get(key)) is not None
            and other.head.key > issue.head.key
            and are_alike(issue.prints, other.prints)
        )
        if alike:
            yield Gap(
                lack=Lack.DUPLICATE,
                publication=slug,
                issue=issue.head.id,
                evidence=f"has most of its sentences in common with {', '.join(alike)}",
            )

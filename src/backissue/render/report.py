"""What an ingest run did, as lines for the person at the terminal."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from backissue.records import Outcome, Report, Status
from backissue.render.presentation import counted

if TYPE_CHECKING:
    from backissue.archive.removal import Removal

_MOST_LINES = 30  # what a screen shows
_MOST_NAMES = 4
# Flaws of a source that has only part of an issue; all other flaws are damage.
_INCOMPLETE = frozenset({"teaser", "cut-short"})


def told(report: Report, *, dry_run: bool) -> Iterator[str]:
    """A line for each input and each merge, and a summary.

    Of many inputs only those that need a look have a line.
    """
    usual = sum(not _is_remarkable(outcome) for outcome in report.outcomes)
    for outcome in report.outcomes:
        shown = usual <= _MOST_LINES or _is_remarkable(outcome)
        if outcome.status is Status.REMOVED:
            continue
        if shown and (outcome.status is not Status.UNCHANGED or outcome.reason):
            yield f"{outcome.status.value} {outcome.name}: {'; '.join(_remarks(outcome))}"
    for issue in report.added + report.changed:
        if issue.sources:
            yield f"merged {_some(issue.sources)} into {issue.id}"
    yield _summary(report) + (" (dry run: nothing was written)" if dry_run else "")


def _is_remarkable(outcome: Outcome) -> bool:
    """Whether there is more to say of an input than that it was added or known."""
    return outcome.reason is not None or bool(outcome.repaired or outcome.damaged)


def _remarks(outcome: Outcome) -> Iterator[str]:
    if outcome.status in {Status.ADDED, Status.UPDATED}:
        yield f"{outcome.format}, {counted(outcome.issues, 'issue')}"
    codes = outcome.damaged
    for what, counts in (
        ("repaired", outcome.repaired),
        ("still damaged:", {code: codes[code] for code in codes if code not in _INCOMPLETE}),
        ("incomplete:", {code: codes[code] for code in codes if code in _INCOMPLETE}),
    ):
        if counts:
            yield f"{what} {_tally(counts)}"
    if outcome.reason:
        yield outcome.reason


def _tally(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{number} {name}" for name, number in sorted(counts.items()))


def _some(names: Sequence[str]) -> str:
    """Names, the first few of many."""
    shown = ", ".join(names[:_MOST_NAMES])
    return shown if len(names) <= _MOST_NAMES else f"{shown} and {len(names) - _MOST_NAMES} more"


def _summary(report: Report) -> str:
    """`sources: 5 added, 1 skipped; 12 issues added`."""
    statuses = Counter(outcome.status for outcome in report.outcomes)
    sources = ", ".join(f"{statuses[one]} {one.value}" for one in Status if statuses[one])
    changes = (("added", report.added), ("changed", report.changed), ("gone", report.removed))
    issues = ", ".join(f"{counted(len(some), 'issue')} {what}" for what, some in changes if some)
    result = issues or "nothing changed"
    return f"sources: {sources}; {result}" if sources else result


def removing(removal: "Removal", verb: str) -> Iterator[str]:
    """A line for each issue and source that a removal takes out, and for each issue that stays."""
    lines = [f"{verb} {head.id}: {head.title or 'untitled'}" for head in removal.issues]
    lines += [f"{verb} the source {names[0]}" for names in removal.sources.values()]
    lines += [f"{head.id} stays, from its other sources" for head in removal.kept]
    yield from lines[:_MOST_LINES]
    if len(lines) > _MOST_LINES:
        yield f"and {len(lines) - _MOST_LINES} more"


def all_removed(removal: "Removal") -> str:
    """`2 issues and 1 source`."""
    counts = ((len(removal.issues), "issue"), (len(removal.sources), "source"))
    return " and ".join(counted(number, what) for number, what in counts if number)

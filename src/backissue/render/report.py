"""What an ingest run did, as lines for the person at the terminal."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from backissue.records import ChangedIssue, Outcome, Report, Status
from backissue.render.presentation import counted

if TYPE_CHECKING:
    from backissue.archive.removal import Removal

_MOST_LINES = 30  # what a screen shows
_MOST_NAMES = 4
# The formats whose usual name is not the one in JSON.
_FORMATS = {"html": "HTML", "markdown": "Markdown"}
_VERBS = {Status.REJECTED: "cannot read"}
# Flaws that are no damage to words: what a source has only part of, and what was guessed about it.
_REMARKS: Mapping[str, Callable[[int], str]] = {
    "teaser": lambda number: f"only the beginning of {counted(number, 'issue')}",
    "cut-short": lambda number: f"{counted(number, 'issue')} cut off",
    "damaged-row": lambda number: f"{counted(number, 'row')} that cannot be read",
    "nested-too-deep": lambda number: f"{counted(number, 'part')} nested too deep to be read",
    "unknown-charset": lambda _: "encoding guessed",
    "charset-misfit": lambda _: "encoding guessed",
    "stray-byte": lambda _: "encoding of some letters guessed",
}


def told(report: Report, *, dry_run: bool, first: bool = False) -> Iterator[str]:
    """A line for what the run met, for each input and each merge, and a summary.

    Of many inputs only those that need a look have a line. After the `first` run of an archive,
    the last line says how to search.
    """
    usual = sum(not _is_remarkable(outcome) for outcome in report.outcomes)
    issues = report.added + report.changed
    repaired = _repaired_issues(issues)
    yield from report.remarks
    for outcome in report.outcomes:
        shown = usual <= _MOST_LINES or _is_remarkable(outcome)
        if outcome.status is Status.REMOVED:
            continue
        if shown and (outcome.status is not Status.UNCHANGED or outcome.reason):
            verb = _VERBS.get(outcome.status, outcome.status.value)
            remarks = "; ".join(_remarks(outcome, repaired.get(outcome.name, ())))
            yield f"{verb} {outcome.name}: {remarks}"
    for issue in issues:
        if len(issue.sources) > 1:
            how = "both" if len(issue.sources) == 2 else "all"
            yield f"merged {_some(issue.sources)}: {how} have issue {issue.id}"
    yield _summary(report) + (" (dry run: nothing was written)" if dry_run else "")
    if first and report.added and not dry_run:
        yield "to search: backissue search WORDS"


def _repaired_issues(issues: Sequence[ChangedIssue]) -> Mapping[str, list[str]]:
    """The addresses of the issues with repairs, by the names of their sources."""
    found: dict[str, list[str]] = {}
    for issue in issues:
        for name in issue.sources if issue.repaired else ():
            found.setdefault(name, []).append(issue.id)
    return found


def _is_remarkable(outcome: Outcome) -> bool:
    """Whether there is more to say of an input than that it was added or known."""
    return outcome.reason is not None or bool(outcome.repaired or outcome.damaged)


def _remarks(outcome: Outcome, issues: Sequence[str]) -> Iterator[str]:
    if outcome.status in {Status.ADDED, Status.UPDATED}:
        name = outcome.format or ""
        yield f"{_FORMATS.get(name, name)}, {counted(outcome.issues, 'issue')}"
    if repairs := ", ".join(_repairs(outcome)):
        yield repairs + (f": backissue repairs {issues[0]}" if issues else "")
    told = (
        _REMARKS[code](number)
        for code, number in sorted(outcome.damaged.items())
        if code in _REMARKS
    )
    yield from dict.fromkeys(told)
    if outcome.reason:
        yield outcome.reason


def _repairs(outcome: Outcome) -> Iterator[str]:
    """How many places were repaired, and how many are still damaged."""
    repaired = sum(outcome.repaired.values())
    damaged = sum(number for code, number in outcome.damaged.items() if code not in _REMARKS)
    if repaired:
        yield f"repaired {counted(repaired, 'place')}"
    if damaged:
        yield f"{damaged} still damaged" if repaired else f"{counted(damaged, 'place')} damaged"


def _some(names: Sequence[str]) -> str:
    """Names, the first few of many."""
    if len(names) > _MOST_NAMES:
        return f"{', '.join(names[:_MOST_NAMES])} and {len(names) - _MOST_NAMES} more"
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))


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

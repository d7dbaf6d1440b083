"""The commands that take things out and back: remove, undo."""

import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import click

from backissue.cli.addresses import heads_of, publication_option, resolve
from backissue.cli.app import Settings, as_typed, examples, forms, pass_settings, say_rejected
from backissue.cli.output import say, watched
from backissue.errors import Exit, NothingFoundError, UsageError
from backissue.records import Head, Report
from backissue.render.report import all_removed, removing

if TYPE_CHECKING:
    from backissue.archive.removal import Chosen, Removal
    from backissue.archive.store import Store
    from backissue.index import Index


@examples(
    "backissue remove 395",
    "backissue remove 386..389 situational-awareness",
    "backissue remove --source 004_38e7123a1bbc474a.txt",
    "backissue remove --publication import-ai --dry-run",
)
@click.command(short_help="Remove issues or sources from the archive.")
@click.argument("ref", nargs=-1)
@click.option(
    "--source",
    "source",
    metavar="NAME",
    multiple=True,
    help="Remove this source: its name, or the start of its sha256.",
)
@publication_option
@click.option("--dry-run", is_flag=True, help="Show what would be removed, and write nothing.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@forms("json")
@pass_settings
def remove(
    settings: Settings,
    /,
    ref: tuple[str, ...],
    source: tuple[str, ...],
    publication: str | None,
    *,
    dry_run: bool,
    yes: bool,
) -> int:
    """Remove issues (395, 386..389), sources, or a whole publication; on a terminal, it asks first.

    What you remove does not come back when the same files are ingested again, or the same text in
    another file; backissue ingest --again brings it back. backissue undo takes the removal back.
    The files that you ingested from are never touched.
    """
    from backissue.archive import removal
    from backissue.archive.journal import note
    from backissue.archive.store import Store

    with settings.index() as index:
        chosen = _chosen(settings, index, ref, source, publication)
        found = removal.look(Store(settings.folder), index, chosen)
    if dry_run:
        _say_removed(settings, found, found.report, "would remove")
        return Exit.OK
    if not yes and not _agreed(found):
        say("nothing was removed")
        return Exit.OK
    words = [*ref, *(f"--source {name}" for name in source)]
    words += [f"--publication {publication}"] if publication else []
    with watched() as watch:
        found, report = removal.remove(settings.folder, chosen, watch.phase)
    note(settings.folder, "remove", list(map(as_typed, words)), report)
    _say_removed(settings, found, report, "removed")
    return Exit.REJECTED_INPUT if report.rejected else Exit.OK


def _say_removed(settings: Settings, found: "Removal", report: Report, verb: str) -> None:
    """Present what was or would be removed."""
    dry_run = report is found.report
    settings.present.report(report, dry_run=dry_run)
    for line in removing(found, verb):
        say(line)
    what = all_removed(found)
    say(f"{what} would be removed (dry run)" if dry_run else f"{what} removed")
    say_rejected(report)


def _chosen(
    settings: Settings,
    index: "Index",
    refs: Sequence[str],
    names: Sequence[str],
    publication: str | None,
) -> "Chosen":
    """What the arguments name. Raises `UsageError` and `NothingFoundError`, with what to type."""
    from backissue.archive.removal import Chosen
    from backissue.archive.store import Store

    if not (refs or names or publication is not None):
        raise UsageError(
            "nothing to remove is named",
            hint="such as backissue remove 395, or --source NAME, or --publication NAME",
        )
    if names and (refs or publication is not None):
        raise UsageError(
            "--source cannot be combined with addresses or --publication",
            hint="remove issues with a second command",
        )
    if names:
        store = Store(settings.folder)
        return Chosen(sources=frozenset(_source(store, as_typed(name)) for name in names))
    if not refs:
        return Chosen(keys=frozenset(head.key for head in heads_of(index, publication)))
    heads = [head for ref in refs for head in _issues(settings, index, ref, publication)]
    return Chosen(keys=frozenset(head.key for head in heads))


def _issues(
    settings: Settings, index: "Index", ref: str, publication: str | None
) -> Iterator[Head]:
    """The issues that an address or a range of numbers or days names."""
    if ".." in ref:
        from backissue.query import Dates
        from backissue.query.values import parse_range

        wanted = parse_range(as_typed(ref))
        heads = [
            head
            for head in heads_of(index, publication)
            if (value := head.date if isinstance(wanted, Dates) else head.number) is not None
            and value in wanted  # type: ignore[operator]  # a date in days, a number in numbers
        ]
        if not heads:
            raise NothingFoundError(f"no issue in {ref}", hint="to list all: backissue issues")
        yield from heads
        return
    head, position = resolve(settings, index, ref, publication)
    if position is not None:
        raise UsageError(
            f"{head.id}.{position} is a section, and only whole issues can be removed",
            hint=f"to remove its issue: backissue remove {head.id}",
        )
    yield head


_FEWEST_DIGITS = 4  # of a sha256, that are not a file's name by chance


def _source(store: "Store", name: str) -> str:
    """The sha256 of the source with this name, or whose sha256 starts so."""
    from backissue.archive.removal import names_of

    known = {sha256: names_of(store, sha256) for sha256 in store.hashes()}
    found = [sha256 for sha256, names in known.items() if name in names]
    if not found and len(name) >= _FEWEST_DIGITS:
        found = [sha256 for sha256 in known if sha256.startswith(name.casefold())]
    if not found:
        last = [(sha256, one) for sha256, names in known.items() for one in names]
        found = sorted({sha256 for sha256, one in last if one.rpartition("/")[2] == name})
    removed = store.removed()
    if not found and removed and any(name in one.names for one in removed.sources.values()):
        raise NothingFoundError(
            f"the source “{name}” is removed already", hint="to list past runs: backissue log"
        )
    if not found:
        from backissue.query.edit_distance import nearest

        near = nearest(name, [one for names in known.values() for one in names])
        hint = f"did you mean {near}?" if near else "its issue names it: backissue show REF --json"
        raise NothingFoundError(f"no source “{name}”", hint=hint)
    if len(found) > 1:
        several = " or ".join(f"{sha256[:12]} ({known[sha256][0]})" for sha256 in found[:9])
        raise UsageError(f"“{name}” is {len(found)} sources", hint=f"write {several}")
    return found[0]


def _agreed(found: "Removal") -> bool:
    """Whether you agree. Raises `UsageError` where there is no terminal to ask on."""
    if not (sys.stdin and sys.stdin.isatty() and sys.stderr.isatty()):
        raise UsageError(
            "there is no terminal to ask on",
            hint="add --yes to remove this, or --dry-run to only see it",
        )
    for line in removing(found, "remove"):
        say(line)
    return click.confirm(f"backissue: remove {all_removed(found)}?", err=True)


COMMANDS = {command.name: command for command in (remove,)}

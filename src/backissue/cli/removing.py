"""The commands that take things out and back: remove, undo."""

import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import click

from backissue.cli.addresses import heads_of, publication_option
from backissue.cli.app import Settings, as_typed, examples, forms, pass_settings, say_rejected
from backissue.cli.formatting import format_option, write_formatted
from backissue.cli.output import say, watched
from backissue.cli.references import refs_argument, resolve_all
from backissue.errors import Exit, NothingFoundError, UsageError
from backissue.records import Head
from backissue.render.listed import UNDOABLE
from backissue.render.report import all_removed, removing, told
from backissue.render.rows import undone

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
@click.command()
@refs_argument(required=False)
@click.option(
    "--source",
    "source",
    metavar="NAME",
    multiple=True,
    help="Remove this source: its name, or its folder or mailbox, or the start of its sha256.",
)
@publication_option
@click.option("--dry-run", is_flag=True, help="Show what would be removed, and write nothing.")
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@forms("json")
@pass_settings
def remove(
    settings: Settings,
    /,
    refs: tuple[str, ...],
    source: tuple[str, ...],
    publication: str | None,
    *,
    dry_run: bool,
    yes: bool,
) -> int:
    """Remove issues (395, 386..389), sources, or a whole publication; on a terminal, it asks first.

    What you remove does not come back when the same files are ingested again, or the same text in
    another file; backissue ingest --again brings it back. backissue undo takes the removal back, as
    long as it is among the last ten runs; after that, the archive's own copies are deleted. The
    files that you ingested from are never touched.
    """
    from backissue.archive import removal
    from backissue.archive.files import place_of
    from backissue.archive.journal import note
    from backissue.archive.store import Store

    with settings.index() as index:
        chosen = _chosen(settings, index, refs, source, publication)
        found = removal.look(Store(settings.folder), index, chosen)
    if dry_run:
        settings.present.report(found.report, dry_run=True)
        _say_all(removing(found, "would remove"))
        say(f"{all_removed(found)} would be removed (dry run: nothing was written)")
        return Exit.OK
    if not yes and not _agreed(found):
        say("nothing was removed")
        return Exit.OK
    words = [as_typed(one) for one in (*refs, *(f"--source {name}" for name in source))]
    words += [as_typed(f"--publication {publication}")] if publication else []
    place = place_of(settings.folder)
    with watched() as watch:
        found, report = removal.remove(settings.folder, chosen, words, watch.phase)
    note(settings.folder, "remove", words, report, place=place)
    settings.present.report(report, dry_run=False)
    _say_all(report.remarks)
    _say_all(removing(found, "removed") if yes else ())  # else the question named them
    say(f"{all_removed(found)} removed; to take it back: backissue undo")
    say_rejected(report)
    return Exit.REJECTED_INPUT if report.rejected else Exit.OK


def _say_all(lines: Iterable[str]) -> None:
    for line in lines:
        say(line)


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
        found = (one for name in names for one in _sources(store, as_typed(name)))
        return Chosen(sources=frozenset(found))
    if not refs:
        return Chosen(keys=frozenset(head.key for head in heads_of(index, publication)))
    named = resolve_all(settings, index, refs, publication)
    if named.code:
        raise UsageError("nothing was removed", hint="correct the addresses, and run it again")
    return Chosen(keys=frozenset(_issue(*place) for place in named.places))


def _issue(head: Head, position: int | None) -> str:
    """The key of an issue. Raises `UsageError` for a section."""
    if position is not None:
        raise UsageError(
            f"{head.id}.{position} is a section, and only whole issues can be removed",
            hint=f"to remove its issue: backissue remove {head.id}",
        )
    return head.key


_FEWEST_DIGITS = 4  # of a sha256, that are not a file's name by chance


def _sources(store: "Store", name: str) -> list[str]:
    """The sha256 of the source with this name or hash, or of all in this container or folder.

    Raises `NothingFoundError` if there is none, and `UsageError` for one name of several sources.
    """
    from backissue.archive.removal import names_of

    known = {sha256: names_of(store, sha256) for sha256 in store.hashes()}
    found = [sha256 for sha256, names in known.items() if name in names]
    if not found and len(name) >= _FEWEST_DIGITS:
        found = [sha256 for sha256 in known if sha256.startswith(name.casefold())]
    if not found and (inside := _inside(known, name)):
        return inside
    if not found:
        pairs = ((sha256, one) for sha256, names in known.items() for one in names)
        found = sorted({sha256 for sha256, one in pairs if one.rpartition("/")[2] == name})
    if not found:
        raise _no_source(store, known, name)
    if len(found) > 1:
        several = " or ".join(f"{sha256[:12]} ({known[sha256][0]})" for sha256 in found[:9])
        raise UsageError(f"“{name}” is {len(found)} sources", hint=f"write {several}")
    return found


def _inside(known: Mapping[str, tuple[str, ...]], name: str) -> list[str]:
    """The sources in a container (`inbox.mbox!1`) or a folder."""
    starts = (f"{name}!", f"{name.rstrip('/')}/")
    return [
        sha256
        for sha256, names in known.items()
        if any(one.startswith(start) for one in names for start in starts)
    ]


def _no_source(
    store: "Store", known: Mapping[str, tuple[str, ...]], name: str
) -> NothingFoundError:
    """The error of a name that no source has, with the nearest."""
    removed = store.removed()
    if removed and any(name in one.names for one in removed.sources.values()):
        return NothingFoundError(
            f"the source “{name}” is removed already", hint="to list past runs: backissue log"
        )
    from backissue.query.edit_distance import nearest

    near = nearest(name, [one for names in known.values() for one in names])
    hint = f"did you mean {near}?" if near else "its issue names it: backissue show REF --json"
    return NothingFoundError(f"no source “{name}”", hint=hint)


def _agreed(found: "Removal") -> bool:
    """Whether you agree. Raises `UsageError` where there is no terminal to ask on."""
    if not (sys.stdin and sys.stdin.isatty() and sys.stderr.isatty()):
        raise UsageError(
            "there is no terminal to ask on",
            hint="add --yes to remove this, or --dry-run to only see it",
        )
    _say_all(removing(found, "remove"))
    try:
        return click.confirm(f"backissue: remove {all_removed(found)}?", err=True)
    except click.Abort:
        click.echo(err=True)  # ends the line of the question
        raise


@examples("backissue undo", "backissue undo --list", "backissue undo --dry-run")
@click.command()
@click.option("--list", "listed", is_flag=True, help="List the runs that can be taken back.")
@click.option("--dry-run", is_flag=True, help="Show what would be taken back, and write nothing.")
@format_option(UNDOABLE)
@forms("json")
@pass_settings
def undo(settings: Settings, listed: bool, dry_run: bool, template: str | None) -> int:
    """Take back the last ingest, set or remove, whichever it was, whole.

    A second undo takes back the run before that one, up to ten in all. The originals that an ingest
    added are deleted; those that a remove took out are kept for as long as it can be taken back.
    With --list in a pipe, each line has the run's place (1 is the next to be taken back), time,
    command, number of sources, and what you named, separated by tabs.
    """
    from backissue.archive import undoing

    if template is not None and not listed:
        raise UsageError("--format is for a list", hint="add --list: nothing is taken back")
    folder = settings.existing_folder
    if listed or dry_run:
        found = undone(undoing.undoable(folder))
        formatted = write_formatted(settings, template, UNDOABLE, found)
        if not formatted and (listed or settings.json):
            settings.present.undoable(found if listed else found[:1])
        if not found:
            say("there is no run to take back")
        elif dry_run:
            say(f"would take back: {found[0].about} (dry run: nothing was written)")
        return Exit.OK if found else Exit.NOTHING_FOUND
    with watched() as watch:
        run, report = undoing.undo(folder, watch.phase)
    (row,) = undone([run])
    settings.present.report(report, dry_run=False)
    say(f"took back: {row.about}")
    _say_all(told(report, dry_run=False))
    return Exit.REJECTED_INPUT if report.rejected else Exit.OK


COMMANDS = {command.name: command for command in (remove, undo)}

"""The commands that write: ingest, set, rebuild.

The parsers are imported where a command runs: the help of these commands is shown without them.
"""

import os
import shlex
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click
from msgspec.structs import replace

from backissue.cli.addresses import (
    dated_numbers,
    note_longer_addresses,
    note_shared_numbers,
    with_short_addresses,
)
from backissue.cli.app import Settings, examples, forms, pass_settings, say_rejected
from backissue.cli.day_options import issue_day
from backissue.cli.output import complain, rebuild_watched, say, watched
from backissue.errors import Exit, UsageError
from backissue.records import NO_FACTS, Facts, Report, Status
from backissue.render.presentation import counted
from backissue.render.report import told

if TYPE_CHECKING:
    from backissue.archive.previewing import Item
    from backissue.ingest.sources import Limits


@examples(
    "backissue ingest ~/Downloads/import-ai/",
    "backissue ingest 002.txt --number 396 --date 2025-01-20",
    "pbpaste | backissue ingest -",
    "backissue ingest --dry-run seeds/",
)
@click.command()
@click.argument("path", nargs=-1, required=True)
@click.option("--number", metavar="N", help="The issue's number.")
@click.option("--title", metavar="TEXT", help="The issue's title.")
@click.option(
    "--date",
    metavar="DAY",
    callback=issue_day,
    help="The day it appeared: 2025-01-20, '20 Jan 2025', yesterday.",
)
@click.option("--publication", metavar="NAME", help="The publication's name.")
@click.option("--kind", metavar="KIND", help="Its kind: newsletter or notes.")
@click.option("--url", metavar="URL", help="Where it was published.")
@click.option("--again", is_flag=True, help="Also bring back what you removed.")
@click.option("--dry-run", is_flag=True, help="Show what would happen, and write nothing.")
@click.option("--force", is_flag=True, help="Keep the archive in a folder that holds other files.")
@forms("json")
@pass_settings
def ingest(
    settings: Settings,
    /,
    path: tuple[str, ...],
    again: bool,
    dry_run: bool,
    force: bool,
    **said: str | None,
) -> int:
    """Add files and whole folders to the archive; - is standard input.

    A file that the archive already has is left alone. Copies of one issue become one record that
    names all its sources. Options, or a catalog.toml in a folder, give facts that the files lack;
    --number, --title, --date and --url are for a single issue. The archive keeps every original.
    """
    from backissue.archive.settings import claim, is_without_originals
    from backissue.ingest.sources import is_typed

    facts = _said(said)
    claim(settings.folder, force=force)
    if any(map(is_typed, path)):
        say("reading standard input; end it with Ctrl-D")
    first = is_without_originals(settings.folder)
    report = _ingested(settings.folder, path, facts, dry_run=dry_run, again=again)
    code = tell(settings, report, dry_run=dry_run, first=first)
    if report.added and not dry_run and (not first or dated_numbers(report)):
        with settings.index() as index:
            if not first:
                note_longer_addresses(index, report)
            note_shared_numbers(index, report)
    return code if _has_issues(report) else _explain_nothing(path, code)


def _said(said: Mapping[str, str | None]) -> Facts:
    """The facts that options give. Raises `UsageError` for one that is empty or wrong."""
    from backissue.ingest.identity import check, overlay

    facts = NO_FACTS
    for name, value in said.items():
        if value is None:
            continue
        if not value.strip():
            raise UsageError(f"--{name} is empty", hint="give it a value, or leave it out")
        try:
            facts = overlay(facts, check(name, value))
        except UsageError as error:
            hint = error.hint and error.hint.replace(f" {name}=", f" --{name} ")
            raise UsageError(error.message, hint=hint) from None
    return facts


def _ingested(
    folder: Path, paths: Sequence[str], facts: Facts, *, dry_run: bool, again: bool
) -> Report:
    """Ingest what is at the paths; pipes are read first, so that no other writer waits for them."""
    from backissue.archive import ingestion
    from backissue.ingest.sources import collect, limits, read_pipes, survey

    common = Facts(publication=facts.publication, kind=facts.kind)
    single = replace(facts, publication=None, kind=None)
    allowed = limits.configured()
    pipes = read_pipes(paths)
    with watched() as watch, _noted(folder, paths, dry_run) as note:
        if watch.shown:
            watch.meter.total = survey(paths, archive=folder)
        items: Iterable[Item] = collect(
            paths, common, archive=folder, meter=watch.meter, pipes=pipes
        )
        if single != NO_FACTS:
            items = _of_one_issue(items, single, allowed, watch.progress)
        report = ingestion.ingest(
            folder,
            items,
            ingestion.Options(limits=allowed, dry_run=dry_run, again=again, places=tuple(paths)),
            progress=watch.progress,
            phase=watch.phase,
        )
        note(report)
    return report


def _has_issues(report: Report) -> bool:
    """Whether any input holds an issue: known, new, or one that you removed."""
    return any(
        one.status not in (Status.SKIPPED, Status.REJECTED) or "--again" in (one.reason or "")
        for one in report.outcomes
    )


def _explain_nothing(paths: Sequence[str], code: Exit) -> Exit:
    """Say what folders need, of which nothing could be ingested; the exit code."""
    folders = [path for path in paths if os.path.isdir(path) and os.listdir(path)]
    if folders:
        names = " or ".join(folders)
        hint = "ingest reads text, pages, mail and feeds, also in zip and tar files and mailboxes"
        complain(f"nothing to ingest in {names}", hint)
    return code or Exit.NOTHING_FOUND


def _of_one_issue(
    items: "Iterable[Item]", facts: Facts, limits: "Limits", progress: Callable[[str], None]
) -> "Iterable[Item]":
    """The inputs with the facts of their one issue. Raises `UsageError` where there are several."""
    from backissue.archive.previewing import preview
    from backissue.ingest.identity import to_plain

    found = preview(items, facts, limits, progress)
    if found.issues <= 1:
        return found.items
    plain = to_plain(facts)
    options = " and ".join(f"--{name}" for name in plain)
    words = " ".join(f"{name}={shlex.quote(str(value))}" for name, value in plain.items())
    correct = f"correct it afterwards: backissue set REF {words}"
    if len(found.names) == 1:
        what, way = f"{found.names[0]} holds {found.issues}", f"ingest it without, and {correct}"
    else:
        what = f"these are several: {' and '.join(found.names)}"
        way = f"name one file, or write a catalog.toml beside the files, or {correct}"
    verb = "is" if len(plain) == 1 else "are"
    raise UsageError(f"{options} {verb} for one issue, and {what}", hint=way)


def tell(settings: Settings, report: Report, *, dry_run: bool = False, first: bool = False) -> Exit:
    """Present a report, as JSON if you asked for it and on standard error; its exit code."""
    settings.present.report(report, dry_run=dry_run)
    if not dry_run:
        report = with_short_addresses(settings, report)
    for line in told(report, dry_run=dry_run, first=first):
        say(line)
    return Exit.REJECTED_INPUT if report.rejected else Exit.OK


@contextmanager
def _noted(folder: Path, paths: Sequence[str], dry_run: bool) -> Iterator[Callable[[Report], None]]:
    """Write the run to the archive's log, also if it is interrupted."""
    from backissue.archive import journal
    from backissue.archive.files import place_of
    from backissue.archive.settings import exists

    place = place_of(folder)

    def note(report: Report | None) -> None:
        if not dry_run and exists(folder):
            journal.note(folder, "ingest", paths, report, place=place)

    try:
        yield note
    except KeyboardInterrupt:
        note(None)
        raise


@examples("backissue rebuild")
@click.command()
@forms("json")
@pass_settings
def rebuild(settings: Settings) -> int:
    """Rebuild all records from the originals, and replace the index in one step."""
    report = rebuild_watched(settings.existing_folder)
    settings.present.report(report, dry_run=False)
    say_rejected(report)
    sections = sum(issue.sections for issue in report.added)
    say(f"rebuilt {counted(len(report.added), 'issue')} with {counted(sections, 'section')}")
    return Exit.REJECTED_INPUT if report.rejected else Exit.OK


COMMANDS = {command.name: command for command in (ingest, rebuild)}

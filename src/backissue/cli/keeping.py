"""The commands that look after an archive: missing, log, backup, restore, doctor, verify."""

from collections.abc import Callable, Iterable
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING

import click

from backissue.cli.addresses import publication_option, publication_slug
from backissue.cli.app import Settings, examples, forms, pass_settings, say_rejected
from backissue.cli.formatting import format_option, write_formatted
from backissue.cli.output import rebuild_watched, say, watched
from backissue.errors import Exit
from backissue.render.listed import MISSING, RUNS
from backissue.render.presentation import counted

if TYPE_CHECKING:
    from backissue.archive.privacy import Finding
    from backissue.ingest.sources import Meter

    Look = Callable[[Path, Callable[[str], None], Meter], Iterable[Finding]]


@examples(
    "backissue missing",
    "backissue missing --publication import-ai",
    "backissue missing --json | jq -r '.missing[] | select(.kind == \"absent\") | .first'",
)
@click.command()
@publication_option
@format_option(MISSING)
@forms("json", "jsonl")
@pass_settings
def missing(settings: Settings, publication: str | None, template: str | None) -> int:
    """List missing numbers, cited issues that are missing, and issues cut off or duplicated.

    Issues that you removed are not missing. The exit code is 5 if something is missing. In a pipe,
    each line has publication, kind, issues and evidence, separated by tabs.
    """
    from backissue.archive.missing import find_missing
    from backissue.archive.store import Store

    with settings.index() as index:
        slug = publication_slug(index, publication) if publication is not None else None
        removed = Store(settings.folder).removed()
        found = find_missing(index, slug, removed.keys if removed else ())
    if not write_formatted(settings, template, MISSING, found):
        settings.present.missing(found)
    if not found:
        say("nothing seems to be missing")
    return Exit.FINDINGS if found else Exit.OK


@examples("backissue log", "backissue log -n 3", "backissue log --jsonl | tail -1")
@click.command()
@click.option("-n", "limit", metavar="N", type=click.IntRange(1), help="Only the last N runs.")
@format_option(RUNS)
@forms("json", "jsonl")
@pass_settings
def log(settings: Settings, limit: int | None, template: str | None) -> int:
    """List past runs of ingest and remove with their results, the latest last.

    Runs that changed nothing are not listed. In a pipe, each line has time, command, result, and
    the files and folders, separated by tabs.
    """
    from backissue.archive import journal

    found = list(journal.entries(settings.existing_folder))[-limit if limit else 0 :]
    if not write_formatted(settings, template, RUNS, found):
        settings.present.log(found)
    if not found:
        say("there was no ingest run yet")
    return Exit.OK if found else Exit.NOTHING_FOUND


@examples("backissue backup ~/backissue-2024.tar.gz")
@click.command()
@click.argument("file", type=click.Path(path_type=Path, readable=False))
@pass_settings
def backup(settings: Settings, file: Path) -> int:
    """Write the originals, and everything you added, to one file: a gzipped tar.

    The file is written whole or not at all, and the same archive gives the same bytes. The index
    is not in it; restore rebuilds it. Nor is what you removed, which stays away after a restore, or
    the list of runs that undo can take back.
    """
    from backissue.archive.backup import back_up

    count = back_up(settings.existing_folder, file)
    say(f"{counted(count, 'original')} in {file}")
    return Exit.OK


@examples("backissue restore ~/backissue-2024.tar.gz ~/newsletters")
@click.command()
@click.argument("file", type=click.Path(path_type=Path, readable=False))
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path, readable=False))
@pass_settings
def restore(settings: Settings, file: Path, folder: Path) -> int:
    """Restore a backup into a new or empty folder, and rebuild its records.

    Every original is checked against its hash. A file that is no backup, a damaged one, or one that
    unpacks to more than ingest would take is refused with exit code 2, and DIR stays as it was. An
    original that takes longer to read than ingest allows is kept, and not indexed: exit code 4. To
    use the folder, give --archive DIR, or set $BACKISSUE_ARCHIVE.
    """
    del settings
    from backissue.archive.restoring import restore as bring_back
    from backissue.ingest.sources import configured

    limits = configured()
    count = bring_back(file, folder, limits)
    report = rebuild_watched(folder, limits)
    say_rejected(report)
    if report.rejected:
        say(f"to read everything without limits: backissue --archive {quote(str(folder))} rebuild")
    issues = counted(len(report.added), "issue")
    say(f"{counted(count, 'original')}, {issues} in {folder}")
    return Exit.REJECTED_INPUT if report.rejected else Exit.OK


@examples("backissue doctor", "backissue doctor --json")
@click.command()
@forms("json")
@pass_settings
def doctor(settings: Settings) -> int:
    """Find problems in the archive, and say how to solve each; nothing is changed.

    It checks links, owners and permissions, also of the folders above, the originals, your own
    files and the index. The exit code is 5 if something is wrong. To compare every record with the
    originals, too: backissue verify.
    """
    from backissue.archive.health import examine
    from backissue.archive.opening import require

    require(settings.folder, settings.command, whole=False)  # links are named, too
    return _examine(settings, settings.folder, examine, "nothing is wrong")


@examples("backissue verify")
@click.command()
@forms("json")
@pass_settings
def verify(settings: Settings) -> int:
    """Rebuild all records in a temporary place, and compare them with those in the archive.

    The index is read a second time, by Whoosh, and its words are compared with its records.
    Damaged originals are named, and nothing is overwritten. The exit code is 5 if something
    differs.
    """
    from backissue.archive.health import verify as compared

    return _examine(
        settings, settings.existing_folder, compared, "every record matches its originals"
    )


def _examine(settings: Settings, folder: Path, look: "Look", well: str) -> int:
    with watched() as watch:
        found = list(look(folder, watch.progress, watch.meter))
    settings.present.findings(found)
    if not found:
        say(well)
    return Exit.FINDINGS if found else Exit.OK


COMMANDS = {command.name: command for command in (missing, log, backup, restore, doctor, verify)}

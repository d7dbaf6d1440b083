"""What the archive has: stats, and the program alone, without a command."""

import re
import shlex
import sys
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from backissue.cli.app import Settings, examples, forms, pass_settings
from backissue.cli.output import complain, write
from backissue.errors import EmptyArchiveError, Exit
from backissue.records import Head, Issue
from backissue.render.rows import Disk, Overview, Totals, totals

if TYPE_CHECKING:
    from backissue.index import Index

_NEWEST = 5  # issues, so that everything fits on a screen of 24 lines
_WORD = re.compile(r"[^\W\d_]{4,}")
_WIDE = "\u2e80"  # from here on, a script is written without spaces


@examples("backissue stats", "backissue stats --json")
@click.command()
@forms("json")
@pass_settings
def stats(settings: Settings) -> None:
    """Show the archive's place and size, and count its issues, sections and words.

    For each publication: backissue publications.
    """
    with settings.index() as index:
        found = _totals(settings.folder, index)
    settings.present.stats(found)


def _totals(folder: Path, index: "Index") -> Totals:
    from backissue.archive.measuring import sizes

    sources = len({state.partition(".")[0] for state in index.ledger.states()})
    originals, records = sizes(folder)
    disk = Disk(place=str(folder.absolute()), bytes=originals, index_bytes=records)
    return totals(index.shelf.heads(), index.shelf.counts(), sources, disk)


def alone(context: click.Context, settings: Settings) -> int:
    """What `backissue` without a command does; its exit code.

    On a terminal it shows what the archive has, or how to start one. With --json it is `stats`. In
    a pipe it is a mistake: it writes the help, and exits with 2.
    """
    if not (settings.json or sys.stdout.isatty()):
        click.echo(context.get_help())
        complain("no command was given", "backissue help explains each")
        return Exit.USAGE
    if not settings.json and not _has_issues(settings):
        write(_first_steps(settings.folder))
        return Exit.OK
    with settings.index() as index:
        found = _overview(settings.folder, index)
    settings.present.overview(found)
    return Exit.OK


def _has_issues(settings: Settings) -> bool:
    """Whether there is an archive with an issue. One that cannot be opened counts, to be named."""
    from backissue.archive.opening import require
    from backissue.archive.settings import exists

    if not exists(settings.folder):
        if settings.folder.is_file():
            require(settings.folder)
        return False
    try:
        with settings.index():
            return True
    except EmptyArchiveError:
        return False


def _first_steps(folder: Path) -> Iterator[str]:
    """How to start an archive."""
    from backissue.archive.settings import exists

    if not exists(folder) and folder.is_dir() and any(folder.iterdir()):
        yield f"{folder} has other files, and no archive."
    else:
        yield f"There is no issue yet in {folder}."
    yield ""
    yield "To start, give it a file or a folder of newsletters: mail, feeds, exports,"
    yield "saved web pages, Markdown or text. It reads them, and leaves them as they are."
    yield ""
    yield "  backissue ingest FOLDER"
    yield ""
    yield "Another place for the archive: backissue --archive DIR ingest FOLDER"
    yield "All commands: backissue help"


def _overview(folder: Path, index: "Index") -> Overview:
    newest = _newest(index)
    whole = [issue for head in newest if (issue := index.shelf.issue(head.key))]
    return Overview(
        totals=_totals(folder, index), newest=tuple(newest), suggestions=tuple(_suggestions(whole))
    )


def _newest(index: "Index") -> list[Head]:
    """The newest issues, the newest first: by day, and where that is not known by its bounds."""
    bounds = index.shelf.bounds()

    def age(head: Head) -> tuple[date, int]:
        first, last = bounds.get(head.key, (None, None))
        return head.date or first or last or date.min, head.number or 0

    return sorted(index.shelf.heads(), key=age, reverse=True)[:_NEWEST]


def _suggestions(issues: Sequence[Issue]) -> Iterator[tuple[str, str]]:
    """Three commands that answer something in this archive, each with what it does."""
    sections = [(issue.head, section) for issue in issues for section in issue.sections]
    words = next(filter(None, (_words(section.heading) for _, section in sections)), None)
    if words:
        yield _command("search", *words), "find sections with these words"
    yield _command("show", issues[0].head.id), "read the newest issue"
    why = next((f"{head.id}.{one.position}" for head, one in sections if one.why), None)
    if why:
        yield _command("why", why), "read a “why this matters”"
    elif sections:
        head, section = sections[0]
        yield _command("related", f"{head.id}.{section.position}"), "find related sections"


def _command(*words: str) -> str:
    return f"backissue {shlex.join(words)}"


def _words(heading: str) -> Iterable[str]:
    """The two longest words of a heading, in its order; none of a heading without two."""
    words = list(dict.fromkeys(word.lower() for word in _WORD.findall(heading)))
    wide = next((word for word in words if word >= _WIDE), None)
    if wide:
        return [wide[:4]]
    longest = sorted(words, key=len, reverse=True)[:2]
    return [word for word in words if word in longest] if len(longest) == 2 else []


COMMANDS = {"stats": stats}

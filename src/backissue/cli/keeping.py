"""The commands that look after an archive: missing, log, backup, restore, doctor, verify."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from backissue.cli.addresses import publication_option, publication_slug
from backissue.cli.app import Settings, examples, json_option, jsonl_option, pass_settings
from backissue.cli.output import Form, say, watched, write, write_rich
from backissue.errors import Exit
from backissue.render import json, plain

if TYPE_CHECKING:
    from backissue.archive.health import Finding
    from backissue.ingest.sources import Meter

    Look = Callable[[Path, Callable[[str], None], Meter], Iterable[Finding]]


@examples(
    "backissue missing",
    "backissue missing --publication import-ai",
    "backissue missing --json | jq -r '.missing[] | select(.kind == \"absent\") | .first'",
)
@click.command(short_help="List what seems to be missing.")
@publication_option
@json_option
@jsonl_option
@pass_settings
def missing(settings: Settings, publication: str | None, as_json: bool, as_jsonl: bool) -> int:
    """List numbers that are absent, issues cited but not held, cut off, or held twice.

    Exit code 3 says that something is missing. In a pipe: publication, kind, which, and the
    evidence, apart by tabs.
    """
    from backissue.archive.missing import gaps

    with settings.index() as index:
        slug = publication_slug(index, publication) if publication is not None else None
        found = gaps(index, slug)
    match settings.form(json=as_json, jsonl=as_jsonl):
        case Form.JSON:
            write([json.document("missing", [json.gap(gap) for gap in found])])
        case Form.JSONL:
            write(json.lines("missing", map(json.gap, found)))
        case Form.RICH if found:
            from backissue.render import terminal

            write_rich(lambda _: terminal.gaps(found))
        case _:
            write(plain.gaps(found))
    if not found:
        say("nothing seems to be missing")
    return Exit.NO_ARCHIVE if found else Exit.OK


@examples("backissue log", "backissue log -n 3", "backissue log --jsonl | tail -1")
@click.command(short_help="List what was taken in when.")
@click.option("-n", "limit", metavar="N", type=click.IntRange(1), help="Only the last N runs.")
@json_option
@jsonl_option
@pass_settings
def log(settings: Settings, limit: int | None, as_json: bool, as_jsonl: bool) -> int:
    """List what was taken in when, from where, and with what result, the latest last.

    Runs that changed nothing are not kept. In a pipe: time, what was done, what came of it, and
    from where, apart by tabs.
    """
    from backissue.archive import journal
    from backissue.archive.opening import require

    require(settings.folder)
    found = list(journal.entries(settings.folder))[-limit if limit else 0 :]
    match settings.form(json=as_json, jsonl=as_jsonl):
        case Form.JSON:
            write([json.document("log", [json.run(entry) for entry in found])])
        case Form.JSONL:
            write(json.lines("run", map(json.run, found)))
        case Form.RICH if found:
            from backissue.render import terminal

            rows = [dict(zip(_LOG_COLUMNS, _log_cells(entry), strict=True)) for entry in found]
            for row in rows:
                row["when"] = row["when"][:16].replace("T", " ")  # to the minute
            write_rich(lambda _: terminal.table(_LOG_COLUMNS, rows), paged=True)
        case _:
            write("\t".join(_log_cells(entry)) for entry in found)
    if not found:
        say("nothing was taken in yet")
    return Exit.OK if found else Exit.NOTHING_FOUND


_LOG_COLUMNS = ("when", "command", "result", "from")


def _log_cells(entry: Mapping[str, Any]) -> list[str]:
    places = ", ".join(map(str, entry.get("from", ())))
    parts = (entry["when"], entry.get("command"), _result(entry), places)
    return [plain.one_line(str(part)) for part in parts]


def _result(entry: Mapping[str, Any]) -> str:
    """What came of a run: `sources: 5 added, 1 skipped; issues: 12 added`."""
    if entry.get("interrupted"):
        return "interrupted"
    issues = {key: len(entry.get(key, ())) for key in ("added", "changed", "removed")}
    said = {"sources": entry.get("counts", {}), "issues": issues}
    listed = {
        name: ", ".join(f"{number} {what}" for what, number in counts.items() if number)
        for name, counts in said.items()
    }
    return "; ".join(f"{name}: {counts}" for name, counts in listed.items() if counts)


@examples("backissue backup ~/backissue-2024.tar.gz")
@click.command(short_help="Write the archive into one file.")
@click.argument("file", type=click.Path(path_type=Path))
@pass_settings
def backup(settings: Settings, file: Path) -> int:
    """Write the originals, and all that you said of them, into one file: a gzipped tar.

    It is written whole or not at all, and the same archive gives the same bytes. The index is not
    in it; restore makes it anew.
    """
    from backissue.archive.backup import back_up
    from backissue.archive.opening import require

    require(settings.folder)
    count = back_up(settings.folder, file)
    say(f"{_originals(count)} in {file}")
    return Exit.OK


@examples("backissue restore ~/backissue-2024.tar.gz ~/newsletters")
@click.command(short_help="Bring a backup back.")
@click.argument("file", type=click.Path(path_type=Path))
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@pass_settings
def restore(settings: Settings, file: Path, folder: Path) -> int:
    """Bring a backup back into a new or empty folder, and derive its records.

    Every original is checked against its hash. To use it: --archive DIR, or $BACKISSUE_ARCHIVE.
    """
    del settings
    from backissue.archive import rebuilding
    from backissue.archive.backup import restore as bring_back
    from backissue.ingest.sources import Meter

    count = bring_back(file, folder)
    meter = Meter()
    with watched(meter) as (progress, phase):
        report = rebuilding.rebuild(folder, progress=progress, phase=phase, meter=meter)
    for outcome in report.rejected:
        say(f"rejected {outcome.name}: {outcome.reason}")
    issues = "1 issue" if len(report.added) == 1 else f"{len(report.added)} issues"
    say(f"{_originals(count)}, {issues} in {folder}")
    return Exit.REJECTED_INPUT if report.rejected else Exit.OK


def _originals(count: int) -> str:
    return "1 original" if count == 1 else f"{count} originals"


@examples("backissue doctor", "backissue doctor --json")
@click.command(short_help="Look for what is wrong, and say what to do.")
@json_option
@pass_settings
def doctor(settings: Settings, as_json: bool) -> int:
    """Look at everything in the archive, change nothing, and say what to do about what is wrong.

    Who may read it, the originals, your own words, the index. Exit code 3 says that something is
    wrong. To compare every record with the originals, too: backissue verify.
    """
    from backissue.archive.health import examine

    return _examine(settings, examine, "nothing is wrong", as_json=as_json)


@examples("backissue verify")
@click.command(short_help="Derive all records again, and compare.")
@json_option
@pass_settings
def verify(settings: Settings, as_json: bool) -> int:
    """Derive all records again from the originals, and compare them with what is held.

    Originals that were altered are named, and nothing is written over them. Exit code 3 says that
    something differs.
    """
    from backissue.archive.health import verify as compared

    return _examine(settings, compared, "every record is what its originals give", as_json=as_json)


def _examine(settings: Settings, look: "Look", well: str, *, as_json: bool) -> int:
    from backissue.archive.opening import require
    from backissue.ingest.sources import Meter

    require(settings.folder)
    meter = Meter()
    with watched(meter) as (progress, _):
        found = list(look(settings.folder, progress, meter))
    if settings.form(json=as_json) is Form.JSON:
        write([json.document("findings", [json.finding(one) for one in found])])
    else:
        write(plain.findings(found))
    if not found:
        say(well)
    return Exit.NO_ARCHIVE if found else Exit.OK


COMMANDS = {command.name: command for command in (missing, log, backup, restore, doctor, verify)}

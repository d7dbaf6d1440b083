"""The commands with which an archive is looked after: missing."""

import click

from backissue.cli.addresses import publication_option, publication_slug
from backissue.cli.app import Settings, examples, json_option, jsonl_option, pass_settings
from backissue.cli.output import Form, say, write, write_rich
from backissue.errors import Exit
from backissue.render import machine, plain


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
    from backissue.gaps import gaps

    with settings.index() as index:
        slug = publication_slug(index, publication) if publication is not None else None
        found = gaps(index, slug)
    match settings.form(json=as_json, jsonl=as_jsonl):
        case Form.JSON:
            write([machine.document("missing", [machine.gap(gap) for gap in found])])
        case Form.JSONL:
            write(machine.lines("missing", map(machine.gap, found)))
        case Form.RICH if found:
            from backissue.render import terminal

            write_rich(lambda _: terminal.gaps(found))
        case _:
            write(plain.gaps(found))
    if not found:
        say("nothing seems to be missing")
    return Exit.NO_ARCHIVE if found else Exit.OK


COMMANDS = {command.name: command for command in (missing,)}

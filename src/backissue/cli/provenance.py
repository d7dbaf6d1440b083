"""Where texts came from: repairs, and `show --provenance`."""

from collections.abc import Sequence

import click

from backissue.cli.addresses import publication_option, resolve
from backissue.cli.app import Settings, examples, json_option, jsonl_option, pass_settings
from backissue.cli.output import Form, complain, write, write_rich
from backissue.errors import Exit
from backissue.records import Head, Issue, Section
from backissue.render import json
from backissue.render import provenance as rendered


@examples(
    "backissue repairs 395.2",
    "backissue repairs 395",
    "backissue repairs 395 --undo",
    "backissue repairs 395 --json | jq '.repairs[] | select(.confidence == \"guessed\")'",
)
@click.command(short_help="List what was repaired.")
@click.argument("ref")
@click.option("--undo", is_flag=True, help="Print the repaired blocks as their sources have them.")
@publication_option
@json_option
@jsonl_option
@pass_settings
def repairs(  # noqa: PLR0917  # Click passes each option by name
    settings: Settings,
    ref: str,
    undo: bool,
    publication: str | None,
    as_json: bool,
    as_jsonl: bool,
) -> int:
    """List each repair in a section (395.2) or an issue (395): rule, before, after, confidence.

    Taken back in reverse order they give the text as it was. In a pipe: address, rule, confidence,
    the word before and after, source, and the copy that had what the source lost, apart by tabs.
    """
    with settings.index() as index:
        head, position = resolve(settings, index, ref, publication)
        section = index.shelf.section(head.key, position) if position else None
        whole = None if position else index.shelf.issue(head.key)
    sections = (section,) if section else whole.sections if whole else ()
    found = rendered.repairs_of(head, whole, sections)
    blocks = rendered.blocks_of(head, whole, sections)
    match settings.form(json=as_json, jsonl=as_jsonl):
        case Form.JSON:
            write([json.document("repairs", found, blocks=blocks)])
        case Form.JSONL:
            write(json.lines("repair", found))
        case _ if undo:
            write(rendered.originals(blocks))
        case form if found:
            _write_repairs(rendered.repair_rows(head, whole, sections), form)
    if found:
        return Exit.OK
    address = f"{head.id}.{position}" if position else head.id
    hint = f"for where it came from: backissue show {address} --provenance"
    complain(f"nothing in {address} was mended", hint)
    return Exit.NOTHING_FOUND


def _write_repairs(rows: Sequence[dict[str, object]], form: Form) -> None:
    """The repairs, for a person."""
    if form is Form.PLAIN:
        write(rendered.repairs(rows))
        return
    from backissue.render import terminal

    write_rich(lambda _: terminal.table(rendered.REPAIR_COLUMNS, rows), paged=True)


def write_provenance(
    head: Head, whole: Issue | None, sections: Sequence[Section], form: Form
) -> None:
    """Which source gave what, of an issue or of a section."""
    rows = rendered.provenance_of(head, whole, sections)
    match form:
        case Form.JSON | Form.JSONL:
            write([json.document("provenance", rows)])
        case Form.RICH:
            from backissue.render import terminal

            told = rendered.provenance_rows(rows)
            write_rich(lambda _: terminal.table(rendered.PROVENANCE_COLUMNS, told), paged=True)
        case Form.PLAIN:
            write(rendered.provenance(rows))


COMMANDS = {command.name: command for command in (repairs,)}

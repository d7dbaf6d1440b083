"""The commands that explain the program itself: fields, help."""

from importlib.resources import files

import click

from backissue.cli.app import Settings, examples, forms, pass_settings
from backissue.cli.formatting import format_option, write_formatted
from backissue.cli.output import say
from backissue.cli.typed import FAMILIAR, POINTED
from backissue.config import Config
from backissue.errors import UsageError, shown
from backissue.query.edit_distance import nearest
from backissue.query.fields import FIELD_NOTES, FieldNote
from backissue.render.listed import FIELDS


@examples("backissue fields", "backissue fields --json | jq -r '.fields[].name'")
@click.command()
@format_option(FIELDS)
@forms("json", "jsonl")
@pass_settings
def fields(settings: Settings, template: str | None) -> None:
    """List the fields that a query can name, each with an example.

    In a pipe, each line has name, type, example and meaning, separated by tabs.
    """
    if not write_formatted(settings, template, FIELDS, FIELD_NOTES):
        settings.present.fields(FIELD_NOTES)


@examples("backissue help query", "backissue help addresses", "backissue help search")
@click.command("help")
@click.argument("topic", required=False)
@pass_settings
@click.pass_context
def help_(context: click.Context, settings: Settings, topic: str | None) -> None:
    """Explain a topic: query (the query language), addresses (what REF may be), or a command."""
    program = context.parent
    if program is None or topic is None:
        click.echo((program or context).get_help())
        return
    group = program.command
    assert isinstance(group, click.Group)  # noqa: S101  # for the type checker
    names = [*PAGES, *group.list_commands(program)]
    if topic not in names:
        topic = meant(topic, settings.config)
    if topic in PAGES:
        settings.present.page(PAGES[topic]())
    elif topic in names:
        command = group.get_command(program, topic)
        assert command is not None  # noqa: S101  # for the type checker; it is listed
        own = command.context_class(command, info_name=topic, parent=program)
        click.echo(command.get_help(own))
    else:
        near = nearest(topic, names)
        hint = f"did you mean “{near}”? " if near else ""
        hint = POINTED.get(topic) or f"{hint}topics: {', '.join(PAGES)}, or a command's name"
        raise UsageError(f"no help on “{shown(topic)}”", hint=hint)


def meant(topic: str, config: Config) -> str:
    """The command that a topic means which is none: that of an alias, or of a familiar name."""
    value = config.alias.get(topic)
    if value is not None:
        say(f"{topic} is your alias for: {value}")
        words = value.removeprefix("backissue ").split()
        topic = words[0] if words else topic
    return FAMILIAR.get(topic, topic)


def query_page() -> str:
    """The page on the query language, in Markdown: what docs/query-language.md is."""
    page = files("backissue.query").joinpath("query-language.md").read_text(encoding="utf-8")
    rows = "\n".join(_table_row(note) for note in FIELD_NOTES)
    return page.replace("<!-- fields -->\n<!-- /fields -->", rows)


def addresses_page() -> str:
    """The page on addresses, in Markdown: what docs/addresses.md is."""
    return files("backissue.cli").joinpath("addresses.md").read_text(encoding="utf-8")


PAGES = {"query": query_page, "addresses": addresses_page}


def _table_row(note: FieldNote) -> str:
    shown = ", ".join(f"`{example}`" for example in note.examples)
    return f"| `{note.field.value}:` | {note.what} | {shown} |"


COMMANDS = {command.name: command for command in (fields, help_)}

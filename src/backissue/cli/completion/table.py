"""The table of commands and options that `answering` reads: table.json, beside this module.

It is written from the commands themselves, by the test that holds the two equal, because loading
every command at each TAB would be slow.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import click

from backissue.cli.app import app
from backissue.cli.typed import FAMILIAR

# What an argument or option takes, by its name; `answering` knows what each of these offers.
_TAKES = {
    "ref": "ref",
    "refs": "ref",
    "publication": "publication",
    "query": "query",
    "path": "files",
    "file": "files",
    "folder": "folders",
    "archive": "folders",
    "forget": "saved",
    "source": "source",
    "topic": "topic",
    "span": "ref",
    "spans": "ref",
    "issue": "ref",
}
_BY_METAVAR = {"DIR": "folders", "FILE": "files", "PATH": "files", "REF": "ref", "RANGE": "ref"}


def table() -> str:
    """The table, as the text of a JSON file."""
    context = click.Context(app, info_name="backissue", help_option_names=["-h", "--help"])
    commands = {name: app.get_command(context, name) for name in app.list_commands(context)}
    found = {
        "global": list(_options("", app, context)),
        "familiar": dict(FAMILIAR),
        "fields": list(_fields()),
        "kinds": list(_kinds()),
        "commands": {
            name: {
                "about": command.get_short_help_str(limit=80),
                "arguments": list(_arguments(name, command)),
                "options": list(_options(name, command, context)),
            }
            for name, command in commands.items()
            if command
        },
    }
    return json.dumps(found, ensure_ascii=False, indent=1) + "\n"


def _arguments(name: str, command: click.Command) -> Iterator[dict[str, Any]]:
    for one in command.params:
        if isinstance(one, click.Argument):
            yield {"takes": _takes(name, one), "many": one.nargs == -1}


def _options(name: str, command: click.Command, context: click.Context) -> Iterator[dict[str, Any]]:
    for one in command.get_params(click.Context(command, parent=context)):
        if isinstance(one, click.Option) and not one.hidden:
            flag = one.is_flag or one.count or one.name == "help"
            takes = None if flag else _takes(name, one)
            yield {"names": one.opts, "takes": takes, "about": (one.help or "").rstrip(".")}


def _takes(command: str, one: click.Parameter) -> str | list[str]:
    """What a parameter takes: values, or the name of what to look up; "" for any text."""
    if isinstance(one.type, click.Choice):
        return list(map(str, one.type.choices))
    name = one.name or ""
    special = _SPECIAL.get((command, name)) or _SPECIAL.get(("", name))
    if special:
        return special()
    metavar = (one.metavar or "").strip("[].…")
    return _TAKES.get(name) or _BY_METAVAR.get(metavar, "")


def _facts() -> tuple[str, ...]:
    from backissue.ingest.identity import NAMES

    return NAMES


def _keys() -> list[str]:
    from backissue.config import EXAMPLES
    from backissue.render.terminal import styles

    return ["file", *EXAMPLES, "color", "width", *(f"colors.{name}" for name in styles.LOOKS)]


def _kinds() -> tuple[str, ...]:
    from backissue.query.nodes import KINDS

    return KINDS


_SPECIAL: Mapping[tuple[str, str], Callable[[], str | list[str]]] = {
    ("ingest", "publication"): str,  # a name that may be new
    ("ingest", "kind"): lambda: ["newsletter", "notes"],
    ("set", "fact"): lambda: [f"{fact}=" for fact in _facts()],
    ("config", "key"): _keys,
    ("", "kind"): lambda: list(_kinds()),
    ("", "within"): lambda: [field for field, _, is_text in _fields() if is_text],
}


def _fields() -> Iterator[tuple[str, str, bool]]:
    """Each field of the query: its name, what it looks at, and whether it is text."""
    from backissue.query.fields import FIELD_NOTES
    from backissue.query.nodes import TEXT_FIELDS
    from backissue.render.presentation import about

    for note in FIELD_NOTES:
        yield note.field.value, about(note), note.field in TEXT_FIELDS

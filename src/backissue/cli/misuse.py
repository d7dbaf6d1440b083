"""What to say about arguments that Click cannot use: one plain line, with what to type."""

import re
import shlex
from collections.abc import Mapping, Sequence

import click

from backissue.cli.unknown_options import no_option, options_of
from backissue.errors import UsageError, shown

# What a command is asked to do with an argument that is missing, by command and by name.
_ASKED: Mapping[str, str] = {
    "query": "say what to search for",
    "ref": "say which issue or section",
    "refs": "say which issue or section",
    "path": "say which files or folders to add",
    "fact": "say what to correct",
    "folder": "say which folder to restore into",
    "backup file": "say which file to write",
    "restore file": "say which backup to restore",
    "set ref": "say which issue to correct",
}
# What may have been meant by an argument that a command does not take.
_INSTEAD: Mapping[str, str] = {
    "publications": "to list its issues: backissue issues --publication {}",
    "searches": "to run a saved search: backissue search :{}",
    "missing": "for one publication: backissue missing --publication {}",
    "log": "for the last runs: backissue log -n {}",
    "fields": "to search in a field: backissue search {}:WORD",
    "export": "to write to a file: backissue export > {}",
    "stats": "to count each publication: backissue publications",
}
_VALUE = re.compile(r"'?(?P<value>.*?)'? is not (?:in the range|a valid|one of|')", re.S)
_EXTRA = re.compile(r"[Uu]nexpected extra arguments? \((?P<words>.*)\)", re.S)


def explained(error: click.ClickException, arguments: Sequence[str]) -> UsageError:
    """An error of Click about these arguments, as one of ours."""
    context = getattr(error, "ctx", None)
    message = error.format_message().rstrip(".")
    match error:
        case click.NoSuchOption() if context:
            return no_option(context, error.option_name, _value_of(error.option_name, arguments))
        case click.MissingParameter() if context and error.param:
            return _missing(context, error.param)
        case click.BadOptionUsage():
            return _without_value(error.option_name, _command_of(arguments))
        case click.BadParameter() if error.param:
            return _refused(error.message, error.param)
    if context and (extra := _EXTRA.search(message)):
        return _too_many(context, extra["words"])
    command = context.command_path if context else "backissue"
    return UsageError(message, hint=f"see {command} --help")


def _value_of(name: str, arguments: Sequence[str]) -> str:
    """What follows an option in the arguments, if it may be its value."""
    for at, word in enumerate(arguments):
        if word.startswith(f"{name}="):
            return word.partition("=")[2]
        if word == name:
            value = arguments[at + 1 : at + 2]
            return "" if not value or value[0].startswith("-") else value[0]
    return ""


def _missing(context: click.Context, param: click.Parameter) -> UsageError:
    """The error for an argument that is missing."""
    name, command = param.name or "", context.info_name or ""
    asked = _ASKED.get(f"{command} {name}") or _ASKED.get(name)
    needs = f"{command} needs {param.make_metavar(context)}"
    if name == "fact" and (ref := context.params.get("ref")):
        hint = f"such as: {context.command_path} {shlex.quote(str(ref))} date=2025-01-20"
    else:
        hint = f"such as: {_example(context)}"
    return UsageError(asked or needs, hint=hint)


def _example(context: click.Context) -> str:
    """The first example in a command's help."""
    lines = [
        line.partition("  #")[0].strip() for line in (context.command.epilog or "").split("\n")
    ]
    start = f"{context.command_path} "
    return next((line for line in lines if line.startswith(start)), f"{start}--help")


def _without_value(name: str, context: click.Context) -> UsageError:
    """The error for an option at the end, where its value should follow."""
    option = options_of(context).get(name)
    if option is None:
        return UsageError(f"{name} needs a value", hint=f"see {context.command_path} --help")
    if isinstance(option.type, click.Choice):
        return UsageError(f"{name} needs a value", hint=_values(option))
    about = (option.help or "").partition("  [")[0].rstrip(".")
    hint = f"write {name} {option.make_metavar(context)}: {about[:1].lower()}{about[1:]}"
    return UsageError(f"{name} needs a value", hint=hint)


def _command_of(arguments: Sequence[str]) -> click.Context:
    """A context of the command that is typed in these arguments, or of the program."""
    from backissue.cli.app import app
    from backissue.cli.typed import FAMILIAR

    program = click.Context(app, info_name="backissue")
    for word in arguments:
        name = FAMILIAR.get(word, word)
        if command := app.get_command(program, name):
            return click.Context(command, info_name=name, parent=program)
    return program


def _refused(message: str, param: click.Parameter) -> UsageError:
    """The error for a value that an option or argument does not take."""
    found = _VALUE.match(message)
    name = param.opts[0] if isinstance(param, click.Option) else str(param.name).upper()
    if found is None:
        return UsageError(f"{name}: {message.rstrip('.')}")
    value = shown(found["value"])
    guess = ""
    if isinstance(param.type, click.Choice):
        from backissue.query.edit_distance import nearest

        near = nearest(value.lower(), map(str, param.type.choices))
        guess = f"did you mean {near}? " if near else ""
    return UsageError(f"“{value}” is no value of {name}", hint=guess + _values(param))


def _values(param: click.Parameter) -> str:
    """Which values an option takes."""
    kind = param.type
    if isinstance(kind, click.Choice):
        *first, last = map(str, kind.choices)
        return f"it takes {', '.join(first)} or {last}" if first else f"it takes {last}"
    low, high = getattr(kind, "min", None), getattr(kind, "max", None)
    if low is None:
        return "it takes a whole number"
    return f"it takes a whole number from {low} {f'to {high}' if high else 'up'}"


def _may_mean(command: str, word: str) -> bool:
    """Whether what is written for such a word in `_INSTEAD` would work."""
    if command == "log":
        return word.isdecimal()
    if command in {"export", "missing"}:
        return not word[:1].isdecimal()
    if command == "fields":
        from backissue.query.nodes import Field

        return word.lower() in {field.value for field in Field}
    return True


def _too_many(context: click.Context, words: str) -> UsageError:
    """The error for arguments that a command does not take."""
    command = context.info_name or ""
    first = shlex.quote(words.partition(" ")[0])
    takes_none = not any(isinstance(one, click.Argument) for one in context.command.params)
    hint = f"type: {context.command_path}" if takes_none else f"such as: {_example(context)}"
    instead = _INSTEAD.get(command, hint).format(first) if _may_mean(command, first) else hint
    return UsageError(f"{command} has no use for “{shown(words)}”", hint=instead)

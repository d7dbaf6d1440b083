"""What you typed, in the order the program reads it: global options, aliases, familiar names.

A global option may stand anywhere. A command may have the name it has in other programs, or one
from `[alias]` in the configuration. What is no command is answered with what to type instead.
"""

import os
import re
import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import click

from backissue.errors import UsageError, shown

# Names from other programs that run a command or a global option of ours: all read, or add.
FAMILIAR: Mapping[str, str] = {
    "list": "issues",
    "ls": "issues",
    "add": "ingest",
    "import": "ingest",
    "read": "show",
    "cat": "show",
    "view": "show",
    "less": "show",
    "find": "search",
    "grep": "search",
    "query": "search",
    "info": "stats",
    "status": "stats",
    "count": "stats",
    "similar": "related",
    "history": "log",
    "check": "doctor",
    "fsck": "doctor",
    "man": "help",
    "usage": "help",
    "version": "--version",
    "overview": "stats",
    "summary": "stats",
    "toc": "issues",
    "titles": "issues",
    "newsletters": "publications",
    "settings": "config",
    "preferences": "config",
}
_NEWEST = "to list the newest: backissue issues last 5; to read it: backissue show latest"
_REMOVE = "to take an issue out: backissue remove REF; to take that back: backissue undo"
_UNDO = "to take the last change back: backissue undo"
_INGEST = "to add what is new: backissue ingest FOLDER"
# Names that could mean several things, or would change something: what to type for each.
POINTED: Mapping[str, str] = {
    "init": "to start an archive: backissue ingest FOLDER",
    "create": "to start an archive: backissue ingest FOLDER",
    "sync": _INGEST,
    "update": _INGEST,
    "fetch": f"nothing is downloaded; {_INGEST}",
    "pull": f"nothing is downloaded; {_INGEST}",
    "download": f"nothing is downloaded; {_INGEST}",
    "subscribe": f"nothing is downloaded; {_INGEST}",
    "upgrade": "to install a newer version: pip install --upgrade backissue",
    "index": f"to rebuild the index: backissue rebuild; {_INGEST}",
    "reindex": "to rebuild the index: backissue rebuild",
    "repair": "to list repairs: backissue repairs REF; to find problems: backissue doctor",
    "rm": _REMOVE,
    "delete": _REMOVE,
    "del": _REMOVE,
    "drop": _REMOVE,
    "purge": _REMOVE,
    "revert": _UNDO,
    "rollback": _UNDO,
    "undelete": _UNDO,
    "cp": "to copy the archive: backissue backup FILE",
    "copy": "to copy the archive: backissue backup FILE",
    "last": _NEWEST,
    "new": _NEWEST,
    "recent": _NEWEST,
    "browse": "to open a page: backissue open REF",
    "web": "to open a page: backissue open REF",
    "thesis": "to list theses: backissue why --thesis latest",
    "bibtex": "to cite: backissue cite REF --style bibtex",
    "markdown": "to write every issue as Markdown: backissue export --markdown DIR",
    "save": "to save a search: backissue search WORDS --save NAME",
    "edit": "to correct an issue: backissue set REF KEY=VALUE",
    "mv": "to correct an issue: backissue set REF title=…",
    "rename": "to correct an issue: backissue set REF title=…",
    "load": "to read a backup: backissue restore FILE DIR; to add files: backissue ingest FILE",
    "dump": "to write every issue: backissue export > FILE",
    "alias": "to see the aliases: backissue config alias; to add one: backissue config --edit",
}
_ADDRESS = re.compile(
    r"#?\d+(?:\.\d+)?|@\d+|[a-z0-9-]+/\d+(?:\.\d+)?|\d{4}-\d\d(?:-\d\d)?"
    r"|(?:latest|newest)(?:[-~]\d+)?(?:\.\d+)?|random"
)


def arranged(group: click.Group, context: click.Context, arguments: Sequence[str]) -> list[str]:
    """The arguments with global options first, and an alias or a familiar name replaced.

    Raises `UsageError` for an alias that cannot be one.
    """
    start, rest = _leading(group, arguments)
    used: list[str] = []
    while rest and group.get_command(context, rest[0]) is None:
        name = rest[0]
        expanded = _replaced(name, used)
        if expanded is None:
            return [*start, *rest]
        options, rest = _leading(group, [*expanded, *rest[1:]])
        start += options
        if expanded == [FAMILIAR.get(name)]:
            break
        used.append(name)
    if not rest:
        return start
    command = group.get_command(context, rest[0])
    if command is None:
        return [*start, *rest]
    moved, own = _split(group, command, rest[1:])
    return [*start, *moved, rest[0], *own]


def _leading(group: click.Group, arguments: Sequence[str]) -> tuple[list[str], list[str]]:
    """The options before the first word, and the rest."""
    valued, at = _valued(group), 0
    while at < len(arguments) and arguments[at].startswith("-") and arguments[at] != "--":
        at += 2 if arguments[at] in valued else 1
    return list(arguments[:at]), list(arguments[at:])


def _split(
    group: click.Group, command: click.Command, arguments: Sequence[str]
) -> tuple[list[str], list[str]]:
    """The arguments of a command: the global options among them, and its own."""
    own_options = set(_options(command))
    globals_ = set(_options(group)) - own_options
    takes_value = {True: _valued(group), False: _valued(command)}
    parts: dict[bool, list[str]] = {True: [], False: []}
    words = iter(arguments)
    for word in words:
        if word == "--":
            parts[False] += [word, *words]
            break
        is_global = (
            word.partition("=")[0] in globals_ if word.startswith("--") else word in globals_
        )
        parts[is_global].append(word)
        if word in takes_value[is_global]:
            value = next(words, None)
            if value is None and is_global:
                raise UsageError(f"{word} needs a value", hint="see backissue --help")
            parts[is_global] += [] if value is None else [value]
    return parts[True], parts[False]


def _options(command: click.Command) -> Iterator[str]:
    """Every way to write each option of a command."""
    for one in command.params:
        if isinstance(one, click.Option):
            yield from (*one.opts, *one.secondary_opts)


def _valued(command: click.Command) -> set[str]:
    """The options of a command that are followed by a value."""
    return {
        name
        for one in command.params
        if isinstance(one, click.Option) and not one.is_flag and not one.count
        for name in one.opts
    }


def _replaced(name: str, used: Iterable[str]) -> list[str] | None:
    """The words that a name which is no command stands for; None if it stands for nothing."""
    from backissue.config import config_file, load

    # Its unknown keys are named once, where the command itself reads it.
    config = load(config_file())
    chain = [*used, name]
    if name in config.alias and name not in used:
        return _words(name, config.alias[name], config.file)
    if name in FAMILIAR:
        return [FAMILIAR[name]]
    if name in used:
        raise UsageError(
            f"in {config.file}, an alias leads back to itself: {' → '.join(chain)}",
            hint="give it a command to start with, such as search",
        )
    return None


def _words(name: str, value: str, file: Path) -> list[str]:
    """The words of an alias, as a shell reads them."""
    try:
        words = shlex.split(value)
    except ValueError as error:
        raise UsageError(f"in {file}, the alias {name} cannot be read: {error}") from None
    if words[:1] == ["backissue"]:
        del words[0]
    if not words:
        raise UsageError(
            f"in {file}, the alias {name} is empty", hint=f'write {name} = "search chips"'
        )
    return [os.path.expanduser(word) if word.startswith("~/") else word for word in words]


def hidden_aliases(aliases: Iterable[str], commands: Iterable[str]) -> list[str]:
    """The aliases that never run, because a command has their name."""
    return sorted(set(aliases) & set(commands))


def no_command(words: Sequence[str], known: Iterable[str], *, held: bool) -> UsageError:
    """The error for words whose first is no command, with what to type instead.

    `held` says that the archive has an issue with that address.
    """
    name = words[0]
    return UsageError(f"no command “{shown(name)}”", hint=_instead(words, list(known), held=held))


def _instead(words: Sequence[str], known: Sequence[str], *, held: bool) -> str:
    from backissue.query.edit_distance import alike, nearest

    name, line = words[0], shlex.join(words)
    if name in POINTED:
        return POINTED[name]
    if held or _ADDRESS.fullmatch(name):
        return f"to show it: backissue show {shlex.quote(name.removeprefix('#'))}"
    if name.startswith(("http://", "https://")):
        return "nothing is downloaded; save the page, and then: backissue ingest FILE"
    if os.path.exists(os.path.expanduser(name)) or "/" in name or re.search(r"\.\w{2,5}$", name):
        return f"to add a file or a folder: backissue ingest {shlex.quote(name)}"
    near = nearest(name, [*known, *FAMILIAR, *POINTED])
    if near and near in POINTED:  # no command either: say what there is instead, or guess a command
        if any(alike((near,), name, 1)):
            return POINTED[near]
        near = nearest(name, [*known, *FAMILIAR])
    guess = f"did you mean {near}? To search for it" if near else "to search"
    return f"{guess}: backissue search {line}"

"""What an argument of `search` that begins with a dash means: an option, or a word left out.

`-robot` leaves a word out, and `-n5` is an option. A single letter is an option, as in every other
program, and an error if `search` has none. `-l5` can be either: it is a word if the archive has it.
"""

import re
from collections.abc import Callable, Collection, Iterable

import click

from backissue.cli.unknown_options import no_option, options_of
from backissue.errors import BackissueError, UsageError, shown

MARK = "\0"  # before an argument that is a word of the query, though it looks like an option

_OPTION = re.compile(r"-(?:[0h]|0?[nC]\d*)", re.ASCII)
_LETTER = re.compile(r"-(?P<name>[A-Za-z?])(?:=(?P<value>.*))?", re.DOTALL)
# Letters with which some program takes a number. `-o1`, `-r1` and `-t5` name models.
_COUNT = re.compile(r"-(?P<name>[ABCcjklmnp])(?P<value>\d\w*)", re.ASCII)
_NAME = re.compile(r"--[^\W\d_][\w-]*")
_FIGURES = re.compile(r"-(?P<value>\d{1,3})", re.ASCII)  # `head -5`; four figures are a year
# What a page or a word processor makes of a hyphen.
_OTHER_DASH = re.compile(r"[\u2010-\u2015\u2212]+(?P<name>[A-Za-z][A-Za-z-]*)(?:=.*)?", re.DOTALL)


def marked(context: click.Context, arguments: list[str]) -> list[str]:
    """The arguments, with `MARK` before each word that Click would take for options.

    Raises UsageError for an option that there is not, with the nearest one and with what to type
    to leave the word out.
    """
    options = options_of(context)
    found: list[str] = []
    for at, argument in enumerate(arguments):
        before = options.get(found[-1]) if found else None
        if argument == "--":
            return [*found, *arguments[at:]]
        if before is not None and not before.is_flag:
            found.append(argument)  # its value, whatever it looks like
            continue
        is_word = _is_text(argument, options)
        if not is_word:
            _check(context, argument, arguments[at + 1 : at + 2], options)
            is_word = argument[:1] == "-" != argument[1:2] and not _OPTION.fullmatch(argument)
        found.append(MARK + argument if is_word else argument)
    return found


def _is_text(argument: str, options: Collection[str]) -> bool:
    """Whether an argument begins with two dashes and yet can be no option, as `---` or `--2.9)`.

    So does a text of several words, unless the first is an option: `--issue 395` in quotes.
    """
    name = argument.partition("=")[0]
    if not name.startswith("--") or name.split()[0] in options:
        return False
    return _NAME.fullmatch(name) is None


def _check(
    context: click.Context, argument: str, following: list[str], options: Collection[str]
) -> None:
    """Raise UsageError if an argument is meant as an option, and there is none of this name."""
    if match := _OTHER_DASH.fullmatch(argument):
        name = match["name"]
        meant = f"-{name}" if len(name) == 1 else f"--{name}"
        if meant in options:
            raise UsageError(f"“{shown(argument)}” begins with no hyphen", hint=f"write {meant}")
    elif argument.startswith("--"):
        name, _, value = argument.partition("=")
        if name not in options:
            raise no_option(context, name, value or "".join(following))
    elif (match := _LETTER.fullmatch(argument)) and not _OPTION.fullmatch(argument):
        name, value = f"-{match['name']}", match["value"]
        if name in options:
            typed = f"{name} {value}".rstrip()
            raise UsageError(f"“{shown(argument)}” has a “=” too many", hint=f"write {typed}")
        raise no_option(
            context, name, value or "".join(following), otherwise=_leaving_out(match["name"])
        )
    elif (match := _FIGURES.fullmatch(argument)) and not _OPTION.fullmatch(argument):
        number = int(match["value"])
        count = f"to see {number} hits: -n {number}; " if number else ""
        raise UsageError(
            f"search has no option {argument}", hint=f"{count}{_leaving_out(match['value'])}"
        )


def _leaving_out(word: str) -> str:
    if word == "?":
        return ""
    dashed = "" if word.isdecimal() else f", or -- -{word}"  # -10 is a number
    return f"to leave out the word “{word}”: NOT {word}{dashed}"


def check_counts(
    context: click.Context, words: Iterable[str], is_known: Callable[[str], bool]
) -> None:
    """Raise UsageError for a marked `-l5` or `-n5x` unless the archive has such a word."""
    for word in words:
        match = _COUNT.fullmatch(word.removeprefix(MARK)) if word.startswith(MARK) else None
        if match is None or is_known(word[2:]):
            continue
        name, value, leave_out = f"-{match['name']}", match["value"], _leaving_out(word[2:])
        if name in {"-n", "-C"}:
            digits = value.rstrip(value.lstrip("0123456789"))
            raise UsageError(
                f"{name} takes a number, not “{shown(value)}”",
                hint=f"write {name} {digits}; {leave_out}",
            )
        raise no_option(context, name, value, otherwise=leave_out)


def left_out(words: Iterable[str], options: Collection[str]) -> str:
    """What a search says about words left out with a dash: `without “robot”`; "" if there are none.

    A word that names an option, as in `-sort`, is followed by how the option is written.
    """
    found = [word for word in words if re.match("-[^-]", word)]
    named = [f"--{word[1:]}" for word in found if f"--{word[1:]}" in options]
    remark = f"; for the option write {', '.join(named)}" if named else ""
    excluded = dict.fromkeys(name for word in found for name in _excluded(word))
    return f"without {', '.join(excluded)}{remark}" if excluded else ""


def _excluded(argument: str) -> list[str]:
    """What an argument that begins with a dash leaves out, in quotes."""
    from backissue.query import Not, conjuncts
    from backissue.query.parsing import parse

    if not any(char.isalnum() for char in argument):
        return []
    try:
        query = parse(argument)
    except BackissueError:  # it names a saved search
        query = None
    if query is None or (isinstance(query.root, Not) and not query.left_out):
        typed = argument[1:]
        return [typed if typed[0] in '"“„' else f"“{typed}”"]
    nodes = [node.node for node in conjuncts(query.root) if isinstance(node, Not)]
    return [text if text.startswith('"') else f"“{text}”" for text in map(str, nodes)]

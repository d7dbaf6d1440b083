"""What a shell offers at TAB: commands, options and their values.

A shell calls `backissue --complete SHELL …` (the scripts beside this module). It gets a line that
says what follows (`words`, `files`, `folders`, or `open` where no space follows a word), then a
line for each answer, with a description behind a tab. Nothing goes to standard error, and nothing
is rebuilt. Loads no Click, no Rich, no parser: an answer takes less than a tenth of a second.
"""

import json
import shlex
import sys
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, suppress
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from backissue.errors import BackissueError

if TYPE_CHECKING:
    from backissue.config import Config
    from backissue.index import Index
    from backissue.records import Head

Answers = Iterable[tuple[str, str]]  # what to insert, and what it is

_MOST = 2000  # answers: more than that nobody reads
_MOST_HITS = 50  # of the last search
_LONGEST = 72  # characters of a description
# Controls, line ends, signs without a width, among them those that turn the direction of writing.
_UNTYPED = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


def answer(arguments: Sequence[str]) -> None:
    """Write what fits, for `bash BREAKS COMMAND LINE`, `zsh WORD…` or `fish WORD…`.

    The line, or the words behind the command, end at the cursor.
    """
    shell, *rest = arguments
    # A shell shows whatever goes wrong here in the middle of the line that you are typing.
    with suppress(Exception), ExitStack() as stack:
        if shell == "bash":
            from backissue.cli.completion.bash_words import BashLine

            line = BashLine.read(*rest)
            found = _answers(line.words, line.word, stack)
            write(found, line.inserted)
        else:
            write(_answers(rest[:-1], rest[-1], stack), str)


def write(found: tuple[str, Answers], inserted: Callable[[str], str]) -> None:
    """Write the answers in the form that the scripts read."""
    mode, answers = found
    unique = list(islice(dict(answers).items(), _MOST))
    if mode == "words" and unique and all(value.endswith((":", "=", "..")) for value, _ in unique):
        mode = "open"
    lines = [mode, *(f"{inserted(value)}\t{_short(about)}" for value, about in unique)]
    sys.stdout.write("\n".join(lines) + "\n")


def _short(text: str) -> str:
    clean = "".join(char if char.isprintable() else " " for char in text)
    return clean if len(clean) <= _LONGEST else clean[: _LONGEST - 1] + "…"


def _answers(words: Sequence[str], word: str, stack: ExitStack) -> tuple[str, Answers]:
    """What fits at `word`, after the words before it: how to read the answers, and the answers."""
    text = Path(__file__).with_name("table.json").read_text(encoding="utf-8")
    line = TypedLine.read(json.loads(text), words)
    wanted, start, lead = line.expected(word)
    if isinstance(wanted, str):
        if wanted in {"files", "folders"}:
            return wanted, ()
        found = _OFFERED[wanted](World(line=line, stack=stack), start)
    else:
        found = ((value, "") for value in wanted)
    return "words", (
        (lead + value, about) for value, about in found if _fits(value, start) and _is_clean(value)
    )


def _is_clean(value: str) -> bool:
    """Whether an answer can be typed: one line, with nothing that a terminal would obey.

    A file may have any name, and a saved search of a backup from elsewhere, too.
    """
    return not any(unicodedata.category(char) in _UNTYPED for char in value)


def _fits(value: str, start: str) -> bool:
    return value.casefold().startswith(start.casefold())


class TypedLine(Struct, frozen=True, kw_only=True):
    """The words before the cursor as the program reads them.

    `command` is None before there is one; `waiting` is an option whose value comes next; `given` is
    how many arguments the command has; after `--` nothing is an option.
    """

    table: Mapping[str, Any]
    command: str | None
    options: Sequence[Mapping[str, Any]]
    waiting: Mapping[str, Any] | None
    given: int
    ended: bool
    archive: str | None

    @classmethod
    def read(cls, table: Mapping[str, Any], words: Sequence[str]) -> "TypedLine":
        """The words of a line, an alias and a familiar name replaced by what they stand for."""
        options, command, given = table["global"], None, 0
        archive, waiting, ended = None, None, False
        rest = list(words)
        while rest:
            word = rest.pop(0)
            if waiting:
                archive = word if "--archive" in waiting["names"] else archive
                waiting = None
            elif not ended and word == "--":
                ended = True
            elif not ended and word.startswith("-"):
                name, equals, value = word.partition("=")
                option = _option(options, name)
                if equals and name == "--archive":
                    archive = value
                waiting = option if option and option["takes"] is not None and not equals else None
            elif command is None:
                command, more = _command(table, word)
                rest[:0] = more
                own = table["commands"].get(command, {"options": []})["options"]
                options = [*own, *table["global"]]
            else:
                given += 1
        return cls(
            table=table,
            command=command,
            options=options,
            waiting=waiting,
            given=given,
            ended=ended,
            archive=archive,
        )

    def expected(self, word: str) -> tuple[str | Sequence[str], str, str]:
        """What `word` is to be, the part of it that answers complete, and the part before that."""
        if self.waiting:
            return self.waiting["takes"], word, ""
        if not self.ended and word.startswith("--") and "=" in word:
            name, _, value = word.partition("=")
            option = _option(self.options, name)
            return (option["takes"] or "" if option else ""), value, f"{name}="
        takes = self._argument()
        is_query = takes == "query" and word.startswith("-") and ":" in word
        if not self.ended and word.startswith("-") and not is_query:
            return "option", word, ""
        return ("command" if self.command is None else takes), word, ""

    def _argument(self) -> str | Sequence[str]:
        known = self.table["commands"].get(self.command)
        arguments = known["arguments"] if known else []
        if self.given < len(arguments):
            takes: str | Sequence[str] = arguments[self.given]["takes"]
            return takes
        return arguments[-1]["takes"] if arguments and arguments[-1]["many"] else ""


def _option(options: Iterable[Mapping[str, Any]], name: str) -> Mapping[str, Any] | None:
    return next((one for one in options if name in one["names"]), None)


def _command(table: Mapping[str, Any], word: str) -> tuple[str, list[str]]:
    """The command that a word means, and the words that an alias adds to it."""
    added: list[str] = []
    aliases = _configuration().alias
    for _ in range(len(aliases) + 1):
        if word in table["commands"] or word not in aliases:
            break
        first, *more = shlex.split(aliases[word].removeprefix("backissue "))
        word, added = first, [*more, *added]
    return table["familiar"].get(word, word) if word not in table["commands"] else word, added


def _configuration() -> "Config":
    from backissue.config import Config, config_file, load

    file = config_file()
    try:
        return load(file)
    except Exception:  # the command itself says what is wrong with the file
        return Config(file=file)


class World(Struct, kw_only=True, dict=True):
    """The archive that answers come from, opened when first needed."""

    line: TypedLine
    stack: ExitStack

    @cached_property
    def config(self) -> "Config":
        """The configuration file; an empty one where it cannot be read."""
        return _configuration()

    @cached_property
    def folder(self) -> Path:
        """The archive's folder."""
        from backissue.archive.settings import archive_folder

        return archive_folder(self.line.archive, self.config)

    @cached_property
    def index(self) -> "Index":
        """The archive's index. Raises an error where there is none that can be read."""
        from backissue.archive.settings import open_index
        from backissue.config import default_publication

        default = default_publication(self.config)
        return self.stack.enter_context(open_index(self.folder, default))

    @cached_property
    def heads(self) -> Sequence["Head"]:
        """All issues."""
        return self.index.shelf.heads()


def _commands(world: World, start: str) -> Iterator[tuple[str, str]]:
    table = world.line.table
    for name, command in table["commands"].items():
        yield name, command["about"]
    for name, value in sorted(world.config.alias.items()):
        if name not in table["commands"]:
            yield name, f"alias: {value}"
    if start:  # otherwise each command would be there twice
        for name, command in table["familiar"].items():
            yield name, f"the same as {command}"


def _options(world: World, start: str) -> Iterator[tuple[str, str]]:
    for option in world.line.options:
        for name in option["names"]:
            if name.startswith("--") or not start.startswith("--"):
                yield name, option["about"]


def _topics(world: World, start: str) -> Iterator[tuple[str, str]]:
    del start
    yield "query", "the query language"
    yield "addresses", "what names an issue or a section"
    for name, command in world.line.table["commands"].items():
        yield name, command["about"]


def _publications(world: World, start: str) -> Iterator[tuple[str, str]]:
    del start
    for head in world.heads:
        yield head.slug, head.publication or ""


def _saved(world: World, start: str) -> Iterator[tuple[str, str]]:
    del start
    from backissue.archive.saved_searches import load

    yield from load(world.folder).items()


def _refs(world: World, start: str) -> Iterator[tuple[str, str]]:
    """Issues; the sections of an issue that is typed in full; the hits of the last search."""
    first, dots, start = start.rpartition("..")
    lead = first + dots
    if start.startswith("@") or not (start or lead):
        yield from _recent(world)
    if start and not lead:  # they are in the way of addresses that begin so
        yield "latest", "the newest issue"
        yield "random", "any section"
    issue, _, _ = start.rpartition(".")
    for head in world.heads:
        for name in (head.id, head.key):
            if _fits(name, start) and (name == head.id or start):
                yield lead + name, head.title or head.publication or ""
            if start and not lead and name.casefold() in {start.casefold(), issue.casefold()}:
                yield from _sections(world, head, name)


def _sections(world: World, head: "Head", name: str) -> Iterator[tuple[str, str]]:
    for position in range(1, head.sections + 1):
        section = world.index.shelf.section(head.key, position)
        yield f"{name}.{position}", section.heading if section else ""


def _sources(world: World, start: str) -> Iterator[tuple[str, str]]:
    del start
    for head in world.heads:
        for name in head.sources:
            yield name, head.title or head.id


def _recent(world: World) -> Iterator[tuple[str, str]]:
    """`@1` and so on, each with its heading."""
    from backissue.cli.recent import recall

    with suppress(BackissueError):  # there was no search, or it had no more hits
        for number in range(1, _MOST_HITS):
            key, _, position = recall(world.folder, f"@{number}").rpartition(".")
            section = world.index.shelf.section(key, int(position))
            yield f"@{number}", section.heading if section else ""


def _query(world: World, start: str) -> Iterator[tuple[str, str]]:
    """Fields, and behind a field's colon its values; saved searches behind a colon."""
    bare = start.lstrip("(").removeprefix("-").lstrip("(")
    mark, start = start[: len(start) - len(bare)], bare
    field, colon, value = start.partition(":")
    if colon and field:
        for one, about in _values(world, field.lower(), value):
            yield f"{mark}{field}:{one}", about
        return
    with suppress(Exception):  # without an archive there are still the fields
        for name, query in _saved(world, ""):
            yield f"{mark}:{name}", query
    for name, about, _ in world.line.table["fields"]:
        yield f"{mark}{name}:", about


def _values(world: World, field: str, value: str) -> Answers:
    match field:
        case "kind":
            return ((kind, "") for kind in world.line.table["kinds"])
        case "publication":
            return _publications(world, value)
        case "source":
            return _sources(world, value)
        case "issue":
            named = _refs(world, value)
            here = ("@", "latest", "random")  # which mean something for a command alone
            return ((ref, about) for ref, about in named if not ref.startswith(here))
        case "date":
            days = {str(head.date) for head in world.heads if head.date}
            spans = {day[:4] for day in days} | {day[:7] for day in days}
            return ((span, "") for span in sorted(spans))
    return ()


def _nothing(world: World, start: str) -> Answers:
    del world, start
    return ()


_OFFERED: Mapping[str, Callable[[World, str], Answers]] = {
    "": _nothing,
    "command": _commands,
    "option": _options,
    "topic": _topics,
    "publication": _publications,
    "saved": _saved,
    "source": _sources,
    "ref": _refs,
    "query": _query,
}

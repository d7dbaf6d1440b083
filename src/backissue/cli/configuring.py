"""The commands about the program itself: config, schema, completion."""

import os
import shutil
import sys
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import click
from click.core import ParameterSource

from backissue.cli.app import Settings, as_typed, examples, forms, pass_settings
from backissue.cli.output import color_choice, say, write
from backissue.cli.paging import PAGER_VARIABLE, screen_size
from backissue.cli.programs import edit as edit_file
from backissue.config import ARCHIVE_VARIABLE, EXAMPLES, PUBLICATION_VARIABLE, config_file
from backissue.errors import Exit, NothingFoundError, UsageError, shown
from backissue.render.rows import SettingRow

_SHELLS = ("bash", "zsh", "fish")
_COLOR_VARIABLES = ("NO_COLOR", "FORCE_COLOR", "CLICOLOR_FORCE", "CLICOLOR")


@examples(
    "backissue config",
    "backissue config archive",
    "backissue config --edit",
    "backissue config --json",
)
@click.command()
@click.argument("key", required=False)
@click.option("--edit", is_flag=True, help="Open the configuration file in your editor.")
@forms("json")
@click.pass_context
def config(context: click.Context, key: str | None, edit: bool) -> int:
    """Show the configuration file's path, and each key with its value and where that comes from.

    An option goes before an environment variable, that before the file, and that before the
    default. With a key, only its value is printed. In a pipe, each line has key, value, kind of
    origin and origin, separated by tabs.
    """
    settings = context.ensure_object(Settings)
    if edit:
        return _edit(config_file())
    rows = list(_rows(settings, paged=not _is_unpaged(context)))
    chosen = rows if key is None else _chosen(as_typed(key), rows)
    if len(chosen) == 1 and chosen[0].key == key and not settings.json:
        if chosen[0].value is None:
            raise NothingFoundError(f"{key} is not set", hint=_how(settings.config.file, key))
        write([chosen[0].value])
    else:
        settings.present.settings(chosen)
    return Exit.OK


def _chosen(key: str, rows: list[SettingRow]) -> list[SettingRow]:
    """The row of a key, or the rows of a table. Raises `UsageError` where there is none."""
    file = config_file()
    if "=" in key:
        name = key.partition("=")[0]
        raise UsageError("config only shows values", hint=_how(file, name))
    found = [row for row in rows if row.key == key or row.key.startswith(f"{key}.")]
    if found:
        return found
    if key in EXAMPLES:
        raise NothingFoundError(f"{key} is not set", hint=_how(file, key))
    from backissue.query.edit_distance import nearest

    names = [row.key for row in rows]
    near = nearest(key, names)
    guess = f"did you mean {near}?" if near else f"keys are {', '.join((*EXAMPLES, *_OPTIONAL))}"
    raise UsageError(f"no key “{shown(key)}”", hint=guess)


_OPTIONAL = ("color", "width")  # which are no keys of the file


def _how(file: Path, key: str) -> str:
    """How to set a key."""
    name = key.partition(".")[0]
    if name in EXAMPLES:
        return f"to set it, write {EXAMPLES[name]} into {file}: backissue config --edit"
    return f"keys of {file} are {', '.join(EXAMPLES)}"


def _is_unpaged(context: click.Context) -> bool:
    program = context.parent or context
    return program.get_parameter_source("no_pager") is ParameterSource.COMMANDLINE


def _rows(settings: Settings, *, paged: bool) -> Iterator[SettingRow]:
    """The file, then each key with its value, and where it comes from."""
    file = settings.config
    base = ("environment", "XDG_CONFIG_HOME") if _has_base() else ("default", None)
    yield _first("file", (*base, str(file.file)))
    yield _first(
        "archive",
        ("option", "--archive", settings.archive),
        _variable(ARCHIVE_VARIABLE, empty=False),
        ("file", str(file.file), None if file.archive is None else str(file.archive)),
        ("default", None, str(settings.folder)),
    )
    yield _first(
        "publication",
        _variable(PUBLICATION_VARIABLE),
        ("file", str(file.file), file.publication),
    )
    yield _first(
        "pager",
        ("option", "--no-pager", None if paged else ""),
        _variable(PAGER_VARIABLE),
        ("environment", "PAGER", "" if os.environ.get("PAGER") == "" else None),
        ("file", str(file.file), file.pager),
        _variable("PAGER"),
        ("default", None, next(filter(shutil.which, ("less", "more")), "")),
    )
    yield _color(settings.screen.color)
    yield _first(
        "width",
        (
            "option",
            "--width",
            None if settings.screen.width is None else str(settings.screen.width),
        ),
        _variable("COLUMNS", empty=False),
        ("default", None, str(screen_size().columns)),
    )
    yield from _styles(settings)
    for name, value in sorted(file.alias.items()):
        yield SettingRow(key=f"alias.{name}", value=value, source="file", origin=str(file.file))


def _has_base() -> bool:
    return sys.platform == "linux" and os.path.isabs(os.environ.get("XDG_CONFIG_HOME", ""))


Candidate = tuple[str, str | None, str | None]  # the kind of origin, the origin, the value


def _first(key: str, *candidates: Candidate) -> SettingRow:
    """The row of a key, whose value is that of the first candidate which has one."""
    for source, origin, value in candidates:
        if value is not None:
            return SettingRow(key=key, value=value, source=source, origin=origin)
    return SettingRow(key=key, value=None, source="default", origin=None)


def _variable(name: str, *, empty: bool = True) -> Candidate:
    """An environment variable; `empty` says that it means something without a value."""
    value = os.environ.get(name)
    return "environment", name, value if value or empty else None


def _color(option: str) -> SettingRow:
    """When there are colors, and which option or variable says so."""
    if option != "auto":
        return SettingRow(key="color", value=option, source="option", origin="--color")
    choice = color_choice("auto")
    name = next((one for one in _COLOR_VARIABLES if os.environ.get(one)), None)
    if choice is None or name is None:
        return SettingRow(key="color", value="auto", source="default", origin=None)
    value = "always" if choice else "never"
    return SettingRow(key="color", value=value, source="environment", origin=name)


def _styles(settings: Settings) -> Iterator[SettingRow]:
    """How each kind of text looks on a terminal with many colors."""
    from backissue.render.terminal import styles

    own = settings.config.colors
    for name in dict.fromkeys((*styles.LOOKS, *own)):
        usual = styles.LOOKS[name].style(many=True) if name in styles.LOOKS else None
        yield _first(
            f"colors.{name}",
            ("file", str(settings.config.file), own.get(name)),
            ("default", None, usual),
        )


_TEMPLATE = "# The configuration of backissue. Remove the # before what you want to set.\n\n"


def _edit(file: Path) -> int:
    """Open the file in the editor; a new one has an example of each key."""
    from backissue.config import load

    if not file.exists():
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        lines = (f"# {line}" for line in _example_lines())
        file.write_text(_TEMPLATE + "\n".join(lines) + "\n", encoding="utf-8")
    edit_file(file)
    load(file, say)  # so that a mistake is named at once
    return Exit.OK


def _example_lines() -> Iterator[str]:
    for example in EXAMPLES.values():
        yield from example.split(" and below it ")


@examples("backissue schema", "backissue schema > backissue.schema.json")
@click.command()
@pass_settings
def schema(settings: Settings) -> None:
    """Print the JSON Schema that everything written with --json and --jsonl follows.

    Within schema 1, keys are added, but none is removed or changes its meaning.
    """
    del settings
    page = files("backissue.render").joinpath("output-schema.json")
    sys.stdout.write(page.read_text(encoding="utf-8"))


@examples(
    'eval "$(backissue completion bash)"',
    "source <(backissue completion zsh)",
    "backissue completion fish > ~/.config/fish/completions/backissue.fish",
)
@click.command()
@click.argument("shell", type=click.Choice(_SHELLS))
@pass_settings
def completion(settings: Settings, shell: str) -> None:
    """Print a script by which bash, zsh or fish completes what you type at TAB.

    It completes commands, options, addresses with their headings, @1 and the other hits of the
    last search, publications, fields of the query, saved searches, help topics and your aliases.

    \b
    bash  put the first line below into ~/.bashrc
    zsh   put the second line into ~/.zshrc, below compinit
    fish  type the third line once
    """  # noqa: D301  # \b is an escape, by which Click leaves lines as they are
    del settings
    script = files("backissue.cli.completion").joinpath(f"script.{shell}")
    sys.stdout.write(script.read_text(encoding="utf-8"))


COMMANDS = {command.name: command for command in (config, schema, completion)}

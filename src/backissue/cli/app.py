"""The program, its global options, and what all its commands share."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
from msgspec import Struct, field

from backissue import __version__
from backissue.cli.commands import COMMANDS
from backissue.cli.output import Screen, be_quiet, complain, do_not_page, renderer, say
from backissue.cli.pages import HelpContext
from backissue.cli.typed import FAMILIAR, arranged, hidden_aliases, no_command
from backissue.config import Config, config_file, default_publication, load
from backissue.errors import BackissueError, EmptyArchiveError, IndexUnusableError, UsageError
from backissue.render.presentation import one_line

if TYPE_CHECKING:
    from backissue.index import Index
    from backissue.records import Report
    from backissue.render.renderer import Renderer

Decorated = TypeVar("Decorated", bound=Callable[..., Any])

CONTEXT = {"help_option_names": ["-h", "--help"]}


class Settings(Struct, dict=True):
    """The values of the global options, and of `--json` and `--jsonl` of a command."""

    archive: str | None = None
    json: bool = False
    jsonl: bool = False
    screen: Screen = field(default_factory=Screen)

    @cached_property
    def config(self) -> Config:
        """The configuration file; what is wrong in it is named on standard error."""
        config = load(config_file(), say)
        for name in hidden_aliases(config.alias, COMMANDS):
            say(f"in {config.file}, the alias {name} never runs: {name} is a command")
        return config

    @cached_property
    def folder(self) -> Path:
        """The archive's folder, the same from the beginning of a command to its end."""
        from backissue.archive.settings import archive_folder

        return archive_folder(self.archive, self.config)

    @property
    def existing_folder(self) -> Path:
        """The same; raises `NoArchiveError` if there is no archive in it."""
        from backissue.archive.opening import require

        require(self.folder, self.command)
        return self.folder

    @property
    def command(self) -> str:
        """How the program is called for this archive, for a hint: with --archive if you gave it."""
        if not self.archive:
            return "backissue"
        from shlex import quote

        return f"backissue --archive {quote(self.archive)}"

    @contextmanager
    def index(self) -> Iterator["Index"]:
        """The archive's index, open for reading. Raises `EmptyArchiveError` if it has no issue.

        As JSON, a command gives its empty document then, and standard error says so.
        """
        from backissue.archive.opening import reading

        default = default_publication(self.config)
        try:
            with reading(
                self.folder, notify=say, rebuild=_rebuild, default=default, command=self.command
            ) as index:
                if default and index.default is None:
                    from backissue.cli.addresses import note_unknown_default

                    note_unknown_default(index, default)
                if index.is_empty:
                    self._say_empty()
                yield index
        except IndexUnusableError as error:
            error.archive = self.folder
            raise

    def _say_empty(self) -> None:
        message = f"the archive {self.folder} has no issue"
        hint = f"to fill it: {self.command} ingest FILE-OR-FOLDER…"
        if not (self.json or self.jsonl):
            raise EmptyArchiveError(message, hint=hint)
        complain(message, hint)

    @property
    def present(self) -> "Renderer":
        """The form of output that the options ask for."""
        return renderer(self.screen, self.config, json=self.json, jsonl=self.jsonl)


def _rebuild(folder: Path) -> None:
    from backissue.archive import rebuilding

    say_rejected(rebuilding.rebuild_if_unusable(folder, waiting=say))


def rebuild_damaged(folder: Path, trouble: IndexUnusableError) -> None:
    """Rebuild an index in which a command met damage after it had opened it."""
    from backissue.archive import rebuilding

    say(f"{trouble.message}; rebuilding it from the originals")
    say_rejected(rebuilding.rebuild(folder, patience=rebuilding.PATIENCE))


def say_rejected(report: "Report") -> None:
    """Name each input that was rejected, and why."""
    for outcome in report.rejected:
        say(f"cannot read {outcome.name}: {outcome.reason}")


pass_settings = click.make_pass_decorator(Settings)


_FORMS = {"json": "Write one JSON document.", "jsonl": "Write JSON, one record per line."}


def forms(*names: str, about: str | None = None) -> Callable[[Decorated], Decorated]:
    """The options `--json`, `--jsonl`, or both; they go to the settings, not to the command."""

    def choose(context: click.Context, option: click.Parameter, chosen: bool) -> None:
        settings = context.find_object(Settings)
        if settings and chosen and option.name:
            setattr(settings, option.name, True)

    def put(command: Decorated) -> Decorated:
        for name in reversed(names):
            shown = about or _FORMS[name]
            command = click.option(
                f"--{name}", is_flag=True, expose_value=False, callback=choose, help=shown
            )(command)
        return command

    return put


def as_typed(argument: str) -> str:
    """An argument as UTF-8, also where the locale (`LC_ALL=C`) hid it behind surrogates."""
    return argument.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def examples(*lines: str) -> Callable[[click.Command], click.Command]:
    """Put examples at the end of a command's help."""

    def put(command: click.Command) -> click.Command:
        command.epilog = "\b\nExamples:\n" + "\n".join(f"  {line}" for line in lines)
        return command

    return put


class _Commands(click.Group):
    """Commands, loaded when first asked for, and the nearest name for one that is not there."""

    context_class = HelpContext

    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        del ctx
        if cmd_name not in COMMANDS:
            return None
        from importlib import import_module

        module = import_module(f"backissue.cli.{COMMANDS[cmd_name].module}")
        command: click.Command = module.COMMANDS[cmd_name]
        command.context_class = HelpContext
        command.short_help = COMMANDS[cmd_name].about
        return command

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        try:
            return super().parse_args(ctx, arranged(self, ctx, args))
        except click.NoSuchOption as error:
            from backissue.cli.unknown_options import no_option

            name = error.option_name
            otherwise = f"Options of a command follow it: backissue COMMAND {name}"
            raise no_option(ctx, name, otherwise=otherwise) from None

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        if args[0] not in COMMANDS and not args[0].startswith("-"):
            ctx.invoked_subcommand = args[0]
            click.Command.invoke(self, ctx)  # the global options, which Click would read later
            settings = ctx.ensure_object(Settings)
            known = [*COMMANDS, *settings.config.alias]
            raise no_command([as_typed(arg) for arg in args], known, held=_held(settings, args[0]))
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl([(name, command.about) for name, command in COMMANDS.items()])
        with formatter.section("Other names"):
            formatter.write_dl(list(_other_names(_aliases())))


def _aliases() -> Mapping[str, str]:
    """Your aliases; none where the configuration cannot be read, because help is to be shown."""
    try:
        return load(config_file()).alias
    except BackissueError:
        return {}


def _other_names(aliases: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """What else runs a command: familiar names for each, then your aliases."""
    for command in COMMANDS:
        names = [name for name, meant in FAMILIAR.items() if meant == command]
        if names:
            yield command, ", ".join(names)
    for name, value in sorted(aliases.items()):
        if name not in COMMANDS:
            yield name, f"your alias for: {one_line(value)}"


def _held(settings: Settings, address: str) -> bool:
    """Whether the archive has an issue with this address; not, where there is no archive."""
    try:
        with settings.index() as index:
            return bool(index.shelf.find(as_typed(address)))
    except BackissueError:
        return False


@click.group(cls=_Commands, context_settings=CONTEXT, invoke_without_command=True)
@click.option(
    "--archive",
    metavar="DIR",
    help="The archive's folder; else $BACKISSUE_ARCHIVE, else the platform's data folder.",
)
@click.option("--json", "as_json", is_flag=True, help="Write one JSON document to standard output.")
@click.option(
    "--color",
    type=click.Choice(["auto", "always", "never"]),
    default="auto",
    help="When to use colors; auto: on a terminal, unless $NO_COLOR is set.",
)
@click.option(
    "--no-pager",
    is_flag=True,
    is_eager=True,  # also for --help, if it comes after this
    expose_value=False,
    callback=lambda _, __, chosen: do_not_page() if chosen else None,
    help="Do not page long answers.",
)
@click.option(
    "--width",
    metavar="N",
    type=click.IntRange(20, 1000),
    is_eager=True,
    help="How many columns to use on a terminal.",
)
@click.option("-q", "--quiet", is_flag=True, help="Write only results and errors.")
@click.version_option(__version__, "-V", "--version", message="backissue %(version)s")
@click.pass_context
def app(
    context: click.Context,
    /,
    archive: str | None,
    as_json: bool,
    quiet: bool,
    **screen: Any,
) -> int | None:
    """Keep a newsletter archive and search it.

    \b
      backissue ingest ~/import-ai/      add files; run it again at any time
      backissue search neural minecraft  find sections, the best match first
      backissue issues 386..396          list issues by number
      backissue show 395.2               show a section; show 395: the issue
      backissue why 395.1                print its “why this matters”
    """  # noqa: D301  # \b is an escape, by which Click leaves lines as they are
    be_quiet(quiet)
    context.obj = settings = Settings(archive=archive, json=as_json, screen=Screen(**screen))
    if context.invoked_subcommand is None:
        from backissue.cli.overview import alone

        return alone(context, settings)
    if as_json:
        _require_json(context, context.invoked_subcommand)
    return None


def _require_json(context: click.Context, name: str) -> None:
    """Raise `UsageError` where a command, run with --json, writes no JSON."""
    command = app.get_command(context, name)
    known = {param.name for param in command.params} if command else {"json"}
    if name != "schema" and known.isdisjoint(("json", "jsonl")):
        raise UsageError(f"{name} writes no JSON", hint=f"leave --json out: backissue {name}")

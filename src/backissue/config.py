"""The configuration file: what you set once for all commands.

archive = "~/newsletters"      # relative to the file's folder
publication = "import-ai"      # its issues keep short addresses
pager = "less -R"              # "" switches paging off

[colors]
match = "bold magenta"

[alias]
chips = "search chips --since 2024"
"""

import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from msgspec import Struct, field

from backissue.errors import UsageError, cause, shown
from backissue.own_files import home

ARCHIVE_VARIABLE = "BACKISSUE_ARCHIVE"
PUBLICATION_VARIABLE = "BACKISSUE_PUBLICATION"
EXAMPLES = {
    "archive": 'archive = "~/newsletters"',
    "publication": 'publication = "import-ai"',
    "pager": 'pager = "less -R"',
    "colors": '[colors] and below it match = "bold magenta"',
    "alias": '[alias] and below it chips = "search chips"',
}
_TABLES = frozenset({"colors", "alias"})
_NO_HOME = Path("/nonexistent")  # which Debian gives to users without one


class Config(Struct, frozen=True, kw_only=True):
    """The values of the configuration file; None, or empty, where it has none."""

    file: Path
    archive: Path | None = None
    publication: str | None = None
    pager: str | None = None
    colors: Mapping[str, str] = field(default_factory=dict)
    alias: Mapping[str, str] = field(default_factory=dict)


def default_publication(config: Config) -> str | None:
    """The name or short name of the default publication: $BACKISSUE_PUBLICATION, or the file's.

    An empty variable means that there is none.
    """
    name = os.environ.get(PUBLICATION_VARIABLE)
    return ((config.publication if name is None else name) or "").strip() or None


def config_file() -> Path:
    """Where the configuration file is, whether or not it exists."""
    if sys.platform == "linux":
        # What platformdirs says there; its import would take a tenth of a search.
        base = os.environ.get("XDG_CONFIG_HOME", "")
        folder = Path(base) if os.path.isabs(base) else (home() or _NO_HOME) / ".config"
        return folder / "backissue" / "config.toml"
    from platformdirs import user_config_path  # noqa: PLC0415 - slow

    return user_config_path("backissue") / "config.toml"


def expanded(path: str) -> Path:
    """`path`, in which `~` is your home folder, and `~ada` Ada's.

    Raises `UsageError` where the system knows no such folder.
    """
    try:
        return Path(path).expanduser()
    except RuntimeError:
        user = path.partition("/")[0]
        what = f"the system knows no home folder “{shown(user)}”"
        raise UsageError(what, hint="write the whole path, or set HOME") from None


def load(file: Path, warn: Callable[[str], None] | None = None) -> Config:
    """The configuration in `file`; nothing is set where there is no file.

    `warn`, if given, gets a line about each unknown key. Raises `UsageError` where the file
    cannot be read or a value has the wrong type.
    """
    try:
        text = file.read_text(encoding="utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return Config(file=file)
    except OSError as error:
        raise UsageError(f"cannot read {file}: {cause(error)}") from None
    except UnicodeDecodeError:
        raise UsageError(f"{file} is not UTF-8", hint="save it as UTF-8") from None
    import tomllib  # noqa: PLC0415 - few have a file

    try:
        found = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise UsageError(f"{file} is not valid TOML: {error}", hint="correct the file") from None
    if warn:
        for key in sorted(found.keys() - EXAMPLES.keys()):
            warn(_unknown(file, key))
    values = {key: _checked(file, key, value) for key, value in found.items() if key in EXAMPLES}
    if "archive" in values:
        values["archive"] = file.parent / expanded(str(values["archive"]))
    return Config(file=file, **values)  # type: ignore[arg-type]  # _checked has looked


def _checked(file: Path, key: str, value: object) -> object:
    """A value of the type that its key has. Raises `UsageError` for another."""
    if key not in _TABLES:
        if _is_text(value):
            return value
        raise UsageError(f"in {file}, {key} is not a text", hint=EXAMPLES[key])
    if isinstance(value, dict) and all(map(_is_text, (*value, *value.values()))):
        return value
    raise UsageError(f"in {file}, {key} is not a table of texts", hint=EXAMPLES[key])


def _is_text(value: object) -> bool:
    """Whether it is a text that can be a path or an argument: one without NUL."""
    return isinstance(value, str) and "\0" not in value


def _unknown(file: Path, key: str) -> str:
    from backissue.query.edit_distance import nearest  # noqa: PLC0415 - rarely needed

    near = nearest(key, EXAMPLES)
    guess = f"did you mean {near}?" if near else f"keys are {', '.join(EXAMPLES)}"
    return f"{file} has an unknown key “{key}”; {guess}"

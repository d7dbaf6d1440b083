"""Where your archive is, and what the folders in it are called."""

import os
from pathlib import Path

from backissue.errors import UsageError

VARIABLE = "BACKISSUE_ARCHIVE"
INDEX = "index"
# Where a new index is made, before it takes the place of the old one.
NEW_INDEX = f"{INDEX}.new"
SOURCES = "sources"


def archive_folder(option: str | None) -> Path:
    """The archive's folder: `--archive`, else $BACKISSUE_ARCHIVE, else config, else the platform's.

    Raises `UsageError` where the configuration file cannot be understood.
    """
    chosen = option or os.environ.get(VARIABLE)
    if chosen:
        return Path(chosen).expanduser()
    # A tenth of a search's start-up, and not needed by those who name their archive.
    from platformdirs import user_config_path, user_data_path  # noqa: PLC0415 - slow

    return _configured(user_config_path("backissue") / "config.toml") or user_data_path("backissue")


def _configured(file: Path) -> Path | None:
    """The folder that `archive = "…"` in the configuration file names."""
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"cannot read {file}: {error}") from None
    import tomllib  # noqa: PLC0415 - few have a file

    try:
        archive = tomllib.loads(text).get("archive")
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{file} is not valid TOML: {error}") from None
    if archive is None:
        return None
    if not isinstance(archive, str):
        raise UsageError(f"in {file}, archive is not a text", hint='archive = "~/newsletters"')
    return Path(archive).expanduser()

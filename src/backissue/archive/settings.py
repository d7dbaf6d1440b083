"""Where your archive is, and what the folders in it are called."""

import os
from pathlib import Path

from backissue.config import ARCHIVE_VARIABLE, Config

INDEX = "index"
# Where a new index is made, before it takes the place of the old one.
NEW_INDEX = f"{INDEX}.new"
SOURCES = "sources"


def archive_folder(option: str | None, config: Config) -> Path:
    """The folder of --archive, $BACKISSUE_ARCHIVE or the configuration, or else the usual one."""
    chosen = option or os.environ.get(ARCHIVE_VARIABLE)
    if chosen:
        return Path(chosen).expanduser()
    if config.archive:
        return config.archive
    # A tenth of a search's start-up, and not needed by those who name their archive.
    from platformdirs import user_data_path  # noqa: PLC0415 - slow

    return user_data_path("backissue")

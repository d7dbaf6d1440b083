"""Searches that you gave a name: `:chips` in a query is the search saved under it.

You entered them, so they are stored beside the originals, in `searches.json`, and no rebuild
touches them.
"""

import json
import re
from collections.abc import Mapping
from pathlib import Path

from backissue.archive.files import check_format, held, sweep, write_whole
from backissue.errors import NoArchiveError, NothingFoundError, UsageError
from backissue.own_files import read

SEARCHES = "searches.json"
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")


def load(folder: Path) -> dict[str, str]:
    """The saved searches by name, sorted. Raises `NoArchiveError` where the file is damaged."""
    try:
        found = json.loads(read(folder / SEARCHES))
        check_format(folder / SEARCHES, found, 0)  # this version writes none
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError):
        found = None
    if not isinstance(found, dict) or not all(isinstance(one, str) for one in found.values()):
        raise NoArchiveError(
            f"{folder / SEARCHES} is damaged", hint="restore it from a backup, or delete it"
        )
    return dict(sorted(found.items()))


def checked_name(name: str) -> str:
    """`name` as it is kept. Raises `UsageError` for what cannot be one."""
    kept = name.removeprefix(":").lower()
    if not _NAME.fullmatch(kept):
        raise UsageError(
            f"“{name}” is no name for a search", hint="letters, digits and hyphens, such as chips"
        )
    return kept


def save(folder: Path, name: str, query: str) -> None:
    """Keep `query` under `name`, in place of what was.

    Raises `UsageError` as `checked_name`, and `BusyError` while another process writes.
    """
    kept = checked_name(name)
    with held(folder):
        _write(folder, {**load(folder), kept: query})


def forget(folder: Path, name: str) -> None:
    """Drop the search of this name. Raises `NothingFoundError` where there is none.

    Raises `BusyError` while another process writes.
    """
    with held(folder):
        searches = load(folder)
        if searches.pop(name.removeprefix(":").lower(), None) is None:
            raise NothingFoundError(f"no search “{name}”", hint="to list them: backissue searches")
        _write(folder, searches)


def _write(folder: Path, searches: Mapping[str, str]) -> None:
    sweep(folder, f".{SEARCHES}.", ".tmp")
    text = json.dumps(searches, ensure_ascii=False, sort_keys=True, indent=1)
    write_whole([(folder / SEARCHES, text.encode("utf-8", "surrogatepass") + b"\n")])

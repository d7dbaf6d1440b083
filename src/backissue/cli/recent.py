"""The hits of the last search in each terminal, so that `@3` is an address.

Each terminal has one small file in the archive's folder. If it cannot be written, the search
succeeds without a message. Only those of the last 50 terminals are kept.
"""

import json
import os
import re
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from backissue.errors import NothingFoundError, UsageError
from backissue.own_files import opener, read
from backissue.records import Hit, Related

_FOLDER = "recent"
_MOST_FILES = 50
_NUMBERED = re.compile(r"@(\d{1,5})")


def remember(folder: Path, shown: Iterable[Hit | Related], query: str = "") -> None:
    """Save the addresses of these sections, and the query that found them, for this terminal."""
    keys = [f"{item.issue.key}.{item.section.position}" for item in shown]
    place = folder / _FOLDER / _terminal()
    with suppress(OSError):
        place.parent.mkdir(mode=0o700, exist_ok=True)
        # Whole or not at all: two searches of one terminal may run side by side in a pipe.
        fresh = place.with_name(f".{place.name}.{os.getpid()}")
        fresh.unlink(missing_ok=True)
        with open(fresh, "xb", opener=opener) as file:
            file.write(json.dumps({"keys": keys, "query": query}).encode())
        fresh.replace(place)
        _tidy(place.parent, place)


def recall(folder: Path, ref: str) -> str:
    """The address that `@3` stands for; any other `ref` unchanged.

    Raises `NothingFoundError` if this terminal had no search, or one with fewer hits.
    """
    match = _NUMBERED.fullmatch(ref)
    if not match:
        if ref.startswith("@"):
            raise UsageError(f"“{ref}” is not a hit", hint="@3 is the third hit of the last search")
        return ref
    number, keys = int(match[1]), _remembered(folder)[0]
    if not 1 <= number <= len(keys):
        had = "1 hit" if len(keys) == 1 else f"{len(keys)} hits"
        raise NothingFoundError(
            f"the last search showed {had}, no {ref}", hint="-n N shows more of them"
        )
    return keys[number - 1]


def hits_between(folder: Path, first: str, last: str) -> range:
    """The numbers of the hits from `first` to `last`, as far as there are any; "" is an open end.

    Raises `NothingFoundError` if this terminal had no search.
    """
    count = len(_remembered(folder)[0])
    low, high = int(first or 1), int(last or count)
    if low > high and first and last:
        raise UsageError(f"“@{first}..{last}” runs backwards", hint=f"write @{high}..{low}")
    return range(low, max(low, min(high, count)) + 1)


def last_query(folder: Path) -> str:
    """The query of this terminal's last search; "" if its hits were found in another way.

    Raises `NothingFoundError` if this terminal had no search.
    """
    return _remembered(folder)[1]


def _remembered(folder: Path) -> tuple[list[str], str]:
    """The addresses of the hits of this terminal's last search, and its query."""
    try:
        found = json.loads(read(folder / _FOLDER / _terminal()))
        return list(map(str, found["keys"])), str(found["query"])
    except (OSError, ValueError, KeyError, TypeError):
        raise NothingFoundError(
            "no search was done in this terminal", hint="search first: backissue search WORDS"
        ) from None


def _terminal() -> str:
    """A name for this terminal; without a terminal, for this session of processes."""
    for stream in (2, 1, 0):
        with suppress(OSError):
            return re.sub(r"\W+", "-", os.ttyname(stream)).strip("-")
    return f"session-{os.getsid(0)}"


def _tidy(folder: Path, kept: Path) -> None:
    """Delete all but the newest files, and never the one that is `kept`."""
    files = [(file.lstat().st_mtime_ns, file) for file in folder.iterdir() if file != kept]
    files.sort(reverse=True)
    for _, file in files[_MOST_FILES - 1 :]:
        file.unlink(missing_ok=True)

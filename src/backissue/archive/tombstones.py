"""What you removed, so that it does not come back: `removed.json`, by source and by words.

A removed source is recognised by its bytes, and a removed issue also by its words, in whichever
file they come.
"""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

from backissue.archive.files import check_format
from backissue.errors import BackissueError, NoArchiveError
from backissue.own_files import read

FILE = "removed.json"
_FORMAT = 1


class RemovedIssue(Struct, frozen=True, kw_only=True):
    """An issue that you removed, as one source has it.

    `key` and `id` are the addresses it had; `when` is in UTC, ISO 8601. `text` is
    `DraftRef.text` of its draft; "" if only the bytes of its source are recognised.
    """

    key: str
    id: str
    when: str
    text: str = ""


class RemovedSource(Struct, frozen=True, kw_only=True):
    """A source of which you removed issues, by place: all, if it is `whole`.

    `run` is the number of the run that removed it last.
    """

    names: tuple[str, ...]
    when: str
    run: int = 0
    whole: bool = False
    issues: Mapping[int, RemovedIssue] = field(default_factory=dict)

    @property
    def ids(self) -> str:
        """The addresses of its removed issues, separated by commas; "" if it had none."""
        return ", ".join(dict.fromkeys(one.id for _, one in sorted(self.issues.items())))


class Removed(Struct, frozen=True, dict=True):
    """All that you removed, by the sha256 of its source."""

    sources: Mapping[str, RemovedSource] = field(default_factory=dict)

    @cached_property
    def texts(self) -> dict[str, RemovedIssue]:
        """The removed issues that are recognised by their words, by `RemovedIssue.text`."""
        return {one.text: one for one in self._issues() if one.text}

    @cached_property
    def keys(self) -> dict[str, RemovedIssue]:
        """The removed issues by address."""
        return {one.key: one for one in self._issues()}

    @property
    def plain(self) -> dict[str, Any]:
        """All of it as JSON values."""
        sources = {sha256: to_plain(one) for sha256, one in self.sources.items()}
        return {"format": _FORMAT, "sources": sources}

    def _issues(self) -> Iterator[RemovedIssue]:
        for source in self.sources.values():
            yield from source.issues.values()

    def lifted(self, sources: frozenset[str], texts: frozenset[str]) -> "Removed":
        """The same without these sources, and without recognising these words."""
        kept = {}
        for sha256, source in self.sources.items():
            if sha256 in sources:
                continue
            issues = {
                place: replace(one, text="") if one.text in texts else one
                for place, one in source.issues.items()
            }
            kept[sha256] = source if issues == source.issues else replace(source, issues=issues)
        return Removed(kept)


def to_plain(source: RemovedSource) -> dict[str, Any]:
    """A removed source as JSON values."""
    return {
        "names": list(source.names),
        "when": source.when,
        "run": source.run,
        "whole": source.whole,
        "issues": {
            str(place): {"key": one.key, "id": one.id, "when": one.when, "text": one.text}
            for place, one in source.issues.items()
        },
    }


def from_plain(value: Any) -> RemovedSource:
    """The removed source that `to_plain` gave. Raises what a wrong shape raises."""
    return RemovedSource(
        names=tuple(map(str, value["names"])),
        when=_time(value["when"]),
        run=int(value["run"]),
        whole=bool(value["whole"]),
        issues={
            int(place): RemovedIssue(
                key=str(one["key"]),
                id=str(one["id"]),
                when=_time(one["when"]),
                text=str(one["text"]),
            )
            for place, one in value["issues"].items()
        },
    )


def _time(value: Any) -> str:
    datetime.fromisoformat(value)
    return str(value)


def find(folder: Path, address: str) -> RemovedIssue | None:
    """The issue with this short or full address that you removed; None where there is none."""
    path = folder / FILE
    try:
        removed = parse(path, read(path))
    except (OSError, BackissueError):  # which other commands say
        return None
    wanted = address.casefold()
    return next((one for one in removed.keys.values() if wanted in (one.key, one.id)), None)


def day(when: str) -> str:
    """The day of a time in UTC, where you are."""
    return datetime.fromisoformat(when).astimezone().date().isoformat()


def parse(path: Path, data: bytes) -> Removed:
    """What the file at `path` says. Raises `NoArchiveError` if it is damaged."""
    try:
        known = json.loads(data)
        check_format(path, known, _FORMAT)
        sources = known["sources"]
        return Removed({str(sha256): from_plain(one) for sha256, one in sources.items()})
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        raise NoArchiveError(
            f"{path} is damaged",
            hint="restore it from a backup, or delete it; then what you removed can come back",
        ) from None

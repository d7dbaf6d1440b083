"""Inputs read before anything is stored: which can be read, and whether there is only one issue."""

from collections.abc import Iterable

from msgspec import Struct
from msgspec.structs import replace

from backissue.archive.incremental import Progress, attempt, silent
from backissue.ingest.identity import overlay
from backissue.ingest.pipeline import Reading
from backissue.ingest.sources import Limits, Refusal, Source
from backissue.records import Facts

Item = Source | Refusal


class Preview(Struct, frozen=True, kw_only=True):
    """What the inputs of a run hold, as far as they were read: up to a second issue.

    `items` are the inputs, those that cannot be read as refusals; `names` are the sources with
    issues, and `issues` is how many they have.
    """

    items: tuple[Item, ...]
    names: tuple[str, ...]
    issues: int


def preview(
    items: Iterable[Item], facts: Facts, limits: Limits, progress: Progress = silent
) -> Preview:
    """Read the inputs until there are two issues. Each source gets `facts`, those of one issue."""
    kept: list[Item] = []
    names: list[str] = []
    issues = 0
    for item in items:
        progress(item.name)
        if isinstance(item, Refusal):
            kept.append(item)
            continue
        source = replace(item, by_reader=overlay(item.by_reader, facts))
        found = attempt(source, limits)
        # The bytes of what cannot be read are not kept in memory.
        kept.append(found if isinstance(found, Refusal) else source)
        if isinstance(found, Reading):
            names.append(source.name)
            issues += len(found.drafts)
        if issues > 1:
            break
    return Preview(items=tuple(kept), names=tuple(names), issues=issues)

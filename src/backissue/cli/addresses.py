"""Which issue, section or publication you mean."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import click

from backissue.cli.app import Settings, as_typed
from backissue.cli.output import say
from backissue.cli.recent import recall
from backissue.config import config_file
from backissue.errors import NothingFoundError, UsageError
from backissue.records import Head, Issue, Section, slug_of

if TYPE_CHECKING:
    from backissue.index import Index

publication_option = click.option(
    "--publication", metavar="NAME", help="Only this publication: its name or short name."
)


def resolve(
    settings: Settings, index: "Index", ref: str, publication: str | None = None
) -> tuple[Head, int | None]:
    """The issue that an address names, and the position of its section if it names one.

    `@3` is the third hit of the last search in this terminal. Raises `NothingFoundError` if
    nothing has the address, and `UsageError` if several issues do.
    """
    ref = recall(settings.folder, as_typed(ref))
    among = publication_slug(index, publication) if publication is not None else None
    keys, position = index.shelf.find(ref, among), None
    if not keys:
        place, dot, last = ref.rpartition(".")
        if dot and last.isascii() and last.isdigit():
            keys, position = index.shelf.find(place, among), int(last[:6])
    head = index.shelf.head(only(keys, ref)) if keys else None
    if head is None:
        near = index.shelf.neighbours(ref)
        hint = f"did you mean {' or '.join(near)}?" if near else "to list all: backissue issues"
        raise NothingFoundError(f"no issue “{ref}”", hint=hint)
    if position is not None and not 1 <= position <= head.sections:
        held = f"sections 1 to {head.sections}" if head.sections else "no sections"
        raise NothingFoundError(
            f"{head.id} has {held}, no {position}", hint=f"backissue show {head.id}"
        )
    return head, position


def read(
    settings: Settings, index: "Index", ref: str, publication: str | None
) -> tuple[Head, Issue | Section]:
    """The whole issue or section that an address names, and the head of its issue."""
    head, position = resolve(settings, index, ref, publication)
    whole = index.shelf.section(head.key, position) if position else index.shelf.issue(head.key)
    assert whole is not None  # noqa: S101  # for the type checker: `resolve` has found it
    return head, whole


def only(keys: tuple[str, ...], ref: str) -> str:
    """The only key. Raises `UsageError`, with what to write instead, if there are several."""
    if len(keys) == 1:
        return keys[0]
    slugs = list(dict.fromkeys(map(slug_of, keys)))
    write = f"write {' or '.join(keys)}"
    if len(slugs) == 1:
        raise UsageError(f"“{ref}” is several issues", hint=write)
    raise UsageError(
        f"“{ref}” is in several publications",
        hint=f"{write}, or choose a default: BACKISSUE_PUBLICATION={slugs[0]},"
        f' or publication = "{slugs[0]}" in {config_file()}',
    )


def publication_slug(index: "Index", name: str) -> str:
    """The short name of the publication with this name or short name.

    Raises `NothingFoundError`, with the nearest name, if there is none.
    """
    slugs = _slugs(index)
    wanted = " ".join(as_typed(name).split()).casefold()
    if wanted in slugs:
        return slugs[wanted]
    hint = _near_publication(wanted, slugs)
    raise NothingFoundError(f"no publication “{as_typed(name)}”", hint=hint)


def _slugs(index: "Index") -> dict[str, str]:
    """Each publication's short name, by its name and its short name in lower case."""
    slugs: dict[str, str] = {}
    for head in index.shelf.heads():
        slug = head.slug
        slugs[slug] = slugs[(head.publication or slug).casefold()] = slug
    return slugs


def _near_publication(wanted: str, slugs: Mapping[str, str]) -> str:
    """The publication you may mean, or how to list all of them."""
    from backissue.query.edit_distance import nearest

    near = nearest(wanted, slugs) or next((one for one in sorted(slugs) if wanted in one), None)
    return f"did you mean {slugs[near]}?" if near else "to list them: backissue publications"


def note_unknown_default(index: "Index", name: str) -> None:
    """Say that no issue is of the default publication, and which one you may mean."""
    if not index.is_empty:
        near = _near_publication(" ".join(name.split()).casefold(), _slugs(index))
        say(f"no issue is of the default publication “{name}”; {near}")


def heads_of(index: "Index", publication: str | None) -> tuple[Head, ...]:
    """All issues, or those of one publication, in the order of the shelf."""
    heads = index.shelf.heads()
    if publication is None:
        return heads
    slug = publication_slug(index, publication)
    return tuple(head for head in heads if head.slug == slug)

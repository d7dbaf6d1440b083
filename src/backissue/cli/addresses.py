"""Which issue, section or publication you mean."""

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import click
from msgspec.structs import replace

from backissue.cli.app import Settings, as_typed
from backissue.cli.output import say
from backissue.cli.recent import recall
from backissue.config import config_file, default_publication
from backissue.errors import NothingFoundError, UsageError, shown
from backissue.records import ChangedIssue, Head, Issue, Report, Section, slug_of

if TYPE_CHECKING:
    from backissue.index import Index

publication_option = click.option(
    "--publication", metavar="NAME", help="Only this publication: its name or short name."
)


_COUNTED = re.compile(r"\d{4}-\d\d-\d\d-\d+$")  # `3-2024-03-05-2`, the second of a day
Place = tuple[Head, int | None]  # an issue, and the position of its section if one is named


def resolve(settings: Settings, index: "Index", ref: str, publication: str | None = None) -> Place:
    """The issue that an address names, and the position of its section if it names one.

    `@3` is the third hit of the last search in this terminal, `latest-1` the newest issue but one,
    `random` any section. Raises `NothingFoundError` if nothing has the address, and `UsageError`
    if several issues do.
    """
    ref = recall(settings.folder, as_typed(ref).strip())
    among = publication_slug(index, publication) if publication is not None else None
    place = (
        _exact(index, ref, among) or _by_word(index, ref, among) or _respelled(index, ref, among)
    )
    if place is None:
        raise _removed(settings, ref) or _unknown(index, ref)
    head, position = place
    if position is not None and not 1 <= position <= head.sections:
        held = f"sections 1 to {head.sections}" if head.sections else "no sections"
        raise NothingFoundError(
            f"{head.id} has {held}, no {position}", hint=f"backissue show {head.id}"
        )
    return place


def _exact(index: "Index", ref: str, among: str | None) -> Place | None:
    """What has the address as it is written."""
    keys, position = index.shelf.find(ref, among), None
    place, dot, last = ref.rpartition(".")
    if section := _AFTER_SIGN.fullmatch(ref):
        keys, position = index.shelf.find(section["place"], among), int(section["at"])
    elif dot and last.isascii() and last.isdigit():
        if not keys:
            keys, position = index.shelf.find(place, among), int(last[:6])
        elif _VOLUME_ADDRESS.fullmatch(ref):
            _note_section(index, ref, index.shelf.find(place, among), int(last[:6]))
    head = index.shelf.head(only(keys, ref, position)) if keys else None
    return None if head is None else (head, position)


# `15#28` is a section, whatever `15.28` is.
_AFTER_SIGN = re.compile(r"(?P<place>[^#\s]+)#(?P<at>\d{1,6})")
_VOLUME_ADDRESS = re.compile(r"(?:[^/]+/)?\d{1,6}\.\d{1,6}")


def _note_section(index: "Index", ref: str, keys: Sequence[str], position: int) -> None:
    """Say that a section has the address of an issue, too: `15.28`, of volume 15 or of issue 15."""
    for key in keys:
        head = index.shelf.head(key)
        if head and head.volume is None and position <= head.sections:
            say(f"{ref} is an issue; section {position} of issue {head.id} is {head.id}#{position}")
            return


_BY_WORD = re.compile(
    r"(?:(?P<publication>.+)/)?"
    r"(?:(?P<random>random)|(?:latest|newest|last)(?:[-~](?P<back>\d{1,6}))?(?:\.(?P<at>\d{1,6}))?)",
    re.IGNORECASE,
)


def _by_word(index: "Index", ref: str, among: str | None) -> Place | None:
    """What `latest`, `latest-1`, `latest.2`, `import-ai/latest` or `random` stands for."""
    match = _BY_WORD.fullmatch(ref)
    if not match:
        return None
    if match["publication"] is not None:
        among = publication_slug(index, match["publication"])
    heads = oldest_first(index, among or index.default)
    if match["random"]:
        return _random(heads)
    back = int(match["back"] or 0)
    if back >= len(heads):
        raise NothingFoundError(
            f"no issue “{ref}”", hint=f"there are {len(heads)}: backissue issues"
        )
    return heads[-1 - back], int(match["at"]) if match["at"] else None


def _random(heads: Sequence[Head]) -> Place | None:
    """A section, each as likely as any other."""
    from random import choices, randint

    counts = [head.sections for head in heads]
    if not any(counts):
        return None
    (head,) = choices(heads, counts)  # noqa: S311  # to read, not to guard anything
    return head, randint(1, head.sections)  # noqa: S311  # as above


def oldest_first(index: "Index", publication: str | None = None) -> tuple[Head, ...]:
    """All issues, or those of one publication, by the day on which each came out.

    `publication` is a short name. The numbers around an issue without a date give its day.
    """
    bounds = index.shelf.bounds()
    heads = [head for head in index.shelf.heads() if publication in (None, head.slug)]

    def order(head: Head) -> tuple[str, str, int, int, str]:
        first, last = bounds[head.key]
        day = str(first or last or "")
        number = -1 if head.number is None else head.number
        return day, head.slug, head.volume or 0, number, head.key

    return tuple(sorted(heads, key=order))


def _respelled(index: "Index", ref: str, among: str | None) -> Place | None:
    """What has the address in another spelling: `#395`, `Import AI 395`, an issue's web address."""
    if ref.startswith(("https://", "http://")):
        wanted = _page(ref)
        pages = (head for head in index.shelf.heads() if head.url and _page(head.url) == wanted)
        head = next(pages, None)
        return None if head is None else (head, None)
    from backissue.cli.spellings import spellings

    places = (_exact(index, one, among) for one in spellings(ref, publications_by_name(index)))
    return next(filter(None, places), None)


def _page(url: str) -> str:
    """A web address without what differs between links to one page."""
    return re.sub(r"^https?://(?:www\.)?|(?<!/)/*(?:[?#].*)?$", "", url).casefold()


def publications_by_name(index: "Index") -> dict[str, str]:
    """Each publication's short name, by its names without case, spaces and signs."""
    from backissue.cli.spellings import compressed

    return {compressed(name): slug for name, slug in _slugs(index).items()}


def _removed(settings: Settings, ref: str) -> NothingFoundError | None:
    """The error of an address that an issue had which you removed."""
    from backissue.archive.tombstones import day, find

    issue = find(settings.folder, ref) or find(settings.folder, ref.rpartition(".")[0])
    if issue is None:
        return None
    hint = "to bring it back: backissue ingest --again FILE; or undo, if it was the last run"
    return NothingFoundError(f"you removed {issue.id} on {day(issue.when)}", hint=hint)


def _unknown(index: "Index", ref: str) -> NothingFoundError:
    """The error of an address that nothing has, with what you may mean."""
    from backissue.cli.spellings import compressed, spellings

    names = publications_by_name(index)
    if slug := names.get(compressed(ref)):
        hint = f"it is a publication; its newest issue: backissue show {slug}/latest"
        return NothingFoundError(f"no issue “{shown(ref)}”", hint=hint)
    if (ends := re.fullmatch(r"(\d{1,9})-(\d{1,9})", ref)) and int(ends[1]) < int(ends[2]):
        hint = f"for a range, write {ends[1]}..{ends[2]}"
        return NothingFoundError(f"no issue “{shown(ref)}”", hint=hint)
    near: tuple[str, ...] = ()
    for one in (ref, *spellings(ref, names)):
        issue = re.sub(r"\.\d+$", "", one).rpartition("/")[2]
        near = near or index.shelf.neighbours(issue) or index.shelf.neighbours(one)
    hint = f"did you mean {' or '.join(near)}?" if near else "to list all: backissue issues"
    return NothingFoundError(f"no issue “{shown(ref)}”", hint=hint)


def read(
    settings: Settings, index: "Index", ref: str, publication: str | None
) -> tuple[Head, Issue | Section]:
    """The whole issue or section that an address names, and the head of its issue."""
    return whole(index, resolve(settings, index, ref, publication))


def whole(index: "Index", place: Place) -> tuple[Head, Issue | Section]:
    """A whole issue or section, and the head of its issue."""
    head, position = place
    found = index.shelf.section(head.key, position) if position else index.shelf.issue(head.key)
    assert found is not None  # noqa: S101  # for the type checker: `resolve` has found it
    return head, found


_MOST_NAMED = 4  # addresses in a message


def only(keys: tuple[str, ...], ref: str, position: int | None = None) -> str:
    """The only key. Raises `UsageError`, with what to write instead, if there are several.

    `position` is that of the section, if `ref` names one.
    """
    if len(keys) == 1:
        return keys[0]
    slugs = list(dict.fromkeys(map(slug_of, keys)))
    more = " …" if len(keys) > _MOST_NAMED else ""
    behind = "" if position is None else f".{position}"
    write = f"write {' or '.join(f'{key}{behind}' for key in keys[:_MOST_NAMED])}{more}"
    if len(slugs) == 1:
        raise UsageError(f"“{ref}” is several issues", hint=write)
    raise UsageError(
        f"“{ref}” is in several publications",
        hint=f"{write}, or choose a default: {_choosing(slugs[0])}",
    )


def publication_slug(index: "Index", name: str) -> str:
    """The short name of the publication with this name or short name.

    Raises `NothingFoundError`, with the nearest name, if there is none.
    """
    slugs = _slugs(index)
    wanted = " ".join(as_typed(name).split()).casefold()
    if wanted in slugs:
        return slugs[wanted]
    if same := _spelled_otherwise(wanted, slugs):
        return same
    hint = _near_publication(wanted, slugs)
    raise NothingFoundError(f"no publication “{as_typed(name)}”", hint=hint)


def otherwise_spelled(index: "Index", name: str) -> str | None:
    """The short name of the publication that has this name only in another spelling."""
    slugs = _slugs(index)
    wanted = " ".join(name.split()).casefold()
    return None if wanted in slugs else _spelled_otherwise(wanted, slugs)


def _slugs(index: "Index") -> dict[str, str]:
    """Each publication's short name, by its name and its short name in lower case."""
    slugs: dict[str, str] = {}
    for head in index.shelf.heads():
        slug = head.slug
        slugs[slug] = slugs[(head.publication or slug).casefold()] = slug
    return slugs


def _spelled_otherwise(wanted: str, slugs: Mapping[str, str]) -> str | None:
    """The publication that differs from a name only as its spellings do: `importai`."""
    from backissue.ingest.merge import name_key

    key = name_key(wanted)
    return next((slugs[one] for one in sorted(slugs) if key and name_key(one) == key), None)


def _near_publication(wanted: str, slugs: Mapping[str, str]) -> str:
    """The publication you may mean, or how to list all of them."""
    from backissue.query.edit_distance import nearest

    near = nearest(wanted, slugs) or next((one for one in sorted(slugs) if wanted in one), None)
    return f"did you mean {slugs[near]}?" if near else "to list them: backissue publications"


def point_to_issue(index: "Index", query: str, publication: str | None) -> None:
    """Where a query is the address of an issue or a section (`395`, `Import AI 395`), say so."""
    if not re.search(r"\d", query) or re.search(r"\b[a-z]+:\S", query, re.IGNORECASE):
        return  # the usual case; `issue:395` is no address
    from backissue.cli.spellings import numbered

    wanted = numbered(query, publications_by_name(index))
    if wanted is None:
        return
    issue, _, section = wanted.partition(".")
    if section and index.shelf.find(wanted):
        issue, section = wanted, ""  # of a volume
    heads = [
        head
        for key in index.shelf.find(issue, publication and publication_slug(index, publication))
        if (head := index.shelf.head(key)) and int(section or 0) <= head.sections
    ]
    if heads:
        at = f".{section}" if section else ""
        shows = " or ".join(f"backissue show {head.id}{at}" for head in heads)
        say(f"{issue}{at} is {'a section' if at else 'an issue'}; to read it: {shows}")


def with_short_addresses(settings: Settings, report: Report) -> Report:
    """A report in which the issues of the default publication have their short addresses."""
    if not (default_publication(settings.config) and (report.added or report.changed)):
        return report
    with settings.index() as index:
        own = index.default

    def short(issue: ChangedIssue) -> ChangedIssue:
        slug, _, rest = issue.key.partition("/")
        return issue._replace(id=rest) if slug == own else issue

    added, changed = tuple(map(short, report.added)), tuple(map(short, report.changed))
    return replace(report, added=added, changed=changed)


def note_longer_addresses(index: "Index", report: Report) -> None:
    """Say which issues have a longer address now, because new ones have the same short one."""
    new = {issue.key for issue in report.added}
    longer: list[str] = []
    for key in sorted(new):
        namesakes = index.shelf.find(key.partition("/")[2])
        before = [one for one in namesakes if one not in new]
        if len(namesakes) > 1 and len(before) == 1:
            longer += before
    if not longer:
        return
    slug, _, short = longer[0].partition("/")
    more = f", and {len(longer) - 1} more addresses changed so" if len(longer) > 1 else ""
    say(
        f"{short} is now {longer[0]}, as another publication has {short}, too{more};"
        f" to keep it short: {_choosing(slug)}"
    )


def dated_numbers(report: Report) -> tuple[str, ...]:
    """The numbers, as `lathe-weekly/3`, of issues that have one with a day in their address."""
    found = dict[str, None]()
    for issue in (*report.added, *report.changed):
        base, dash, _ = issue.key.rpartition("/")[2].partition("-")
        if dash and base.replace(".", "").isdecimal():
            found[f"{slug_of(issue.key)}/{base}"] = None
    return tuple(found)


def note_shared_numbers(index: "Index", report: Report) -> None:
    """Say which numbers are of several issues now, by their days."""
    named = {
        base: [key for key in index.shelf.find(base) if key.startswith(f"{base}-")]
        for base in dated_numbers(report)
    }
    shared = {base: keys for base, keys in named.items() if len(keys) > 1}
    for base, keys in list(shared.items())[:_MOST_NAMED]:
        listed = ", ".join(keys[:_MOST_NAMED]) + (" …" if len(keys) > _MOST_NAMED else "")
        say(f"{base} is {len(keys)} issues, {_difference(keys, listed)}")
    if len(shared) > _MOST_NAMED:
        say(f"and {len(shared) - _MOST_NAMED} more numbers are of several issues")


def _difference(keys: Sequence[str], listed: str) -> str:
    """In what issues of one number differ, and what to do if they should not.

    Issues of one day that are not one are of two languages; the count in their addresses says so.
    """
    if any(_COUNTED.search(key) for key in keys):
        return (
            f"of different languages: {listed}; to name one of them otherwise:"
            f" backissue set {keys[-1]} publication=NAME"
        )
    return (
        f"of different days and words: {listed};"
        f" if they are one: backissue set {keys[-1]} date=DAY, the day of the other"
    )


def _choosing(slug: str) -> str:
    """What chooses a default publication."""
    return f'BACKISSUE_PUBLICATION={slug}, or publication = "{slug}" in {config_file()}'


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

"""Front matter, the fields above a text in Markdown: YAML, TOML, or lines of metadata.

Site generators and exporters write it: Jekyll and Hugo `---` or `+++`, Pelican and MultiMarkdown
bare `Title: …` lines. Its lines are boilerplate; the fields that are understood are evidence.
"""

import datetime
import re
import tomllib
from collections.abc import Iterator, Mapping
from typing import Any, Final

import yaml
from msgspec import Struct, field
from msgspec.structs import replace

from backissue.errors import UsageError
from backissue.ingest.identity import (
    Evidence,
    EvidenceKind,
    check,
    overlay,
    reported,
    unadorned,
)
from backissue.records import NO_FACTS, Facts
from backissue.text.days import day_in_title, day_in_url, moment_of
from backissue.text.prose import squeeze
from backissue.text.rules import bounded

# Longer than any head that a person or an exporter wrote; what is longer is text.
_LONGEST = 50_000
# Thousands of open brackets take YAML seconds.
_MOST_BRACKETS = 500
# A key of thousands of dots takes TOML a gigabyte.
_MOST_DOTS = 500
# The part of the lines that are fields; where fewer are, they are prose.
_FIELDS_PART: Final = 2 / 3
_FENCES = {"---": ("---", "..."), "+++": ("+++",)}
_FIELD = re.compile(r"(?P<name>[A-Za-z][\w -]{0,40}?)[ \t]*:(?:[ \t]+(?P<value>.*))?")
_NUMBER_SIGN = bounded(r"(?P<name>[\w-]{1,40}):[ \t]+(?P<value>[^\s\"'\[{|>&*!#].* #\d.*)", 1000)
# With a title, one of these makes metadata of a text's first lines; `Title:` and `Links:` do not.
_METADATA = frozenset({"date", "slug", "category", "tags", "number", "status", "issue", "modified"})

_TITLES = ("title", "subject", "headline")
# What a site calls the page that all its letters are on: another field has the letter's own title.
_PAGE_TITLES = frozenset({"newsletter", "newsletters", "news", "blog", "post", "archive", "index"})
_TITLES_TOO = re.compile(
    r"(?:post|page|long|full|email|issue|article|seo|og)[_ -]?(?:title|subject)"
)
_NUMBERS = ("number", "issue", "issue_number", "issue_no", "issuenumber", "edition", "volume_issue")
_PUBLICATIONS = (
    *("publication", "publication_name", "newsletter_name", "newslettername"),
    *("newsletter", "series"),
)
_URLS = ("canonical_url", "canonicalurl", "canonical", "source_url", "absolute_url", "url")
_URLS_TOO = ("link", "permalink", "source")
# The place of a page on its site, and its last part.
_PATHS = ("permalink", "url", "slug", "name")
_TEXTS = {
    "title": _TITLES,
    "publication": _PUBLICATIONS,
    "url": (*_URLS, *_URLS_TOO),
    "subtitle": ("subtitle", "deck", "description"),
    "kind": ("kind",),  # as an archive's own export says it; of other sites' kinds none is one
}
_DATES = ("date", "published", "published_at", "publish_date", "date_published", "publishdate")
_DATES_TOO = (
    "datepublished",
    "pubdate",
    "pub_date",
    "publication_date",
    "sent_at",
    "send_date",
    "sent",
)
# When a copy was made: `exported_at`, `scraped`, `date_fetched`. A post's own `updated` is not it.
_COPIED = re.compile(
    r"(?:^|[_ -])(?:export|scrap|fetch|crawl|retriev|download|archiv|clip|captur|import|sav|access)"
    r"(?:e|p|p?ed)?(?:$|[_ -])|(?:scraped|fetched|exported|crawled|retrieved)(?:At|On|Date)$"
)
_AT_ONCE = datetime.timedelta(hours=1)
_DRAFT = {"draft": True, "published": False, "status": "draft"}


class FrontMatter(Struct, frozen=True, kw_only=True):
    """The fields by name in lower case, the lines they are on, and the text below."""

    fields: Mapping[str, object] = field(default_factory=dict)
    lines: tuple[str, ...] = ()
    text: str


def split(text: str) -> FrontMatter:
    """The head of a text, and the text; fields that cannot be read leave lines all the same."""
    start = text.lstrip("\ufeff")
    opening = start[:_LONGEST].partition("\n")[0].rstrip()
    if opening in _FENCES:
        return _fenced(start, opening) or FrontMatter(text=text)
    return _metadata(start) or FrontMatter(text=text)


def evidence_of(front: FrontMatter, heading: str | None = None) -> tuple[Evidence, ...]:
    """The evidence in the fields; `heading` is the text's own title, which may have a day.

    A `date` field may be that of an export, so the days of title and address are reported, too.
    """
    fields = _with_own_title(front.fields)
    found = NO_FACTS
    for name, keys in _TEXTS.items():
        values = [_named(fields.get(key)) for key in keys]
        if name == "publication":  # `series: newsletter` says the kind
            values = [one for one in values if str(one).casefold() not in _PAGE_TITLES]
        found = overlay(found, _first(name, iter(values)))
    found = overlay(found, _first("number", (_number(fields.get(key)) for key in _NUMBERS)))
    if found.publication:
        found = replace(found, publication=unadorned(found.publication))
    if found.number is not None:
        found = overlay(found, _first("volume", iter([_number(fields.get("volume"))])))
    days = (
        (EvidenceKind.FRONT_MATTER_TITLE, found.title, _day_in(found.title)),
        (EvidenceKind.HEADING, heading, _day_in(heading)),
        *(
            (EvidenceKind.FRONT_MATTER_ADDRESS, *dated)
            for dated in _days_in_addresses(found.url, fields)
        ),
    )
    return (
        *reported(EvidenceKind.FRONT_MATTER, replace(found, date=_published(fields))),
        *(one for kind, text, day in days for one in reported(kind, Facts(date=day), text)),
    )


def _with_own_title(fields: Mapping[str, object]) -> Mapping[str, object]:
    """The fields; where `title` only names the page, with the title that another field has."""
    title = fields.get("title")
    if isinstance(title, str) and title.strip().casefold() not in _PAGE_TITLES:
        return fields
    others = (fields[name] for name in sorted(fields) if _TITLES_TOO.fullmatch(name))
    own = next((one for one in others if isinstance(one, str) and one.strip()), None)
    return {**fields, "title": own} if own else fields


def _days_in_addresses(
    url: str | None, fields: Mapping[str, object]
) -> Iterator[tuple[str, datetime.date | None]]:
    """The addresses in the fields, and the day in each; `permalink: /letters/2024/06/03/`."""
    if url:
        yield url, day_in_url(url)
    for name in _PATHS:
        path = fields.get(name)
        if isinstance(path, str) and (
            day := day_in_url(f"https://site/{path.strip().lstrip('/')}")
        ):
            yield path, day


def _day_in(title: str | None) -> datetime.date | None:
    dated = day_in_title(title) if title else None
    return dated[1] if dated else None


def is_draft(front: FrontMatter) -> bool:
    """Whether the fields say that it was never sent: `draft: true`."""
    return any(front.fields.get(name) == value for name, value in _DRAFT.items())


def sections_of(front: FrontMatter) -> int:
    """How many sections the fields say that the text has, as an archive's own export does."""
    said = front.fields.get("sections")
    return said if isinstance(said, int) and said > 0 else 0


def _fenced(text: str, fence: str) -> FrontMatter | None:
    lines = text[:_LONGEST].split("\n")
    end = next((n for n, line in enumerate(lines[1:], 1) if line.rstrip() in _FENCES[fence]), None)
    if end is None:
        return None
    head = lines[1:end]
    fields = _toml(head) if fence == "+++" else _yaml(head)
    if fields is None:
        return None
    below = text[sum(len(line) + 1 for line in lines[: end + 1]) :]
    kept = tuple(line for line in head if line.strip())
    return FrontMatter(fields=_lowered(fields), lines=kept, text=below)


class _Loader(yaml.SafeLoader):
    """YAML without aliases (`*name`): ten lines that repeat one another make gigabytes."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError("an alias")
        return super().compose_node(parent, index)


def _yaml(lines: list[str]) -> Mapping[Any, Any] | None:
    """The fields; None where there are none, because it is prose between two rules."""
    head = "\n".join(lines)
    if head.count("[") + head.count("{") > _MOST_BRACKETS:
        return _as_written(lines)
    try:
        fields = yaml.load(head, _Loader)  # noqa: S506 - a safe loader under another name
    except (yaml.YAMLError, ValueError, RecursionError, OverflowError, TypeError, KeyError):
        # `title: Cranes: a history` is no YAML; a person meant it all the same.
        return _as_written(lines)
    if isinstance(fields, dict):
        fields |= _with_number_signs(lines, fields)
        # `He said it: never.` is prose.
        return fields if any(" " not in name for name in fields if isinstance(name, str)) else None
    return {} if fields is None and not any(map(str.strip, lines)) else None


def _with_number_signs(lines: list[str], fields: Mapping[Any, Any]) -> dict[str, str]:
    """Fields as they are written where YAML takes the number in them for a comment.

    `title: Harbour Notes #12 - Cranes` is a whole title to who writes it.
    """
    found = (_NUMBER_SIGN.fullmatch(line.rstrip()) for line in lines)
    return {
        match["name"]: match["value"]
        for match in found
        if match and match["value"].startswith(str(fields.get(match["name"]) or " "))
    }


def _toml(lines: list[str]) -> Mapping[str, Any] | None:
    try:
        if all(line.count(".") < _MOST_DOTS for line in lines):
            return tomllib.loads("\n".join(lines))
    except (ValueError, RecursionError):  # a number of thousands of digits, too
        pass
    pairs = (line.partition("=") for line in lines if re.match(r"[\w-]+\s*=", line))
    return {name.strip(): value.strip().strip("\"'") for name, _, value in pairs} or None


def _as_written(lines: list[str]) -> dict[str, str] | None:
    """Fields line by line; None where the first line is none or most lines are prose."""
    written = [line for line in lines if line.strip() and not line.lstrip().startswith("#")]
    # A list's items and what is indented belong to the field above them.
    outer = [line for line in written if not line.startswith((" ", "\t", "- "))]
    found = (_FIELD.fullmatch(line.rstrip()) for line in outer)
    fields = [match for match in found if match and " " not in match["name"]]
    if not fields or written[0] != outer[0] or len(fields) < _FIELDS_PART * len(outer):
        return None
    return {match["name"]: _unquoted(match["value"] or "") for match in fields}


def _unquoted(value: str) -> str:
    text = value.strip()
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'" else text


def _metadata(text: str) -> FrontMatter | None:
    """`Title: …`, `Date: …` and the like up to the first blank line."""
    lines = text[:_LONGEST].split("\n")
    end = next((n for n, line in enumerate(lines) if not line.strip()), len(lines))
    head = lines[:end]
    if not head or not _FIELD.fullmatch(head[0].rstrip()):
        return None
    fields: dict[str, str] = {}
    last = ""
    for line in head:
        if line.startswith((" ", "\t")) and last:
            fields[last] = f"{fields[last]} {line.strip()}"
        elif match := _FIELD.fullmatch(line.rstrip()):
            last = match["name"].lower()
            fields[last] = (match["value"] or "").strip()
        else:
            return None
    if "title" not in fields or not _METADATA & set(fields):
        return None
    below = text[sum(len(line) + 1 for line in head) :]
    return FrontMatter(fields=_lowered(fields), lines=tuple(head), text=below)


def _lowered(fields: Mapping[Any, Any]) -> dict[str, object]:
    return {str(name).lower() if isinstance(name, str) else "": fields[name] for name in fields}


def _first(name: str, values: Iterator[object]) -> Facts:
    """The first of some values that can be this fact."""
    for value in values:
        if value is None or value == "":
            continue
        try:
            return check(name, value)
        except UsageError:
            continue
    return NO_FACTS


def _named(value: object) -> object:
    """A field's words: it may be a table with a name, or the only one of a list."""
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if isinstance(value, dict):
        value = value.get("name") or value.get("title")
    return squeeze(value) if isinstance(value, str) else None


def _number(value: object) -> object:
    """`372`, `"372"`, `#372`, `No. 372`."""
    if isinstance(value, str):
        match = re.fullmatch(r"\s*+(?:issue|no\.?|nr\.?)?\s*+[#№]?\s*+(\d{1,6})\s*", value, re.I)
        return match[1] if match else None
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _published(fields: Mapping[str, object]) -> datetime.date | None:
    """The day the fields give, unless it is when the copy was made."""
    made = [moment for name, moment in _moments(fields) if _COPIED.search(name)]
    for key in (*_DATES, *_DATES_TOO):
        moment = moment_of(fields.get(key))
        if moment and not any(_at_once(moment, other) for other in made):
            return moment.date()
    return None


def _moments(fields: Mapping[str, object]) -> Iterator[tuple[str, datetime.datetime]]:
    for name, value in fields.items():
        if moment := moment_of(value):
            yield name, moment


def _at_once(one: datetime.datetime, other: datetime.datetime) -> bool:
    """Whether two moments are of one act; a day without an hour is any hour of it."""
    midnight = datetime.time()
    if midnight in {one.time(), other.time()}:
        return one.date() == other.date()
    aware = [
        moment if moment.tzinfo else moment.replace(tzinfo=datetime.UTC) for moment in (one, other)
    ]
    return abs(aware[0] - aware[1]) <= _AT_ONCE

"""Exports whose index is in another file than the text: Substack's and Buttondown's.

posts.csv     posts/123401.ice.html        Substack
emails.csv    emails/ice.md                Buttondown; emails.json, which says the same
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping

from msgspec import Struct, field

from backissue.ingest.sources.fields import (
    Records,
    columns_of,
    facts_from,
    first,
    flag,
    json_of,
    reason,
    rows_of,
    unescaped,
)
from backissue.records import NO_FACTS, Facts
from backissue.text.decoding import decode

SUBSTACK_COLUMNS = frozenset({"post_id", "post_date", "is_published"})
# A post of type `newsletter` is an issue; so is one of an export older than the column.
_SUBSTACK_ISSUES = frozenset({"newsletter", "post", ""})
# Who was sent a post, and who opened it: people's addresses, no issue.
_READERS = re.compile(
    r"posts/[^/]+\.(?:delivers|opens)\.csv|(?:email_list|subscribers?)\b[^/]*\.csv", re.IGNORECASE
)
# A path that a file of an export can have: one folder deep, and no longer than a system takes.
_A_FILE = re.compile(r"[a-z]+/[^/\\\x00-\x1f\x7f]{1,200}")
BUTTONDOWN_COLUMNS = frozenset({"subject", "publish_date"})
# Fields of an email of Buttondown that other records with a subject lack: a message of a mailbox.
BUTTONDOWN_OWN = frozenset({"secondary_id", "email_type", "absolute_url", "publish_date"})


class ExportRecord(Struct, frozen=True, kw_only=True):
    """What an export's index says of one file.

    `left_out` is set for what is no issue, and says why: `draft`, `podcast`.
    """

    facts: Facts = NO_FACTS
    left_out: str | None = None


class Export(Struct, frozen=True, kw_only=True):
    """What index files say.

    `records` are by path relative to the folder of the index, `posts/123.ice.html`, also of files
    that are not there. `indexes` has each index file without texts, with the reason why it is
    skipped where files it lists are there. An index none of whose files is there is a source like
    any other, and its reader rejects it with a hint. `rows` has for each issue the paths that its
    file may have, and `listing` the name of the index by the folder of the files in it.
    """

    records: Mapping[str, ExportRecord]
    indexes: Mapping[str, str]
    rows: tuple[tuple[str, ...], ...] = ()
    listing: Mapping[str, str] = field(default_factory=dict)

    def record_of(self, path: str) -> ExportRecord | None:
        """The record of one file, if any."""
        if self.indexes and _READERS.fullmatch(path):
            return ExportRecord(left_out="list of readers")
        return self.records.get(path)

    def index_without(self, path: str) -> str | None:
        """The index that has no row for a file, though it has one for each beside it."""
        folder, _, name = path.rpartition("/")
        a_text = name.endswith((".html", ".md")) and path not in self.records
        return self.listing.get(folder) if a_text else None

    def missing(self, is_there: Callable[[str], bool]) -> Iterator[tuple[str, str]]:
        """The path of each issue whose file is not there, and why that is reported."""
        for paths in self.rows:
            if not any(map(is_there, paths)):
                index = self.listing[paths[0].rpartition("/")[0]]
                title = self.records[paths[0]].facts.title
                named = f" (“{title}”)" if title else ""
                yield paths[0], f"{index} has a row for it{named}, and there is no such file"


def index_of(files: Mapping[str, bytes]) -> Export:
    """What the index files of one folder say of its other files.

    `files` are the bytes of those whose name is in `INDEX_NAMES`, by name. Never fails: a file that
    is no index says nothing.
    """
    records: dict[str, ExportRecord] = {}
    indexes: dict[str, str] = {}
    rows: list[tuple[str, ...]] = []
    listing: dict[str, str] = {}
    # JSON last: where CSV and JSON are both there, JSON has more fields.
    for name in sorted(files):
        text = decode(files[name]).text
        if name == "posts.csv" and columns_of(text) >= SUBSTACK_COLUMNS:
            found = [_substack(post) for post in rows_of(text)]
            records |= _together(found)
            rows += _issues(found)
            indexes[name] = "describes the issues in posts/"
            listing["posts"] = name
            continue
        if name == "emails.csv" and columns_of(text) >= BUTTONDOWN_COLUMNS:
            emails: Records = rows_of(text)
        elif not (name == "emails.json" and (emails := emails_in(json_of(text)))):
            continue
        found = [_buttondown(email) for email in emails]
        records |= _together(found)
        if not has_bodies(emails):
            indexes[name] = "describes the issues in emails/"
            rows = [row for row in rows if not row[0].startswith("emails/")] + _issues(found)
            listing["emails"] = name
    return Export(records=records, indexes=indexes, rows=tuple(rows), listing=listing)


def emails_in(value: object) -> Records:
    """The emails of a Buttondown export or API answer; none where a value is neither."""
    if isinstance(value, dict):
        value = value.get("results", [value])
    if not isinstance(value, list):
        return ()
    emails = tuple(email for email in value if isinstance(email, dict))
    named = all("subject" in email and BUTTONDOWN_OWN & email.keys() for email in emails)
    return emails if named else ()


def has_bodies(records: Records) -> bool:
    """Whether records hold the texts themselves."""
    return any(first(record, "body") for record in records)


def buttondown_facts(email: Mapping[str, object]) -> Facts:
    """The facts in an email's fields."""
    return facts_from(
        title=first(email, "subject"),
        date=first(email, "publish_date", "creation_date"),
        url=first(email, "absolute_url", "canonical_url", "external_url"),
        subtitle=first(email, "description"),
    )


def buttondown_left_out(email: Mapping[str, object]) -> str | None:
    """Why an email is no issue; None where it is one."""
    status = (first(email, "status") or "").lower()
    if status in {"draft", "managed_by_rss", "transactional"}:
        return "draft" if status == "draft" else status.replace("_", " ")
    if status in {"scheduled", "deleted", "errored", "paused", "suppressed", "throttled"}:
        return status
    kind = (first(email, "email_type", "type") or "").lower()
    return kind if kind in {"private", "hidden"} and not first(email, "publish_date") else None


def _together(found: Iterable[Mapping[str, ExportRecord]]) -> dict[str, ExportRecord]:
    return {path: one for row in found for path, one in row.items()}


def _issues(found: Iterable[Mapping[str, ExportRecord]]) -> list[tuple[str, ...]]:
    """The paths of each row that is an issue, and no draft or podcast."""
    issues = (row for row in found if row and not any(one.left_out for one in row.values()))
    return [tuple(row) for row in issues if all(map(_A_FILE.fullmatch, row))]


def _buttondown(email: Mapping[str, object]) -> dict[str, ExportRecord]:
    slug = first(email, "slug")
    record = ExportRecord(facts=buttondown_facts(email), left_out=buttondown_left_out(email))
    return {f"emails/{slug}.{suffix}": record for suffix in ("md", "html")} if slug else {}


def _substack(post: Mapping[str, object]) -> dict[str, ExportRecord]:
    post_id = first(post, "post_id")
    if not post_id:
        return {}
    facts = facts_from(
        title=unescaped(first(post, "title") or ""),
        subtitle=unescaped(first(post, "subtitle") or ""),
        date=first(post, "post_date", "email_sent_at"),
    )
    post_id = post_id.strip()
    kind = (first(post, "type") or "").strip().lower()
    left_out = None if kind in _SUBSTACK_ISSUES else reason(kind)
    if flag(post.get("is_published")) is False:
        left_out = "draft"
    return {f"posts/{post_id}.html": ExportRecord(facts=facts, left_out=left_out)}

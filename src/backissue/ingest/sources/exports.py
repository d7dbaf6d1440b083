"""Exports whose index is in another file than the text: Substack's and Buttondown's.

posts.csv     posts/123401.ice.html        Substack
emails.csv    emails/ice.md                Buttondown; emails.json, which says the same
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

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
BUTTONDOWN_COLUMNS = frozenset({"subject", "publish_date"})
# Fields of an email of Buttondown that other records with a subject lack: a message of a mailbox.
BUTTONDOWN_OWN = frozenset({"secondary_id", "email_type", "absolute_url", "publish_date"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportRecord:
    """What an export's index says of one file.

    `left_out` is set for what is no issue, and says why: `draft`, `podcast`.
    """

    facts: Facts = NO_FACTS
    left_out: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """What index files say.

    `records` are by path relative to the folder of the index, `posts/123.ice.html`, also of files
    that are not there. `indexes` has each index file without texts, with the reason why it is
    skipped where files it lists are there. An index none of whose files is there is a source like
    any other, and its reader rejects it with a hint.
    """

    records: Mapping[str, ExportRecord]
    indexes: Mapping[str, str]

    def record_of(self, path: str) -> ExportRecord | None:
        """The record of one file, if any."""
        if self.indexes and _READERS.fullmatch(path):
            return ExportRecord(left_out="list of readers")
        return self.records.get(path)


def index_of(files: Mapping[str, bytes]) -> Export:
    """What the index files of one folder say of its other files.

    `files` are the bytes of those whose name is in `INDEX_NAMES`, by name. Never fails: a file that
    is no index says nothing.
    """
    records: dict[str, ExportRecord] = {}
    indexes: dict[str, str] = {}
    # JSON last: where CSV and JSON are both there, JSON has more fields.
    for name in sorted(files):
        text = decode(files[name]).text
        if name == "posts.csv" and columns_of(text) >= SUBSTACK_COLUMNS:
            records |= _by_path(rows_of(text), _substack)
            indexes[name] = "describes the issues in posts/"
            continue
        if name == "emails.csv" and columns_of(text) >= BUTTONDOWN_COLUMNS:
            emails: Records = rows_of(text)
        elif not (name == "emails.json" and (emails := emails_in(json_of(text)))):
            continue
        records |= _by_path(emails, _buttondown)
        if not has_bodies(emails):
            indexes[name] = "describes the issues in emails/"
    return Export(records=records, indexes=indexes)


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


def _by_path(
    records: Records, read: Callable[[Mapping[str, object]], dict[str, ExportRecord]]
) -> dict[str, ExportRecord]:
    return {path: one for record in records for path, one in read(record).items()}


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

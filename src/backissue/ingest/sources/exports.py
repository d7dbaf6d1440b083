"""Exports whose index stands in another file than the text: Substack's and Buttondown's.

posts.csv     posts/123401.ice.html        Substack
emails.csv    emails/ice.md                Buttondown; emails.json, which says the same
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from backissue.ingest.sources.fields import (
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

# The names under which an export keeps its index, at its root.
INDEX_NAMES = frozenset({"posts.csv", "emails.csv", "emails.json"})

SUBSTACK_COLUMNS = frozenset({"post_id", "post_date", "is_published"})
# A post of type `newsletter` is an issue; so is one of an export older than the column.
_SUBSTACK_ISSUES = frozenset({"newsletter", "post", ""})
# Who was sent a post, and who opened it: people's addresses, no issue.
_READERS = re.compile(
    r"posts/[^/]+\.(?:delivers|opens)\.csv|(?:email_list|subscribers?)\b[^/]*\.csv", re.IGNORECASE
)
BUTTONDOWN_COLUMNS = frozenset({"subject", "publish_date"})
# What tells an email of Buttondown from other records with a subject: a message of a mailbox.
BUTTONDOWN_OWN = frozenset({"secondary_id", "email_type", "absolute_url", "publish_date"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What an export's index tells of one member.

    `left_out` is set for what is no issue, and says why: `draft`, `podcast`.
    """

    facts: Facts = NO_FACTS
    left_out: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """What index files tell.

    `told` is by member path relative to the folder of the index, `posts/123.ice.html`; it names
    also members that are not there. `indexes` maps each index file that holds no text of its own to
    the reason why it is skipped where members it tells of stand beside it. An index none of whose
    members is there is a source like any other, and its reader rejects it with a hint.
    """

    told: Mapping[str, Told]
    indexes: Mapping[str, str]

    def told_of(self, path: str) -> Told | None:
        """What is told of one member; None where nothing is."""
        if self.indexes and _READERS.fullmatch(path):
            return Told(left_out="list of readers")
        return self.told.get(path)


def index_of(files: Mapping[str, bytes]) -> Export:
    """What the index files of one folder tell of its other members.

    `files` are those members of one folder, by name in that folder, whose name is in `INDEX_NAMES`.
    Never fails: a file that is no index tells nothing.
    """
    told: dict[str, Told] = {}
    indexes: dict[str, str] = {}
    # JSON last: where CSV and JSON are both there, JSON has more fields.
    for name in sorted(files):
        text = decode(files[name]).text
        if name == "posts.csv" and columns_of(text) >= SUBSTACK_COLUMNS:
            told |= _members(rows_of(text), _substack)
            indexes[name] = "tells about posts/…"
        elif name == "emails.csv" and columns_of(text) >= BUTTONDOWN_COLUMNS:
            told |= _members(rows_of(text), _buttondown)
            if not has_bodies(rows_of(text)):
                indexes[name] = "tells about emails/…"
        elif name == "emails.json" and (emails := emails_in(json_of(text))):
            told |= _members(emails, _buttondown)
            if not has_bodies(emails):
                indexes[name] = "tells about emails/…"
    return Export(told=told, indexes=indexes)


def emails_in(value: object) -> tuple[Mapping[str, object], ...]:
    """The emails of a Buttondown export or API answer; none where a value is neither."""
    if isinstance(value, dict):
        value = value.get("results", [value])
    if not isinstance(value, list):
        return ()
    emails = tuple(email for email in value if isinstance(email, dict))
    named = all("subject" in email and BUTTONDOWN_OWN & email.keys() for email in emails)
    return emails if named else ()


def has_bodies(records: tuple[Mapping[str, object], ...]) -> bool:
    """Whether records hold the texts themselves."""
    return any(first(record, "body") for record in records)


def buttondown_facts(email: Mapping[str, object]) -> Facts:
    """What an email's fields tell."""
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


def _members(
    records: tuple[Mapping[str, str], ...] | tuple[Mapping[str, object], ...],
    tell: Callable[[Mapping[str, object]], Mapping[str, Told]],
) -> dict[str, Told]:
    return {path: told for record in records for path, told in tell(record).items()}


def _buttondown(email: Mapping[str, object]) -> Mapping[str, Told]:
    slug = first(email, "slug")
    told = Told(facts=buttondown_facts(email), left_out=buttondown_left_out(email))
    return {f"emails/{slug}.{suffix}": told for suffix in ("md", "html")} if slug else {}


def _substack(post: Mapping[str, object]) -> Mapping[str, Told]:
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
    return {f"posts/{post_id}.html": Told(facts=facts, left_out=left_out)}

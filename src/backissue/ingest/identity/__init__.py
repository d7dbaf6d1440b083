"""Which issue a text is: its publication, number, title, day and address.

* `evidence`: the kinds of evidence, the table of trust, the decision; the facts you give, checked.
* `titles`: title lines, and titles that carry a number or a day.
* `publications`: the names of publications, in greetings and in the fields of a message.
* `pages`: title and publication in a web page's head and headings; loaded for a page alone.
"""

from backissue.ingest.identity import titles
from backissue.ingest.identity.evidence import (
    NAMES,
    NO_DECISION,
    OWNERS,
    Decision,
    Evidence,
    EvidenceKind,
    check,
    decide,
    facts_of,
    gather,
    overlay,
    read_catalog,
    reported,
    to_plain,
    without,
)
from backissue.ingest.identity.publications import (
    bare_name,
    feed_name,
    greeted_publication,
    in_message,
    is_forward,
    is_periodical,
    known_as,
    split_greeting,
    title_in_subject,
)
from backissue.ingest.identity.titles import taken_apart

__all__ = (
    "NAMES",
    "NO_DECISION",
    "OWNERS",
    "Decision",
    "Evidence",
    "EvidenceKind",
    "bare_name",
    "check",
    "decide",
    "facts_of",
    "feed_name",
    "gather",
    "greeted_publication",
    "in_message",
    "is_forward",
    "is_periodical",
    "known_as",
    "overlay",
    "pages",
    "read_catalog",
    "reported",
    "split_greeting",
    "taken_apart",
    "title_in_subject",
    "titles",
    "to_plain",
    "without",
)

"""Which issue a text is: its publication, number, title, day and address.

* `evidence`: the kinds of evidence, the table of trust, the decision; the facts you give, checked.
* `titles`: title lines, and titles that carry a number.
* `dated_titles`: titles with the day, month or week of their issue.
* `numbers`: numbers that are marked, in any language; loaded for a line that has one.
* `greetings`: greetings, and the publication that they name.
* `publications`: the names of publications, and those in the fields of a message; a Subject without
  what was put before it.
* `shared_names`: the name that a Subject shares with the first lines; loaded for a mail whose
  sender may be another.
* `volumes`: a volume and the number in it.
* `file_names`: the day and number in a file's name; loaded for a name with a number.
* `pages`: title and publication in a web page's head and headings, and the name in a feed's title.
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
    day_beside,
    ends_in_name,
    greeted_publication,
    in_message,
    is_forward,
    is_letter,
    is_periodical,
    is_reply,
    known_as,
    split_greeting,
    title_in_subject,
    unadorned,
    without_name_for_title,
)
from backissue.ingest.identity.titles import dated, taken_apart

__all__ = (
    "NAMES",
    "NO_DECISION",
    "OWNERS",
    "Decision",
    "Evidence",
    "EvidenceKind",
    "bare_name",
    "check",
    "dated",
    "day_beside",
    "decide",
    "ends_in_name",
    "facts_of",
    "file_names",
    "gather",
    "greeted_publication",
    "in_message",
    "is_forward",
    "is_letter",
    "is_periodical",
    "is_reply",
    "known_as",
    "overlay",
    "pages",
    "read_catalog",
    "reported",
    "shared_names",
    "split_greeting",
    "taken_apart",
    "title_in_subject",
    "titles",
    "to_plain",
    "unadorned",
    "without",
    "without_name_for_title",
)

"""Which issue a text is: its publication, number, title, day and address.

* `facts`: facts about an issue, checked and merged.
* `titles`: titles that carry a number or a day.
"""

from backissue.ingest.identity.facts import (
    NAMES,
    check,
    facts_of,
    gather,
    overlay,
    read_catalog,
    to_plain,
)

__all__ = (
    "NAMES",
    "check",
    "facts_of",
    "gather",
    "overlay",
    "read_catalog",
    "to_plain",
)

"""Where bytes come from: input files and what is inside them, in sorted order.

* `collecting`: files, folders, containers and standard input.
* `containers`: zip, tar, compressed files and mailboxes, opened member by member.
* `folder_notes`: what a folder says of its files: `catalog.toml`, the index of an export.
* `exports`: exports whose index is in another file than the text.
* `fields`: CSV and JSON as exports write them.
* `limits`: how long reading one source may take, and how much memory.
"""

from backissue.ingest.sources.collecting import Meter, Refusal, Source, collect, make_source, survey
from backissue.ingest.sources.exports import (
    SUBSTACK_COLUMNS,
    Told,
    buttondown_facts,
    buttondown_left_out,
    emails_in,
    has_bodies,
    index_of,
)
from backissue.ingest.sources.fields import (
    columns_of,
    facts_from,
    first,
    flag,
    json_of,
    reason,
    rows_of,
    table_of,
    unescaped,
)
from backissue.ingest.sources.limits import USUAL, Limits, bounded, configured

__all__ = (
    "SUBSTACK_COLUMNS",
    "USUAL",
    "Limits",
    "Meter",
    "Refusal",
    "Source",
    "Told",
    "bounded",
    "buttondown_facts",
    "buttondown_left_out",
    "collect",
    "columns_of",
    "configured",
    "emails_in",
    "exports",
    "facts_from",
    "first",
    "flag",
    "has_bodies",
    "index_of",
    "json_of",
    "limits",
    "make_source",
    "reason",
    "rows_of",
    "survey",
    "table_of",
    "unescaped",
)

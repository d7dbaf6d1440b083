"""Where bytes come from: input files and what is inside them, in sorted order.

* `collecting`: files, folders and standard input.
* `contents`: an input, the notes on it, and the source that it holds.
* `containers`: each source in a container, with the notes in it.
* `streams`: which container a source is, and streams that can be opened again.
* `archives`: zip and tar.
* `mailboxes`: mbox.
* `pipes`: standard input and pipes, read before anything is ingested.
* `mistyped`: paths at which there is nothing, and what to type instead.
* `folder_notes`: what a folder says of its files: `catalog.toml`, the index of an export.
* `exports`: exports whose index is in another file than the text.
* `fields`: CSV and JSON as exports write them.
* `limits`: how long reading one source may take, and how much memory.
"""

from backissue.ingest.sources.collecting import (
    LARGEST_SOURCE,
    collect,
    is_typed,
    read_pipes,
    survey,
)
from backissue.ingest.sources.contents import (
    Meter,
    Refusal,
    Source,
    digest_of,
    digests_of,
    make_source,
)
from backissue.ingest.sources.limits import UNLIMITED, USUAL, Limits, bounded, configured
from backissue.ingest.sources.streams import MOST_MEMBERS, Allowance, gunzipped, metered

__all__ = (
    "LARGEST_SOURCE",
    "MOST_MEMBERS",
    "UNLIMITED",
    "USUAL",
    "Allowance",
    "Limits",
    "Meter",
    "Refusal",
    "Source",
    "archives",
    "bounded",
    "collect",
    "configured",
    "digest_of",
    "digests_of",
    "exports",
    "fields",
    "gunzipped",
    "is_typed",
    "limits",
    "make_source",
    "metered",
    "read_pipes",
    "survey",
)

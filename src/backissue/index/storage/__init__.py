"""An index on disk: a Whoosh index whose segments are files of our own form.

* `folder`: what must be true of an index's folder before it is read; its newest commit.
* `entries`: the words of a section, as the index stores them.
* `rows`: records to compact JSON and back.
* `segment`: the two files of a segment: words and records.
* `snapshot`: one state of the index, open for reading.
* `whoosh_plugin`: the codec by which Whoosh writes, merges and searches them.
* `writer`: issues into the index, in one commit. The only module here that imports Whoosh, with the
  plug-in: import it where you write.
"""

from backissue.index.storage.entries import ASIDE, TEXT, UNIT, WEIGHT_OF, ZONE_BITS, Zone
from backissue.index.storage.folder import check_owner, guarded
from backissue.index.storage.rows import HeadRow
from backissue.index.storage.segment import Postings
from backissue.index.storage.snapshot import (
    LOOSE_TAG,
    TAG,
    WHY_TAG,
    Snapshot,
    ident,
    short_address,
)

__all__ = (
    "ASIDE",
    "LOOSE_TAG",
    "TAG",
    "TEXT",
    "UNIT",
    "WEIGHT_OF",
    "WHY_TAG",
    "ZONE_BITS",
    "HeadRow",
    "Postings",
    "Snapshot",
    "Zone",
    "check_owner",
    "guarded",
    "ident",
    "rows",
    "short_address",
    "writer",
)

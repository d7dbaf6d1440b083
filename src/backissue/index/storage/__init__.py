"""An index on disk: a Whoosh index whose segments are files of our own form.

* `entries`: the words of a section, as the index stores them.
* `rows`: the fields of the index, the zones of a section; records to compact JSON and back.
* `segment`: the two files of a segment: words and records.
* `snapshot`: one state of the index, open for reading; what must be true of its folder.
* `whoosh_check`: an index read by Whoosh and by us, and compared with its records.
* `whoosh_codec`: how Whoosh writes segments, searches in them, and commits.
* `whoosh_fields`: the index's fields as Whoosh knows them, with our analyser.
* `writer`: issues into the index, in one commit.

The last four import Whoosh, which makes a cold search half as long again: import them where you
need them.
"""

from backissue.index.storage.rows import ASIDE, TAG, TEXT, UNIT, WEIGHT_OF, ZONE_BITS, HeadRow, Zone
from backissue.index.storage.segment import Postings
from backissue.index.storage.snapshot import (
    LOOSE_TAG,
    WHY_TAG,
    Snapshot,
    change_of,
    check_owner,
    guarded,
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
    "change_of",
    "check_owner",
    "guarded",
    "rows",
    "short_address",
    "whoosh_check",
    "writer",
)

"""From drafts to issues: copies of one issue become one record with the best of each.

* `merging`: the whole merge.
* `copies`: what is known of a copy, when two are alike, what they are called.
* `grouping`: which drafts are copies of one issue.
* `scripts`: in which script a copy is written.
* `mail_header`: a mail's header in an intro.
* `text`: the text of an issue that has several copies.
* `copy_repair`: what is damaged in one copy, repaired from the others.
* `lost_letters`: what programs make of letters that they cannot write.
* `alignment`: where two texts have the same words, and which texts have most in common.
"""

from backissue.ingest.merge.copies import (
    LEAST_SHARE,
    Copy,
    are_alike,
    base_key,
    chosen,
    counted,
    is_loose,
    key_in,
    key_of,
    name_in,
    name_key,
    slug,
)
from backissue.ingest.merge.merging import merge

__all__ = (
    "LEAST_SHARE",
    "Copy",
    "are_alike",
    "base_key",
    "chosen",
    "counted",
    "is_loose",
    "key_in",
    "key_of",
    "merge",
    "name_in",
    "name_key",
    "slug",
)

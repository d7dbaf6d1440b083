"""From drafts to issues: copies of one issue become one record with the best of each.

* `merging`: the whole merge.
* `copies`: which drafts are copies of one issue.
* `copy_repair`: what is damaged in one copy, repaired from the others.
* `alignment`: where two texts have the same words.
"""

from backissue.ingest.merge.copies import (
    LEAST_SHARE,
    Copy,
    are_alike,
    base_key,
    is_loose,
    key_of,
    slug,
)
from backissue.ingest.merge.merging import merge

__all__ = ("LEAST_SHARE", "Copy", "are_alike", "base_key", "is_loose", "key_of", "merge", "slug")

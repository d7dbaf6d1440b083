"""Files to issues: from messy sources to deduplicated records.

* `sources`: where bytes come from.
* `readers`: one module a format: bytes to blocks.
* `repair`: damage repaired, before anything is stripped or split.
* `identity`: which issue a text is.
* `structure`: blocks to drafts.
* `merge`: drafts to issues.
* `pipeline`: the way of one source through all of these.
"""

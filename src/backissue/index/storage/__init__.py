"""An index on disk: a Whoosh index whose segments are files of our own form.

* `rows`: records to compact JSON and back.
* `segment`: the two files of a segment: words and records.
* `whoosh_plugin`: the codec by which Whoosh writes, merges and searches them.
* `writer`: issues into the index, in one commit.
"""

__all__ = ("rows", "segment", "whoosh_plugin", "writer")

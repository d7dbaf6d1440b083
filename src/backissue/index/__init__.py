"""The index of an archive: a Whoosh index, with a small reader of its own for speed.

Reading (`Index`) imports neither Whoosh nor pickle: see `reading` for what is asked of an index,
`ranking` for how well a section answers, `segment` for the files; `writing` and `whoosh_codec` for
Whoosh, which writes them and can search them too.
"""

from backissue.index.searcher import Facet, Index, Sort

__all__ = ["Facet", "Index", "Sort"]

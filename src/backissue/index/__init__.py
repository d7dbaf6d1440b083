"""The index of an archive: Whoosh writes it, and a small reader answers from it.

Reading (`Index`) imports neither Whoosh nor pickle: see `reading` for what is asked of an index,
`ranking` for how well a section answers, `segment` for the files, `writing` for Whoosh.
"""

from backissue.index.reading import Index, Sort

__all__ = ["Index", "Sort"]

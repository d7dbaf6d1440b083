"""From blocks to drafts: the issues a source holds, and the sections of each.

* `drafts`: the way from blocks to drafts.
* `lines`: blocks made ready for the grammar, one line each.
* `grammar`: one function for each kind of line.
* `masthead`: where each issue starts, and what its first lines say.
* `outline`: where the sections of an issue start.
* `why_headings`: which lines `Why this matters` are a part of a section.
* `section_parts`: what is inside one section: its why, its links, the issues it cites.
"""

from backissue.ingest.structure.drafts import Draft, Text, drafts, redrafted
from backissue.ingest.structure.lines import Line

__all__ = ("Draft", "Line", "Text", "drafts", "redrafted")

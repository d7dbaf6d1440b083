"""From blocks to drafts: the issues a source holds, and the sections of each.

* `drafts`: the way from blocks to drafts.
* `lines`: blocks made ready for the grammar, one line each.
* `title_leads`: paragraphs that each open with a title and a full stop.
* `grammar`: one function for each kind of line.
* `masthead`: where each issue starts, and what its first lines say.
* `namesakes`: sections that are called as their issue is.
* `marked`: texts whose own fields say how many sections they have.
* `contents`: tables of contents, which repeat headings.
* `day_lines`: first lines with the day of an issue; loaded for a line with a number.
* `subtitles`: the line below an issue's title.
* `dated_issues`: several issues in one text that have days instead of numbers.
* `outline`: where the sections of an issue start.
* `lone_headings`: lines that look like headings, where nothing is marked as one.
* `greeting`: headings that only greet or name the month.
* `ranks`: which headings open sections, by their ranks.
* `sub_heads`: headings that are repeated under one story after another.
* `highlights`: whether a document is highlights from a book; loaded for a text without a carrier.
* `why_headings`: which lines `Why this matters` are a part of a section.
* `section_parts`: what is inside one section: its why, its links, the issues it cites.
"""

from backissue.ingest.structure.drafts import Draft, Text, drafts, redrafted
from backissue.ingest.structure.lines import Line

__all__ = ("Draft", "Line", "Text", "drafts", "redrafted")

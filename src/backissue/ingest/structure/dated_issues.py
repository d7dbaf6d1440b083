"""Several issues in one text, known by the days in their titles: `Harbour Letter, 3 June 2024`.

One such line is a title, or the citation of another issue. So it takes two of one name with
different days or months, the first on top and text below each: a list of links to earlier issues
has none.
"""

from collections.abc import Sequence
from itertools import pairwise

from backissue.ingest.identity import bare_name, dated
from backissue.ingest.structure.lines import Line, is_prose
from backissue.records import BlockKind, Facts

_REACH = 4  # blocks among which the first title is
_LONGEST = 160  # characters of a title


def dated_issues(lines: Sequence[Line]) -> dict[int, Facts]:
    """The places of the titles of several issues, and what each says; none where there is one."""
    first = next(filter(None, map(_title, lines[:_REACH])), None)
    if first is None or first.publication is None:
        return {}
    name = bare_name(first.publication)
    found: dict[int, Facts] = {}
    for place, line in enumerate(lines):
        title = _title(line)
        if title and title.publication and bare_name(title.publication) == name:
            found[place] = title
    ends = pairwise([*found, len(lines)])
    told = all(any(is_prose(one.block) for one in lines[start + 1 : end]) for start, end in ends)
    days = {(title.date, title.title) for title in found.values()}
    return found if told and len(days) == len(found) > 1 else {}


def _title(line: Line) -> Facts | None:
    """What a line says that is nothing but the title of an issue: a name and a day or month."""
    titled = line.block.kind in {BlockKind.PARAGRAPH, BlockKind.HEADING}
    if not titled or line.block.joined or len(line.block.text) > _LONGEST:
        return None
    return dated(line.block.text)

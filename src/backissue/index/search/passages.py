"""What is shown instead of a snippet: a passage with more sentences, or a section's beginning."""

from backissue.index.search.marking import Match
from backissue.index.search.snippets import (
    WIDTH,
    Excerpt,
    MatchedText,
    Window,
    around,
    grow,
    joined,
    sentences,
    texts,
)
from backissue.records import Section, Snippet

_BY_THE_WAY = {"label", "url"}  # texts that are no beginning


def with_context(
    section: Section, window: Window, answering: list[MatchedText], context: int
) -> Snippet:
    """A stretch with `context` more sentences on either side, over its part's paragraphs."""
    text, found, start, end = "", [], window.start, window.end
    by_order = {place.order: place for place in answering}
    for order, (field, _, paragraph) in enumerate(texts(section)):
        if field != window.place.field:
            continue
        shift = len(text)
        if order in by_order:
            found += [_moved(match, shift) for match in by_order[order].found]
        if order == window.place.order:
            start, end = start + shift, end + shift
        text += paragraph + "\n"
    every = sentences(text)
    low, high = around(every, start, end)
    before = [begin for begin, _ in every if begin < low][-context:]
    after = [stop for _, stop in every if stop > high][:context]
    whole = MatchedText(window.place.field, 0.0, text, found, 0)
    return joined([Excerpt(whole, min([low, *before]), max([high, *after]))])


def beginning(section: Section) -> Snippet:
    """The beginning of the first part there is, from paragraph to paragraph; else the heading."""
    named = [(field, text) for field, name, text in texts(section) if name not in _BY_THE_WAY]
    field, _ = next((one for one in named if one[1].strip()), ("heading", ""))
    text = "\n".join([text for its, text in named if its == field][:WIDTH]) or section.heading
    if not text.strip():
        return Snippet(field=field, text="", highlights=())
    start = len(text) - len(text.lstrip())
    return joined([Excerpt(MatchedText(field, 0.0, text, [], 0), *grow(text, start, start, WIDTH))])


def _moved(match: Match, by: int) -> Match:
    marks = tuple((start + by, end + by) for start, end in match.marks)
    return Match(match.start + by, match.end + by, match.leaf, marks)

"""The words that were searched, marked in texts on a terminal."""

from collections.abc import Sequence

from rich.text import Text

from backissue.records import Places


def nowhere(field: str, text: str) -> Sequence[tuple[int, int]]:
    """The places of no search."""
    del field, text
    return ()


def marked(text: Text, field: str, places: Places) -> Text:
    """A text with its words that were searched in the style of a match."""
    return marked_together([text], field, places)[0]


def marked_together(texts: Sequence[Text], field: str, places: Places) -> Sequence[Text]:
    """The lines of one text, so that a phrase is also found where a line ends within it."""
    offset = 0
    found = places(field, "\n".join(text.plain for text in texts))
    for text in texts:
        for start, end in found:
            if start < offset + len(text) and end > offset:
                text.stylize("match", max(start - offset, 0), end - offset)
        offset += len(text) + 1
    return texts

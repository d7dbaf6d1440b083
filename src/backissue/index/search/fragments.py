"""What is shown where no single stretch of a section has all words of a query that it has.

First comes the stretch that answers best, with most of the space; then the words that it lacks.
"""

from collections.abc import Sequence, Set

from backissue.index.search.snippets import (
    DOTS,
    WIDTH,
    Excerpt,
    MatchedText,
    Ruler,
    Window,
    Worth,
    around,
    best,
    grow,
    sentences,
)

_MOST = 4
_GAP = DOTS + 1  # cells between two fragments
_LEAST = 32  # cells of a fragment that is not the first
# Of more words than there can be fragments, those count that make up this share of what the
# section has: a sentence or a heading that you paste has words that say little of the answer.
_ENOUGH = 0.6
_MORE = 1.25  # times the next, so that the first stretch stands first
_SAME = 1e-9  # sums of floats differ in their last bits


def fragments(answering: Sequence[MatchedText], worth: Worth, first: Window) -> list[Excerpt]:
    """As few stretches as show each telling word, if they fit; else those that show most.

    `first` is the best stretch if it has all the space.
    """
    chosen, most = [first], _value(first.leaves, worth)
    for count in range(2, _MOST + 1):
        windows = _windows(answering, worth, count)
        shown = frozenset[int]().union(*[window.leaves for window in windows])
        value = _value(shown, worth)
        if value > most + _SAME:
            chosen, most = windows, value
        if worth.telling <= shown or _enough(value, worth):
            break
    return _grown(chosen, worth)


def _windows(answering: Sequence[MatchedText], worth: Worth, count: int) -> list[Window]:
    """The best stretch in the space that the others leave, and then what adds most to it."""
    room = WIDTH - (_GAP + _LEAST) * (count - 1)
    found = [best(answering, room, worth)]
    shown = (worth.values.keys() - worth.telling) | found[0].leaves
    while len(found) < count and not worth.telling <= shown:
        found.append(best(answering, _LEAST, worth, shown))
        shown |= found[-1].leaves
    return found


def _value(shown: Set[int], worth: Worth) -> float:
    return sum(worth.values[leaf] for leaf in worth.telling if leaf in shown)


def _enough(value: float, worth: Worth) -> bool:
    many = len(worth.telling) > _MOST
    return many and value >= _ENOUGH * _value(worth.telling, worth)


def _grown(windows: list[Window], worth: Worth) -> list[Excerpt]:
    """Each stretch with its sentences as far as there is space for: the first takes what it needs.

    They are in the order of the text, but the first is first if it has clearly more than any other.
    """
    left = WIDTH - _GAP * (len(windows) - 1)
    grown: list[Excerpt] = []
    for others, window in zip(reversed(range(len(windows))), windows, strict=True):
        text = window.place.text
        ruler, room = Ruler(text), left - _LEAST * others
        if others:  # its own sentences leave more space to the others than their neighbours would
            own = around(sentences(text), window.start, window.end)
            room = min(room, ruler.width(*own) + 2 * DOTS)
        start, end = grow(text, window.start, window.end, room)
        left -= ruler.width(start, end)
        grown.append(Excerpt(window.place, start, end))
    first, *more = (sum(worth.values[leaf] for leaf in window.leaves) for window in windows)
    leading = 1 if first > _MORE * max(more, default=0.0) else 0
    rest = sorted(grown[leading:], key=lambda fragment: (fragment.place.order, fragment.start))
    return _merged([*grown[:leading], *rest])


def _merged(fragments: list[Excerpt]) -> list[Excerpt]:
    """The fragments, those of one text that meet made one."""
    found: list[Excerpt] = []
    for fragment in fragments:
        for at, other in enumerate(found):
            if _meet(other, fragment):
                start, end = min(other.start, fragment.start), max(other.end, fragment.end)
                found[at] = Excerpt(other.place, start, end)
                break
        else:
            found.append(fragment)
    return found


def _meet(one: Excerpt, other: Excerpt) -> bool:
    if one.place is not other.place:
        return False
    first, second = sorted([one, other], key=lambda each: each.start)
    return first.end >= second.start or not first.place.text[first.end : second.start].strip()

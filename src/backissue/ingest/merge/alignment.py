"""Where two texts have the same words, and where they differ; which texts have most in common."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from difflib import Match, SequenceMatcher
from itertools import accumulate

# How many places in another text may be looked at for each word, to find what two texts share.
_WORK_A_WORD = 500
# Words in a row that texts have in common if one is a copy of the other; and how many of the texts
# that have them are looked at.
_IN_A_ROW = 3
_MANY = 64


def nearest(texts: Sequence[Sequence[str]], most: int) -> list[list[int]]:
    """For each text the places of the others, if these are more than `most` those nearest to it.

    Nearest are those that share most words in a row; who shares none is not among them. The order
    is that of the texts.
    """
    everyone = range(len(texts))
    if len(texts) <= most + 1:
        return [[other for other in everyone if other != place] for place in everyone]
    rows = [
        {tuple(words[at : at + _IN_A_ROW]) for at in range(max(1, len(words) - _IN_A_ROW + 1))}
        for words in texts
    ]
    places: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for place, own in enumerate(rows):
        for row in own:
            places[row].append(place)
    found = []
    for place, own in enumerate(rows):
        near = (other for row in own for other in places[row][:_MANY])
        shared = Counter(other for other in near if other != place)
        best = sorted(shared, key=lambda other: (-shared[other], other))
        found.append(sorted(best[:most]))
    return found


def differences(ours: Sequence[str], theirs: Sequence[str]) -> Iterator[tuple[int, int, int, int]]:
    """The stretches in which two texts differ: `ours[a:b]` and `theirs[c:d]`."""
    first, last = _outer_words(ours, theirs)
    inner = ours[first : len(ours) - last], theirs[first : len(theirs) - last]
    for tag, a, b, c, d in _Matcher(*inner).get_opcodes():
        if tag != "equal":
            yield first + a, first + b, first + c, first + d


def _outer_words(ours: Sequence[str], theirs: Sequence[str]) -> tuple[int, int]:
    """How many words two texts have in common at their beginning, and behind that at their end."""
    shorter = min(len(ours), len(theirs))
    first = next((at for at in range(shorter) if ours[at] != theirs[at]), shorter)
    rest = shorter - first
    return first, next((at for at in range(rest) if ours[-1 - at] != theirs[-1 - at]), rest)


class _Matcher(SequenceMatcher[str]):
    """Finds what two texts have in common, with work in proportion to their length.

    Where each word is in many places of the other text (`ha ha ha …`, thousands of times), or the
    texts have little but short words in common, finding all would take the cube of their length. A
    stretch for which the work left is not enough counts as different, as a whole.
    """

    b2j: dict[str, list[int]]  # the places of each of their words

    def __init__(self, ours: Sequence[str], theirs: Sequence[str]) -> None:
        super().__init__(None, ours, theirs, autojunk=len(ours) + len(theirs) > 20_000)
        self._left = _WORK_A_WORD * (len(ours) + len(theirs))
        # The work of looking at the first words of `ours`, up to each.
        work = (1 + len(self.b2j.get(word, ())) for word in ours)
        self._work = list(accumulate(work, initial=0))

    def find_longest_match(
        self, alo: int = 0, ahi: int | None = None, blo: int = 0, bhi: int | None = None
    ) -> Match:
        """The longest common stretch between these bounds; an empty one if there is none."""
        ahi = len(self._work) - 1 if ahi is None else ahi
        work = self._work[ahi] - self._work[alo]
        if work > self._left:
            return Match(alo, blo, 0)
        self._left -= work
        return super().find_longest_match(alo, ahi, blo, bhi)

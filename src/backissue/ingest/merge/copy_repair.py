"""What is damaged in one copy of an issue, repaired from the others.

The copies' words are aligned, and where they differ between two words that all have, the versions
are compared: one that shows damage, or was repaired without certainty, gives way to one that is
sound and can be what the damage was. Each copy is repaired from the others as they were read, never
from what was repaired, so that no order of copies can show.
"""

import re
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from itertools import groupby, pairwise
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from backissue.ingest.merge.alignment import differences, nearest
from backissue.ingest.merge.copies import Copy
from backissue.ingest.merge.lost_letters import (
    LETTER,
    MARKED_LOSS,
    is_flattened,
    is_without,
    together,
    with_marks,
)
from backissue.ingest.repair import edits as editing
from backissue.ingest.repair import mojibake
from backissue.ingest.structure import Line, redrafted
from backissue.records import VERBATIM, Confidence, Flaw, Repair, RepairedBlock
from backissue.text.prose import WORD, squeeze

RULE = "other-copy"

# A question mark before a letter: no sentence ends there.
_LOST_SIGN = re.compile(r"\?(?=[^\W\d_])")
_WORDS = re.compile(r"\S+")
_WITHIN_WORD = re.compile("[^\\W\\d_][?\ufffd][^\\W\\d_]")
_AROUND = 16  # characters of context on either side, enough to find the place by searching
# Parts two blocks in the text of a whole copy; where a text has this control itself, it is damage.
_BORDER = "\x1d"
# What differs over more than this is no damage to a character but another text.
_LONGEST: Final = 400
# Of more other copies, those nearest to a copy repair it: what a dozen do not know, no other knows.
_MOST_WITNESSES = 12
# A question mark within a word, or where a quotation or a dash would be; a word that may be broken.
_SUSPECT = re.compile(r"(?<=\S)\?(?=\S)|(?<!\S)\?(?!\S)|(?<!\S)\?(?=\S)|\w[-\u2010]\s+\w")


class _CopyText(Struct, frozen=True):
    """A copy as one text: its words, and how much of it is in doubt, where."""

    copy: Copy
    label: str
    text: str
    starts: tuple[int, ...]  # of the lines
    words: tuple[str, ...]
    places: tuple[tuple[int, int], ...]  # of the words
    doubts: tuple[tuple[int, int, int], ...]  # start, end, and how grave
    letters: Counter[str]  # those that are not ASCII, and what may stand for one

    def line_at(self, offset: int) -> int:
        """The number of the line that has an offset of the text."""
        return bisect_right(self.starts, offset) - 1

    @property
    def bare(self) -> bool:
        """Whether the copy has nothing but ASCII."""
        return self.text.isascii()

    def may_have_lost(self, other: "_CopyText") -> bool:
        """Whether another copy has letters, or what stands for them, in no place of this one."""
        return not other.letters <= self.letters

    @property
    def may_be_damaged(self) -> bool:
        """Whether there is anything to repair."""
        return (
            bool(self.doubts)
            or mojibake.looks_damaged(self.text)
            or bool(_SUSPECT.search(self.text))
        )


class _Version(Struct, frozen=True):
    """What one copy has in a place of another."""

    start: int
    end: int
    text: str
    doubt: int
    label: str
    marked: bool  # whether damage that nobody repaired was found in it
    bare: bool  # whether nothing in all of that copy is not ASCII


# How grave a doubt is, from none. What was lost without a trace is worse than visible damage.
_SOUND, _LIKELY, _GUESSED, _DAMAGED, _LOST = range(5)
_GRAVITY = {None: _DAMAGED, Confidence.LIKELY: _LIKELY, Confidence.GUESSED: _GUESSED}


def repaired_from_copies(copies: Sequence[Copy], labels: Mapping[str, str]) -> list[Copy]:
    """The copies of one issue, each repaired from the others; `labels` name the sources."""
    pages = [_page(copy, labels[copy.ref.source]) for copy in copies]
    same_letters = all(page.letters == pages[0].letters for page in pages)
    if same_letters and not any(page.may_be_damaged for page in pages):
        return list(copies)
    witnesses = nearest([page.words for page in pages], _MOST_WITNESSES)
    return [
        _repaired_copy(page, [pages[other] for other in others])
        for page, others in zip(pages, witnesses, strict=True)
    ]


def _page(copy: Copy, label: str) -> _CopyText:
    lines = copy.draft.text.lines
    starts: list[int] = []
    doubts: list[tuple[int, int, int]] = []
    place = 0
    for line in lines:
        starts.append(place)
        doubts += [
            (place + doubt.start, place + doubt.end, _GRAVITY[doubt.confidence])
            for doubt in line.doubts
        ]
        place += len(line.block.text) + 1
    text = _BORDER.join(line.block.text.replace(_BORDER, "\ufffd") for line in lines)
    found = list(WORD.finditer(text))
    return _CopyText(
        copy=copy,
        label=label,
        text=text,
        starts=tuple(starts),
        words=tuple(match[0].casefold() for match in found),
        places=tuple(match.span() for match in found),
        doubts=tuple(doubts),
        letters=Counter([*LETTER.findall(text), *text.count("?") * "?"]),
    )


def _repaired_copy(page: _CopyText, others: Sequence[_CopyText]) -> Copy:
    """One copy with what the others know better."""
    damaged = page.may_be_damaged
    versions: dict[tuple[int, int], list[_Version]] = defaultdict(list)
    for other in others:
        if other.text == page.text or not (damaged or page.may_have_lost(other)):
            continue
        for version in _better(page, other):
            versions[version.start, version.end].append(version)
    edits = _edits(page, versions)
    if not edits:
        return page.copy
    lines = list(page.copy.draft.text.lines)
    for number, own in groupby(edits, key=lambda edit: page.line_at(edit[0].start)):
        if lines[number].block.kind in VERBATIM:
            continue
        lines[number] = _repaired_line(lines[number], page.starts[number], list(own))
    return replace(page.copy, draft=redrafted(page.copy.draft, tuple(lines)))


def _shifted(edit: editing.Edit, by: int) -> editing.Edit:
    """The same edit of a text that begins elsewhere."""
    return replace(edit, start=edit.start + by, end=edit.end + by)


# -- where copies differ ------------------------------------------------------------------------


def _better(page: _CopyText, other: _CopyText) -> Iterator[_Version]:
    """What another copy has in the places that are in doubt in this one."""
    for start, end, low, high in _gaps(page, other):
        ours, theirs = page.text[start:end], other.text[low:high]
        if ours == theirs or max(end - start, high - low) > _LONGEST:
            continue
        pieces = list(zip(_pieces(page, start, end), _pieces(other, low, high), strict=False))
        if ours.count(_BORDER) == theirs.count(_BORDER):
            for one, two in pieces:
                yield from _judged_by_words(one, two)


def _judged_by_words(ours: _Version, theirs: _Version) -> Iterator[_Version]:
    """What is sounder in the other copy: words of a piece, or else all of it.

    `Bla Szőke` and `Béla Szke` have each lost a letter in another word.
    """
    words = [list(_WORDS.finditer(version.text)) for version in (ours, theirs)]
    found = []
    if len(words[0]) == len(words[1]) > 1:
        both = zip(*words, strict=True)
        found = [_judged(_part(ours, one), _part(theirs, two)) for one, two in both]
    if not any(found):
        found = [_judged(ours, theirs)]
    yield from filter(None, found)


def _part(version: _Version, word: re.Match[str]) -> _Version:
    start = version.start
    return replace(version, start=start + word.start(), end=start + word.end(), text=word[0])


def _gaps(page: _CopyText, other: _CopyText) -> Iterator[tuple[int, int, int, int]]:
    """The stretches between words that both have: offsets in the one text, and in the other."""
    at = to = 0
    ours, theirs = [(0, 0)], [(0, 0)]
    whole = len(page.words), len(page.words), len(other.words), len(other.words)
    for a, b, c, d in (*differences(page.words, other.words), whole):
        ours += page.places[at:a]
        theirs += other.places[to:c]
        at, to = b, d
    ours.append((len(page.text),) * 2)
    theirs.append((len(other.text),) * 2)
    for (one, two), (three, four) in zip(pairwise(ours), pairwise(theirs), strict=True):
        yield one[1], two[0], three[1], four[0]


def _pieces(page: _CopyText, start: int, end: int) -> Iterator[_Version]:
    """A stretch of a copy, block by block, with how much each piece is in doubt."""
    for text in page.text[start:end].split(_BORDER):
        end = start + len(text)
        told = _told_doubt(page, start, text)
        doubt = _DAMAGED if mojibake.looks_damaged(text) else told
        yield _Version(start, end, text, doubt, page.label, told == _DAMAGED, page.bare)
        start = end + 1


def _judged(ours: _Version, theirs: _Version) -> _Version | None:
    """The other copy's version, if it is sounder than ours and ours can be a damaged form of it."""
    if squeeze(ours.text) == squeeze(theirs.text):
        return None
    if bare := _marked(ours, theirs):
        return bare if bare.text != ours.text else None
    # Damage of another kind than marks of loss says nothing of what the other has lost.
    other_damage = theirs.marked and not MARKED_LOSS.search(theirs.text)
    if not other_damage and (whole := together(ours.text, theirs.text)):
        left = (
            _DAMAGED if "\ufffd" in whole else max(theirs.doubt % _DAMAGED, ours.doubt % _DAMAGED)
        )
        return replace(theirs, start=ours.start, end=ours.end, text=whole, doubt=left)
    doubt = ours.doubt
    if is_flattened(theirs.text, ours.text) or _is_without(theirs, ours):
        return None
    if _is_without(ours, theirs):
        doubt = _LOST
    elif is_flattened(ours.text, theirs.text) or _is_broken(ours.text, theirs.text):
        # Half of a letter's bytes say more than a question mark.
        halved = theirs.doubt == _DAMAGED and "?" in ours.text and "?" not in theirs.text
        doubt = _LOST if halved else _DAMAGED
    if theirs.doubt >= doubt or not (
        doubt == _LOST or _may_be(ours.text, theirs.text, damaged=doubt == _DAMAGED)
    ):
        return None
    return replace(theirs, start=ours.start, end=ours.end)


def _told_doubt(page: _CopyText, start: int, text: str) -> int:
    """How much a stretch was in doubt when it was read; asked only where copies differ."""
    found = _GUESSED if _LOST_SIGN.search(text) else _SOUND
    at = bisect_right(page.doubts, start + len(text), key=lambda doubt: doubt[0])
    while at and page.doubts[at - 1][1] >= start:
        at -= 1
        found = max(found, page.doubts[at][2])
    return found


def _is_without(ours: _Version, theirs: _Version) -> bool:
    return is_without(ours.text, theirs.text, bare=ours.bare)


def _marked(ours: _Version, theirs: _Version) -> _Version | None:
    """What both say where one of them dropped what the other has as `?` or U+FFFD."""
    for one, two in ((ours, theirs), (theirs, ours)):
        lost = two.bare or _WITHIN_WORD.search(one.text)
        if lost and (text := with_marks(one.text, two.text)):
            return replace(theirs, start=ours.start, end=ours.end, text=text, doubt=_DAMAGED)
    return None


_BROKEN = re.compile(r"(?<=\w)[-\u2010]\s+(?=\w)")


def _is_broken(ours: str, theirs: str) -> bool:
    """Whether `ours` is `theirs` with a word parted at a line's end: `mach- ines`."""
    whole, compound = _BROKEN.sub("", ours), _BROKEN.sub("-", ours)
    return whole != ours and squeeze(theirs) in {squeeze(whole), squeeze(compound)}


def _may_be(ours: str, theirs: str, *, damaged: bool) -> bool:
    """Whether `theirs` can be what `ours` was."""
    one, two = ("".join(WORD.findall(text.casefold())) for text in (ours, theirs))
    if one == two:
        return len(theirs) <= 3 * len(ours) + 6
    if not damaged:
        return False
    # Each stretch that is not ASCII, or asks, may have been another; the rest must be the same.
    ours, theirs = squeeze(ours), squeeze(theirs)
    places = {0}  # how far theirs may have been matched; no pattern, since that may try for ever
    for odd, part in enumerate(re.split(r"([^\x00-\x7f]+|\?)", ours)):
        if odd % 2:
            places = {place + more for place in places for more in range(len(part) + 4)}
            places = {place for place in places if place <= len(theirs)}
        else:
            places = {place + len(part) for place in places if theirs.startswith(part, place)}
    return len(theirs) in places


# -- what is done about it ----------------------------------------------------------------------


def _edits(
    page: _CopyText, versions: Mapping[tuple[int, int], Sequence[_Version]]
) -> list[tuple[editing.Edit, _Version]]:
    """For each place the version that is soundest and that most copies have."""
    chosen: list[tuple[editing.Edit, _Version]] = []
    for start, end in _disjoint(versions):
        found = versions[start, end]
        votes: dict[str, list[_Version]] = defaultdict(list)
        for version in _unspoiled(found):
            votes[squeeze(version.text)].append(version)
        ranked = sorted(
            votes.values(),
            key=lambda same: (
                min(one.doubt for one in same),
                same[0].text.count("\ufffd"),
                -len(same),
                same[0].text,
            ),
        )
        best = min(ranked[0], key=lambda one: (one.doubt, one.label))
        rivals = any(min(one.doubt for one in same) == best.doubt for same in ranked[1:])
        sure = _sureness(best.doubt, rivals=rivals)
        edits = _smallest(page.text[start:end], best.text, sure)
        chosen += [(_shifted(edit, start), best) for edit in edits]
    return chosen


def _unspoiled(found: Sequence[_Version]) -> Sequence[_Version]:
    """The versions that are not what a program makes of another of them by losing letters.

    Of two that can each be made of the other, neither is known to be the worse.
    """
    return [
        one
        for one in found
        if not any(is_flattened(one.text, two.text) or _is_without(one, two) for two in found)
    ] or found


def _disjoint(
    versions: Mapping[tuple[int, int], Sequence[_Version]],
) -> list[tuple[int, int]]:
    """Of places that overlap the soundest, and of these the longest, which decides on all words."""

    def rank(place: tuple[int, int]) -> tuple[int, int, int]:
        return min(one.doubt for one in versions[place]), place[0] - place[1], place[0]

    kept: list[tuple[int, int]] = []
    for place in sorted(versions, key=rank):
        at = bisect_right(kept, place)
        after_last = at == 0 or kept[at - 1][1] <= place[0]
        if after_last and (at == len(kept) or place[1] <= kept[at][0]):
            kept.insert(at, place)
    return kept


def _sureness(doubt: int, *, rivals: bool) -> Confidence:
    """Certain where a sound copy has it, and no other sound copy something else."""
    if rivals or doubt >= _GUESSED:
        return Confidence.GUESSED
    return Confidence.LIKELY if doubt == _LIKELY else Confidence.CERTAIN


def _smallest(ours: str, theirs: str, sure: Confidence) -> list[editing.Edit]:
    """The edits that make one stretch the other, except for its white space."""
    theirs = re.sub(r"\s+", " ", theirs)
    matcher = SequenceMatcher(None, re.sub(r"\s", " ", ours), theirs, autojunk=False)
    return [
        editing.Edit(a, b, theirs[c:d], RULE, sure)
        for tag, a, b, c, d in matcher.get_opcodes()
        if tag != "equal" and (ours[a:b].strip() or theirs[c:d].strip() or not ours[a:b])
    ]


def _repaired_line(line: Line, start: int, edits: Sequence[tuple[editing.Edit, _Version]]) -> Line:
    """A line with these edits made, and what was in doubt there no longer."""
    only = [_shifted(edit, -start) for edit, _ in edits]
    steps = tuple(
        replace(repair, witness=version.label)
        for repair, (_, version) in zip(
            editing.as_repairs(line.block.text, only), edits, strict=True
        )
    )
    block = replace(line.block, runs=editing.into_runs(line.block.runs, only))
    known: tuple[Repair, ...] = tuple(step for block in line.repairs for step in block.steps)
    left = tuple(
        doubt
        for doubt in line.doubts
        if not any(edit.start <= doubt.end and edit.end >= doubt.start for edit in only)
    )
    return replace(
        line,
        block=block,
        repairs=(
            RepairedBlock(source="", block=line.number, text=block.text, steps=(*known, *steps)),
        ),
        flaws=(
            *(doubt.flaw for doubt in left if doubt.flaw),
            *_damage_taken(block.text, edits, steps),
        ),
        doubts=left,
    )


def _damage_taken(
    text: str, edits: Sequence[tuple[editing.Edit, _Version]], steps: Sequence[Repair]
) -> Iterator[Flaw]:
    """Where a copy has lost a letter without a trace, and the others have only its damage."""
    for (_, version), step in zip(edits, steps, strict=True):
        if version.doubt >= _DAMAGED:
            code = "replacement-character" if "\ufffd" in step.after else "undecided-character"
            end = step.start + len(step.after)
            yield Flaw(code=code, text=squeeze(text[max(step.start - _AROUND, 0) : end + _AROUND]))

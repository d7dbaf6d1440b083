"""What is damaged in one copy of an issue, repaired from the others.

The copies' words are aligned, and where they differ between two words that all have, the versions
are compared: one that shows damage, or was repaired without certainty, gives way to one that is
sound and can be what the damage was. Each copy is repaired from the others as they were read, never
from what was repaired, so that no order of copies can show.
"""

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from itertools import groupby, pairwise
from typing import Final

from backissue.ingest.merge.alignment import differences
from backissue.ingest.merge.copies import Copy
from backissue.ingest.repair import edits as editing
from backissue.ingest.repair import mojibake
from backissue.ingest.structure import Line, redrafted
from backissue.records import VERBATIM, Confidence, Repair, RepairedBlock
from backissue.text.prose import WORD, squeeze

RULE = "other-copy"

# Parts two blocks in the text of a whole copy; where a text has this control itself, it is damage.
_BORDER = "\x1d"
# What differs over more than this is no damage to a character but another text.
_LONGEST: Final = 400
# A question mark within a word, or where a quotation or a dash would be; a word that may be broken.
_SUSPECT = re.compile(r"(?<=\S)\?(?=\S)|(?<!\S)\?(?!\S)|(?<!\S)\?(?=\S)|\w[-\u2010]\s+\w")


@dataclass(frozen=True, slots=True)
class _CopyText:
    """A copy as one text: its words, and how much of it is in doubt, where."""

    copy: Copy
    label: str
    text: str
    starts: tuple[int, ...]  # of the lines
    words: tuple[str, ...]
    places: tuple[tuple[int, int], ...]  # of the words
    doubts: tuple[tuple[int, int, int], ...]  # start, end, and how grave

    def line_at(self, offset: int) -> int:
        """The number of the line that has an offset of the text."""
        return bisect_right(self.starts, offset) - 1

    @property
    def may_be_damaged(self) -> bool:
        """Whether there is anything to repair."""
        return (
            bool(self.doubts)
            or mojibake.looks_damaged(self.text)
            or bool(_SUSPECT.search(self.text))
        )


@dataclass(frozen=True, slots=True)
class _Version:
    """What one copy has in a place of another."""

    start: int
    end: int
    text: str
    doubt: int
    label: str


# How grave a doubt is, from none.
_SOUND, _LIKELY, _GUESSED, _DAMAGED = range(4)
_GRAVITY = {None: _DAMAGED, Confidence.LIKELY: _LIKELY, Confidence.GUESSED: _GUESSED}


def repaired_from_copies(copies: Sequence[Copy], labels: Mapping[str, str]) -> list[Copy]:
    """The copies of one issue, each repaired from the others; `labels` name the sources."""
    pages = [_page(copy, labels[copy.ref.source]) for copy in copies]
    if not any(page.may_be_damaged for page in pages):
        return list(copies)
    return [_repaired_copy(page, [other for other in pages if other is not page]) for page in pages]


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
    )


def _repaired_copy(page: _CopyText, others: Sequence[_CopyText]) -> Copy:
    """One copy with what the others know better."""
    if not page.may_be_damaged:
        return page.copy
    versions: dict[tuple[int, int], list[_Version]] = defaultdict(list)
    for other in others:
        if other.text == page.text:
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
            yield from (found for one, two in pieces if (found := _judged(one, two)))


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
        yield _Version(start, end, text, _doubt(page, start, text), page.label)
        start = end + 1


def _judged(ours: _Version, theirs: _Version) -> _Version | None:
    """The other copy's version, if it is sounder than ours and ours can be a damaged form of it."""
    if squeeze(ours.text) == squeeze(theirs.text):
        return None
    if whole := _together(ours.text, theirs.text):
        left = (
            _DAMAGED if "\ufffd" in whole else max(theirs.doubt % _DAMAGED, ours.doubt % _DAMAGED)
        )
        return replace(theirs, start=ours.start, end=ours.end, text=whole, doubt=left)
    doubt = ours.doubt
    if _is_flattened(theirs.text, ours.text):
        return None
    if _is_flattened(ours.text, theirs.text) or _is_broken(ours.text, theirs.text):
        doubt = _DAMAGED
    if theirs.doubt >= doubt or not _may_be(ours.text, theirs.text, damaged=doubt == _DAMAGED):
        return None
    return replace(theirs, start=ours.start, end=ours.end)


def _doubt(page: _CopyText, start: int, text: str) -> int:
    """How much a stretch is in doubt; it is only asked of those in which copies differ."""
    if mojibake.looks_damaged(text):
        return _DAMAGED
    found = _SOUND
    at = bisect_right(page.doubts, start + len(text), key=lambda doubt: doubt[0])
    while at and page.doubts[at - 1][1] >= start:
        at -= 1
        found = max(found, page.doubts[at][2])
    return found


def _is_flattened(ours: str, theirs: str) -> bool:
    """Whether `ours` is just what a program makes of `theirs` that cannot write what is not ASCII.

    Question marks, `don?t` for `don’t`; or the first of a letter's bytes, `Å` for `ń`.
    """
    ours, theirs = squeeze(ours), squeeze(theirs)
    if theirs.isascii():
        return False
    read = theirs.encode("utf-8", "replace").decode("latin-1")
    return ours in {
        re.sub(r"[^\x00-\x7f]", "?", theirs),
        squeeze(re.sub("[\x80-\x9f]", "", read)),
    }


def _together(ours: str, theirs: str) -> str | None:
    """What two versions of one length say together, where each has lost what the other has.

    `you’\ufffd` and `you?d` are `you’d`. None where they do not agree, or ours has lost nothing.
    """
    if len(ours) != len(theirs):
        return None
    whole = ""
    for one, two in zip(ours, theirs, strict=True):
        if one != two and not (one.isspace() and two.isspace()):
            if one == "\ufffd" or (one == "?" and not two.isascii() and two != "\ufffd"):
                one = two if two != "?" else one  # noqa: PLW2901  # the sound one of the two
            elif two != "\ufffd" and not (two == "?" and not one.isascii()):
                return None
        whole += one
    return whole if whole != ours else None


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
) -> list[tuple[editing.Edit, str]]:
    """For each place the version that is soundest and that most copies have; and who had it."""
    chosen: list[tuple[editing.Edit, str]] = []
    place = 0
    for (start, end), found in sorted(versions.items()):
        if start < place:
            continue
        votes: dict[str, list[_Version]] = defaultdict(list)
        for version in found:
            if any(_is_flattened(version.text, other.text) for other in found):
                continue
            votes[squeeze(version.text)].append(version)
        ranked = sorted(
            votes.values(),
            key=lambda same: (min(one.doubt for one in same), -len(same), same[0].text),
        )
        best = min(ranked[0], key=lambda one: (one.doubt, one.label))
        rivals = any(min(one.doubt for one in same) == best.doubt for same in ranked[1:])
        sure = _sureness(best.doubt, rivals=rivals)
        edits = _smallest(page.text[start:end], best.text, sure)
        chosen += [(_shifted(edit, start), best.label) for edit in edits]
        place = end
    return chosen


def _sureness(doubt: int, *, rivals: bool) -> Confidence:
    """Certain where a sound copy has it, and no other sound copy something else."""
    if rivals or doubt == _GUESSED:
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


def _repaired_line(line: Line, start: int, edits: Sequence[tuple[editing.Edit, str]]) -> Line:
    """A line with these edits made, and what was in doubt there no longer."""
    only = [_shifted(edit, -start) for edit, _ in edits]
    steps = tuple(
        replace(repair, witness=label)
        for repair, (_, label) in zip(editing.as_repairs(line.block.text, only), edits, strict=True)
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
        flaws=tuple(doubt.flaw for doubt in left if doubt.flaw),
        doubts=left,
    )

"""Mending damaged prose: pure, idempotent and explained, never typographic.

`diagnose` looks at a whole document and says which damages have evidence there; `mend` and
`mend_runs` then mend one block after the other. What context cannot decide stays as it is and is
named in a flaw. Every repair is recorded, so that `replay_backwards` gives the damaged text back.

Text comes here after entities are decoded and before anything is stripped, split or folded:
`'voilÃ\\xa0'.strip()` loses the half of the letter that a repair needs.
"""

import difflib
import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import Enum

from backissue.records import Flaw, Mend, Run

RULES = (
    "mojibake",  # UTF-8 read in another charset: `â€™` is `’`, `Ã©` is `é`
    "lost-quote",  # the same, where the last byte of `”` fell out: `â€` before a space
    "stripped-sign",  # the same without its control bytes, where one byte is left: `âŚ` is `…`
    "swallowed-space",  # a bullet that took its space along: U+28A0 is `• `
    "lone-a",  # the same where nothing is left but `â`: `thereâs`, `contextâmore`, `3â6`
    "broken-word",  # a word parted at a line's end: `com- pute`
    "broken-compound",  # a compound parted there, which keeps its hyphen: `drop- in`
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """A document's own vocabulary, in small letters and without what its line ends broke.

    `free` are words on their own, `stems` the same without endings, `pairs` neighbours in a
    compound (`drop-in`), `seconds` and `firsts` what stands behind and before its hyphens, `proper`
    the words seen with a capital.
    """

    free: frozenset[str] = frozenset()
    stems: frozenset[str] = frozenset()
    pairs: frozenset[str] = frozenset()
    seconds: frozenset[str] = frozenset()
    firsts: frozenset[str] = frozenset()
    proper: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """Which damages a document shows: how many places bear witness to each, 0 where none is proved.

    `words` is the document's vocabulary, by which broken words are healed.
    """

    mojibake: int = 0
    lone_a: int = 0
    line_breaks: int = 0
    words: Words = Words()

    @property
    def damages(self) -> tuple[str, ...]:
        """Names of the damages that have evidence: `mojibake`, `lone-a`, `line-breaks`."""
        found = {
            "mojibake": self.mojibake,
            "lone-a": self.lone_a,
            "line-breaks": self.line_breaks,
        }
        return tuple(name for name, count in found.items() if count)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mended:
    """A block's text after repair, the repairs in order of place, and what stayed damaged."""

    text: str
    mends: tuple[Mend, ...] = ()
    flaws: tuple[Flaw, ...] = ()


@dataclass(frozen=True, slots=True)
class _Edit:
    """`after` replaces what stands between two offsets of the text a rule was given."""

    start: int
    end: int
    after: str
    rule: str


# ---------------------------------------------------------------- the public steps


def diagnose(text: str) -> Diagnosis:
    """What is damaged in a document; `text` is all of it, its blocks parted by line breaks."""
    found = Diagnosis(mojibake=_count_mojibake(text))
    text = _mend_lines(text, found)
    found = replace(found, lone_a=_count_lone_a(text))
    if found.lone_a:
        found = replace(found, words=_vocabulary(text))
        text = _mend_lines(text, found)
    return _diagnose_line_breaks(text, found)


def mend(text: str, diagnosis: Diagnosis) -> Mended:
    """One block's text, mended as far as the document's diagnosis and the block's context allow."""
    edits = _edits(text, diagnosis)
    mended = _apply(text, edits)
    return Mended(text=mended, mends=_as_mends(text, edits), flaws=_flaws(mended, diagnosis))


def mend_runs(
    runs: tuple[Run, ...], diagnosis: Diagnosis
) -> tuple[tuple[Run, ...], tuple[Mend, ...], tuple[Flaw, ...]]:
    """One block whose text is split into runs: mended as a whole, each character kept in its run.

    The mends' offsets count in the joined text of the mended runs. A run left empty is dropped.
    """
    text = "".join(run.text for run in runs)
    edits = _edits(text, diagnosis)
    flaws = _flaws(_apply(text, edits), diagnosis)
    if not edits:
        return runs, (), flaws
    return _into_runs(runs, edits), _as_mends(text, edits), flaws


def replay_backwards(mended: Mended) -> str:
    """The text as it was before `mend`."""
    text = mended.text
    for step in reversed(mended.mends):
        text = text[: step.start] + step.before + text[step.start + len(step.after) :]
    return text


# ---------------------------------------------------------------- edits, as data

_Rule = Callable[[str, Diagnosis], list[_Edit]]


def _edits(text: str, diagnosis: Diagnosis) -> list[_Edit]:
    """All repairs of a block, as replacements in its original text, in order and disjoint."""
    if not diagnosis.damages:
        return []
    rules: tuple[tuple[int, _Rule], ...] = (
        (diagnosis.mojibake, _mojibake),
        (diagnosis.lone_a, _stripped_signs),
        (diagnosis.lone_a, _lone_a),
        (diagnosis.line_breaks, _broken_words),
    )
    edits: list[_Edit] = []
    for evidence, rule in rules:
        # A rule may see more once it has acted: `un- hob- bling`. Four rounds bound the cost.
        for _ in range(4 if evidence else 0):
            found = rule(text, diagnosis)
            if not found:
                break
            edits = _compose(edits, found, text)
            text = _apply(text, found)
    return edits


def _apply(text: str, edits: Iterable[_Edit]) -> str:
    parts: list[str] = []
    place = 0
    for edit in edits:
        parts += (text[place : edit.start], edit.after)
        place = edit.end
    parts.append(text[place:])
    return "".join(parts)


def _as_mends(text: str, edits: Iterable[_Edit]) -> tuple[Mend, ...]:
    mends: list[Mend] = []
    shift = 0
    for edit in edits:
        before = text[edit.start : edit.end]
        mends.append(
            Mend(rule=edit.rule, before=before, after=edit.after, start=edit.start + shift)
        )
        shift += len(edit.after) - len(before)
    return tuple(mends)


def _compose(first: Sequence[_Edit], second: Sequence[_Edit], between: str) -> list[_Edit]:
    """`first`, and then `second` on its result `between`, as one list of edits to the original.

    Where the second touches what the first wrote, both become one edit under the second's name.
    """
    items: list[tuple[int, int, bool, _Edit]] = []
    shift = 0  # from an offset in the original to the same place in `between`
    for edit in first:
        low = edit.start + shift
        items.append((low, low + len(edit.after), False, edit))
        shift += len(edit.after) - (edit.end - edit.start)
    items += [(edit.start, edit.end, True, edit) for edit in second]
    items.sort(key=lambda item: item[:3])
    done: list[_Edit] = []
    shift = 0
    for low, high, group in _clusters(items):
        news = [edit for _, _, new, edit in group if new]
        olds = [edit for _, _, new, edit in group if not new]
        moved = [replace(edit, start=edit.start - low, end=edit.end - low) for edit in news]
        after = _apply(between[low:high], moved)
        grown = sum(len(edit.after) - (edit.end - edit.start) for edit in olds)
        rule = (news or olds)[0].rule
        done.append(_Edit(low - shift, high - shift - grown, after, rule))
        shift += grown
    return done


def _clusters(
    items: Iterable[tuple[int, int, bool, _Edit]],
) -> Iterator[tuple[int, int, list[tuple[int, int, bool, _Edit]]]]:
    """Sorted spans in groups which overlap, each with its outer bounds."""
    group: list[tuple[int, int, bool, _Edit]] = []
    low = high = 0
    for item in items:
        if group and item[0] < high:
            high = max(high, item[1])
            group.append(item)
            continue
        if group:
            yield low, high, group
        low, high, group = item[0], item[1], [item]
    if group:
        yield low, high, group


def _into_runs(runs: Sequence[Run], edits: Iterable[_Edit]) -> tuple[Run, ...]:
    starts: list[int] = []
    total = 0
    for run in runs:
        starts.append(total)
        total += len(run.text)
    text = "".join(run.text for run in runs)
    parts: list[list[str]] = [[] for _ in runs]

    def keep(start: int, end: int) -> None:
        while start < end:
            at = bisect_right(starts, start) - 1
            stop = min(end, starts[at] + len(runs[at].text))
            parts[at].append(text[start:stop])
            start = stop

    place = 0
    for edit in edits:
        keep(place, edit.start)
        parts[bisect_right(starts, edit.start) - 1].append(edit.after)
        place = edit.end
    keep(place, total)
    made = (replace(run, text="".join(part)) for run, part in zip(runs, parts, strict=True))
    return tuple(run for run in made if run.text)


def _mend_lines(text: str, diagnosis: Diagnosis) -> str:
    if not diagnosis.damages:
        return text
    return "\n".join(_apply(line, _edits(line, diagnosis)) for line in text.split("\n"))


# ---------------------------------------------------------------- flaws: what stays damaged

_AROUND = 16  # characters of context on either side, enough to find the place by searching


def _flaws(text: str, diagnosis: Diagnosis) -> tuple[Flaw, ...]:
    found = [
        ("replacement-character", match) for match in re.finditer("\ufffd[\ufffd\\s]*\ufffd|\ufffd", text)
    ]
    if diagnosis.lone_a:
        found += [("undecided-character", match) for match in _UNDECIDED.finditer(text)]
    if diagnosis.line_breaks:
        found += [
            ("broken-word", match)
            for match in _STILL_BROKEN.finditer(text)
            if not _is_suspended(text, match.start())
        ]
    found.sort(key=lambda item: (item[1].start(), item[0]))
    return tuple(Flaw(code=code, text=_context(text, match)) for code, match in found)


def _context(text: str, match: re.Match[str]) -> str:
    start, end = max(match.start() - _AROUND, 0), match.end() + _AROUND
    return " ".join(text[start:end].split())

"""Edits as data: a rule's replacements, composed into one list, applied to a text or to its runs.

Nothing here knows what damage is. Edits of one list are in order and disjoint.
"""

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence

from msgspec import Struct
from msgspec.structs import replace

from backissue.records import Confidence, Repair, Run


class Edit(Struct, frozen=True):
    """`after` replaces what stands between two offsets of the text a rule was given."""

    start: int
    end: int
    after: str
    rule: str
    confidence: Confidence = Confidence.CERTAIN


_SURENESS = tuple(Confidence)
# One kind of repair: what it replaces in a text.
Rule = Callable[[str], list[Edit]]


def replacing(
    pattern: re.Pattern[str],
    text: str,
    after: str,
    rule: str,
    confidence: Confidence = Confidence.CERTAIN,
) -> list[Edit]:
    """An edit for each match of a pattern, all with one replacement."""
    found = pattern.finditer(text)
    return [Edit(match.start(), match.end(), after, rule, confidence) for match in found]


def in_rounds(text: str, rules: Sequence[Rule]) -> list[Edit]:
    """What all rules do to a text, each on the work of those before, as edits to the original.

    A rule's work may show more to another, or to itself: `un- hob- bling`. Four rounds suffice.
    """
    edits: list[Edit] = []
    for _ in range(4 if rules else 0):
        found = 0
        for rule in rules:
            if steps := rule(text):
                edits = _compose(edits, steps, text)
                text = apply(text, steps)
                found += len(steps)
        if not found:
            break
    return edits


def repair_lines(text: str, rules: Sequence[Rule], between: str = "\n") -> str:
    """A whole document with each of its blocks repaired; `between` separates them."""
    if not rules:
        return text
    return between.join(apply(line, in_rounds(line, rules)) for line in text.split(between))


def apply(text: str, edits: Iterable[Edit]) -> str:
    """The text with its edits made."""
    parts: list[str] = []
    place = 0
    for edit in edits:
        parts += (text[place : edit.start], edit.after)
        place = edit.end
    parts.append(text[place:])
    return "".join(parts)


def as_repairs(text: str, edits: Iterable[Edit]) -> tuple[Repair, ...]:
    """The edits of a text as records, whose places count in the text that comes of them."""
    repairs: list[Repair] = []
    shift = 0
    for edit in edits:
        before = text[edit.start : edit.end]
        repairs.append(
            Repair(
                rule=edit.rule,
                before=before,
                after=edit.after,
                start=edit.start + shift,
                confidence=edit.confidence,
            )
        )
        shift += len(edit.after) - len(before)
    return tuple(repairs)


def _compose(first: Sequence[Edit], second: Sequence[Edit], between: str) -> list[Edit]:
    """`first`, and then `second` on its result `between`, as one list of edits to the original.

    Where the second touches what the first wrote, both become one edit under the second's name.
    """
    items: list[tuple[int, int, bool, Edit]] = []
    shift = 0  # from an offset in the original to the same place in `between`
    for edit in first:
        low = edit.start + shift
        items.append((low, low + len(edit.after), False, edit))
        shift += len(edit.after) - (edit.end - edit.start)
    items += [(edit.start, edit.end, True, edit) for edit in second]
    items.sort(key=lambda item: item[:3])
    done: list[Edit] = []
    shift = 0
    for low, high, group in _clusters(items):
        news = [edit for _, _, new, edit in group if new]
        olds = [edit for _, _, new, edit in group if not new]
        moved = [replace(edit, start=edit.start - low, end=edit.end - low) for edit in news]
        after = apply(between[low:high], moved)
        grown = sum(len(edit.after) - (edit.end - edit.start) for edit in olds)
        rule = (news or olds)[0].rule
        # No surer than the least sure of them.
        confidence = max((edit.confidence for edit in (*news, *olds)), key=_SURENESS.index)
        done.append(Edit(low - shift, high - shift - grown, after, rule, confidence))
        shift += grown
    return done


def _clusters(
    items: Iterable[tuple[int, int, bool, Edit]],
) -> Iterator[tuple[int, int, list[tuple[int, int, bool, Edit]]]]:
    """Sorted spans in groups which overlap, each with its outer bounds."""
    group: list[tuple[int, int, bool, Edit]] = []
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


def into_runs(runs: Sequence[Run], edits: Iterable[Edit]) -> tuple[Run, ...]:
    """The edits of the joined text made in its runs; a run left empty is dropped."""
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

"""A block repaired as its document's diagnosis allows, what was done, and what stays damaged."""

import re
from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from backissue.ingest.repair.diagnosis import Diagnosis
from backissue.ingest.repair.edits import apply, as_repairs, in_rounds, into_runs
from backissue.ingest.repair.line_breaks import still_broken
from backissue.ingest.repair.misread import unrepaired
from backissue.ingest.repair.punctuation import undecided
from backissue.records import Confidence, Doubt, Flaw, Repair, Run
from backissue.text.prose import parted, squeeze


class Repaired(Struct, frozen=True, kw_only=True):
    """A block's text after repair, the repairs in order of place, and what stayed damaged."""

    text: str
    steps: tuple[Repair, ...] = ()
    flaws: tuple[Flaw, ...] = ()


def repair(text: str, diagnosis: Diagnosis) -> Repaired:
    """One block's text, repaired as far as its document's diagnosis and its own context allow.

    >>> from backissue.ingest.repair.diagnosis import diagnose
    >>> damaged = "At the cafÃ©"
    >>> repair(damaged, diagnose(damaged)).text
    'At the café'
    """
    edits = in_rounds(text, diagnosis.rules)
    repaired = apply(text, edits)
    return Repaired(text=repaired, steps=as_repairs(text, edits), flaws=_flaws(repaired, diagnosis))


def repair_runs(
    runs: tuple[Run, ...], diagnosis: Diagnosis
) -> tuple[tuple[Run, ...], tuple[Repair, ...], tuple[Flaw, ...]]:
    """One block whose text is split into runs: repaired as a whole, each character kept in its run.

    The repairs' offsets count in the joined text of the runs. A run left empty is dropped.
    """
    text = "".join(run.text for run in runs)
    edits = in_rounds(text, diagnosis.rules)
    if not edits:
        return runs, (), _flaws(text, diagnosis)
    flaws = _flaws(apply(text, edits), diagnosis)
    return into_runs(runs, edits), as_repairs(text, edits), flaws


def repair_cells(
    runs: tuple[Run, ...], diagnosis: Diagnosis
) -> tuple[tuple[Run, ...], tuple[Repair, ...], tuple[Flaw, ...]]:
    """One table, each of its cells repaired as a block of its own.

    The repairs' offsets count in the repaired text of the whole table.
    """
    made: list[Run] = []
    steps: list[Repair] = []
    flaws: list[Flaw] = []
    place = 0  # in the repaired text
    signs = re.findall(r"[\t\n]", "".join(run.text for run in runs))
    for cell, sign in zip(parted(runs, "\t\n"), [*signs, ""], strict=True):
        own, own_steps, own_flaws = repair_runs(cell, diagnosis)
        steps += [replace(step, start=step.start + place) for step in own_steps]
        flaws += own_flaws
        made += [*own, Run(text=sign)] if sign else own
        place += sum(len(run.text) for run in own) + len(sign)
    return tuple(made), tuple(steps), tuple(flaws)


def doubts(text: str, steps: Sequence[Repair], diagnosis: Diagnosis) -> tuple[Doubt, ...]:
    """Where a repaired text is still damaged, or was repaired without certainty."""
    found = [
        Doubt(start=step.start, end=step.start + len(step.after), confidence=step.confidence)
        for step in steps
        if step.confidence is not Confidence.CERTAIN
    ]
    found += [
        Doubt(start=match.start(), end=match.end(), flaw=_flaw(text, code, match))
        for code, match in _damaged(text, diagnosis)
    ]
    return tuple(sorted(found, key=lambda doubt: (doubt.start, doubt.end)))


# Several in a row are one flaw.
_REPLACED = re.compile("\ufffd[\ufffd\\s]*\ufffd|\ufffd")
_AROUND = 16  # characters of context on either side, enough to find the place by searching


def _flaws(text: str, diagnosis: Diagnosis) -> tuple[Flaw, ...]:
    return tuple(_flaw(text, code, match) for code, match in _damaged(text, diagnosis))


def _damaged(text: str, diagnosis: Diagnosis) -> list[tuple[str, re.Match[str]]]:
    found: list[tuple[str, re.Match[str]]] = []
    if "\ufffd" in text:  # asked of every block, and faster than the pattern
        found += [("replacement-character", match) for match in _REPLACED.finditer(text)]
    if diagnosis.lone_a:
        found += [("undecided-character", match) for match in undecided(text)]
    if diagnosis.loses_letters:
        rest = unrepaired(
            text,
            misread=diagnosis.mojibake > 0,
            stripped=diagnosis.lone_a > 0,
            queried=diagnosis.lost_apostrophes > 0,
        )
        taken = {match.start() for _, match in found}
        found += [("undecided-character", one) for one in rest if one.start() not in taken]
    if diagnosis.line_breaks:
        found += [("broken-word", match) for match in still_broken(text)]
    return sorted(found, key=lambda item: (item[1].start(), item[0]))


def _flaw(text: str, code: str, match: re.Match[str]) -> Flaw:
    context = text[max(match.start() - _AROUND, 0) : match.end() + _AROUND]
    return Flaw(code=code, text=squeeze(context))

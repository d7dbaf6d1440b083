"""A block mended as its document's diagnosis allows, what was done, and what stays damaged."""

import re
from dataclasses import dataclass

from backissue.ingest.repair.diagnosis import Diagnosis
from backissue.ingest.repair.edits import apply, as_mends, in_rounds, into_runs
from backissue.ingest.repair.line_breaks import still_broken
from backissue.ingest.repair.punctuation import undecided
from backissue.records import Flaw, Mend, Run


@dataclass(frozen=True, slots=True, kw_only=True)
class Mended:
    """A block's text after repair, the repairs in order of place, and what stayed damaged."""

    text: str
    mends: tuple[Mend, ...] = ()
    flaws: tuple[Flaw, ...] = ()


def mend(text: str, diagnosis: Diagnosis) -> Mended:
    """One block's text, mended as far as the document's diagnosis and the block's context allow."""
    edits = in_rounds(text, diagnosis.rules)
    mended = apply(text, edits)
    return Mended(text=mended, mends=as_mends(text, edits), flaws=_flaws(mended, diagnosis))


def mend_runs(
    runs: tuple[Run, ...], diagnosis: Diagnosis
) -> tuple[tuple[Run, ...], tuple[Mend, ...], tuple[Flaw, ...]]:
    """One block whose text is split into runs: mended as a whole, each character kept in its run.

    The mends' offsets count in the joined text of the mended runs. A run left empty is dropped.
    """
    text = "".join(run.text for run in runs)
    edits = in_rounds(text, diagnosis.rules)
    if not edits:
        return runs, (), _flaws(text, diagnosis)
    flaws = _flaws(apply(text, edits), diagnosis)
    return into_runs(runs, edits), as_mends(text, edits), flaws


def replay_backwards(mended: Mended) -> str:
    """The text as it was before `mend`."""
    text = mended.text
    for step in reversed(mended.mends):
        text = text[: step.start] + step.before + text[step.start + len(step.after) :]
    return text


# Several in a row are one flaw.
_REPLACED = re.compile("\ufffd[\ufffd\\s]*\ufffd|\ufffd")
_AROUND = 16  # characters of context on either side, enough to find the place by searching


def _flaws(text: str, diagnosis: Diagnosis) -> tuple[Flaw, ...]:
    found: list[tuple[str, re.Match[str]]] = []
    if "\ufffd" in text:  # asked of every block, and faster than the pattern
        found += [("replacement-character", match) for match in _REPLACED.finditer(text)]
    if diagnosis.lone_a:
        found += [("undecided-character", match) for match in undecided(text)]
    if diagnosis.line_breaks:
        found += [("broken-word", match) for match in still_broken(text)]
    found.sort(key=lambda item: (item[1].start(), item[0]))
    return tuple(Flaw(code=code, text=_context(text, match)) for code, match in found)


def _context(text: str, match: re.Match[str]) -> str:
    start, end = max(match.start() - _AROUND, 0), match.end() + _AROUND
    return " ".join(text[start:end].split())

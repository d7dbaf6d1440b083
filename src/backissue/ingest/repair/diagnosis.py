"""Which damages a document shows, found in all of it before any block is repaired."""

from dataclasses import dataclass, field, replace
from functools import partial

from backissue.ingest.repair.edits import Rule, apply, repair_lines
from backissue.ingest.repair.line_breaks import broken_words, count_line_breaks
from backissue.ingest.repair.mojibake import count_mojibake, mojibake
from backissue.ingest.repair.punctuation import (
    count_lone_a,
    count_lost_apostrophes,
    lone_a,
    lost_apostrophes,
    stripped_signs,
)
from backissue.ingest.repair.typesetting import (
    count_ligatures,
    count_soft_hyphens,
    ligatures,
    soft_hyphens,
    soft_line_ends,
)
from backissue.ingest.repair.vocabulary import Words, vocabulary


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """Which damages a document shows: how many places bear witness to each, 0 where none is proved.

    `words` is the document's vocabulary, which decides what to do with a broken word or a lone `â`
    between words; it is empty where there is neither.
    """

    mojibake: int = 0
    lone_a: int = 0
    lost_apostrophes: int = 0
    soft_hyphens: int = 0
    ligatures: int = 0
    line_breaks: int = 0
    words: Words = field(default_factory=Words)

    @property
    def damages(self) -> tuple[str, ...]:
        """Names of the damages that have evidence, such as `mojibake` and `line-breaks`."""
        found = {
            "mojibake": self.mojibake,
            "lone-a": self.lone_a,
            "lost-apostrophes": self.lost_apostrophes,
            "soft-hyphens": self.soft_hyphens,
            "ligatures": self.ligatures,
            "line-breaks": self.line_breaks,
        }
        return tuple(name for name, count in found.items() if count)

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The rules whose damage has evidence, in the order in which they are to be tried."""
        rules: list[Rule] = []
        if self.lone_a:
            rules.append(stripped_signs)
        if self.mojibake:
            rules.append(mojibake)
        if self.lone_a:
            rules.append(partial(lone_a, words=self.words))
        if self.lost_apostrophes:
            rules.append(lost_apostrophes)
        if self.ligatures:
            rules.append(ligatures)
        if self.soft_hyphens:
            rules.append(soft_hyphens)
        if self.line_breaks:
            rules.append(partial(broken_words, words=self.words))
        if self.soft_hyphens:
            rules.append(soft_line_ends)
        return tuple(rules)


def diagnose(text: str, between: str = "\n") -> Diagnosis:
    """What is damaged in a document; `text` is all of it, its blocks parted by `between`."""
    found = _look(text, between)
    # A repair may uncover damage that was hidden, which a second pass would find.
    for _ in range(2):
        if not found.damages:
            break
        again = _look(repair_lines(text, found.rules, between), between)
        if set(again.damages) <= set(found.damages):
            break
        found = replace(
            found,
            mojibake=max(found.mojibake, again.mojibake),
            lone_a=max(found.lone_a, again.lone_a),
            lost_apostrophes=max(found.lost_apostrophes, again.lost_apostrophes),
            soft_hyphens=max(found.soft_hyphens, again.soft_hyphens),
            ligatures=max(found.ligatures, again.ligatures),
            line_breaks=max(found.line_breaks, again.line_breaks),
            words=again.words,
        )
    return found


def _look(text: str, between: str) -> Diagnosis:
    """One damage after the other, each in a text in which those before it are repaired."""
    found = Diagnosis(lone_a=count_lone_a(text))
    if found.lone_a:
        text = apply(text, stripped_signs(text))
    found = replace(found, mojibake=count_mojibake(text))
    text = repair_lines(text, replace(found, lone_a=0).rules, between)
    if found.lone_a:
        found = replace(found, words=vocabulary(text))
        repaired = repair_lines(text, found.rules, between)
        # A word that is set free bears witness for the next: `donâo- donâCo`.
        for _ in range(3):
            if (words := vocabulary(repaired)) == found.words:
                break
            found = replace(found, words=words)
            repaired = repair_lines(text, found.rules, between)
        text = repaired
    found = replace(
        found,
        lost_apostrophes=count_lost_apostrophes(text),
        soft_hyphens=count_soft_hyphens(text),
        ligatures=count_ligatures(text),
    )
    cast = [ligatures] if found.ligatures else []
    text = repair_lines(text, [*cast, soft_hyphens] if found.soft_hyphens else cast, between)
    line_breaks, words = count_line_breaks(text, between)
    return replace(found, line_breaks=line_breaks, words=words) if line_breaks else found

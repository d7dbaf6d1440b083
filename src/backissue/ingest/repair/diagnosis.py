"""Which damages a document shows, found in all of it before any block is repaired."""

from functools import partial

from msgspec import Struct, field
from msgspec.structs import replace

from backissue.ingest.repair.edits import Rule, apply, repair_lines
from backissue.ingest.repair.line_breaks import broken_words, count_line_breaks
from backissue.ingest.repair.misread import count_first_bytes
from backissue.ingest.repair.mojibake import Misread, find_mojibake, mojibake
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


class Diagnosis(Struct, frozen=True, kw_only=True):
    """Which damages a document shows: how many places prove each, 0 where none does.

    `words` is the document's vocabulary, which decides what to do with a broken word or a lone `â`
    between words; it is empty where there is neither. `charsets` are those in which the document's
    UTF-8 was read, and `first_bytes` letters of which nothing else is left.
    """

    mojibake: int = 0
    lone_a: int = 0
    lost_apostrophes: int = 0
    soft_hyphens: int = 0
    ligatures: int = 0
    line_breaks: int = 0
    first_bytes: int = 0
    words: Words = field(default_factory=Words)
    charsets: frozenset[str] = frozenset()

    @property
    def damages(self) -> tuple[str, ...]:
        """Names of the damages that have evidence, such as `mojibake` and `line-breaks`."""
        return tuple(name.replace("_", "-") for name in _DAMAGES if getattr(self, name))

    @property
    def loses_letters(self) -> bool:
        """Whether letters may be damaged that no rule can repair."""
        return bool(self.lone_a or self.mojibake or self.first_bytes or self.lost_apostrophes)

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The rules whose damage has evidence, in the order in which they are to be tried."""
        rules: tuple[tuple[int, Rule], ...] = (
            (self.lone_a, stripped_signs),
            (self.mojibake, partial(mojibake, charsets=self.charsets)),
            (self.lone_a, partial(lone_a, words=self.words)),
            (self.lost_apostrophes, lost_apostrophes),
            (self.ligatures, ligatures),
            (self.soft_hyphens, soft_hyphens),
            (self.line_breaks, partial(broken_words, words=self.words)),
            (self.soft_hyphens, soft_line_ends),
        )
        return tuple(rule for places, rule in rules if places)


_DAMAGES = tuple(name for name in Diagnosis.__struct_fields__ if name not in {"words", "charsets"})


def diagnose(text: str, between: str = "\n", *, guessed: bool = False) -> Diagnosis:
    """What is damaged in a document; `text` is all of it, with `between` after each block.

    Where the charset was `guessed`, nothing is taken for text that was read in a wrong one.

    >>> diagnose("itâ€™s").damages, diagnose("it’s").damages
    (('mojibake',), ())
    """
    found = _look(text, between, guessed=guessed)
    # A repair may uncover damage that was hidden, which a second pass would find.
    for _ in range(2):
        if not found.damages:
            break
        repaired = repair_lines(text, found.rules, between)
        again = _look(repaired, between, guessed=guessed)
        if set(again.damages) <= set(found.damages):
            break
        most = {name: max(getattr(found, name), getattr(again, name)) for name in _DAMAGES}
        charsets = found.charsets | again.charsets
        found = replace(found, words=again.words, charsets=charsets, **most)
    return found


def _look(text: str, between: str, *, guessed: bool) -> Diagnosis:
    """One damage after the other, each in a text in which those before it are repaired."""
    found = Diagnosis(lone_a=0 if guessed else count_lone_a(text))
    if found.lone_a:
        text = apply(text, stripped_signs(text))
    misread = Misread(shown=True) if guessed else find_mojibake(text)
    found = replace(found, mojibake=misread.places, charsets=misread.charsets)
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
        first_bytes=0 if misread.shown else count_first_bytes(text),
        lost_apostrophes=count_lost_apostrophes(text),
        soft_hyphens=count_soft_hyphens(text),
        ligatures=count_ligatures(text),
    )
    cast = [ligatures] if found.ligatures else []
    text = repair_lines(text, [*cast, soft_hyphens] if found.soft_hyphens else cast, between)
    line_breaks, words = count_line_breaks(text, between)
    return replace(found, line_breaks=line_breaks, words=words) if line_breaks else found

"""The fields of an index as Whoosh knows them: how text becomes words, and what a posting holds.

With them the index is one that `whoosh.index.open_dir` opens: Whoosh's query parser, searcher,
highlighter, key terms and suggestions work on it; docs/whoosh.md shows how.

Every index names these classes: its table of contents pickles the schema. Whoever moves or renames
one must raise the schema version in `snapshot`.
"""

# Whoosh says it is typed and mostly is not.
# mypy: allow-untyped-calls

from array import array
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any

from whoosh.analysis.acore import Token
from whoosh.analysis.analyzers import Analyzer
from whoosh.analysis.tokenizers import IDTokenizer
from whoosh.fields import STORED, FieldType, Schema
from whoosh.formats import Existence, Positions

from backissue.index.storage.entries import Entry
from backissue.index.storage.rows import ASIDE, TAG, TEXT
from backissue.text import words

HEAD = "head"  # stored with an issue's own document: its head, as JSON in bytes
RECORD = "record"  # stored with every document: what `rows` makes of it, as JSON in bytes
ADDRESS = "address"  # stored with every document: import-ai/395, import-ai/395.1


class WordAnalyzer(Analyzer):
    """Text to words as `text.words` finds them. It has no state, so an index stores only its name.

    A text to be indexed or highlighted gives every word: a compound, its parts, other spellings. A
    query gives one word where it can (`GPT-4o`), and otherwise the parts, one after another.
    """

    def __call__(
        self, value: str, *, mode: str = "", tokenize: bool = True, **known: Any
    ) -> Iterator[Token]:
        """The words of `value`, each in the same token, as Whoosh's analysers do it."""
        token = Token(mode=mode, **known)
        for found in _words(value, asked=mode == "query", tokenize=tokenize):
            token.text, token.pos = found.text, found.position
            token.startchar, token.endchar = found.start, found.end
            yield token


def _words(value: str, *, asked: bool, tokenize: bool) -> Iterable[words.Token]:
    if not tokenize:  # the beginning of a word, or a pattern
        from backissue.text.wildcards import pattern

        return [words.Token(pattern(value) or value, 0, len(value), 0, 1)]
    if not asked:
        return words.tokens(value)
    found = list(words.tokens(value))
    if len(words.phrase(value)) == 1:
        return found[:1]
    # The first word of one part at each position is the part itself.
    parts = (token for token in found if token.span == 1)
    return [next(same) for _, same in groupby(parts, key=lambda token: token.position)]


class SpotsFormat(Positions):
    """A posting's value: where the word stands, u32 each, rising; `entries` says what they mean.

    To Whoosh these are positions. Words one after another in one paragraph have one after another.
    """

    def encode(self, positions: Iterable[int]) -> bytes:
        """The positions as they lie in a segment."""
        return array("I", positions).tobytes()

    def decode_positions(self, value: bytes) -> list[int]:
        """The positions of one posting."""
        return array("I", value).tolist()

    def decode_frequency(self, value: bytes) -> int:
        """How often the word is there."""
        return len(value) // 4


class EntriesField(FieldType):
    """A field whose words come analysed, as entries; a plain text is analysed here."""

    def index(self, value: str | Iterable[Entry], **_: Any) -> Any:
        """What Whoosh takes: for each term its bytes, frequency, weight and posting value.

        The weight of an entry is ours; Whoosh scores by frequencies.
        """
        if isinstance(value, str):
            return super().index(value)
        return [(term, len(spots) >> 2, weight, spots) for term, weight, spots in value]

    def to_bytes(self, value: Any) -> bytes:
        """A term as it is stored; a lone surrogate, from a file's name, stays as it is."""
        if isinstance(value, list | tuple):
            value = value[0]
        return value if isinstance(value, bytes) else str(value).encode(errors="surrogatepass")

    def from_bytes(self, term: Any) -> str:
        """The term that `to_bytes` stored."""
        return bytes(term).decode(errors="surrogatepass")


def _words_field(*, stored: bool) -> EntriesField:
    return EntriesField(
        SpotsFormat(),
        WordAnalyzer(),
        scorable=True,
        stored=stored,
        # What is written as one word and is several (x.com/a/b) is a phrase.
        multitoken_query="phrase",
    )


_UNDIVIDED: Any = IDTokenizer()  # which Whoosh does not count among analysers
SCHEMA = Schema(
    **{
        TEXT: _words_field(stored=True),
        ASIDE: _words_field(stored=False),
        TAG: EntriesField(Existence(), _UNDIVIDED),
        HEAD: STORED(),
        RECORD: STORED(),
        ADDRESS: STORED(),
    }
)

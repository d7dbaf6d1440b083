"""What a reader is given, and what it gives back: an original, and the documents in it."""

from dataclasses import dataclass

from backissue.records import NO_FACTS, Block, Facts, Flaw
from backissue.text.decoding import Decoded


@dataclass(frozen=True, slots=True, kw_only=True)
class Original:
    """A source's bytes, and the text they are, as far as they themselves tell."""

    data: bytes
    decoded: Decoded

    @property
    def text(self) -> str:
        """The bytes as text."""
        return self.decoded.text


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One text, and what its carrier's own fields say of it (a feed's entry, a mail's header).

    `boilerplate` is what a reader of it saw and is in no block: navigation, a footer. `left_out`
    is set for what is no issue, and says why in a word or two: `draft`, `podcast`.
    """

    blocks: tuple[Block, ...]
    facts: Facts = NO_FACTS
    boilerplate: tuple[str, ...] = ()
    flaws: tuple[Flaw, ...] = ()
    left_out: str | None = None

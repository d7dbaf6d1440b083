r"""Repair of damaged prose: pure, idempotent and explained, never typographic.

`may_be_damaged` asks whether a text needs any of this; its modules are loaded for those that do.
`diagnose` looks at a whole document and finds which damages have evidence there; `repair` and
`repair_runs` then repair each block. What the context cannot decide stays as it is, and a flaw
names it. Every repair is recorded, so that `records.replay_backwards` gives the damaged text back.

Text comes here after entities are decoded and before anything is stripped, split or folded:
`'voilÃ\xa0'.strip()` loses the half of the letter that a repair needs.

Each module imports only from those before it:

* `edits`: what a rule does, as data.
* `english`: the tables of English, for what a document does not decide.
* `vocabulary`: a document's own words.
* `misread`: UTF-8 read in another charset, letter by letter.
* `mojibake`: the same, as ftfy decodes whole blocks.
* `punctuation`: signs of which little is left.
* `typesetting`: soft hyphens and ligatures.
* `line_breaks`: words split at the end of a line.
* `diagnosis`: which damage a document shows.
* `block_repair`: one block repaired as its document's diagnosis allows.

Each rule says how sure it is: certain where the damage proves what it was, likely where its
neighbours show it, guessed where it is the likeliest of several. Another copy of the text may
have better words where a repair is not certain: `doubts` lists these places.
"""

import re

__all__ = ("RULES", "block_repair", "diagnosis", "edits", "may_be_damaged", "mojibake")

# Every damage has one of these; a text without any needs no diagnosis, and loads no rules.
_SIGN_OF_DAMAGE = re.compile(r"[^\x00-\x7f‘’“”–—…]|\w\?\w|\w-\s")

RULES = (
    "mojibake",  # UTF-8 read in another charset: `â€™` is `’`, `Ã©` is `é`
    "lost-quote",  # the same, where the last byte of `”` fell out: `â€` before a space
    "stripped-sign",  # the same without its control bytes, where one byte is left: `âŚ` is `…`
    "swallowed-space",  # a bullet that took its space along: U+28A0 is `• `
    "lone-a",  # the same where nothing is left but `â`: `thereâs`, `contextâmore`, `3â6`
    "lost-apostrophe",  # a contraction in which `?` stands for it: `don?t`
    "broken-word",  # a word parted at a line's end: `com- pute`
    "soft-hyphen",  # where a word may be parted, invisible: U+00AD within it
    "ligature",  # letters cast in one piece: U+FB01 is `fi`
    "broken-compound",  # a compound parted there, which keeps its hyphen: `drop- in`
)


def may_be_damaged(text: str) -> bool:
    """Whether a text has any sign of damage: False spares its diagnosis, which would find none."""
    return _SIGN_OF_DAMAGE.search(text) is not None

"""A reader's words to a checked query: knows the language, not the index.

`parse` reads a query, `str(query)` writes it as it was understood. The page for readers is
docs/query-language.md, which `backissue help query` prints.

* `parsing`: the lexer and the parser.
* `nodes`: what a query can say: its fields, and the tree it is understood as.
* `values`: what `issue:`, `date:` and `kind:` take, and the options that say the same.
* `synonyms`: words that may stand for one another.
* `edit_distance`: how alike two words are spelled.
"""

from backissue.query.edit_distance import alike, distance, nearest
from backissue.query.nodes import (
    FIELD_NOTES,
    KINDS,
    TEXT_FIELDS,
    Address,
    And,
    Dates,
    Field,
    FieldNote,
    Fuzzy,
    Kind,
    Known,
    Leaf,
    Near,
    Node,
    Not,
    Numbers,
    Or,
    Phrase,
    Query,
    Sought,
    Term,
    Wild,
    conjuncts,
    expands,
    leaves,
)
from backissue.query.parsing import (
    DEEPEST,
    FURTHEST,
    LONGEST,
    MOST_EXPANDING,
    MOST_SLIPS,
    MOST_TERMS,
    is_saved_name,
    parse,
    phrase_of,
)
from backissue.query.values import parse_range, parse_since, parse_until, restrict, shown

__all__ = [
    "DEEPEST",
    "FIELD_NOTES",
    "FURTHEST",
    "KINDS",
    "LONGEST",
    "MOST_EXPANDING",
    "MOST_SLIPS",
    "MOST_TERMS",
    "TEXT_FIELDS",
    "Address",
    "And",
    "Dates",
    "Field",
    "FieldNote",
    "Fuzzy",
    "Kind",
    "Known",
    "Leaf",
    "Near",
    "Node",
    "Not",
    "Numbers",
    "Or",
    "Phrase",
    "Query",
    "Sought",
    "Term",
    "Wild",
    "alike",
    "conjuncts",
    "distance",
    "expands",
    "is_saved_name",
    "leaves",
    "nearest",
    "parse",
    "parse_range",
    "parse_since",
    "parse_until",
    "phrase_of",
    "restrict",
    "shown",
]

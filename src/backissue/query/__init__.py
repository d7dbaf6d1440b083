"""The query language: from what you type to a checked query. Knows nothing of an index.

`parsing.parse` reads a query, `str(query)` writes it as it was understood. You can read about the
language in docs/query-language.md, which `backissue help query` prints. Only what a query can say
is loaded here: import the rest from its module.

* `parsing`: the lexer and the parser.
* `pairing`: quotation marks and brackets without a partner; where a long query is cut.
* `refusals`: the errors of a query.
* `patterns`: words that stand for many: `prefix*`, `w?ldc*rds`, `fuzzy~`.
* `nodes`: what a query can say: its fields, and the tree it is understood as; `SearchOptions`.
* `fields`: the fields as the help describes them.
* `values`: what follows `issue:`, `date:` and `kind:`, and the options that narrow a search.
* `names`: the other spellings of the names in a query.
* `synonyms`: words that may stand for one another.
* `edit_distance`: in how many letters two words differ.
"""

from backissue.query.nodes import (
    EVERYTHING,
    KINDS,
    NO_SYNONYMS,
    SYNONYMS_FILE,
    TEXT_FIELDS,
    Address,
    And,
    Dates,
    Facet,
    Field,
    Fuzzy,
    Group,
    Kind,
    Known,
    Leaf,
    LeftOut,
    Near,
    Node,
    Not,
    Numbers,
    Omission,
    Or,
    Phrase,
    Query,
    Saying,
    SearchOptions,
    Sort,
    Sought,
    Synonyms,
    Term,
    Wild,
    conjuncts,
    expands,
    in_doubt,
    leaves,
)

__all__ = [
    "EVERYTHING",
    "KINDS",
    "NO_SYNONYMS",
    "SYNONYMS_FILE",
    "TEXT_FIELDS",
    "Address",
    "And",
    "Dates",
    "Facet",
    "Field",
    "Fuzzy",
    "Group",
    "Kind",
    "Known",
    "Leaf",
    "LeftOut",
    "Near",
    "Node",
    "Not",
    "Numbers",
    "Omission",
    "Or",
    "Phrase",
    "Query",
    "Saying",
    "SearchOptions",
    "Sort",
    "Sought",
    "Synonyms",
    "Term",
    "Wild",
    "conjuncts",
    "expands",
    "in_doubt",
    "leaves",
]

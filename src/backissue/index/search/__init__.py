"""Which sections answer a query, how well, and what to say about it.

* `ranking`: the words of a section and its score.
* `expansion`: the words that a prefix, a pattern or a misspelling stands for.
* `snippets`: the passage that answers best.
* `partial_matches`: sections that answer most of a query.
* `spelling`: a query in the archive's own words.
* `diagnostics`: what is nowhere, and what kept a query from finding anything.
* `explaining`: why a section scores as it does.
* `related`: which sections belong with one, and why.
"""

__all__ = (
    "diagnostics",
    "expansion",
    "explaining",
    "partial_matches",
    "ranking",
    "related",
    "snippets",
    "spelling",
)

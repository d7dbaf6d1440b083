"""The errors of a query, each with its column and what to type instead."""

from collections.abc import Iterable, Sequence

from backissue.errors import QueryError, shown
from backissue.query.nodes import Field, LeftOut, Omission


def wrong(message: str, column: int, hint: str) -> QueryError:
    """A query error, which always has a column and a hint."""
    return QueryError(message, column=column, hint=hint)


def nothing(text: str, left_out: Sequence[LeftOut]) -> QueryError:
    """The error that a query has no word."""
    if not text.strip() or not left_out:
        return wrong("the query is empty", 1, "type a word to look for")
    for one in sorted(left_out, key=lambda one: one.column):
        if one.kind is Omission.OPERATOR:
            hint = f"to search for the word, put it in quotes or write “{one.text.lower()}”"
            return wrong(f"{one.text} has no word beside it", one.column, hint)
    bare = text.strip().strip('"').strip()  # of --phrase
    whole, column = bare or text.strip(), len(text) - len(text.lstrip()) + 1
    if not whole.strip("*?"):
        return wrong(f"“{shown(whole)}” alone is everything", column, "write word*")
    hint = "signs alone are not in the index"
    return wrong(f"“{shown(whole)}” has no letter or digit to search for", column, hint)


def no_field(name: str, value: str, column: int) -> QueryError:
    """The error that there is no field of this name."""
    known = [field.value for field in Field]
    return wrong(
        f"no field “{shown(name)}”",
        column,
        f"{guess(name.lower(), known, '“{}:”')}fields: {', '.join(known)}; "
        f'to search the text, write "{shown(name)}:{shown(value)}" in quotes',
    )


def nothing_follows(field: Field, column: int) -> QueryError:
    """The error that a dash follows a field's colon."""
    hint = f"put the value right behind it; to leave it out: -{field.value}:value"
    return wrong(f"nothing to look for follows “{field.value}:”", column, hint)


def one_word(quotation: str, word: str, within: int, column: int) -> QueryError:
    """The error that a quotation of one word says how far apart its words may be."""
    message = f"“{shown(quotation)}” is one word, and ~{within} is of several"
    hint = f'write "two words"~{within}, or {shown(word)}~ for a word like it'
    return wrong(message, column, hint)


def endless(name: str, column: int) -> QueryError:
    """The error that a saved search uses itself."""
    hint = "save one of the two under another name"
    return wrong(f"the saved search “{shown(name)}” uses itself", column, hint)


def no_saved_search(name: str, saved: Iterable[str], column: int) -> QueryError:
    """The error that no search is saved under this name."""
    hint = f'{guess(name, saved, ":{}")}to search the text, write ":{shown(name)}" in quotes'
    return wrong(f"no saved search “{shown(name)}”", column, hint)


def in_saved_search(name: str, error: QueryError, column: int) -> QueryError:
    """The error of a saved search, where the query uses it."""
    what = error.message.removesuffix(f" (column {error.column})")
    # The innermost names itself; those around it need not.
    where = "" if what.startswith("in the saved") else f"in the saved search “{name}”: "
    return wrong(where + what, column, error.hint or "save it again")


def guess(name: str, known: Iterable[str], form: str = "{}") -> str:
    """A question for a hint: whether the nearest of `known` was meant; empty if none is near."""
    from backissue.query.edit_distance import nearest

    near = nearest(name, known)
    return f"did you mean {form.format(near)}? " if near else ""

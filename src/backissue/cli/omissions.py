"""What a search says of the text that you typed and that is no part of the query."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from backissue.errors import shown
from backissue.query import Omission
from backissue.query.parsing import LONGEST, MOST_TERMS
from backissue.render.presentation import first_of

if TYPE_CHECKING:
    from backissue.query import LeftOut, Query

_MOST = 3  # of one kind are named


def omissions(query: "Query") -> str:
    """One line on everything that was left out of `query`; empty if nothing was.

    >>> from backissue.query.parsing import parse
    >>> omissions(parse('R & D: a "test'))
    'left out: “&” (a sign alone), the unpaired quotation mark at column 10'
    """
    kinds = {kind: [one for one in query.left_out if one.kind is kind] for kind in Omission}
    told = [_told(kind, found) for kind, found in kinds.items() if found and kind in _TOLD]
    parts = [f"left out: {', '.join(told)}"] if told else []
    if names := list(dict.fromkeys(one.text.lower() for one in kinds[Omission.FIELD])):
        be = "is a word" if len(names) == 1 else "are words"
        parts.append(f"{_named(names)} {be} here; to search the field: {names[0]}value")
    return "; ".join(parts)


def exclusions(query: "Query") -> str:
    """One line on the words that a dash or NOT in a copied text excludes; empty if none does.

    >>> from backissue.query.parsing import parse
    >>> exclusions(parse("WHAT WE DO NOT KNOW"))
    'without “know”; to search for it, put it in quotes'
    """
    from backissue.query import Not, conjuncts

    found = [node.node for node in conjuncts(query.root) if isinstance(node, Not)]
    names = list(dict.fromkeys(str(node) for node in found))
    it = "it" if len(names) == 1 else "them"
    return f"without {_named(names)}; to search for {it}, put {it} in quotes" if names else ""


_TOLD = frozenset(Omission) - {Omission.FIELD}


def _told(kind: Omission, found: "Sequence[LeftOut]") -> str:
    texts = list(dict.fromkeys(one.text for one in found))
    one = len(found) == 1
    match kind:
        case Omission.SIGN:
            return f"{_named(texts)} ({'a sign' if len(texts) == 1 else 'signs'} alone)"
        case Omission.QUOTE:
            return f"the unpaired {_placed('quotation mark', found)}"
        case Omission.BRACKET:
            return f"the unpaired {_placed('bracket', found)}"
        case Omission.OPERATOR:
            what = "an operator" if len(texts) == 1 else "operators"
            return f"{_named(texts)} ({what} without a word)"
        case Omission.MARK:
            return f"the * or ~ of {_named(texts)}"
        case _:
            words = "word" if one else f"{len(found):,} words"
            most = f"a query has at most {MOST_TERMS} words and {LONGEST:,} characters"
            return f"the last {words} ({most})"


def _named(texts: Sequence[str]) -> str:
    return first_of([f"“{shown(text)}”" for text in texts], _MOST)


def _placed(noun: str, found: "Sequence[LeftOut]") -> str:
    columns = first_of([str(one.column) for one in found], _MOST)
    return f"{noun} at column {columns}" if len(found) == 1 else f"{noun}s at columns {columns}"

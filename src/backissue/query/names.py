"""Names in a query: its words with the other ways in which a text may have them.

`GPT-4o` is found as `GPT 4o` or `GPT4o`, too; of the words `GPT 4o` a section with `GPT4o` has
both. What is in quotes, or has a `*`, `?` or `~`, is found only as you typed it.
"""

from collections import defaultdict
from collections.abc import Callable

from msgspec.structs import replace

from backissue.query.nodes import Address, And, Field, Node, Not, Or, Phrase, Term
from backissue.text.variants import Spelling, spellings, together


def with_spellings(node: Node) -> Node:
    """`node` with the spellings of its words, and of those that follow one another in it."""
    match node:
        case And():
            nodes = tuple(map(with_spellings, node.nodes))
            return replace(node, nodes=_joined(nodes))
        case Or():
            return replace(node, nodes=tuple(map(with_spellings, node.nodes)))
        case Not():
            return replace(node, node=with_spellings(node.node))
        case Term(prefix=False):
            return replace(node, spellings=spellings(node.text))
        case _:
            return node


def with_publications(node: Node, spelled: Callable[[str], str | None]) -> Node:
    """`node`, with all issues of the publication that `publication:` names in another spelling.

    `spelled` gives the short name of the publication that some words are another spelling of.
    """
    match node:
        case And() | Or():
            nodes = tuple(with_publications(one, spelled) for one in node.nodes)
            return replace(node, nodes=nodes)
        case Not():
            return replace(node, node=with_publications(node.node, spelled))
        case Term(field=Field.PUBLICATION, prefix=False):
            slug = spelled(node.text)
        case Phrase(field=Field.PUBLICATION):
            slug = spelled(" ".join(word for _, word in node.words))
        case _:
            return node
    return Or(nodes=(node, Address(text=f"{slug}/"))) if slug else node


def _joined(nodes: tuple[Node, ...]) -> tuple[Node, ...]:
    """Each of `nodes` with the spellings that have it as a part of a longer word."""
    also: dict[int, list[Spelling]] = defaultdict(list)
    terms = {
        at: node for at, node in enumerate(nodes) if isinstance(node, Term) and not node.prefix
    }
    for field in dict.fromkeys(term.field for term in terms.values()):
        asked = [
            terms[at].text if at in terms and terms[at].field is field else None
            for at in range(len(nodes))
        ]
        for first, end, spelling in together(asked):
            said = {word for _, word in spelling}
            for at in range(first, end):
                if asked[at] not in said:
                    also[at].append(spelling)
    return tuple(
        replace(terms[at], spellings=tuple(dict.fromkeys((*terms[at].spellings, *also[at]))))
        if at in also
        else node
        for at, node in enumerate(nodes)
    )

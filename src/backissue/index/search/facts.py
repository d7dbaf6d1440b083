"""Which issues a query means by their facts: their numbers, addresses or days."""

from collections.abc import Callable, Mapping, Sized
from typing import TYPE_CHECKING, assert_never

from backissue.errors import UsageError, shown
from backissue.index.storage import HeadRow, short_address
from backissue.query import Address, Dates, Numbers

if TYPE_CHECKING:
    from backissue.index.search.dating import Bounds


def check_found(node: Numbers | Address | Dates, found: Sized) -> None:
    """Raise `UsageError` where what has the form of a volume's issue is no issue: `395.2`."""
    if isinstance(node, Address) and not found:
        issue, dot, section = node.text.rpartition(".")
        if dot and section.isdecimal():
            text = f"“{shown(node.text)}” is the address of a section"
            raise UsageError(text, hint=f"write issue:{shown(issue)}")


def accepts(
    node: Numbers | Address | Dates, bounds: "Callable[[], Mapping[str, Bounds]]"
) -> Callable[[HeadRow], bool]:
    """Whether an issue, by its stored head, is one that `node` means.

    `bounds` gives the days between which each issue came out, by key; only days need them.
    """
    match node:
        case Numbers():
            return lambda row: row.number is not None and row.number in node
        case Address():
            wanted = node.text.casefold()
            if wanted.endswith("/"):
                return lambda row: row.key.startswith(wanted)
            return lambda row: wanted in (row.key.casefold(), short_address(row.key), row.date)
        case Dates():
            from backissue.index.search.dating import accepts as accepts_day

            return accepts_day(node, bounds())
        case _:
            assert_never(node)

"""Headings that only greet or name the month, and so head the intro: `Welcome to The Lathe!`."""

import re

from backissue.ingest.identity import greeted_publication
from backissue.ingest.structure import grammar
from backissue.records import Block
from backissue.text.days import key, months

_MONTH = re.compile(r"(?P<month>[^\W\d_]{3,12})\.?(?: de)? \d{4}")
_WELCOME = re.compile("欢迎(?:来到|阅读)|歡迎(?:來到|閱讀)|ようこそ")


def greets(block: Block) -> bool:
    """Whether a heading only greets, by the publication's name, or only says the month."""
    named = greeted_publication(block.text) is not None or _WELCOME.match(block.text)
    return bool(named) or grammar.is_hello(block.text) or _is_month(block.text)


def _is_month(text: str) -> bool:
    """`April 2024`, as the first heading of a newsletter that has no other title."""
    dated = _MONTH.fullmatch(text)
    return dated is not None and key(dated["month"]) in months()

"""Where a message says that it can be read on the web."""

import re
from collections.abc import Sequence
from itertools import pairwise
from urllib.parse import parse_qsl, urlencode, urlsplit

from backissue.records import Block
from backissue.text.boilerplate import says_where
from backissue.text.prose import squeeze
from backissue.text.redirects import unwrapped

# What a link opens in a program is not where the issue stands.
_IN_APP = re.compile(r"\bapp\b", re.IGNORECASE)
_URL = re.compile(r"https?://[^\s<>\"\])]+", re.IGNORECASE)
# What follows a reader about, and is no part of the address.
_TRACKING = re.compile(
    r"utm_\w+|mc_[ce]id|e|token|r|ref|s|isFreemail|triedRedirect|publication_id|post_id|ck_subscriber_id|"
    r"_bhlid|jwt_token|sd_\w+|fbclid|gclid|email|subscriber\w*",
    re.IGNORECASE,
)
_TRACKING_HOST = re.compile(
    r"(?:^|\.)(?:clicks?|track(?:ing)?|links?|trk|url\d+|email|e-?mail|mailer|list-manage|mandrillapp|"
    r"sendgrid|awstrack|ct|lnk|go)\.",
    re.IGNORECASE,
)
_LONGEST_PIECE = 120
_LONGEST_LINE = 300


def address(blocks: Sequence[Block]) -> str | None:
    """The address behind `View in browser`, or in words beside or below it."""
    for block in blocks:
        for run in block.runs:
            text = squeeze(run.text)
            online = says_where(text) and not _IN_APP.search(text)
            if run.url and online and (url := clean(run.url)):
                return url
    for block, below in pairwise([*blocks, Block()]):
        text = squeeze(block.text)
        place = says_where(text) if len(text) < _LONGEST_LINE else None
        if place is not None:
            rest = text[place:].strip() or squeeze(below.text)
            found = _URL.match(rest.lstrip("<([ "))
            if found and (url := clean(found[0])):
                return url
    return None


def clean(url: str) -> str | None:
    """An address as anyone may use it; None where it leads only one reader there."""
    url = unwrapped(url).rstrip(".,;")
    try:
        parts = urlsplit(url)
        query = parse_qsl(parts.query, keep_blank_values=True)
    except ValueError:
        return None
    if not parts.hostname or _TRACKING_HOST.search(parts.hostname) or not url.isprintable():
        return None
    kept = [(name, value) for name, value in query if not _TRACKING.fullmatch(name)]
    if len(parts.path) > 2 * _LONGEST_PIECE or "/app-link/" in parts.path:
        return None
    if any(len(value) > _LONGEST_PIECE for _, value in kept):
        return None
    return parts._replace(query=urlencode(kept), fragment="").geturl()

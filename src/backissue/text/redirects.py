"""Tracking redirects, replaced by their target if the address contains it. Nothing is fetched.

An address in a parameter is not enough evidence: share buttons and login pages have one, too. So a
query is read only if the host or path is one that redirects (`/url?q=`, `l.php?u=`), and a payload
only if it decodes to an address. The target keeps its own parameters (`utm_source=…`), because some
servers need them.
"""

import base64
import binascii
import json
import re
import zlib
from collections.abc import Callable
from pathlib import Path
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit, urlunsplit

from backissue.text.rules import Table

_TABLE = Table(path=Path(__file__).with_suffix(".toml"))

# Mail gateways wrap addresses that a tracker has already wrapped: three levels are common.
_DEEPEST = 5
_LONGEST = 16_000
# Every wrapped address matches this; all others need no further work.
_MAY_WRAP = re.compile(
    r".(?:https?|mailto)(?::|%3a|%253a|-3a)|aHR0c|eyJ|/eJ|/amp/|\.ampproject\.org/", re.I
)
_TARGET = re.compile(r"https?://[^\s/?#@]+\.[^\s/?#@.]|mailto:[^\s@?]+@[^\s@]", re.I)

_SAFE = re.compile(r"https?://|mailto:", re.IGNORECASE)
_PICTURE = re.compile(r"\.(?:avif|gif|jpe?g|png|svg|webp)$", re.IGNORECASE)
_RUN_LENGTHS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def target_of(url: str) -> str:
    """The address that `url` redirects to, if `url` contains it; else `url` unchanged.

    A target is always a web or mail address.

    >>> target_of("https://www.google.com/url?q=https://x.org/a&sa=D")
    'https://x.org/a'
    """
    for _ in range(_DEEPEST):
        if len(url) > _LONGEST or not _MAY_WRAP.search(url):
            break
        target = _target(url)
        if target is None or target == url:
            break
        url = target
    return url


def safe_target(value: object) -> str | None:
    """A link's target, past any redirect, if it is one that may be shown and followed."""
    url = str(value or "").strip()
    if not url.isprintable():
        url = "".join(filter(str.isprintable, url))
    return target_of(url) if _SAFE.match(url) else None


def _target(url: str) -> str | None:
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").lower()
    except ValueError:
        return None
    if parts.scheme.lower() not in {"http", "https"}:
        return None
    for rule in _RULES:
        if (target := rule(parts, host)) and (whole := _address(target)):
            return whole
    return None


def _address(text: str) -> str | None:
    """`text` if it is a complete web or mail address, decoded once more if necessary."""
    if re.match(r"https?%3a", text, re.IGNORECASE):
        text = unquote(text)
    return text if _TARGET.match(text) and text.isprintable() and " " not in text else None


def _by_gateway(parts: SplitResult, host: str) -> str | None:
    """Proofpoint's three encodings of an address."""
    if host not in {"urldefense.proofpoint.com", "urldefense.com", "urldefense.us"}:
        return None
    wrapped = dict(parse_qsl(parts.query)).get("u", "")
    if parts.path.startswith("/v1/"):
        return wrapped
    if parts.path.startswith("/v2/"):
        return unquote(wrapped.replace("-", "%").replace("_", "/"))
    whole = urlunsplit(("", "", parts.path, parts.query, parts.fragment))
    match = re.match(r"/v3/__(?P<url>.+?)__;(?P<signs>[\w-]*)!", whole)
    return _with_signs(match["url"], _decoded(match["signs"]) or "") if match else None


def _with_signs(url: str, signs: str) -> str | None:
    """`url` with its characters restored: a `*` stands for one, `**B` for three."""
    place = 0

    def put_back(star: re.Match[str]) -> str:
        nonlocal place
        run = _RUN_LENGTHS.find(star[1]) + 2 if star[1] else 1
        place += run
        return signs[place - run : place]

    whole = re.sub(r"\*(?:\*([\w-]))?", put_back, url)
    # A web server may have folded the two slashes of `https://` into one.
    return re.sub(r"^(https?:/)(?!/)", r"\1/", whole) if place == len(signs) else None


def _by_amp(parts: SplitResult, host: str) -> str | None:
    """Google's copies: `google.com/amp/s/e.org/a`, `e-org.cdn.ampproject.org/c/s/e.org/a`."""
    if host.endswith(".cdn.ampproject.org"):
        match = re.match(r"/[cv]/(s/)?(?=[\w-]+\.)", parts.path)
    elif re.fullmatch(r"(?:www\.)?google(?:\.\w{2,3}){1,2}", host):
        match = re.match(r"/amp/(s/)?(?=[\w-]+\.)", parts.path)
    else:
        return None
    if not match:
        return None
    query = f"?{parts.query}" if parts.query else ""
    return ("https://" if match[1] else "http://") + parts.path[match.end() :] + query


def _by_path(parts: SplitResult, _: str) -> str | None:
    """An address as one part of the path: `/CL0/https:%2F%2Fe.org%2Fa/1/…` (Amazon SES)."""
    match = re.match(r"/C?L0/(https?(?::|%3A)%2F%2F[^/]+)", parts.path, re.IGNORECASE)
    return unquote(match[1]) if match else None


def _by_payload(parts: SplitResult, host: str) -> str | None:
    """An address in base64, alone, or in JSON: `substack.com/redirect/2/eyJlIjoiaHR0cHM6Ly…`."""
    if _PICTURE.search(parts.path) or _words(host) & _TABLE.words("pages"):
        return None
    queried = [dict(parse_qsl(parts.query)).get("p", "")] if host == "mandrillapp.com" else []
    for segment in (*parts.path.split("/"), *queried):
        # A JSON web token carries its payload between two dots.
        for piece in segment.split(".")[:2]:
            if piece.startswith(("aHR0c", "eyJ", "eJ")) and (found := _in_payload(piece)):
                return found
    return None


def _in_payload(piece: str) -> str | None:
    text = _decoded(piece)
    if text is None or _TARGET.match(text):
        return text
    if text.startswith("{"):
        return _in_json(text)
    # Mailgun: a packed query.
    return dict(parse_qsl(text)).get("l")


def _in_json(text: str) -> str | None:
    try:
        payload = json.loads(text)
        # Mandrill packs a payload into a payload.
        if isinstance(payload, dict) and isinstance(payload.get("p"), str):
            payload = json.loads(payload["p"])
    except (ValueError, RecursionError):
        return None
    if not isinstance(payload, dict):
        return None
    found = (payload.get(key) for key in _TABLE.listed("keys"))
    return next((value for value in found if isinstance(value, str) and _TARGET.match(value)), None)


def _decoded(piece: str) -> str | None:
    """Base64 of either alphabet as text, decompressed if necessary."""
    try:
        data = base64.b64decode(piece.rstrip("=") + "=" * (-len(piece.rstrip("=")) % 4), b"-_")
        if data[:1] == b"\x78":
            data = zlib.decompressobj().decompress(data, _LONGEST)
        return data.decode("utf-8")
    except (binascii.Error, ValueError, zlib.error):
        return None


def _by_query(parts: SplitResult, host: str) -> str | None:
    """A parameter of a host or path that redirects: `google.com/url?q=`, `l.facebook.com/l.php`."""
    if host in _TABLE.words("bare_query") and parts.query:
        return parts.query + (f"#{parts.fragment}" if parts.fragment else "")
    # An archived copy of a redirect is a page of the archive.
    path = parts.path.lower()
    if "http:/" in path or "https:/" in path:
        return None
    words = _words(host) | {segment.partition(".")[0] for segment in path.split("/")}
    redirects = host in _TABLE.words("hosts") or words & _TABLE.words("redirecting")
    if not redirects or words & _TABLE.words("pages"):
        return None
    values = dict(parse_qsl(parts.query))
    for name in _TABLE.listed("parameters"):
        if value := values.get(name):
            decoded = _decoded(value) if value.startswith("aHR0c") else None
            if found := _address(decoded or value):
                return found
    return None


def _words(host: str) -> frozenset[str]:
    """The labels of a host, without its owner's: `l` of `l.facebook.com`, nothing of `go.dev`."""
    return frozenset(host.split(".")[:-2])


_RULES: tuple[Callable[[SplitResult, str], str | None], ...] = (
    _by_gateway,
    _by_amp,
    _by_path,
    _by_payload,
    _by_query,
)

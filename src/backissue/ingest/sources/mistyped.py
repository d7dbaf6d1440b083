"""Paths at which there is nothing: what each seems to be, and what to type instead."""

import os
import re
from itertools import islice
from shlex import quote
from urllib.parse import unquote, urlsplit

from backissue.query.edit_distance import nearest

# The names of a folder that are compared with a mistyped one.
_MOST_NAMES = 20_000
_SCHEME = re.compile(r"(?P<scheme>[a-z][a-z0-9+.-]{1,30}):(?://|(?=https?:)|(?=\S+@\S))", re.I)
# A host without a scheme, as browsers show it: `www.a.b`, `importai.substack.com/p/396`.
_HOST = re.compile(
    r"(?:www\.[\w-]+|[\w-]+(?:\.[\w-]+)*)"
    r"\.(?:ai|blog|ch|co|com|de|dev|edu|email|eu|fr|gov|info|io|me|net|news|nl|org|uk|us|xyz)"
    r"(?::\d+)?(?:/.*)?",
    re.I,
)
_WEB = frozenset({"http", "https", "feed", "feeds", "view-source"})
_FACT = re.compile(r"-*(?P<name>publication|number|title|date|kind|url)=")
_PATTERN = re.compile(r"[*?]|\[.+\]")


def address(path: str) -> str | None:
    """What to do with a path that is an address on a network; None for any other."""
    found = _SCHEME.match(path)
    scheme = found["scheme"].lower() if found else None
    if scheme in _WEB or (scheme is None and path.lower().startswith("www.")):
        return "a web address; save the page in a browser, then ingest that file"
    if scheme == "file":
        return f"the address of a file; give its path: {unquote(urlsplit(path).path)}"
    if scheme == "mailto":
        return "a mail address; save the message as a file, then ingest that file"
    return (
        f"an address ({scheme}:), and no file; fetch it, then ingest that file" if found else None
    )


def why_missing(path: str) -> str:
    """Why there is nothing at a path, as a reason, with the nearest name that there is."""
    if path.startswith("~"):
        return "no such file; write ~ without quotes, so that the shell replaces it"
    if fact := _FACT.match(path):
        name, value = fact["name"], path[fact.end() :]
        return f"no such file; a fact is an option: --{name} {quote(value)}"
    if _PATTERN.search(path):
        return "no file has a name of this pattern"
    if better := _nearest(path):
        return f"no such file; did you mean {better}?"
    if _HOST.fullmatch(path):
        return "no such file; of a web address, save the page in a browser, then ingest that file"
    return "no such file"


def _nearest(path: str) -> str | None:
    """The path with the part that is not there replaced by the nearest name that is."""
    trailing = "/" if path.endswith("/") else ""
    parts = path.rstrip("/").split("/")
    for at, part in enumerate(parts):
        place = "/".join(parts[: at + 1])
        if os.path.lexists(place or "/"):
            continue
        near = _nearest_name("/".join(parts[:at]) or ("/" if at else "."), part)
        if near is None:
            return None
        better = "/".join([*parts[:at], near, *parts[at + 1 :]])
        # What comes behind may be mistyped, too, or there under this name.
        return better + trailing if os.path.exists(better) else "/".join([*parts[:at], near])
    return None


def _nearest_name(folder: str, name: str) -> str | None:
    try:
        with os.scandir(folder) as entries:
            names = [entry.name for entry in islice(entries, _MOST_NAMES)]
    except (OSError, ValueError):
        return None
    shown = {other.casefold(): other for other in sorted(names) if not other.startswith(".")}
    wanted = name.casefold()
    stems = [other for other in shown if os.path.splitext(other)[0] == wanted]
    near = wanted if wanted in shown else (stems[0] if stems else nearest(wanted, shown))
    # Of two short names, nearly any two letters differ.
    if near is None or (len(wanted) < 3 and near not in stems):
        return None
    return shown[near]

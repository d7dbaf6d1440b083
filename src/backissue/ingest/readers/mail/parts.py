"""A message's bytes as the tree of its parts (RFC 2045, 2046), whatever is wrong with it.

`email` parses the header fields and decodes the transfer encodings. Its own splitting gives the
same trees for all cases of `tests/cases/mail` (test_mail.py compares them) except, by name:

* `a message with a folded field, a broken one, …`: a field that some program broke without
  indenting the rest ends its header;
* `a line of spaces above the text ends the header, …`: the text becomes part of a field;
* `a boundary that is not named`: it does not split the multipart;
* `what is called base64 and is not`: it decodes words to rubbish;
* `base64 with a list's footer in the clear below it`: it drops the footer.

Line ends of CR CR LF end its header. It also compares every line with every boundary around it:
1.2 MB in 250 levels take four seconds, and 1,000 levels are a RecursionError. Splitting stops
here at thirty levels and 5,000 parts, as no real message has more.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from email.errors import MessageError
from email.message import Message
from email.parser import BytesHeaderParser
from email.policy import compat32
from itertools import islice, pairwise, takewhile

from backissue.text.decoding import Decoded, decode

# A mail list's digest of forwarded mail has some six levels; what has thirty is made to hurt.
_DEEPEST = 30
_MOST_PARTS = 5_000
_FIELD = re.compile(rb"[!-9;-~]+[ \t]*:")
_MBOX_LINE = re.compile(rb">?From [^\n]*\n")
# A message with CR LF that was written as text on Windows ends its lines so.
_CR_CR_LF = re.compile(rb"[^\n]*\r\r\n")
_BLANK_LINES = re.compile(rb"(?:[ \t]*\r?\n)+")
# A line of spaces belongs to the field above it (RFC 5322, section 4.2) where fields follow; above
# text it is a blank line whose spaces some program left.
_END_OF_HEADER = re.compile(
    rb"\r?\n(?:[ \t]+\r?\n(?!(?:from|to|cc|date|subject|sender|received|precedence"
    rb"|(?:content|list|x|mime|message|reply|return|delivered|dkim|user)-[\w-]+)[ \t]*:)|\r?\n|\Z)",
    re.IGNORECASE,
)
# Without a boundary parameter: a line that may be one, and a part's header below it.
_LIKE_A_BOUNDARY = re.compile(rb"^--([!-~]{1,70})[ \t]*\r?\n(?=Content-)", re.M | re.I)
_LONGEST_HEADER = 256 * 1024
_BASE64_LINE = re.compile(rb"[A-Za-z0-9+/]+={0,2}\s*")
# No word is as long as that; what is shorter and looks like base64 may be one.
_SHORTEST_BASE64 = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class MimePart:
    """A message, or a part of one: its header, and its own bytes or the parts they hold.

    `around` are the bytes before the first boundary and behind the last, which no mail program
    shows. `cut_off` says that parts nested deeper than any real message's were not parsed.
    """

    header: Message
    body: bytes
    parts: tuple["MimePart", ...] = ()
    around: tuple[bytes, ...] = ()
    cut_off: bool = False

    @property
    def type(self) -> str:
        """`text/html`, in lower case; `text/plain` where it is not said or makes no sense."""
        return self.header.get_content_type()

    @property
    def is_message(self) -> bool:
        """Whether the part is a message of its own, which is then its only part."""
        return self.type in {"message/rfc822", "message/global"}

    @property
    def is_attachment(self) -> bool:
        """Whether the sender meant it to be kept rather than shown."""
        disposition = self.header.get("Content-Disposition", "")
        return str(disposition).strip().lower().startswith("attachment")

    @property
    def name(self) -> str | None:
        """The file name of an attachment."""
        name = _or_none(self.header.get_filename)
        # Eight-bit letters come as surrogates, and no more is known of them.
        return str(name).encode("utf-8", "replace").decode("utf-8") if name else None

    def parameter(self, name: str) -> str | None:
        """A parameter of the content type (`charset`, `boundary`, `format`)."""
        value = _or_none(self.header.get_param, name)
        if isinstance(value, tuple):  # RFC 2231: charset, language, value
            value = value[2]
        return value if isinstance(value, str) else None

    def text(self) -> Decoded:
        """The part's own bytes as text, its transfer encoding undone."""
        return decode(_plain_bytes(self.header, self.body), declared=self.parameter("charset"))

    def words_around(self) -> tuple[str, ...]:
        """What no mail program shows: before the first boundary, and behind the last."""
        return tuple(decode(data).text for data in self.around if data.strip())


def _or_none(ask: Callable[..., object], *arguments: str) -> object:
    """What a header says, or None where it is so damaged that `email` raises an error."""
    try:
        return ask(*arguments)
    except (LookupError, MessageError, TypeError, ValueError):
        return None


def parse(data: bytes) -> MimePart:
    """The message in `data`; an mbox's `From ` line and blank lines on top are passed over."""
    header, body = _header_and_body(_without_mbox_line(data))
    return _part(header, body, 0, iter(range(_MOST_PARTS)))


def header_of(data: bytes) -> Message:
    """The header fields on top of `data`."""
    return _header_and_body(_without_mbox_line(data))[0]


def _without_mbox_line(data: bytes) -> bytes:
    data = data.removeprefix(b"\xef\xbb\xbf")
    if _CR_CR_LF.match(data):
        data = data.replace(b"\r\r\n", b"\r\n")
    if blank := _BLANK_LINES.match(data):
        data = data[blank.end() :]
    line = _MBOX_LINE.match(data)
    return data[line.end() :] if line else data


def _header_and_body(data: bytes) -> tuple[Message, bytes]:
    """The fields on top, and what is below the blank line.

    A line that is no field ends the header, too, unless fields go on below it: then it is the rest
    of a long one that a program broke without indenting it.
    """
    if blank := re.match(rb"[ \t]*\r?\n", data):
        return Message(), data[blank.end() :]
    end = _END_OF_HEADER.search(data, 0, _LONGEST_HEADER)
    stop = end.start() if end else min(len(data), _LONGEST_HEADER)
    body = data[end.end() if end else stop :]
    lines = data[:stop].splitlines()
    kept: list[bytes] = []
    for place, line in enumerate(lines):
        if _FIELD.match(line) or (kept and line[:1] in {b" ", b"\t"}):
            kept.append(line)
        elif _MBOX_LINE.match(line + b"\n"):
            continue
        elif kept and any(map(_FIELD.match, lines[place + 1 : place + 2])):
            kept.append(b" " + line)
        else:
            body = b"\n".join(lines[place:]) + b"\n\n" + body
            break
    header = BytesHeaderParser(policy=compat32).parsebytes(b"\n".join(kept) + b"\n\n")
    return header, body


def _part(header: Message, body: bytes, depth: int, budget: Iterator[int]) -> MimePart:
    """A message or part with the parts in it; `budget` gives a number for each that may follow."""
    leaf = MimePart(header=header, body=body)
    if not (leaf.is_message or leaf.type.startswith("multipart/")):
        return leaf
    if depth == _DEEPEST:
        return replace(leaf, cut_off=True)
    if leaf.is_message:
        inner = _header_and_body(_without_mbox_line(_plain_bytes(header, body)))
        return replace(leaf, body=b"", parts=(_part(*inner, depth + 1, budget),))
    body, cuts = _boundaries(leaf)
    if not cuts:
        return leaf
    parts: list[MimePart] = []
    for start, end in pairwise(cuts):
        if start["last"]:
            break
        if next(budget, None) is None:
            return replace(leaf, parts=tuple(parts), cut_off=True)
        header, rest = _header_and_body(body[start.end() : end.start()])
        if leaf.type == "multipart/digest":
            header.set_default_type("message/rfc822")
        parts.append(_part(header, rest, depth + 1, budget))
    # Nothing behind the last boundary is shown.
    end_of_parts = next((cut.end() for cut in cuts if cut["last"]), cuts[-1].end())
    around = (body[: cuts[0].start()], body[end_of_parts:])
    return replace(leaf, body=b"", parts=tuple(parts), around=around)


def _boundaries(part: MimePart) -> tuple[bytes, list[re.Match[bytes]]]:
    """A multipart's bytes and the boundary lines in them; the last is the end of the bytes.

    Where the named boundary is missing, a line that looks like one above a part's header is used.
    """
    for body in (part.body, _plain_bytes(part.header, part.body)):
        named = (part.parameter("boundary") or "").encode("utf-8", "replace").rstrip()
        if cuts := _lines_of(named, body):
            return body, cuts
        if (likely := _LIKE_A_BOUNDARY.search(body)) and (cuts := _lines_of(likely[1], body)):
            return body, cuts
    return part.body, []


def _lines_of(boundary: bytes, body: bytes) -> list[re.Match[bytes]]:
    if not boundary:
        return []
    line = re.compile(
        rb"(?:^--" + re.escape(boundary) + rb"(?P<last>--)?[ \t]*\r?$\n?)|(?P<end>\Z)", re.M
    )
    cuts = list(islice(line.finditer(body), _MOST_PARTS + 2))
    return cuts if len(cuts) > 1 else []


def _plain_bytes(header: Message, body: bytes) -> bytes:
    """`body` with its transfer encoding decoded; as it is where it is not in that encoding."""
    encoding = str(header.get("Content-Transfer-Encoding", "")).strip().lower()
    if encoding in {"", "7bit", "8bit", "binary"}:
        return body
    if encoding == "base64" and not re.fullmatch(rb"[A-Za-z0-9+/=\s]*+", body[:4000]):
        return _partly_base64(body)
    return _decoded(encoding, body)


def _decoded(encoding: str, body: bytes) -> bytes:
    carrier = Message()
    carrier["Content-Transfer-Encoding"] = encoding
    carrier.set_payload(body.decode("ascii", "surrogateescape"))
    try:
        plain = carrier.get_payload(decode=True)
    except (MessageError, ValueError, AssertionError):
        return body
    return plain if isinstance(plain, bytes) else body


def _partly_base64(body: bytes) -> bytes:
    """What is called base64 and is not, or is with a list's footer in the clear below it."""
    lines = body.strip().splitlines()
    coded = list(takewhile(_BASE64_LINE.fullmatch, lines))
    if not coded or len(coded[0]) < _SHORTEST_BASE64:
        return body
    return _decoded("base64", b"\n".join(coded)) + b"\n" + b"\n".join(lines[len(coded) :])

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
from email.errors import MessageError
from email.message import Message
from email.parser import BytesHeaderParser
from email.policy import compat32
from itertools import islice, pairwise, takewhile

from msgspec import Struct
from msgspec.structs import replace

from backissue.text.decoding import Decoded, decode

# A mail list's digest of forwarded mail has some six levels; what has thirty is made to hurt.
_DEEPEST = 30
_MOST_PARTS = 5_000
_FIELD = re.compile(rb"([!-9;-~]+)[ \t]*:")
_MBOX_LINE = re.compile(rb">?From [^\n]*\n")
# Apple Mail's `.emlx`: the message's length above it, a property list below it.
_APPLE_LENGTH = re.compile(rb"(\d{1,10})[ \t]*\r?\n(?=[!-9;-~]{1,60}[ \t]*:|>?From )")
_APPLE_LIST = re.compile(rb"\s{0,8}<(?:\?xml|!DOCTYPE plist|plist)\b")
# What a message has once.
_ONCE = re.compile(rb"(?:from|to|date|subject)[ \t]*:", re.IGNORECASE)
# A message with CR LF that was written as text on Windows ends its lines so.
_CR_CR_LF = re.compile(rb"[^\n]*\r\r\n")
_BLANK_LINES = re.compile(rb"(?:[ \t]*\r?\n)+")
_BLANKS = re.compile(rb"[ \t]+")
_LINES_OF_BLANKS = re.compile(rb"(?:[ \t]++\r?\n)++")
# After a line of blanks, fields go on if one of these comes before the text (RFC 5322, 4.2); above
# text such a line is an empty one whose blanks some program left.
_KNOWN_FIELD = re.compile(
    rb"(?:from|to|cc|bcc|date|subject|sender|received|precedence|references|importance|priority|organi[sz]ation"
    rb"|(?:content|list|x|mime|message|reply|in-reply|return|delivered|dkim|domainkey|arc|user"
    rb"|authentication|received|errors|thread|feedback|mailing|auto|disposition|resent|require)-[\w-]+)"
    rb"[ \t]*:",
    re.IGNORECASE,
)
# Such lines below a line of blanks are looked at; a mail program writes no more between two.
_MOST_LOOKED_AT = 40
# Without a boundary parameter: a line that may be one, and a part's header below it.
_LIKE_A_BOUNDARY = re.compile(rb"^--([!-~]{1,70})[ \t]*\r?\n(?=Content-)", re.M | re.I)
_LONGEST_HEADER = 4 * 1024 * 1024
# Of a field, so many bytes are read: `email` takes a long list of parameters apart in the square of
# its length. Thousands of addressees are longer, and nobody reads them here.
_LONGEST_FIELD = 16 * 1024
_BASE64_LINE = re.compile(rb"[A-Za-z0-9+/]+={0,2}\s*")
# No word is as long as that; what is shorter and looks like base64 may be one.
_SHORTEST_BASE64 = 40


class MimePart(Struct, frozen=True, kw_only=True):
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
    """The message in `data`; an mbox's `From ` line and what Apple Mail adds are passed over."""
    header, body = _header_and_body(_message_in(data))
    return _part(header, body, 0, iter(range(_MOST_PARTS)))


def header_of(data: bytes) -> Message:
    """The header fields on top of `data`."""
    return _header_and_body(_message_in(data))[0]


def _message_in(data: bytes) -> bytes:
    """The message without what mail programs and mailboxes put above and below it in a file."""
    data = data.removeprefix(b"\xef\xbb\xbf")
    if _CR_CR_LF.match(data):
        data = data.replace(b"\r\r\n", b"\r\n")
    elif b"\n" not in data[:_LONGEST_FIELD]:
        data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    if blank := _BLANK_LINES.match(data):
        data = data[blank.end() :]
    if length := _APPLE_LENGTH.match(data):
        data = _of_apple(data[length.end() :], int(length[1]))
    line = _MBOX_LINE.match(data)
    return data[line.end() :] if line else data


def _of_apple(data: bytes, length: int) -> bytes:
    """The message in a file of Apple Mail: so many bytes, above a property list.

    The number is wrong where line ends were changed; the property list is then looked for.
    """
    if _APPLE_LIST.match(data, length):
        return data[:length]
    end = data.rfind(b"<!DOCTYPE plist")
    end = data.rfind(b"<?xml", 0, end) if end > 0 else -1
    return data[:end] if end >= 0 else data


def _header_and_body(data: bytes) -> tuple[Message, bytes]:
    """The fields on top, and what is below the blank line.

    A line that is no field ends the header, too, unless fields go on below it: then it is the rest
    of a long one that a program broke without indenting it.
    """
    if blank := re.match(rb"[ \t]*\r?\n", data):
        return Message(), data[blank.end() :]
    stop, start = _end_of_header(data)
    body = data[start:]
    lines = data[:stop].splitlines()
    kept: list[bytes] = []
    size = 0
    for place, line in enumerate(lines):
        folded = bool(kept) and line[:1] in {b" ", b"\t"}
        if not folded and (field := _FIELD.match(line)):
            kept.append(field[1] + b":" + line[field.end() : _LONGEST_FIELD])
            size = len(line)
        elif not folded and _MBOX_LINE.match(line + b"\n"):
            continue
        elif folded or (kept and any(map(_FIELD.match, lines[place + 1 : place + 2]))):
            size += len(line) + 1
            if size <= _LONGEST_FIELD:
                kept.append(line if folded else b" " + line)
        else:
            body = b"\n".join(lines[place:]) + b"\n\n" + body
            break
    header = BytesHeaderParser(policy=compat32).parsebytes(b"\n".join(kept) + b"\n\n")
    return header, body


def _end_of_header(data: bytes) -> tuple[int, int]:
    """Where the fields end, and where the text starts, which is below an empty line."""
    most = min(len(data), _LONGEST_HEADER)
    start = 0
    while start < most:
        end = data.find(b"\n", start, most)
        end = most if end < 0 else end
        line = data[start:end].removesuffix(b"\r")
        after = min(end + 1, len(data))
        if not line:
            return start, after
        if _BLANKS.fullmatch(line):
            below, go_on = _below_blanks(data, after, most)
            if not go_on:
                return start, after
            after = below
        start = after
    return most, most


def _below_blanks(data: bytes, start: int, most: int) -> tuple[int, bool]:
    """The next line with words, after a line of blanks, and whether the header goes on there."""
    if more := _LINES_OF_BLANKS.match(data, start, most):
        start = more.end()
    place = start
    for _ in range(_MOST_LOOKED_AT):
        end = data.find(b"\n", place, most)
        line = data[place : most if end < 0 else end].removesuffix(b"\r")
        if not line:
            # Nothing but blanks: the empty line ends the header, and is below it.
            return start, place == start
        if _KNOWN_FIELD.match(line):
            return start, not _ONCE.match(line) or _is_first(data[:start], line)
        if end < 0 or not (line[:1] in {b" ", b"\t"} or _FIELD.match(line)):
            return start, False
        place = end + 1
    return start, False


def _is_first(above: bytes, line: bytes) -> bool:
    """Whether the fields above lack this one: a second `From:` is that of a mail in the text."""
    name = re.escape(line.partition(b":")[0].rstrip())
    return re.search(rb"^" + name + rb"[ \t]*:", above, re.IGNORECASE | re.MULTILINE) is None


def _part(header: Message, body: bytes, depth: int, budget: Iterator[int]) -> MimePart:
    """A message or part with the parts in it; `budget` gives a number for each that may follow."""
    leaf = MimePart(header=header, body=body)
    if not (leaf.is_message or leaf.type.startswith("multipart/")):
        return leaf
    if depth == _DEEPEST:
        return replace(leaf, cut_off=True)
    if leaf.is_message:
        inner = _header_and_body(_message_in(_plain_bytes(header, body)))
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

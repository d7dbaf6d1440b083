"""What one input holds: one source or, where it is a container, each source in it."""

import hashlib
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from backissue.ingest.identity import overlay
from backissue.ingest.sources.folder_notes import (
    CATALOG,
    MAILDIR_MESSAGE,
    NO_NOTES,
    NOTES,
    FileNotes,
    FolderNotes,
    is_hidden,
    joined,
    mail_name,
    no_text,
)
from backissue.ingest.sources.streams import (
    COMPRESSED,
    DAMAGE,
    HEAD,
    Allowance,
    Container,
    Member,
    Opened,
    Trouble,
    container_of,
    reason_of,
    unpacked,
)
from backissue.records import NO_FACTS, Facts

# A mailbox in an archive in an archive is a backup of a backup; what is deeper is a trap.
DEEPEST = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One input: its name, its bytes, their sha256 in hexadecimal, and what you said of it.

    A file in a container is named `export.zip!posts/396.html`, a message by its place in the
    mailbox: `inbox.mbox!12`. `by_carrier` are the facts in the export it came in.
    """

    name: str
    data: bytes
    sha256: str
    by_reader: Facts
    by_carrier: Facts = NO_FACTS


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """An input that is not ingested, and why. `skipped` ones are left out on purpose."""

    name: str
    reason: str
    skipped: bool = False


class Meter:
    """How far a run has come, in bytes of the files it reads: `done`, of `total`."""

    def __init__(self, total: int = 0) -> None:
        self.total = total
        self._before = 0
        self._size = 0
        self._read = 0

    @property
    def done(self) -> int:
        """Bytes of the files that are finished, and of what was read of the current one."""
        return self._before + min(self._read, self._size)

    def count(self, size: int) -> None:
        """So much more of the current file was read."""
        self._read += size

    @contextmanager
    def file(self, size: int) -> Iterator[None]:
        """While one file is read."""
        self._size, self._read = size, 0
        yield
        self._before += size
        self._size = self._read = 0

    @contextmanager
    def paused(self) -> Iterator[None]:
        """While something is read that will be read again."""
        before = self._read
        yield
        self._read = before


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """An input to be read: its name, the notes on it, its depth in containers.

    One that you `named` yourself is never skipped.
    """

    name: str
    notes: FileNotes = NO_NOTES
    named: bool = False
    unpacked: bool = False
    depth: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What holds for all that is in one input: the command's facts, the meter, the allowance."""

    by_reader: Facts
    meter: Meter
    allowance: Allowance


Items = Iterator[Source | Refusal]


def make_source(name: str, data: bytes, by_reader: Facts, by_carrier: Facts = NO_FACTS) -> Source:
    """A source from its bytes."""
    digest = hashlib.sha256(data).hexdigest()
    return Source(name=name, data=data, sha256=digest, by_reader=by_reader, by_carrier=by_carrier)


def from_stream(opened: Opened, origin: Input, scope: Scope) -> Items:
    """The source that a stream is, or those that are in it."""
    try:
        with opened() as stream:
            head = stream.read(HEAD)
        kind = container_of(head)
        if kind is None:
            yield _one(head, opened, origin, scope)
        elif kind not in COMPRESSED:
            yield from _from_container(kind, opened, origin, scope)
        elif origin.unpacked:
            yield Refusal(name=origin.name, reason="compressed more than once")
        else:
            inner = replace(origin, unpacked=True)
            yield from from_stream(unpacked(kind, opened, scope.allowance), inner, scope)
    except DAMAGE as error:
        yield Refusal(name=origin.name, reason=reason_of(error))


def _one(head: bytes, opened: Opened, origin: Input, scope: Scope) -> Source | Refusal:
    if not origin.named and (what := no_text(head)):
        return Refusal(name=origin.name, reason=what, skipped=True)
    with opened() as stream:
        data = stream.read(scope.allowance.largest + 1)
    if len(data) > scope.allowance.largest:
        return Refusal(name=origin.name, reason=scope.allowance.too_large)
    if not data.strip():
        return Refusal(name=origin.name, reason="empty")
    by_reader = overlay(origin.notes.by_reader, scope.by_reader)
    return make_source(origin.name, data, by_reader, origin.notes.by_carrier)


# -- containers ---------------------------------------------------------------------------------


def _from_container(kind: Container, opened: Opened, origin: Input, scope: Scope) -> Items:
    """Every source in a container, with the facts about the container that hold for each.

    A number, a title, a date are of one issue: they hold where there is one source in it.
    """
    if origin.depth == DEEPEST:
        yield Refusal(name=origin.name, reason=f"more than {DEEPEST} containers deep")
        return
    under, over = _of_one(origin.notes.by_reader), _of_one(scope.by_reader)
    notes = replace(origin.notes, by_reader=_of_all(origin.notes.by_reader))
    scope = replace(scope, by_reader=_of_all(scope.by_reader))
    inside = _inside(kind, opened, replace(origin, notes=notes), scope)
    if under == over == NO_FACTS:
        yield from inside
        return
    only: Source | None = None
    count = 0
    for item in inside:
        count += isinstance(item, Source)
        if isinstance(item, Source) and count == 1:
            only = item
            continue
        if only and count == 2:
            yield only
            only = None
        yield item
    if only:
        yield replace(only, by_reader=overlay(overlay(under, only.by_reader), over))
    elif count:
        reason = "number, title, date and url are not taken, as it holds several"
        yield Refusal(name=origin.name, reason=reason, skipped=True)


def _of_all(facts: Facts) -> Facts:
    return Facts(publication=facts.publication, kind=facts.kind)


def _of_one(facts: Facts) -> Facts:
    return replace(facts, publication=None, kind=None)


def _inside(kind: Container, opened: Opened, origin: Input, scope: Scope) -> Items:
    beside = FolderNotes()
    names: Collection[str] = ()
    if kind is not Container.MBOX:
        with scope.meter.paused():
            names, troubles = _learn_inside(beside, kind, opened, scope.allowance)
        for name, reason in troubles:
            yield Refusal(name=f"{origin.name}!{name}", reason=reason)
    maildirs = {found[1] for name in names if (found := MAILDIR_MESSAGE.fullmatch(name))}
    empty = True
    for member in members(kind, opened, scope.allowance):
        empty = False
        if isinstance(member, Trouble):
            name = f"{origin.name}!{member.name}" if member.name else origin.name
            yield Refusal(name=name, reason=member.reason, skipped=member.skipped)
        elif not _is_passed_over(member.name, maildirs):
            yield from _from_member(member, beside.of_file(member.name), origin, scope)
    if empty:
        yield Refusal(name=origin.name, reason="empty")


def members(kind: Container, opened: Opened, allowance: Allowance) -> Iterator[Member | Trouble]:
    """Everything in a container, in its own order; a zip's by name. Never fails.

    A trouble without a name comes last: what came before it is whole.
    """
    if kind is Container.MBOX:
        from backissue.ingest.sources.mailboxes import in_mailbox as inside  # noqa: PLC0415 - rare
    elif kind is Container.TAR:
        from backissue.ingest.sources.archives import in_tar as inside  # noqa: PLC0415 - rare
    else:
        from backissue.ingest.sources.archives import in_zip as inside  # noqa: PLC0415 - rare
    try:
        yield from inside(opened, allowance)
    except DAMAGE as error:
        yield Trouble(reason=reason_of(error, kind))


def _learn_inside(
    beside: FolderNotes, kind: Container, opened: Opened, allowance: Allowance
) -> tuple[Collection[str], list[tuple[str, str]]]:
    """Have an archive's catalogs and indexes read; the names in it, and what is wrong with any."""
    names: set[str] = set()
    notes: dict[str, dict[str, bytes]] = {}
    troubles: list[tuple[str, str]] = []
    for member in members(kind, opened, allowance):
        if isinstance(member, Trouble):
            continue
        names.add(member.name)
        folder, _, name = member.name.rpartition("/")
        if name in NOTES and not is_hidden(member.name):
            try:
                with member.opened() as stream:
                    notes.setdefault(folder, {})[name] = stream.read(allowance.largest + 1)
            except DAMAGE as error:
                if name == CATALOG:
                    troubles.append((member.name, reason_of(error)))
    for folder, files in sorted(notes.items()):
        below = {name.removeprefix(f"{folder}/") if folder else name for name in names}
        reason = beside.learn(folder, files, below.__contains__)
        if reason:
            troubles.append((joined(folder, CATALOG), reason))
    return names, troubles


def _is_passed_over(name: str, maildirs: Collection[str]) -> bool:
    """Whether a member is one that a walk through folders would not look at."""
    folder, slash, last = name.rpartition("/")
    own = folder + slash in maildirs or folder.removesuffix("tmp") in maildirs
    return last == CATALOG or is_hidden(name) or own


def _from_member(member: Member, notes: FileNotes, origin: Input, scope: Scope) -> Items:
    name = f"{origin.name}!{member.name}"
    if notes.skipped:
        yield Refusal(name=name, reason=notes.skipped, skipped=True)
        return
    inner = Input(
        name=f"{origin.name}!{mail_name(member.name)}",
        notes=replace(notes, by_reader=overlay(origin.notes.by_reader, notes.by_reader)),
        depth=origin.depth + 1,
    )
    yield from from_stream(member.opened, inner, scope)

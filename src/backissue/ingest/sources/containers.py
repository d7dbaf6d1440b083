"""Each source in a container, with the notes in it on its files."""

from collections.abc import Collection, Iterator

from msgspec.structs import replace

from backissue.ingest.identity import overlay
from backissue.ingest.sources.contents import (
    CATALOG,
    MAILDIR_MESSAGE,
    NOTES,
    FileNotes,
    Input,
    Items,
    Refusal,
    Scope,
    Source,
    from_stream,
    joined,
    mail_name,
)
from backissue.ingest.sources.folder_notes import FolderNotes
from backissue.ingest.sources.streams import (
    DAMAGE,
    Allowance,
    Container,
    Member,
    Opened,
    Trouble,
    reason_of,
)
from backissue.records import NO_FACTS, Facts

# A mailbox in an archive in an archive is a backup of a backup; what is deeper is a trap.
DEEPEST = 3


def from_container(kind: Container, opened: Opened, origin: Input, scope: Scope) -> Items:
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
        reason = "number, title, date and url not used, as it has several issues"
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
        if name in NOTES and not _is_hidden(member.name):
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
        troubles += beside.missing(folder, below.__contains__)
    return names, troubles


def _is_passed_over(name: str, maildirs: Collection[str]) -> bool:
    """Whether a member is one that a walk through folders would not look at."""
    folder, slash, last = name.rpartition("/")
    own = folder + slash in maildirs or folder.removesuffix("tmp") in maildirs
    return last == CATALOG or _is_hidden(name) or own


def _is_hidden(path: str) -> bool:
    """Whether a path in an archive is one that a walk through folders would not look at."""
    parts = path.split("/")
    # A Maildir keeps its folders as `.Newsletters/cur`; macOS keeps what no file holds elsewhere.
    pairs = zip(parts, [*parts[1:], ""], strict=True)
    return "__MACOSX" in parts or any(
        part.startswith(".") and after not in {"cur", "new"} for part, after in pairs
    )


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

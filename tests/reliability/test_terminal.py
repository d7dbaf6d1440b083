"""Nothing that a source says is obeyed: by a terminal, a pager, a browser, a shell, a folder."""

import base64
import fcntl
import json
import os
import pty
import random
import re
import shutil
import struct
import tarfile
import termios
import threading
import tomllib
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from html import escape
from pathlib import Path

import pytest

from backissue.cli import app
from tests.conftest import Trials
from tests.reliability.guarded import Ended, Guard

CASES = Path(__file__).parents[1] / "cases" / "hostile"
DATA = tomllib.loads((CASES / "signs.toml").read_text(encoding="utf-8"))
SIGNS: list[str] = DATA["signs"]
TARGETS: list[str] = DATA["targets"] + DATA["webs"]
NOUNS = ("mill", "weir", "lock", "boat", "cart", "road", "sheep", "ford", "barn", "well", "rope")

# What is obeyed: controls but for the line end, and the marks that turn the direction of writing.
OBEYED = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u206f\ud800-\udfff]"
)
# What the program itself has a terminal obey: colours, links, and a bar that is drawn in its place.
COLOUR = re.compile(
    r"\x1b\[(?:0|(?:(?:[1-9]|3[0-7]|38;5;\d+|9[0-7])(?:;(?:[1-9]|3[0-7]|38;5;\d+|9[0-7]))*))m"
)
LINK = re.compile(r"\x1b\]8;(?:id=\d+;(?:[Hh][Tt][Tt][Pp][Ss]?://|mailto:)[!-~]+|;)\x1b\\")
BAR = re.compile(r"\x1b\[\?25[lh]|\x1b\[1A|\x1b\[2K|\r|\x1b\[38;(?:5;(?!199m)\d+|2;\d+;\d+;\d+)m")
# What may be handed to a browser: RFC 3986 has no other signs in an address.
SAFE = re.compile(
    r"(?:https?://[a-z0-9%\[]|mailto:[^?])[a-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]*", re.IGNORECASE
)
# No word of whoever runs the tests on how things look.
CLEAN = {"NO_COLOR": None, "FORCE_COLOR": None, "TERM": "xterm-256color", "PAGER": "cat"}
LONG = {"ingest", "rebuild", "restore", "doctor", "verify"}
LINKED = ("pages/7.1", "notes/20.1", "feed")
PLAIN_NAME = re.compile(r"(?:(?![-.])[A-Za-z0-9_.-]{1,255}(?:/|$))+")
# What Rich would make of the signs, were it to take them for its own: red, and a picture.
NEVER = ("\x1b[1;31m", "\u26a0")


def full() -> str:
    """A line with every sign in it."""
    return "Gates " + " ".join(f"g{sign}s" for sign in SIGNS)


def prose(seed: str, sentences: int = 9) -> str:
    """Sentences that no other letter has, so that it is taken for no copy of one."""
    dice = random.Random(seed)
    said = (f"The {' and the '.join(dice.sample(NOUNS, 4))} stood idle. " for _ in range(sentences))
    return "".join(said)


def few(signs: Sequence[str], number: int) -> Iterator[Sequence[str]]:
    """Signs, so many at a time."""
    return (signs[place : place + number] for place in range(0, len(signs), number))


# -- the sources -----------------------------------------------------------------------------------


def plain_texts() -> Iterator[tuple[str, str]]:
    """A text for every few signs, since one may hide another: a line end ends a heading."""
    for number, signs in enumerate(few(SIGNS, 3), start=100):
        sign = "s".join(signs)
        line = f"gates {sign} stood{sign}open"
        yield (
            f"{number}.txt",
            f"Letters {number}: The {line}\n\nby Ada\n\nHeading {line}:\n…Deck {line}…\n"
            f"Body {line}. {prose(f'body {number}')}\nWhy this matters – {line}: "
            f"{prose(f'why {number}')}{line}\n"
            f"Read more: {line} (https://e.org/{sign}).\n\n***\n\nTech Tales:\n\nTale {line}\n\n"
            f"{prose(f'tale {number}')}"
            f"\n\nThings that inspired this story: {line}\n",
        )


def page() -> str:
    """A page whose links lead everywhere, its signs as characters and as references."""
    spelt = "".join(f"&#{ord(char)};" for char in full())
    links = "".join(f'<li><a href="{escape(to)}">to {escape(to)}</a></li>' for to in TARGETS)
    parts = (
        f"<html><head><title>{escape(full())}</title><link rel=canonical href='javascript:x'>",
        f"</head><body><h1>Pages 7: {spelt}</h1><h2>{spelt}</h2><p><em>…{escape(full())}…</em></p>",
        f"<p>{prose('page')}{spelt}</p><ul>{links}</ul><p>Why this matters: {spelt}</p>",
        f"<pre>{spelt}</pre><blockquote>{escape(full())}</blockquote>",
        f"<p>Read more: <a href='https://e.org/7'>{spelt}</a></p></body></html>",
    )
    return "".join(parts)


def feed() -> str:
    """A feed of issues, each with a link as its address."""
    items = [
        {
            "id": f"{number} {to}",
            "url": to,
            "title": f"Feed {number}: {full()}",
            "summary": full(),
            "date_published": f"2024-01-{number % 28 + 1:02}T00:00:00Z",
            "content_html": f"<h2>{escape(full())}</h2><p>{prose(str(number))} {escape(full())} "
            f"<a href='{escape(to)}'>{escape(full())}</a></p>" + f"<p>Only {number} is here.</p>",
        }
        for number, to in enumerate(TARGETS, start=200)
        if number != 210  # so that a number is missing
    ]
    about = {"version": "https://jsonfeed.org/version/1.1", "title": f"Feed {full()}"}
    return json.dumps({**about, "home_page_url": "javascript:x", "items": items})


def notes(to: str) -> str:
    """Notes in Markdown, with a head in YAML."""
    head = {"title": full(), "subtitle": full(), "publication": f"Notes {full()}", "url": to}
    lines = "\n".join(f"{name}: {json.dumps(value)}" for name, value in head.items())
    links = "\n".join(f"- [to {number}]({target})" for number, target in enumerate(TARGETS))
    return f"---\n{lines}\n---\n\n# {full()}\n\n## {full()}\n\n{prose(to)}{full()}\n\n{links}\n"


def mail() -> str:
    """A mail whose headers are encoded."""
    coded = base64.b64encode(full().encode()).decode()
    body = base64.b64encode((prose("mail") + full()).encode()).decode()
    return (
        f"From: =?utf-8?b?{coded}?= <ada@example.org>\nSubject: =?utf-8?b?{coded}?=\n"
        f"List-Id: =?utf-8?b?{coded}?= <l.example.org>\nDate: Mon, 5 Feb 2024 10:00:00 +0000\n"
        "MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n"
        f"Content-Transfer-Encoding: base64\n\n{body}\n"
    )


def make_sources(folder: Path) -> None:
    """Every source, under names that are signs, too; and some that are refused."""
    files = dict(plain_texts())
    files |= {"page.html": page(), "feed.json": feed(), "mail.eml": mail()}
    files |= {f"notes{n}.md": notes(to) for n, to in enumerate(TARGETS[:2])}
    # What one copy has and the other has not is told with the section.
    files["copy.txt"] = files["100.txt"].replace("idle. ", "id\ufffde. ", 9)
    for number, signs in enumerate(few(SIGNS, 6)):
        name = "".join(signs).replace("/", "|")
        files[f"{number} {name}.txt"] = f"Names {number}: A name\n\n{prose(name)}\n"
        files[f"{number} {name}.bad"] = "" if number % 2 else "\0"
    facts = {"page.html": ("Pages", 7), "mail.eml": ("Mails", 8)}
    facts |= {f"notes{n}.md": ("Notes", 20 + n) for n in range(2)}
    files["catalog.toml"] = "".join(
        f'["{name}"]\npublication = "{publication}"\nnumber = {number}\n'
        for name, (publication, number) in facts.items()
    )
    for name, text in files.items():
        (folder / name).write_bytes(text.encode("utf-8", "surrogatepass"))
    with zipfile.ZipFile(folder / "letters.zip", "w") as archive:
        for number, signs in enumerate(few(SIGNS, 6)):
            sign = "".join(signs)
            info = zipfile.ZipInfo("x")
            info.filename = f"{sign}/../{number}" if number % 3 == 0 else f"{number}{sign}.txt"
            archive.writestr(info, f"Packed {number}: A letter\n\n{prose(sign)}\n")
    (folder / "sub").mkdir()
    # The last of all, so that it stands there when the bar of a run is drawn for the last time.
    last = "".join(SIGNS[:3]) + "\x9b2J\u202e"
    (folder / "sub" / f"z{last}.txt").write_text(f"Last 1: It\n\n{prose(last)}\n", encoding="utf-8")
    told = f'["{full()}"]\n'.replace("\\", "\\\\")
    told = "".join(c if c.isprintable() or c == "\n" else f"\\u{ord(c):04x}" for c in told)
    (folder / "sub" / "catalog.toml").write_text(f"{told}number = [1]\n", encoding="utf-8")


# -- the shelf they are tried on -------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """An archive of those sources, and the guard under which commands are run on it."""

    guard: Guard
    folder: Path
    archive: Path
    sources: Path

    def run(self, *arguments: str, **environment: str) -> Ended:
        """A command, written to a pipe."""
        whole = ("--archive", str(self.archive), *arguments)
        said: dict[str, str | None] = {**CLEAN, **environment}
        return self.guard.run(*whole, cwd=self.sources, processes=True, **said)

    def shown(self, *arguments: str, columns: int, **environment: str) -> str:
        """What a command writes to a terminal of so many columns."""
        whole = ("--archive", str(self.archive), *arguments)
        said: dict[str, str | None] = {**CLEAN, "COLUMNS": str(columns), **environment}
        with terminal(columns) as (name, written):
            self.guard.run(*whole, cwd=self.sources, terminal=name, processes=True, **said)
        return b"".join(written).decode("utf-8").replace("\r\n", "\n")


@contextmanager
def terminal(columns: int) -> Iterator[tuple[str, list[bytes]]]:
    """A terminal's name, and what is written to it until the block ends."""
    leader, follower = pty.openpty()
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("4H", 24, columns, 0, 0))
    written: list[bytes] = []

    def listen() -> None:
        while True:
            try:
                written.append(os.read(leader, 65536))
            except OSError:
                return

    listener = threading.Thread(target=listen)
    listener.start()
    try:
        yield os.ttyname(follower), written
    finally:
        os.close(follower)
        listener.join()
        os.close(leader)


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shelf]:
    folder = tmp_path_factory.mktemp("shelf")
    (folder / "files").mkdir()
    make_sources(folder / "files")
    with ExitStack() as kept:
        guard = Guard(folder)
        kept.callback(guard.close)
        made = Shelf(
            guard=guard, folder=folder, archive=folder / "archive", sources=folder / "files"
        )
        taken = made.run("ingest", ".")
        assert "Traceback" not in taken.err, taken.err
        assert "added" in taken.err
        yield made


# -- what is checked -------------------------------------------------------------------------------


def obeyed(text: str, *, own: Sequence[re.Pattern[str]] = (), nul: bool = False) -> str | None:
    """What of a text would be obeyed, beyond what the program's `own` patterns are."""
    for never in NEVER:
        if never in text:
            return never
    for pattern in own:
        text = pattern.sub("", text)
    # A tab parts columns in a pipe; NUL is what was asked for.
    text = text.translate({ord("\t"): None, **({0: None} if nul else {})})
    if found := OBEYED.search(text):
        return repr(text[max(found.start() - 60, 0) : found.end() + 60])
    return None


# Every command, in the forms that print different things.
COMMANDS: list[list[str]] = [
    ["ingest", "."],
    ["ingest", "--dry-run", "."],
    ["ingest", "--dry-run", "\x1b[2J", "\u202ex", "a\nb"],
    ["search", "gates", "-n", "60"],
    ["search", "gates", "-n", "60", "-C", "5", "--explain"],
    ["search", "mills", "-n", "60", "--group", "issue"],
    ["search", "heading:gates", "deck:gates", "-n", "60"],
    ["search", "why:gates", "-n", "60"],
    ["search", "title:gates", "link:e.org", "-n", "40"],
    ["search", "gates", "mills", "zeppelin", "-n", "30"],
    ["search", "gatez~", "-n", "30"],
    ["search", "gates", "--facet", "publication"],
    ["search", "gates", "--facet", "issue"],
    ["search", "gates", "--count"],
    ["search", "gates", "--ids", "-0"],
    [
        "search",
        "gates",
        "-n",
        "80",
        "--format",
        "{title}{heading}{deck}{publication}{url}{snippet}",
    ],
    ["search", "\x1b[2J\x07", "\u202e"],
    ["search", "nope:\x1b[2J"],
    ["search", "gates", "--save", "evil"],
    ["searches"],
    ["related", "pages/7.1", "-n", "30"],
    ["related", "notes/21.1", "-n", "30"],
    ["fields"],
    ["issues"],
    ["issues", "100..300"],
    ["issues", "--publication", "\x1b[2J"],
    ["publications"],
    ["stats"],
    ["show", "100"],
    ["show", "100", "--provenance"],
    ["show", "pages/7"],
    ["show", "pages/7", "--provenance"],
    ["show", "mails/8"],
    ["show", "notes/20"],
    ["show", "\x1b[2J"],
    ["why", "100.1"],
    ["why", "--issue", "pages/7"],
    ["open", "pages/7.1", "--print"],
    ["repairs", "100"],
    ["repairs", "pages/7"],
    ["set", "100", "number=\x1b[2J"],
    ["set", "100", "\x1b[2J=1"],
    ["set", "100", "kind=notes"],
    ["search", "gates", "-n", "60", "--brief"],
    ["cite", "100.1", "pages/7"],
    ["cite", "pages/7.1", "notes/20", "--style", "markdown"],
    ["cite", "pages/7.1", "mails/8", "--style", "bibtex"],
    ["remove", "--dry-run", "100", "pages/7"],
    ["remove", "--dry-run", "\x1b[2J"],
    ["undo", "--list"],
    ["undo", "--dry-run"],
    ["config"],
    ["config", "\x1b[2J"],
    ["schema"],
    ["completion", "bash"],
    ["completion", "\x1b[2J"],
    ["missing"],
    ["log"],
    ["doctor"],
    ["verify"],
    ["backup", "\x1b]0;owned\x07.tar.gz"],
    ["restore", "no\x1b[2J.tar.gz", "x\u202e"],
    ["export"],
    ["export", "--markdown", "out\x1b[2J"],
    ["rebuild"],
    ["help"],
    ["help", "\x1b[2J"],
    ["help", "query"],
    ["\x1b[2J"],
    ["show", "--\x1b[2J"],
]
# What takes seconds, and prints nothing in colour.
SLOW = frozenset({"verify", "rebuild"})
NO_JSON = frozenset({"open", "backup", "restore", "help", "schema", "completion"})


def test_every_command_is_tried() -> None:
    assert {words[0] for words in COMMANDS} >= set(app.app.list_commands(None))  # type: ignore[arg-type]


@pytest.mark.promise(
    "No command, in any form of output, passes a control sequence from a source to the"
    " terminal, a pager or a pipe; links are http, https or mailto."
)
@pytest.mark.parametrize("words", COMMANDS, ids=lambda words: ascii(" ".join(words)))
def test_a_terminal_is_told_nothing_by_a_source(
    shelf: Shelf, words: list[str], trials: Trials
) -> None:
    nul = "-0" in words
    piped = shelf.run(*words)
    _is_harmless(piped.out + piped.err, words, nul=nul)
    trials.did(1, "runs of a command")
    if words[0] not in NO_JSON:
        told = shelf.run("--json", *words)
        _is_harmless(told.out + told.err, words, nul=nul)
        trials.did(1, "runs of a command")
    if words[0] in SLOW and not trials.long:
        return
    own = (COLOUR, LINK)
    if trials.long:
        forced = shelf.run(*words, FORCE_COLOR="1", COLUMNS="100")
        _is_harmless(forced.out + forced.err, words, own=own, nul=nul)
        trials.did(1, "runs of a command")
    others: list[dict[str, str]] = [{"NO_COLOR": "1"}, {"TERM": "dumb"}] if trials.long else []
    for columns in (60, 200) if trials.long else (60 if len(words) % 2 else 200,):
        for environment in ({}, *others):
            shown = shelf.shown(*words, columns=columns, **environment)
            bars = (BAR,) if words[0] in LONG else ()
            _is_harmless(shown, words, own=(*own, *bars), nul=nul)
            trials.did(1, "runs of a command")


def _is_harmless(
    text: str, words: list[str], *, own: Sequence[re.Pattern[str]] = (), nul: bool = False
) -> None:
    assert "Traceback" not in text, text[-2000:]
    assert text or words[0] in {"set"}
    assert not (found := obeyed(text, own=own, nul=nul)), (words, found)


@pytest.mark.promise("Messages about a damaged archive contain no control sequence from a source.")
def test_a_terminal_is_told_nothing_by_what_is_damaged(shelf: Shelf, trials: Trials) -> None:
    copied = replace(shelf, archive=shelf.folder / "damaged")
    shutil.copytree(shelf.archive, copied.archive)
    originals = sorted(copied.archive.glob("sources/*/*.bin"))
    for place, path in enumerate(originals[::4]):
        path.write_bytes(b"" if place % 2 else path.read_bytes() + b"\x1b[2J")
    notes = sorted(copied.archive.glob("sources/*/*.json"))[1::7]
    for path in notes:
        path.write_text("\x1b[2J", encoding="utf-8")
    with (copied.archive / "log.jsonl").open("a", encoding="utf-8") as log:
        log.write('\x1b[2J\n{"when": "\x1b[2J"}\n')
    (copied.archive / "searches.json").write_text('{"\\u001b[2J": "\x1b[2J"}', encoding="utf-8")
    for words in (["doctor"], ["verify"], ["log"], ["searches"], ["rebuild"], ["show", "100"]):
        for form in ([], ["--json"]):
            run = copied.run(*form, *words)
            _is_harmless(run.out + run.err, words)
        shown = copied.shown(*words, columns=120)
        _is_harmless(shown, words, own=(COLOUR, LINK, BAR))
        trials.did(3, "runs of a command")


@pytest.mark.promise(
    "A browser receives one http, https or mailto address, in which a shell or browser finds"
    " nothing else to interpret."
)
@pytest.mark.parametrize("ref", [*LINKED, "mails/8.1"])
def test_a_browser_is_given_an_address_and_nothing_else(
    shelf: Shelf, ref: str, tmp_path: Path, trials: Trials
) -> None:
    note = tmp_path / "note"
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\nprintf "%s\\0" "$#" "$@" >>"{note}"\n', encoding="utf-8")
    browser.chmod(0o700)
    note.touch()
    refs = [ref]
    if ref == "feed":
        heads = json.loads(shelf.run("issues", "--json").out)["issues"]
        refs = [head["id"] for head in heads if str(head["id"]).startswith("feed")]
    for one in refs:
        for option in [[], *(["--link", str(number)] for number in range(1, 60))]:
            run = shelf.run("open", one, *option, BROWSER=str(browser))
            if "with an address" in run.err:  # there is no link of that number
                break
            _is_harmless(run.out + run.err, ["open", one])
            trials.did(1, "addresses opened")
    asked = note.read_bytes().decode("utf-8", "surrogateescape").split("\0")[:-1]
    assert asked[0::2] == ["1"] * len(asked[1::2])
    assert not [to for to in asked[1::2] if not SAFE.fullmatch(to)]
    assert asked or ref == "mails/8.1"
    assert not list(shelf.sources.rglob("owned*"))


@pytest.mark.promise("No text of a source becomes the name of a file.")
def test_no_file_has_a_name_that_a_source_gave(
    shelf: Shelf, tmp_path: Path, trials: Trials
) -> None:
    backup = tmp_path / "backup.tar.gz"
    restored = tmp_path / "restored"
    assert shelf.run("backup", str(backup)).code == 0
    assert shelf.run("restore", str(backup), str(restored)).code == 0
    with tarfile.open(backup) as archive:
        names = archive.getnames()
    exported = tmp_path / "exported"
    assert shelf.run("export", "--markdown", str(exported)).code == 0
    for folder in (shelf.archive, restored, exported):
        names += [path.relative_to(folder).as_posix() for path in folder.rglob("*")]
    names.remove(".backissue-export")  # what an export lists itself in
    assert not [name for name in names if not PLAIN_NAME.fullmatch(name)]
    trials.did(len(names), "names")

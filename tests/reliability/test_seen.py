"""What a terminal, less and a shell get to see, of an archive in which everything gives commands.

test_terminal.py has the sources and the check; here the archive's own folder, the configuration,
saved searches and synonyms give commands, too, and what is seen goes through less and bash.
"""

import base64
import io
import json
import os
import pty
import re
import select
import signal
import sys
import tarfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape

import pytest
from rich.cells import cell_len

from backissue.render.cells import width
from tests.conftest import Trials
from tests.reliability.children import run
from tests.reliability.guarded import Ended, Guard
from tests.reliability.test_terminal import (
    BAR,
    CLEAN,
    COLOUR,
    COMMANDS,
    LINK,
    LONG,
    SIGNS,
    Shelf,
    few,
    full,
    make_sources,
    obeyed,
    prose,
)

# What a terminal obeys, in the name of a folder, a variable or a word that is typed.
HOSTILE = "a\x1b[2J\x9b2J\x1b]0;owned\x07\u202e\r\x08"
COPIED = re.compile(r"\x1b\]52;c;([A-Za-z0-9+/=]*)\x07")
# What less itself tells a terminal: the keypad, another screen, erasing, its prompt, its place.
OF_LESS = re.compile(
    r"\x1b\[\?(?:1|1049|2004)[hl]|\x1b[=>M]|\x1b\[[KJHm]|\x1b\[2?7m|\x1b\[(?:\d+;\d+)?H|[\x07\x08\r]"
)
# What bash tells one as you type.
OF_BASH = re.compile(r"\x1b\[\?2004[hl]|\x1b\[[KC]|\x1b\[\d+[CP@]|[\x07\x08\r]")


def more_sources(folder: Path) -> None:
    """Feeds, mail and a tar, in which every field gives commands."""
    # XML has no place for most controls, and knows the others by number.
    spelt = "".join(c if c >= " " else "\ufffd" for c in full()).replace("\ud800", "")
    words = escape(spelt) + "&#x9b;2J&#x202e;&#x85;"
    items = "".join(
        f"<item><title>Rss {number}: {words}</title><guid>{number}{words}</guid>"
        f"<link>https://e.org/{number}?{words}</link><author>{words}</author>"
        f"<pubDate>Mon, {number % 28 + 1:02} Jan 2024 00:00:00 GMT</pubDate><description>"
        f"&lt;h2&gt;{words}&lt;/h2&gt;&lt;p&gt;{prose(f'rss {number}')}{words}&lt;/p&gt;"
        "</description></item>"
        for number in range(300, 303)
    )
    (folder / "feed.xml").write_text(
        f"<rss version='2.0'><channel><title>Rss {words}</title>{items}</channel></rss>",
        encoding="utf-8",
    )
    (folder / "atom.xml").write_text(
        f"<feed xmlns='http://www.w3.org/2005/Atom'><title>Atom {words}</title><id>x</id><entry>"
        f"<id>1{words}</id><title>Atom 310: {words}</title><updated>2024-02-03T00:00:00Z</updated>"
        f"<summary>{words}</summary><content type='text'>{prose('atom')}{words}</content></entry>"
        "</feed>",
        encoding="utf-8",
    )
    coded = "=?utf-8?b?" + base64.b64encode(full().encode()).decode() + "?="
    parts = (
        f'From: "{coded}" <a@example.org>\nSubject: {coded}\nList-Id: {coded} <m.example.org>\n'
        f"Date: Tue, 6 Feb 2024 10:00:00 +0000\nReply-To: {coded}\nMIME-Version: 1.0\n"
        'Content-Type: multipart/mixed; boundary="b"\n\n--b\nContent-Type: text/plain\n\n'
        f'{prose("attached")}\n\n--b\nContent-Type: application/pdf; name="{coded}"\n'
        f"Content-Disposition: attachment; filename*=utf-8''%1B%5B2J%C2%9B2J%E2%80%AEx.pdf\n\nx\n"
        "--b--\n"
    )
    (folder / "attached.eml").write_text(parts, encoding="utf-8")
    mark = "From ada@example.org Mon Feb  5 10:00:00 2024\n"
    (folder / "box\x1b[2J.mbox").write_text(mark + parts, encoding="utf-8")
    with tarfile.open(folder / "letters\u202e.tar.xz", "w:xz") as archive:
        for number, signs in enumerate(few(SIGNS, 6)):
            info = tarfile.TarInfo(f"{number}{''.join(signs)}.txt".replace("/", "|"))
            info.size = len(data := f"Tarred {number}: It\n\n{prose(info.name)}\n".encode())
            archive.addfile(info, io.BytesIO(data))


def configure(folder: Path) -> None:
    """A configuration whose words give commands."""
    file = folder / "backissue" / "config.toml"
    file.parent.mkdir(parents=True)
    quoted = json.dumps(HOSTILE)
    file.write_text(
        f"publication = {quoted}\n{json.dumps('key' + HOSTILE)} = 1\n[colors]\n"
        f"{quoted} = 'red'\nmatch = {json.dumps('link https://e.org ' + HOSTILE)}\n"
        f"tag = {json.dumps('bold ' + HOSTILE)}\n[alias]\n"
        f"{quoted} = {json.dumps('search ' + HOSTILE)}\n"
        f"plain = {json.dumps('issues --nope' + HOSTILE)}\nshow = 'search x'\n",
        encoding="utf-8",
    )


def say_own_words(archive: Path) -> None:
    """Saved searches and synonyms that give commands, as a backup from elsewhere may have them."""
    searches = {"evil": HOSTILE, HOSTILE: "gates", "more": "title:gates"}
    (archive / "searches.json").write_text(json.dumps(searches), encoding="utf-8")
    words = json.dumps(["gates", HOSTILE, "sluices\u202e"])
    (archive / "synonyms.toml").write_text(f"equal = [{words}]\n", encoding="utf-8")


@dataclass(frozen=True, slots=True, kw_only=True)
class Evil(Shelf):
    """A shelf with a configuration of its own."""

    config: Path

    def run(self, *arguments: str, **environment: str) -> Ended:
        """A command, written to a pipe."""
        return Shelf.run(self, *arguments, **{"XDG_CONFIG_HOME": str(self.config), **environment})

    def shown(self, *arguments: str, columns: int, **environment: str) -> str:
        """What a command writes to a terminal of so many columns."""
        config = {"XDG_CONFIG_HOME": str(self.config), **environment}
        return Shelf.shown(self, *arguments, columns=columns, **config)


@pytest.fixture(scope="module")
def evil(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Evil]:
    folder = tmp_path_factory.mktemp("evil")
    sources = folder / f"files{HOSTILE}"
    sources.mkdir()
    make_sources(sources)
    more_sources(sources)
    configure(folder / f"config{HOSTILE}")
    with ExitStack() as kept:
        guard = Guard(folder)
        kept.callback(guard.close)
        made = Evil(
            guard=guard,
            folder=folder,
            archive=folder / f"archive{HOSTILE}",
            sources=sources,
            config=folder / f"config{HOSTILE}",
        )
        taken = made.run("ingest", str(sources))
        assert "Traceback" not in taken.err, taken.err
        assert "added" in taken.err
        say_own_words(made.archive)
        yield made


# What the words of a configuration, an archive and a shell come to be seen in.
MORE: list[list[str]] = [
    [],
    ["help"],
    ["config"],
    ["config", "publication"],
    ["config", "archive"],
    ["config", "colors.match"],
    ["config", f"alias.{HOSTILE}"],
    ["config", "file"],
    ["plain"],
    [HOSTILE],
    ["searches"],
    ["searches", "--delete", HOSTILE],
    ["search", ":evil"],
    ["search", f":{HOSTILE}"],
    ["search", "gates", "--explain", "-n", "60"],
    ["search", "gates", "--save", HOSTILE],
    ["search", "--format", f"{{nope{HOSTILE}}}", "gates"],
    ["search", "gates", "--publication", HOSTILE],
    ["search", "gates", "--since", HOSTILE],
    ["search", "gates", "--sort", HOSTILE],
    ["search", "gates", "-n", HOSTILE],
    ["search", f"kind:{HOSTILE}"],
    ["search", f"date:{HOSTILE}"],
    ["search", f"gates {HOSTILE}~"],
    ["search", f'"{HOSTILE}'],
    ["issues", HOSTILE],
    ["issues", "--format", "{title}\\t{publication}\\t{sources}\\t{url}\\0", "-0"],
    ["publications", "--format", "{name:30}|{id}"],
    ["log", "--format", "{from:50}|{result}|{from}"],
    ["missing", "--format", "{evidence}"],
    ["repairs", "100", "--format", "{before}|{after}|{context}|{source}"],
    ["why", "100.1", "--format", "{text}{markdown}{links}"],
    ["issues", "rss-302"],
    ["issues", "310"],
    ["show", "300"],
    ["show", "310"],
    ["show", "100", "--provenance"],
    ["show", "100", "--copy"],
    ["search", "gates", "--copy"],
    ["cite", "100.1", "--copy"],
    ["open", "pages/7.1", "--copy"],
    ["cite", "100.1", "--style", HOSTILE],
    ["set", HOSTILE, HOSTILE],
    ["set", "100", f"date={HOSTILE}"],
    ["set", "100", f"url={HOSTILE}"],
    ["ingest", HOSTILE, f"--publication={HOSTILE}", "--dry-run"],
    ["ingest", "--date", HOSTILE, "."],
    ["backup", f"nowhere{HOSTILE}/x"],
    ["export", "--markdown", "/dev/null/x"],
    ["export", "--publication", HOSTILE],
    ["undo", "--list"],
    ["remove", "100", "--dry-run"],
    ["doctor"],
    ["schema", HOSTILE],
    ["help", HOSTILE],
    ["completion", HOSTILE],
    ["--width", HOSTILE, "issues"],
    ["--color", HOSTILE, "issues"],
    [f"--{HOSTILE}"],
]


def _is_harmless(text: str, words: list[str], *own: re.Pattern[str]) -> None:
    assert "Traceback" not in text, text[-2000:]
    for copied in COPIED.findall(text):
        inside = base64.b64decode(copied).decode("utf-8")
        assert not (found := obeyed(inside)), (words, found)
    found = obeyed(text, own=(*own, COPIED), nul="-0" in words or "\\0" in str(words))
    assert not found, (words, found)


@pytest.mark.promise(
    "No word of a configuration, a saved search, a synonym, a path or a command line reaches the"
    " terminal as a control sequence, nor what it copies to the clipboard."
)
@pytest.mark.parametrize("words", MORE, ids=lambda words: ascii(" ".join(words)))
def test_a_terminal_is_told_nothing_by_your_own_words(
    evil: Evil, words: list[str], trials: Trials
) -> None:
    done = evil.run(*words)
    _is_harmless(done.out + done.err, words)
    for columns in (60 if len(words) % 2 else 200,):
        shown = evil.shown(*words, columns=columns)
        bars = (BAR,) if words[:1] and words[0] in LONG else ()
        _is_harmless(shown, words, COLOUR, LINK, *bars)
    trials.did(2, "runs of a command")


@pytest.mark.promise(
    "Every command is harmless where the archive, the configuration and the working folder have"
    " names that give commands, and for feeds, mailboxes and archives whose every field does."
)
@pytest.mark.parametrize("words", COMMANDS, ids=lambda words: ascii(" ".join(words)))
def test_a_terminal_is_told_nothing_by_names_of_folders(
    evil: Evil, words: list[str], trials: Trials
) -> None:
    if not trials.long and words[0] in {*LONG, "backup", "export", "search"}:
        pytest.skip("tried with --long")
    for columns in (200,):
        shown = evil.shown(*words, columns=columns)
        _is_harmless(shown, words, COLOUR, LINK, *((BAR,) if words[0] in LONG else ()))
        trials.did(1, "runs of a command")


@pytest.mark.promise("What a shell offers at TAB has no control sequence, and runs nothing.")
def test_a_shell_is_told_nothing_at_tab(evil: Evil, trials: Trials) -> None:
    lines = (
        "",
        "show ",
        "show 100.",
        "search ",
        "search :",
        "search source:",
        "search publication:",
        "search issue:",
        "search date:",
        "issues --publication ",
        "searches --delete ",
        "pl",
        "config ",
        "help ",
        "ingest --kind ",
    )
    archive, offered = str(evil.archive), 0

    def configured() -> None:
        os.environ["XDG_CONFIG_HOME"] = str(evil.config)

    for line in lines:
        *before, word = line.split(" ")
        for shell in ("bash", "zsh", "fish"):
            if shell == "bash":
                quoted = archive.replace("\\", "\\\\").replace(" ", "\\ ")
                words = [" \t\n\"'><=;|&(:", "backissue", f"backissue --archive '{quoted}' {line}"]
            else:
                words = ["--archive", archive, *before, word]
            done = run("--complete", shell, *words, doom=configured)
            assert not done.stderr
            text = done.stdout.decode("utf-8")
            assert not (found := obeyed(text)), (shell, line, found)
            assert text.split("\n")[0] in {"words", "files", "folders", "open"}, text
            offered += text.count("\n") - 1
            trials.did(1, "lines completed")
    assert offered > 300


# -- through other programs ------------------------------------------------------------------------


def typed(command: list[str], keys: Callable[[bytes], bytes], **environment: str) -> bytes:
    """What a terminal of 80 columns is told by a program to which `keys` are typed.

    `keys` gets what was written so far, whenever nothing more comes for a while; b"" ends it.
    """
    pid, leader = pty.fork()
    if pid == 0:
        os.execve(command[0], command, {**os.environ, **environment})
    written, patience = b"", time.monotonic() + 120
    try:
        while time.monotonic() < patience:
            if select.select([leader], [], [], 0.4)[0]:
                try:
                    part = os.read(leader, 65536)
                except OSError:
                    break
                if not part:
                    break
                written += part
            elif more := keys(written):
                os.write(leader, more)
    finally:
        if time.monotonic() >= patience:
            os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        os.close(leader)
    assert time.monotonic() < patience, written[-2000:]
    return written


def screen(evil: Evil) -> Mapping[str, str]:
    return {
        **{name: value for name, value in CLEAN.items() if value is not None},
        "XDG_CONFIG_HOME": str(evil.config),
        "COLUMNS": "80",
        "LINES": "24",
        "PAGER": "less",
        "LESSHISTFILE": "-",
        "NO_COLOR": "",
    }


PAGED = (
    ["show", "100"],
    ["show", "pages/7"],
    ["search", "gates", "-n", "60"],
    ["issues"],
    ["show", "100..300"],
    ["help"],
    ["cite", "100..300"],
    ["why", "100..300"],
)


@pytest.mark.promise("less shows an archive that gives commands without obeying or passing on any.")
@pytest.mark.parametrize("words", PAGED, ids=" ".join)
@pytest.mark.parametrize("options", ["", "-r"])
def test_less_is_told_nothing(evil: Evil, words: list[str], options: str, trials: Trials) -> None:
    if not trials.long and (options or words[0] not in {"show", "help"}):
        pytest.skip("tried with --long")
    pressed = 0

    def keys(_: bytes) -> bytes:
        nonlocal pressed
        pressed += 1
        # Forwards, backwards, to the end, a search, which draws the prompt; and out.
        plan = [b" ", b" ", b"b", b"G", b"/gates\r", b"n", b"q"]
        return plan[pressed - 1] if pressed <= len(plan) else b"q"

    command = [sys.executable, "-m", "backissue", "--archive", str(evil.archive), *words]
    pager = f"less {options}".strip()
    text = typed(command, keys, **{**screen(evil), "PAGER": pager}).decode("utf-8", "replace")
    assert pressed > 1, text  # it was paged
    assert "Traceback" not in text
    assert not (found := obeyed(text, own=(COLOUR, LINK, OF_LESS))), found
    # What both less and a source may say, a source says between these letters.
    assert not re.search("g[\x07\x08\r]+s", text)
    trials.did(1, "texts in less")


@pytest.mark.promise("bash shows what it offers at TAB without obeying any of it, or running it.")
def test_bash_is_told_nothing_at_tab(evil: Evil, trials: Trials, tmp_path: Path) -> None:
    lines = ("show 10", "search source:", "search :", "issues --publication ")
    folder = tmp_path / "bin"
    folder.mkdir()
    script = folder / "backissue"
    script.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m backissue "$@"\n', encoding="utf-8")
    script.chmod(0o700)
    start = tmp_path / "start"
    start.write_text('eval "$(backissue completion bash)"\nPS1="ready "\n', encoding="utf-8")
    for line in lines:
        # At TAB all that there are, where it asks; away with the line; the end.
        plan = [f"backissue {line}\t\t".encode(), b"y", b"q", b"\x03", b"exit\r"]

        def keys(_: bytes, plan: list[bytes] = plan) -> bytes:
            return plan.pop(0) if plan else b"\x04"

        environment = {
            **screen(evil),
            "BACKISSUE_ARCHIVE": str(evil.archive),
            "PATH": f"{folder}:/usr/bin:/bin",
        }
        command = ["/bin/bash", "--noprofile", "--rcfile", str(start)]
        told = typed(command, keys, **environment).decode("utf-8", "replace")
        assert "ready" in told
        assert not (found := obeyed(told, own=(OF_BASH,))), (line, found)
        assert not list(evil.folder.rglob("owned*"))
        trials.did(1, "lines completed")


# -- floods ----------------------------------------------------------------------------------------

FLOODS: Mapping[str, str] = {
    "combining marks": "o" + "\u0301\u0489\u20dd" * 2000,
    "zero width": "a" + "\u200b\u200c\u200d\u2060\ufeff\u00ad" * 1000 + "b",
    "a long word": "w" * 20_000,
    "a long wide word": "語" * 10_000,
    "joined emoji": "\U0001f469" + "\u200d\U0001f469" * 2000,
    "flags": "\U0001f1e6" * 4001,
    "tags": "\U0001f3f4" + "\U000e0067\U000e0062" * 1000,
    "variations": "a" + "\ufe0f\ufe0e\U000e0100" * 2000,
    "right to left": "\u05d0\u0627 " * 3000,
    "spaces": "\u2003\u3000\u00a0" * 2000 + "x",
    "fillers": "\u3164\u115f\u1160\uffa0" * 2000 + "x",
    "brackets": "[bold]" * 3000,
    "a stack": "\u0e33\u0e49" * 3000,
}


SHOWN = (
    ["show", "7"],
    ["search", "heading"],
    ["issues"],
    ["why", "7.1"],
    ["search", "gates"],
    ["publications"],
    ["log"],
    ["related", "7.1"],
    ["cite", "7.1"],
    ["show", "7", "--provenance"],
    ["search", "heading", "--brief"],
    ["issues", "--format", "{title:30}|{publication:>20}"],
)


@pytest.mark.promise(
    "Floods of combining marks, joiners, blanks and long words stay on their lines, which are no"
    " wider than the terminal."
)
@pytest.mark.parametrize("flood", FLOODS)
def test_a_flood_stays_in_its_place(evil: Evil, flood: str, tmp_path: Path, trials: Trials) -> None:
    files = tmp_path / "files"
    files.mkdir()
    text = FLOODS[flood]
    (files / f"flood {text[:40]}.txt").write_text(
        f"Floods 7: Gate {text}\n\nHeading {text}:\n…Deck {text}…\n"
        f"Body {text} gates. {prose(flood)}\n"
        f"Why this matters – {text}: {prose('why')}\nRead more: {text} (https://e.org/{text}).\n",
        encoding="utf-8",
    )
    made = Shelf(guard=evil.guard, folder=tmp_path, archive=tmp_path / "archive", sources=files)
    taken = made.run("ingest", ".")
    assert "added" in taken.err, taken.err
    for words in SHOWN if trials.long else SHOWN[:4]:
        for columns in (60,):
            shown = made.shown(*words, columns=columns)
            _is_harmless(shown, words, COLOUR, LINK)
            # Who counts cells differs over letters that nobody sees.
            wide = [
                line
                for line in COLOUR.sub("", LINK.sub("", shown)).split("\n")
                if min(width(line), cell_len(line)) > columns and "https:" not in line
            ]
            assert not wide, (words, columns, [width(line) for line in wide], wide[0][:300])
            trials.did(1, "runs of a command")

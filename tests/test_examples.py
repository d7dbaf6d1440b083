"""Every command line that help, README and docs show, as bash and zsh would read it."""

import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.test_docs import help_pages

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
LINE = re.compile(r"^(?:\$ )?((?:\w+ \| |eval \"\$\(|source <\()?backissue(?=$|\s|\)).*)$")
INLINE = re.compile(r"`(backissue [^`]+)`|(?<![\w`])(backissue search '[^']*')")


def examples() -> Iterator[tuple[str, str]]:
    """Where each command line is shown, and the line."""
    for text in help_pages():
        name = re.search(r"Usage: (backissue(?: \w+)?)", text)
        assert name
        yield from ((name[1], line) for line in lines_of(text))
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        yield from ((page.name, line) for line in lines_of(text))
    demo = (ROOT / "scripts" / "demo").read_text(encoding="utf-8").partition("<<END")[2]
    yield from (("scripts/demo", line) for line in lines_of(demo))


def lines_of(text: str) -> Iterator[str]:
    """The command lines in code: fenced or indented; and those in backticks."""
    fenced = False
    for line in re.sub(r" \\\n +", " ", text).splitlines():
        fenced ^= line.startswith("```")
        if (fenced or line.startswith("  ")) and (found := LINE.match(line.strip())):
            # In the list of the program's help, what a command does follows it.
            yield re.split(r"   +[a-z]", found[1])[0].rstrip()
        for one in INLINE.findall(line):
            yield one[0] or one[1]


EXAMPLES = sorted({(place, line) for place, line in examples() if "…" not in line})
WORDS = "backissue() { printf '%s\\0' \"$@\"; }\n"


def test_there_are_examples_of_all_places() -> None:
    assert len(EXAMPLES) > 100
    places = {place for place, _ in EXAMPLES}
    assert {"README.md", "commands.md", "query-language.md", "scripts/demo", "backissue"} <= places


def _is_pattern(char: str, *, start: bool) -> bool:
    """Whether zsh reads a character outside quotes as part of a pattern, or as a comment."""
    return char in "*?[]^" or (start and char in "#=") or (char == "~" and not start)


def harmful(line: str) -> list[str]:
    """The words of a line that zsh or bash would not pass on as they are typed."""
    found, quote, word = [], "", ""
    for at, char in enumerate(line):
        start = not word
        if char.isspace() and not quote:
            word = ""
            continue
        word += char
        if char in "\"'" and quote in ("", char):
            quote = "" if quote else char
        elif quote == "'":
            continue
        elif re.match(r"\$[\w{]|!\S", line[at:]) or (not quote and _is_pattern(char, start=start)):
            found.append(line[at:])
    return found


@pytest.mark.parametrize(("place", "line"), EXAMPLES)
def test_an_example_has_no_character_that_a_shell_would_change(place: str, line: str) -> None:
    del place
    assert harmful(line) == []


@pytest.mark.parametrize(
    "line",
    [
        "backissue search robot*",
        "backissue search w?rd",
        "backissue search [a]",
        "backissue search near~5",
        'backissue search "a b"~5',
        "backissue set 396 date=  # nothing",
        "backissue show #395",
        "backissue search =x",
        "backissue search a^2",
        'backissue set 396 title="$80bn"',
        'backissue search "wow!now"',
    ],
)
def test_such_a_character_is_found(line: str) -> None:
    assert harmful(line)


@pytest.mark.parametrize(
    "line",
    [
        "backissue search 'robot*' 'w?rd' '[a]' '\"a b\"~5' '#395' '=x'",
        "backissue ingest ~/letters",
        "backissue set 396 date= title='$80bn!'",
        'backissue search "a b" @1 kind:fiction -robot 390..395',
        'eval "$(backissue completion bash)"',
        "backissue issues --json | jq -r '.issues[].title'",
    ],
)
def test_an_ordinary_line_is_not_found(line: str) -> None:
    assert harmful(line) == []


@pytest.mark.parametrize("shell", ["bash", "zsh"])
@pytest.mark.parametrize("options", ["", "setopt extended_glob"])
def test_a_shell_passes_every_example_on_as_it_is_typed(
    shell: str, options: str, tmp_path: Path
) -> None:
    if not shutil.which(shell):
        pytest.skip(f"{shell} is not installed")
    if shell == "bash" and options:
        pytest.skip("an option of zsh")
    plain = [line for _, line in EXAMPLES if not re.search(r"[|<>]|\$\(", line)]
    assert len(plain) > 80
    script = f"{options}\n{WORDS}" + "".join(f"{line}\nprintf '\\n'\n" for line in plain)
    done = subprocess.run(
        [shell, *(["-f"] if shell == "zsh" else ["--norc"]), "-c", script],
        cwd=tmp_path,
        env={"HOME": "~", "PATH": "/usr/bin:/bin"},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.stderr == ""
    typed = [shlex.split(line)[1:] for line in plain]
    passed = [line.split("\0")[:-1] for line in done.stdout.splitlines()]
    assert passed == typed


@pytest.mark.parametrize("shell", ["bash", "zsh"])
def test_a_shell_understands_every_pipeline(shell: str) -> None:
    if not shutil.which(shell):
        pytest.skip(f"{shell} is not installed")
    script = "\n".join(line for _, line in EXAMPLES)
    done = subprocess.run(
        [shell, "-n"], input=script, capture_output=True, encoding="utf-8", check=False
    )
    assert (done.returncode, done.stderr) == (0, "")

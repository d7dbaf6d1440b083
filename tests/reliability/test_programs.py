"""The pager, the editor and the browser are those that you chose, and are given what they need."""

import os
import time
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from backissue.cli.boundary import run as run_here
from backissue.errors import Exit
from tests.conftest import Trials
from tests.reliability.children import Ended, run, sound
from tests.test_paging import on_screen

CASES = tomllib.loads(
    (Path(__file__).parents[1] / "cases" / "programs.toml").read_text(encoding="utf-8")
)
# Each notes its arguments in the working folder, with built-ins of the shell alone.
PROGRAMS = {
    "teller": 'printf "%s\\0" "$@" end >>told\nwhile IFS= read -r line; do echo "$line"; done',
    "slow": 'IFS= read -r line; echo "$line"; sleep 0.3; exec cat',
    "hidden": "exit 0",
    "deaf": "exec <&-; sleep 0.2; exit 0",
    "failing": "exit 3",
    "half": 'IFS= read -r line; exit "$1"',
}
# What a shell would read in an address: as words, as commands, as an option.
WEBS = (
    "https://e.org/?a=1&b=2;touch${IFS}owned",
    "https://e.org/$(touch${IFS}owned)/`touch owned`",
    "https://e.org/';touch${IFS}owned;'",
    'https://e.org/";touch${IFS}owned;"',
    "https://e.org/%s/%d/%%s --new-window\n-x",
)
# What no program is given: other schemes, and what it would take for an option or a path.
REFUSED = (
    "file:///etc/passwd",
    "javascript:alert(1)",
    " JavaScript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "-new-window",
    "--profile=/tmp/x",
    "/etc/passwd",
    "//e.org/x",
    "https:-x",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """A folder to work in, an archive, and the folder of programs."""

    here: Path
    archive: Path
    programs: Path

    def spelt(self, command: str) -> str:
        """A command of the cases, with the folder of programs."""
        return command.replace("@BIN@", str(self.programs))

    def made(self) -> list[str]:
        """What the working folder has."""
        return sorted(set(os.listdir(self.here)) - {"told"})

    def told(self) -> list[str] | None:
        """The arguments that the program noted; None where it was not called."""
        file = self.here / "told"
        # A program in the background may still be writing.
        until = time.monotonic() + 30
        while file.exists() and not file.read_bytes().endswith(b"end\0"):
            assert time.monotonic() < until
            time.sleep(0.01)
        if not file.exists():
            return None
        *found, end = file.read_text(encoding="utf-8").split("\0")[:-1]
        assert end == "end"
        assert "end" not in found, "it was called twice"
        return found


@pytest.fixture
def desk(tmp_path: Path, archive: Path) -> Desk:
    programs, here = tmp_path / "my programs", tmp_path / "here"
    programs.mkdir()
    here.mkdir()
    for name, text in PROGRAMS.items():
        (programs / name).write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
        (programs / name).chmod(0o700)
    (programs / "unusable").write_text("#!/bin/sh\n", encoding="utf-8")
    (programs / "unusable").chmod(0o600)
    (programs / "sh").symlink_to("/bin/sh")
    return Desk(here=here, archive=archive, programs=programs)


def named(kind: str) -> Any:
    return [pytest.param(case, id=ascii(case["command"])) for case in CASES[kind]]


def set_out(desk: Desk, **environment: str) -> Callable[[], None]:
    """Before a run: this environment, in the working folder."""

    def prepare() -> None:
        os.chdir(desk.here)
        for name in ("VISUAL", "EDITOR", "PAGER", "BROWSER", "DISPLAY", "WAYLAND_DISPLAY"):
            os.environ.pop(name, None)
        os.environ.update(environment)

    return prepare


@pytest.mark.promise(
    "A pager that you chose is started as a shell would start it, and with nothing else; where it"
    " fails, the text is shown without it."
)
@pytest.mark.parametrize("case", named("pager"))
def test_a_pager_is_started_as_a_shell_would_start_it(
    desk: Desk, case: dict[str, Any], trials: Trials, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(desk.here)
    command = desk.spelt(case["command"])
    config = desk.here.parent / "config" / "backissue" / "config.toml"
    config.parent.mkdir(parents=True)
    quoted = command.replace("\\", "\\\\").replace('"', '\\"')
    config.write_text(f'pager = "{quoted}"\n', encoding="utf-8")
    ways: Sequence[dict[str, str | None]] = (
        {"PAGER": command},
        {"BACKISSUE_PAGER": command},
        {"XDG_CONFIG_HOME": str(config.parents[1])},
    )
    for at in trials(few=1, many=len(ways), unit="runs"):
        for name in os.listdir(desk.here):
            (desk.here / name).unlink()
        shown = on_screen(desk.archive, "show", "395", **ways[at])
        assert shown.code == Exit.OK, shown.text
        assert "Traceback" not in shown.text
        assert ("failed; set PAGER" in shown.text) == case.get("fails", False), shown.text
        assert desk.told() == case.get("told")
        assert desk.made() == case.get("made", [])
        times = 0 if case.get("hidden") else 1
        assert shown.text.count("Caveats - spending compute to think") == times


@pytest.mark.promise(
    "An editor that you chose is started as a shell would start it, with the name of the"
    " configuration file, whatever that name is."
)
@pytest.mark.parametrize("case", named("editor"))
def test_an_editor_is_given_one_file(desk: Desk, case: dict[str, Any], trials: Trials) -> None:
    folders = ("plain", "a b", '$(touch owned)`touch owned`"; touch owned;"', "-x", "'*'")
    for at in trials(few=len(folders), many=len(folders), unit="runs"):
        for name in os.listdir(desk.here):
            (desk.here / name).unlink()
        folder = desk.here.parent / folders[at]
        file = folder / "backissue" / "config.toml"
        before = set_out(
            desk, **{("VISUAL", "EDITOR")[at % 2]: desk.spelt(case["command"])},
            XDG_CONFIG_HOME=str(folder),
        )  # fmt: skip
        done = sound(run("config", "--edit", doom=before), Exit.OK, Exit.USAGE)
        assert (done.code == Exit.USAGE) == case.get("fails", False), done
        assert ("the editor “" in done.stderr) == case.get("fails", False), done
        told = (
            [word.replace("@FILE@", str(file)) for word in case["told"]] if "told" in case else None
        )
        assert desk.told() == told
        assert desk.made() == case.get("made", [])
        assert file.exists()


def open_one(desk: Desk, archive: Path, ref: str, browser: str) -> Ended:
    before = set_out(desk, BROWSER=browser, PATH=str(desk.programs))
    return run("--archive", archive, "open", ref, "--link", "1", doom=before)


def linked(folder: Path, webs: Sequence[str]) -> Path:
    """An archive of a section for each link."""
    links = "".join(
        f"<h2>Gate {number}</h2><p>The gate {number} stood open all year, as its neighbour did."
        f' <a href="{web.replace("&", "&amp;").replace(chr(34), "&quot;")}">Read more</a></p>'
        for number, web in enumerate(webs, start=1)
    )
    page = folder / "page.html"
    page.write_text(
        f"<html><head><title>Letters 7: Gates</title></head><body>{links}</body></html>",
        encoding="utf-8",
    )
    words = ["--archive", str(folder / "archive"), "ingest", "--number", "7", str(page)]
    assert run_here(words) == Exit.OK
    return folder / "archive"


@pytest.mark.promise(
    "A browser that you chose is started with its options and one address, also where a shell reads"
    " the command; one that cannot be started is named."
)
@pytest.mark.parametrize("case", named("browser"))
def test_a_browser_is_given_one_address(
    desk: Desk, case: dict[str, Any], trials: Trials, tmp_path: Path
) -> None:
    archive = linked(tmp_path, WEBS)
    for at in trials(few=len(WEBS), many=len(WEBS), unit="runs"):
        for name in os.listdir(desk.here):
            (desk.here / name).unlink()
        done = open_one(desk, archive, f"7.{at + 1}", desk.spelt(case["command"]))
        sound(done, Exit.OK, Exit.NOTHING_FOUND, Exit.USAGE)
        assert (done.code != Exit.OK) == case.get("fails", False), done
        url = done.stdout.decode().strip().replace("$", "%24").replace("'", "%27")
        assert url.startswith("https://e.org/")
        assert not set(url) & set("$'\"`\\<>| \n")
        told = [word.replace("@URL@", url) for word in case["told"]] if "told" in case else None
        assert desk.told() == told, done
        assert desk.made() == []


@pytest.mark.promise(
    "No other address than of the web or of mail reaches a browser, and none that it would take for"
    " an option or a file."
)
def test_a_browser_is_given_no_other_address(desk: Desk, tmp_path: Path, trials: Trials) -> None:
    archive = linked(tmp_path, REFUSED)
    for at in trials(few=len(REFUSED), many=len(REFUSED), unit="addresses"):
        done = sound(
            open_one(desk, archive, f"7.{at + 1}", "teller"), Exit.NOTHING_FOUND, Exit.USAGE
        )
        assert not done.stdout
        assert desk.told() is None

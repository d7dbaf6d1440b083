"""The table of docs/reliability.md: how often each promise was tried, and what happened."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.conftest import Trials

PAGE = Path(__file__).parents[2] / "docs" / "reliability.md"
_WHEN = datetime.now(UTC).date().isoformat()
TABLE = re.compile(r"(?<=<!-- tried -->\n).*?(?=<!-- end -->)", re.DOTALL)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """Write the promise, and how often it was tried, into the report of its test."""
    marker = item.get_closest_marker("promise")
    if marker and call.when == "call":
        item.user_properties.append(("promise", marker.args[0]))
        made = getattr(item, "funcargs", {}).get("trials")
        if isinstance(made, Trials):
            item.user_properties += [("count", made.count), ("unit", made.unit)]
    yield


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """With --long, put what happened into the page."""
    if not config.getoption("--long"):
        return
    rows = list(_rows(terminalreporter))
    text = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(TABLE.sub(lambda old: _table(old[0], rows), text), encoding="utf-8")
    terminalreporter.write_line(f"wrote {len(rows)} rows into {PAGE}")


class _Tried(NamedTuple):
    """What one test, or one case of it, says of its promise."""

    promise: str
    test: str
    count: int
    unit: str
    outcome: str


def _tried(report: pytest.TestReport) -> _Tried | None:
    said = {str(name): str(value) for name, value in report.user_properties}
    if "promise" not in said or report.when == "teardown":
        return None
    return _Tried(
        promise=said["promise"],
        test=report.nodeid.removeprefix("tests/reliability/").partition("[")[0],
        count=int(said.get("count", 1)),
        unit=said.get("unit", "times"),
        outcome=report.outcome,
    )


def _rows(reporter: pytest.TerminalReporter) -> Iterator[tuple[str, ...]]:
    """The promise, the test, how often it was tried, what happened, in the order of the tests."""
    reports = [
        report
        for outcome in ("passed", "failed", "skipped")
        for report in reporter.stats.get(outcome, [])
        if isinstance(report, pytest.TestReport)
    ]
    reports.sort(key=lambda report: (report.location[0], report.location[1] or 0))
    every = [one for report in reports if (one := _tried(report))]
    for test in dict.fromkeys(one.test for one in every):
        cases = [one for one in every if one.test == test]
        count, unit = sum(one.count for one in cases), cases[0].unit
        tried = "once" if (count, unit) == (1, "times") else f"{count:,} {unit}"
        broken = sum(one.outcome == "failed" for one in cases)
        skipped = sum(one.outcome == "skipped" for one in cases)
        what = "kept" if not skipped else f"{skipped} of {len(cases)} not tried here"
        if broken:
            what = f"**broken** in {broken} of {len(cases)}"
        yield cases[0].promise, f"`{test}`", tried, what, _WHEN


def _table(before: str, rows: list[tuple[str, ...]]) -> str:
    """The table with these rows, in place of what it said `before` of the same tests."""
    known = [tuple(line[2:-2].split(" | ")) for line in before.splitlines() if "::" in line]
    every = {row[1]: row for row in (*known, *rows)}
    heads = ("Promise", "Test in tests/reliability/", "Tried", "What happened", "When")
    lines = [heads, ("---",) * len(heads), *(every[test] for test in sorted(every))]
    return "\n" + "".join(f"| {' | '.join(line)} |\n" for line in lines) + "\n"

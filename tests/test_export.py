"""The way out as Markdown: files that other programs read, and that come in again as they were."""

from collections.abc import Iterable
from pathlib import Path

import pytest
import yaml

from backissue.errors import Exit
from backissue.ingest.merge import Copy, merge
from backissue.ingest.pipeline import read
from backissue.ingest.sources import Source, collect
from backissue.records import Block, BlockKind, DraftRef, Facts, Issue, Run, Section
from backissue.render.markdown import document
from backissue.text.prose import markdown, plain
from tests.conftest import issues_in, source, take_in
from tests.test_cli import process
from tests.truth import CORPUS, Truth, truths


def told(issue: Issue) -> list[object]:
    """All that a reader would miss of an issue."""
    head = issue.head
    sections = [
        (one.kind, one.heading, one.deck, _lines(one), one.why, set(one.links), one.mentions)
        for one in issue.sections
    ]
    facts = (head.publication, head.number, head.title, head.date, head.kind, head.url)
    return [head.key, facts, issue.intro, *sections]


def _lines(section: Section) -> list[str]:
    """A section's text; whether there is a blank line between two, Markdown cannot always say."""
    return [line for line in plain(section.blocks).split("\n") if line]


def exported(archive: Path, folder: Path) -> list[Path]:
    done = process(archive, "export", "--markdown", str(folder))
    assert done.returncode == Exit.OK, done.stderr
    return sorted(folder.rglob("*.md"))


def come_again(archive: Path, folder: Path) -> list[Issue]:
    """The issues of an archive, written as files and taken in from there."""
    exported(archive, folder / "out")
    take_in(folder / "again", *collect([str(folder / "out")], Facts()))
    return issues_in(folder / "again")


def test_the_founding_documents_come_in_again_as_they_were(archive: Path, tmp_path: Path) -> None:
    before, after = issues_in(archive), come_again(archive, tmp_path)
    assert [told(issue) for issue in after] == [told(issue) for issue in before]


def test_an_issue_is_a_file_at_its_address_with_what_is_known_of_it_above(
    archive: Path, tmp_path: Path
) -> None:
    files = exported(archive, tmp_path / "out")
    shown = [file.relative_to(tmp_path / "out").as_posix() for file in files]
    assert shown == sorted(f"{issue.head.key}.md" for issue in issues_in(archive))
    _, above, text = (tmp_path / "out/import-ai/395.md").read_text().split("---\n", 2)
    assert yaml.safe_load(above) == {
        "title": "AI and energy demand; distributed training via DeMo; and Phi-4",
        "issue": 395,
        "publication": "Import AI",
        "kind": "newsletter",
        "sections": 6,
        "sources": yaml.safe_load(above)["sources"],
    }
    assert text.startswith("\n# AI and energy demand;")
    assert "\n\n## Everything becomes a game" in text


def test_the_same_archive_gives_the_same_files(archive: Path, tmp_path: Path) -> None:
    one, two = (exported(archive, tmp_path / name) for name in ("one", "two"))
    assert [file.read_bytes() for file in one] == [file.read_bytes() for file in two]


@pytest.mark.parametrize("truth", truths(CORPUS), ids=lambda truth: truth.name)
def test_what_is_exported_comes_in_again_with_the_same_sections(truth: Truth) -> None:
    for before in merge(drawn(truth.documents)):
        file = source("again.md", document(before))
        (after,) = merge(drawn([file]))
        same = [*told(before)[1:3], *(section[:-2] for section in told(before)[3:])]
        assert [*told(after)[1:3], *(section[:-2] for section in told(after)[3:])] == same
        for one, other in zip(before.sections, after.sections, strict=True):
            # What only another copy links to is in no text.
            shown = {run.url for block in one.blocks for run in block.runs}
            assert all(link.url not in shown for link in set(one.links) - set(other.links))


def drawn(sources: Iterable[Source]) -> list[Copy]:
    """The drafts of sources, each as a copy."""
    return [
        Copy(
            draft=draft,
            ref=DraftRef(source=made.sha256, digest="", place=draft.place),
            names=(made.name,),
        )
        for made in sources
        for draft in read(made.data, made.by_reader, by_carrier=made.by_carrier).drafts
    ]


RANKS = """# Crane Weekly 8: Ranks

## Ships

They float.

#### Their masts

## Ropes

#### Hemp

It smells.
"""


def test_headings_within_a_section_open_none_when_they_come_again(tmp_path: Path) -> None:
    take_in(tmp_path / "archive", source("ranks.md", RANKS))
    before, after = issues_in(tmp_path / "archive"), come_again(tmp_path / "archive", tmp_path)
    assert [told(issue) for issue in after] == [told(issue) for issue in before]
    assert before[0].head.sections == 2


@pytest.mark.parametrize(("said", "sections"), [("2", 2), ("3", 3), ("many", 3), ("-1", 3)])
def test_a_count_of_sections_holds_only_where_it_is_right(said: str, sections: int) -> None:
    prose = "All that is in the yard stands there since the spring, and is for sale."
    heads = ("## Ships", "### Masts", "### Sails", "## Ropes", "### Hemp")
    text = "".join(f"{head}\n\n" + f"{prose}\n\n" * (head[2] == "#") for head in heads)
    (draft,) = read(f"---\ntitle: Ranks\nsections: {said}\n---\n\n{text}".encode(), Facts()).drafts
    assert len(draft.sections) == sections


NASTY = """Crane Weekly 7: "Ships: a *story* # of [all]"

# 1) no list
…- no *item* `code` <b>…
1. First things first, said the captain, who never had any.
- a thing of [brackets] and _underscores_

+ plus, and a \\ backslash
"""


def test_what_looks_like_markup_comes_back_as_text(tmp_path: Path) -> None:
    take_in(tmp_path / "archive", source("nasty: name\n.txt", NASTY))
    before, after = issues_in(tmp_path / "archive"), come_again(tmp_path / "archive", tmp_path)
    assert [told(issue) for issue in after] == [told(issue) for issue in before]
    assert before[0].head.sources == ("nasty: name\n.txt",)


@pytest.mark.parametrize(
    ("url", "written"),
    [
        ("https://e.org/a", "https://e.org/a"),
        ("https://e.org/a_(b)", "<https://e.org/a_(b)>"),
        ("https://e.org/> [x](evil", "<https://e.org/%3E [x](evil>"),
        ("https://e.org/a\nb", "https://e.org/a%0Ab"),
    ],
)
def test_no_address_ends_its_link_early(url: str, written: str) -> None:
    block = Block(kind=BlockKind.PARAGRAPH, runs=(Run(text="here", url=url),))
    assert markdown([block]) == f"[here]({written})"


def test_nothing_is_written_among_other_files(archive: Path, tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("mine")
    done = process(archive, "export", "--markdown", str(tmp_path))
    assert done.returncode == Exit.USAGE
    assert f"{tmp_path} is not empty; export into a new folder" in done.stderr
    assert [file.name for file in tmp_path.iterdir()] == ["letter.txt"]


@pytest.mark.parametrize("place", ["letter.txt", "letter.txt/below"])
def test_where_a_file_stands_nothing_is_written(archive: Path, tmp_path: Path, place: str) -> None:
    (tmp_path / "letter.txt").write_text("mine")
    done = process(archive, "export", "--markdown", str(tmp_path / place))
    assert done.returncode == Exit.USAGE
    assert ("is a file; name a new" if place == "letter.txt" else "cannot write to") in done.stderr
    assert (tmp_path / "letter.txt").read_text() == "mine"


def test_jsonl_is_the_form_of_an_export_also_where_json_is_asked_of_the_program(
    archive: Path,
) -> None:
    lines = process(archive, "export", "--jsonl").stdout
    assert lines.count("\n") == 12
    assert process(archive, "--json", "export", "--jsonl").stdout == lines
    assert process(archive, "--json", "export").stdout.count("\n") == 1

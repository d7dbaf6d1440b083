"""The command that searches."""

from pathlib import Path
from typing import TYPE_CHECKING

import click
from msgspec import Struct
from msgspec.structs import replace

from backissue.cli import dashes, recent
from backissue.cli.addresses import (
    otherwise_spelled,
    point_to_issue,
    publication_option,
    publication_slug,
)
from backissue.cli.app import Settings, as_typed, examples, forms, pass_settings
from backissue.cli.day_options import since_option, until_option
from backissue.cli.diagnosing import diagnose, explain_nothing, tell_undated
from backissue.cli.formatting import format_option
from backissue.cli.output import say
from backissue.cli.unknown_options import options_of
from backissue.errors import Exit, UsageError
from backissue.render.listed import HITS
from backissue.render.presentation import Explanation, View

if TYPE_CHECKING:
    from backissue.index import Index
    from backissue.query import Query, SearchOptions, Synonyms
    from backissue.records import Found
    from backissue.render.renderer import Renderer

_DEFAULT_HITS = 10
_A_SENTENCE = 8  # words
FACETS = ("kind", "publication", "year", "issue")


class _Search(click.Command):
    """A command whose argument `-word` excludes a word, and which gets its options as a record."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        return super().parse_args(ctx, dashes.marked(ctx, args))

    def invoke(self, ctx: click.Context) -> object:
        ctx.params = {"asked": SearchArguments(**ctx.params)}
        return super().invoke(ctx)


class SearchArguments(Struct, frozen=True, kw_only=True):
    """The arguments and options of `search` as you typed them, each under the name Click gives it.

    An option without a field here makes the command fail with a TypeError.
    """

    query: tuple[str, ...]
    issue: str | None = None
    within: str | None = None
    kind: str | None = None
    publication: str | None = None
    since: str | None = None
    until: str | None = None
    phrase: bool = False
    strict: bool = False
    sort: str = "relevance"
    limit: int | None = None
    context: int = 0
    group: str | None = None
    facet: str | None = None
    explain: bool = False
    brief: bool = False
    count: bool = False
    ids: bool = False
    template: str | None = None
    name: str | None = None
    nul: bool = False

    @property
    def text(self) -> str:
        """The query as typed: one argument or several mean the same."""
        from backissue.query.parsing import phrase_of

        words = " ".join(self.words).strip()
        return phrase_of(self.words) if words and self.phrase else words

    @property
    def words(self) -> list[str]:
        """The arguments of the query as typed."""
        return [as_typed(word.removeprefix(dashes.MARK)) for word in self.query]

    @property
    def is_pasted(self) -> bool:
        """Whether the text may be copied: as long as a sentence, or all of it in capitals."""
        one_by_one = any(word.lstrip(dashes.MARK).startswith("-") for word in self.query)
        return not one_by_one and (len(self.text.split()) >= _A_SENTENCE or self.text.isupper())

    @property
    def narrows(self) -> bool:
        """Whether options narrow the query, so that a saved search must name them."""
        narrowing = (
            self.issue,
            self.within,
            self.kind,
            self.publication,
            self.since,
            self.until,
        )
        return any(value is not None for value in narrowing)

    @property
    def fills(self) -> bool:
        """Whether sections that have some of the words follow those that have all.

        Not in a list with a line for each, where you do not say how many: a program may read it.
        """
        one_line_each = self.ids or self.brief or self.template is not None
        return not (self.count or self.facet) and (not one_line_each or self.limit is not None)

    @property
    def most(self) -> int | None:
        """How many hits to show at most; None is all, for a program that reads addresses."""
        return 1 if self.count else self.limit or (_DEFAULT_HITS if self.shows_hits else None)

    @property
    def shows_hits(self) -> bool:
        """Whether hits are shown to be read, or written as JSON, and not counted or listed."""
        return not (self.count or self.facet or self.ids or self.template is not None)


@examples(
    "backissue search distributed training",
    "backissue search '\"test-time compute\" OR o3'",
    "backissue search 'robot*' --in why --issue 390..395",
    "backissue search kind:fiction -robot --sort newest -n 5",
    "backissue search --kind fiction --since 2024",
    "backissue search compute --facet issue",
    "backissue search deepseek --ids -0 | xargs -0 -n1 backissue why",
)
@click.command(cls=_Search)
@click.argument("query", nargs=-1)
@click.option("--issue", metavar="RANGE", help="Only these issues: 395, 390..395, 390..")
@click.option(
    "--in",
    "within",
    metavar="FIELD",
    help="Look for the words in this field only: why, heading, …",
)
@click.option(
    "--kind", metavar="KIND", help="Only this kind: story, fiction, note, newsletter or notes."
)
@publication_option
@since_option
@until_option
@click.option("--phrase", is_flag=True, help="Search for the words as one phrase.")
@click.option("--strict", is_flag=True, help="No synonyms, and no section that lacks a word.")
@click.option(
    "--sort",
    type=click.Choice(["relevance", "newest", "oldest"]),
    default="relevance",
    show_default=True,
    help="In which order to show the hits; an issue without a date is sorted by its number.",
)
@click.option(
    "-n",
    "limit",
    metavar="N",
    type=click.IntRange(1, 10_000),
    help=f"How many hits to show.  [default: {_DEFAULT_HITS}]",
)
@click.option(
    "-C",
    "context",
    metavar="N",
    type=click.IntRange(0, 100),
    default=0,
    help="Show N more sentences before and after the words found.",
)
@click.option(
    "--group",
    type=click.Choice(["issue"]),
    help="Show the hits of an issue together, the issue of the best hit first.",
)
@click.option(
    "--facet",
    type=click.Choice(FACETS),
    help="Count all hits by one of these.",
)
@click.option(
    "--explain",
    is_flag=True,
    help="Show how the query was understood, and how each hit scored.",
)
@click.option("--brief", is_flag=True, help="Show one line per hit: address, day, heading.")
@click.option("--count", is_flag=True, help="Show only the number of sections.")
@click.option("--ids", is_flag=True, help="Show only addresses, one per line.")
@format_option(HITS, nul=False)
@click.option("--save", "name", metavar="NAME", help="Save this search as :NAME.")
@click.option("-0", "nul", is_flag=True, help="With --ids or --format: end each hit with NUL.")
@forms("json", "jsonl")
@pass_settings
def search(settings: Settings, asked: SearchArguments) -> int:
    """Find sections that have all of the words, the best match first.

    A query has words, "phrases", "near words"~5, prefix*, w?ldc*rds, fuzzy~, OR, NOT or -word,
    (brackets), saved searches (:NAME), and fields: issue:390..395 date:2024-11.. kind:fiction
    why:compute. The whole language: backissue help query. Below the sections that have all of the
    words follow those that have some, and what each lacks, until the page is full; --strict shows
    none of these. Without words, the options --issue, --kind, --publication, --since and --until
    list all sections that they name, the newest first.

    An issue without a date is between the dated issues around its number: --since and --until
    leave it out, and count it, only where that does not decide.

    Hits are numbered: backissue show @3 shows the third hit of the last search in this terminal.
    """
    if not asked.text:
        _check_wordless(asked)
    with settings.index() as index:
        _note_dashes(index, asked)
        options = search_options(settings.folder, index, asked)
        _tell_omissions(options.query, asked)
        if asked.name is not None:
            kept = str(options.query) if asked.narrows else asked.text
            _save(settings.folder, asked.name, kept)
        if asked.facet:
            return _facet(settings.present, index, options, asked)
        answer = index.searcher.search(options)
        if answer.hits and not asked.count:
            recent.remember(settings.folder, answer.hits, found_by(options.query, answer))
        settings.present.hits(answer, _view(index, asked, options, answer))
        diagnose(index, options.query, answer)
        point_to_issue(index, asked.text, asked.publication)
    return Exit.OK if answer.total else Exit.NOTHING_FOUND


def _note_dashes(index: "Index", asked: SearchArguments) -> None:
    """Say which words are left out; refuse a `-l5` that is no word of the archive."""
    if not any(word.lstrip(dashes.MARK).startswith("-") for word in asked.query):
        return
    from backissue.query.parsing import parse

    context = click.get_current_context()
    dashes.check_counts(
        context, asked.query, lambda word: not index.searcher.unmatched(parse(word))
    )
    if not asked.phrase and (note := dashes.left_out(asked.words, options_of(context))):
        say(note)


def _tell_omissions(query: "Query", asked: SearchArguments) -> None:
    """Say on standard error what of the text is no part of the query, or excludes sections."""
    if query.left_out:
        from backissue.cli.omissions import omissions

        say(omissions(query))
    if asked.is_pasted and " " in asked.text:
        from backissue.cli.omissions import exclusions

        if note := exclusions(query):
            say(note)


def found_by(query: "Query", answer: "Found") -> str:
    """A query for what the hits have: the words that you asked for, or synonyms of them."""
    from backissue.query.parsing import phrase_of

    others = dict.fromkeys(found for hit in answer.hits for _, found in hit.instead)
    return " OR ".join([f"({query})", *map(phrase_of, zip(others))]) if others else str(query)


def _save(folder: Path, name: str, text: str) -> None:
    """Save a search with everything that narrows it, and say what was saved."""
    from backissue.archive.saved_searches import checked_name, load, save
    from backissue.query.parsing import parse

    kept = checked_name(name)
    searches = load(folder)
    parse(text, saved={**searches, kept: text})  # what would use itself is refused
    save(folder, kept, text)
    say(f"saved as :{kept}: {text}")


def search_options(folder: Path, index: "Index", asked: SearchArguments) -> "SearchOptions":
    """What is asked of the index: the one place where options become a search."""
    from backissue.query import NO_SYNONYMS, SearchOptions, Sort

    return SearchOptions(
        query=_query(folder, index, asked),
        limit=asked.most,
        sort=Sort(asked.sort),
        grouped=asked.group is not None,
        context=asked.context,
        synonyms=NO_SYNONYMS if asked.strict else _synonyms(folder),
        partial=not asked.strict,
        fill=asked.fills and not asked.strict,
        related_words=asked.shows_hits and not asked.strict,
    )


def _synonyms(folder: Path) -> "Synonyms":
    from backissue.query import SYNONYMS_FILE, Synonyms

    if not (folder / SYNONYMS_FILE).exists():  # most archives have none
        return Synonyms()
    from backissue.query.synonyms import load

    return load(folder)


def _query(folder: Path, index: "Index", asked: SearchArguments) -> "Query":
    """The query as parsed, with the options that narrow it."""
    from backissue.query import EVERYTHING
    from backissue.query.parsing import parse

    saved_searches = _saved(folder) if ":" in asked.text else None
    query = EVERYTHING
    if asked.text:
        query = parse(asked.text, within=asked.within, saved=saved_searches)
        query = _with_publications(query, index)
    return _narrowed(query, index, asked) if asked.narrows else query


def _with_publications(query: "Query", index: "Index") -> "Query":
    """The query with the publications that it names in another spelling: `publication:importai`."""
    if "publication:" not in str(query.root):
        return query
    from backissue.query.names import with_publications

    root = with_publications(query.root, lambda name: otherwise_spelled(index, name))
    return replace(query, root=root)


def _check_wordless(asked: SearchArguments) -> None:
    """Raises `UsageError` if there are no words, and no option names sections without them."""
    if asked.within is not None:
        from backissue.query.parsing import parse

        parse("word", within=asked.within)  # is there such a field?
        raise UsageError(
            f"no words to look for in {asked.within}",
            hint=f"write backissue search WORDS --in {asked.within}",
        )
    if not (asked.narrows or asked.facet or asked.count or asked.sort != "relevance"):
        raise UsageError(
            "no words to search for",
            hint="write backissue search WORDS, or narrow: backissue search --kind fiction",
        )
    if asked.name is not None and not asked.narrows:
        raise UsageError("nothing to save", hint="write words, or options that narrow the search")


def _narrowed(query: "Query", index: "Index", asked: SearchArguments) -> "Query":
    from backissue.query.values import between, restrict

    slug = None if asked.publication is None else publication_slug(index, asked.publication)
    days = between(asked.since, asked.until)
    return restrict(
        query,
        issue=asked.issue,
        kind=asked.kind,
        publication=slug,
        days=() if days is None else (days,),
    )


def _saved(folder: Path) -> dict[str, str]:
    from backissue.archive.saved_searches import load

    return load(folder)


def _view(
    index: "Index", asked: SearchArguments, options: "SearchOptions", answer: "Found"
) -> View:
    return View(
        query=asked.text,
        count=asked.count,
        template="{id}" if asked.ids and asked.template is None else asked.template,
        end="\0" if asked.nul else "\n",
        grouped=asked.group is not None,
        brief=asked.brief,
        whole=asked.context > 0,
        places=index.searcher.places(options.query),
        explanation=_explanation(index, options, answer) if asked.explain and answer.hits else None,
    )


def _explanation(index: "Index", options: "SearchOptions", answer: "Found") -> Explanation:
    scores = {
        hit.rank: index.searcher.explain(options, hit.issue.key, hit.section.position)
        for hit in answer.hits
    }
    return Explanation(query=str(options.query), scores=scores)


def _facet(
    present: "Renderer", index: "Index", options: "SearchOptions", asked: SearchArguments
) -> int:
    from backissue.query import Facet

    facet = Facet(asked.facet)
    total, counts = index.searcher.facet(options, facet)
    undated = index.searcher.undated(options)
    present.facet(asked.text, facet.value, total, counts, undated)
    if not total:
        suggestion = index.searcher.respelled(options.query)
        explain_nothing(index, options.query, suggestion, undated)
    elif undated:
        tell_undated(undated)
    return Exit.OK if total else Exit.NOTHING_FOUND


COMMANDS = {command.name: command for command in (search,)}

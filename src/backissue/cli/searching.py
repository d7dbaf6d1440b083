"""The command that searches, and the forms its answer can have."""

import re
import shlex
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from backissue.cli import recent
from backissue.cli.addresses import publication_option, publication_slug, resolve
from backissue.cli.app import Settings, as_typed, examples, json_option, jsonl_option, pass_settings
from backissue.cli.output import Form, complain, say, write, write_ended, write_rich
from backissue.errors import Exit, UsageError
from backissue.render import json, plain, presentation

if TYPE_CHECKING:
    from backissue.index import Index
    from backissue.index.search import explaining
    from backissue.query import Query
    from backissue.query.synonyms import Synonyms
    from backissue.records import Found, Hit

_DEFAULT_HITS = 10
_WORD = "\0"  # before an argument that is a word of the query, whatever it looks like
FACETS = ("kind", "publication", "year", "issue")


class _TakesQuery(click.Command):
    """A command in whose arguments `-word` is a word left out, not a row of options."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        return super().parse_args(ctx, [_as_word(arg) for arg in args])


def _as_word(argument: str) -> str:
    """`-robot`, marked as a word; `-n5`, `-C2`, `-0`, `-h` and `--sort` are options."""
    is_word = re.match(r"-(?!-|[nhC]$|[nC]\d+$|0$).", argument)
    return _WORD + argument if is_word else argument


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shape:
    """What is wanted of the answer: how many hits, in which order, and what of them is written."""

    limit: int | None = None
    sort: str = "relevance"
    context: int = 0
    strict: bool = False
    count: bool = False
    ids: bool = False
    template: str | None = None
    facet: str | None = None
    nul: bool = False
    grouped: bool = False
    explained: bool = False

    @property
    def shows_hits(self) -> bool:
        """Whether people are to read the hits, and no program their names or number."""
        return not (self.count or self.ids or self.template is not None)


def _options(command: Callable[..., object]) -> Callable[..., object]:
    """The options of `search`, in the order in which help shows them."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


_OPTIONS = (
    click.option("--issue", metavar="RANGE", help="Only in these issues: 395, 390..395, 390.."),
    click.option(
        "--in", "within", metavar="FIELD", help="Look for words in this field: why, heading, …"
    ),
    click.option(
        "--kind", metavar="KIND", help="Only story, fiction or note; newsletter or notes."
    ),
    publication_option,
    click.option("--since", metavar="WHEN", help='Only from then on: 2024-11, "3 months ago".'),
    click.option("--until", metavar="WHEN", help="Only up to then."),
    click.option("--phrase", is_flag=True, help="The words are one phrase."),
    click.option("--strict", is_flag=True, help="No synonyms, and nothing that lacks a word."),
    click.option(
        "--sort",
        type=click.Choice(["relevance", "newest", "oldest"]),
        default="relevance",
        show_default=True,
    ),
    click.option(
        "-n",
        "limit",
        metavar="N",
        type=click.IntRange(1, 10_000),
        help=f"How many hits to show.  [default: {_DEFAULT_HITS}]",
    ),
    click.option(
        "-C",
        "context",
        metavar="N",
        type=click.IntRange(0, 100),
        default=0,
        help="Show N more sentences on either side of what was found.",
    ),
    click.option(
        "--group",
        type=click.Choice(["issue"]),
        help="Hits of one issue together, the issue of the best hit first.",
    ),
    click.option(
        "--facet", type=click.Choice(FACETS), help="How many of all hits there are of each."
    ),
    click.option(
        "--explain", is_flag=True, help="How the query was understood, and why each hit scored."
    ),
    click.option("--count", is_flag=True, help="Only how many sections there are."),
    click.option("--ids", is_flag=True, help="Only addresses, one a line."),
    click.option(
        "--format",
        "template",
        metavar="TEMPLATE",
        help="A line a hit: '{id}\\t{heading}'. Names: " + ", ".join(plain.TEMPLATE_NAMES) + ".",
    ),
    click.option("--save", "name", metavar="NAME", help="Keep this search, as :NAME."),
    click.option("-0", "nul", is_flag=True, help="With --ids or --format: NUL behind each hit."),
    json_option,
    jsonl_option,
)


@examples(
    "backissue search distributed training",
    "backissue search '\"test-time compute\" OR o3'",
    "backissue search robot* --in why --issue 390..395",
    "backissue search kind:fiction -robot --sort newest -n 5",
    "backissue search compute --facet issue",
    "backissue search deepseek --ids -0 | xargs -0 -n1 backissue why",
)
@click.command(short_help="Find sections.", cls=_TakesQuery)
@click.argument("query", nargs=-1, required=True)
@_options
@pass_settings
def search(
    settings: Settings,
    /,
    *,
    query: tuple[str, ...],
    as_json: bool,
    as_jsonl: bool,
    phrase: bool,
    name: str | None,
    **options: Any,
) -> int:
    """Find sections. Several words must all be in a section; the best match comes first.

    Words, "phrases", "near words"~5, prefix*, w?ldc*rds, fuzzy~, OR, NOT or -word, (brackets),
    saved searches (:NAME), and fields: issue:390..395 date:2024-11.. kind:fiction why:compute; for
    all of it: backissue help query. Where no section has all of the words, those that have most
    are shown, and what they lack.

    The hits are numbered; backissue show @3 goes to the third of the last search in this terminal.
    """
    shape, form = _shape(options), settings.form(json=as_json, jsonl=as_jsonl)
    text = _text(query, phrase=phrase)
    with settings.index() as index:
        asked = _parsed(settings.folder, index, text, options)
        if name is not None:
            narrowed = any(value is not None for value in options.values())
            _save(settings.folder, name, str(asked) if narrowed else text)
        if shape.facet:
            return _write_facets(settings.folder, index, asked, text, shape=shape, form=form)
        answer = _found(settings.folder, index, asked, shape)
        if answer.hits and not shape.count:
            recent.remember(settings.folder, answer.hits)
        _write_found(answer, text, form, shape, index=index, asked=asked)
        _remark(index, asked, answer)
    return Exit.OK if answer.total else Exit.NOTHING_FOUND


def _text(query: tuple[str, ...], *, phrase: bool) -> str:
    """The query as typed: in one argument it means what its words apart mean."""
    from backissue.query import phrase_of

    typed = [as_typed(word.removeprefix(_WORD)) for word in query]
    return phrase_of(typed) if phrase else " ".join(typed)


def _save(folder: Path, name: str, text: str) -> None:
    """Keep a search with all that narrows it, and say what is kept."""
    from backissue.archive.saved_searches import checked_name, load, save
    from backissue.query import parse

    kept = checked_name(name)
    searches = load(folder)
    parse(text, saved={**searches, kept: text})  # what would use itself is refused
    save(folder, kept, text)
    say(f"saved as :{kept}: {text}")


def _found(folder: Path, index: "Index", asked: "Query", shape: _Shape) -> "Found":
    from backissue.index.searcher import Sort

    usual = _DEFAULT_HITS if shape.shows_hits else None
    return index.searcher.search(
        asked,
        limit=1 if shape.count else shape.limit or usual,
        sort=Sort(shape.sort),
        grouped=shape.grouped,
        context=shape.context,
        synonyms=_synonyms(folder, shape),
        relax=not shape.strict,
    )


def _synonyms(folder: Path, shape: _Shape) -> "Synonyms":
    from backissue.query.synonyms import NO_SYNONYMS, load

    return NO_SYNONYMS if shape.strict else load(folder)


def _shape(options: dict[str, Any]) -> _Shape:
    """What the options say of the form of the answer; what narrows the query stays in `options`."""
    template = options.pop("template")
    return _Shape(
        limit=options.pop("limit"),
        sort=options.pop("sort"),
        context=options.pop("context"),
        strict=options.pop("strict"),
        count=options.pop("count"),
        ids=options.pop("ids"),
        template=plain.checked_template(template) if template is not None else None,
        facet=options.pop("facet"),
        nul=bool(options.pop("nul")),
        grouped=options.pop("group") is not None,
        explained=options.pop("explain"),
    )


def _parsed(folder: Path, index: "Index", text: str, narrow: dict[str, Any]) -> "Query":
    from backissue.query import parse, parse_since, parse_until, restrict

    publication = narrow["publication"]
    slug = publication_slug(index, publication) if publication is not None else None
    saved_searches = _saved(folder) if ":" in text else None
    since, until = narrow["since"], narrow["until"]
    first = parse_since(since) if since is not None else None
    last = parse_until(until) if until is not None else None
    if first and last and first.first and last.last and first.first > last.last:
        raise UsageError(f"--since {since} is after --until {until}", hint="change them about")
    return restrict(
        parse(text, within=narrow["within"], saved=saved_searches),
        issue=narrow["issue"],
        kind=narrow["kind"],
        publication=slug,
        days=tuple(filter(None, (first, last))),
    )


def _saved(folder: Path) -> dict[str, str]:
    from backissue.archive.saved_searches import load

    return load(folder)


def _write_found(
    answer: "Found", query: str, form: Form, shape: _Shape, *, index: "Index", asked: "Query"
) -> None:
    if form is Form.JSON:
        write([json.found(answer, query)])
    elif form is Form.JSONL:
        write(json.lines("hit", map(json.hit, answer.hits)))
    elif shape.count:
        write([str(answer.total)])
    elif shape.ids or shape.template is not None:
        write_ended(
            plain.filled(answer, "{id}" if shape.template is None else shape.template),
            "\0" if shape.nul else "\n",
        )
    elif answer.total:
        explained = _explained(index, asked, answer) if shape.explained else None
        if shape.explained:
            write(plain.understood(asked))
        _write_hits(answer, form, grouped=shape.grouped, explained=explained)


def _explained(index: "Index", asked: "Query", answer: "Found") -> dict[int, list[str]]:
    """Why each hit scored, as lines by its rank."""
    return {
        hit.rank: list(presentation.earned(hit, _earned(index, asked, hit))) for hit in answer.hits
    }


def _earned(index: "Index", asked: "Query", hit: "Hit") -> "tuple[explaining.Earned, ...]":
    return index.searcher.explain(asked, hit.issue.key, hit.section.position, hit.score)


def _write_hits(
    answer: "Found", form: Form, *, grouped: bool, explained: dict[int, list[str]] | None
) -> None:
    if form is Form.RICH:
        from backissue.render import terminal

        write_rich(lambda _: terminal.found(answer, grouped=grouped, explained=explained or {}))
        return
    lines = plain.grouped if grouped else plain.found
    write(lines(answer, explained or {}))
    if answer.total > len(answer.hits):
        say(f"{len(answer.hits)} of {answer.total} sections; -n {answer.total} shows all")


def _write_facets(
    folder: Path, index: "Index", query: "Query", text: str, *, shape: _Shape, form: Form
) -> int:
    from backissue.index.searcher import Facet

    facet = Facet(shape.facet)
    synonyms, relax = _synonyms(folder, shape), not shape.strict
    total, counts = index.searcher.facet(query, facet, synonyms=synonyms, relax=relax)
    if form in {Form.JSON, Form.JSONL}:
        write([json.facets(text, total, facet.value, counts)])
    else:
        write(f"{count}\t{presentation.one_line(value)}" for value, count in counts)
    if not total:
        _explain_nothing(index, query, index.searcher.respelled(query))
    return Exit.OK if total else Exit.NOTHING_FOUND


def _remark(index: "Index", asked: "Query", answer: "Found") -> None:
    """What there is to say beside the hits: what was let go, what stands for what, what was cut."""
    for cut in index.searcher.cut_expansions(asked):
        say(
            f"“{cut.part}” stands for {cut.of:,} words; the {cut.words:,} most frequent were sought"
        )
    if not answer.total:
        _explain_nothing(index, asked, answer.suggestion)
        return
    unknown = index.searcher.unmatched(asked)
    if answer.relaxed:
        message = f"no section has {_listed(unknown)}" if unknown else "no section has all of it"
        complain(f"{message}; these have most of the words", _better(answer.suggestion))
    elif unknown and not any(hit.instead for hit in answer.hits):
        complain(f"no section has {_listed(unknown)}", _better(answer.suggestion))
    if stand := dict.fromkeys(pair for hit in answer.hits for pair in hit.instead):
        say("also found: " + ", ".join(f"“{other}” for “{word}”" for word, other in stand))


def _explain_nothing(index: "Index", asked: "Query", suggestion: str | None) -> None:
    unknown = index.searcher.unmatched(asked)
    if unknown:
        complain(f"nothing found: no section has {_listed(unknown)}", _better(suggestion))
        return
    hint = _better(suggestion)
    if hint is None and (block := index.searcher.blocking(asked)):
        sections = "1 section" if block.total == 1 else f"{block.total} sections"
        hint = f"without {_listed(block.parts)}: {sections}"
    asks_words = bool(asked.wanted())
    complain("nothing found: no section has all of it" if asks_words else "nothing found", hint)


def _better(suggestion: str | None) -> str | None:
    return f"did you mean: backissue search {shlex.quote(suggestion)}" if suggestion else None


def _listed(words: Iterable[str]) -> str:
    """Words in quotes; a phrase is quoted already."""
    return ", ".join(word if '"' in word else f"“{word}”" for word in words)


@examples("backissue related 395.3", "backissue related @1", "backissue related 395.3 --json")
@click.command(short_help="List sections that belong with one.")
@click.argument("ref")
@publication_option
@click.option(
    "-n",
    "limit",
    metavar="N",
    type=click.IntRange(1, 1000),
    default=_DEFAULT_HITS,
    show_default=True,
    help="How many sections to show.",
)
@json_option
@jsonl_option
@pass_settings
def related(
    settings: Settings,
    /,
    *,
    ref: str,
    publication: str | None,
    limit: int,
    as_json: bool,
    as_jsonl: bool,
) -> int:
    """List the sections of other issues that belong with one, each with the reason.

    They link the same, one cites the other's issue, or rare words stand in both.
    """
    with settings.index() as index:
        head, position = resolve(settings, index, ref, publication)
        if position is None:
            raise UsageError(f"“{ref}” is an issue", hint=f"name a section: {head.id}.1")
        found = index.searcher.related(head.key, position, limit)
    of = f"{head.id}.{position}"
    if found:
        recent.remember(settings.folder, found)
    match settings.form(json=as_json, jsonl=as_jsonl):
        case Form.JSON:
            write([json.document("related", [json.related(item) for item in found])])
        case Form.JSONL:
            write(json.lines("related", map(json.related, found)))
        case Form.RICH if found:
            from backissue.render import terminal

            write_rich(lambda _: terminal.related(found, of))
        case _:
            write(plain.related(found, of))
    if not found:
        say(f"nothing else belongs with {of}")
    return Exit.OK if found else Exit.NOTHING_FOUND


@examples("backissue searches", "backissue searches --forget chips")
@click.command(short_help="List saved searches.")
@click.option("--forget", metavar="NAME", help="Drop the search of this name.")
@json_option
@pass_settings
def searches(settings: Settings, forget: str | None, as_json: bool) -> int:
    """List the searches kept with search --save NAME; :NAME in a query stands for one.

    In a pipe: name and query, apart by a tab.
    """
    from backissue.archive import saved_searches
    from backissue.archive.opening import require

    require(settings.folder)
    if forget is not None:
        saved_searches.forget(settings.folder, forget)
        say(f"forgot {forget}")
        return Exit.OK
    found = saved_searches.load(settings.folder)
    if settings.form(json=as_json) is Form.JSON:
        rows = [{"name": name, "query": query} for name, query in found.items()]
        write([json.document("searches", rows)])
    else:
        write(f":{name}\t{presentation.one_line(query)}" for name, query in found.items())
    if not found:
        complain("no search is saved", "to keep one: backissue search WORDS --save NAME")
    return Exit.OK if found else Exit.NOTHING_FOUND


COMMANDS = {command.name: command for command in (search, related, searches)}

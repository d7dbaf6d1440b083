"""The day and the number in the name of a source's file, the last resort for both.

Site generators name a post's file after its day: `2017-12-21-issue-99.md` (Jekyll), or its folder:
`2017-12-21-issue-99/index.md` (Hugo), `2017_12_21/README.md`. Any other number
in a name may count something else.
"""

import datetime
import re

from backissue.ingest.identity.evidence import Evidence, EvidenceKind, reported
from backissue.records import Facts
from backissue.text.days import date_line

_SUFFIX = re.compile(r"\.[A-Za-z]{1,10}\Z")
_DATED = re.compile(
    r"(?P<before>.{1,200}[-_. ])?(?P<year>(?:19|20)\d\d)(?P<sign>[-_])"
    r"(?P<month>\d\d?)(?P=sign)(?P<day>\d\d?)"
    r"(?:[-_. ]{1,3}(?P<rest>[^-_. ].*))?",
    re.DOTALL,
)
_DAY = re.compile(r"(?<!\d)\d{4}([-_])\d\d?\1\d\d?(?!\d)")
# `19-august-2025`, `august_19_2025`
_IN_WORDS = re.compile(
    r"(?<![^\W_])(?:\d{1,2}[-_. ][^\W\d_]{3,12}|[^\W\d_]{3,12}[-_. ]\d{1,2})"
    r"[-_. ](?:19|20)\d\d(?!\d)"
)
# `newsletter-no-7-march-2024`
_COUNTS = re.compile(r"(?:no|nr|number|issue|edition|ausgabe|#)[-_ .]?\Z", re.IGNORECASE)
# Behind another name, a day may be when a page was saved, unless it is a newsletter's.
_PERIODICAL = re.compile(
    r"newsletter|issue|digest|weekly|bulletin|letter|news|edition", re.IGNORECASE
)
_NUMBERED = re.compile(
    r"(?:(?:issue|edition|ausgabe|newsletter)(?:[-_ ]?(?:no|nr|number))?[-_ .]?#?"
    r"0{0,3}(?P<number>\d{1,5})(?:[-_ ]+[^\W\d_].*)?"
    r"|(?:(?:no|nr)[-_ .]?|#)0{0,3}(?P<alone>\d{1,5}))",
    re.IGNORECASE | re.DOTALL,
)
_YEAR = re.compile(r"(?:19|20)\d\d")
_BUNDLES = frozenset({"index", "_index", "readme"})
_LONGEST = 255  # characters; no file system has longer names


def in_file_name(name: str) -> tuple[Evidence, ...]:
    """What the name of a source says, with or without its folders; a member's is behind `!`.

    >>> [one.text for one in in_file_name("posts/2017-12-21-issue-99.md")]
    ['2017-12-21-issue-99.md', '2017-12-21-issue-99.md']
    """
    *folders, file = name.rpartition("!")[2].replace("\\", "/").split("/")
    stem = _SUFFIX.sub("", file)
    if stem == file:  # the place in a mailbox, or a file of any kind
        return ()
    if stem.lower() in _BUNDLES and folders:
        file = stem = folders[-1]
    if len(stem) > _LONGEST:
        return ()
    day, rest = _day_and_rest(stem)
    return reported(EvidenceKind.FILE_NAME, Facts(date=day, number=_number(rest)), file)


def _day_and_rest(stem: str) -> tuple[datetime.date | None, str]:
    worded = _IN_WORDS.search(stem)
    counted = worded is not None and _COUNTS.search(stem, 0, worded.start()) is not None
    if worded and not counted and (day := date_line(re.sub(r"[-_.]", " ", worded[0]))):
        stem = f"{stem[: worded.start()]}{day.isoformat()}{stem[worded.end() :]}"
    match = _DATED.fullmatch(stem)
    if len(_DAY.findall(stem)) > 1:  # from one day to another
        return None, ""
    if match and match["before"] and not _PERIODICAL.search(match["before"]):
        return None, ""
    try:
        day = datetime.date(*map(int, match.group("year", "month", "day"))) if match else None
    except ValueError:
        return None, ""
    return day, (match["rest"] or "") if match else stem


def _number(rest: str) -> int | None:
    match = _NUMBERED.fullmatch(rest)
    digits = (match["number"] or match["alone"]) if match else None
    return int(digits) if digits and not _YEAR.fullmatch(digits) else None

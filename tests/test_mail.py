"""Mail: each case under tests/cases/mail is a message and what it says; and no message hurts."""

import contextlib
import time
import tomllib
from email import message_from_bytes
from email.message import Message
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backissue.errors import RejectedSourceError
from backissue.ingest.identity import decide
from backissue.ingest.readers import mail, reader_for
from backissue.ingest.readers.mail import digests, encoded_files, headers, parts, quotations
from backissue.ingest.readers.mail.parts import header_of
from backissue.ingest.structure.drafts import Draft
from backissue.records import Block, BlockKind, Run
from backissue.text import wrapping
from backissue.text.boilerplate import footer, is_boilerplate
from backissue.text.decoding import decode
from backissue.text.prose import plain
from tests.conftest import original, reading

CASES = Path(__file__).parent / "cases" / "mail"
WRAPPED = (
    "The mills of this town have stood still for a year, and so it\n"
    "is no wonder that steel is dear: there is none to be had from\n"
    "anyone who makes it here, and what comes up the river on the\n"
    "boats is bought before it is seen, by those who can pay for a\n"
    "whole load of it at once, and in coin."
)
SMALL = b"""From: The Lathe <thelathe@e.org>
Date: Mon, 20 Jan 2025 23:55:00 -0800
Subject: =?utf-8?Q?Caf=C3=A9?= 12
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="m"

--m
Content-Type: multipart/alternative; boundary="a"

--a
Content-Type: text/plain; charset="utf-8"; format=flowed
Content-Transfer-Encoding: quoted-printable

Steel is =C3=A9 dear.
--a
Content-Type: text/html; charset=iso-8859-1
Content-Transfer-Encoding: base64

PHA+U3RlZWwgaXMgZGVhci48L3A+
--a--
--m
Content-Type: message/rfc822

From: Ada <ada@e.org>
Subject: Brass

---------- Forwarded message ---------
From: Bob <bob@e.org>
Subject: Tin

Gone.
--m--
"""


def cases(name: str, key: str = "case") -> list[Any]:
    found = tomllib.loads((CASES / name).read_text(encoding="utf-8"))[key]
    return [pytest.param(case, id=case["name"]) for case in found]


def lines(name: str) -> list[str]:
    found = tomllib.loads((CASES / "boilerplate.toml").read_text(encoding="utf-8"))[name]
    assert isinstance(found, list)
    return found


def of_draft(draft: Draft, wanted: dict[str, Any]) -> dict[str, Any]:
    """What an issue has of what a case names, with `""` for nothing."""
    found: dict[str, Any] = {
        "publication": draft.facts.publication,
        "number": draft.facts.number,
        "title": draft.facts.title,
        "date": draft.facts.date and draft.facts.date.isoformat(),
        "url": draft.facts.url,
        "intro": draft.intro,
        "boilerplate": [
            line for line in wanted.get("boilerplate", ()) if line in draft.boilerplate
        ],
        "sections": [
            {"heading": section.heading, "text": plain(section.blocks)}
            for section in draft.sections
        ],
    }
    for section, named in zip(found["sections"], wanted.get("sections", ()), strict=False):
        for name in set(section) - set(named):
            del section[name]
    return {name: "" if found[name] is None else found[name] for name in wanted}


@pytest.mark.parametrize("case", cases("format.toml"))
def test_mail_is_told_from_what_looks_like_it(case: dict[str, Any]) -> None:
    assert (reader_for(original(case["input"])).name == "mail") is case["mail"]


@pytest.mark.parametrize("case", cases("headers.toml"))
def test_the_fields_say_what_their_case_says(case: dict[str, Any]) -> None:
    data = "\r\n".join([*case["fields"], "", ""]).encode(case.get("encoding", "utf-8"))
    facts = decide(headers.evidence_of(header_of(data))).facts
    for name in ("publication", "title", "date", "url"):
        if name in case:
            assert str(getattr(facts, name) or "") == case[name]
    assert facts.number is None


@pytest.mark.parametrize(
    "case", [*cases("messages.toml"), *cases("odd.toml"), *cases("digests.toml")]
)
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_a_message_holds_the_issues_its_case_says(case: dict[str, Any], line_end: str) -> None:
    message = case["message"].lstrip("\n").replace("\n", line_end)
    found = reading(message.encode(case.get("encoding", "utf-8")))
    assert found.format == "mail"
    assert len(found.drafts) == len(case["issue"])
    for draft, wanted in zip(found.drafts, case["issue"], strict=True):
        assert of_draft(draft, wanted) == wanted


@pytest.mark.parametrize("case", cases("one_issue.toml"))
def test_what_a_carrier_calls_one_issue_is_parted_by_its_own_title_lines_only(
    case: dict[str, Any],
) -> None:
    found = reading(case["source"].lstrip("\n").encode()).drafts
    assert [of_draft(*both) for both in zip(found, case["issue"], strict=True)] == case["issue"]


@pytest.mark.parametrize("case", cases("shared_names.toml"))
def test_the_name_that_a_subject_and_the_first_lines_share_is_the_publication(
    case: dict[str, Any],
) -> None:
    found = reading(case["source"].lstrip("\n").encode()).drafts
    assert [of_draft(*both) for both in zip(found, case["issue"], strict=True)] == case["issue"]


@pytest.mark.parametrize("case", cases("replies.toml"))
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_a_reply_is_a_copy_of_what_it_quotes(case: dict[str, Any], line_end: str) -> None:
    data = case["message"].lstrip("\n").replace("\n", line_end).encode()
    found = reading(data).drafts
    assert [of_draft(*both) for both in zip(found, case["issue"], strict=True)] == case["issue"]
    shown = repr([(one.facts, one.intro, one.sections) for one in found])
    assert [words for words in case.get("without", ()) if words in shown] == []
    whole = shown + repr([one.boilerplate for one in found])
    assert [
        words for words in ("The cat", "The dog") if (words in whole) < (words in data.decode())
    ] == []


@pytest.mark.parametrize("case", cases("replies.toml", "line"))
def test_the_line_above_a_quotation_is_known_in_any_language(case: dict[str, Any]) -> None:
    assert quotations.strength(case["text"]) == case["strength"]


@pytest.mark.parametrize("case", cases("encoded_files.toml"))
def test_a_file_written_as_lines_is_named_and_no_words(case: dict[str, Any]) -> None:
    text, names = encoded_files.without_files(case["text"].strip("\n"))
    assert (text.strip("\n"), list(names)) == (case["kept"], case.get("names", []))


LISTED = """From: Ines Roth from The Millstone <ines@mill.example>
Subject: [grist] Flour and rye
Date: Mon, 20 Jan 2025 08:00:00 +0000
MIME-Version: 1.0
List-Id: Grist <grist.lists.mill.example>
List-Post: <mailto:grist@lists.mill.example>
Content-Type: multipart/mixed; boundary="m"

--m
Content-Type: multipart/alternative; boundary="a"

--a
Content-Type: text/plain

Rye is cheap.

--a
Content-Type: text/html

<p>Rye is <b>cheap</b>.</p>
--a--
--m
Content-Type: {type}; charset="us-ascii"
Content-Disposition: inline

{part}
--m--
"""


@pytest.mark.parametrize("case", cases("footers.toml"))
def test_a_part_that_a_list_adds_is_boilerplate_and_an_authors_is_not(case: dict[str, Any]) -> None:
    part = case["part"].lstrip("\n")
    (draft,) = reading(
        LISTED.format(type=case.get("type", "text/plain"), part=part).encode()
    ).drafts
    text = plain(block for section in draft.sections for block in section.blocks)
    whole = "\n\n".join(filter(None, [draft.intro, text]))
    if "standing" in case:
        assert (draft.intro, whole) == (None, "Rye is cheap.")
        assert [line for line in case["standing"] if line not in draft.boilerplate] == []
    else:
        assert "Rye is cheap." in whole
        assert case["kept"] in whole


@pytest.mark.parametrize("case", cases("footers.toml", "below"))
def test_a_lists_footer_below_a_letter_is_boilerplate(case: dict[str, Any]) -> None:
    head = LISTED.partition("Content-Type")[0]
    (draft,) = reading((head + case["text"]).encode()).drafts
    text = plain(block for section in draft.sections for block in section.blocks)
    whole = "\n\n".join(filter(None, [draft.intro, *(one.heading for one in draft.sections), text]))
    assert whole.endswith(case["kept"])
    assert ("Rye is cheap." in whole) is True


@pytest.mark.parametrize("case", cases("wrapped.toml"))
def test_hard_wrapped_lines_are_put_together_as_their_case_says(case: dict[str, Any]) -> None:
    joined = WRAPPED.replace("\n", " ")
    text = case["input"].replace("WRAPPED", WRAPPED)
    wanted = case["output"].replace("JOINED", joined)
    assert wrapping.unwrap(text) == wanted
    assert wrapping.unwrap(wanted) == wanted


@pytest.mark.parametrize("line", lines("standing"))
def test_a_standing_line_is_recognised_wherever_it_stands(line: str) -> None:
    assert is_boilerplate(line)


@pytest.mark.parametrize("line", lines("words"))
def test_an_authors_line_is_not_taken_for_a_standing_one(line: str) -> None:
    assert not is_boilerplate(line)


@pytest.mark.parametrize("case", cases("endings.toml"))
def test_a_text_ends_where_its_case_says(case: dict[str, Any]) -> None:
    listed = [*case["kept"], *case["taken"]]
    listed = [listed[place] for place in case.get("order", range(len(listed)))]
    blocks = [
        Block(kind=BlockKind.RULE) if line == "---" else Block(runs=(Run(text=line),))
        for line in listed
    ]
    standing = footer(blocks)
    taken = [line for place, line in enumerate(listed) if place in standing and line != "---"]
    assert taken == case["taken"]


def test_every_word_of_a_message_is_in_its_record() -> None:
    for (case,) in (one.values for one in [*cases("messages.toml"), *cases("odd.toml")]):
        found = repr(reading(case["message"].lstrip("\n").encode(case.get("encoding", "utf-8"))))
        for word in ("Steel", "Brass", "cheap", "mills"):
            assert (word in found) or word not in case["message"], case["name"]


@settings(max_examples=300)
@given(st.data())
def test_no_cut_or_insertion_makes_a_message_hurt(data: st.DataObject) -> None:
    message = bytearray(SMALL)
    for _ in range(data.draw(st.integers(1, 6))):
        start = data.draw(st.integers(0, len(message)))
        end = data.draw(st.integers(start, min(start + 60, len(message))))
        message[start:end] = data.draw(
            st.binary(max_size=8)
            | st.sampled_from([b"\n\n", b"--m", b"--a\n", b"=?utf-8?B?", b"\xff\xfe", b"=", b": "])
        )
    with contextlib.suppress(RejectedSourceError):
        mail.read(original(bytes(message)))
    mail.recognises(original(bytes(message)))


@given(st.integers(0, len(SMALL)))
def test_a_message_cut_short_is_read_as_far_as_it_goes(end: int) -> None:
    assert mail.read(original(SMALL[:end]))


@given(st.text(max_size=200))
def test_any_field_is_survived(value: str) -> None:
    fields = "\n".join(f"{name}: {value}" for name in ("Subject", "From", "Date", "List-Id"))
    headers.evidence_of(header_of(fields.encode("utf-8", "replace") + b"\n\n"))


@given(st.text(st.sampled_from("ab .\n>-*#:|<Z"), max_size=400))
def test_putting_lines_together_loses_no_word(text: str) -> None:
    words = [word for word in text.replace(">", " ").split() if word.isalnum()]
    found = [word for word in wrapping.unwrap(text).replace(">", " ").split() if word.isalnum()]
    assert found == words


def nested(levels: int) -> bytes:
    opened = b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (level, level)
        for level in range(levels)
    )
    return b"From: a@e.org\nSubject: x\nMIME-Version: 1.0\n" + opened + b"\nSteel is dear.\n"


def test_parts_nested_as_deep_as_any_real_ones_are_read() -> None:
    (draft,) = reading(nested(12)).drafts
    assert plain(draft.sections[0].blocks) == "Steel is dear."


@pytest.mark.parametrize("levels", [10_000, 40])
def test_parts_nested_without_end_are_rejected_in_no_time(levels: int) -> None:
    start = time.process_time()
    with pytest.raises(RejectedSourceError, match="nested too deep"):
        reading(nested(levels))
    assert time.process_time() - start < 5


def test_messages_within_messages_without_end_are_survived() -> None:
    top = b"From: a@e.org\nSubject: x\nMIME-Version: 1.0\n"
    with pytest.raises(RejectedSourceError):
        reading(top + b"Content-Type: message/rfc822\n\n" * 5_000 + b"\nSteel is dear.\n")


def test_more_parts_than_any_message_has_are_read_in_part_and_said() -> None:
    top = b"From: a@e.org\nMIME-Version: 1.0\nSubject: x\n"
    top += b"Content-Type: multipart/mixed; boundary=b\n\n"
    (draft,) = reading(top + b"--b\n\nSteel is dear.\n" + b"--b\n\n" * 200_000).drafts
    assert plain(draft.sections[0].blocks) == "Steel is dear."
    assert [flaw.code for flaw in draft.flaws] == ["nested-too-deep"]


LARGE_FIELDS = {
    "a long fold": b"X-Path: 1\n" + b" over the hill and down to the mill by the river\n",
    "short folds": b" a\n",
    "folds of blanks": b" \n",
    "fields": b"X-Path: 1\n",
    "broken lines": b"and on\nX-Path: 1\n",
    "addressees": b" a@e.org,\n",
}


@pytest.mark.parametrize("name", LARGE_FIELDS)
def test_a_header_of_half_a_megabyte_is_read_to_its_end_in_no_time(name: str) -> None:
    field = LARGE_FIELDS[name]
    top = b"From: a@e.org\nDate: Mon, 20 Jan 2025 23:55:00 -0800\nX-Path: 1\n"
    data = top + field * (540_000 // len(field)) + b"Subject: Steel\n\nSteel is dear.\n"
    start = time.process_time()
    (draft,) = reading(data).drafts
    assert time.process_time() - start < 8
    assert draft.facts.title == "Steel"
    assert plain(draft.sections[0].blocks) == "Steel is dear."


def test_parameters_without_end_take_no_time() -> None:
    top = b"From: a@e.org\nMIME-Version: 1.0\nSubject: Steel\nContent-Type: text/plain;\n"
    start = time.process_time()
    (draft,) = reading(top + b" a=b;\n" * 100_000 + b"\nSteel is dear.\n").drafts
    assert time.process_time() - start < 8
    assert draft.facts.title == "Steel"


def test_line_ends_of_cr_cr_lf_are_line_ends() -> None:
    lines = SMALL.replace(b"\n", b"\r\n")
    expected = [plain(section.blocks) for one in reading(lines).drafts for section in one.sections]
    (draft,) = reading(lines.replace(b"\r\n", b"\r\r\n")).drafts
    assert [plain(section.blocks) for section in draft.sections] == expected


def test_line_ends_of_cr_alone_are_line_ends() -> None:
    data = b"From: a@e.org\rSubject: Steel\rMessage-ID: <1@e.org>\r\rSteel.\r\rBrass.\r"
    (draft,) = reading(data).drafts
    assert draft.facts.title == "Steel"
    assert plain(draft.sections[0].blocks) == "Steel.\n\nBrass."


def test_a_blank_line_of_cr_cr_lf_parts_paragraphs_and_a_stray_one_changes_nothing() -> None:
    head = b"From: a@e.org\r\r\nDate: Mon, 20 Jan 2025 23:55:00 -0800\r\r\nMessage-ID: <1>\r\r\n"
    text = b"Subject: Steel\r\r\n\r\r\nSteel that goes\r\r\nto mills.\r\r\n\r\r\nBrass.\r\r\n"
    (draft,) = reading(head + text).drafts
    assert plain(draft.sections[0].blocks) == "Steel that goes\nto mills.\n\nBrass."
    usual = (head + text).replace(b"\r\r\n", b"\r\n").replace(b"Brass.\r\n", b"Brass.\r\r\n")
    (other,) = reading(usual).drafts
    assert plain(other.sections[0].blocks) == plain(draft.sections[0].blocks)


WRONG_IN_THE_LIBRARY = {
    "a message with a folded field, a broken one, and lines that end as mail's do",
    "a line of spaces above the text ends the header, though the text opens with a label",
    "a boundary that is not named",
    "what is called base64 and is not",
    "base64 with a list's footer in the clear below it",
}


def our_tree(part: parts.MimePart) -> object:
    inner = list(map(our_tree, part.parts))
    return (part.type, inner or part.text().text.split())


def library_tree(part: Message) -> object:
    inner = list(map(library_tree, part.get_payload())) if part.is_multipart() else []
    data = part.get_payload(decode=True)
    charset = parts.MimePart(header=part, body=b"").parameter("charset")
    words = decode(data, declared=charset).text.split() if isinstance(data, bytes) else []
    return (part.get_content_type(), inner or words)


def test_the_library_splits_messages_as_we_do_but_where_the_docstring_says() -> None:
    different = set()
    for path in (CASES / "messages.toml", CASES / "format.toml"):
        for case in tomllib.loads(path.read_text(encoding="utf-8"))["case"]:
            text = case.get("message") or case["input"]
            data = text.lstrip("\n").encode(case.get("encoding", "utf-8"))
            if case.get("mail", True) and not data.startswith(b"From "):
                found = our_tree(parts.parse(data)), library_tree(message_from_bytes(data))
                different |= {case["name"]} if found[0] != found[1] else set()
    assert different == WRONG_IN_THE_LIBRARY
    doc = " ".join((parts.__doc__ or "").split())
    assert all(name.partition(",")[0] in doc for name in WRONG_IN_THE_LIBRARY)


LONG = "Brass is dear, and no mill of this town will sell a bar of it."


def test_a_message_that_only_one_alternative_has_is_kept() -> None:
    text = f"""From: Ada <ada@e.org>
Date: Mon, 20 Jan 2025 23:55:00 -0800
Subject: Steel
Content-Type: multipart/alternative; boundary="a"

--a
Content-Type: text/plain

See below.
--a
Content-Type: message/rfc822

From: Bob <bob@e.org>
Subject: Brass

{LONG}
--a--
"""
    (draft,) = reading(text.encode()).drafts
    assert draft.facts.title == "Brass"
    assert plain(draft.sections[0].blocks) == LONG


def test_what_is_sent_on_may_be_shorter_than_the_words_above_it() -> None:
    text = f"""From: Ada <ada@e.org>
Date: Mon, 20 Jan 2025 23:55:00 -0800
Subject: Fwd: Steel
Message-ID: <1@e.org>

{LONG}

-----Original Message-----
From: Bob <bob@e.org>
Subject: Steel

Steel is dear.
"""
    (draft,) = reading(text.encode()).drafts
    assert plain(draft.sections[0].blocks) == "Steel is dear."
    dated = text.replace("Subject: Steel\n\nSteel", "Date: Mon, 6 Jan 2025 10:00:00 +0000\n\nSteel")
    (draft,) = reading(dated.encode()).drafts
    assert plain(draft.sections[0].blocks) == "Steel is dear."
    (reply,) = reading(text.replace("Fwd: ", "").encode()).drafts
    assert plain(reply.sections[0].blocks).startswith(LONG)


def test_one_message_below_hyphens_is_no_digest() -> None:
    one = f"{'-' * 30}\n\nFrom: Bob <bob@e.org>\nSubject: Brass\n\n{LONG}\n\n"
    assert digests.of_text(f"Hello.\n\n{one}") is None
    assert digests.of_text(f"Hello.\n\n{one}{one}") is not None

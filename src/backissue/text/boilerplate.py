"""Standing matter: lines that stand in every issue of a newsletter and say nothing of this one.

Two kinds of evidence. Some lines are standing matter wherever they are (`Unsubscribe`, `You are
receiving this because …`). Others are only where such lines are, at the end (a postal address,
`Privacy`): a story may well be headed so, and none ends an issue between two of the first kind.
What an author says *about* unsubscribing is in another person and another mood, and stays.
"""

import re
from collections.abc import Sequence
from itertools import compress

from backissue.records import Block, BlockKind
from backissue.text.prose import count_words, squeeze

_BUTTONS = """
    subscribe; subscribe now; subscribe here; sign up; sign up now; signup; share; share this post;
    share this issue; share this email; share this newsletter; click to share; leave a comment;
    comment; comments; like; restack; read in app; read in the app; open in app;
    open in app or online; view in browser; view this email in your browser; open in browser;
    view online; view on web; view on the web; read online; read on the web; web version;
    online version; upgrade to paid; upgrade; give a gift subscription; get the app; start writing;
    get the ios app; get the android app; get the ios app get the android app; tell a friend;
    refer a friend; forward to a friend; forward this email; pass it on; donate; pledge;
    thanks for reading; thank you for reading; thanks for subscribing; unsubscribe;
    unsubscribe here; unsubscribe from this list; unsubscribe from all; unsubscribe instantly;
    manage preferences; manage your preferences; manage your subscription; manage subscription;
    manage subscriptions; manage your email preferences; update preferences; email preferences;
    update your preferences; update subscription preferences; update your email preferences;
    change address; change your address; change email address; update your email;
    update profile; change your preferences; subscription preferences; email settings;
    why did i get this; follow on x; follow us; follow us on twitter; follow us on x;
    publish on beehiiv; powered by beehiiv; powered by substack; powered by ghost;
    powered by buttondown; powered by mailchimp; tweet; share on twitter; share on facebook;
    share on linkedin; share on x; share via email; report spam; report abuse;
    abmelden; abbestellen; newsletter abbestellen; im browser ansehen; online lesen; teilen;
    se désabonner; se désinscrire; voir en ligne; darse de baja; cancelar suscripción; ver en línea
"""
_NETWORKS = (
    r"facebook|twitter|x|instagram|linked\s?in|you\s?tube|tik\s?tok|threads|bluesky|mastodon|"
    r"pinterest|reddit|discord|telegram|whatsapp|rss|e-?mail|web\s?site|spotify|apple podcasts"
)
_NETWORKS_ROW = re.compile(rf"(?:(?:{_NETWORKS})(?:\s*[|·•,/]\s*|\s+|$)){{2,}}", re.IGNORECASE)
_APART = re.compile(r"\s*[|·•‧∙/→»]\s*|\s{2,}|\s+(?:or|and|–|—|-)\s+")
_IN_PLAIN_TEXT = re.compile(r"^\*\*\s+(?=\w)|(?<=\w)\s+\((?:https?://|mailto:)[^\s()]*\)$")
_PADDING = "\u034f\u00ad\u200b\u200c\u200d\u2007\u2060\ufeff\xa0 \t\n"

_MAIL = (
    r"(?:e-?mails?|messages?|mailings?|mail|newsletters?|digests?|updates?|letters?|publications?)"
)
_HERE = r"(?:in|on|via|at|as|with)"
_WEB = (
    r"(?:online|web\s?site|web(?:\s?page|\s+version)?|(?:web\s+)?browser|blog|archive|"
    r"(?:\w+\s+)?app)"
)
_SAYS_WHERE = re.compile(
    r"(?:to\s+)?(?:view|read|open|see|browse)\b"
    r"(?:\s+(?:it|this|the|an?|our|full|entire|post|issue|edition|version|article|story|whole|"
    rf"in\s+full[\s-]?colou?r|{_MAIL})){{0,5}}+,?\s*(?:{_HERE}\s+)?(?:(?:an?|the|your|our)\s+)?"
    rf"(?:{_WEB}|,?\s*visit)\b(?:\s+(?:at|here|instead))?[\s:.,|»→]*+"
    r"|(?:web|online)\s*version[\s:.,|»→]*+|webversion\b[\s:.]*+",
    re.IGNORECASE,
)
_DO = (
    r"(?:please\s+)?(?:click|tap|visit|send|go\s+to|reply|e-?mail|mail|use|follow|just|you\s+can)\b"
)
_OURS = r"(?:this|these|our|all|any|future|further|the\s+list)\b"
# What speaks to the reader of the mail itself, wherever it stands. Each opens its line; a story
# about unsubscribing has another subject (`To unsubscribe, users had to call`).
_OPENINGS = re.compile(
    rf"""(?:
      you(?:[’']re|\s+are|\s+have|[’']ve)?\s+(?:currently\s+)?(?:receiv(?:ing|ed)|gett?ing|got)\s+
        (?:this|these|our)\s+(?:\w+\s+)?{_MAIL}\s+(?:because|as|since|due)
    | you(?:[’']re|\s+are)\s+(?:currently\s+)?(?:subscribed|a\s+(?:free|paid)\s+subscriber)\s+
        (?:to\b.{{0,80}}\bas|as|to)\s
    | you(?:[’']re|\s+are)\s+(?:currently\s+)?on\s+the\s+(?:free|paid)\s+list
    | this\s+(?:\w+\s+)?(?:e-?mail|newsletter|mailing)\s+(?:was|is|has\s+been)\s+
        (?:sent|intended|delivered|mailed)\s+(?:to|for|by|from)
    | this\s+message\s+(?:was|has\s+been)\s+sent\s+to\s+(?:you\b|\S+@)
    | (?:sent|delivered)\s+to:?\s+\S+@\S+
    | to\s+(?:unsubscribe|be\s+removed|opt[\s-]?out|stop\s+receiving)\b
        (?:\s+(?:from|of)\s+{_OURS}[^.,:]{{0,60}}|\s+or\s[^.,:]{{0,80}}|\s+(?:this|these)\s+{_MAIL})?
        \s*(?:[,:]\s*)?(?:{_DO}|here\b|at\s+https?:|https?:|<|$)
    | please\s+(?:unsubscribe|remove)\s+me\b
    | unsubscribe\s*[?:–—-]?\s*(?:https?:|<|mailto:|\S+@\S+|here\b|{_DO}|from\s+{_OURS})
    | (?:want|wish|need|would\s+you\s+like)\s+to\s+
        (?:unsubscribe|change\s+how\s+you\s+(?:receive|get)\s+(?:this|these|our)\s+{_MAIL})\s*\?
    | you(?:[’']re|\s+are)\s+(?:receiving|getting)\s+this\s+because\s+(?:you|of\s+your)\b
        .{{0,60}}?\b(?:subscri|sign|opt|regist|join|ask|member|on\s+(?:our|my|the)\b)
    | (?:click|tap)\s+here\s+(?:to|if)\s+(?:unsubscribe|be\s+(?:instantly\s+)?removed|opt|update|
        change|manage|view|receive\s+future|read\s+(?:it|this)|you\s+(?:no\s+longer|can[’']?t|cannot))
    | if\s+you\s+(?:no\s+longer\s+(?:wish|want)|(?:don[’']t|do\s+not)\s+(?:wish|want)|
        would\s+(?:like|prefer|rather)|wish|want|prefer)\s+(?:not\s+)?to\s+
        (?:receive|unsubscribe|opt[\s-]?out|be\s+removed|stop\s+receiving)
        (?:\s*[,.]|\s+(?:(?:from|of)\s+)?{_OURS}|\s+it\b|\s+{_MAIL}\b)
    | (?:don[’']t|do\s+not|no\s+longer)\s+(?:want|wish)\s+(?:to\s+(?:receive|get)\s+)?
        (?:these|this|our)\s+{_MAIL}\b
    | (?:manage|update|change|edit|cancel)\s+your\s+
        (?:e-?mail\s+(?:settings|preferences)|preferences|subscription)\b(?:\s\S+){{0,8}}$
    | (?:forwarded\s+this\s+{_MAIL}|(?:was|were)\s+(?:this\s+(?:{_MAIL}\s+)?|you\s+)forwarded\s|
        did\s+(?:someone|a\s+friend|somebody)\s+(?:forward|send)\s+(?:you\s+)?this|
        (?:get(?:ting)?|receiv\w+)\s+this\s+from\s+a\s+friend)[^.!]{{0,40}}\?
    | (?:having\s+)?(?:trouble|problems|difficulty)\s+(?:viewing|reading|seeing)\s+
        (?:this|the|images)
    | (?:is\s+)?(?:this\s+)?(?:{_MAIL}|images?)\s+not\s+display(?:ing|ed)
    | if\s+(?:you\s+(?:can[’']?t|cannot|are\s+(?:unable|having))|
        (?:this|the)\s+{_MAIL}\s+(?:is|does))\s.{{0,40}}?(?:(?:read|see|view)(?:ing)?\s+(?:this|the)\s+(?:{_MAIL}|images)|display)
    | (?:please\s+)?add\s+\S+@\S+\s+to\s+your\s+(?:address\s+book|contacts|safe)
    | to\s+(?:ensure|make\s+sure)\s.{{0,100}}?\badd\b.{{0,60}}?(?:address\s+book|contacts|safe)
    | (?:copyright\s+)?(?:©|\(c\)\s+(?:19|20)\d\d)
    | copyright\s+(?:\(c\)|(?:19|20)\d\d(?!\d|\s+(?-i:[a-z])))
    | (?:all\s+rights\s+reserved|alle\s+rechte\s+vorbehalten|tous\s+droits\s+réservés)\b
    | (?:our|my)\s+(?:mailing|postal)\s+address\s+is\b
    | listen\s+to\s+posts,\s+join\s+subscriber\s+chats
    | read\s+.{{1,60}}\s+in\s+the\s+app$
    | sie\s+erhalten\s+(?:diese[nsr]?|den|unseren)\s+(?:newsletter|e-?mail|mail)
    | (?:wenn|falls)\s+sie\s+(?:diesen|den|keinen?)\s+(?:weiteren\s+)?newsletter
    | vous\s+recevez\s+(?:cet|ce|cette)\s | (?:recibes|ha\s+recibido|está\s+recibiendo)\s+este\s
    )""",
    re.IGNORECASE | re.VERBOSE,
)
_FAREWELL = re.compile(r"thank(?:s| you) for reading\b[^.!?\n]{0,60}[.!]?", re.IGNORECASE)
# A notice is one line or three; what goes on for longer has something to say.
_LONGEST = 400
_LONGEST_RIGHTS = 160

# Standing matter only where lines of the first kind are.
_AT_THE_END = re.compile(
    rf"""(?:
      (?=.*(?:\S+@\S+|https?://|\bmail\b|\bhere\b|\bclick\b))
        (?:.*(?:[.!?]\s|\bto\s|["“'‘])|)(?:un)?subscribe\b
    | .*\bremove\s+(?:you|yourself|me)\b.*\blist\b
    | (?:.*\b(?:to|you\s+can|you\s+may)\s+)?(?:un)?subscribe\b.{{0,60}}\b(?:or|and|&|\|)\b.{{0,60}}
        \b(?:change|manage|update|cancel|preferences|address|settings|unsubscribe)\b
    | .*\b(?:subscri\w+|update|change)\b.*\b(?:visit|go\s+to):$
    | (?:cancel|manage|change|update)\s+(?:your|my)\s.{{0,30}}
        (?:subscription|preferences|address|settings|profile|e-?mail|options|account)\b
    | to\s+(?:subscribe|join|sign\s*up|get\s+the\s+latest|
        (?:change|modify)\s+(?:your|the)\s+(?:e-?mail\s+)?address)\b.{{0,80}}
        (?:visit|go\s+to|send|click|please|https?:|\S+@\S+|:$)
    | (?:back|past|previous)\s+issues\b
    | (?:the\s+)?archives?\b.{{0,30}}(?:https?:|available|:$|at\b)
    | (?:published|produced|distributed|provided|powered|sent|sponsored|hosted|mailed|supported)\s+
        (?:by|with|via|on|through)\b(?:\s\S+){{1,8}}$
    | (?:\S+\s){{1,3}}is\s+(?:published|produced|compiled|edited|brought\s+to\s+you)\s+by\b
    | .{{1,40}}\bis\s+supported\s+by\b.*https?:
    | (?:edit(?:ed|or)|written|copy[\s-]?edit\w+|publisher|marketing|advertising|sponsorships?|
        contact|questions|feedback|phone|fax|tel)(?:\s+(?:and|&)\s+\w+)?\s*(?::|by\b)
    | (?:contact|questions|feedback|tips|advertis\w+|sponsor\w*|press\s+releases)\b.{{0,80}}\S+@\S+
    | (?:for\s+)?(?:other\s+)?(?:questions|comments|feedback|suggestions)\b.{{0,100}}
        (?:contact|write|mail|reply|send|\S+@\S+)
    | please\s+feel\s+free\s+to\s+(?:forward|share|reprint|copy|pass)\b
    | (?:reproduction|redistribution|copying|distribution|permission)\b.{{0,80}}
        \b(?:permitted|encouraged|allowed|fine|granted|prohibited)\b
    | (?:advertise|sponsor|partner|work)\s+(?:with|in)\b(?:\s\S+){{0,5}}$
    | (?:privacy|cookie)\s+(?:policy|notice|statement)(?:\s\S+){{0,6}}$
    | (?:how\s+was|what(?:[’']d|\s+did)\s+you\s+think\s+(?:of|about)|
        how\s+did\s+(?:you|we|i)\s.{{0,20}})\s+(?:today[’']s|this)\s+(?:\w+[’']s\s+)?(?:{_MAIL}|issue|edition)
    | .{{1,40}}\b(?:feed|subscription|notification|e-?mail)\s+settings$
    | \S+(?:\s\S+){{0,4}}\s+mailing\s+list$ | .*/(?:mailman/)?listinfo/
    | .*\bmailing\s+list\b.*(?:\S+@\S+|https?://)
    )""",
    re.IGNORECASE | re.VERBOSE,
)
_END_HEADINGS = re.compile(
    r"(?:>+\s*)?(?:administrivia|(?:the\s+)?(?:small|fine)\s+print|staff|credits|sponsors?|advertisement|imprint|impressum|"
    r"(?:subscription|contact)\s+info(?:rmation)?|legal(?:\s+notice)?|mentions\s+légales|privacy|"
    r"terms(?:\s+(?:of\s+(?:use|service)|and\s+conditions))?|advertise|contact|contact\s+us|"
    r"about\s+us|about\s+this\s+(?:message|e-?mail|newsletter|list))(?:\s*<+)?:?",
    re.IGNORECASE,
)
_ADDRESS_ALONE = re.compile(
    r"(?:\w+:\s*)?[<(\[]?(?:(?:https?://|ftp://|www\.)\S+|(?:mailto:)?[\w.+-]+@[\w-]+\.[\w.-]+)[>)\]]?[.,]?",
    re.IGNORECASE,
)
_POSTAL = re.compile(
    r"\b(?:street|st|avenue|ave|road|rd|boulevard|blvd|lane|drive|suite|ste|floor|p\.?\s?o\.?\s?box|"
    r"pmb|stra(?:ß|ss)e|str|platz|rue|calle|via|plaza|square|cent(?:re|er)|house|building)\b\.?|"
    r"\b[A-Z]{2}\s+\d{5}(?:-\d{4})?\b|\b[A-Z]{1,2}\d[\dA-Z]?\s+\d[A-Z]{2}\b|\b\d{5}\s+[A-Z]",
    re.IGNORECASE,
)
_PUBLISHED = re.compile(r"(?:published|produced|sent|brought\s+to\s+you)\s+by\b", re.IGNORECASE)
_LONGEST_POSTAL = 20
_LONGEST_LEAD = 12
_SHORT = 6
# Longer than that, a notice speaks to its reader.
_LONG_NOTICE = 240
_TO_READER = re.compile(r"\byour?\b", re.IGNORECASE)
# So many words of an author's may stand among the lines at the end, and stay the author's.
_MOST_BETWEEN = 60


def _texts(listed: str) -> frozenset[str]:
    return frozenset(" ".join(text.split()) for text in listed.split(";"))


_BUTTON_TEXTS = _texts(_BUTTONS)


def is_boilerplate(text: str) -> bool:
    """Whether a line is standing matter wherever it stands: a button, a farewell, a notice."""
    line = squeeze(text.strip(_PADDING))
    if not line:
        return bool(text.strip())
    # `** unsubscribe from this list (https://…)`: a button in plain text.
    line = _IN_PLAIN_TEXT.sub("", line)
    if len(line) > _LONGEST:
        return False
    if _is_button(line) or _FAREWELL.fullmatch(line):
        return True
    if opening := _OPENINGS.match(line):
        rights = opening[0].lower().startswith(("©", "(c)", "copyright"))
        return not rights or len(line) <= _LONGEST_RIGHTS
    return says_where(line) is not None or _NETWORKS_ROW.fullmatch(line) is not None


def says_where(text: str) -> int | None:
    """Where, in a line that says where to read it online, the place itself would start.

    `View this post on the web at https://…`; None where a line says anything else besides.
    """
    says = _SAYS_WHERE.match(text)
    if not says:
        return None
    rest = text[says.end() :].strip()
    return says.end() if not rest or _ADDRESS_ALONE.fullmatch(rest) or _is_button(rest) else None


def _is_button(line: str) -> bool:
    """One button, or several in a row: `Signup | Work With Us | Follow on X`."""
    plain = line.lower().rstrip(".!:?»→ ").lstrip("[(→ ").rstrip(")] ")
    if plain in _BUTTON_TEXTS:
        return True
    parts = [part.rstrip(".!: ") for part in _APART.split(plain) if part]
    known = sum(
        part in _BUTTON_TEXTS or re.fullmatch(_NETWORKS, part) is not None for part in parts
    )
    # A row has words of its own as well, but they are few and its buttons are some.
    return len(parts) > 1 and len(plain) < 120 and known * 3 >= len(parts) * 2


def footer(blocks: Sequence[Block]) -> frozenset[int]:
    """The places of the standing matter at the end of a text.

    It reaches up from the end as far as there are such lines with few words between them. Words
    between them that are not standing matter themselves are in no such place.
    """
    groups = _groups(blocks)
    tail = _tail(blocks, groups)
    if not any(is_boilerplate(blocks[place].text) for group in tail for place in group):
        return frozenset()
    found = {place for group in tail for place in group}
    top, bottom = min(found), max(found)
    for place in range(top, len(blocks)):
        if place not in found and _belongs(blocks, place, found, bottom):
            found.add(place)
    # A heading goes with what is below it, if all of that goes.
    whole = all(place in found for place in range(top, len(blocks)))
    if whole and top and _END_HEADINGS.fullmatch(squeeze(blocks[top - 1].text)):
        found.add(top - 1)
    return frozenset(found)


def _groups(blocks: Sequence[Block]) -> list[list[int]]:
    """The places of each paragraph's lines."""
    groups: list[list[int]] = []
    for place, block in enumerate(blocks):
        if block.joined and groups and block.kind is not BlockKind.RULE:
            groups[-1].append(place)
        else:
            groups.append([place])
    return groups


def _tail(blocks: Sequence[Block], groups: Sequence[list[int]]) -> list[list[int]]:
    """The paragraphs of standing matter at the end.

    A button is as good above the first story as below the last, and tells no end.
    """
    found: list[list[int]] = []
    between = 0
    for group in reversed(groups):
        words = [count_words(blocks[place].text) for place in group]
        lines = [squeeze(blocks[place].text) for place in group]
        known = [_tells_end(line) for line in lines]
        told = [tells or _is_place(line) for tells, line in zip(known, lines, strict=True)]
        if any(known) and sum(compress(words, told)) * 2 >= sum(words):
            found.append(group)
            between = 0
            continue
        between += sum(
            count
            for count, place in zip(words, group, strict=True)
            if not is_boilerplate(blocks[place].text)
        )
        if between > _MOST_BETWEEN:
            break
    return found


def _tells_end(text: str) -> bool:
    plain = _IN_PLAIN_TEXT.sub("", text)
    if _OPENINGS.match(plain) or (plain.lower().startswith("unsubscribe") and _is_button(plain)):
        return True
    if _PUBLISHED.match(text) and _is_place(text):
        return True
    speaks = len(text) <= _LONG_NOTICE or _TO_READER.search(text) is not None
    return speaks and len(text) <= 2 * _LONGEST and _AT_THE_END.match(text) is not None


def _is_place(text: str) -> bool:
    """A web, mail or postal address, and nothing else."""
    if _ADDRESS_ALONE.fullmatch(text):
        return True
    postal = _POSTAL.search(text) is not None and re.search(r"\d", text) is not None
    return postal and count_words(text) <= _LONGEST_POSTAL and text[-1:] not in "!?:"


def _belongs(blocks: Sequence[Block], place: int, found: set[int], bottom: int) -> bool:
    """Whether a line among those at the end says no more than they: an address, a name, a rule."""
    block = blocks[place]
    text = squeeze(block.text)
    below = place - 1 in found
    if block.kind is BlockKind.RULE:
        return below or place + 1 in found
    if not below:
        return False
    after = squeeze(blocks[place + 1].text) if place + 1 < len(blocks) else ""
    words = count_words(text)
    return (
        is_boilerplate(text)
        or _is_place(text)
        or _END_HEADINGS.fullmatch(text) is not None
        or (words <= _LONGEST_LEAD and text.endswith(":") and bool(_ADDRESS_ALONE.fullmatch(after)))
        # `Ada Moore`, `San Francisco`: too short to say anything, between lines that do not.
        or (
            words <= _SHORT
            and text[-1:] not in ".!?:…"
            and place < bottom
            and block.kind is not BlockKind.HEADING
        )
    )

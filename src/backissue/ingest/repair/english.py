"""English as far as repair needs it: word lists, and what words begin and end with.

Most of it decides only what a document's own vocabulary leaves open, and no list claims to be
complete. Beside each stands where its words come from: a closed class of English grammar (function
words, numerals, prefixes), or, in the open classes, the prose of newsletters on technology. No
dictionary or corpus is recorded as a source. The witnesses are `tests/cases/repair/line-ends.toml`
and the hand-read `tests/gold/notes-breaks.txt`; what they do not show stands by analogy. A new word
comes with a case. All are in small letters.
"""

import re


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


# ---------------------------------------------------------------- what a word looks like

# The consonants an English syllable may begin with, and a vowel. `mpute` is the rest of a word.
ONSET = re.compile(
    r"""(?:bl|br|ch|chl|chr|cl|cr|cz|dr|dw|fl|fr|gh|gl|gn|gr|kh|kl|kn|kr|ph|phr|pl|pr|ps|rh|sc|sch
    |scr|sh|shr|sk|sl|sm|sn|sp|sph|spl|spr|squ|st|str|sw|th|thr|tr|ts|tw|wh|wr|zh
    |[b-df-hj-np-tv-z])?[aeiouy]""",
    re.VERBOSE,
)
# The letters an English word may end in. `com` could be a word by this, `probl` could not.
_CODA = re.compile(
    r"""(?:[aeiouy]|[aeiouy][b-df-hj-np-tv-z]|ll|ss|ff|zz|tt|dd|nn|rr|gg|bb|l[bcdfgkmnptv]|n[cdgktxz]
    |m[bpf]|r[b-df-hj-np-tv-z]|s[hkmpt]|c[hkt]|[pgt]h|ght|p[t]|ft|xt|w[nlk]|gn|hm|[a-z]s)$""",
    re.VERBOSE,
)
# Ends of words that are no words: `remain- ing`, `mod- els`. The suffixes of English, alone or
# behind a consonant or two (`plan- ning`), and last syllables of common words (`-ture`, `-ble`).
BOUND = re.compile(
    r"""(?:[b-df-hj-np-tv-xz]{0,2})(?:ings?|ed|ers?|est|ly|al|als|ally|i?cal|i?cally|ty|ity|ities
    |[ts]ions?|[ts]ional|[ts]ionally|[ts]ioned|ments?|mental|ness|nesses|ances?|ences?|ancy|ency
    |ant|ants|ent|ents|ently|able|ably|ible|ibly|bility|ous|ously|ious|eous|ive|ives|ively|ize|izes
    |ized|izing|ise|ised|ism|isms|ist|ists|istic|ful|fully|less|ship|hood|dom|ary|ory|tory|sary
    |tive|tively|tual|tually|tial|tially|cial|cially|cian|cient|ture|tures|tured|sure|sures|sis
    |ple|ples|ble|bles|tle|tles|gle|cle|cles|dle|fle|zle|ter|ters|ber|der|ders|ger|gers|ner|ners
    |el|els|en|ens|es|le|les|gy|gies|phy|try|tries|cy|cies|ry|ries|fy|fies|fied|fying|ward|wards
    |ties|ics|ic|rity|lity|nity|sity|logy|logical|graphy|metry|nomic|matic|matically|tic|tics)""",
    re.VERBOSE,
)


def looks_whole(word: str) -> bool:
    """Whether letters could be an English word: a vowel, and a beginning and end English has."""
    low = word.lower()
    return bool(re.search(r"[aeiouy]", low) and ONSET.match(low) and _CODA.search(low))


# ---------------------------------------------------------------- function words

# The closed classes: articles, pronouns, conjunctions, prepositions, auxiliaries, and the commonest
# adverbs. A break before one is seldom within a word.
FUNCTION = _set(
    """a an the this that these those it its they them their he him his she her we us our you
    your i me my who whom whose which what when where why how if whether because since while
    although though unless until so but yet for of at by from with without within into onto
    upon about against between among during before after above below under over again then
    once here there not no never always also just only even still already very too quite
    rather perhaps maybe is are was were be been being am has have had having do does did
    can could will would shall should may might must let lets some any each every all both
    few more most other such own same than now well really say says said in on up out off
    down plus as and or nor to"""
)
# What follows a hyphen that stands for a word to come: `pre- and post-training`; conjunctions of
# English, German and French.
SUSPENDING = _set("and or nor to und oder bzw et ou vs versus through as plus but")
# Adverbs that make a noun of a verb: `shutdown`, `drop-in`.
PARTICLES = _set("in on up out off over down back away by")
# Nouns close up with these (`slowdown`, `rollout`), and keep a hyphen before the others but
# for a few (`drop-in`, `speedup`).
CLOSING_PARTICLES = _set("over down back away by out")
CLOSED_WITH_PARTICLE = _set(
    """speedup setup backup lineup pickup makeup checkup markup startup breakup roundup payoff
    layoff takeoff kickoff cutoff standoff playoff liftoff turnoff herein therein wherein within"""
)

# ---------------------------------------------------------------- halves that are torn off

# First halves that are no words: what stands before the break is torn off. Latin and Greek prefixes
# as they are before a consonant (`com`, `sug`, `syn`), and first syllables of common words.
TORN = _set(
    """ab ac af ag al ap ar bal bi cal cen cer cir col com con cor coun cul dif dis ef el em en
    eq es ev ex exam exer fa fi fur gen gov gra he hu hy il im ir jus le li lim lin lis lu
    ma mag mal mar math me mem meth mi min mis mo mon mul nat neces ni nor nu ob oc oper op
    or ori par parti pat pe per phi pi po pos pre pri prin pro prob prod pub pur ques ra re
    rec ref reg rel rep res ri ro sci sec sen sig sim sit sol spec stan strat struc stu sub
    suc suf sug sup sur sus sy sym syn sys tech tem ten ter tion tra tran trans tri tur un
    uni va val var ver vi vir vis vol"""
)
# Words as short as syllables: before a break they are rather the latter (`be- tween`, `us- ing`).
TORN_WORDS = _set("do go he me or no so to us we i a as at be by is it in on an")

# ---------------------------------------------------------------- compounds

# Twenty-one to ninety-nine take a hyphen.
TENS = _set("twenty thirty forty fifty sixty seventy eighty ninety")
# Compounds take a hyphen before these, whatever the first part; no closed English word ends so.
# Participles and adjectives that need another word to lean on: `AI-directed`, `cost-efficient`.
HYPHENATED_SECONDS = _set(
    """like aligned agnostic assisted augmented aware backed based biased bound calibrated capable
    centered centric certified compatible competitive compliant conditioned conscious
    constrained controlled curated dependent derived designed directed driven edge efficient
    enabled enhanced equipped equivalent equivalents exempt facing filtered financed focused
    forming free friendly funded generated generating grade grained guided handed heavy
    hungry hosted independent induced informed inspired integrated intensive invariant level
    limited linked making mediated minded native neutral optimal optimized oriented owned
    parallel parameter poor powered priced prone purpose quality quantized range rated ready
    related relevant resistant resolution responsive rich run running sensitive shaped
    sharing shot sized solving sourced speaking specific sponsored starved state step style
    supervised supplied sustaining term tested themed threatening thinking tier tolerant
    trained trillion tuned tuning turn type using verified wise world worthy year years old
    aged ahead esteem interest known scale intended hanging performing following parity
    weighted language source called dollar armed critical headed averse gapped capped
    constraint constraints optimised organized learned engineered wielding winning driving
    leading"""
)
# First parts that join those: the word is another one. Prefixes, and prepositions used as such:
# `over- priced` is `overpriced`.
JOINING_FIRSTS = _set(
    """a ab ad al be com con de dis em en ex fore il im in inter ir mis of out over per pre pro
    re sub super sur trans un under up with"""
)
# First parts that take a hyphen before a whole word: `self-` and `ex-`, numerals, adjectives of
# measure and colour, and the nouns that this field makes compounds of.
HYPHENATED_FIRSTS = _set(
    """self ex quasi all well so ever near long short high low large small wide broad deep hard
    soft fast slow full half open closed real general special single double dual triple two
    three four five six seven eight nine ten twenty thirty forty fifty sixty seventy eighty
    ninety first second third cross fine coarse state best better good bad big new old early
    late mid human machine world cost time energy compute data text vision battery water
    fossil much many top bottom left right red blue green black white same zero few one
    longer higher lower larger smaller faster end ready risk rule role peer user model token
    hundred thousand million billion trillion"""
)
# Prefixes that take one only before a word the document knows: `post-training`, but `postpone`.
PREFIXES = _set(
    """anti co counter hyper inter intra macro mega meta micro mid mini multi nano neo non pan post
    pre pseudo semi sub super ultra"""
)
# Both halves are words, and so is the whole: `any- thing`, `out- come`, `frame- work`. Some seconds
# are rests of such words (`puter`, `mentary`).
CLOSED_FIRSTS = _set(
    """any some every no an other where there here what who when how mean never further more
    over under out up through with along down fore back hand head web net soft hard fire
    ground short key life note data broad band break feed boot frame land off home house
    work ever like wise them your our my him her worth"""
)
CLOSED_SECONDS = _set(
    """work works worked working ware width mark marks book books base bases set sets line
    lines stream down board boards man men woman women land lands light lights house houses
    room rooms day days ship shop store place places point points power proof mate maker
    makers field fields fall back ground grounds self selves thing one body where how way
    ways time times what ever more over fore after less like wise side strap straps
    structure flow flows through throughs put puts take takes look come stand standing stood
    head heads hand hands step let port ports form forms scape space craft ships load loads
    loading log logs cast casts cut cuts off scope sphere graph graphs gram grams type types
    meter meters mentary puter puters ability capabilities spread spreads"""
)
# Compounds common in English or in this field, as sure as if the document had them elsewhere.
PAIRS = _set(
    """in-house in-depth in-person in-context in-memory in-flight in-game in-distribution
    in-domain in-line in-app on-device on-premise on-premises on-policy on-site on-screen
    on-chip on-demand off-policy off-site off-label off-grid out-group by-product co-author
    co-authors co-founder co-founders co-founded co-develop co-developed co-design pre-train
    pre-trained pre-training pre-existing pre-war pre-print de-facto e-mail ad-hoc
    state-owned non-trivial non-existent non-profit decision-making problem-solving
    open-source open-weight real-time full-time part-time one-time first-time long-time
    test-time train-time inference-time compile-time self-play trade-off trade-offs
    hard-working well-being one-off one-offs two-way one-way brute-force side-channel
    supply-side server-side client-side demand-side step-change post-training post-war
    high-end low-end end-user forward-looking wide-ranging far-reaching long-standing
    multi-stage so-called opt-out carve-out all-out"""
)
# Names that keep their capital and take no hyphen: `Chat- GPT`, `Deep- Mind`.
MIXED_CASE = _set(
    """alphafold alphago alphazero chatgpt deepmind deepseek github gitlab huggingface imagenet
    javascript linkedin neurips openai paypal powerpoint pytorch spacex starcraft tensorflow
    tiktok typescript whatsapp wordpress youtube"""
)

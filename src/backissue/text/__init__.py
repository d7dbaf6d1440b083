"""Text, whoever wrote it: what the importer and the query language both need to know of it.

* `words`: the analyser: which words a text has.
* `clitics`: words without the articles, endings and particles that are written together with them.
* `wildcards`: words with `*` and `?`, folded as the words of a text are.
* `variants`: the other spellings of a name.
* `abbreviations`: abbreviations that a text defines itself.
* `prose`: blocks as plain text and Markdown; folding, counting, separators, fingerprints.
* `preformatted`: code: how it is told from sentences, and its indents.
* `layouts`: code and tables in plain text.
* `days`: days as newsletters write them.
* `periods`: months, weeks and spans of days beside a newsletter's name.
* `spans`: days, months and quarters as you type them.
* `charsets`: labels of charsets, and the codecs that read them.
* `bytes_read`: bytes read by one codec, with the signs that Python's codec lacks.
* `guessing`: the charset of bytes that declare none.
* `decoding`: bytes to text.
* `wrapping`: hard-wrapped lines joined, in blocks and in plain text.
* `boilerplate`: lines that every issue repeats.
* `last_lines`: ends without such words: signatures, sentences that come again.
* `rules`: tables of rules with their examples, read from TOML.
* `redirects`: tracking redirects unwrapped.
"""

# In the order of the year; both `days` and `spans` need them.
MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)

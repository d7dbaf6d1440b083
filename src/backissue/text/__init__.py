"""Text, whoever wrote it: what the importer and the query language both need to know of it.

* `words`: the analyser: which words a text has.
* `prose`: blocks as plain text and Markdown; folding, counting, separators.
* `days`: days as newsletters write them.
* `spans`: days, months and quarters as you type them.
* `decoding`: bytes to text.
* `wrapping`: lines of one paragraph joined.
* `unwrapping`: lines of plain text joined.
* `fingerprints`: fingerprints of sentences.
* `boilerplate`: lines that every issue repeats.
* `redirects`: tracking redirects unwrapped.
"""

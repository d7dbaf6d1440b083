"""Records to output: for machines, for pipes, for terminals.

* `json`: JSON, whose shape is a promise.
* `plain`: plain lines.
* `terminal`: Rich, which has its only home here and in `progress`.
* `provenance`: where a text came from, and what was repaired in it.
* `markdown`: issues as Markdown files.
* `progress`: how far a long run has come.
"""

"""Records to output: for machines, for pipes, for terminals.

* `renderer`: what each form of output can show.
* `json`: JSON, whose shape is a promise.
* `plain`: plain lines.
* `terminal`: lists and texts on a terminal, by Rich.
* `citations`: issues and sections as you cite them.
* `theses`: what a “why this matters” says in one line, and where its story is.
* `presentation`: what the forms share: safe text, addresses, names, spans, counts.
* `rows`: records counted or joined for a list: publications, totals, repairs, provenance.
* `report`: what an ingest run did, for the person at the terminal.
* `template`: the templates of `--format`.
* `listed`: the fields of each list that a template can name.
* `cells`: how wide a text is in cells, without Rich.
* `manual`: pages of the manual, in parts and as plain lines.
* `markdown`: issues as Markdown files.
"""

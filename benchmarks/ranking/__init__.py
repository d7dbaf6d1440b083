"""How well search ranks: what `benchmarks/retrieval` measures, on what, and how.

* `published`: documents, queries and judgements in TREC, SMART or BEIR form.
* `trials`: queries whose answers are known, and the archive that they are asked of.
* `own`: a collection of the newsletter's own kind, made by rule from its issues.
* `questions`: questions about the seeds, written by hand, and texts of theirs, pasted.
* `asking`: asking as a reader types it, and any of the words.
* `measures`: MAP, nDCG@10 and others, as trec_eval defines them; run files for it.
* `paired`: whether a change is better, query by query, or luck.
* `changes`: the numbers of the formula, and what to try instead of each.
* `tables`: the tables of docs/ranking.md.
* `command`: the command line.
"""

"""Output on a terminal, by Rich: colors, widths, links.

* `rendering`: the form of output for a terminal.
* `hits`: hits of a search on a terminal, four lines each, or one.
* `lists`: all other lists on a terminal.
* `tables`: tables as wide as they need to be.
* `flow`: text with styles, folded.
* `folding`: text folded to a width, in cells.
* `passages`: passages shortened to a few lines, without a word found being lost.
* `canvas`: what a terminal can show, as Rich needs to know it.
* `styles`: how each kind of text looks.
* `marks`: the words that were searched, marked.
* `columns`: code and tables on a terminal.
* `progress`: how far a long run has come.
"""

__all__ = ("canvas", "progress", "rendering", "styles")

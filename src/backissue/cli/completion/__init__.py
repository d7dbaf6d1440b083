"""What a shell offers at TAB. Loads no Click: an answer takes less than a tenth of a second.

* `answering`: the answers for a line that you are typing.
* `bash_words`: a command line as bash gives it, and what it inserts.
* `table`: the commands and options, written from the commands into table.json.
"""

__all__ = ("answering",)

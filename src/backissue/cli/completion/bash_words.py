"""A command line as bash gives it to a completion, and what to insert for an answer.

Bash replaces only the part of a word behind the last of COMP_WORDBREAKS, `:` among them, and
inserts an answer as it is. So the line is read here, and each answer is cut and quoted.
"""

import re

from msgspec import Struct

# What a shell reads as more than itself, outside of quotes.
_SPECIAL = re.compile(r"([^\w@%+,./:=^-])")


class BashLine(Struct, frozen=True, kw_only=True):
    """The words behind the command, the unfinished `word`, the `quote` that it is in (or "").

    `kept` is the part of the word that bash keeps in front of what is inserted.
    """

    words: tuple[str, ...]
    word: str
    quote: str
    kept: str

    @classmethod
    def read(cls, breaks: str, command: str, line: str) -> "BashLine":
        """The line up to the cursor; `command` is the program's name in it."""
        words, word, quote, kept = [], "", "", ""
        started = escaped = False
        for char in line:
            if escaped:
                word, escaped = word + char, False
            elif char == "\\" and quote != "'":
                escaped = started = True
            elif quote:
                quote = "" if char == quote else quote
                word += char if quote else ""
            elif char in "\"'":
                quote, started, kept = char, True, word
            elif char.isspace():
                if started:
                    words.append(word)
                word, kept, started = "", "", False
            else:
                word, started = word + char, True
                kept = word if char in breaks else kept
        after = words.index(command) + 1 if command in words else 1
        return cls(words=tuple(words[after:]), word=word, quote=quote, kept=kept)

    def inserted(self, answer: str) -> str:
        """What bash is to insert for an answer."""
        rest = answer[len(self.kept) :]
        if self.quote == "'":
            return rest.replace("'", "'\\''")
        pattern, by = (re.compile(r'(["$`\\])'), r"\\\1") if self.quote else (_SPECIAL, r"\\\1")
        return pattern.sub(by, rest)

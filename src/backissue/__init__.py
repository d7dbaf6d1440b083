"""Keep a newsletter archive and search it from the terminal."""

__version__ = "0.1.0"

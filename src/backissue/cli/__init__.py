"""The command line: the only place that prints, exits or shows progress."""

from backissue.cli.boundary import main

__all__ = ["main"]

"""`python -m backissue`."""

import os
import sys

# Python looks for modules in the working folder first, which may be anybody's: a file `click.py`
# there would run. It has found this package, and needs that folder no more.
if not sys.flags.safe_path and sys.path[:1] == [os.getcwd()]:
    del sys.path[0]

from backissue.cli import main  # what is imported before is Python's own

main()

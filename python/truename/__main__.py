"""`python -m truename` is the command `truename`, which records with this Python."""

import sys

from truename._command import replace_process
from truename._errors import TruenameError

if __name__ == "__main__":
    try:
        replace_process(sys.argv[1:])
    except TruenameError as error:
        sys.exit(f"truename: error: {error}")

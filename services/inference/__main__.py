"""Reads faces without a server: `python -m services.inference --help`; see command.py."""

import sys

from services.common.interrupts import ending_at_once
from services.common.processor import complaint

if __name__ == "__main__":
    if reason := complaint():
        sys.stderr.write(f"{reason}\n")
        sys.exit(2)
    with ending_at_once():
        from services.inference.command import main  # leads to NumPy
    sys.exit(main(sys.argv[1:]))

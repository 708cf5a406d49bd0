"""Runs a command: `python -m services.recommender COMMAND --help`; see command.py."""

import sys

from services.common.interrupts import ending_at_once

if __name__ == "__main__":
    with ending_at_once():
        from services.recommender.command import main
    sys.exit(main(sys.argv[1:]))

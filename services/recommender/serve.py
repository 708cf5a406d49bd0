"""Runs the recommender: `python -m services.recommender.serve [--host ::] [--port 8000]`."""

import sys

from services.common.interrupts import ending_at_once

if __name__ == "__main__":
    with ending_at_once():
        from services.common.server import serve
        from services.recommender.settings import read_settings
    sys.exit(serve("recommender", 8000, read_settings, sys.argv[1:]))

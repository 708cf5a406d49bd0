"""Runs the recommender: `python -m services.recommender.serve [--host ::] [--port 8000]`."""

import sys

from services.common.server import serve
from services.recommender.settings import read_settings

if __name__ == "__main__":
    sys.exit(serve("recommender", 8000, read_settings, sys.argv[1:]))

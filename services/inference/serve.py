"""Runs the inference: `python -m services.inference.serve [--host ::] [--port 8001]`."""

import sys

from services.common.interrupts import ending_at_once
from services.common.processor import complaint

if __name__ == "__main__":
    if reason := complaint():
        sys.stderr.write(f"{reason}\n")
        sys.exit(2)
    with ending_at_once():
        from services.common.server import serve
        from services.inference.settings import read_settings  # leads to NumPy
    sys.exit(serve("inference", 8001, read_settings, sys.argv[1:]))

"""Runs the inference: `python -m services.inference.serve [--host ::] [--port 8001]`."""

import sys

from services.common.processor import complaint
from services.common.server import serve
from services.common.starting import refuse
from services.inference.settings import read_settings

if __name__ == "__main__":
    if reason := complaint():
        refuse(reason)
    sys.exit(serve("inference", 8001, read_settings, sys.argv[1:]))

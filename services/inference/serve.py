"""Runs the inference: `python -m services.inference.serve [--host ::] [--port 8001]`."""

import sys

from services.common.processor import complaint
from services.common.server import serve
from services.common.starting import refuse


def main(arguments: list[str]) -> int:
    if reason := complaint():
        refuse(reason)
    from services.inference.settings import read_settings  # noqa: PLC0415 # leads to NumPy

    return serve("inference", 8001, read_settings, arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

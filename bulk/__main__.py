"""Starts command.py, or says how to install what it needs."""

import signal
import sys
from importlib import import_module
from typing import Final

BULK_NEEDS: Final = {"cryptography", "dask", "distributed", "pyarrow"}


def main(arguments: list[str]) -> int:
    try:
        command = import_module("bulk.command")
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in BULK_NEEDS:
            raise
        sys.stderr.write("bulk is an extra: python -m pip install -r requirements/bulk.txt\n")
        return 2
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # stops the workers too
    return int(command.main(arguments))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

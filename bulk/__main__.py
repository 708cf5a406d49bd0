"""Starts command.py, or says how to install what it needs."""

import signal
import sys
from importlib import import_module
from typing import Final

from services.common.interrupts import ending_at_once
from services.common.processor import complaint

BULK_NEEDS: Final = {"cryptography", "dask", "distributed", "pyarrow"}


def main(arguments: list[str]) -> int:
    if reason := complaint():
        sys.stderr.write(f"{reason}\n")
        return 2
    try:
        with ending_at_once():
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

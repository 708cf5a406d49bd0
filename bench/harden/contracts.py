"""Tests both services against their OpenAPI documents with Schemathesis.

    python -m bench.harden.contracts [--seconds 300] [--examples 400] [--json OUT]

Checks that no answer is a 5xx (but the deliberate 503 of a busy service), that status, type and body are in
the document, and that wrong input is refused.
"""

import os
import re
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

from bench.figures import parser, publish
from bench.harden.logs import unhandled
from tests.helpers.recommender import made_rows, write_catalogue
from tests.helpers.serving import ROOT, serve_both

KEY: Final = "only-for-this-test"
HOOKS: Final = "bench.harden.rejections"
CHECKS: Final = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "unsupported_method",
    "wrong_input_rejection",
)
CONFIGURATION: Final = """
[checks.not_a_server_error]
expected-statuses = ["2xx", "3xx", "4xx", 503]

[checks.negative_data_rejection]
expected-statuses = ["4xx", 503]
"""
OPTIONS: Final = (
    "--generation-database=none --no-color --seed=1 --request-timeout=20 --warnings=off --continue-on-failure"
)
COUNTED: Final = re.compile(r"(\d[\d,]*) (?:generated|test cases)")


def _check(address: str, seconds: float, examples: int, folder: Path) -> tuple[int, str]:
    """Schemathesis' exit status and output."""
    configuration = folder / "schemathesis.toml"
    configuration.write_text(CONFIGURATION)
    command = [sys.executable, "-m", "schemathesis.cli", "--config-file", str(configuration), "run"]
    command += [f"{address}/openapi.json", f"--checks={','.join(CHECKS)}", f"--max-time={int(seconds)}"]
    command += [f"--max-examples={examples}", "-H", f"X-API-Key:{KEY}", *OPTIONS.split()]
    done = subprocess.run(
        command, cwd=folder, env={**os.environ, "PYTHONPATH": str(ROOT), "SCHEMATHESIS_HOOKS": HOOKS},
        capture_output=True, text=True, timeout=seconds + 180, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr


def run(seconds: float, examples: int) -> dict[str, Any]:
    """`failures` holds what Schemathesis printed of a service; each gets half of the time."""
    requests, failures = {}, {}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        settings = {"catalogue_dir": str(write_catalogue(folder / "catalogue", made_rows())), "api_key": KEY}
        addresses = stack.enter_context(serve_both(folder, {}, settings))
        for service, address in addresses.items():
            status, printed = _check(address, seconds / 2, examples, folder)
            counted = COUNTED.search(printed)
            requests[service] = int(counted[1].replace(",", "")) if counted else 0
            if status:
                failures[service] = printed
        if found := unhandled(folder, addresses):
            failures["logs"] = "\n".join(found)
    return {"seconds": seconds, "requests": requests, "failures": failures}


def main() -> int:
    command = parser(__doc__)
    command.add_argument("--seconds", type=float, default=300)
    command.add_argument("--examples", type=int, default=400)
    options = command.parse_args()
    figures = run(options.seconds, options.examples)
    for service, printed in figures["failures"].items():
        print(f"== {service}\n{printed}")
    return publish(figures, options.json)


if __name__ == "__main__":
    sys.exit(main())

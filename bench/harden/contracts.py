"""Both services against their own OpenAPI documents: what a client may send, and what it must not.

    python -m bench.harden.contracts [--seconds 300] [--examples 400] [--json OUT]

Schemathesis makes the requests and checks each answer: no 5xx (but the deliberate 503 of a busy service), a
status, a type and a body that the document promises, and no wrong input let in.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

from bench.harden.logs import unhandled
from tests.helpers.recommender import made_rows, write_catalogue
from tests.helpers.serving import ROOT, serve_both

KEY: Final = "only-for-this-test"
CHECKS: Final = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "unsupported_method",
    "negative_data_rejection",
)
CONFIGURATION: Final = """
[checks.not_a_server_error]
expected-statuses = ["2xx", "3xx", "4xx", 503]

[checks.negative_data_rejection]
expected-statuses = ["4xx", 503]
"""
COUNTED: Final = re.compile(r"(\d[\d,]*) (?:generated|test cases)")


def against(address: str, seconds: float, examples: int, folder: Path) -> tuple[int, str]:
    """Schemathesis' status and what it printed."""
    (folder / "schemathesis.toml").write_text(CONFIGURATION)
    command = [
        sys.executable,
        "-m",
        "schemathesis.cli",
        "--config-file",
        str(folder / "schemathesis.toml"),
        "run",
    ]
    command += [f"{address}/openapi.json", "--checks", ",".join(CHECKS), "--max-time", str(int(seconds))]
    command += ["--max-examples", str(examples), "--generation-database", "none", "--no-color", "--seed", "1"]
    command += [
        "--request-timeout",
        "20",
        "-H",
        f"X-API-Key:{KEY}",
        "--warnings",
        "off",
        "--continue-on-failure",
    ]
    done = subprocess.run(
        command, cwd=folder, env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True, text=True, timeout=seconds + 180, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr


def run(seconds: float, examples: int) -> dict[str, Any]:
    """`failures` holds what Schemathesis printed where it found something; half the time for each."""
    figures: dict[str, Any] = {"seconds": seconds, "requests": {}, "failures": {}}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        settings = {"catalogue_dir": str(write_catalogue(folder / "catalogue", made_rows())), "api_key": KEY}
        addresses = stack.enter_context(serve_both(folder, {}, settings))
        for service, address in addresses.items():
            status, printed = against(address, seconds / 2, examples, folder)
            counted = COUNTED.search(printed)
            figures["requests"][service] = int(counted[1].replace(",", "")) if counted else 0
            if status:
                figures["failures"][service] = printed
            if found := unhandled(folder / f"{service}.log"):
                figures["failures"][f"{service}'s log"] = found
    return figures


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--seconds", type=float, default=300)
    parser.add_argument("--examples", type=int, default=400)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    figures = run(options.seconds, options.examples)
    for service, printed in figures["failures"].items():
        print(f"== {service}\n{printed}")
    text = json.dumps(figures, indent=2)
    print(figures["requests"])
    if options.json:
        options.json.write_text(text)
    return 1 if figures["failures"] else 0


if __name__ == "__main__":
    sys.exit(main())

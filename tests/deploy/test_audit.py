"""What the audit of the pinned dependencies makes of pip-audit's word."""

import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from tests.helpers.scripts import load_script
from tests.helpers.serving import ROOT

CLEAN = {"name": "good", "version": "1.0", "vulns": []}
VULNERABLE = {
    "name": "bad",
    "version": "1.0",
    "vulns": [{"id": "PYSEC-1", "aliases": ["CVE-1"], "fix_versions": ["1.1"]}],
}
UNKNOWN = {"name": "odd", "skip_reason": "not found"}


@pytest.fixture(scope="module")
def audit() -> ModuleType:
    return load_script(ROOT / ".ci" / "audit.py")


def test_a_vulnerability_and_a_pin_that_nobody_knew_are_findings(audit: ModuleType) -> None:
    assert audit.findings([CLEAN, VULNERABLE, UNKNOWN], {}) == [
        "bad 1.0: PYSEC-1, fixed in 1.1",
        "odd: not looked up: not found",
    ]


@pytest.mark.parametrize("name", ["PYSEC-1", "CVE-1"])
def test_what_is_accepted_with_a_reason_is_none(audit: ModuleType, name: str) -> None:
    assert audit.findings([VULNERABLE], {name: "the part that it is in is never called"}) == []


def test_without_data_the_audit_says_so_and_fails_where_it_is_required(tmp_path: Path) -> None:
    """A proxy that is not there stands for a network that is not."""
    offline = dict.fromkeys(("HTTPS_PROXY", "https_proxy"), "http://127.0.0.1:9")
    environment = os.environ | offline | {"AUDIT_REQUIRED": "1", "XDG_CACHE_HOME": str(tmp_path)}
    command = [sys.executable, str(ROOT / ".ci" / "audit.py")]
    done = subprocess.run(command, env=environment, check=False, capture_output=True, text=True, timeout=120)
    assert "NOT DONE" in done.stdout, done.stderr
    assert done.returncode == 1


def test_bandit_finds_what_it_is_there_for(tmp_path: Path) -> None:
    """And its exceptions do not hide it."""
    (tmp_path / "bad.py").write_text("import subprocess\nsubprocess.run('ls', shell=True)\n")
    command = [sys.executable, "-m", "bandit", "--quiet", "--configfile", str(ROOT / "pyproject.toml")]
    command.append(str(tmp_path / "bad.py"))
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=120)
    assert done.returncode == 1
    assert "B602" in done.stdout

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


def test_findings(audit: ModuleType) -> None:
    """A vulnerability and an unknown pin are findings."""
    assert audit.findings([CLEAN, VULNERABLE, UNKNOWN], {}) == [
        "bad 1.0: PYSEC-1, fixed in 1.1",
        "odd: not looked up: not found",
    ]


@pytest.mark.parametrize("name", ["PYSEC-1", "CVE-1"])
def test_accepted_vulnerability(audit: ModuleType, name: str) -> None:
    """A vulnerability accepted with a reason, by any of its names, is no finding."""
    assert audit.findings([VULNERABLE], {name: "the part that it is in is never called"}) == []


def test_without_data(tmp_path: Path) -> None:
    """Without vulnerability data the audit says so, and fails if AUDIT_REQUIRED is set."""
    offline = dict.fromkeys(("HTTPS_PROXY", "https_proxy"), "http://127.0.0.1:9")
    environment = os.environ | offline | {"AUDIT_REQUIRED": "1", "XDG_CACHE_HOME": str(tmp_path)}
    command = [sys.executable, str(ROOT / ".ci" / "audit.py")]
    done = subprocess.run(command, env=environment, check=False, capture_output=True, text=True, timeout=120)
    assert "NOT DONE" in done.stdout, done.stderr
    assert done.returncode == 1


def test_bandit(tmp_path: Path) -> None:
    """Bandit finds a shell call in spite of its exceptions."""
    (tmp_path / "bad.py").write_text("import subprocess\nsubprocess.run('ls', shell=True)\n")
    command = [sys.executable, "-m", "bandit", "--quiet", "--configfile", str(ROOT / "pyproject.toml")]
    command.append(str(tmp_path / "bad.py"))
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=120)
    assert done.returncode == 1
    assert "B602" in done.stdout

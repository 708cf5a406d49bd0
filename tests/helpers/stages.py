"""Skips a test that lacks a program or a system; in CI it fails."""

import os
from typing import NoReturn

import pytest


def cannot_run(reason: str) -> NoReturn:
    if os.environ.get("CI_REQUIRE_ALL") == "1":
        pytest.fail(f"{reason}, and CI_REQUIRE_ALL is set")
    pytest.skip(reason)

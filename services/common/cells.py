"""Cells of CSVs that a spreadsheet would take for formulas."""

import re
from typing import Final

FORMULA: Final = re.compile(r"'*[=+\-@\t\r]")
"""How a formula begins, or one that `guarded` has changed."""


def guarded(text: str) -> str:
    """Put an apostrophe before what begins like a formula, so that a spreadsheet runs nothing."""
    return f"'{text}" if FORMULA.match(text) else text


def unguarded(text: str) -> str:
    """What `guarded` was given."""
    return text[1:] if text.startswith("'") and FORMULA.match(text) else text

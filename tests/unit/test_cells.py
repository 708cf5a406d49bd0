import pytest

from services.common.cells import guarded, unguarded


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1.jpg", "@me", "\tx", "'=1", "''@", "a=1", "'quoted'", ""])
def test_formulas(text: str) -> None:
    """Nothing that is written begins like a formula, and it is read back as it was."""
    assert not guarded(text).startswith(("=", "+", "-", "@", "\t"))
    assert unguarded(guarded(text)) == text

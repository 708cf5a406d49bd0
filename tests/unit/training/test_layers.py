import ast
from pathlib import Path
from typing import Any

import pytest

TRAINING = Path(__file__).parents[3] / "training"
BELOW = {
    "measure": set(),
    "network": {"measure"},
    "methods": {"measure", "network"},
}
"""The rooms that each room may import from, besides itself."""


@pytest.mark.parametrize("room", BELOW)
def test_imports_go_down(room: Any) -> None:
    """No room imports a command, nor a room above it."""
    checked = sorted((TRAINING / room).glob("*.py"))
    assert checked
    allowed = {f"training.{one}" for one in BELOW[room] | {room}} | {
        "training.dataset",
        "training.files",
        "training.registered",
    }
    for path in checked:
        for node in ast.walk(ast.parse(path.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                names = [f"{node.module}.{alias.name}" for alias in node.names]
            for name in names:
                if name.startswith("training."):
                    assert any(name.startswith(f"{one}.") for one in allowed), f"{path.name} imports {name}"

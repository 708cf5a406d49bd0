"""Which generated requests the contract run does not hold against a service."""

import pytest

from bench.harden.rejections import is_right
from tests.helpers.pictures import astronaut, encode

RULES = {
    "detect": (False, {"type": "boolean"}),
    "limit": (False, {"type": "integer", "maximum": 50}),
    "year": (False, {"anyOf": [{"type": "integer"}, {"type": "null"}]}),
    "medium": (False, {"type": "array", "items": {"enum": ["movie", "song"]}}),
    "emotion": (True, {"enum": ["sad"]}),
}
PNG = encode(astronaut().resize((8, 8)), "PNG").decode("latin-1")


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"detect": ["0"]},
        {"detect": ["Off"]},
        {"limit": ["5"]},
        {"year": [""]},
        {"medium": ["song", "movie"]},
    ],
)
def test_right(sent: dict[str, list[str]]) -> None:
    """What the service may read as a right value is right, and what was not sent is not wrong."""
    assert is_right({"emotion": ["sad"], **sent}, RULES)


@pytest.mark.parametrize(
    "sent",
    [
        {"detect": ["2"]},
        {"detect": [""]},
        {"limit": ["51"]},
        {"limit": [""]},
        {"year": [" x"]},
        {"limit": ["5", "6"]},
        {"medium": ["song", "film"]},
        {"emotion": ["sadly"]},
        {"unknown": ["1"]},
        {"detect": ["0"], "limit": ["many"]},
    ],
)
def test_wrong(sent: dict[str, list[str]]) -> None:
    """One wrong value is wrong, whatever stands beside it."""
    assert not is_right({"emotion": ["sad"], **sent}, RULES)


def test_missing() -> None:
    """A required parameter that was not sent is wrong."""
    assert not is_right({}, RULES)


@pytest.mark.parametrize(
    ("files", "right"), [([PNG], True), ([PNG[:-30]], False), (["0"], False), ([PNG, PNG], False)]
)
def test_file(files: list[str], right: bool) -> None:
    """A file is right if it is one picture."""
    assert is_right({"file": files}, {"file": (True, {"type": "string", "format": "binary"})}) == right

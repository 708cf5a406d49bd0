import pytest

from services.emotions import ALIASES, EMOTIONS, parse_emotion


def test_order() -> None:
    """The labels have the contract's order."""
    assert EMOTIONS == ("angry", "fear", "happy", "sad", "surprise", "neutral")


@pytest.mark.parametrize(
    ("text", "label"),
    [("happy", "happy"), (" Disgust ", "angry"), ("SURPRISED", "surprise"), ("Anxious", "fear")],
)
def test_aliases(text: str, label: str) -> None:
    """Aliases are read in any case."""
    assert parse_emotion(text) == label


def test_aliases_lead_to_labels() -> None:
    """No alias hides a label, and each leads to one."""
    assert not set(ALIASES) & set(EMOTIONS)
    assert set(ALIASES.values()) <= set(EMOTIONS)


@pytest.mark.parametrize("text", ["", "contempt", "happy sad"])
def test_unknown_emotion(text: str) -> None:
    """A text that names no emotion is refused."""
    with pytest.raises(ValueError, match="unknown emotion"):
        parse_emotion(text)

import pytest

from services.emotions import ALIASES, EMOTIONS, parse_emotion


def test_the_order_is_the_contract() -> None:
    assert EMOTIONS == ("angry", "fear", "happy", "sad", "surprise", "neutral")


@pytest.mark.parametrize(
    ("text", "label"), [("happy", "happy"), (" Disgust ", "angry"), ("SURPRISED", "surprise")]
)
def test_aliases_in_any_case(text: str, label: str) -> None:
    assert parse_emotion(text) == label


def test_no_alias_hides_a_label_or_leads_elsewhere() -> None:
    assert not set(ALIASES) & set(EMOTIONS)
    assert set(ALIASES.values()) <= set(EMOTIONS)


@pytest.mark.parametrize("text", ["", "contempt", "happy sad"])
def test_what_names_no_emotion_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="unknown emotion"):
        parse_emotion(text)

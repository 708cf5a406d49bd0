"""The six emotion labels, their one order, and the names people also use for them.

FER2013's disgust is merged into angry.
"""

from typing import Final, Literal, get_args

Emotion = Literal["angry", "fear", "happy", "sad", "surprise", "neutral"]

EMOTIONS: Final[tuple[Emotion, ...]] = get_args(Emotion)
"""Every vector of six numbers in this project has this order."""

ALIASES: Final[dict[str, Emotion]] = {
    "anger": "angry",
    "disgust": "angry",
    "disgusted": "angry",
    "afraid": "fear",
    "anxiety": "fear",
    "anxious": "fear",
    "fearful": "fear",
    "scared": "fear",
    "happiness": "happy",
    "joy": "happy",
    "sadness": "sad",
    "surprised": "surprise",
    "calm": "neutral",
    "neutrality": "neutral",
}
"""Accepted on input, never emitted."""


def parse_emotion(text: str) -> Emotion:
    """The label that `text` names, in any case and with aliases; ValueError if it names none."""
    name = text.strip().lower()
    label = ALIASES.get(name, name)
    if label not in EMOTIONS:
        raise ValueError(f"unknown emotion; one of {', '.join(EMOTIONS)}")
    return label

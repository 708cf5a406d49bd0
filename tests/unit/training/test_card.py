"""The shipped model, its JSON and its card say the same."""

import hashlib
import json
from pathlib import Path

import numpy as np

from services.inference.decode import decode
from services.inference.detect import Detector
from services.inference.model import MODEL_FILE
from services.inference.pipeline import align
from tests.helpers.pictures import ASTRONAUT
from training.card import render
from training.measure.degrade import DEGRADATIONS

ROOT = Path(__file__).parent.parent.parent.parent


def test_card_page() -> None:
    """The published model card is the one that the JSON renders to."""
    card = json.loads(MODEL_FILE.with_suffix(".json").read_text())
    assert (ROOT / "docs/model-card.md").read_text() == render(card)


def test_checksum() -> None:
    """The JSON has the checksum of the shipped file."""
    card = json.loads(MODEL_FILE.with_suffix(".json").read_text())
    assert card["sha256"] == hashlib.sha256(MODEL_FILE.read_bytes()).hexdigest()


def test_degradations() -> None:
    """Each degradation changes faces and keeps their shape and type."""
    photo = decode(ASTRONAUT.read_bytes(), 10_000_000)
    face = align(photo, Detector().detect(photo.grey)[:1])[0]
    faces = np.stack([face, face[:, ::-1]])
    for name, worsen in DEGRADATIONS.items():
        worse = worsen(faces)
        assert worse.shape == faces.shape
        assert worse.dtype == np.uint8
        assert np.array_equal(worse, faces) == (name == "as they are")

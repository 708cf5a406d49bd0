"""Makes candidates for the tests of ranking."""

import dataclasses
from typing import Any

from services.recommender.ranking.item import Candidate


def candidate(number: int, **changes: Any) -> Candidate:
    """Makes a sad film of average quality with `number` as its id, and `changes` applied."""
    made = Candidate(
        id=number,
        medium="movie",
        title=f"t{number}",
        creator=None,
        year=None,
        url="https://example.org/",
        kind="work",
        genres=(),
        tags=(),
        language=None,
        runtime_min=None,
        explicit=None,
        age_rating=None,
        image_url=None,
        emotions=(),
        valence=-0.63,
        arousal=-0.27,
        affect_confidence=0.8,
        quality=0.5,
        popularity=0.5,
    )
    return dataclasses.replace(made, **changes)

"""The arithmetic of docs/scaling.md: what was measured, times what is assumed there. Pure."""

from collections.abc import Iterator
from math import ceil
from typing import NamedTuple

Costs = dict[str, dict[str, float]]
"""CPU milliseconds by request and part, as bench/measure.py takes them on PostgreSQL."""

SHARE_WITHOUT_FACE = 0.1
USED = 0.7
"""Of each core, so that a burst finds room."""
EUROS_PER_CORE, EUROS_PER_GB = 30, 0.1
"""Assumed, a month."""
USERS, OPINIONS = 100_000_000, 20


class Mix(NamedTuple):
    """Requests of each kind in a second."""

    photos: float = 0
    anonymous: float = 0
    """Recommendations for nobody in particular, which a cache may answer."""
    known: float = 0
    """Recommendations for users with opinions."""
    feedback: float = 0


THOUSAND = Mix(photos=200, anonymous=467, known=233, feedback=100)


class Load(NamedTuple):
    """Seconds of CPU in a second, by part."""

    inference: float
    recommender: float
    database: float

    @property
    def cores(self) -> tuple[int, int, int]:
        return ceil(self.inference / USED), ceil(self.recommender / USED), ceil(self.database / USED)


def photo_ms(inference: Costs) -> float:
    """Mean CPU of a photo, portraits and photos without a face together."""
    portrait = inference["`/predict`, portrait 512×512"]["inference"]
    empty = inference["`/predict`, no face"]["inference"]
    return (1 - SHARE_WITHOUT_FACE) * portrait + SHARE_WITHOUT_FACE * empty


def load(costs: Costs, photo: float, mix: Mix) -> Load:
    """`photo` is the milliseconds of inference that one takes."""
    kinds = {
        "`/recommend/photo`, portrait": mix.photos,
        "`/recommend`, 4 media × 5 items": mix.anonymous,
        "`/recommend`, a user with 20 opinions": mix.known,
        "`/feedback`": mix.feedback,
    }

    def seconds(part: str) -> float:
        return sum(times * costs[name][part] for name, times in kinds.items()) / 1000

    return Load(mix.photos * photo / 1000, seconds("recommender"), seconds("database"))


def tables(inference: Costs, costs: Costs, bytes_per_feedback: float) -> Iterator[str]:
    """The lines of the plan's two tables."""
    photo = photo_ms(inference)
    plans = {
        "a thousand requests a second": load(costs, photo, THOUSAND),
        "the same, what is for nobody in particular cached": load(
            costs, photo, THOUSAND._replace(anonymous=0)
        ),
        "a thousand photos a second": load(costs, photo, Mix(photos=1000)),
    }
    share = f"one in {1 / SHARE_WITHOUT_FACE:.0f} without a face"
    yield f"A photo costs {photo:.0f} ms of inference, with {share}.\n"
    yield "| | inference | recommender | PostgreSQL | cores at 70% | € a month |"
    yield "|---|---|---|---|---|---|"
    for name, needed in plans.items():
        parts = " | ".join(f"{seconds:.1f} s" for seconds in needed)
        cores = " + ".join(map(str, needed.cores)) + f" = {sum(needed.cores)}"
        yield f"| {name} | {parts} | {cores} | {sum(needed.cores) * EUROS_PER_CORE:,} |"
    disk = USERS * OPINIONS * bytes_per_feedback / 1e9
    writes = USERS / 10 / 86_400
    yield "\n| a hundred million users, 20 opinions each | |\n|---|---|"
    yield f"| feedback | {USERS * OPINIONS:.0e} rows |"
    yield f"| disk | {disk:,.0f} GB; with one replica {2 * disk * EUROS_PER_GB:,.0f} € a month |"
    yield f"| writes | {writes:.0f}/s, {3 * writes:.0f}/s in the busiest hour |"
    busy = load(costs, 0, Mix(feedback=3 * writes))
    yield f"| their CPU | {busy.recommender:.1f} s of recommender, {busy.database:.1f} s of PostgreSQL |"

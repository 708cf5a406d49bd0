"""Calculates the plan in docs/scaling.md from measured costs and the assumptions below."""

from collections.abc import Iterator, Mapping
from math import ceil
from typing import Final, NamedTuple

from bench.figures import markdown

Costs = Mapping[str, Mapping[str, float]]
"""CPU milliseconds by request and part, measured on PostgreSQL."""

SHARE_WITHOUT_FACE: Final = 0.1
USED: Final = 0.7
"""Share of each core; the rest is for bursts."""
EUROS_PER_CORE: Final = 30
EUROS_PER_GB: Final = 0.1
"""Per month, assumed."""
USERS: Final = 100_000_000
OPINIONS: Final = 20


class Mix(NamedTuple):
    """Requests per second."""

    photos: float = 0
    anonymous: float = 0
    """Recommendations without a user id, which a cache may answer."""
    known: float = 0
    """Recommendations for users with opinions."""
    feedback: float = 0


THOUSAND: Final = Mix(photos=200, anonymous=467, known=233, feedback=100)


class Load(NamedTuple):
    """CPU seconds per second, by part."""

    inference: float
    recommender: float
    database: float

    @property
    def cores(self) -> tuple[int, int, int]:
        return ceil(self.inference / USED), ceil(self.recommender / USED), ceil(self.database / USED)


def _photo_ms(inference: Costs) -> float:
    """Mean CPU of a photo, with and without a face."""
    portrait = inference["`/predict`, portrait 512×512"]["inference"]
    empty = inference["`/predict`, no face"]["inference"]
    return (1 - SHARE_WITHOUT_FACE) * portrait + SHARE_WITHOUT_FACE * empty


def _load(costs: Costs, photo_ms: float, mix: Mix) -> Load:
    kinds = {
        "`/recommend/photo`, portrait": mix.photos,
        "`/recommend`, 4 media × 5 items": mix.anonymous,
        "`/recommend`, a user with 20 opinions": mix.known,
        "`/feedback`": mix.feedback,
    }

    def seconds(part: str) -> float:
        return sum(times * costs[name][part] for name, times in kinds.items()) / 1000

    return Load(mix.photos * photo_ms / 1000, seconds("recommender"), seconds("database"))


def tables(inference: Costs, costs: Costs, bytes_per_feedback: float) -> Iterator[str]:
    """The lines of the plan's two tables."""
    photo_ms = _photo_ms(inference)
    plans = {
        "a thousand requests a second": THOUSAND,
        "the same, those without a user cached": THOUSAND._replace(anonymous=0),
        "a thousand photos a second": Mix(photos=1000),
    }
    share = f"one in {1 / SHARE_WITHOUT_FACE:.0f} without a face"
    yield f"A photo costs {photo_ms:.0f} ms of inference, with {share}.\n"
    rows = []
    for name, mix in plans.items():
        load = _load(costs, photo_ms, mix)
        total = sum(load.cores)
        cores = f"{' + '.join(map(str, load.cores))} = {total}"
        rows.append([name, *(f"{seconds:.1f} s" for seconds in load), cores, f"{total * EUROS_PER_CORE:,}"])
    head = ["", "inference", "recommender", "PostgreSQL", "cores at 70%", "€ a month"]
    yield from markdown(head, rows).splitlines()
    disk = USERS * OPINIONS * bytes_per_feedback / 1e9
    writes = USERS / 10 / 86_400
    busy = _load(costs, 0, Mix(feedback=3 * writes))
    facts = [
        ["feedback", f"{USERS * OPINIONS:.0e} rows"],
        ["disk", f"{disk:,.0f} GB; with one replica {2 * disk * EUROS_PER_GB:,.0f} € a month"],
        ["writes", f"{writes:.0f}/s, {3 * writes:.0f}/s in the busiest hour"],
        ["their CPU", f"{busy.recommender:.1f} s of recommender, {busy.database:.1f} s of PostgreSQL"],
    ]
    yield "\n" + markdown([f"a hundred million users, {OPINIONS} opinions each", ""], facts)

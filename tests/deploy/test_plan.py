"""The arithmetic of docs/scaling.md, on figures that can be followed by hand."""

from bench.measure.plan import tables

COSTS = {
    "`/recommend/photo`, portrait": {"recommender": 10, "database": 2},
    "`/recommend`, 4 media × 5 items": {"recommender": 5, "database": 3},
    "`/recommend`, a user with 20 opinions": {"recommender": 6, "database": 4},
    "`/feedback`": {"recommender": 2, "database": 1},
}
INFERENCE = {"`/predict`, portrait 512×512": {"inference": 10}, "`/predict`, no face": {"inference": 110}}


def test_loads() -> None:
    """200 × 20 ms; 200 × 10 + 467 × 5 + 233 × 6 + 100 × 2 ms; 200 × 2 + 467 × 3 + 233 × 4 + 100 ms."""
    lines = list(tables(INFERENCE, COSTS, 1000))
    assert lines[0].startswith("A photo costs 20 ms")
    thousand, cached, photos = lines[3:6]
    assert "| 4.0 s | 5.9 s | 2.8 s | 6 + 9 + 5 = 20 | 600 |" in thousand
    assert "| 4.0 s | 3.6 s | 1.4 s | 6 + 6 + 3 = 15 | 450 |" in cached
    assert "| 20.0 s | 10.0 s | 2.0 s | 29 + 15 + 3 = 47 | 1,410 |" in photos


def test_feedback_on_disk() -> None:
    """Feedback takes its bytes on disk and its CPU."""
    text = "\n".join(tables(INFERENCE, COSTS, 1000))
    assert "2e+09 rows" in text
    assert "2,000 GB; with one replica 400 € a month" in text
    assert "116/s, 347/s in the busiest hour" in text
    assert "0.7 s of recommender, 0.3 s of PostgreSQL" in text

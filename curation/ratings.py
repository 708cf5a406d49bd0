"""Puts quality and popularity of all media on scales from 0 to 1."""

import math


def shrunken(mean: float, count: float, prior_mean: float, prior_count: float) -> float:
    """The mean rating, drawn towards the prior if ratings are few."""
    return (mean * count + prior_mean * prior_count) / (count + prior_count)


def quality(value: float, middle: float, deviation: float) -> float:
    """0.5 for a middling value, 0 and 1 two standard deviations away."""
    return round(max(0.0, min(1.0, 0.5 + (value - middle) / (4 * deviation))), 3)


def popularity(count: float, least: float, most: float) -> float:
    """The place of a count between two others on a logarithmic scale."""
    span = math.log(most) - math.log(least)
    return round(max(0.0, min(1.0, (math.log(max(count, 1)) - math.log(least)) / span)), 3)

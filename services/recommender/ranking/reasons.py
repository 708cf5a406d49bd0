"""Writes the one sentence that says why an item is on a shelf. Pure.

A sentence says what the item is (its strongest themes and a fact), what is known of the user, and what it is
for. On one medium's shelf no form and no purpose is used twice as long as there are others, and no sentence
twice in an answer.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import chain, product

from services.recommender.ranking.facts import facts_of
from services.recommender.ranking.item import Candidate
from services.recommender.ranking.needs import need_of
from services.recommender.ranking.purposes import PURPOSES, Language, Purpose, say
from services.recommender.ranking.rank import RankingQuery
from services.recommender.ranking.tongues import TONGUES, leads


class Writer:
    """Writes the reasons of one answer, shelf by shelf."""

    def __init__(self, query: RankingQuery, language: Language) -> None:
        self.query, self.language, self.tongue = query, language, TONGUES[language]
        self.purposes = PURPOSES[need_of(query.addressed, query.strategy) if query.mood.clear else "unclear"]
        self.written: set[str] = set()
        self.used: Counter[Purpose] = Counter()
        """In the whole answer."""

    def write(self, shelf: Sequence[Candidate]) -> list[str]:
        """A reason for each item of one medium's shelf, in their order."""
        forms: Counter[str] = Counter()
        used: Counter[Purpose] = Counter()
        reasons = []
        for item in shelf:
            form, purpose, reason = self._write(item, forms, used)
            forms[form] += 1
            used[purpose] += 1
            self.used[purpose] += 1
            self.written.add(reason)
            reasons.append(reason)
        return reasons

    def _write(
        self, item: Candidate, forms: Counter[str], used: Counter[Purpose]
    ) -> tuple[str, Purpose, str]:
        options = self._options(item, forms, used)
        first = next(options)
        fresh = (option for option in chain((first,), options) if option[2] not in self.written)
        form, purpose, reason = next(fresh, first)
        if reason in self.written:  # many items of one maker and kind
            reason = f"{item.title}: {reason[0].lower()}{reason[1:]}"
        return form, purpose, reason

    def _options(
        self, item: Candidate, forms: Counter[str], used: Counter[Purpose]
    ) -> Iterator[tuple[str, Purpose, str]]:
        """All sentences for an item; of rarely used forms and purposes first, then the most telling."""
        query = self.query
        facts = facts_of(item, query.addressed, query.worths, query.taste.features)
        beginnings = sorted(leads(facts, self.tongue), key=lambda lead: forms[lead[0]])
        fitting = [purpose for purpose in self._turned(item.id) if purpose.fits(item)]
        purposes = sorted(
            fitting, key=lambda purpose: (used[purpose], self.used[purpose], purpose.condition is None)
        )
        for (form, beginning), purpose in product(beginnings, purposes):
            text = f"{beginning}{say(purpose, query.addressed, self.language)}."
            yield form, purpose, text[0].upper() + text[1:]

    def _turned(self, item_id: int) -> list[Purpose]:
        """The purposes from another one on for each item and day."""
        start = (self.query.seed + item_id) % len(self.purposes)
        return [*self.purposes[start:], *self.purposes[:start]]

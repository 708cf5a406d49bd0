"""Puts facts into English and German phrases. Pure."""

from collections.abc import Sequence
from typing import Final, Protocol

from services.emotions import Emotion
from services.recommender.ranking.facts import Facts
from services.recommender.ranking.lexicon import Wording
from services.recommender.ranking.purposes import MOODS, Language

TONES: Final = (
    (
        (Wording("melancholy", "melancholisch"),),
        (Wording("sombre", "ernst"),),
        (Wording("dark", "düster"), Wording("intense", "heftig")),
    ),
    (
        (Wording("quiet", "leise"),),
        (Wording("even-tempered", "ausgeglichen"),),
        (Wording("energetic", "energiegeladen"),),
    ),
    (
        (Wording("gentle", "sanft"),),
        (Wording("warm", "warm"),),
        (Wording("bright", "hell"), Wording("lively", "lebhaft")),
    ),
)
"""By third of valence (unpleasant to pleasant), then of arousal (calm to excited)."""
SPOKEN_WITH_A_VOWEL: Final = ("R&B", "18", "11", "8")


class Tongue(Protocol):
    def noun(
        self,
        facts: Facts,
        feelings: Sequence[Wording] = (),
        *,
        creator: bool = False,
        year: bool = False,
        theme: bool = False,
    ) -> str:
        """Name the item: "a witty 1989 comedy by Rob Reiner about friendship"."""

    def join(self, feelings: Sequence[Wording]) -> str:
        """Say how it feels: "witty and warm"."""

    def tone(self, feelings: Sequence[Wording]) -> str: ...
    def having(self, feature: Wording) -> str: ...
    def picked(self, mood: Emotion) -> str: ...
    def liked(self, facts: Facts) -> str: ...


class English:
    def noun(
        self,
        facts: Facts,
        feelings: Sequence[Wording] = (),
        *,
        creator: bool = False,
        year: bool = False,
        theme: bool = False,
    ) -> str:
        words = [self.join(feelings)] if feelings else []
        words += [str(facts.year)] if year and facts.year else []
        phrase = " ".join([*words, facts.kind.en])
        article = "an" if phrase[0] in "aeiou" or phrase.startswith(SPOKEN_WITH_A_VOWEL) else "a"
        phrase = f"{article} {phrase}"
        phrase += f" by {facts.creator}" if creator and facts.creator else ""
        return phrase + (f" about {facts.theme.en}" if theme and facts.theme else "")

    def join(self, feelings: Sequence[Wording]) -> str:
        return " and ".join(feeling.en for feeling in feelings)

    def tone(self, feelings: Sequence[Wording]) -> str:
        return f"{self.join(feelings)} in tone"

    def having(self, feature: Wording) -> str:
        return f" with {feature.en}"

    def picked(self, mood: Emotion) -> str:
        return f"picked by hand for {MOODS[mood][0]}"

    def liked(self, facts: Facts) -> str:
        if facts.liked_creator:
            return f"and you have liked {facts.creator} before"
        return f"and you have liked other {facts.kind.en_plural}"


class German:
    articles: Final = {"m": "ein", "f": "eine", "n": "ein"}
    endings: Final = {"m": "er", "f": "e", "n": "es"}

    def noun(
        self,
        facts: Facts,
        feelings: Sequence[Wording] = (),
        *,
        creator: bool = False,
        year: bool = False,
        theme: bool = False,
    ) -> str:
        gender = facts.kind.gender
        inflected = dict.fromkeys(feeling.de + self.endings[gender] for feeling in feelings)
        words = [self.articles[gender], *([" und ".join(inflected)] if feelings else []), facts.kind.de]
        phrase = " ".join(words)
        phrase += f" von {facts.creator}" if creator and facts.creator else ""
        phrase += f" aus dem Jahr {facts.year}" if year and facts.year else ""
        return phrase + (f" über {facts.theme.de}" if theme and facts.theme else "")

    def join(self, feelings: Sequence[Wording]) -> str:
        return " und ".join(dict.fromkeys(feeling.de for feeling in feelings))

    def tone(self, feelings: Sequence[Wording]) -> str:
        return f"im Ton {self.join(feelings)}"

    def having(self, feature: Wording) -> str:
        return f" mit {feature.de}"

    def picked(self, mood: Emotion) -> str:
        return f"von Hand ausgesucht für {MOODS[mood][1]}"

    def liked(self, facts: Facts) -> str:
        if facts.liked_creator:
            return f"und von {facts.creator} gefiel schon etwas"
        return f"und andere {facts.kind.de_plural} haben schon gefallen"


TONGUES: Final[dict[Language, Tongue]] = {"en": English(), "de": German()}


def leads(facts: Facts, tongue: Tongue) -> Sequence[tuple[str, str]]:
    """The beginnings that the facts allow, each with the name of its form, the most telling first."""
    felt, theme = tongue.join(facts.feelings), facts.theme is not None
    full = tongue.noun(facts, year=True, creator=True)
    found = []
    if facts.liked_creator or facts.liked:
        found.append(("liked", f"{tongue.noun(facts, year=True, theme=True)}, {tongue.liked(facts)}"))
    if facts.picked:
        found.append(("picked", f"{tongue.noun(facts, creator=True)}, {tongue.picked(facts.picked)}"))
    if theme and len(facts.feelings) > 1:
        found.append(("felt, theme", f"{felt}, {tongue.noun(facts, year=True, theme=True)}"))
    if felt:
        found.append(("felt noun", tongue.noun(facts, facts.feelings[:1], creator=True, theme=True)))
    if len(facts.feelings) > 1:
        found.append(("noun, felt", f"{full}, {felt}"))
    if theme:
        found.append(("theme", tongue.noun(facts, year=True, creator=True, theme=True)))
    if facts.feature:
        found.append(("feature", tongue.noun(facts, year=True) + tongue.having(facts.feature)))
    if facts.place:
        tone = TONES[facts.place[0]][facts.place[1]]
        found.append(("toned noun", tongue.noun(facts, tone, year=True, creator=True)))
        found.append(("noun, tone", f"{full}, {tongue.tone(tone)}"))
    found.append(("noun", full))
    return found

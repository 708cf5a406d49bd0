"""What a reason says of an item's purpose, in English and German. Pure.

Some phrases say something of the item too; these have a condition. The others are true of any item.
`{mood}` becomes "a sad mood"; in German `{mood}` is the accusative and `{of_mood}` the dative.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

from services.emotions import Emotion
from services.recommender.ranking.item import Candidate
from services.recommender.ranking.needs import Need

Language = Literal["en", "de"]
Condition = Callable[[Candidate], bool]
SURE_ENOUGH: Final = 0.4
"""Confidence from which on an item's place may be spoken of."""
WELL_KNOWN: Final = 0.85
WELL_RATED: Final = 0.8


@dataclass(frozen=True, slots=True)
class Purpose:
    en: str
    de: str
    condition: Condition | None = None

    def fits(self, item: Candidate) -> bool:
        return self.condition is None or self.condition(item)


def _has(*words: str) -> Condition:
    wanted = frozenset(words)
    return lambda item: not wanted.isdisjoint(item.words)


def _lies(*, valence: tuple[float, float] = (-1, 1), arousal: tuple[float, float] = (-1, 1)) -> Condition:
    return lambda item: (
        item.affect_confidence >= SURE_ENOUGH
        and valence[0] <= item.valence <= valence[1]
        and arousal[0] <= item.arousal <= arousal[1]
    )


_funny = _has(
    "comedy", "funny", "witty", "hilarious", "silly", "romantic comedy", "parody", "satire", "slapstick"
)
_kind = _has(
    *("heartwarming", "feel good", "wholesome", "cozy", "comforting", "gentle", "touching", "sweet"),
    "friendship",
)
_outdoors = _has(
    *("nature", "outdoors", "mountains", "sea", "travel", "road trip", "wilderness", "island", "desert")
)
_bright = _lies(valence=(0.25, 1))
_quiet = _lies(valence=(0, 1), arousal=(-1, -0.1))
_lively = _lies(valence=(0.1, 1), arousal=(0.2, 1))
_dark = _lies(valence=(-1, -0.25))
_wound_up = _lies(arousal=(0.3, 1))

PURPOSES: Final[dict[Need | Literal["unclear"], tuple[Purpose, ...]]] = {
    "cheer": (
        Purpose(": something light after a hard day", ": etwas Leichtes nach einem schweren Tag", _funny),
        Purpose(
            ": kindness for when you could use some", ": Herzlichkeit, wenn man sie gerade braucht", _kind
        ),
        Purpose(
            ": a brighter place to spend an hour or two", ": ein hellerer Ort für ein, zwei Stunden", _bright
        ),
        Purpose(", to lift {mood}", ", um {mood} zu heben"),
        Purpose(": a step out of {mood}", ": ein Schritt heraus aus {of_mood}"),
        Purpose(": company while {mood} passes", ": Gesellschaft, bis sich {mood} legt"),
        Purpose(", meant to bring some colour back", ", damit wieder etwas Farbe in den Tag kommt"),
        Purpose(": other thoughts than those of {mood}", ": andere Gedanken als die {of_mood}"),
    ),
    "absorb": (
        Purpose(": a laugh takes the edge off anger", ": ein Lachen nimmt dem Ärger die Schärfe", _funny),
        Purpose(
            ": out into the open, away from it all",
            ": hinaus ins Freie, weg von allem",
            _outdoors,
        ),
        Purpose(
            ": a task to sink into until the heat is gone",
            ": eine Aufgabe zum Versinken, bis die Hitze weg ist",
            _has("puzzle", "strategy", "building", "management", "city builder", "exploration", "simulation"),
        ),
        Purpose(", to take your mind off what went wrong", ", um nicht mehr an den Ärger zu denken"),
        Purpose(", to bring {mood} down step by step", ", um {mood} Schritt für Schritt abzukühlen"),
        Purpose(": room to cool down", ": Raum zum Abkühlen"),
        Purpose(
            ": something else to put your energy into", ": etwas anderes, in das die Energie fließen kann"
        ),
        Purpose(": a way out of {mood}", ": ein Weg heraus aus {of_mood}"),
    ),
    "reassure": (
        Purpose(": warm company for an uneasy hour", ": warme Gesellschaft für eine unruhige Stunde", _kind),
        Purpose(": quiet, to let the pulse come down", ": ruhig genug, dass der Puls sinken kann", _quiet),
        Purpose(
            ": well known, and so easy to trust",
            ": altbekannt und darum vertraut",
            lambda item: item.popularity >= WELL_KNOWN,
        ),
        Purpose(", to settle {mood}", ", um {mood} zu beruhigen"),
        Purpose(": something to hold on to for a while", ": etwas, woran man sich eine Weile halten kann"),
        Purpose(": a rest from {mood}", ": eine Pause von {of_mood}"),
        Purpose(", to breathe out slowly", ", um langsam auszuatmen"),
        Purpose(": a place to come to rest", ": ein Ort, um zur Ruhe zu kommen"),
    ),
    "joy": (
        Purpose(", to laugh along with", ", zum Mitlachen", _funny),
        Purpose(": as lively as you feel", ": so lebhaft wie die eigene Laune", _lively),
        Purpose(": as bright as the day you are having", ": so hell wie der Tag gerade ist", _bright),
        Purpose(", to keep {mood} going", ", damit {mood} anhält"),
        Purpose(", in tune with {mood}", ", passend zu {of_mood}"),
        Purpose(": goes well with feeling good", ": passt, wenn es einem gut geht"),
        Purpose(", to share with whoever is around", ", zum Teilen mit allen, die da sind"),
        Purpose(": one more reason to enjoy the day", ": noch ein Grund, den Tag zu genießen"),
    ),
    "wonder": (
        Purpose(
            ": a turn that you may not see coming",
            ": mit einer Wendung, die man vielleicht nicht kommen sieht",
            _has("plot twist", "twist", "mystery", "whodunnit"),
        ),
        Purpose(
            ": strange enough to keep you wondering",
            ": seltsam genug, um weiter zu staunen",
            _has(
                "surreal",
                "absurd",
                "mind bending",
                "psychedelic",
                "magical realism",
                "quirky",
                "experimental",
            ),
        ),
        Purpose(": as lively as a surprise", ": so lebhaft wie eine Überraschung", _lively),
        Purpose(", to keep {mood} going", ", damit {mood} anhält"),
        Purpose(": for whoever is open to something new", ": für alle, die offen für Neues sind"),
        Purpose(", in tune with {mood}", ", passend zu {of_mood}"),
        Purpose(": more for a curious mind", ": mehr für einen neugierigen Kopf"),
        Purpose(", to follow one surprise with another", ", damit auf eine Überraschung die nächste folgt"),
    ),
    "ease": (
        Purpose(
            ": something to think about",
            ": etwas zum Nachdenken",
            _has(
                "thoughtful",
                "thought provoking",
                "philosophical",
                "documentary",
                "science",
                "history",
                "biography",
            ),
        ),
        Purpose(
            ": neither too loud nor too heavy",
            ": weder zu laut noch zu schwer",
            _lies(valence=(-0.3, 0.4), arousal=(-0.5, 0.2)),
        ),
        Purpose(": unhurried", ": ohne Eile", _lies(arousal=(-1, -0.2))),
        Purpose(", in tune with {mood}", ", passend zu {of_mood}"),
        Purpose(": for an evening without plans", ": für einen Abend ohne Pläne"),
        Purpose(", to go with an ordinary day", ", passend zu einem gewöhnlichen Tag"),
        Purpose(
            ": a change of scene, nothing upsetting",
            ": Abwechslung ohne große Aufregung",
            _lies(arousal=(-1, 0.2)),
        ),
        Purpose(": there is time for it now", ": dafür ist jetzt Zeit"),
        Purpose(": for when there is no hurry", ": für eine Zeit, in der nichts drängt"),
        Purpose(": worth a try with an open mind", ": einen Versuch wert, wenn man offen für Neues ist"),
    ),
    "sorrow": (
        Purpose(
            ": as sad as you feel, and honest about it",
            ": so traurig wie man selbst, und ehrlich darin",
            _has("sad", "melancholy", "heartbreaking", "tragic"),
        ),
        Purpose(": low in spirits, like you", ": so gedrückt wie man selbst", _dark),
        Purpose(", in tune with {mood}", ", passend zu {of_mood}"),
        Purpose(": room for sadness", ": Raum für die Traurigkeit"),
        Purpose(": company for {mood}", ": Gesellschaft in {of_mood}"),
        Purpose(", to stay with {mood} for a while", ", um eine Weile bei {of_mood} zu bleiben"),
        Purpose(": nobody has to cheer up yet", ": niemand muss schon fröhlich sein"),
    ),
    "fury": (
        Purpose(": as wound up as you are", ": so aufgebracht wie man selbst", _wound_up),
        Purpose(", in tune with {mood}", ", passend zu {of_mood}"),
        Purpose(": somewhere for anger to go", ": ein Ort, an den der Ärger kann"),
        Purpose(", to meet {mood} head on", ", um {mood} nicht zu umgehen"),
        Purpose(": for when calm is not what you want", ": wenn Ruhe gerade nicht gefragt ist"),
        Purpose(", to stay with {mood} for a while", ", um eine Weile bei {of_mood} zu bleiben"),
    ),
    "dread": (
        Purpose(
            ": a fright that ends when it ends",
            ": ein Schrecken, der mit dem Ende vorbei ist",
            _has("horror", "scary", "suspenseful", "thriller", "eerie", "tense"),
        ),
        Purpose(", in tune with {mood}", ", passend zu {of_mood}"),
        Purpose(": fear at a safe distance", ": Angst aus sicherer Entfernung"),
        Purpose(", to face {mood} on your own terms", ", um sich {of_mood} selbst zu stellen"),
        Purpose(
            ": for when you would rather look than turn away", ": wenn Hinsehen leichter ist als Wegsehen"
        ),
        Purpose(", to stay with {mood} for a while", ", um eine Weile bei {of_mood} zu bleiben"),
    ),
    "unclear": (
        Purpose(
            ": one of several directions, as the mood is not clear",
            ": eine von mehreren Richtungen, da die Stimmung nicht klar ist",
        ),
        Purpose(": in case this is what you are after", ": falls es gerade danach ist"),
        Purpose(", for a mood that is hard to name", ", für eine Stimmung, die schwer zu benennen ist"),
        Purpose(
            ": worth a try when the mood could be anything", ": einen Versuch wert, wenn alles möglich ist"
        ),
        Purpose(": part of a broad choice", ": Teil einer breiten Auswahl"),
        Purpose(", whichever way the day goes", ", wohin der Tag auch geht"),
    ),
}

MOODS: Final[dict[Emotion, tuple[str, str, str]]] = {
    "angry": ("an angry mood", "eine wütende Stimmung", "einer wütenden Stimmung"),
    "fear": ("an anxious mood", "eine ängstliche Stimmung", "einer ängstlichen Stimmung"),
    "happy": ("a happy mood", "eine fröhliche Stimmung", "einer fröhlichen Stimmung"),
    "sad": ("a sad mood", "eine traurige Stimmung", "einer traurigen Stimmung"),
    "surprise": ("a surprised mood", "eine überraschte Stimmung", "einer überraschten Stimmung"),
    "neutral": ("a balanced mood", "eine ausgeglichene Stimmung", "einer ausgeglichenen Stimmung"),
}
"""In English; in German in the accusative and the dative."""


def say(purpose: Purpose, mood: Emotion, language: Language) -> str:
    english, accusative, dative = MOODS[mood]
    if language == "de":
        return purpose.de.format(mood=accusative, of_mood=dative)
    return purpose.en.format(mood=english)

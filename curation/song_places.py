"""Places songs: a linear model of sound, genre, title and artist, corrected by what listeners say.

`tables/song_model.csv` is written by calibrate.py; `tables/song_genres.csv` groups the artists' genres,
`tables/title_words.csv` gives words of titles a direction, both by hand.
"""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final, Self

from curation import terms
from curation.plane import Place
from curation.sources.reading import number, parts, rows
from curation.titles import song_key

QUADRANTS: Final = {"Q1": (0.6, 0.55), "Q2": (-0.6, 0.65), "Q3": (-0.65, -0.4), "Q4": (0.5, -0.55)}
MOODS: Final = {"happy": (0.7, 0.5), "angry": (-0.65, 0.75), "sad": (-0.7, -0.4), "relaxed": (0.5, -0.6)}
FULL_COUNT: Final = 12
"""From this many words on, a song's listeners count in full."""
ARTIST_PRIOR: Final = 2.0
QUIET: Final = 0.62
"""Below this energy, what tells sad from calm counts more and more."""
MODEL_WEIGHT: Final = 1.0
LABEL_WEIGHT: Final = 0.8
WORDS_WEIGHT: Final = 1.5
MODEL_CONFIDENCE: Final = 0.5
LABEL_CONFIDENCE: Final = 0.85
CLASSICAL: Final = re.compile(r"\bclassical(?! performance)\b")
INSTRUMENTAL: Final = 0.5
BY_MODE: Final = {True: 0.35, False: -0.2}
"""Raw valence of instrumental classical music in major and minor; its figures take soft for sad."""
LEAST_SHARE: Final = 0.12
"""A listeners' word is a theme if it has this share of all words."""
MAX_WORDS: Final = 5


@dataclass(frozen=True, slots=True)
class Family:
    name: str
    genre: str
    pattern: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class Song:
    """What the model reads of a song."""

    key: str
    valence: float
    energy: float
    danceability: float
    acousticness: float
    instrumentalness: float
    speechiness: float
    loudness: float
    tempo: float
    mode: float
    genres: str

    @classmethod
    def of(cls, cells: dict[str, str]) -> Self:
        def figure(name: str, usual: float) -> float:
            value = number(cells[name])
            return usual if value is None else value

        return cls(
            key=song_key(cells["title"], cells["artists"]),
            valence=figure("valence", 0.57) - 0.57,
            energy=figure("energy", 0.64) - 0.64,
            danceability=figure("danceability", 0.6) - 0.6,
            acousticness=figure("acousticness", 0.26) - 0.26,
            instrumentalness=figure("instrumentalness", 0.0),
            speechiness=min(0.4, figure("speechiness", 0.08)) - 0.08,
            loudness=(figure("loudness", -8.0) + 8) / 4,
            tempo=(figure("tempo", 120.0) - 120) / 30,
            mode=figure("mode", 0.68) - 0.68,
            genres=cells["genres"],
        )


@cache
def families() -> tuple[Family, ...]:
    rows_ = terms.read_table(terms.TABLES / "song_genres.csv")
    return tuple(Family(row["family"], row["genre"], re.compile(row["pattern"])) for row in rows_)


@cache
def _title_words() -> dict[str, Place]:
    rows_ = terms.read_table(terms.TABLES / "title_words.csv")
    return {row["word"]: (float(row["valence"]), float(row["arousal"])) for row in rows_}


@cache
def _dark_words() -> frozenset[str]:
    return frozenset(row["word"] for row in terms.read_table(terms.TABLES / "title_words.csv") if row["dark"])


def has_dark_title(song: "Song") -> bool:
    """Whether the title alone speaks of tears, death and the like, whatever the song sounds like."""
    return not _dark_words().isdisjoint(song.key.split("|")[0].split())


@cache
def _model() -> dict[str, Place]:
    rows_ = terms.read_table(terms.TABLES / "song_model.csv")
    return {row["feature"]: (float(row["valence"]), float(row["arousal"])) for row in rows_}


def features(song: Song, artist: Place) -> dict[str, float]:
    """The model's inputs; `artist` is the mean of what listeners say of the artist's other songs."""
    v, e, d, a = song.valence, song.energy, song.danceability, song.acousticness
    words = [_title_words()[word] for word in song.key.split("|")[0].split() if word in _title_words()]
    found: dict[str, float] = {
        "intercept": 1.0, "valence": v, "energy": e, "acousticness": a, "danceability": d,
        "loudness": song.loudness, "tempo": song.tempo, "mode": song.mode, "speechiness": song.speechiness,
        "instrumentalness": song.instrumentalness, "valence*energy": v * e, "valence^2": v * v,
        "energy^2": e * e, "valence*acousticness": v * a, "energy*acousticness": e * a,
        "valence*mode": v * song.mode,
        "valence*danceability": v * d, "artist valence": artist[0], "artist arousal": artist[1],
        "title valence": max(-2.0, min(2.0, sum(word[0] for word in words))),
        "title arousal": max(-2.0, min(2.0, sum(word[1] for word in words))),
    }  # fmt: skip
    found |= {f"genre:{family.name}": 1.0 for family in families() if family.pattern.search(song.genres)}
    quiet = max(0.0, QUIET - e - 0.64) / QUIET
    if quiet:
        names = [
            name
            for name in found
            if name.startswith("genre:")
            or name
            in {
                "intercept",
                "valence",
                "mode",
                "acousticness",
                "artist valence",
                "title valence",
                "danceability",
            }
        ]
        found |= {f"quiet:{name}": quiet * found[name] for name in names}
    return found


class Listeners:
    """What listeners and editors say of songs and artists."""

    def __init__(self, folder: Path, deezer: Path) -> None:
        self._sums: dict[str, list[float]] = {}
        self._artists: dict[str, list[float]] = {}
        self._words: dict[str, dict[str, int]] = {}
        self._deezer_ids: dict[str, str] = {}
        for row in rows(deezer):
            self._deezer_ids.setdefault(song_key(row["title"], row["artist"]), row["deezer_id"])
        self._read_words(folder / "deezer_lastfm_emotions.csv.gz")
        for row in rows(folder / "moodylyrics4q.csv"):
            self._add(song_key(row["title"], row["artist"]), MOODS[row["mood"]], LABEL_WEIGHT)
        for row in rows(folder / "panda_allmusic.csv"):
            self._add(song_key(row["title"], row["artist"]), QUADRANTS[row["quadrant"]], LABEL_WEIGHT)
        for row in rows(folder / "pmemo.csv"):
            place = (2.2 * (float(row["valence"]) - 0.55), 2.2 * (float(row["arousal"]) - 0.5))
            self._add(song_key(row["title"], row["artist"]), place, LABEL_WEIGHT)
        total = [sum(sums[axis] for sums in self._sums.values()) for axis in range(3)]
        self._mean = total[0] / total[2], total[1] / total[2]

    def _read_words(self, path: Path) -> None:
        table = terms.table("song_words")
        for row in rows(path):
            counts = {
                name: int(count)
                for name, _, count in (word.rpartition(":") for word in parts(row["emotions"]))
            }
            softened = {name: count**0.75 for name, count in counts.items()}
            total = sum(softened.values())
            if total:
                valence = sum(n * table["", name].valence for name, n in softened.items()) / total
                arousal = sum(n * table["", name].arousal for name, n in softened.items()) / total
                key = song_key(row["title"], row["artist"])
                self._words.setdefault(key, counts)
                self._add(key, (valence, arousal), WORDS_WEIGHT * min(1.0, total / FULL_COUNT))

    def _add(self, key: str, place: Place, weight: float) -> None:
        for sums, name in ((self._sums, key), (self._artists, key.partition("|")[2])):
            one = sums.setdefault(name, [0.0, 0.0, 0.0])
            one[0] += weight * place[0]
            one[1] += weight * place[1]
            one[2] += weight

    def artist(self, key: str) -> Place:
        """The mean of the artist's other songs, drawn towards the mean of all, relative to that mean."""
        all_, own = self._artists.get(key.partition("|")[2]), self._sums.get(key, [0.0, 0.0, 0.0])
        if all_ is None:
            return 0.0, 0.0
        weight = max(0.0, all_[2] - own[2])
        valence, arousal = (
            (all_[axis] - own[axis] - self._mean[axis] * weight) / (weight + ARTIST_PRIOR) for axis in (0, 1)
        )
        return valence, arousal

    def label(self, key: str) -> tuple[Place, float] | None:
        """Where people put the song, and the weight of that."""
        sums = self._sums.get(key)
        return ((sums[0] / sums[2], sums[1] / sums[2]), sums[2]) if sums else None

    def place(self, song: Song) -> tuple[Place, float]:
        """Model and people together, and the confidence in them."""
        model = _model()
        found = features(song, self.artist(song.key))
        valence, arousal = (
            sum(value * model[name][axis] for name, value in found.items() if name in model)
            for axis in (0, 1)
        )
        if CLASSICAL.search(song.genres) and song.instrumentalness > INSTRUMENTAL:
            valence = BY_MODE[song.mode > 0]
        said = self.label(song.key)
        if said is None:
            return (valence, arousal), MODEL_CONFIDENCE
        (own_valence, own_arousal), weight = said
        share = weight / (weight + MODEL_WEIGHT)
        place = (1 - share) * valence + share * own_valence, (1 - share) * arousal + share * own_arousal
        return place, round(MODEL_CONFIDENCE + share * (LABEL_CONFIDENCE - MODEL_CONFIDENCE), 2)

    def themes(self, key: str) -> list[str]:
        """The listeners' words, the most frequent first."""
        counts = self._words.get(key, {})
        least = LEAST_SHARE * sum(counts.values())
        table = terms.table("song_words")
        ordered = sorted(counts, key=lambda name: (-counts[name], name))
        found = [table["", name].theme for name in ordered if counts[name] >= max(2.0, least)]
        return [theme for theme in found if theme][:MAX_WORDS]

    def deezer_id(self, key: str) -> str | None:
        return self._deezer_ids.get(key)


def sounds(song: Song) -> list[str]:
    """Themes that can be heard."""
    heard = []
    if song.acousticness > 0.45:
        heard.append("acoustic")
    if song.danceability > 0.15:
        heard.append("danceable")
    if song.energy > 0.22:
        heard.append("energetic")
    if song.energy < -0.34:
        heard.append("quiet")
    if song.instrumentalness > INSTRUMENTAL:
        heard.append("instrumental")
    return heard

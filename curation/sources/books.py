"""Reads books of goodbooks-10k and newer ones: readers' tags, genres, and films made of them."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final
from urllib.parse import quote_plus

from curation import ratings, sequels, terms, titles
from curation.doubles import Doubles, identity_of, named_after, omnibuses
from curation.entry import MAX_GENRES, Entry
from curation.plane import Place
from curation.sources.reading import parts, rows, whole
from services.recommender.schemas.fields import fold

RATING_MEAN: Final = 3.97
RATING_SD: Final = 0.24
PRIOR_COUNT: Final = 5_000
GENRE_SHARE: Final = 0.6
"""A genre without a count weighs as a tag that this share of the readers' most used tag's readers give."""
COVERS: Final = "https://images.gr-assets.com/books/"
ENGLISH: Final = {"", "eng", "en-US", "en-GB", "en-CA"}
UNFIT_TAGS: Final = {
    "erotica", "bdsm", "cookbooks", "textbooks", "textbook",
    "scripture", "scriptures",
    "bible", "bibles", "sacred texts", "religious texts", "quran", "holy books", "reference",
    "dictionaries", "dictionary",
    "school books", "programming", "medical textbooks", "parenting", "colouring books", "coloring books",
    "role playing games", "travel guides", "grammar",
}  # fmt: skip
PICTURES: Final = {"picture books", "picture book", "storytime", "kindergarten", "rhyming", "board books"}
ENOUGH_FOR_PICTURES: Final = 100_000
"""Ratings from which on nearly everybody knows a picture book."""
LEADING: Final = 8
UNFIT_TITLE: Final = re.compile(
    r"\b(box(ed)? set|boxset|omnibus|collection set|\d+ books?|books? \d+ ?[-–&] ?\d+"
    r"|holy bible|study bible|bible:|qur.?an|koran|torah|bhagavad|book of mormon|diagnostic and statistical"
    r"|for dummies|publication manual|encyclopedia of|dictionary of|thesaurus|complete works|suicide manual"
    r"|final exit|anarchist cookbook|mein kampf|colou?ring book|board book"
    r"|(critical|modern) interpretations|study guide|cliffs ?notes|spark ?notes|reader's guide|companion to"
    r"|(illustrated|visual|movie|official( [\w'’]+)*) (companion|guide|diary)|companion$"
    r"|stage adaptation|screenplay|script ?book|the play$|graphic novel"
    r"|trilogy)\b",
    re.IGNORECASE,
)
"""What the titles, without their series, of sets, studies, adaptations and scripture have."""
NUMBER: Final = re.compile(r"#(\d+)")
LATER: Final = re.compile(r"#(?:[2-9]|\d\d|\d*\.\d|0\b)|\bVol(?:ume|\.) ?(?:[2-9]|\d\d)")
"""A volume that has others before it, or a story on the side or from before."""
LATE_VOLUME: Final = 2
ENOUGH_FOR_LATE: Final = 150_000
"""Ratings from which on a later volume of a series stands on its own."""


def read(folder: Path, tags_csv: Path, adapted: dict[str, Place]) -> Iterator[tuple[Entry, Place]]:
    """All fit books and their raw places; `adapted`: places of films by the folded title of their book."""
    tags = {row["goodreads_id"]: row["tags"] for row in rows(tags_csv)}
    found = list(_cells(folder))
    doubles = Doubles((cells["title"], cells["authors"]) for cells in found)
    counted = [(cells["title"], cells["authors"], float(cells["rating_count"])) for cells in found]
    later, several, companions = _later(found, folder), omnibuses(counted), named_after(counted)
    for cells in found:
        said = _said(cells, tags.get(cells["goodreads_id"], ""))
        names = [name for name, _ in said]
        if not _is_fit(cells, names) or doubles.has(
            cells["title"], cells["authors"], drawn="comics" in names
        ):
            continue
        identity = identity_of(cells["title"], cells["authors"])
        felt = _felt(said)
        if felt:
            told = {
                sequels.SEQUEL: identity in later,
                "omnibus": identity in several,
                "companion": identity in companions,
                "picture book": _is_picture_book(cells, names),
            }
            entry = _entry(cells, felt, names)
            for tag in (tag for tag, holds in told.items() if holds):
                entry = sequels.with_tag(entry, tag)
            yield entry, _place(felt, adapted.get(identity[0]))


def _cells(folder: Path) -> Iterator[dict[str, str]]:
    """goodbooks-10k, then newer books of two lists in the same columns."""
    known = set()
    for row in rows(folder / "goodbooks.csv.gz"):
        known.add(identity_of(row["title"], row["authors"]))
        yield row | {"authors": row["authors"].replace("|", ", ")}
    for row in rows(folder / "best_books_genres.csv.gz"):
        identity = identity_of(row["title"], row["author"])
        if identity not in known:
            known.add(identity)
            yield row | {
                "authors": row["author"], "year": "", "language": "", "isbn13": "", "image_url": "",
                "genres_other": row["genres"], "genres_check": "ok",
                "rating_count": row["rating_count"] or "0",
            }  # fmt: skip


def _said(cells: dict[str, str], tags: str) -> list[tuple[str, float]]:
    """(tag, share): readers' tags by the root of their count, and genres."""
    counted = [part.rpartition(":") for part in parts(tags)]
    top = max((float(count) for _, _, count in counted), default=1.0)
    said = {fold(tag): (float(count) / top) ** 0.5 for tag, _, count in counted}
    column = "genres" if cells["genres_check"] == "ok" and not cells["genres_other"] else "genres_other"
    for place, genre in enumerate(parts(cells[column])):
        said.setdefault(fold(genre), GENRE_SHARE if said else 1 / (1 + 0.15 * place))
    return list(said.items())


def _is_fit(cells: dict[str, str], names: list[str]) -> bool:
    if cells["language"] not in ENGLISH or UNFIT_TITLE.search(titles.clean(cells["title"])):
        return False
    volume = NUMBER.search(cells["title"])
    late = volume is not None and int(volume[1]) > LATE_VOLUME
    if late and float(cells["rating_count"]) < ENOUGH_FOR_LATE:
        return False
    if _is_picture_book(cells, names) and float(cells["rating_count"]) < ENOUGH_FOR_PICTURES:
        return False
    return UNFIT_TAGS.isdisjoint(names[:LEADING])


def _is_picture_book(cells: dict[str, str], names: list[str]) -> bool:
    genres = [fold(genre) for genre in parts(cells["genres"])]
    return not PICTURES.isdisjoint([*genres, *names[:LEADING]])


def _later(found: list[dict[str, str]], folder: Path) -> set[tuple[str, str]]:
    """The books that any list calls a later volume."""
    named = [(cells["title"], cells["authors"]) for cells in found]
    named += [(row["title"], row["author"]) for row in rows(folder / "best_books_ever_ranks.csv.gz")]
    return {identity_of(title, authors) for title, authors in named if LATER.search(title)}


def _felt(said: list[tuple[str, float]]) -> list[terms.Felt]:
    table = terms.table("tags")
    return [terms.scaled(table["", name], share) for name, share in said if ("", name) in table]


def _place(felt: list[terms.Felt], film: Place | None) -> Place:
    valence, arousal = terms.mean(felt)
    if film is None:
        return valence, arousal
    return valence + FILM_SHARE * (film[0] - valence), arousal + FILM_SHARE * (film[1] - arousal)


FILM_SHARE: Final = 0.35
"""How far the place of a film made of a book moves the book's."""


def _entry(cells: dict[str, str], felt: list[terms.Felt], names: list[str]) -> Entry:
    count = float(cells["rating_count"])
    rating = ratings.shrunken(float(cells["rating_mean"] or RATING_MEAN), count, RATING_MEAN, PRIOR_COUNT)
    title = titles.clean(cells["title"])
    creator = titles.first_name(cells["authors"])
    return Entry(
        medium="book",
        title=title,
        creator=creator,
        year=whole(cells["year"]),
        url=_link(cells["goodreads_id"], title, creator),
        genres=_genres(names),
        tags=terms.themes(felt),
        language="en" if cells["language"] else None,
        image_url=_cover(cells),
        affect_source="reader tags and genres",
        affect_confidence=terms.confidence(felt),
        quality=ratings.quality(rating, RATING_MEAN, RATING_SD),
        fame=count,
    )


def _link(goodreads_id: str, title: str, creator: str | None) -> str:
    if goodreads_id:
        return f"https://www.goodreads.com/book/show/{int(float(goodreads_id))}"
    return "https://www.goodreads.com/search?q=" + quote_plus(" ".join(filter(None, (title, creator))))


def _cover(cells: dict[str, str]) -> str | None:
    if cells["image_url"]:
        return COVERS + cells["image_url"]
    return f"https://covers.openlibrary.org/b/isbn/{cells['isbn13']}-M.jpg" if cells["isbn13"] else None


def _genres(names: list[str]) -> tuple[str, ...]:
    table = terms.table("tags")
    found = [table["", name].genre for name in names if ("", name) in table]
    return tuple(dict.fromkeys(genre for genre in found if genre))[:MAX_GENRES]

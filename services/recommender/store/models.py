"""The tables. Migrations, not these classes, create them; a test checks that both agree."""

from collections.abc import Iterable
from functools import cache
from typing import ClassVar

import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from services.emotions import EMOTIONS, Emotion
from services.recommender.ranking.item import Kind, Medium
from services.recommender.ranking.taste import Action, Verdict


class TermList(sa.TypeDecorator[tuple[str, ...]]):
    """Genres or tags, the strongest first; stored as text joined with `|`."""

    impl = sa.String
    cache_ok = True

    def process_bind_param(self, value: Iterable[str] | None, dialect: sa.Dialect) -> str:  # noqa: ARG002 # SQLAlchemy's interface
        return "|".join(value or ())

    def process_result_value(self, value: str | None, dialect: sa.Dialect) -> tuple[str, ...]:  # noqa: ARG002 # as above
        return tuple(value.split("|")) if value else ()


class EmotionSet(sa.TypeDecorator[tuple[Emotion, ...]]):
    """Emotions, stored as the bits of a number: bit i stands for EMOTIONS[i]."""

    impl = sa.Integer
    cache_ok = True

    def process_bind_param(self, value: Iterable[Emotion] | None, dialect: sa.Dialect) -> int:  # noqa: ARG002 # as above
        return sum({1 << EMOTIONS.index(emotion) for emotion in value or ()})

    def process_result_value(self, value: int | None, dialect: sa.Dialect) -> tuple[Emotion, ...]:  # noqa: ARG002 # as above
        return emotions_of(value or 0)


@cache
def emotions_of(bits: int) -> tuple[Emotion, ...]:
    """The emotions of a stored number; cached, as a recommendation reads hundreds of rows."""
    return tuple(emotion for i, emotion in enumerate(EMOTIONS) if bits >> i & 1)


class Base(DeclarativeBase):
    type_annotation_map: ClassVar = dict.fromkeys((Medium, Action, Verdict, Emotion), sa.String(8)) | {
        Kind: sa.String(10)
    }


class Item(Base):
    """One film, song, book or game."""

    __tablename__ = "items"
    __table_args__ = (
        sa.Index("ix_items_cell", "medium", "cell", "prior"),
        sa.Index("ix_items_prior", "medium", "prior"),
        sa.Index("ix_items_listing", "medium", "id"),
        sa.Index("ix_items_work", "work"),
        sa.Index("ix_items_creator", "medium", "creator", "prior"),
        sa.Index(
            "ix_items_curated",
            "medium",
            "prior",
            sqlite_where=sa.text("emotions <> 0"),
            postgresql_where=sa.text("emotions <> 0"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(sa.String(300), unique=True)
    """Identifies an item by its address, e.g. `imdb:tt0109830`; see schemas/identity.py. Of items that an
    earlier version kept under one address, all but the first have their id after it."""
    work: Mapped[str] = mapped_column(sa.String(300), default="", server_default="")
    """Medium, title, creator and year as a person would compare them."""
    medium: Mapped[Medium]
    title: Mapped[str] = mapped_column(sa.String(300))
    creator: Mapped[str | None] = mapped_column(sa.String(200))
    year: Mapped[int | None]
    url: Mapped[str] = mapped_column(sa.String(2000))
    kind: Mapped[Kind] = mapped_column(default="work", server_default="work")
    genres: Mapped[tuple[str, ...]] = mapped_column(TermList(300), default=())
    tags: Mapped[tuple[str, ...]] = mapped_column(TermList(600), default=(), server_default="")
    """Themes and moods."""
    language: Mapped[str | None] = mapped_column(sa.String(2))
    """ISO 639-1."""
    runtime_min: Mapped[int | None]
    explicit: Mapped[bool | None]
    age_rating: Mapped[str | None] = mapped_column(sa.String(20))
    image_url: Mapped[str | None] = mapped_column(sa.String(2000))
    """A link that pages may show; the service never fetches it."""
    emotions: Mapped[tuple[Emotion, ...]] = mapped_column(EmotionSet, default=())
    """Moods that a person linked this to."""
    valence: Mapped[float]
    arousal: Mapped[float]
    affect_source: Mapped[str] = mapped_column(sa.String(40))
    affect_confidence: Mapped[float]
    """0 (a guess) to 1 (measured without error)."""
    quality: Mapped[float]
    """0 to 1: mean rating, shrunken towards its medium's mean where ratings are few."""
    popularity: Mapped[float]
    """0 to 1: rank within its medium by number of ratings."""
    prior: Mapped[float]
    """How good a pick this is for an unknown mood and user; orders each cell."""
    cell: Mapped[int]
    """The cell of (valence, arousal) on the grid of mood.py."""
    search: Mapped[str] = mapped_column(sa.Text)
    """The words of title and creator; see schemas/words.py. The migration indexes them."""
    family: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    """Follows from medium, genres, tags, explicit and age_rating, as `sensitive` does; see care.py."""
    sensitive: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    shipped: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    """Came with the service; removed when a later catalogue lacks it."""
    edited: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    """Written or changed by a person over HTTP; imports leave it alone."""
    removed: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    """The row stays, so that no import brings the item back and feedback keeps its item."""


class CatalogueState(Base):
    """Which shipped catalogue the items come from, and how often items were written since: one row."""

    __tablename__ = "catalogue_state"

    id: Mapped[int] = mapped_column(primary_key=True)
    digest: Mapped[str] = mapped_column(sa.String(64))
    version: Mapped[int] = mapped_column(sa.BigInteger(), default=0, server_default="0")
    """Grows with each transaction that writes items: what was read of them before is out of date."""


class Feedback(Base):
    """One action of a user on an item, as it was sent."""

    __tablename__ = "feedback"
    __table_args__ = (
        sa.UniqueConstraint("user_id", "idempotency_key"),
        sa.Index("ix_feedback_history", "user_id", "id"),
    )

    id: Mapped[int] = mapped_column(sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True)
    user_id: Mapped[str] = mapped_column(sa.String(64))
    item_id: Mapped[int] = mapped_column(sa.ForeignKey("items.id"))
    action: Mapped[Action]
    emotion: Mapped[Emotion | None]
    at_ms: Mapped[int] = mapped_column(sa.BigInteger())
    """Milliseconds since 1970, UTC."""
    idempotency_key: Mapped[str | None] = mapped_column(sa.String(128))


class UserItem(Base):
    """What stands between a user and an item after all of the user's actions on it."""

    __tablename__ = "user_items"
    __table_args__ = (sa.Index("ix_user_items_recent", "user_id", "at_ms"),)

    user_id: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    item_id: Mapped[int] = mapped_column(sa.ForeignKey("items.id"), primary_key=True)
    verdict: Mapped[Verdict | None]
    verdict_ms: Mapped[int | None] = mapped_column(sa.BigInteger())
    seen_ms: Mapped[int | None] = mapped_column(sa.BigInteger())
    saved_ms: Mapped[int | None] = mapped_column(sa.BigInteger())
    opened_ms: Mapped[int | None] = mapped_column(sa.BigInteger())
    """When each was said, milliseconds since 1970; null where it does not stand."""
    blocked_until_ms: Mapped[int] = mapped_column(sa.BigInteger())
    """Not recommended before then; follows from the columns above by taste.py."""
    at_ms: Mapped[int] = mapped_column(sa.BigInteger())
    """The latest of the times above."""


class User(Base):
    """Which day an id was last used; every id of which something is kept has a row."""

    __tablename__ = "users"
    __table_args__ = (sa.Index("ix_users_used", "used_day"),)

    user_id: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    used_day: Mapped[int]
    """Days since 1970, UTC."""


class Neighbour(Base):
    """Two items that the same users liked; written by the offline command, empty where it never ran."""

    __tablename__ = "neighbours"

    item_id: Mapped[int] = mapped_column(sa.ForeignKey("items.id"), primary_key=True)
    neighbour_id: Mapped[int] = mapped_column(sa.ForeignKey("items.id"), primary_key=True)
    nearness: Mapped[float]
    """0 to 1: cosine of the sets of users who liked each."""
    users: Mapped[int]
    """How many liked both."""

"""The tables. Migrations, not these classes, create them; a test checks that both say the same."""

from collections.abc import Iterable

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, String, Text, UniqueConstraint, false, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from services.emotions import EMOTIONS, Emotion


class Base(DeclarativeBase):
    pass


class Item(Base):
    """One film, song, book or game."""

    __tablename__ = "items"
    __table_args__ = (
        # The ranking's prefilter: the best of a cell of the affect plane, without looking at the others.
        Index("ix_items_cell", "medium", "cell", "prior"),
        Index("ix_items_prior", "medium", "prior"),
        Index("ix_items_listing", "medium", "id"),
        Index(
            "ix_items_curated",
            "medium",
            "prior",
            sqlite_where=text("emotions <> 0"),
            postgresql_where=text("emotions <> 0"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(300), unique=True)
    """What makes two rows the same thing, e.g. `imdb:tt0109830`; see imports/keys.py."""
    medium: Mapped[str] = mapped_column(String(8))
    title: Mapped[str] = mapped_column(String(300))
    creator: Mapped[str | None] = mapped_column(String(200))
    year: Mapped[int | None]
    url: Mapped[str] = mapped_column(String(2000))
    genres: Mapped[str] = mapped_column(String(300), default="")
    """Joined with `|`, the weightiest first."""
    emotions: Mapped[int] = mapped_column(default=0)
    """Moods that a person linked this to: bit i stands for EMOTIONS[i]."""
    valence: Mapped[float]
    arousal: Mapped[float]
    affect_source: Mapped[str] = mapped_column(String(40))
    affect_confidence: Mapped[float]
    """0 (a guess) to 1 (measured without error)."""
    quality: Mapped[float]
    """0 to 1: mean rating, shrunken towards its medium's mean where ratings are few."""
    popularity: Mapped[float]
    """0 to 1: rank among its medium by how many people rated it."""
    prior: Mapped[float]
    """How good a pick this is knowing nothing of mood or user; orders each cell."""
    cell: Mapped[int]
    """Where (valence, arousal) lies on the grid of mood.py."""
    search: Mapped[str] = mapped_column(Text)
    """Title and creator, folded to plain lower case."""
    shipped: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Came with the service; a later catalogue without it takes it away."""
    edited: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Written or changed by a person over HTTP; imports leave it alone."""
    removed: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Kept as a mark, so that no import brings it back and feedback keeps its subject."""


class CatalogueState(Base):
    """Which shipped catalogue the items come from: one row."""

    __tablename__ = "catalogue_state"

    id: Mapped[int] = mapped_column(primary_key=True)
    digest: Mapped[str] = mapped_column(String(64))


class Feedback(Base):
    """One thing that a user said about an item, as it was said."""

    __tablename__ = "feedback"
    __table_args__ = (
        UniqueConstraint("user_id", "idempotency_key"),
        Index("ix_feedback_history", "user_id", "id"),
    )

    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer(), "sqlite"), primary_key=True)
    user_id: Mapped[str] = mapped_column(String(64))
    item_id: Mapped[int] = mapped_column(ForeignKey("items.id"))
    action: Mapped[str] = mapped_column(String(8))
    emotion: Mapped[str | None] = mapped_column(String(8))
    at_ms: Mapped[int] = mapped_column(BigInteger())
    """Milliseconds since 1970, UTC."""
    idempotency_key: Mapped[str | None] = mapped_column(String(128))


class UserItem(Base):
    """Where a user stands with an item after all that was said."""

    __tablename__ = "user_items"
    __table_args__ = (Index("ix_user_items_recent", "user_id", "at_ms"),)

    user_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("items.id"), primary_key=True)
    counted: Mapped[str] = mapped_column(String(8))
    """The one action that preferences hold for this item."""
    blocked: Mapped[bool]
    """Disliked or hidden: not to be shown again."""
    at_ms: Mapped[int] = mapped_column(BigInteger())


class Preference(Base):
    """A user's Beta posterior for one feature of items, without its prior; see taste.py."""

    __tablename__ = "preferences"

    user_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    feature: Mapped[str] = mapped_column(String(200), primary_key=True)
    likes: Mapped[float]
    dislikes: Mapped[float]


def to_bits(emotions: Iterable[Emotion]) -> int:
    return sum({1 << EMOTIONS.index(emotion) for emotion in emotions})


def from_bits(bits: int) -> list[Emotion]:
    return [emotion for i, emotion in enumerate(EMOTIONS) if bits >> i & 1]

"""Genres that have several spellings are stored as one, so that filters find them."""

from alembic import op

from services.recommender.store.refresh import refresh

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    refresh(op.get_bind())


def downgrade() -> None:
    """Nothing: the earlier version reads genres of any spelling."""

"""What more is known of an item: themes, language, length, rating, picture, and what follows for filters."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def _columns() -> list[sa.Column[Any]]:
    return [
        sa.Column("kind", sa.String(10), nullable=False, server_default="work"),
        sa.Column("tags", sa.String(600), nullable=False, server_default=""),
        sa.Column("language", sa.String(2)),
        sa.Column("runtime_min", sa.Integer()),
        sa.Column("explicit", sa.Boolean()),
        sa.Column("age_rating", sa.String(20)),
        sa.Column("image_url", sa.String(2000)),
        sa.Column("family", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("sensitive", sa.Boolean(), nullable=False, server_default=sa.false()),
    ]


def upgrade() -> None:
    for column in _columns():
        op.add_column("items", column)


def downgrade() -> None:
    for column in reversed(_columns()):
        op.drop_column("items", column.name)

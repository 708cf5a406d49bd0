"""The catalogue: items, and which shipped files they come from."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "items",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("key", sa.String(300), nullable=False, unique=True),
        sa.Column("medium", sa.String(8), nullable=False),
        sa.Column("title", sa.String(300), nullable=False),
        sa.Column("creator", sa.String(200)),
        sa.Column("year", sa.Integer()),
        sa.Column("url", sa.String(2000), nullable=False),
        sa.Column("genres", sa.String(300), nullable=False),
        sa.Column("emotions", sa.Integer(), nullable=False),
        sa.Column("valence", sa.Double(), nullable=False),
        sa.Column("arousal", sa.Double(), nullable=False),
        sa.Column("affect_source", sa.String(40), nullable=False),
        sa.Column("affect_confidence", sa.Double(), nullable=False),
        sa.Column("quality", sa.Double(), nullable=False),
        sa.Column("popularity", sa.Double(), nullable=False),
        sa.Column("prior", sa.Double(), nullable=False),
        sa.Column("cell", sa.Integer(), nullable=False),
        sa.Column("search", sa.Text(), nullable=False),
        sa.Column("shipped", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("edited", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("removed", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
    op.create_index("ix_items_cell", "items", ["medium", "cell", "prior"])
    op.create_index("ix_items_prior", "items", ["medium", "prior"])
    op.create_index("ix_items_listing", "items", ["medium", "id"])
    op.create_index(
        "ix_items_curated",
        "items",
        ["medium", "prior"],
        sqlite_where=sa.text("emotions <> 0"),
        postgresql_where=sa.text("emotions <> 0"),
    )
    op.create_table(
        "catalogue_state",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("digest", sa.String(64), nullable=False),
    )


def downgrade() -> None:
    op.drop_table("catalogue_state")
    op.drop_table("items")

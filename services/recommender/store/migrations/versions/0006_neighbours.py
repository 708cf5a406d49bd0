"""Items that the same users liked, written by the offline command `neighbours`."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "neighbours",
        sa.Column("item_id", sa.Integer(), sa.ForeignKey("items.id"), primary_key=True),
        sa.Column("neighbour_id", sa.Integer(), sa.ForeignKey("items.id"), primary_key=True),
        sa.Column("nearness", sa.Double(), nullable=False),
        sa.Column("users", sa.Integer(), nullable=False),
    )


def downgrade() -> None:
    op.drop_table("neighbours")

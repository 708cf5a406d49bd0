"""Users' feedback and the preferences learnt from it."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "feedback",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True),
        sa.Column("user_id", sa.String(64), nullable=False),
        sa.Column("item_id", sa.Integer(), sa.ForeignKey("items.id"), nullable=False),
        sa.Column("action", sa.String(8), nullable=False),
        sa.Column("emotion", sa.String(8)),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("idempotency_key", sa.String(128)),
        sa.UniqueConstraint("user_id", "idempotency_key"),
    )
    op.create_index("ix_feedback_history", "feedback", ["user_id", "id"])
    op.create_table(
        "user_items",
        sa.Column("user_id", sa.String(64), primary_key=True),
        sa.Column("item_id", sa.Integer(), sa.ForeignKey("items.id"), primary_key=True),
        sa.Column("counted", sa.String(8), nullable=False),
        sa.Column("blocked", sa.Boolean(), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
    )
    op.create_index("ix_user_items_recent", "user_items", ["user_id", "at_ms"])
    op.create_table(
        "preferences",
        sa.Column("user_id", sa.String(64), primary_key=True),
        sa.Column("feature", sa.String(200), primary_key=True),
        sa.Column("likes", sa.Double(), nullable=False),
        sa.Column("dislikes", sa.Double(), nullable=False),
    )


def downgrade() -> None:
    op.drop_table("preferences")
    op.drop_table("user_items")
    op.drop_table("feedback")

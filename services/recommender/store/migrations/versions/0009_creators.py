"""An index of creators, for what else somebody made."""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_items_creator", "items", ["medium", "creator", "prior"])


def downgrade() -> None:
    op.drop_index("ix_items_creator", "items")

"""How often the catalogue was written, so that what is kept of it in memory can be found out of date."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "catalogue_state", sa.Column("version", sa.BigInteger(), nullable=False, server_default="0")
    )


def downgrade() -> None:
    op.drop_column("catalogue_state", "version")

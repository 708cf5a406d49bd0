"""What stands for an item side by side: a verdict, seen, saved and opened; the day an id was last used."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0003"
branch_labels = None
depends_on = None

FOREVER_MS = 2**53 - 1
DAY_MS = 86_400_000
LIKED_AWAY_MS = 90 * DAY_MS
TIMES = ("verdict_ms", "seen_ms", "saved_ms", "opened_ms")


def upgrade() -> None:
    op.execute("UPDATE feedback SET action = 'seen' WHERE action = 'skip'")
    op.execute("UPDATE user_items SET counted = 'seen' WHERE counted = 'skip'")
    with op.batch_alter_table("user_items") as table:
        table.add_column(sa.Column("verdict", sa.String(8)))
        for name in TIMES:
            table.add_column(sa.Column(name, sa.BigInteger()))
        table.add_column(sa.Column("blocked_until_ms", sa.BigInteger(), nullable=False, server_default="0"))
    _fill()
    with op.batch_alter_table("user_items") as table:
        table.alter_column("blocked_until_ms", server_default=None)
        table.drop_column("counted")
        table.drop_column("blocked")
    op.create_table(
        "users",
        sa.Column("user_id", sa.String(64), primary_key=True),
        sa.Column("used_day", sa.Integer(), nullable=False),
    )
    op.create_index("ix_users_used", "users", ["used_day"])
    op.execute(
        f"INSERT INTO users SELECT user_id, max(at_ms) / {DAY_MS} FROM user_items GROUP BY user_id"  # noqa: S608 # constants
    )
    op.drop_table("preferences")


def _fill() -> None:
    """Take what stands from the history, which keeps what the one counted action hid."""
    latest = _latest("= counted")
    op.execute(
        f"UPDATE user_items SET verdict = counted, verdict_ms = coalesce({latest}, at_ms) "  # noqa: S608 # constants
        "WHERE counted IN ('like', 'dislike', 'hide')"
    )
    for action, column in (("seen", "seen_ms"), ("open", "opened_ms")):
        counted = f"CASE WHEN counted = '{action}' THEN at_ms END"
        latest = _latest(f"= '{action}'")
        op.execute(f"UPDATE user_items SET {column} = coalesce({latest}, {counted})")  # noqa: S608 # constants
    op.execute(
        "UPDATE user_items SET blocked_until_ms = CASE "  # noqa: S608 # constants
        f"WHEN seen_ms IS NOT NULL OR verdict IN ('dislike', 'hide') THEN {FOREVER_MS} "
        f"WHEN verdict = 'like' THEN verdict_ms + {LIKED_AWAY_MS} ELSE 0 END"
    )


def _latest(condition: str) -> str:
    """When the user last sent the action that fits `condition`; null where never."""
    return (
        "(SELECT max(feedback.at_ms) FROM feedback WHERE feedback.user_id = user_items.user_id "  # noqa: S608 # constants
        f"AND feedback.item_id = user_items.item_id AND feedback.action {condition})"
    )


def downgrade() -> None:
    op.create_table(
        "preferences",
        sa.Column("user_id", sa.String(64), primary_key=True),
        sa.Column("feature", sa.String(200), primary_key=True),
        sa.Column("likes", sa.Double(), nullable=False),
        sa.Column("dislikes", sa.Double(), nullable=False),
    )
    op.drop_table("users")
    with op.batch_alter_table("user_items") as table:
        table.add_column(sa.Column("counted", sa.String(8), nullable=False, server_default="open"))
        table.add_column(sa.Column("blocked", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.execute(
        "UPDATE user_items SET counted = CASE WHEN verdict IS NOT NULL THEN verdict "
        "WHEN seen_ms IS NOT NULL THEN 'skip' ELSE 'open' END"
    )
    op.execute("UPDATE user_items SET blocked = counted IN ('dislike', 'hide')")
    op.execute("UPDATE feedback SET action = 'skip' WHERE action = 'seen'")
    op.execute("DELETE FROM feedback WHERE action = 'save'")
    with op.batch_alter_table("user_items") as table:
        table.alter_column("counted", server_default=None)
        table.alter_column("blocked", server_default=None)
        for name in ("verdict", *TIMES, "blocked_until_ms"):
            table.drop_column(name)

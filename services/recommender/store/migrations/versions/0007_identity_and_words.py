"""Keys that go by the address, the work beside them, and an index of the words to search."""

import sqlalchemy as sa
from alembic import op

from services.recommender.store.refresh import recompute_keys, refresh

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

# `ascii` takes every other character for a letter: the words are made by schemas/words.py.
SQLITE_WORDS = """
CREATE VIRTUAL TABLE items_words USING fts5(
    search, content='items', content_rowid='id', detail=none, columnsize=0, prefix='1 2 3',
    tokenize="ascii tokenchars '_+#$%='"
)

INSERT INTO items_words(items_words) VALUES ('rebuild')

CREATE TRIGGER items_words_insert AFTER INSERT ON items
BEGIN INSERT INTO items_words(rowid, search) VALUES (new.id, new.search); END

CREATE TRIGGER items_words_delete AFTER DELETE ON items
BEGIN INSERT INTO items_words(items_words, rowid, search) VALUES ('delete', old.id, old.search); END

CREATE TRIGGER items_words_update AFTER UPDATE OF search ON items WHEN old.search <> new.search
BEGIN
    INSERT INTO items_words(items_words, rowid, search) VALUES ('delete', old.id, old.search);
    INSERT INTO items_words(rowid, search) VALUES (new.id, new.search);
END
"""
"""Statements, separated by empty lines."""
POSTGRESQL_WORDS = """
CREATE INDEX ix_items_words ON items USING gin (array_to_tsvector(string_to_array(search, ' ')))
"""


def upgrade() -> None:
    op.add_column("items", sa.Column("work", sa.String(300), nullable=False, server_default=""))
    op.create_index("ix_items_work", "items", ["work"])
    recompute_keys(op.get_bind())
    refresh(op.get_bind())
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TABLE IF EXISTS items_words")
        for statement in SQLITE_WORDS.split("\n\n"):
            op.get_bind().exec_driver_sql(statement)
    else:
        op.execute(POSTGRESQL_WORDS)


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for event in ("insert", "delete", "update"):
            op.execute(f"DROP TRIGGER items_words_{event}")
        op.execute("DROP TABLE items_words")
    else:
        op.drop_index("ix_items_words", "items")
    op.drop_index("ix_items_work", "items")
    op.drop_column("items", "work")
